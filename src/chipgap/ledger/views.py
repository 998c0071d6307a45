"""How the ledger looks: the progress table, the report, the data frame."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from chipgap.errors import ChipgapError
from chipgap.ledger.entry import Entry
from chipgap.ledger.known import Claim
from chipgap.text import t

if TYPE_CHECKING:
    import pandas as pd

_MARKS = {"holds": "✓", "holds in part": "◐", "contested": "⇄", "wrong": "✗", "cannot be checked": "?"}
# JupyterLab drops <style> from outputs it does not trust, so the few styles needed are on the elements.
_CELL = "text-align:left;vertical-align:top;padding:4px 10px 4px 0;white-space:normal"


@dataclass(frozen=True)
class Progress:
    """How many of the claims have a verdict; displays as a table in a notebook, as text elsewhere."""

    claims: tuple[Claim, ...]
    entries: Mapping[str, Entry]

    @property
    def done(self) -> int:
        """Claims of the article that have a verdict."""
        return sum(claim.claim_id in self.entries for claim in self.claims)

    @property
    def total(self) -> int:
        """Claims of the article."""
        return len(self.claims)

    @property
    def sentence(self) -> str:
        """The progress in one sentence."""
        return t("ledger.progress", done=self.done, total=self.total)

    def __str__(self) -> str:
        return "\n".join([self.sentence, *(f"  {self._line(claim)}" for claim in self.claims)])

    __repr__ = __str__

    def _verdict(self, claim: Claim) -> str:
        entry = self.entries.get(claim.claim_id)
        if entry is None:
            return t("ledger.open")
        return t("ledger.verdict_cell", verdict=entry.verdict, confidence=entry.confidence)

    def _line(self, claim: Claim) -> str:
        unit = t("ledger.unit", unit=claim.unit) if claim.unit else ""
        return f"{claim.claim_id}  {unit:<8}{self._verdict(claim)}"

    def _repr_html_(self) -> str:
        bar = (
            f'<progress max="{self.total}" value="{self.done}" style="width:100%;max-width:28em" '
            f'aria-label="{escape(t("ledger.progress_label"))}">{self.done} / {self.total}</progress>'
        )
        names = (t(f"ledger.column_{name}") for name in ("claim", "says", "unit", "verdict"))
        head = "".join(f'<th scope="col" style="{_CELL}">{escape(name)}</th>' for name in names)
        body = "".join(self._row(claim) for claim in self.claims)
        caption = f'<caption style="text-align:left">{escape(t("ledger.caption"))}</caption>'
        return (
            f'<section class="chipgap-progress" aria-label="{escape(t("ledger.progress_label"))}">'
            f"<p><strong>{escape(self.sentence)}</strong><br>{bar}</p>"
            f'<table style="border-collapse:collapse;margin:0">{caption}<thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table></section>"
        )

    def _row(self, claim: Claim) -> str:
        entry = self.entries.get(claim.claim_id)
        mark = f'<span aria-hidden="true">{_MARKS[entry.verdict]}</span> ' if entry else ""
        weight = "bold" if entry else "normal"
        unit = str(claim.unit) if claim.unit else ""
        return (
            f'<tr><th scope="row" style="{_CELL}">{escape(claim.claim_id)}</th>'
            f'<td style="{_CELL};max-width:34em">{escape(claim.paraphrase)}</td>'
            f'<td style="{_CELL}">{unit}</td>'
            f'<td style="{_CELL};min-width:10em"><span style="font-weight:{weight}">{mark}'
            f"{escape(self._verdict(claim))}</span></td></tr>"
        )


class Report(str):
    """The fact-check report: Markdown text that a notebook displays as such."""

    __slots__ = ()

    def _repr_markdown_(self) -> str:
        return str(self)

    @classmethod
    def of(cls, claims: tuple[Claim, ...], entries: Mapping[str, Entry]) -> "Report":
        """Write the report of these claims: counts, one section a tested claim, open ones, references."""
        tested = [claim for claim in claims if claim.claim_id in entries]
        still_open = [claim.claim_id for claim in claims if claim.claim_id not in entries]
        parts = [
            f"# {t('ledger.report_title')}",
            t("ledger.report_summary", done=len(tested), total=len(claims), counts=_counts(entries.values())),
            *(_section(claim, entries[claim.claim_id]) for claim in tested),
            *([f"## {t('ledger.report_open')}\n\n{', '.join(still_open)}"] if still_open else []),
            *_references(entries.values()),
        ]
        return cls("\n\n".join(parts) + "\n")


def _counts(entries: Iterable[Entry]) -> str:
    verdicts = [entry.verdict for entry in entries]
    return ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in _MARKS if verdict in verdicts) or t(
        "ledger.none"
    )


def _section(claim: Claim, entry: Entry) -> str:
    quoted = "\n".join(f"> {line}".rstrip() for line in entry.evidence.splitlines())
    judged = t("ledger.report_verdict", verdict=entry.verdict, confidence=entry.confidence, date=entry.updated[:10])
    sources = [t("ledger.report_sources", sources=", ".join(entry.sources))] if entry.sources else []
    says = [claim.paraphrase] if claim.paraphrase else []
    return "\n\n".join([f"## {claim.claim_id}: {entry.verdict}", *says, judged, quoted, *sources])


def _references(entries: Iterable[Entry]) -> list[str]:
    keys = sorted({key for entry in entries for key in entry.sources})
    if not keys:
        return []
    try:
        from chipgap import data  # noqa: PLC0415 - pandas is slow to import, and only the report needs it

        listed = str(data.cite(keys))
    except (ChipgapError, ImportError, OSError):
        listed = "\n".join(f"- {key}" for key in keys)
    return [f"## {t('ledger.report_references')}", listed]


def frame(claims: tuple[Claim, ...], entries: Mapping[str, Entry]) -> "pd.DataFrame":
    """Return one row a claim: claim_id, unit, verdict, confidence, evidence, sources (joined by "; "), updated."""
    import pandas as pd  # noqa: PLC0415 - slow to import, and only this function needs it

    rows = [(claim, entries.get(claim.claim_id)) for claim in claims]
    texts = {
        name: pd.array([getattr(entry, name) if entry else None for _, entry in rows], dtype="string")
        for name in ("verdict", "confidence", "evidence")
    }
    return pd.DataFrame(
        {
            "claim_id": pd.array([claim.claim_id for claim, _ in rows], dtype="string"),
            "unit": pd.array([claim.unit for claim, _ in rows], dtype="Int64"),
            **texts,
            "sources": pd.array(["; ".join(entry.sources) if entry else None for _, entry in rows], dtype="string"),
            "updated": pd.to_datetime(pd.Series([entry.updated if entry else None for _, entry in rows]), utc=True),
        }
    )
