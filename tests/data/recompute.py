"""What the tests of derived values share: the text of a cell, and formulas over rows of the tables.

A formula names other rows by their key, e.g. ``100 * (revenue_2024 / revenue_2023 - 1)``.
"""

import ast
import csv
import itertools
import operator
from collections.abc import Callable, Iterator, Mapping
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from chipgap.paths import datasets_dir

OPERATORS: dict[type[ast.AST], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def cells(name: str) -> list[dict[str, str]]:
    """Return a table as it is written, so that ``45.0`` keeps its zero; an empty cell is ``""``."""
    with (datasets_dir() / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def values(name: str, key: str, column: str) -> dict[str, Decimal]:
    """Return the figures of one column by key; rows without one are left out."""
    return {row[key]: Decimal(row[column]) for row in cells(name) if row[column]}


def names_in(formula: str) -> list[str]:
    """Return the names a formula uses, each once."""
    nodes = ast.walk(ast.parse(formula, mode="eval"))
    return list(dict.fromkeys(node.id for node in nodes if isinstance(node, ast.Name)))


def evaluate(formula: str, names: Mapping[str, Decimal]) -> Decimal:
    """Compute a formula made of names, numbers, + - * / and brackets; anything else is an error."""
    return _value(ast.parse(formula, mode="eval").body, names)


def _value(node: ast.expr, names: Mapping[str, Decimal]) -> Decimal:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return Decimal(str(node.value))
    if isinstance(node, ast.Name):
        return names[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, names)
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](_value(node.left, names), _value(node.right, names))
    raise ValueError(f"a formula may not hold {ast.unparse(node)!r}")


def half_digit(figure: Decimal) -> Decimal:
    """Return half a unit of the last digit that is written."""
    exponent = figure.as_tuple().exponent
    assert isinstance(exponent, int)
    return Decimal(5).scaleb(exponent - 1)


def rounds_to(exact: Decimal, written: Decimal) -> bool:
    """Whether a value, rounded to the digits of a written one, is that one (a tie may go either way)."""
    ways = (ROUND_HALF_UP, ROUND_HALF_EVEN)
    return any(exact.quantize(written, rounding=way) == written for way in ways)


def extremes(formula: str, names: Mapping[str, Decimal]) -> tuple[Decimal, Decimal]:
    """Return least and largest result when each input moves by half its last digit."""
    results = list(_corners(formula, names))
    return min(results), max(results)


def _corners(formula: str, names: Mapping[str, Decimal]) -> Iterator[Decimal]:
    used = names_in(formula)
    for signs in itertools.product((-1, 1), repeat=len(used)):
        moved = {name: names[name] + sign * half_digit(names[name]) for name, sign in zip(used, signs, strict=True)}
        yield evaluate(formula, moved)
