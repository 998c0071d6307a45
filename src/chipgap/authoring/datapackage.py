"""Keep ``datasets/datapackage.json`` and ``datasets/README.md`` in step with the tables.

After a change of a CSV file: ``python -m chipgap.authoring.datapackage``.
"""

import json
import os
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from chipgap.authoring.pictures import DATASET_PICTURES, dataset_figure, picture_of
from chipgap.data import cite, describe, is_shaky, load
from chipgap.data.reading import check, fingerprint
from chipgap.data.schema import DESCRIPTOR, as_table
from chipgap.figures import alt
from chipgap.paths import project_root

README = "README.md"
SAMPLE_ROWS = 3
LISTED_ROWS = 12


def refresh(root: Path) -> list[str]:
    """Check every table of ``root/datasets`` and write its size and hash into the data package.

    The loader trusts a table that has its recorded hash, so none is recorded before a check.

    Returns
    -------
    list of str
        Names of the tables whose record changed.

    Raises
    ------
    DataError
        If a cell breaks a rule of its column; then nothing is written.
    """
    folder = root / "datasets"
    package = _package(folder)
    changed = []
    for entry in package["resources"]:
        raw = (folder / entry["path"]).read_bytes().replace(b"\r\n", b"\n")
        record = {"bytes": len(raw), "hash": f"sha256:{fingerprint(raw)}"}
        check(as_table(entry, folder))
        if any(entry.get(key) != value for key, value in record.items()):
            changed.append(entry["name"])
        entry.update(record)
    _write(folder / DESCRIPTOR, json.dumps(package, indent=2, ensure_ascii=False) + "\n")
    return changed


def readme(root: Path) -> str:
    """Write ``root/datasets/README.md`` from the data package and the tables; return its text.

    The tables are read through :func:`chipgap.data.load`, so ``root`` must be the folder that
    the package reads from.
    """
    package = _package(root / "datasets")
    parts = [_opening(package), *(_entry(entry) for entry in package["resources"])]
    text = "\n\n".join(parts) + "\n"
    _write(root / "datasets" / README, text)
    return text


def _package(folder: Path) -> dict[str, Any]:
    package: dict[str, Any] = json.loads((folder / DESCRIPTOR).read_text(encoding="utf-8"))
    return package


def _write(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    Path(name).chmod(0o644)
    Path(name).replace(path)


def _opening(package: dict[str, Any]) -> str:
    contents = "\n".join(
        f"| [{entry['name']}](#{entry['name']}) | {len(load(entry['name']))} | {_cell(entry['title'])} |"
        for entry in package["resources"]
    )
    return "\n".join(
        [
            "# Datasets of The Chip Gap",
            "",
            "Written by `python -m chipgap.authoring.datapackage` from "
            "[datapackage.json](datapackage.json) and the tables: change those, not this file.",
            "",
            package["description"] + " An empty cell means: not known, not stated or not "
            "applicable. Three columns are in every table:",
            "",
            *(f"- `{name}`: {meaning}" for name, meaning in _everywhere(package).items()),
            "",
            'In Python: `from chipgap.data import load, show, cite`, then `show(load("claims"))`.',
            "",
            "| table | rows | what it holds |",
            "| --- | ---: | --- |",
            contents,
        ]
    )


def _everywhere(package: dict[str, Any]) -> dict[str, str]:
    fields = package["resources"][0]["schema"]["fields"]
    return {field["name"]: field["description"] for field in fields if field["name"] in _EVERYWHERE}


def _entry(entry: dict[str, Any]) -> str:
    df = load(entry["name"])
    return "\n\n".join(
        [
            f"## {entry['name']}",
            f"**{entry['title']}.** {entry['description']}",
            *_picture(entry["name"]),
            _dictionary(entry["name"]),
            _sample(df),
            f"Sources: {_sources(df)}.",
            f"What is shaky: {entry['chipgap:shaky']} {_doubts(df)}",
            f"Licence: {entry['chipgap:licence_note']}",
            f"Used by: {', '.join(entry['chipgap:consumers'])}.",
        ]
    )


def _picture(name: str) -> list[str]:
    """Return the picture of a table with its alt text, as Markdown (nothing if it has none)."""
    picture = picture_of(name)
    if picture is None:
        return []
    words = alt(dataset_figure(picture)).replace("\n", " ").replace("[", "\\[").replace("]", "\\]")
    return [f"![{words}](../{(DATASET_PICTURES / picture).as_posix()}.png)"]


def _dictionary(name: str) -> str:
    lines = ["| column | type | unit | meaning |", "| --- | --- | --- | --- |"]
    rows: list[Any] = list(describe(name).itertuples(index=False))
    for row in rows:
        if row.column in _EVERYWHERE:
            continue
        allowed = "" if pd.isna(row.allowed) else f" One of: {row.allowed}."
        needed = "" if row.required else " May be empty."
        unit = "" if pd.isna(row.unit) else row.unit
        lines.append(f"| `{row.column}` | {row.type} | {unit} | {_cell(row.meaning)}{needed}{_cell(allowed)} |")
    return "\n".join(lines)


def _sample(df: pd.DataFrame) -> str:
    rows = df.head(SAMPLE_ROWS)
    numbers = [f"row {i + 1}" for i in range(len(rows))]
    lines = [f"| first rows | {' | '.join(numbers)} |", "| --- |" + " --- |" * len(rows)]
    lines += [f"| `{name}` | {' | '.join(_cell(value) for value in rows[name])} |" for name in df.columns]
    return "\n".join(lines)


def _sources(df: pd.DataFrame) -> str:
    if df.attrs["table"] == "sources":
        return f"the {len(df)} rows are the sources"
    references = cite(df)
    excerpts = sum(reference.seen == "excerpt" for reference in references)
    keys = ", ".join(reference.key for reference in references)
    return f"{keys} ({excerpts} of {len(references)} seen only as an excerpt; titles and addresses in `sources`)"


def _doubts(df: pd.DataFrame) -> str:
    counts = df["confidence"].value_counts()
    levels = ", ".join(f"{counts.get(level, 0)} {word}" for level, word in _LEVELS.items())
    shaky = list(dict.fromkeys(map(str, df.loc[is_shaky(df)].iloc[:, 0])))
    listed = f"; shaky rows: {', '.join(map(str, shaky))}" if shaky else "; no row is marked shaky"
    return f"Confidence: {levels}{listed}."


_EVERYWHERE = ("status", "confidence", "note")
_LEVELS = {"H": "high", "M": "medium", "L": "low"}


def _cell(value: str | float | datetime | None) -> str:
    if pd.isna(value):
        return ""
    text = f"{value:%Y-%m-%d}" if isinstance(value, datetime) else str(value)
    return text.replace("|", "\\|").replace("<", "&lt;")


def main() -> None:
    """Refresh the course's own data package and its README, and say what changed."""
    root = project_root()
    changed = refresh(root)
    readme(root)
    print(f"Tables with a new record: {', '.join(changed) or 'none'}. README.md written.")


if __name__ == "__main__":
    main()
