"""What the model answers and hidden tests print: run once, so that the leak check can look for it."""

import ast
import json
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from chipgap.authoring import cells
from chipgap.authoring.hidden import LINE_LENGTH, Public, Secret, exercises, skeleton
from chipgap.errors import ChipgapError

CELL_TIMEOUT_S = 60
LONGEST_VALUE = 5000
"""Characters kept of a value's text."""


def output_secrets(course: Path, public: Public) -> list[Secret]:
    """Run every exercise with its model answers and return what only they show, line by line.

    Raises
    ------
    ChipgapError
        If an exercise fails with its own model answers.
    """
    found: dict[str, Secret] = {}
    for script, notebook in exercises(course):
        origin = script.relative_to(course.parent).as_posix()
        for cell_name, text in _run(course, script, notebook):
            for line in text.splitlines():
                bones = skeleton(line)
                if len(bones) >= LINE_LENGTH and bones not in public.facts:
                    found.setdefault(bones, Secret("output", f"{origin}, cell {cell_name}", line.strip()))
    return list(found.values())


def _run(course: Path, script: Path, notebook: cells.Node) -> list[tuple[str, str]]:
    """Return ``(grade id, text)`` for each output of a closed cell and for each value an answer is bound to."""
    settled = cells.settle(notebook, script.stem)
    closed = [cell for cell in settled["cells"] if cell["cell_type"] == "code" and _is_closed(cell, script)]
    names = sorted({name for cell in closed for name in _bound(cell["source"])})
    text = cells.notebook_bytes({**settled, "cells": [*settled["cells"], _report_cell(names)]}).decode()
    ran: Any = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
    _execute(ran, course, script)
    wanted = {cell["id"] for cell in closed}
    shown = [(cells.grade_id_of(cell), _shown(cell)) for cell in ran.cells if cell.id in wanted]
    values = json.loads("".join(output.text for output in ran.cells[-1].outputs if output.output_type == "stream"))
    return [*shown, *values.items()]


def _is_closed(cell: cells.Node, script: Path) -> bool:
    parts = cells.split_regions(cell["source"], script.name)
    return bool(cells.nbgrader_of(cell).get("solution")) or any(part.kind != "public" for part in parts)


def _bound(source: str) -> list[str]:
    """Return the names that a cell's top level binds; none for a cell with magics."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return []
    targets = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    return [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]


def _report_cell(names: list[str]) -> cells.Node:
    source = f"import json; print(json.dumps({{n: str(globals().get(n))[:{LONGEST_VALUE}] for n in {names!r}}}))"
    return {
        "cell_type": "code",
        "id": "values",
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def _execute(notebook: nbformat.NotebookNode, course: Path, script: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="chipgap-run-", ignore_cleanup_errors=True) as scratch:
        shutil.copytree(script.parent, scratch, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py"))
        environment = {**os.environ, "CHIPGAP_WORK": scratch, "CHIPGAP_DATASETS": str(course.parent / "datasets")}
        client = NotebookClient(
            notebook,
            timeout=CELL_TIMEOUT_S,
            kernel_name="python3",
            resources={"metadata": {"path": scratch}},
            # The kernel warns on standard error that it is reachable on this machine, as every kernel is.
            extra_arguments=["--IPKernelApp.log_level=40"],
        )
        try:
            client.execute(env=environment)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise ChipgapError(f"{script}: fails with its own model answers:\n{error}") from error
    for cell in client.nb.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":  # a cell tagged raises-exception stops no run
                name = cells.grade_id_of(cell)
                raise ChipgapError(f"{script}, cell {name}: fails with its own model answers: {output.evalue}")


def _shown(cell: Any) -> str:  # noqa: ANN401 - nbformat's cell, its outputs by attribute
    texts = []
    for output in cell.outputs:
        texts.append(output.get("text", ""))
        for kind, content in output.get("data", {}).items():
            if kind.startswith("text/"):
                texts.append(re.sub(r"<[^>]+>", "\n", content) if kind == "text/html" else content)
    return "\n".join(texts)
