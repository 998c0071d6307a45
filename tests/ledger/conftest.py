"""A course of three claims and three sources, so that no test here hangs on the real data."""

from pathlib import Path

import pandas as pd
import pytest

from chipgap.ledger import Ledger, known

CLAIMS = pd.DataFrame(
    {
        "claim_id": pd.array(["A06", "A05", "A07"], dtype="string"),
        "paraphrase_en": pd.array(["From <20%> to almost 80%", "The chip improved", pd.NA], dtype="string"),
        "unit": pd.array([5, 1, pd.NA], dtype="Int64"),
    }
)
SOURCES = pd.DataFrame(
    {
        "source_key": pd.array(["SEED", "SCMP", "T360"], dtype="string"),
        "title": pd.array(["The article", "The newspaper", pd.NA], dtype="string"),
    }
)


@pytest.fixture
def small_course(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the course's tables by the small ones above."""
    monkeypatch.setattr(known, "table", {"claims": CLAIMS, "sources": SOURCES}.get)


@pytest.fixture
def no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the course's tables by none."""
    monkeypatch.setattr(known, "table", {}.get)


@pytest.fixture
def told() -> list[str]:
    """Collect what the ledger tells its reader."""
    return []


@pytest.fixture
def ledger(tmp_path: Path, small_course: None, told: list[str]) -> Ledger:
    """Open an empty ledger of the small course."""
    return Ledger.open(tmp_path, tell=told.append)
