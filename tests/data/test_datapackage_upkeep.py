"""The package's hashes and the README follow the tables, by one command."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from chipgap.authoring.datapackage import readme, refresh
from chipgap.data import DataError, load
from chipgap.paths import project_root


def test_the_committed_hashes_are_those_of_the_tables(copied_datasets: Path) -> None:
    published = (project_root() / "datasets" / "datapackage.json").read_bytes()
    assert refresh(copied_datasets.parent) == []
    assert (copied_datasets / "datapackage.json").read_bytes() == published


def test_the_committed_readme_is_the_one_the_tables_give(copied_datasets: Path) -> None:
    published = (project_root() / "datasets" / "README.md").read_text(encoding="utf-8")
    (copied_datasets / "README.md").unlink()
    assert readme(copied_datasets.parent) == published
    assert (copied_datasets / "README.md").read_text(encoding="utf-8") == published


def test_an_authors_change_is_accepted_after_a_refresh_and_reaches_the_readme(
    copied_datasets: Path, spoil: Callable[[str, str, str], Path]
) -> None:
    spoil("claims.csv", "performa yang sebanding", "performa sebanding")
    assert refresh(copied_datasets.parent) == ["claims"]
    assert load("claims")["quote_id"][0] == "performa sebanding"
    assert "performa sebanding" in readme(copied_datasets.parent)


def test_no_hash_is_recorded_of_a_table_that_breaks_a_rule(
    copied_datasets: Path, spoil: Callable[[str, str, str], Path]
) -> None:
    spoil("claims.csv", "A01,6,", "A01,9,")
    before = (copied_datasets / "datapackage.json").read_bytes()
    with pytest.raises(DataError, match=r"claims\.csv, line 2, column unit: 9 lies outside"):
        refresh(copied_datasets.parent)
    assert (copied_datasets / "datapackage.json").read_bytes() == before


def test_refresh_leaves_nothing_behind_but_its_file(copied_datasets: Path) -> None:
    before = sorted(path.name for path in copied_datasets.iterdir())
    refresh(copied_datasets.parent)
    assert sorted(path.name for path in copied_datasets.iterdir()) == before


def test_every_table_says_what_is_shaky_and_who_uses_it() -> None:
    package = json.loads((project_root() / "datasets" / "datapackage.json").read_text(encoding="utf-8"))
    for entry in package["resources"]:
        assert entry["chipgap:shaky"], entry["name"]
        assert entry["chipgap:consumers"], entry["name"]
        assert entry["chipgap:licence_note"], entry["name"]
