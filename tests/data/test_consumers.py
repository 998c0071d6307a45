"""Each table names those who use it: neither more nor fewer."""

import ast
import json
import re
from collections import defaultdict
from pathlib import Path

import pytest

from chipgap.data import tables
from chipgap.paths import project_root

ROOT = project_root()
WAITING = re.compile(r"waiting: (model|unit-[2-8]( to unit-[2-8])?)")


def _label(path: Path) -> str:
    """Return how a table names the file: a lesson, an exercise, the start page, or a room."""
    parts = path.relative_to(ROOT).parts
    if parts[0] == "course":
        kinds = {"lessons": "lesson", "exercises": "exercise"}
        return f"{kinds[parts[1]]} {path.stem}" if parts[1] in kinds else path.stem
    return f"chipgap.{parts[2].removesuffix('.py')}"


def _loaded(path: Path) -> set[str]:
    """Return the tables a file names where it calls a function that loads one."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    if not any(ast.unparse(call.func) in ("load", "data.load", "chipgap.data.load") for call in calls):
        return set()
    texts = {argument.value for call in calls for argument in call.args if isinstance(argument, ast.Constant)}
    return texts & set(tables())


def _used() -> dict[str, set[str]]:
    used = defaultdict(set)
    for path in [*ROOT.glob("course/**/*.py"), *ROOT.glob("src/chipgap/**/*.py")]:
        for name in _loaded(path):
            used[name].add(_label(path))
    return used


@pytest.fixture(scope="module")
def declared() -> dict[str, list[str]]:
    package = json.loads((ROOT / "datasets" / "datapackage.json").read_text(encoding="utf-8"))
    return {entry["name"]: entry["chipgap:consumers"] for entry in package["resources"]}


def test_every_use_is_declared_and_every_declaration_is_a_use(declared: dict[str, list[str]]) -> None:
    used = _used()
    now = {name: {label for label in labels if not label.startswith("waiting")} for name, labels in declared.items()}
    assert now == {name: used[name] for name in declared}


def test_who_waits_is_a_unit_of_the_design_or_the_model(declared: dict[str, list[str]]) -> None:
    for name, labels in declared.items():
        assert labels, name
        assert len(labels) == len(set(labels)), name
        for label in labels:
            assert not label.startswith("waiting") or WAITING.fullmatch(label), (name, label)


def test_the_scan_finds_a_use_and_no_other(tmp_path: Path) -> None:
    lesson = tmp_path / "lesson.py"
    lesson.write_text('from chipgap.data import load\nx = load("claims")["sources"]\ny = "models"\n', encoding="utf-8")
    assert _loaded(lesson) == {"claims"}
    lesson.write_text('title("claims")\n', encoding="utf-8")
    assert _loaded(lesson) == set()
