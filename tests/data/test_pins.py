"""Figures, dates, units and origins stay what they were when the tables were checked.

Cells that follow from others are recomputed by the other tests. What nothing else in the course can
contradict is pinned in ``pins.toml``, so that a slip of a key does not pass for a finding.
"""

import tomllib
from pathlib import Path

import pytest
from tests.data.recompute import cells

from chipgap.data.schema import table

REST = "*"
"""In the pins: every row that no other line of the column names."""
PINS: dict[str, dict[str, dict[str, str]]] = tomllib.loads(
    (Path(__file__).parent / "pins.toml").read_text(encoding="utf-8")
)
COLUMNS = [(name, column) for name, columns in PINS.items() for column in columns]


def expected(groups: dict[str, str], keys: list[str]) -> dict[str, str]:
    """Return the cell that each row must hold; a row in no group must be empty."""
    named = {key: cell for cell, rows in groups.items() if rows != REST for key in rows.split()}
    assert set(named) <= set(keys), "pins.toml names a row that the table does not have"
    rest = next((cell for cell, rows in groups.items() if rows == REST), "")
    return {key: named.get(key, rest) for key in keys}


@pytest.mark.parametrize(("name", "column"), COLUMNS, ids=[f"{name}.{column}" for name, column in COLUMNS])
def test_a_column_holds_what_was_checked(name: str, column: str) -> None:
    rows = cells(name)
    (key,) = table(name).primary_key
    assert {row[key]: row[column] for row in rows} == expected(PINS[name][column], [row[key] for row in rows])


@pytest.mark.parametrize("name", list(PINS))
def test_no_row_is_pinned_twice(name: str) -> None:
    for column, groups in PINS[name].items():
        named = [key for rows in groups.values() if rows != REST for key in rows.split()]
        assert len(named) == len(set(named)), column
        assert sum(rows == REST for rows in groups.values()) <= 1
