"""Change one cell of a table at random, and see which check notices."""

import csv
import importlib
import inspect
import io
import itertools
import json
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, partial
from pathlib import Path
from types import ModuleType

from chipgap.data import DataError, tables
from chipgap.data.reading import check, fingerprint
from chipgap.data.schema import DESCRIPTOR, Field, Table, table

MODULES = (
    "totals",
    "pins",
    "run_tables",
    "chip_tables",
    "rules_tables",
    "company_tables",
    "model_tables",
    "chain_tables",
)
MODULES += ("datasets",)
"""Modules of checks, the quick ones first; each is ``tests.data.test_<name>``."""


@dataclass(frozen=True)
class Mutation:
    """One cell with another value than the published one."""

    name: str
    row: int
    field: Field
    old: str
    new: str

    @property
    def is_prose(self) -> bool:
        """Whether the cell is free text: no figure, unit, date, yes or no, fixed word, key or source."""
        rules = self.field.constraints
        return self.field.type == "string" and not ({"enum", "pattern", "unique"} & set(rules)) and not self.is_link

    @property
    def is_link(self) -> bool:
        """Whether the cell names a row of another table."""
        return self.field.name in table(self.name).source_columns or self.field.name in _links(self.name)


@cache
def _package() -> dict[str, dict[str, object]]:
    path = table("sources").path.parent / DESCRIPTOR
    return {entry["name"]: entry for entry in json.loads(path.read_text(encoding="utf-8"))["resources"]}


@cache
def _links(name: str) -> dict[str, tuple[str, str]]:
    keys = _package()[name]["schema"]["foreignKeys"]  # type: ignore[index]
    return {key["fields"]: (key["reference"]["resource"], key["reference"]["fields"]) for key in keys}


def read(description: Table) -> list[list[str]]:
    """Return a table as it is written, header first."""
    with description.path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def draw(number: int, seed: int) -> list[Mutation]:
    """Return so many mutations of cells that hold something, from all tables, each cell alike."""
    source = random.Random(seed)  # noqa: S311 - no secret
    cells = [
        (name, row, column)
        for name in tables()
        for row, values in enumerate(read(table(name)))
        if row
        for column, value in enumerate(values)
        if value
    ]
    return [_mutation(source, *cell) for cell in source.sample(cells, number)]


def _mutation(source: random.Random, name: str, row: int, column: int) -> Mutation:
    field = table(name).fields[column]
    rows = read(table(name))
    old = rows[row][column]
    return Mutation(name, row, field, old, _another(source, name, field, old, [r[column] for r in rows[1:]]))


def _another(source: random.Random, name: str, field: Field, old: str, column: list[str]) -> str:
    """Return a plausible wrong value: right type, right words, an existing source."""
    if field.type in ("number", "integer"):
        digit = source.choice([i for i, letter in enumerate(old) if letter.isdigit()])
        return old[:digit] + source.choice([d for d in "123456789" if d != old[digit]]) + old[digit + 1 :]
    if field.type == "boolean":
        return {"true": "false", "false": "true"}[old]
    if field.type == "date":
        return str(date.fromisoformat(old) + timedelta(days=source.choice([-30, -1, 1, 30])))
    if field.name in _links(name):
        other, key = _links(name)[field.name]
        position = [f.name for f in table(other).fields].index(key)
        known = [r[position] for r in read(table(other))[1:]]
        return source.choice([value for value in known if value != old])
    words = [value for value in field.constraints.get("enum", dict.fromkeys(column)) if value not in ("", old)]
    return source.choice(words) if words and not field.constraints.get("unique") else f"{old}x"


def apply(mutation: Mutation, folder: Path, *, with_hash: bool) -> None:
    """Write the mutated table into a folder; record its new hash there if so wished."""
    rows = read(table(mutation.name))
    rows[mutation.row][[field.name for field in table(mutation.name).fields].index(mutation.field.name)] = mutation.new
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    raw = text.getvalue().encode()
    (folder / f"{mutation.name}.csv").write_bytes(raw)
    if with_hash:
        package = json.loads((folder / DESCRIPTOR).read_text(encoding="utf-8"))
        for entry in package["resources"]:
            if entry["name"] == mutation.name:
                entry["hash"] = f"sha256:{fingerprint(raw)}"
        (folder / DESCRIPTOR).write_text(json.dumps(package), encoding="utf-8")


def rules_hold(name: str) -> bool:
    """Return whether a table keeps the rules of its columns, its key and its links."""
    try:
        check(table(name))
    except DataError:
        return False
    for resource in tables():
        for column, (other, key) in _links(resource).items():
            if name in (resource, other) and not _column(resource, column) - {""} <= _column(other, key):
                return False
    return True


def _column(name: str, column: str) -> set[str]:
    position = [field.name for field in table(name).fields].index(column)
    return {row[position] for row in read(table(name))[1:]}


Case = Callable[[], object]


def cases() -> list[Case]:
    """Return every test of the checking modules that needs nothing but the tables, as a plain call."""
    modules = [importlib.import_module(f"tests.data.test_{name}") for name in MODULES]
    return [case for module in modules for case in _cases(module)]


def _cases(module: ModuleType) -> Iterator[Case]:
    for name, function in inspect.getmembers(module, inspect.isfunction):
        # frictionless reads the published package, not the copy, and takes seconds.
        if not name.startswith("test_") or "frictionless" in name:
            continue
        for given in _parameters(function):
            rest = [argument for argument in inspect.signature(function).parameters if argument not in given]
            if all(hasattr(module, argument) for argument in rest):
                yield partial(_call, module, function, given, rest)


def _call(module: ModuleType, function: Callable[..., object], given: dict[str, object], rest: list[str]) -> None:
    function(**given, **{argument: _made(module, argument) for argument in rest})


def _made(module: ModuleType, name: str) -> object:
    """Return what a fixture of the module gives, made anew."""
    function = inspect.unwrap(getattr(module, name))
    return function(**{argument: _made(module, argument) for argument in inspect.signature(function).parameters})


def _parameters(function: Callable[..., object]) -> Iterator[dict[str, object]]:
    marks = [mark for mark in getattr(function, "pytestmark", []) if mark.name == "parametrize"]
    choices = []
    for mark in marks:
        names = mark.args[0] if not isinstance(mark.args[0], str) else [n.strip() for n in mark.args[0].split(",")]
        values = [getattr(value, "values", value) for value in mark.args[1]]
        choices.append(
            [
                dict(zip(names, v if len(names) > 1 or hasattr(o, "values") else [v], strict=True))
                for v, o in zip(values, mark.args[1], strict=True)
            ]
        )
    for combination in itertools.product(*choices):
        yield {name: value for part in combination for name, value in part.items()}


class Watch:
    """Notes which tables are opened while it is on."""

    def __init__(self) -> None:
        self.seen: set[str] | None = None
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.seen is not None and event == "open" and str(arguments[0]).endswith(".csv"):
            self.seen.add(Path(str(arguments[0])).stem)

    def during(self, case: Case) -> set[str]:
        """Run a case and return the tables it read."""
        self.seen = set()
        try:
            case()
            return self.seen
        finally:
            self.seen = None
