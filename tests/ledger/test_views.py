"""Progress, report and frame say what the ledger holds, to eyes, ears and programs."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd

from chipgap.ledger import Ledger


def _filled(ledger: Ledger) -> Ledger:
    ledger.record("A06", "contested", "No baseline:\n1 < 2 & <b>so on</b>", "medium", ["SCMP", "SEED"])
    return ledger


def test_progress_counts_and_lists_the_claims_in_order(ledger: Ledger) -> None:
    progress = _filled(ledger).progress()
    assert (progress.done, progress.total) == (1, 3)
    lines = str(progress).splitlines()
    assert lines[0] == "1 of 3 claims tested."
    assert [line.split()[0] for line in lines[1:]] == ["A05", "A06", "A07"]
    assert "contested (medium confidence)" in lines[2]
    assert lines[1].endswith("open")
    assert repr(progress) == str(progress)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_progress_is_a_table_a_screen_reader_can_walk(ledger: Ledger) -> None:
    html = _filled(ledger).progress()._repr_html_()
    reader = _Reader()
    reader.feed(html)
    headers = [attrs.get("scope") for tag, attrs in reader.tags if tag == "th"]
    assert headers == ["col"] * 4 + ["row"] * 3
    bars = [attrs for tag, attrs in reader.tags if tag == "progress"]
    assert [(bar["value"], bar["max"], bool(bar["aria-label"])) for bar in bars] == [("1", "3", True)]
    assert "caption" in [tag for tag, _ in reader.tags]
    assert html.count("open</span>") == 2
    assert "From &lt;20%&gt; to almost 80%" in html


def test_progress_of_a_full_ledger_says_so(ledger: Ledger) -> None:
    for claim_id in ("A05", "A06", "A07"):
        ledger.record(claim_id, "holds", "x", "low")
    assert str(ledger.progress()).startswith("3 of 3")
    assert "Not tested yet" not in ledger.report()


def test_the_report_holds_verdict_evidence_and_references(ledger: Ledger) -> None:
    report = _filled(ledger).report()
    assert report._repr_markdown_() == report
    assert "1 of 3 claims tested: 1 contested." in report
    assert "## A06: contested\n\nFrom <20%> to almost 80%\n\n**Verdict: contested** (medium confidence, 2" in report
    assert "> No baseline:\n> 1 < 2 & <b>so on</b>" in report
    assert re.search(r"## Not tested yet\n\nA05, A07", report)
    references = report.partition("## References")[2]
    assert "SCMP" in references
    assert "SEED" in references


def test_the_report_of_an_empty_ledger_is_still_a_report(ledger: Ledger) -> None:
    assert "0 of 3 claims tested: none." in ledger.report()


def test_the_frame_has_one_row_a_claim_typed(ledger: Ledger, tmp_path: Path) -> None:
    df = _filled(ledger).to_frame()
    assert df["claim_id"].tolist() == ["A05", "A06", "A07"]
    assert df["unit"].tolist() == [1, 5, pd.NA]
    assert df["verdict"].isna().tolist() == [True, False, True]
    assert df.loc[1, "sources"] == "SCMP; SEED"
    assert isinstance(df["updated"].dtype, pd.DatetimeTZDtype)


def test_an_entry_displays_itself_with_the_text_escaped(ledger: Ledger) -> None:
    entry = _filled(ledger).entries["A06"]
    assert str(entry).startswith("A06: contested (medium confidence), sources: SCMP, SEED\n")
    assert "&lt;b&gt;so on" in entry._repr_html_()


def test_the_ledger_says_what_it_is(ledger: Ledger, tmp_path: Path) -> None:
    assert repr(_filled(ledger)) == f"Ledger: 1 of 3 claims tested, in {tmp_path / 'ledger.json'}"
