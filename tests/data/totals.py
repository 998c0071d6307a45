"""Control totals: what the figures of a table add up to, as a bookkeeper keeps it.

After a change on purpose: ``python -m tests.data.totals`` writes ``totals.toml`` anew; look at the
difference before you commit it.
"""

import csv
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path

from chipgap.data.schema import Field, Table, read_descriptor
from chipgap.paths import datasets_dir

FILE = Path(__file__).parent / "totals.toml"
FEW = 60
SHORT = 30
"""Texts of at most so many values and letters are counted value by value, others are prose."""


def totals(table: Table) -> dict[str, dict[str, int | str]]:
    """Return for each column with figures or fixed words how often, and what sum, it holds."""
    with (datasets_dir() / table.path.name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    result = {}
    for field in table.fields:
        cells = [row[field.name] for row in rows if row[field.name]]
        if field.type in ("number", "integer"):
            result[field.name] = {"n": len(cells), "sum": str(sum(map(Decimal, cells)))}
        elif _is_counted(field, cells):
            result[field.name] = dict(sorted(Counter(cells).items()))
    return result


def _is_counted(field: Field, cells: list[str]) -> bool:
    if not cells or field.constraints.get("unique") or field.name.startswith(("quote", "date_text", "number_text")):
        return False
    fixed = "enum" in field.constraints or field.type != "string" or field.name.startswith("source_key")
    return fixed or (len(set(cells)) <= FEW and max(map(len, cells)) <= SHORT)


def as_toml() -> str:
    """Return the totals of all tables as they stand in ``totals.toml``."""
    lines = ["# Written by: python -m tests.data.totals (see there)."]
    for name, table in read_descriptor().items():
        lines += ["", f"[{name}]"]
        for column, groups in totals(table).items():
            pairs = ", ".join(f"{json.dumps(key, ensure_ascii=False)} = {json.dumps(n)}" for key, n in groups.items())
            lines.append(f"{column} = {{ {pairs} }}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(as_toml(), encoding="utf-8", newline="\n")
