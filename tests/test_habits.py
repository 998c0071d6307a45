"""The habits of the house: lint, format, types, short functions, documented public names."""

import ast
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
LONGEST_LINES, MEDIAN_LINES = 60, 12


@pytest.mark.parametrize(
    "command",
    [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]],
    ids=["lint", "format", "types"],
)
def test_tool_finds_nothing(command: list[str]) -> None:
    found = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False, timeout=600
    )
    assert found.returncode == 0, found.stdout + found.stderr


def _functions() -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node


def test_functions_are_short() -> None:
    # A docstring is not code: what counts is what has to be followed while reading.
    lengths = {f"{path.relative_to(ROOT)}:{node.lineno} {node.name}": _lines(node) for path, node in _functions()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_LINES} == {}
    assert statistics.median(lengths.values()) <= MEDIAN_LINES


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body
    documented = isinstance(body[0], ast.Expr) and isinstance(getattr(body[0], "value", None), ast.Constant)
    docstring = body[0].end_lineno - body[0].lineno + 1 if documented else 0
    return node.end_lineno - node.lineno + 1 - docstring


def test_public_functions_say_what_they_do() -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path, node in _functions()
        if not node.name.startswith("_") and ast.get_docstring(node) is None and not _needs_none(path, node)
    ]
    assert silent == []


def _needs_none(path: Path, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Setters share the docstring of their property; functions inside functions are not public."""
    if any(isinstance(mark, ast.Attribute) and mark.attr == "setter" for mark in node.decorator_list):
        return True
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = (
        inner
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(outer)
        if inner is not outer
    )
    return any(getattr(inner, "lineno", None) == node.lineno for inner in inside if isinstance(inner, ast.FunctionDef))


FLOORS = {
    "errors": 0, "paths": 1, "text": 1, "data": 2, "model": 3, "rules": 3, "evidence": 3, "scenario": 3, "machine": 3,
    "figures": 4, "checks": 5, "ledger": 5, "widgets": 6, "authoring": 7, "workspace": 7, "doctor": 7, "cli": 8,
    "grading": 1,
}  # fmt: skip


def test_rooms_import_only_from_floors_below() -> None:
    wrong = []
    for path in SOURCES:
        room = path.relative_to(ROOT / "src/chipgap").parts[0].removesuffix(".py")
        for imported in _imported_rooms(path) & set(FLOORS) if room in FLOORS else ():
            if room == "grading":
                allowed = imported in {"errors", "grading"}
            else:
                allowed = imported == room or FLOORS[imported] < FLOORS[room]
            if not allowed:
                wrong.append(f"{path.relative_to(ROOT)} imports chipgap.{imported}")
    assert wrong == []


def _imported_rooms(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("chipgap"):
            names |= {node.module.split(".")[1]} if "." in node.module else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("chipgap.")}
    return names
