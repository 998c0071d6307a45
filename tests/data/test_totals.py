"""What the tables add up to has not changed since they were checked."""

import tomllib

import pytest
from tests.data.totals import FILE, totals

from chipgap.data import tables
from chipgap.data.schema import table

RECORDED = tomllib.loads(FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", tables())
def test_a_table_adds_up_to_its_control_totals(name: str) -> None:
    now = totals(table(name))
    for column, expected in RECORDED[name].items():
        assert now[column] == expected, f"{name}.{column}"
    assert set(now) == set(RECORDED[name])


def test_no_totals_are_kept_of_a_table_that_is_gone() -> None:
    assert set(RECORDED) == set(tables())
