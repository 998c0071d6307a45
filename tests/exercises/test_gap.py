"""Exercise 5: every right variant passes, every plausible wrong one fails with a message that helps."""

from typing import Any

import numpy as np
import pytest
from tests.exercises import asking
from tests.exercises.gap_variants import VARIANTS

from chipgap.checks import gap

EXERCISE = asking.Exercise("5-gap", VARIANTS)


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


def test_every_question_has_at_least_six_wrong_answers_and_two_right_ones() -> None:
    asking.has_enough_variants(EXERCISE, right=2, wrong=6)


def test_every_question_has_hints_in_tiers() -> None:
    asking.has_hints_in_tiers(EXERCISE, gap.hint)


def test_the_exercise_says_of_every_wrong_answer_why_and_no_reason_serves_for_all() -> None:
    reasons = {
        question: {_reason(question, source) for source in kinds["wrong"].values()}
        for question, kinds in VARIANTS.items()
    }
    assert {question for question, said in reasons.items() if len(said) < 4} == set()


def _reason(question: str, source: str) -> str:
    with pytest.raises(AssertionError) as failed:
        EXERCISE.grade(question, EXERCISE.answered(source))
    return str(failed.value)


def test_a_right_interval_passes_whatever_its_generator_draws_and_a_narrow_one_never() -> None:
    def drawn(first_seed: int, percentiles: list[float]) -> bool:
        def median_interval(ratios: np.ndarray, seed: int) -> Any:
            draws = np.random.default_rng(first_seed + seed).choice(ratios, size=(2000, len(ratios)))
            return np.percentile(np.median(draws, axis=1), percentiles)

        return gap.q8(median_interval).passed

    assert all(drawn(first, [2.5, 97.5]) for first in range(100, 1100, 100))
    assert not any(drawn(first, [5, 95]) for first in range(100, 1100, 100))


def test_the_setup_offers_every_printed_peak_of_the_910b_and_both_sides_of_the_h100() -> None:
    names = EXERCISE.answered("")
    assert sorted(names["peaks_910b"].values()) == [245.8, 280, 294.9, 313, 353.9, 376, 378.9, 400]
    assert names["peaks_h100"]["H100 SXM, with sparsity"] == 2 * names["peaks_h100"]["H100 SXM, dense"]
    assert names["best_910b"] == 328
    assert names["baselines"]["name"].is_unique
    assert names["baselines"].notna().all(axis=None)


def test_the_verdict_on_80_per_cent_depends_on_the_kind_of_chip_and_on_the_baseline() -> None:
    names = EXERCISE.answered(EXERCISE.solution("q4"))
    said = {
        kind: names["verdicts"](names["baselines"], 80, peak, names["best_910b"])
        for kind, peak in names["peaks_910b"].items()
    }
    assert {word for words in said.values() for word in words.values()} == set(gap.VERDICTS)
    assert all(words["A800 SXM 80GB at 50% (assumed)"] == "not excluded" for words in said.values())
    assert said["Ascend 910B2, matrix units"]["H800 SXM at 40% (assumed)"] == "not excluded"
    assert said["Ascend 910B3, as listed"]["H800 SXM at 40% (assumed)"] == "impossible"
