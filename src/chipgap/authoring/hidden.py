"""What no student may receive, derived from ``course/exercises``: lines, telling words, and their outputs."""

import builtins
import codecs
import keyword
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from chipgap.authoring import builder, cells

LINE_LENGTH = 14
"""Shortest run of letters and digits that is searched for on its own; shorter lines are joined to the next."""

TOKEN_LENGTH = 12
GUIDE_LENGTH = 40

_COMMON = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "self", "value", "values", "answer", "append", "items"}
_COMMON_WORDS = {re.sub(r"[\W_]+", "", word.casefold()) for word in _COMMON}


@dataclass(frozen=True)
class Secret:
    """One thing to look for.

    ``kind`` says what it is (``"solution"``, ``"hidden test"``, ``"mark scheme"``, ``"model answer"``, ``"output"``,
    ``"instructor's guide"``), ``origin`` the course cell, ``text`` how it reads there. It is found by its
    ``skeleton`` or, where that would be too short to tell anything, as the ``exact`` tidy text. ``partial`` marks a
    piece of a line.
    """

    kind: str
    origin: str
    text: str
    exact: bool = False
    partial: bool = False

    @cached_property
    def forms(self) -> list[tuple[str, str]]:
        """Return what to search a skeleton for: how it was changed, and the changed needle."""
        needle = skeleton(self.text)
        return [("", needle), ("in rot13", codecs.encode(needle, "rot13")), ("backwards", needle[::-1])]


@dataclass(frozen=True)
class _Region:
    kind: str
    origin: str
    text: str


def skeleton(text: str) -> str:
    """Return the letters and digits alone: no layout, quoting, escaping or splitting hides a line from it."""
    return re.sub(r"[\W_]+", "", text.casefold())


def tidy(text: str) -> str:
    """Return a text with one kind of quote and no white space but between words."""
    text = re.sub(r"[\"`]", "'", text)
    return re.sub(r"\s*([^\w\s])\s*", r"\1", re.sub(r"\s+", " ", text))


@dataclass(frozen=True)
class Public:
    """What students may see.

    ``course`` is the public part of the course: a line in it is no secret. Single words say less, so those that occur
    anywhere else in what students have (``words``), and outputs that occur in the tables or in the package's own
    sentences (``facts``), are no secrets either. All but ``course`` are skeletons.
    """

    course: str
    course_skeleton: str
    facts: str
    words: str

    @classmethod
    def of(cls, root: Path, course: Path) -> "Public":
        """Collect it from the course and from the rest of the project."""
        text = "\n".join(_public_parts(course))
        facts = "\n".join([text, *_texts(root / "datasets", "csv", "json"), *_texts(root / "src", "py", "toml")])
        papers = [path for kind in ("md", "py", "toml", "yml", "lock") for path in sorted(root.glob(f"*.{kind}"))]
        words = "\n".join([facts, *_texts(root / "datasets", "md"), *(path.read_text("utf-8") for path in papers)])
        return cls(text, skeleton(text), skeleton(facts), skeleton(words))


def _texts(folder: Path, *kinds: str) -> list[str]:
    paths = (path for kind in kinds for path in sorted(folder.rglob(f"*.{kind}")))
    return [path.read_text(encoding="utf-8") for path in paths]


def _public_parts(course: Path) -> list[str]:
    scripts = [course / "start-here.py", *sorted((course / "lessons").glob("*.py"))]
    parts = [path.read_text(encoding="utf-8") for path in scripts if path.is_file()]
    stubs = {"code": "", "markdown": "", "raw": ""}
    parts += [
        cells.public_source(cell, stubs, _origin(course, script, cell))
        for script, notebook in exercises(course)
        for cell in notebook["cells"]
    ]
    return parts


def exercises(course: Path) -> list[tuple[Path, cells.Node]]:
    """Return each exercise's script and the notebook it reads as."""
    found = [path for folder in builder.exercise_folders(course) for path in sorted(folder.rglob("*.py"))]
    return [(path, cells.read_percent(path)) for path in found]


def _origin(course: Path, script: Path, cell: cells.Node) -> str:
    name = cells.grade_id_of(cell) or f"starting {cell['source'][:30]!r}"
    return f"{script.relative_to(course.parent).as_posix()}, cell {name}"


def secrets(course: Path, public: Public) -> list[Secret]:
    """Return everything to look for in what students receive.

    Raises
    ------
    ChipgapError
        If an exercise can't be read.
    """
    found: list[Secret] = []
    for script, notebook in exercises(course):
        for cell in notebook["cells"]:
            for region in _regions(cell, _origin(course, script, cell)):
                found += _lines(region, public) + _tokens(region, public) + _bindings(region, public)
    found += _guide(course, public)
    unique = {(secret.exact, skeleton(secret.text), secret.kind): secret for secret in reversed(found)}
    return list(reversed(unique.values()))


