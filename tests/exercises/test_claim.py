"""Exercise 1: every right variant passes, every plausible wrong one fails with a message that helps."""

import pytest
from tests.exercises import asking
from tests.exercises.claim_variants import VARIANTS

from chipgap.checks import claim
from chipgap.checks.kit import NOT_ANSWERED

EXERCISE = asking.Exercise("1-claim", VARIANTS)


@pytest.mark.parametrize(("kind", "question", "source"), EXERCISE.cases())
def test_right_answers_pass_and_wrong_ones_fail(kind: str, question: str, source: str) -> None:
    asking.passes_or_fails_with_a_reason(EXERCISE, kind, question, source)


@pytest.mark.parametrize("question", VARIANTS)
def test_the_course_s_own_solution_passes(question: str) -> None:
    EXERCISE.grade(question, EXERCISE.answered(EXERCISE.solution(question)))


@pytest.mark.parametrize("question", VARIANTS)
def test_an_unanswered_question_is_told_so_and_gets_nothing(question: str) -> None:
    asking.says_that_it_is_not_answered(EXERCISE, question)


def test_run_all_fails_at_no_other_cell_than_the_checks() -> None:
    assert asking.runs_from_top_to_bottom(EXERCISE, answered=False) == list(VARIANTS)
    assert asking.runs_from_top_to_bottom(EXERCISE, answered=True) == []


def test_every_question_has_at_least_four_wrong_answers_and_two_right_ones() -> None:
    asking.has_enough_variants(EXERCISE, right=2, wrong=4)


def test_every_question_has_hints_in_tiers() -> None:
    asking.has_hints_in_tiers(EXERCISE, claim.hint)


def test_a_check_of_nothing_says_that_it_is_not_answered() -> None:
    assert NOT_ANSWERED in str(claim.q2(None))


def test_a_question_without_a_hint_lists_those_that_have_one() -> None:
    with pytest.raises(Exception, match="q1, q2"):
        claim.hint("q99")
