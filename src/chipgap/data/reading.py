"""Load a table as a typed DataFrame, or say which file, line and column is at fault."""

import csv
import hashlib
import io
import math
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd

from chipgap.data.schema import DTYPES, DataError, Field, Table, restore_hint, table

Value = str | int | float | bool | datetime
Rows = list[tuple[int, list[str]]]
"""Line number in the file and the raw text of each cell."""

_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def load(name: str) -> pd.DataFrame:
    """Return a table of the course, typed, as a copy of its own each time.

    Text is ``string``, whole numbers ``Int64``, other numbers ``Float64``, dates
    ``datetime64``; an empty cell is ``<NA>`` (``NaT`` for dates). ``df.attrs["table"]`` holds
    the table's name. Units are in the column names; ``describe(name)`` explains each column.

    Raises
    ------
    DataError
        If there is no such table (the message lists those that are), or if its file is
        missing, damaged or edited (the message names file, line and column).
    """
    description = table(name)
    raw = _bytes(description.path)
    # The published bytes were checked cell by cell when their hash was recorded: no need to do it again.
    published = bool(description.sha256) and fingerprint(raw) == description.sha256
    df = _published(description, raw) if published else _checked(description, raw)
    df.attrs["table"] = name
    return df


def check(description: Table) -> None:
    """Read a table cell by cell, whatever its recorded hash.

    Raises
    ------
    DataError
        If a cell breaks a rule of its column; the message names file, line and column.
    """
    _parsed(description, _bytes(description.path))


def _checked(description: Table, raw: bytes) -> pd.DataFrame:
    df = _parsed(description, raw)
    _check_unedited(description, raw)
    return df


def _parsed(description: Table, raw: bytes) -> pd.DataFrame:
    rows = _rows(description, raw)
    columns = {
        field.name: _column(description, field, rows, position) for position, field in enumerate(description.fields)
    }
    _check_key(description, rows)
    return pd.DataFrame(columns)


def _published(description: Table, raw: bytes) -> pd.DataFrame:
    dates = [field.name for field in description.fields if field.type == "date"]
    dtypes = {field.name: DTYPES[field.type] for field in description.fields if field.type != "date"}
    df = pd.read_csv(
        io.BytesIO(raw),
        dtype=dict.fromkeys(dates, "string") | dtypes,
        keep_default_na=False,
        na_values=[""],
    )
    for name in dates:
        df[name] = pd.to_datetime(df[name], format="%Y-%m-%d").dt.as_unit("us")
    return df


def fingerprint(raw: bytes) -> str:
    """Return the SHA-256 of a file's content, the same for Windows and Unix line ends."""
    return hashlib.sha256(raw.replace(b"\r\n", b"\n")).hexdigest()


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"The file {path} is missing. {restore_hint(path)}") from None
    except OSError as fault:
        raise DataError(f"The file {path} cannot be read ({fault}). {restore_hint(path)}") from None


def _rows(description: Table, raw: bytes) -> Rows:
    path = description.path
    try:
        reader = csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), strict=True)
        rows = [(reader.line_num, cells) for cells in reader if cells]
    except UnicodeDecodeError:
        raise DataError(
            f"{path.name} is not in UTF-8: a spreadsheet program may have saved it. {restore_hint(path)}"
        ) from None
    except csv.Error as fault:
        raise DataError(f"{path.name} is not a readable CSV file ({fault}). {restore_hint(path)}") from None
    expected = [field.name for field in description.fields]
    _check_header(path, rows[0][1] if rows else [], expected)
    for line, cells in rows[1:]:
        if len(cells) != len(expected):
            raise DataError(
                f"{path.name}, line {line}: {len(cells)} cells where {len(expected)} are expected. "
                f"A text that holds a comma needs quotation marks around it. {restore_hint(path)}"
            )
    return rows[1:]


def _check_header(path: Path, header: Sequence[str], expected: Sequence[str]) -> None:
    if list(header) == list(expected):
        return
    missing = [name for name in expected if name not in header]
    extra = [name for name in header if name not in expected]
    what = "; ".join(
        part
        for part in (
            f"missing: {', '.join(missing)}" if missing else "",
            f"not expected: {', '.join(extra)}" if extra else "",
        )
        if part
    )
    raise DataError(
        f"{path.name}, line 1: the columns are not those of the data package "
        f"({what or 'another order, or one twice'}). {restore_hint(path)}"
    )


def _column(description: Table, field: Field, rows: Rows, position: int) -> pd.Series:
    values: list[Value | None] = []
    seen: dict[str, int] = {}
    for line, cells in rows:
        text = cells[position]
        fault = _fault(field, text, seen)
        if fault:
            raise DataError(
                f"{description.path.name}, line {line}, column {field.name}: {fault} {restore_hint(description.path)}"
            )
        seen.setdefault(text, line)
        values.append(_PARSERS[field.type](text) if text else None)
    return pd.Series(values, dtype=DTYPES[field.type])


def _fault(field: Field, text: str, seen: dict[str, int]) -> str:
    """Return what is wrong with a cell, or an empty string."""
    if not text:
        return "no value, but every row needs one here." if field.required else ""
    value = _PARSERS[field.type](text)
    if value is None:
        return f"{text!r} is not {_EXPECTED[field.type]}."
    if field.constraints.get("unique") and text in seen:
        return f"{text!r} is already in line {seen[text]}, and must not come twice."
    return _broken_rule(field, text, value)


def _broken_rule(field: Field, text: str, value: Value) -> str:
    rules = field.constraints
    if "enum" in rules and text not in rules["enum"]:
        return f"{text!r} is none of: {', '.join(rules['enum'])}."
    if "pattern" in rules and not re.fullmatch(rules["pattern"], text):
        return f"{text!r} does not have the expected form ({field.description})"
    if isinstance(value, int | float) and not (
        rules.get("minimum", -math.inf) <= value <= rules.get("maximum", math.inf)
    ):
        return f"{text} lies outside {rules.get('minimum', 'any')} to {rules.get('maximum', 'any')}."
    return ""


def _check_key(description: Table, rows: Rows) -> None:
    names = [field.name for field in description.fields]
    positions = [names.index(name) for name in description.primary_key]
    seen: dict[tuple[str, ...], int] = {}
    for line, cells in rows:
        key = tuple(cells[position] for position in positions)
        if key in seen:
            raise DataError(
                f"{description.path.name}, line {line}, column {', '.join(description.primary_key)}: "
                f"{', '.join(key)!r} is already in line {seen[key]}. {restore_hint(description.path)}"
            )
        seen[key] = line


def _check_unedited(description: Table, raw: bytes) -> None:
    # A changed figure would make right answers look wrong, so it is said at once.
    if description.sha256 and fingerprint(raw) != description.sha256:
        raise DataError(
            f"{description.path.name} is not the published file: something in it was changed, and the "
            f"course's checks count on the published figures. {restore_hint(description.path)} To try "
            "other figures, change them in the notebook, after load(). Authors: python -m "
            "chipgap.authoring.datapackage records a change."
        )


def _integer(text: str) -> int | None:
    return int(text) if _INTEGER.fullmatch(text) else None


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _boolean(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text)


def _date(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d")
    except ValueError:
        return None


_PARSERS: dict[str, Callable[[str], Value | None]] = {
    "string": str,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
}
_EXPECTED = {
    "integer": "a whole number",
    "number": "a number (with a decimal point, not a comma)",
    "boolean": "true or false",
    "date": "a date such as 2025-04-22",
}
