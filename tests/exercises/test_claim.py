"""Exercise 1: every right variant passes, every plausible wrong one fails with a message that helps."""

from pathlib import Path
from typing import Any

import jupytext
import pytest
from tests.exercises.claim_variants import VARIANTS

from chipgap.checks import claim
from chipgap.checks.kit import NOT_ANSWERED, CheckFailedError

SOURCE = Path(__file__).parents[2] / "course/exercises/1-claim/1-claim.py"
CELLS = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in jupytext.read(SOURCE).cells}
CASES = [
    pytest.param(kind, question, source, id=f"{question}-{kind}-{name}")
    for question, kinds in VARIANTS.items()
    for kind, variants in kinds.items()
    for name, source in variants.items()
]


def _answer(question: str, source: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(CELLS["setup"].source, names)  # noqa: S102 - the course's own cells
    exec(source, names)  # noqa: S102
    return names


def _graded(question: str, names: dict[str, Any]) -> None:
    exec(CELLS[f"{question}-check"].source, names)  # noqa: S102


@pytest.mark.parametrize(("kind", "question", "source"), CASES)
def test_right_answers_pass_and_wrong_ones_fail(kind: str, question: str, source: str) -> None:
    names = _answer(question, source)
    if kind == "right":
        _graded(question, names)
    else:
        with pytest.raises(AssertionError) as failed:
            _graded(question, names)
        assert len(str(failed.value)) > 20, "a failed check must say what is wrong"


@pytest.mark.parametrize("question", VARIANTS)
def test_the_course_s_own_solution_passes(question: str) -> None:
    _graded(question, _answer(question, CELLS[question].source))


@pytest.mark.parametrize("question", VARIANTS)
def test_an_unanswered_question_is_told_so_and_gets_nothing(question: str) -> None:
    stub = CELLS[question].source.split("### BEGIN SOLUTION")[0]
    stub += "pass" if stub.lstrip().startswith("def") else ""
    with pytest.raises(CheckFailedError):
        _graded(question, _answer(question, stub))


def test_every_question_has_at_least_four_wrong_answers_and_two_right_ones() -> None:
    graded = [grade_id.removesuffix("-check") for grade_id in CELLS if str(grade_id).endswith("-check")]
    assert sorted(VARIANTS) == sorted(graded)
    for question, kinds in VARIANTS.items():
        assert len(kinds["wrong"]) >= 4, question
        assert len(kinds["right"]) >= 2, question


def test_every_question_has_hints_in_tiers() -> None:
    for question in VARIANTS:
        first, second = claim.hint(question), claim.hint(question)
        assert str(first) != str(second)
        assert first.total >= 2


def test_a_check_of_nothing_says_that_it_is_not_answered() -> None:
    assert NOT_ANSWERED in str(claim.q2(None))


def test_a_question_without_a_hint_lists_those_that_have_one() -> None:
    with pytest.raises(Exception, match="q1, q2"):
        claim.hint("q99")
