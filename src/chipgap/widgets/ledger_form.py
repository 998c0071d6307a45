"""A form for one claim: verdict, confidence, evidence and sources, saved in the student's ledger."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import anywidget
from traitlets import Dict, Int, List, Unicode, observe

from chipgap.ledger import CONFIDENCES, VERDICTS, Entry, Ledger, LedgerError
from chipgap.ledger.entry import InvalidFieldError, choose, clean_evidence
from chipgap.ledger.known import check_claim, check_sources, source_titles, table
from chipgap.text import t
from chipgap.widgets._assets import asset

if TYPE_CHECKING:
    from collections.abc import Callable

_WORDS = ("quotation", "verdict", "confidence", "evidence", "evidence_hint", "sources", "sources_hint")
_MESSAGES = ("save", "saving", "unsaved", "no_kernel")
_FIELDS = ("verdict", "confidence", "evidence", "sources")


class LedgerForm(anywidget.AnyWidget):
    """Write down a verdict on a claim, in the notebook.

    Everything in the form can be set without a browser too.

    Parameters
    ----------
    claim_id
        ``"A01"`` … ``"A16"``.
    folder
        Where the ledger lies; the student's work folder by default.

    Raises
    ------
    LedgerError
        If there is no such claim, or the ledger cannot be read.

    Examples
    --------
    >>> form = LedgerForm("A05")
    >>> form.verdict, form.confidence, form.evidence = "wrong", "high", "He said it on the call."
    >>> form.save()
    """

    _esm = asset("ledger_form.js")
    _css = asset("ledger_form.css")

    verdict = Unicode(help="one of chipgap.ledger.VERDICTS").tag(sync=True)
    confidence = Unicode(help="one of chipgap.ledger.CONFIDENCES").tag(sync=True)
    evidence = Unicode(help="what the student found, in their own words").tag(sync=True)
    sources = List(Unicode(), help="keys of the sources the evidence rests on").tag(sync=True)

    status = Unicode(help="what happened last, in words").tag(sync=True)
    state = Unicode("open", help="open, unsaved, saved or refused").tag(sync=True)
    errors = Dict(help="for each field to put right, how").tag(sync=True)

    claim_id = Unicode(read_only=True).tag(sync=True)
    claim = Dict(help="title, paraphrase and quotation").tag(sync=True)
    choices = Dict(help="for each choice field, its choices").tag(sync=True)
    words = Dict(help="the form's labels").tag(sync=True)
    save_requested = Int(help="counts the presses of the button").tag(sync=True)
    save_answered = Int(help="counts the answers to it").tag(sync=True)

    _drafts: ClassVar[dict[tuple[Path, str], dict[str, Any]]] = {}

    def __init__(self, claim_id: str, folder: Path | str | None = None) -> None:
        known = check_claim(claim_id)
        self._notices: list[str] = []
        self._ledger = Ledger.open(folder, tell=self._notices.append)
        self._ready = False
        self._settled: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
        more = _other_sources(known.claim_id)
        super().__init__(
            claim=_claim(known.claim_id, known.paraphrase),
            choices={"verdict": _verdicts(), "confidence": _plain(CONFIDENCES), **_sources(known.claim_id, more)},
            words={
                **{name: t(f"ledger_form.{name}") for name in _WORDS + _MESSAGES},
                "more_sources": _more_label(more),
            },
        )
        self.set_trait("claim_id", known.claim_id)
        self._load()
        self._ready = True

    def save(self) -> Entry | None:
        """Save what the form holds in the ledger.

        Returns
        -------
        Entry or None
            What was recorded; None if something has to be put right first. Then :attr:`errors` says
            what, field by field, and :attr:`status` says it in one sentence.
        """
        faults = self._faults()
        if faults:
            self._answer("refused", t("ledger_form.fix", count=len(faults)), faults)
            return None
        try:
            entry = self._ledger.record(self.claim_id, self.verdict, self.evidence, self.confidence, self.sources)
            saved = t("ledger_form.saved", progress=self._ledger.progress().sentence)
        except LedgerError as error:
            self._answer("refused", str(error))
            return None
        # The text stays as typed: writing it back trimmed could undo what is being typed now.
        self._show(entry, evidence=self.evidence)
        self._answer("saved", saved)
        return entry

    def _answer(self, state: str, status: str, errors: dict[str, str] | None = None) -> None:
        self._settle(state, status, errors)
        self.save_answered += 1

    def _settle(self, state: str, status: str, errors: dict[str, str] | None = None) -> None:
        """Show where things stand, and remember it for the form's present content."""
        notices, self._notices[:] = list(self._notices), []
        shown = {"state": state, "status": " ".join(filter(None, [status, *notices])), "errors": errors or {}}
        self._settled = (self._held(), shown)
        self._keep_draft()

    def _held(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _FIELDS}

    def _faults(self) -> dict[str, str]:
        checks: dict[str, Callable[[], object]] = {
            "verdict": lambda: choose("verdict", self.verdict, VERDICTS),
            "confidence": lambda: choose("confidence", self.confidence, CONFIDENCES),
            "evidence": lambda: clean_evidence(self.evidence),
            "sources": lambda: check_sources(self.sources),
        }
        faults = {}
        for name, check in checks.items():
            try:
                check()
            except InvalidFieldError as error:
                faults[name] = str(error)
        return faults

    @property
    def _draft_key(self) -> tuple[Path, str]:
        return self._ledger.path.resolve(), self.claim_id

    def _load(self) -> None:
        """Fill the form from what was not saved yet in this kernel, else from the ledger."""
        entry = self._ledger.entries.get(self.claim_id)
        draft = self._drafts.get(self._draft_key)
        if entry:
            self._show(entry, evidence=entry.evidence)
            self._settle("saved", t("ledger_form.loaded", date=entry.updated[:10]))
        else:
            self._settle("open", "")
        if draft:
            for name, value in draft.items():
                setattr(self, name, value)
            self.state, self.status = "unsaved", t("ledger_form.draft")
            self._drafts[self._draft_key] = draft

    def _show(self, entry: Entry, evidence: str) -> None:
        ready, self._ready = self._ready, False
        with self.hold_sync():
            self.verdict, self.confidence, self.evidence = entry.verdict, entry.confidence, evidence
            self.sources = list(entry.sources)
        self._ready = ready

    @observe(*_FIELDS)
    def _on_edit(self, change: dict[str, Any]) -> None:
        if self._ready:
            self._keep_draft(change["name"])

    def _keep_draft(self, edited: str = "") -> None:
        """Keep what is not saved, and say so; content that was answered already gets that answer again.

        One message from the browser may bring edits and the request to save: then the edits are
        noticed after the save, and must not undo its answer.
        """
        held, (answered, shown) = self._held(), self._settled
        if held != answered:
            shown = {
                "state": "unsaved",
                "status": t("ledger_form.unsaved"),
                "errors": {name: text for name, text in self.errors.items() if name != edited},
            }
        if shown["state"] in {"unsaved", "refused"}:
            self._drafts[self._draft_key] = held
        else:
            self._drafts.pop(self._draft_key, None)
        self.errors, self.state, self.status = shown["errors"], shown["state"], shown["status"]

    @observe("save_requested")
    def _on_request(self, _change: dict[str, Any]) -> None:
        self.save()


