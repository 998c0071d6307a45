"""What a student may read of a failed test: the instructor's words, never a hidden line or value."""

import ast
import builtins
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HIDDEN_FAILED = "A hidden test did not pass."
REGION_NOTE = "# Hidden tests ran here."
SHORTEST_SECRET = 12
"""Characters below which a hidden line is too common to be looked for in outputs (``x = 1``)."""

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_CELL_FRAME = re.compile(r"^(?:Cell|Input) In ?\[(\d+)\].*?, line:? ?(\d+)", re.MULTILINE)
_FILE_FRAME = re.compile(r"^File .*?:\d+", re.MULTILINE)


def plain(text: str) -> str:
    """Return the text without the colour codes of a terminal."""
    return _ANSI.sub("", text)


@dataclass(frozen=True)
class Regions:
    """The delimiters that nbgrader puts around hidden tests; a line that contains one is part of the region."""

    begin: str = "BEGIN HIDDEN TESTS"
    end: str = "END HIDDEN TESTS"

    def lines(self, source: str) -> frozenset[int]:
        """Return the 1-based numbers of the hidden lines; a region without an end goes to the last line."""
        found = []
        inside = False
        for number, line in enumerate(source.splitlines(), start=1):
            if self.begin in line:
                inside = True
            if inside:
                found.append(number)
            if self.end in line:
                inside = False
        return frozenset(found)

    def blank(self, source: str) -> str:
        """Return the source with one comment in place of each hidden region, indented as the region was."""
        hidden = self.lines(source)
        kept: list[str] = []
        for number, line in enumerate(source.splitlines(), start=1):
            if number not in hidden:
                kept.append(line)
            elif number - 1 not in hidden:
                kept.append(line[: len(line) - len(line.lstrip())] + REGION_NOTE)
        return "\n".join(kept)

    def secrets(self, sources: Iterable[str]) -> frozenset[str]:
        """Return the hidden lines worth looking for elsewhere: long enough, and nowhere in plain sight."""
        sources = list(sources)
        seen = "\n".join(map(self.blank, sources))
        texts = (
            line.strip()
            for source in sources
            for number, line in enumerate(source.splitlines(), start=1)
            if number in self.lines(source) and self.begin not in line and self.end not in line
        )
        return frozenset(text for text in texts if len(text) >= SHORTEST_SECRET and text not in seen)


@dataclass(frozen=True)
class Failure:
    """An error that a test cell ended with, and where.

    Attributes
    ----------
    name, value
        Exception's class name and text.
    lines
        Lines of the test cell on the way to the error, outermost first; empty if it can't be told.
    raised_here
        Whether the test cell itself raised it, not something that it called.
    """

    name: str
    value: str
    lines: tuple[int, ...]
    raised_here: bool

    @classmethod
    def read(cls, name: str, value: str, traceback: Sequence[str], run: int | None) -> "Failure":
        """Read IPython's traceback of a cell with execution number ``run``."""
        text = plain("\n".join(traceback))
        frames = [(match.start(), int(match[1]), int(match[2])) for match in _CELL_FRAME.finditer(text)]
        own = [(start, line) for start, cell, line in frames if cell == run]
        last = max((match.start() for match in _FILE_FRAME.finditer(text)), default=-1)
        last = max([last, *(start for start, _, _ in frames)])
        raised_here = bool(own) and own[-1][0] == last
        return cls(name, plain(value), tuple(line for _, line in own), raised_here)


def explain(source: str, failure: Failure, regions: Regions, spoken: Iterable[str] = ()) -> str:
    """Say why a test cell failed, in the instructor's words where there are some.

    Parameters
    ----------
    source
        The test cell as it ran, hidden tests included.
    failure
        What it ended with.
    regions
        Which lines are hidden.
    spoken
        Names of exceptions whose text is written for students and may always be shown.
    """
    if failure.name in spoken and failure.value:
        return failure.value
    secret = regions.lines(source)
    hidden = bool(secret) and (not failure.lines or any(line in secret for line in failure.lines))
    if failure.name == "AssertionError":
        return _explain_assert(source, failure, hidden=hidden)
    if not hidden:
        return f"{failure.name}: {failure.value}".removesuffix(": ")
    if failure.name == "CellTimeoutError" or hasattr(builtins, failure.name):
        article = "an" if failure.name[0] in "AEIOU" else "a"
        return f"A hidden test stopped with {article} {failure.name}."
    return HIDDEN_FAILED  # a name made by the student's code could carry a test's value


def _explain_assert(source: str, failure: Failure, *, hidden: bool) -> str:
    statement = _assert_at(source, failure.lines[-1]) if failure.lines else None
    message = statement.msg if statement else None
    if isinstance(message, ast.Constant) and isinstance(message.value, str):
        return message.value
    if failure.value and (not hidden or (message is not None and failure.raised_here)):
        return failure.value
    if hidden:
        return HIDDEN_FAILED
    shown = ast.get_source_segment(source, statement) if statement else None
    return f"This test did not pass: {shown}" if shown else "A test did not pass."


def _assert_at(source: str, line: int) -> ast.Assert | None:
    try:
        nodes = ast.walk(ast.parse(source))
    except SyntaxError:  # a cell with a magic
        return None
    around = (node for node in nodes if isinstance(node, ast.Assert))
    return next((node for node in around if node.lineno <= line <= (node.end_lineno or node.lineno)), None)
