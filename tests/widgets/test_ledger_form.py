"""The form saves what it holds, says in words what is missing, and loses no text on the way."""

from pathlib import Path

import pytest

from chipgap.ledger import Ledger, LedgerError
from chipgap.widgets.ledger_form import LedgerForm


@pytest.fixture(autouse=True)
def _no_drafts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drafts live as long as the kernel: each test gets a kernel without any."""
    monkeypatch.setattr(LedgerForm, "_drafts", {})


def _filled(folder: Path, claim_id: str = "A05") -> LedgerForm:
    form = LedgerForm(claim_id, folder)
    form.verdict, form.confidence, form.evidence = "wrong", "high", "He said it on the call."
    form.sources = ["SCMP"]
    return form


def test_saving_the_form_records_the_entry_and_says_the_progress(tmp_path: Path) -> None:
    form = _filled(tmp_path)
    entry = form.save()
    assert entry == Ledger.open(tmp_path).entries["A05"]
    assert entry is not None
    assert (entry.verdict, entry.sources) == ("wrong", ("SCMP",))
    assert form.state == "saved"
    assert "1 of 16 claims tested" in form.status
    assert form.errors == {}


def test_an_empty_form_says_what_each_field_needs_and_writes_nothing(tmp_path: Path) -> None:
    form = LedgerForm("A05", tmp_path)
    assert form.save() is None
    assert set(form.errors) == {"verdict", "confidence", "evidence"}
    assert "“contested”" in form.errors["verdict"]
    assert form.state == "refused"
    assert not (tmp_path / "ledger.json").exists()


def test_a_source_that_does_not_exist_is_said_beside_the_sources(tmp_path: Path) -> None:
    form = _filled(tmp_path)
    form.sources = ["SCPM"]
    assert form.save() is None
    assert "Did you mean “SCMP”" in form.errors["sources"]


def test_putting_a_field_right_takes_its_error_away_and_no_other(tmp_path: Path) -> None:
    form = LedgerForm("A05", tmp_path)
    form.save()
    form.verdict = "holds"
    assert set(form.errors) == {"confidence", "evidence"}
    assert form.state == "unsaved"


def test_what_was_saved_is_there_when_the_form_is_made_again(tmp_path: Path) -> None:
    saved = _filled(tmp_path).save()
    again = LedgerForm("a05", tmp_path)
    assert (again.verdict, again.confidence, again.evidence, again.sources) == (
        "wrong",
        "high",
        "He said it on the call.",
        ["SCMP"],
    )
    assert again.state == "saved"
    assert saved is not None
    assert saved.updated[:10] in again.status


def test_text_not_saved_yet_survives_making_the_form_again(tmp_path: Path) -> None:
    _filled(tmp_path).save()
    form = LedgerForm("A05", tmp_path)
    form.evidence = "He said it on the call. And then"
    again = LedgerForm("A05", tmp_path)
    assert again.evidence == "He said it on the call. And then"
    assert again.verdict == "wrong"
    assert again.state == "unsaved"
    assert LedgerForm("A06", tmp_path).evidence == ""
    again.save()
    assert LedgerForm("A05", tmp_path).state == "saved"


def test_going_back_to_the_saved_text_is_saved_again(tmp_path: Path) -> None:
    form = _filled(tmp_path)
    form.save()
    form.evidence += "x"
    assert form.state == "unsaved"
    form.evidence = form.evidence[:-1]
    assert form.state == "saved"
    assert LedgerForm("A05", tmp_path).state == "saved"


def test_edits_and_save_in_one_message_from_the_browser_end_as_saved(tmp_path: Path) -> None:
    form = LedgerForm("A05", tmp_path)
    form.set_state(
        {"evidence": "e ", "verdict": "holds", "confidence": "low", "sources": ["T360"], "save_requested": 1}
    )
    assert form.state == "saved"
    assert form.save_answered == 1
    assert form.evidence == "e "
    assert Ledger.open(tmp_path).entries["A05"].sources == ("T360",)


def test_edits_and_a_refused_save_in_one_message_keep_the_errors(tmp_path: Path) -> None:
    form = LedgerForm("A05", tmp_path)
    form.set_state({"evidence": "e", "verdict": "holds", "save_requested": 1})
    assert form.state == "refused"
    assert set(form.errors) == {"confidence"}
    assert LedgerForm("A05", tmp_path).evidence == "e"


def test_a_ledger_that_cannot_be_written_is_said_with_the_text_to_copy(tmp_path: Path) -> None:
    form = _filled(tmp_path)
    (tmp_path / "ledger.json").write_text('{"schema": 99}', encoding="utf-8")
    assert form.save() is None
    assert "newer version of the course" in form.status
    assert "He said it on the call." in form.status


def test_a_damaged_ledger_is_told_in_the_status(tmp_path: Path) -> None:
    _filled(tmp_path).save()
    (tmp_path / "ledger.json").write_text("{", encoding="utf-8")
    assert "ledger.damaged-" in LedgerForm("A05", tmp_path).status


def test_a_claim_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="A01 to A16"):
        LedgerForm("A99", tmp_path)


def test_the_form_offers_first_the_sources_that_speak_about_the_claim(tmp_path: Path) -> None:
    form = LedgerForm("A05", tmp_path)
    near, more = ([choice["value"] for choice in form.choices[part]] for part in ("sources", "more"))
    assert "SCMP" in near
    assert len(near) < len(more)
    assert not set(near) & set(more)
    assert all(choice["about"] for choice in form.choices["sources"])
    assert form.claim["quotation"]


def test_every_claim_has_a_form(tmp_path: Path) -> None:
    for claim_id in (f"A{number:02d}" for number in range(1, 17)):
        assert LedgerForm(claim_id, tmp_path).claim["paraphrase"]
