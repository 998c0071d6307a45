"""What ``datasets/datapackage.json`` says about each table."""

import difflib
import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chipgap.errors import ChipgapError
from chipgap.paths import datasets_dir

DESCRIPTOR = "datapackage.json"
DTYPES = {
    "string": "string",
    "integer": "Int64",
    "number": "Float64",
    "boolean": "boolean",
    "date": "datetime64[us]",
}
"""pandas dtype of each field type the course uses."""


class DataError(ChipgapError):
    """A table that is missing, damaged, edited, or asked for by a name it does not have."""


@dataclass(frozen=True)
class Field:
    """One column: its name, type, unit (empty when it has none), meaning and constraints."""

    name: str
    type: str
    unit: str
    description: str
    constraints: Mapping[str, Any]

    @property
    def required(self) -> bool:
        """Whether a row must have a value here."""
        return bool(self.constraints.get("required"))


@dataclass(frozen=True)
class Table:
    """One table: its file, what it is, its columns, its key and the columns that name sources."""

    name: str
    path: Path
    title: str
    description: str
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...]
    source_columns: tuple[str, ...]
    sha256: str


def restore_hint(path: Path) -> str:
    """Return the sentence that says how to get the published file back."""
    return (
        f"To get the published file back: git checkout -- datasets/{path.name} (or copy it anew from "
        "where you got the course)."
    )


def closest(name: str, known: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` when a known name is near, else an empty string."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" Did you mean {near[0]!r}?" if near else ""


def _field(entry: Mapping[str, Any]) -> Field:
    return Field(
        name=entry["name"],
        type=entry["type"],
        unit=entry.get("chipgap:unit", ""),
        description=entry.get("description", ""),
        constraints=entry.get("constraints", {}),
    )


def as_table(entry: Mapping[str, Any], folder: Path) -> Table:
    """Return what one resource of the data package says, its file lying in ``folder``."""
    schema = entry["schema"]
    foreign_keys = schema.get("foreignKeys", [])
    key = schema.get("primaryKey", [])
    own = ["source_key"] if entry["name"] == "sources" else []
    return Table(
        name=entry["name"],
        path=folder / entry["path"],
        title=entry["title"],
        description=entry["description"],
        fields=tuple(_field(field) for field in schema["fields"]),
        primary_key=(key,) if isinstance(key, str) else tuple(key),
        source_columns=tuple(own + [fk["fields"] for fk in foreign_keys if fk["reference"]["resource"] == "sources"]),
        sha256=str(entry.get("hash", "")).removeprefix("sha256:"),
    )


def read_descriptor() -> dict[str, Table]:
    """Return every table of the data package by name, in the package's order.

    Raises
    ------
    DataError
        If the package's description is missing or not readable.
    """
    path = datasets_dir() / DESCRIPTOR
    try:
        stat = path.stat()
        return dict(_entries(path, stat.st_mtime_ns, stat.st_size))
    except FileNotFoundError:
        raise DataError(f"The list of the course's tables is missing: {path}. {restore_hint(path)}") from None
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise DataError(
            f"The list of the course's tables, {path}, is damaged ({fault}). {restore_hint(path)}"
        ) from None


@functools.lru_cache(maxsize=4)
def _entries(path: Path, changed_ns: int, size_bytes: int) -> dict[str, Table]:  # noqa: ARG001 - they tell versions apart
    # Read once for all tables: the description is longer than most of them.
    entries = json.loads(path.read_text(encoding="utf-8"))["resources"]
    return {entry["name"]: as_table(entry, path.parent) for entry in entries}


def tables() -> list[str]:
    """Return the names of the tables that :func:`chipgap.data.load` can load."""
    return list(read_descriptor())


def table(name: str) -> Table:
    """Return the description of one table.

    Raises
    ------
    DataError
        If there is no such table; the message lists those that are.
    """
    known = read_descriptor()
    try:
        return known[name]
    except (KeyError, TypeError):
        raise DataError(f"There is no table {name!r}.{closest(str(name), known)} Tables: {', '.join(known)}.") from None
