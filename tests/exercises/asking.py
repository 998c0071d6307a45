"""What the tests of every exercise share: its cells, answered, unanswered and checked as a notebook would."""

import copy
from functools import cached_property
from pathlib import Path
from typing import Any

import jupytext
import pandas as pd
import pytest

from chipgap.checks.kit import CheckFailedError

COURSE = Path(__file__).parents[2] / "course/exercises"
Variants = dict[str, dict[str, dict[str, str]]]


class Exercise:
    """An exercise as its author wrote it, and the answers that students could give."""

    def __init__(self, unit: str, variants: Variants) -> None:
        self.variants = variants
        self.cells = {
            cell.metadata.get("nbgrader", {}).get("grade_id"): cell
            for cell in jupytext.read(COURSE / unit / f"{unit}.py").cells
        }

    def cases(self) -> list[Any]:
        """Return every variant as a parameter: right or wrong, the question, the source of the answer."""
        return [
            pytest.param(kind, question, source, id=f"{question}-{kind}-{name}")
            for question, kinds in self.variants.items()
            for kind, variants in kinds.items()
            for name, source in variants.items()
        ]

    def graded_questions(self) -> list[str]:
        """Return the questions that have a check cell."""
        return [str(name).removesuffix("-check") for name in self.cells if str(name).endswith("-check")]

    @cached_property
    def _setup(self) -> dict[str, Any]:
        names: dict[str, Any] = {}
        exec(self.cells["setup"].source, names)  # noqa: S102 - the course's own cells
        return names

    def answered(self, source: str) -> dict[str, Any]:
        """Run one answer after the setup; return the names they leave, with tables of their own."""
        own = (pd.DataFrame, dict)
        names = {name: copy.deepcopy(value) if type(value) in own else value for name, value in self._setup.items()}
        exec(source, names)  # noqa: S102
        return names

    def grade(self, question: str, names: dict[str, Any]) -> None:
        """Run a check cell with its hidden tests; AssertionError if the answer does not pass."""
        exec(self.cells[f"{question}-check"].source, names)  # noqa: S102

    def solution(self, question: str) -> str:
        """Return the course's own answer."""
        return str(self.cells[question].source)

    def unanswered(self, question: str) -> str:
        """Return the cell as a student gets it."""
        stub = self.solution(question).split("### BEGIN SOLUTION")[0]
        return stub + ("pass" if stub.lstrip().startswith("def") else "")


def passes_or_fails_with_a_reason(exercise: Exercise, kind: str, question: str, source: str) -> None:
    """Right answers pass; wrong ones fail with more than a word about why."""
    names = exercise.answered(source)
    if kind == "right":
        exercise.grade(question, names)
        return
    with pytest.raises(AssertionError) as failed:
        exercise.grade(question, names)
    assert len(str(failed.value)) > 20, "a failed check must say what is wrong"


def says_that_it_is_not_answered(exercise: Exercise, question: str) -> None:
    """An untouched cell fails its check as a check does, not with a stray error."""
    with pytest.raises(CheckFailedError):
        exercise.grade(question, exercise.answered(exercise.unanswered(question)))


def runs_from_top_to_bottom(exercise: Exercise, *, answered: bool) -> list[str]:
    """Run all code cells in order, as *Run All Cells* does; return the checks that did not pass."""
    names: dict[str, Any] = {}
    failed = []
    for name, cell in exercise.cells.items():
        if cell.cell_type != "code":
            continue
        source = exercise.unanswered(name) if name in exercise.variants and not answered else cell.source
        try:
            exec(source, names)  # noqa: S102
        except CheckFailedError:
            failed.append(str(name).removesuffix("-check"))
    return failed


def has_enough_variants(exercise: Exercise, *, right: int, wrong: int) -> None:
    """Every question with a check has that many right and wrong answers."""
    assert sorted(exercise.variants) == sorted(exercise.graded_questions())
    for question, kinds in exercise.variants.items():
        assert len(kinds["right"]) >= right, question
        assert len(kinds["wrong"]) >= wrong, question


def has_hints_in_tiers(exercise: Exercise, hint: Any) -> None:
    """Every question has at least two hints, and the second says something else."""
    for question in exercise.variants:
        first, second = hint(question), hint(question)
        assert str(first) != str(second)
        assert first.total >= 2
