"""The ledger as a student uses it: open, record, predict, look at the progress, write the report."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from chipgap.ledger import known
from chipgap.ledger.entry import (
    CONFIDENCES,
    VERDICTS,
    Entry,
    LedgerError,
    choose,
    clean_evidence,
    clean_value,
    now_after,
)
from chipgap.ledger.store import Document, Store, parse
from chipgap.ledger.views import Progress, Report, frame
from chipgap.paths import work_dir
from chipgap.text import t

if TYPE_CHECKING:
    import pandas as pd

Result = TypeVar("Result")


@dataclass(frozen=True)
class Merged:
    """What merging another ledger did: claims added, claims made newer, claims kept as they were."""

    added: tuple[str, ...] = ()
    newer: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()


class Ledger:
    """A student's verdicts and predictions, kept in ``ledger.json``.

    Nothing is held in memory: every question reads the file and every change writes it under a lock,
    so two notebooks may be open at once. Use :meth:`open`.

    Attributes
    ----------
    notices
        What the reader was told about the file, for example that a damaged one was moved aside.
    """

    def __init__(self, folder: Path, tell: Callable[[str], object] = print) -> None:
        self._store = Store(folder)
        self._tell = tell
        self.notices: list[str] = []

    @classmethod
    def open(cls, folder: Path | str | None = None, *, tell: Callable[[str], object] = print) -> "Ledger":
        """Open the ledger of ``folder`` (the student's work folder by default); it need not exist yet.

        Parameters
        ----------
        folder
            Where ``ledger.json`` lies.
        tell
            What to do with a notice about the file; prints it by default.

        Raises
        ------
        LedgerError
            If the file cannot be read, or was written by a newer course.
        """
        ledger = cls(Path(folder) if folder is not None else work_dir(), tell)
        ledger._read()
        return ledger

    @property
    def path(self) -> Path:
        """The file the ledger lives in."""
        return self._store.path

    @property
    def entries(self) -> dict[str, Entry]:
        """The entries by claim id, in the article's order, as the file holds them now."""
        entries = self._read().claims
        return {claim_id: entries[claim_id] for claim_id in sorted(entries)}

    def record(
        self, claim_id: str, verdict: str, evidence: str, confidence: str, sources: Iterable[str] | str = ()
    ) -> Entry:
        """Write down a verdict; an earlier one for the same claim is kept as history.

        Recording the same again (running a cell twice) changes nothing.

        Parameters
        ----------
        claim_id
            ``"A01"`` … ``"A16"``.
        verdict, confidence
            One of ``VERDICTS``, one of ``CONFIDENCES``.
        evidence
            What you found, in your own words.
        sources
            Keys of the table ``sources`` that the evidence rests on.

        Raises
        ------
        LedgerError
            If a value is not one the ledger takes, or the file cannot be written; then the message
            repeats the entry, for you to copy.
        """
        claim = known.check_claim(claim_id)
        entry = Entry(
            claim_id=claim.claim_id,
            verdict=choose("verdict", verdict, VERDICTS),
            confidence=choose("confidence", confidence, CONFIDENCES),
            evidence=clean_evidence(evidence),
            sources=known.check_sources(sources),
            unit=claim.unit,
        )
        return self._change(lambda document: _put(document, entry), str(entry))

    def predict(self, key: str, value: object) -> None:
        """Keep a guess made before looking; the first guess is kept too when it changes.

        Parameters
        ----------
        key
            A name for the question.
        value
            A finite number, a text, or yes/no.

        Raises
        ------
        LedgerError
            If the value is none of these, or the file cannot be written.
        """
        plain = clean_value(key, value)
        self._change(lambda document: _put_prediction(document, key, plain), f"{key}: {plain}")

    def prediction(self, key: str, default: object = None) -> object:
        """Return the guess kept under ``key``, or ``default``."""
        return self._read().predictions.get(key, {}).get("value", default)

    def progress(self) -> Progress:
        """Return how far the student has come: displays as a table of all claims."""
        return Progress(tuple(known.claims().values()), self.entries)

    def report(self) -> Report:
        """Return the fact-check report written from the ledger: Markdown text, displayed as such."""
        return Report.of(tuple(known.claims().values()), self.entries)

    def to_frame(self) -> "pd.DataFrame":
        """Return one row a claim, open ones included, verdicts and evidence <NA> where open."""
        return frame(tuple(known.claims().values()), self.entries)

    def merge(self, text: str) -> Merged:
        """Merge the text of another ``ledger.json`` into this one: of each claim the newest entry wins.

        Older entries are kept as history.

        Raises
        ------
        LedgerError
            If the text is no ledger, a newer course wrote it, or the file cannot be written.
        """
        other = parse(text)
        return self._change(lambda document: _merge(document, other), "")

    def __repr__(self) -> str:
        return t("ledger.repr", done=len(self.entries), total=len(known.claims()), path=self.path)

    def _read(self) -> Document:
        try:
            return self._store.read()
        finally:
            self._pass_on()

    def _change(self, change: Callable[[Document], Result], content: str) -> Result:
        try:
            with self._store.change() as document:
                return change(document)
        except LedgerError as error:
            raise LedgerError(f"{error}{_copy_this(content)}") from error
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        new, self._store.notices = self._store.notices, []
        self.notices.extend(new)
        for notice in new:
            self._tell(notice)


def _copy_this(content: str) -> str:
    return t("ledger.copy_this", content=content) if content else ""


def _put(document: Document, entry: Entry) -> Entry:
    old = document.claims.get(entry.claim_id)
    if old and old.content == entry.content:
        return old
    stamped = Entry(**{**vars(entry), "updated": now_after(old.updated if old else None)})
    document.claims[entry.claim_id] = stamped.follows(old) if old else stamped
    return document.claims[entry.claim_id]


def _put_prediction(document: Document, key: str, value: object) -> None:
    old = document.predictions.get(key)
    if old and old["value"] == value and type(old["value"]) is type(value):
        return
    first = {"first": old.get("first", old["value"])} if old else {}
    document.predictions[key] = {"value": value, "updated": now_after(old["updated"] if old else None), **first}


def _merge(document: Document, other: Document) -> Merged:
    added: list[str] = []
    newer: list[str] = []
    kept: list[str] = []
    for claim_id, theirs in other.claims.items():
        ours = document.claims.get(claim_id)
        if ours is None:
            added.append(claim_id)
            document.claims[claim_id] = theirs
        elif theirs.updated > ours.updated:
            newer.append(claim_id)
            document.claims[claim_id] = theirs.follows(ours)
        else:
            kept.append(claim_id)
            document.claims[claim_id] = ours.follows(theirs)
    for key, prediction in other.predictions.items():
        mine = document.predictions.get(key)
        if mine is None or prediction["updated"] > mine["updated"]:
            document.predictions[key] = prediction
    return Merged(tuple(added), tuple(newer), tuple(kept), tuple(other.unreadable))