def _claim(claim_id: str, paraphrase: str) -> dict[str, str]:
    rows = table("claims")
    quoted = "" if rows is None else str(rows.set_index("claim_id")["quote_id"].fillna("").get(claim_id, ""))
    return {"title": t("ledger_form.title", claim=claim_id), "paraphrase": paraphrase, "quotation": quoted}


def _verdicts() -> list[dict[str, str]]:
    about = {verdict: t(f"ledger_form.{verdict.replace(' ', '_')}_about") for verdict in VERDICTS}
    return [{"value": verdict, "label": verdict, "about": about[verdict]} for verdict in VERDICTS]


def _plain(values: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"value": value, "label": value, "about": ""} for value in values]


def _speaking_about(claim_id: str) -> list[str]:
    rows = table("claim_evidence")
    return [] if rows is None else rows.loc[rows["claim_id"] == claim_id, "source_key"].drop_duplicates().tolist()


def _other_sources(claim_id: str) -> list[str]:
    near = set(_speaking_about(claim_id))
    return [key for key in source_titles() if key not in near]


def _sources(claim_id: str, more: list[str]) -> dict[str, list[dict[str, str]]]:
    titles, excerpts = source_titles(), _excerpts()

    def listed(keys: list[str]) -> list[dict[str, str]]:
        seen = {key: t("ledger_form.seen_excerpt") for key in excerpts}
        return [{"value": key, "label": key, "about": titles.get(key, ""), "note": seen.get(key, "")} for key in keys]

    return {"sources": listed(_speaking_about(claim_id)), "more": listed(more)}


def _excerpts() -> set[str]:
    rows = table("sources")
    return set() if rows is None else set(rows.loc[rows["seen"] == "excerpt", "source_key"])


def _more_label(more: list[str]) -> str:
    return t("ledger_form.more_sources", count=len(more))
