"""The claim tracer: one statement on its way through five sources."""

from typing import Any, ClassVar

import pandas as pd
from traitlets import Bool, Int, TraitError, Unicode, default, validate

from chipgap.data import load
from chipgap.figures.retelling import Story, follow, source_name, spec_of, statement_name, statements, table_of
from chipgap.figures.style import Spec
from chipgap.text import t
from chipgap.widgets.controls import Checkbox, Control, Range, Select
from chipgap.widgets.explorer import Explorer


class ClaimTracer(Explorer):
    """Watch a statement change from source to source.

    Parameters
    ----------
    retellings
        The table to follow; the course's own if left out.
    **state
        ``statement`` (one of the table's), ``step`` (how many sources have told it, from 1) and
        ``only_changed`` (show only details that were changed, added or lost).

    Examples
    --------
    >>> tracer = ClaimTracer(statement="efficiency", step=3)
    >>> tracer.step = 5
    """

    code: ClassVar[str] = "tracer1"
    state: ClassVar[tuple[str, ...]] = ("statement", "step", "only_changed")
    statement = Unicode(help="which statement to follow")
    step = Int(1, help="how many sources have told it so far")
    only_changed = Bool(help="show only details that were changed, added or lost")

    def __init__(self, retellings: pd.DataFrame | None = None, **state: object) -> None:
        self._retellings = load("retellings") if retellings is None else retellings
        self._statements = statements(self._retellings)
        self._stories: dict[str, Story] = {}
        self._sources = [source_name(source.key) for source in self._story(self._statements[0]).sources]
        super().__init__(**state)

    @default("statement")
    def _first_statement(self) -> str:
        return self._statements[0]

    @validate("statement")
    def _known_statement(self, proposal: dict[str, Any]) -> str:
        if proposal["value"] not in self._statements:
            known = ", ".join(map(repr, self._statements))
            raise TraitError(f"statement must be one of {known}, not {proposal['value']!r}.")
        return str(proposal["value"])

    @validate("step")
    def _possible_step(self, proposal: dict[str, Any]) -> int:
        last = len(self._sources)
        if not 1 <= proposal["value"] <= last:
            raise TraitError(f"step must be from 1 to {last}, not {proposal['value']}.")
        return int(proposal["value"])

    @property
    def title(self) -> str:
        """What the widget is called."""
        return t("tracer.title")

    @property
    def tries(self) -> list[str]:
        """What to try."""
        return [t(f"tracer.try_{number}") for number in (1, 2, 3)]

    def controls(self) -> list[Control]:
        """Return statement, step and filter."""
        last = len(self._sources)
        words = {
            str(step): t("tracer.step_words", step=step, last=last, source=name)
            for step, name in enumerate(self._sources, start=1)
        }
        return [
            Select("statement", t("tracer.statement"), {name: statement_name(name) for name in self._statements}),
            Range("step", t("tracer.step"), 1, last, words=words),
            Checkbox("only_changed", t("tracer.only_changed")),
        ]

    def draw(self) -> Spec:
        """Return the retelling matrix of the present state."""
        story = self._story(self.statement)
        return spec_of(story, self.step, only_changed=self.only_changed, width_px=self.width_px)

    @property
    def table(self) -> pd.DataFrame:
        """The matrix as a table, one row a detail."""
        return table_of(self._story(self.statement), self.step, only_changed=self.only_changed)

    def _story(self, statement: str) -> Story:
        if statement not in self._stories:
            self._stories[statement] = follow(self._retellings, statement)
        return self._stories[statement]
