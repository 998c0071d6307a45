"""What the ledger knows of the course: its claims and its sources, read only when asked for.

A broken dataset must never keep students from writing down what they found, so each question here
has an answer without the data: claim ids by their pattern, source keys unchecked.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chipgap.errors import ChipgapError
from chipgap.ledger.entry import InvalidFieldError, closest, listed_sources
from chipgap.text import t

if TYPE_CHECKING:
    import pandas as pd

CLAIM_COUNT = 16
DEFAULT_IDS = tuple(f"A{number:02d}" for number in range(1, CLAIM_COUNT + 1))


@dataclass(frozen=True)
class Claim:
    """A claim as the ledger shows it: id, English paraphrase, and the unit that tests it."""

    claim_id: str
    paraphrase: str = ""
    unit: int | None = None


def table(name: str) -> "pd.DataFrame | None":
    """Return a dataset, or None where it cannot be read."""
    try:
        from chipgap import data  # noqa: PLC0415 - pandas is slow to import, and may not be needed

        return data.load(name)
    except (ChipgapError, ImportError, OSError, ValueError, KeyError):
        return None


def claims() -> dict[str, Claim]:
    """Return the claims in the article's order, with bare ids where the data cannot be read."""
    rows = table("claims")
    if rows is None or not {"claim_id", "paraphrase_en", "unit"} <= set(rows.columns):
        return {claim_id: Claim(claim_id) for claim_id in DEFAULT_IDS}
    records = rows[["claim_id", "paraphrase_en", "unit"]].itertuples(index=False, name=None)
    found = (Claim(str(claim_id), _text(says), _whole(unit)) for claim_id, says, unit in records)
    return {claim.claim_id: claim for claim in sorted(found, key=lambda claim: claim.claim_id)}


def source_titles() -> dict[str, str]:
    """Return the title of each source by its key; empty where the data cannot be read."""
    rows = table("sources")
    if rows is None or "source_key" not in rows.columns:
        return {}
    titles = rows["title"] if "title" in rows.columns else rows["source_key"]
    return {str(key): _text(title) or str(key) for key, title in zip(rows["source_key"], titles, strict=True)}


def check_claim(value: object) -> Claim:
    """Return the claim an id names, whatever its case.

    Raises
    ------
    InvalidFieldError
        If there is no such claim; the message names the range and the closest id.
    """
    known = claims()
    asked = value.strip().upper() if isinstance(value, str) else ""
    if asked in known:
        return known[asked]
    padded = re.fullmatch(r"A?(\d{1,2})", asked)
    near = f"A{int(padded[1]):02d}" if padded else ""
    hint = t("ledger.did_you_mean", word=near) if near in known else closest(asked, known)
    first, last = min(known), max(known)
    raise InvalidFieldError("claim_id", t("ledger.bad_claim", value=repr(value), first=first, last=last, near=hint))


def check_sources(value: object) -> tuple[str, ...]:
    """Return source keys as the table ``sources`` spells them.

    Raises
    ------
    InvalidFieldError
        If a key is unknown; the message names the closest one.
    """
    keys = listed_sources(value)
    known = source_titles()
    if not known:
        return keys
    by_lower = {key.lower(): key for key in known}
    for key in keys:
        if key.lower() not in by_lower:
            raise InvalidFieldError("sources", t("ledger.bad_source", value=repr(key), near=closest(key, known)))
    return tuple(dict.fromkeys(by_lower[key.lower()] for key in keys))


def _text(value: object) -> str:
    # A missing value is None, NaN or pandas' <NA>; only as text do all three compare without surprises.
    return "" if str(value) in {"None", "nan", "<NA>"} else str(value)


def _whole(value: object) -> int | None:
    return int(float(_text(value))) if _text(value) else None
