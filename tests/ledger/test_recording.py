"""A verdict is checked, kept with what came before it, and read back by whoever opens the file next."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chipgap.errors import ChipgapError
from chipgap.ledger import VERDICTS, Ledger, LedgerError
from chipgap.ledger.entry import EVIDENCE_LIMIT_CHARACTERS, HISTORY_LIMIT


def test_an_entry_is_in_the_file_and_in_the_next_ledger_opened(ledger: Ledger, tmp_path: Path) -> None:
    ledger.record("A05", "wrong", "Said on the call.", "high", ["SCMP"])
    entry = Ledger.open(tmp_path).entries["A05"]
    assert (entry.verdict, entry.confidence, entry.evidence, entry.sources) == (
        "wrong",
        "high",
        "Said on the call.",
        ("SCMP",),
    )
    assert entry.unit == 1
    written = json.loads((tmp_path / "ledger.json").read_text(encoding="utf-8"))
    assert written["claims"]["A05"]["evidence"] == "Said on the call."
    assert written["schema"] == 1


def test_the_file_is_for_people_to_read(ledger: Ledger, tmp_path: Path) -> None:
    ledger.record("A05", "holds", "“zìzhǔ kěkòng” = 自主可控", "low")
    text = (tmp_path / "ledger.json").read_text(encoding="utf-8")
    assert "自主可控" in text
    assert len(text.splitlines()) > 8


@pytest.mark.parametrize(("given", "kept"), [(" Holds In  Part ", "holds in part"), ("cannot_be_checked", VERDICTS[4])])
def test_a_verdict_may_be_written_in_any_case(ledger: Ledger, given: str, kept: str) -> None:
    assert ledger.record("a05", given, "x", "Low").verdict == kept


FRIENDLY = {
    "verdict misspelt": (("A05", "contestd", "x", "low"), ["“contested”", "Did you mean “contested”", "“wrong”"]),
    "verdict missing": (("A05", "", "x", "low"), ["“holds in part”"]),
    "verdict a number": (("A05", 1, "x", "low"), ["1 is not a verdict", "“holds”"]),
    "confidence misspelt": (("A05", "holds", "x", "hi"), ["“high”", "“medium”"]),
    "confidence missing": (("A05", "holds", "x", None), ["“high”", "“medium”", "“low”"]),
    "evidence empty": (("A05", "holds", " \n ", "low"), ["evidence"]),
    "evidence no text": (("A05", "holds", 3, "low"), ["int"]),
    "evidence endless": (("A05", "holds", "x" * (EVIDENCE_LIMIT_CHARACTERS + 1), "low"), ["20001"]),
    "claim too short": (("A5", "holds", "x", "low"), ["A05 to A07", "Did you mean “A05”"]),
    "claim unknown": (("B99", "holds", "x", "low"), ["'B99'", "A05 to A07"]),
    "claim a number": ((5, "holds", "x", "low"), ["5", "A05 to A07"]),
    "source misspelt": (("A05", "holds", "x", "low", ["SCPM"]), ["'SCPM'", "Did you mean “SCMP”"]),
    "source a number": (("A05", "holds", "x", "low", 7), ["list of keys"]),
    "source in a list no text": (("A05", "holds", "x", "low", [7]), ["list of keys"]),
}


@pytest.mark.parametrize("fault", FRIENDLY)
def test_a_wrong_value_is_refused_with_the_choices(ledger: Ledger, tmp_path: Path, fault: str) -> None:
    arguments, words = FRIENDLY[fault]
    with pytest.raises(LedgerError) as raised:
        ledger.record(*arguments)
    assert isinstance(raised.value, ChipgapError)
    for word in words:
        assert word in str(raised.value)
    assert not (tmp_path / "ledger.json").exists()


def test_one_source_may_come_without_a_list_and_in_any_case(ledger: Ledger) -> None:
    assert ledger.record("A05", "holds", "x", "low", "scmp").sources == ("SCMP",)
    assert ledger.record("A05", "holds", "x", "low", ["T360", "t360", " "]).sources == ("T360",)


@pytest.mark.usefixtures("no_data")
def test_without_data_the_sixteen_ids_serve_and_sources_are_taken_as_given(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path)
    assert ledger.record("A16", "holds", "x", "low", ["ANY"]).sources == ("ANY",)
    assert ledger.progress().total == 16
    with pytest.raises(LedgerError, match="A01 to A16"):
        ledger.record("A17", "holds", "x", "low")


def test_half_a_character_pasted_from_elsewhere_does_not_stop_the_save(ledger: Ledger) -> None:
    assert ledger.record("A05", "holds", "broken \ud83d emoji", "low").evidence == "broken ? emoji"


def test_a_changed_mind_leaves_the_old_verdict_in_the_history(ledger: Ledger, tmp_path: Path) -> None:
    first = ledger.record("A05", "holds", "It says so.", "low")
    second = ledger.record("A05", "wrong", "The call, not the report.", "high")
    again = Ledger.open(tmp_path).entries["A05"]
    assert [old.verdict for old in again.history] == ["holds"]
    assert again.history[0] == replace(first, unit=1)
    assert second.updated > first.updated


def test_recording_the_same_again_changes_no_byte(ledger: Ledger, tmp_path: Path) -> None:
    ledger.record("A05", "holds", "x", "low")
    before = (tmp_path / "ledger.json").read_bytes()
    ledger.record("A05", "Holds", " x ", "low")
    assert (tmp_path / "ledger.json").read_bytes() == before


def test_the_history_is_bounded_and_keeps_the_latest(ledger: Ledger) -> None:
    for number in range(HISTORY_LIMIT + 5):
        ledger.record("A05", "holds", f"try {number}", "low")
    kept = [old.evidence for old in ledger.entries["A05"].history]
    assert kept == [f"try {number}" for number in range(4, HISTORY_LIMIT + 4)]


def test_two_ledgers_open_at_once_see_each_other(ledger: Ledger, tmp_path: Path) -> None:
    other = Ledger.open(tmp_path)
    ledger.record("A05", "holds", "x", "low")
    other.record("A06", "contested", "y", "high")
    assert list(ledger.entries) == list(other.entries) == ["A05", "A06"]


@pytest.mark.parametrize("value", [40, 2.5, "four times", True])
def test_a_prediction_comes_back_as_it_was(ledger: Ledger, tmp_path: Path, value: object) -> None:
    ledger.predict("ratio", value)
    again = Ledger.open(tmp_path).prediction("ratio")
    assert again == value
    assert type(again) is type(value)


def test_a_numpy_number_is_a_prediction_and_an_unasked_one_is_none(ledger: Ledger) -> None:
    ledger.predict("ratio", np.float64(0.25))
    assert ledger.prediction("ratio") == 0.25
    assert ledger.prediction("other") is None
    assert ledger.prediction("other", 3) == 3


def test_the_first_guess_is_kept_when_it_changes(ledger: Ledger, tmp_path: Path) -> None:
    for guess in (10, 20, 30):
        ledger.predict("ratio", guess)
    written = json.loads((tmp_path / "ledger.json").read_text(encoding="utf-8"))["predictions"]["ratio"]
    assert (written["first"], written["value"]) == (10, 30)
    ledger.record("A05", "holds", "x", "low")
    written = json.loads((tmp_path / "ledger.json").read_text(encoding="utf-8"))["predictions"]["ratio"]
    assert (written["first"], written["value"]) == (10, 30)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None, [1], object()])
def test_a_prediction_that_is_no_plain_value_is_refused(ledger: Ledger, value: object) -> None:
    with pytest.raises(LedgerError, match="finite number"):
        ledger.predict("ratio", value)


def test_importing_the_ledger_does_not_import_pandas() -> None:
    slow = ("pandas", "numpy", "plotly", "ipywidgets")
    script = f"import sys, chipgap.ledger; print([name for name in {slow} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
