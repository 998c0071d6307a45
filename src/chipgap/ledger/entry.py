"""One verdict in the ledger: what it holds, what it may hold, and how it is written down."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from html import escape
from typing import Any

from chipgap.errors import ChipgapError
from chipgap.text import t

VERDICTS = ("holds", "holds in part", "contested", "wrong", "cannot be checked")
"""The five verdicts a claim can get."""

CONFIDENCES = ("high", "medium", "low")
"""How sure the student is of the verdict."""

HISTORY_LIMIT = 20
"""Older versions kept of one entry; the oldest go first."""

EVIDENCE_LIMIT_CHARACTERS = 20_000
"""More than any answer needs: stops a whole page pasted by mistake from filling the file."""


class LedgerError(ChipgapError):
    """Something about the ledger that the reader can put right."""


class InvalidFieldError(LedgerError):
    """A value the ledger does not take; ``field`` names which one, for the form to show it there."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Entry:
    """A student's verdict on one claim.

    Attributes
    ----------
    claim_id
        ``"A01"`` … ``"A16"``.
    verdict, confidence
        One of :data:`VERDICTS`, one of :data:`CONFIDENCES`.
    evidence
        The student's own words.
    sources
        Keys of the table ``sources``.
    unit
        The unit that tests the claim, if known.
    updated
        When it was written: ISO 8601, UTC.
    history
        Earlier versions, oldest first, at most :data:`HISTORY_LIMIT`.
    """

    claim_id: str
    verdict: str
    confidence: str
    evidence: str
    sources: tuple[str, ...] = ()
    unit: int | None = None
    updated: str = ""
    history: tuple["Entry", ...] = field(default=(), repr=False)

    @property
    def content(self) -> tuple[object, ...]:
        """What the student decided, without when: two entries with the same content say the same."""
        return (self.claim_id, self.verdict, self.confidence, self.evidence, self.sources)

    def __str__(self) -> str:
        sources = t("ledger.entry_sources", sources=", ".join(self.sources)) if self.sources else ""
        line = t("ledger.entry", claim=self.claim_id, verdict=self.verdict, confidence=self.confidence, sources=sources)
        return f"{line}\n{self.evidence}"

    def _repr_html_(self) -> str:
        head, _, evidence = str(self).partition("\n")
        return f"<p><strong>{escape(head)}</strong></p><blockquote>{escape(evidence)}</blockquote>"

    def follows(self, older: "Entry") -> "Entry":
        """Return this entry with ``older`` and its history kept behind it (same content leaves no trace)."""
        versions = {version.updated + repr(version.content): version for version in _versions(self, older)}
        kept = sorted(versions.values(), key=lambda version: version.updated)
        past = tuple(version for version in kept if version.content != self.content)
        return replace(self, history=past[-HISTORY_LIMIT:])

    def as_json(self) -> dict[str, Any]:
        """Return the entry as it is written in ``ledger.json``."""
        unit = {} if self.unit is None else {"unit": self.unit}
        history = {"history": [old.as_json() for old in self.history]} if self.history else {}
        body = {"verdict": self.verdict, "confidence": self.confidence, "evidence": self.evidence}
        return {**body, "sources": list(self.sources), **unit, "updated": self.updated, **history}

    @classmethod
    def from_json(cls, claim_id: str, raw: object) -> "Entry":
        """Read an entry as written in ``ledger.json``.

        Raises
        ------
        LedgerError
            If a part is missing or not of the vocabulary, naming it.
        """
        if not isinstance(raw, Mapping):
            raise LedgerError(t("ledger.entry_not_object", claim=claim_id))
        unit = raw.get("unit")
        history = raw.get("history", ())
        older = [cls.from_json(claim_id, old) for old in history] if isinstance(history, list) else []
        return cls(
            claim_id=claim_id,
            verdict=choose("verdict", raw.get("verdict"), VERDICTS),
            confidence=choose("confidence", raw.get("confidence"), CONFIDENCES),
            evidence=clean_evidence(raw.get("evidence")),
            sources=listed_sources(raw.get("sources", ())),
            unit=unit if isinstance(unit, int) else None,
            updated=read_time(raw.get("updated")),
            history=tuple(older[-HISTORY_LIMIT:]),
        )


