"""A prediction is kept once it is locked in, and compared honestly."""

from pathlib import Path

import pytest
from traitlets import TraitError

from chipgap.errors import ChipgapError
from chipgap.ledger import Ledger
from chipgap.widgets import Predict, reveal


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CHIPGAP_WORK", str(tmp_path))
    return tmp_path


def question() -> Predict:
    return Predict("lost", "How many details get lost?", 0, 10, "details")


def test_a_locked_prediction_is_in_the_ledger_and_in_the_next_session() -> None:
    guess = question()
    guess.value = 9
    assert Ledger.open().prediction("lost") is None
    guess.lock()
    assert Ledger.open().prediction("lost") == 9
    again = question()
    assert (again.value, again.locked) == (9, True)
    assert "9 details" in again.view["told"]


def test_a_locked_prediction_stays_as_it_is() -> None:
    guess = question()
    guess.value = 9
    guess.lock()
    with pytest.raises(TraitError, match="locked in at 9 details"):
        guess.value = 6
    assert guess.value == 9


@pytest.mark.parametrize("value", [-1, 11, "5", True, None, float("nan")])
def test_a_guess_outside_the_slider_is_refused(value: object) -> None:
    with pytest.raises(TraitError, match="number from 0 to 10"):
        question().value = value  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("truth", "words"),
    [
        (6, "You said 9 details; it is 6 details. That is 3 details too high."),
        (9.5, "You said 9 details; it is 9.5 details. That is 0.5 details too low."),
        (9, "You said 9 details, and 9 details it is."),
    ],
)
def test_the_guess_beside_the_truth(truth: float, words: str) -> None:
    guess = question()
    guess.value = 9
    guess.lock()
    assert str(guess.reveal(truth)) == words
    assert reveal("lost", truth, "details").text == words


def test_without_a_locked_guess_only_the_truth_is_told() -> None:
    guess = question()
    guess.value = 9
    assert str(guess.reveal(6)) == "It is 6 details. You locked in no prediction."
    assert reveal("never asked", 80, "%").text == "It is 80%. You locked in no prediction."


def test_what_the_ledger_keeps_under_the_name_but_is_no_number_is_no_guess() -> None:
    Ledger.open().predict("lost", "many")
    assert question().locked is False


def test_the_page_is_answered_whatever_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    guess, sent = question(), []
    monkeypatch.setattr(guess, "send", sent.append)
    guess._on_message(guess, {"kind": "set", "values": {"value": 4}, "seq": 1, "view": "v"}, [])
    guess._on_message(guess, {"kind": "lock", "seq": 2, "view": "v"}, [])
    guess._on_message(guess, {"kind": "set", "values": {"value": 5}, "seq": 3, "view": "v"}, [])
    assert [(answer["seq"], bool(answer["error"])) for answer in sent] == [(1, False), (2, False), (3, True)]
    assert (guess.value, guess.locked) == (4, True)


def test_an_impossible_question_is_refused() -> None:
    with pytest.raises(ChipgapError, match="low=10, high=0"):
        Predict("lost", "?", 10, 0)
