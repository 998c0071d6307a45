"""The prediction stays short enough to be read in one sitting, and says how long it is."""

import ast
import re
from pathlib import Path

import pytest

import chipgap.model


def code_lines(text: str) -> int:
    """Lines that are neither blank, comment, import nor part of a docstring."""
    left_out: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        words = (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        )
        if words or isinstance(node, ast.Import | ast.ImportFrom):
            left_out |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = enumerate(text.splitlines(), 1)
    return sum(bool(line.strip()) and not line.strip().startswith("#") and i not in left_out for i, line in lines)


@pytest.mark.parametrize(
    ("text", "lines"),
    [("import os\n\n# why\nx = 1\n", 1), ('def f():\n    """One.\n\n    Two.\n    """\n    return 1\n', 2)],
)
def test_only_code_counts(text: str, lines: int) -> None:
    assert code_lines(text) == lines


def test_the_package_says_how_many_lines_the_prediction_has() -> None:
    folder = Path(chipgap.model.__file__).parent
    said = re.search(r"whole prediction is (\d+) lines of code", chipgap.model.__doc__ or "")
    assert said
    count = sum(code_lines((folder / f"{name}.py").read_text("utf-8")) for name in ("terms", "sizes", "step"))
    assert int(said[1]) == count <= 170