def _versions(newer: Entry, older: Entry) -> Iterable[Entry]:
    bare = replace(older, history=())
    return (*older.history, *newer.history, bare)


def choose(field: str, value: object, choices: tuple[str, ...]) -> str:
    """Return the choice ``value`` means, whatever its case and spaces.

    Raises
    ------
    InvalidFieldError
        If it means none: the message lists the choices and the closest one.
    """
    words = " ".join(value.lower().replace("_", " ").split()) if isinstance(value, str) else ""
    if words in choices:
        return words
    listed = ", ".join(f"“{choice}”" for choice in choices)
    if value is None or (isinstance(value, str) and not words):
        raise InvalidFieldError(field, t(f"ledger.no_{field}", choices=listed))
    near = closest(words, choices)
    raise InvalidFieldError(field, t(f"ledger.bad_{field}", value=repr(value), choices=listed, near=near))


def closest(value: str, known: Iterable[str]) -> str:
    """Return " Did you mean …?" for the known word nearest to ``value``, or nothing."""
    by_lower = {word.lower(): word for word in known}
    near = get_close_matches(value.lower(), by_lower, n=1, cutoff=0.5)
    return t("ledger.did_you_mean", word=by_lower[near[0]]) if near else ""


def clean_evidence(value: object) -> str:
    """Return the evidence as text that can be written: trimmed, with line ends of one kind.

    Raises
    ------
    InvalidFieldError
        If it is not text, is empty, or is far too long.
    """
    if not isinstance(value, str):
        raise InvalidFieldError("evidence", t("ledger.evidence_not_text", kind=type(value).__name__))
    text = value.encode("utf-8", "replace").decode("utf-8").replace("\r\n", "\n").replace("\r", "\n").strip()
    if not text:
        raise InvalidFieldError("evidence", t("ledger.no_evidence"))
    if len(text) > EVIDENCE_LIMIT_CHARACTERS:
        raise InvalidFieldError(
            "evidence", t("ledger.long_evidence", length=len(text), limit=EVIDENCE_LIMIT_CHARACTERS)
        )
    return text


def listed_sources(value: object) -> tuple[str, ...]:
    """Return source keys as a tuple without repeats; one key alone may come without a list.

    Raises
    ------
    InvalidFieldError
        If it is not text or a collection of texts.
    """
    keys = [value] if isinstance(value, str) else value
    if not isinstance(keys, Iterable) or isinstance(keys, bytes | Mapping):
        raise InvalidFieldError("sources", t("ledger.sources_not_list", value=repr(value)))
    texts = list(keys)
    if not all(isinstance(key, str) for key in texts):
        raise InvalidFieldError("sources", t("ledger.sources_not_list", value=repr(value)))
    return tuple(dict.fromkeys(key.strip() for key in texts if key.strip()))


def clean_value(key: str, value: object) -> object:
    """Return a predicted value as plain JSON (NumPy's numbers become Python's).

    Raises
    ------
    LedgerError
        If it is no finite number, text or yes/no.
    """
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, float) and not math.isfinite(plain):
        raise LedgerError(t("ledger.bad_prediction", key=key, value=repr(value)))
    if not isinstance(plain, str | bool | int | float):
        raise LedgerError(t("ledger.bad_prediction", key=key, value=repr(value)))
    return plain


def read_time(value: object) -> str:
    """Return an ISO 8601 time as UTC text with milliseconds, so that times sort as text.

    Raises
    ------
    LedgerError
        If it is no time.
    """
    try:
        when = datetime.fromisoformat(str(value))
    except ValueError:
        raise LedgerError(t("ledger.bad_time", value=repr(value))) from None
    return _written(when if when.tzinfo else when.replace(tzinfo=UTC))


def now_after(previous: str | None) -> str:
    """Return the time now, or just after ``previous`` where this computer's clock stands behind it."""
    now = datetime.now(UTC)
    if previous:
        now = max(now, datetime.fromisoformat(previous) + timedelta(milliseconds=1))
    return _written(now)


def _written(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
