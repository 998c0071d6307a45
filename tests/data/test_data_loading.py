"""`load`: typed, fresh, and clear about the file, line and column at fault."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from chipgap.data import DataError, describe, load, tables
from chipgap.data.schema import DTYPES


@pytest.mark.parametrize("name", tables())
def test_columns_come_typed_as_the_package_describes_them(name: str) -> None:
    df = load(name)
    expected = {row.column: DTYPES[row.type] for row in describe(name).itertuples(index=False)}
    assert {column: str(dtype) for column, dtype in df.dtypes.items()} == expected
    assert df.attrs["table"] == name


def test_an_empty_cell_is_missing_not_an_empty_text() -> None:
    claims = load("claims").set_index("claim_id")
    assert claims.loc["A01", "number_text"] is pd.NA
    assert claims.loc["A01", "value_to"] is pd.NA
    assert load("sources")["published_on"].isna().any()


def test_spoiling_a_loaded_table_leaves_the_next_load_alone() -> None:
    first = load("claims")
    first["unit"] = 0
    first.attrs["table"] = "spoilt"
    again = load("claims")
    assert again["unit"].ne(0).all()
    assert again.attrs["table"] == "claims"


def test_windows_line_ends_are_the_same_table(copied_datasets: Path) -> None:
    path = copied_datasets / "claims.csv"
    published = load("claims")
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    pd.testing.assert_frame_equal(load("claims"), published)


@pytest.mark.parametrize(
    ("asked", "near"), [("claim", "'claims'"), ("Retelling", "'retellings'"), ("source", "'sources'")]
)
def test_an_unknown_name_lists_the_tables_and_guesses_the_one_meant(asked: str, near: str) -> None:
    with pytest.raises(DataError) as caught:
        load(asked)
    assert f"Did you mean {near}?" in str(caught.value)
    assert all(name in str(caught.value) for name in tables())


def test_a_name_that_is_near_to_nothing_or_no_text_at_all_still_lists_the_tables() -> None:
    for asked in ("zzz", 7, ["claims"]):
        with pytest.raises(DataError, match="Tables: sources, claims"):
            load(asked)  # type: ignore[arg-type]
    with pytest.raises(DataError) as caught:
        load("zzz")
    assert "Did you mean" not in str(caught.value)


FRACTION_FOR_WHOLE_NUMBER = ("claims.csv", "A14,2,,", "A14,2.5,,", "line 15, column unit: '2.5' is not a whole number")
COMMA_DECIMAL = (
    "efficiency_statements.csv",
    ",130.4,130.4,",
    ',130.4,"130,4",',
    "line 3, column to_pct_high: '130,4' is not a number (with a decimal point",
)
INFINITE_NUMBER = ("claim_numbers.csv", ",19,%", ",inf,%", "line 6, column value: 'inf' is not a number")
BAD_DATE = (
    "efficiency_statements.csv",
    "2023-10-12",
    "12.10.2023",
    "line 2, column said_on: '12.10.2023' is not a date such as",
)
DUPLICATE_KEY = (
    "claims.csv",
    "\nA05,",
    "\nA04,",
    "line 6, column claim_id: 'A04' is already in line 5",
)
MISSING_REQUIRED = (
    "retellings.csv",
    "R001,efficiency,A06,1,SCMP,",
    "R001,efficiency,A06,1,,",
    "line 2, column source_key: no value",
)
UNKNOWN_STATUS = (
    "claim_numbers.csv",
    "SEED,found",
    "SEED,certain",
    "line 2, column status: 'certain' is none of: found, derived",
)
OUT_OF_RANGE = ("claims.csv", "A01,6,", "A01,9,", "line 2, column unit: 9 lies outside 1 to 8")
BAD_PATTERN = ("claims.csv", "\nA16,", "\nA17,", "line 17, column claim_id: 'A17' does not have the expected")
RAGGED_ROW = ("claim_evidence.csv", "A01-1,A01,", "A01-1,A01,x,", "line 2: 9 cells where 8 are expected")
RENAMED_COLUMN = ("claims.csv", "quote_id", "quote", "missing: quote_id; not expected: quote")
SWAPPED_COLUMNS = ("claims.csv", "claim_id,unit,", "unit,claim_id,", "another order")
SEMICOLONS = ("claims.csv", "claim_id,unit,", "claim_id;unit;", "line 1: the columns are not")
STRAY_QUOTE = ("claims.csv", "\nA01,6,", '\nA01,"6"7,', "not a readable CSV file")


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(FRACTION_FOR_WHOLE_NUMBER, id="fraction-for-whole-number"),
        pytest.param(COMMA_DECIMAL, id="comma-decimal"),
        pytest.param(INFINITE_NUMBER, id="infinite-number"),
        pytest.param(BAD_DATE, id="bad-date"),
        pytest.param(DUPLICATE_KEY, id="duplicate-key"),
        pytest.param(MISSING_REQUIRED, id="missing-required"),
        pytest.param(UNKNOWN_STATUS, id="unknown-status"),
        pytest.param(OUT_OF_RANGE, id="out-of-range"),
        pytest.param(BAD_PATTERN, id="bad-pattern"),
        pytest.param(RAGGED_ROW, id="ragged-row"),
        pytest.param(RENAMED_COLUMN, id="renamed-column"),
        pytest.param(SWAPPED_COLUMNS, id="swapped-columns"),
        pytest.param(SEMICOLONS, id="semicolons"),
        pytest.param(STRAY_QUOTE, id="stray-quote"),
    ],
)
def test_a_fault_in_a_file_is_named_with_file_line_column_and_cure(
    spoil: Callable[[str, str, str], Path], fault: tuple[str, str, str, str]
) -> None:
    name, old, new, words = fault
    path = spoil(name, old, new)
    with pytest.raises(DataError) as caught:
        load(path.stem)
    message = str(caught.value)
    assert words in message
    assert name in message
    assert f"git checkout -- datasets/{name}" in message


def test_a_duplicate_key_without_a_unique_column_is_found(copied_datasets: Path) -> None:
    path = copied_datasets / "datapackage.json"
    package = json.loads(path.read_text(encoding="utf-8"))
    numbers = next(entry for entry in package["resources"] if entry["name"] == "claim_numbers")
    numbers["schema"]["primaryKey"] = "claim_id"
    del numbers["hash"]  # a table with its published hash was checked when it was published
    path.write_text(json.dumps(package), encoding="utf-8")
    with pytest.raises(DataError, match=r"line 3, column claim_id: 'A06' is already in line 2"):
        load("claim_numbers")


def test_a_missing_file_is_named(copied_datasets: Path) -> None:
    (copied_datasets / "claims.csv").unlink()
    with pytest.raises(DataError, match=r"claims\.csv is missing\. To get the published file back"):
        load("claims")


def test_a_folder_in_place_of_a_file_is_named(copied_datasets: Path) -> None:
    (copied_datasets / "claims.csv").unlink()
    (copied_datasets / "claims.csv").mkdir()
    with pytest.raises(DataError, match="cannot be read"):
        load("claims")


def test_an_empty_file_is_named(copied_datasets: Path) -> None:
    (copied_datasets / "claims.csv").write_bytes(b"")
    with pytest.raises(DataError, match=r"claims\.csv, line 1: .*missing: claim_id"):
        load("claims")


def test_a_file_in_another_encoding_is_named(copied_datasets: Path) -> None:
    path = copied_datasets / "claims.csv"
    path.write_text(path.read_text(encoding="utf-8"), encoding="utf-16")
    with pytest.raises(DataError, match=r"claims\.csv is not in UTF-8"):
        load("claims")


@pytest.mark.parametrize("name", tables())
def test_an_edit_that_breaks_no_rule_is_caught_all_the_same(name: str, copied_datasets: Path) -> None:
    path = copied_datasets / f"{name}.csv"
    text = path.read_text(encoding="utf-8")
    # Another status in the last row: valid by every rule, yet not as published.
    at = max(text.rfind(old) for old in (",found,", ",derived,"))
    old = ",found," if text.startswith(",found,", at) else ",derived,"
    path.write_text(text[:at] + ",recall," + text[at + len(old) :], encoding="utf-8", newline="\n")
    with pytest.raises(DataError, match=rf"{name}\.csv is not the published file.*git checkout"):
        load(name)


def test_a_dropped_row_is_caught(copied_datasets: Path) -> None:
    path = copied_datasets / "retellings.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), encoding="utf-8", newline="\n")
    with pytest.raises(DataError, match="not the published file"):
        load("retellings")


def test_a_missing_package_description_is_named(copied_datasets: Path) -> None:
    (copied_datasets / "datapackage.json").unlink()
    with pytest.raises(DataError, match=r"missing: .*datapackage\.json"):
        tables()


@pytest.mark.parametrize("content", ["{", "[]", '{"resources": [{"name": "claims"}]}', '{"resources": 3}'])
def test_a_damaged_package_description_is_named(content: str, copied_datasets: Path) -> None:
    (copied_datasets / "datapackage.json").write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"datapackage\.json, is damaged"):
        load("claims")


def test_loading_needs_neither_frictionless_nor_a_plotting_library() -> None:
    code = (
        "import sys, chipgap.data as d; d.load('claims')\n"
        "heavy = {'frictionless', 'plotly', 'ipywidgets', 'nbgrader'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def test_datasets_can_lie_anywhere(copied_datasets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = copied_datasets.parent / "else where"
    shutil.move(copied_datasets, elsewhere)
    monkeypatch.setenv("CHIPGAP_DATASETS", str(elsewhere))
    assert len(load("claims")) == 16
