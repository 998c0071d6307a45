"""Percent scripts as notebooks, and the few facts about a cell that the rest of the room asks for."""

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext

from chipgap.errors import ChipgapError

Node = dict[str, Any]
"""A notebook or a cell, as its JSON reads."""

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
"""The one kernel of the course; without a version, so that no machine's Python shows in a diff."""

SCAFFOLDING_TAG = "scaffolding"
"""Cells with this tag are collapsed for the student: code that the lesson needs and does not teach."""

REGIONS = {
    "solution": ("BEGIN SOLUTION", "END SOLUTION"),
    "hidden test": ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS"),
    "mark scheme": ("BEGIN MARK SCHEME", "END MARK SCHEME"),
}
"""What nbgrader removes from a release: kind of secret -> its two delimiters."""


@dataclass(frozen=True)
class Part:
    """A run of lines of one cell: ``kind`` is a key of :data:`REGIONS`, or ``"public"``.

    ``indent`` is the white space before the opening delimiter, where nbgrader puts its stub.
    """

    kind: str
    text: str
    indent: str = ""


def read_percent(path: Path) -> Node:
    """Read a jupytext percent script as a notebook node.

    Raises
    ------
    ChipgapError
        If the file is missing, is not UTF-8 or holds no ``# %%`` cell.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ChipgapError(f"{path}: can't be read as UTF-8 text ({error}).") from error
    if not any(line.startswith("# %%") for line in text.splitlines()):
        raise ChipgapError(f"{path}: no cell found. Expected a percent script: each cell starts with '# %%'.")
    try:
        return dict(jupytext.reads(text, fmt="py:percent"))
    except (ValueError, SyntaxError) as error:
        raise ChipgapError(f"{path}: jupytext can't read it as a percent script: {error}") from error


def percent_text(notebook: str) -> str:
    """Return what an ``.ipynb`` text looks like as a percent script: cells, tags and nbgrader's metadata only."""
    node = jupytext.reads(notebook, fmt="ipynb")
    node.metadata = {"jupytext": {"cell_metadata_filter": "tags,nbgrader,-all", "notebook_metadata_filter": "-all"}}
    return str(jupytext.writes(node, fmt="py:percent"))


def nbgrader_of(cell: Node) -> Node:
    """Return a cell's nbgrader metadata, empty for a plain cell."""
    return dict(cell["metadata"].get("nbgrader") or {})


def grade_id_of(cell: Node) -> str:
    """Return a cell's grade id, or ``""``."""
    return str(nbgrader_of(cell).get("grade_id", ""))


def cell_id(notebook_key: str, cell: Node, position: int) -> str:
    """Return a stable cell id: hashed from the notebook and the grade id, else from the position.

    Parameters
    ----------
    notebook_key
        The notebook's path below ``notebooks/``, without its ending: two notebooks share no id.
    cell
        The cell.
    position
        0-based place of the cell.
    """
    name = grade_id_of(cell) or f"#{position}"
    return hashlib.sha256(f"{notebook_key}\n{name}".encode()).hexdigest()[:16]


def settle(notebook: Node, notebook_key: str) -> Node:
    """Put a notebook in its one canonical form: fixed kernel, stable ids, no outputs, no author's metadata.

    Raises
    ------
    ChipgapError
        If two cells share a grade id.
    """
    cells = [_settle_cell(cell, notebook_key, position) for position, cell in enumerate(notebook["cells"])]
    ids = [cell["id"] for cell in cells]
    twice = next((grade_id_of(cell) for cell in cells if ids.count(cell["id"]) > 1), None)
    if twice is not None:
        raise ChipgapError(f"{notebook_key}: grade id {twice!r} is used by two cells. Give each its own.")
    metadata = {"kernelspec": dict(KERNELSPEC), "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _settle_cell(cell: Node, notebook_key: str, position: int) -> Node:
    metadata = {key: cell["metadata"][key] for key in ("nbgrader", "tags") if key in cell["metadata"]}
    if SCAFFOLDING_TAG in metadata.get("tags", []):
        metadata["jupyter"] = {"source_hidden": True}
    settled = {
        "cell_type": cell["cell_type"],
        "id": cell_id(notebook_key, cell, position),
        "metadata": metadata,
        "source": cell["source"],
    }
    if cell["cell_type"] == "code":
        settled |= {"outputs": [], "execution_count": None}
    return settled


def notebook_bytes(notebook: Node) -> bytes:
    """Return a settled notebook's bytes as nbformat writes it: sorted keys, one space of indent, a final newline."""
    cells = [{**cell, "source": cell["source"].splitlines(keepends=True)} for cell in notebook["cells"]]
    text = json.dumps({**notebook, "cells": cells}, ensure_ascii=False, indent=1, sort_keys=True)
    return f"{text}\n".encode()


def write_if_changed(path: Path, content: bytes) -> bool:
    """Write a file atomically and say whether it changed; an equal file keeps its date."""
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return True


def split_regions(source: str, place: str) -> list[Part]:
    """Split a cell's source at nbgrader's delimiters, delimiter lines left out.

    Raises
    ------
    ChipgapError
        If a region is nested, not opened or not closed; ``place`` names the cell.
    """
    parts: list[Part] = []
    lines: list[str] = []
    kind, indent = "public", ""
    for number, line in enumerate(source.split("\n"), start=1):
        mark = next(((name, side) for name, pair in REGIONS.items() for side in (0, 1) if pair[side] in line), None)
        if mark is None:
            lines.append(line)
            continue
        name, side = mark
        if (kind != "public") if side == 0 else (kind != name):
            raise ChipgapError(f"{place}, line {number}: {line.strip()!r} does not fit: {_expected(kind)}.")
        if lines or kind != "public":
            parts.append(Part(kind, "\n".join(lines), indent))
        lines, kind = [], name if side == 0 else "public"
        indent = line[: len(line) - len(line.lstrip())] if side == 0 else ""
    if kind != "public":
        raise ChipgapError(f"{place}: {REGIONS[kind][0]} is never closed. Add a line {REGIONS[kind][1]}.")
    return [*parts, Part(kind, "\n".join(lines))] if lines else parts


def public_source(cell: Node, stubs: dict[str, str], place: str) -> str:
    """Return what a student finds in a cell: regions taken out, stubs put in, as nbgrader does it.

    Written apart from nbgrader on purpose: the leak check holds its release against this.
    """
    parts = split_regions(cell["source"], place)
    stub = stubs[cell["cell_type"]]
    if nbgrader_of(cell).get("solution") and all(part.kind != "solution" for part in parts):
        return stub
    lines: list[str] = []
    for part in parts:
        if part.kind == "public":
            lines.append(part.text)
        elif part.kind == "solution":
            lines += [part.indent + line for line in stub.split("\n")]
    return "\n".join(lines)


def _expected(kind: str) -> str:
    return "no region is open here" if kind == "public" else f"expected {REGIONS[kind][1]} first"