def _regions(cell: cells.Node, origin: str) -> list[_Region]:
    parts = cells.split_regions(cell["source"], origin)
    closed = [_Region(part.kind, origin, part.text) for part in parts if part.kind != "public"]
    if cells.nbgrader_of(cell).get("solution") and all(part.kind != "solution" for part in parts):
        kind = "model answer" if cell["cell_type"] == "markdown" else "solution"
        return [*closed, _Region(kind, origin, "\n".join(part.text for part in parts if part.kind == "public"))]
    return closed


def _lines(region: _Region, public: Public) -> list[Secret]:
    """Take each line, joined to the next ones until it is long enough to be telling, and its core alone."""
    lines = [piece for line in region.text.split("\n") for piece in _code_and_comment(line) if skeleton(piece)]
    texts: list[tuple[str, bool]] = []
    for start in range(len(lines)):
        text = ""
        for line in lines[start:]:
            text = f"{text}\n{line.strip()}" if text else line.strip()
            if len(skeleton(text)) >= LINE_LENGTH:
                break
        texts += [(text, False), (_core(lines[start]), True)]
    return [
        Secret(region.kind, region.origin, text, partial=partial)
        for text, partial in texts
        if _telling(text) and skeleton(text) not in public.course_skeleton
    ]


def _core(line: str) -> str:
    """Return what a line works out: without the name it is bound to, its keyword, or an assertion's message."""
    code = re.sub(r"^\s*(?:assert\b|return\b|[\w.,\s]+(?::[^=]+)?=(?!=))\s*", "", line)
    return re.sub(r",\s*[rbf]{0,2}(?:\"[^\"]*\"|'[^']*')\s*$", "", code) if "assert" in line else code.strip()


def _telling(text: str) -> bool:
    words = [skeleton(word) for word in re.findall(r"\w+", text)]
    own = sum(len(word) for word in words if word not in _COMMON_WORDS)
    return len(skeleton(text)) >= LINE_LENGTH and own >= LINE_LENGTH // 2


def _code_and_comment(line: str) -> list[str]:
    """Split a line before its comment, so that either is found without the other."""
    quote = ""
    for place, character in enumerate(line):
        if character in "'\"" and not quote:
            quote = character
        elif character == quote and line[place - 1] != "\\":
            quote = ""
        elif character == "#" and not quote and line[:place].strip():
            return [line[:place], line[place:]]
    return [line]


_WORDS = (
    re.compile(r"'([^'\n]*)'|\"([^\"\n]*)\""),
    re.compile(r"(?:\bdef\s+|\bclass\s+|\bfor\s+)(\w+)|^\s*(\w+)\s*(?::[^=\n]+)?=[^=]", re.MULTILINE),
)


def _tokens(region: _Region, public: Public) -> list[Secret]:
    """Take literals, and names made here, that occur nowhere in what students have."""
    words = [
        group for pattern in _WORDS for match in pattern.finditer(region.text) for group in match.groups() if group
    ]
    found = [
        Secret(region.kind, region.origin, word, partial=True)
        for word in words
        if len(skeleton(word)) >= TOKEN_LENGTH and skeleton(word) not in public.words
    ]
    if region.kind in {"solution", "hidden test"}:
        numbers = re.findall(r"(?<![\w.])\d[\d_]*\.\d+(?!\w)", region.text)
        telling = [number for number in numbers if len(skeleton(number)) >= 5]
        found += [
            Secret(region.kind, region.origin, number, exact=True)
            for number in telling
            if skeleton(number) not in public.words
        ]
    return found


def _bindings(region: _Region, public: Public) -> list[Secret]:
    """Take short answers (``q = 4``), where the name is one that the question asks for."""
    if region.kind != "solution":
        return []
    lines = [_code_and_comment(line)[0].rstrip() for line in region.text.split("\n")]
    short = [line for line in lines if re.match(r"\w{2,}\s*=\s*[^=\s]*\w", line) and len(skeleton(line)) < LINE_LENGTH]
    known = tidy(public.course)
    return [
        Secret("solution", region.origin, line, exact=True)
        for line in short
        if re.search(rf"\b{re.escape(line.split('=')[0].strip())}\b", public.course) and tidy(line) not in known
    ]


def _guide(course: Path, public: Public) -> list[Secret]:
    return [
        Secret("instructor's guide", path.relative_to(course.parent).as_posix(), line.strip())
        for path in sorted((course / "instructor").rglob("*.md"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if len(skeleton(line)) >= GUIDE_LENGTH and skeleton(line) not in public.words
    ]
