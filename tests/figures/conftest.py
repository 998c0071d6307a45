"""A small story of two details and three sources, in which every fate has its place."""

import pandas as pd
import pytest

COLUMNS = ["statement", "step", "source_key", "detail", "wording", "fate", "seen", "note", "status", "confidence"]


@pytest.fixture
def story() -> pd.DataFrame:
    rows = [
        ("talk", 1, "FIRST", "speaker", "Ada <Lovelace>", "original", "full", None, "found", "H"),
        ("talk", 1, "FIRST", "workload", "training", "original", "full", None, "found", "H"),
        ("talk", 1, "FIRST", "metric", None, "not_stated", "full", None, "found", "H"),
        ("talk", 2, "SECOND", "speaker", None, "not_in_excerpt", "excerpt", None, "found", "H"),
        ("talk", 2, "SECOND", "workload", "cooking", "changed", "excerpt", "a slip", "inference", "L"),
        ("talk", 2, "SECOND", "metric", None, "not_in_excerpt", "excerpt", None, "found", "H"),
        ("talk", 3, "LAST", "speaker", "Ada", "kept", "full", None, "found", "H"),
        ("talk", 3, "LAST", "workload", None, "lost", "full", None, "found", "H"),
        ("talk", 3, "LAST", "metric", "energy", "added", "full", None, "found", "H"),
        ("walk", 1, "FIRST", "speaker", "Bo", "original", "full", None, "found", "H"),
        ("walk", 2, "SECOND", "speaker", "Bo", "kept", "excerpt", None, "found", "H"),
        ("walk", 3, "LAST", "speaker", "Bo", "kept", "full", None, "found", "H"),
    ]
    return pd.DataFrame(rows, columns=COLUMNS)
