"""Put what sources say side by side, and test a value against other figures."""

import ast
import operator
from collections.abc import Callable
from typing import Any

import pandas as pd

from chipgap.data.reading import load
from chipgap.data.schema import DataError, closest
from chipgap.text import t

_COLUMNS = [
    "fact_id",
    "value",
    "value_text",
    "unit",
    "direction",
    "basis",
    "as_of",
    "source_key",
    "source",
    "chosen",
    "status",
    "confidence",
    "note",
]
_ARITHMETIC: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
}


def disagreements(chip: str, quantity: str) -> pd.DataFrame:
    """Return all values for one quantity of one chip, each with its source, lowest first.

    ``chosen`` says which of them the table ``chips`` rests on. Values of one quantity may count
    different things: ``unit``, ``direction`` and ``basis`` say what. One row, or none that
    differs, means that no disagreement is known, not that there is none.

    Parameters
    ----------
    chip
        A name of the column ``chip`` of the table ``chip_facts``, such as ``"Ascend 910B2"``.
    quantity
        What is counted, such as ``"peak_bf16"`` or ``"memory_bandwidth"``.

    Raises
    ------
    DataError
        If no row has that chip, or none of its rows has that quantity; the message lists what
        there is.
    """
    facts = load("chip_facts")
    _known(chip, facts["chip"], "chip", "")
    own = facts[facts["chip"] == chip]
    _known(quantity, own["quantity"], "quantity", f" of {chip}")
    rows = own[own["quantity"] == quantity]
    choices = load("chip_choices")
    mine = choices[choices["chip"] == chip]
    titles = load("sources").set_index("source_key")["title"]
    rows = rows.assign(
        source=rows["source_key"].map(titles),
        chosen=(rows["fact_id"].isin(mine["fact_id"]) | rows["fact_id"].isin(mine["fact_id_2"])).astype("boolean"),
    )
    df = rows.sort_values(["unit", "value", "value_text", "fact_id"])[_COLUMNS].reset_index(drop=True)
    df.attrs["caption"] = t("data.disagreements", chip=chip, quantity=quantity)
    return df


def holds(check: str, value: str | float) -> bool:
    """Return whether a value passes a check of the table ``chip_errors``.

    A check is one line of arithmetic and comparison in which ``v`` stands for the value, such
    as ``"abs(2 * v / 624 - 1) < 0.05"``. Only numbers, texts, ``v``, ``abs``, ``and`` and ``or``
    may stand in it; nothing else is run.

    Raises
    ------
    DataError
        If the line holds anything else, or does not end in true or false.
    """
    try:
        result = _value(ast.parse(check, mode="eval").body, value)
    except (SyntaxError, TypeError, ZeroDivisionError) as fault:
        raise DataError(f"The check {check!r} cannot be worked out for {value!r}: {fault}.") from None
    if not isinstance(result, bool):
        raise DataError(f"The check {check!r} gives {result!r}; a check must give True or False.")
    return result


def _known(asked: str, column: "pd.Series[str]", what: str, of: str) -> None:
    known = list(dict.fromkeys(column))
    if asked not in known:
        near = closest(str(asked), known)
        raise DataError(f"There is no {what} {asked!r} among the facts{of}.{near} There are: {', '.join(known)}.")


def _value(node: ast.AST, value: str | float) -> Any:  # noqa: ANN401 - a number, a text or a truth value
    match node:
        case ast.Constant(value=int() | float() | str() as number):
            return number
        case ast.Name(id="v"):
            return value
        case ast.Call(func=ast.Name(id="abs"), args=[argument], keywords=[]):
            return abs(_value(argument, value))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _ARITHMETIC:
            return _ARITHMETIC[type(op)](_value(operand, value))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            return _ARITHMETIC[type(op)](_value(left, value), _value(right, value))
    return _truth(node, value)


def _truth(node: ast.AST, value: str | float) -> bool:
    match node:
        case ast.BoolOp(op=op, values=parts):
            return (all if isinstance(op, ast.And) else any)(_value(part, value) for part in parts)
        case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in _ARITHMETIC for op in ops):
            terms = [_value(term, value) for term in (left, *others)]
            return all(_ARITHMETIC[type(op)](terms[i], terms[i + 1]) for i, op in enumerate(ops))
    raise DataError(f"A check may hold numbers, texts, v and abs(), not {ast.unparse(node)!r}.")
