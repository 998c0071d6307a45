"""What several figures share: marks that look shaky where the row is, and rows in named groups."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Final, NamedTuple

import pandas as pd

from chipgap.figures import style
from chipgap.text import t

Row = dict[Hashable, Any]

SURE_AND_SHAKY: Final = (False, True)


class Look(NamedTuple):
    """How one kind of mark looks: told apart by its shape as well as by its colour."""

    colour: str
    symbol: str


def look(colour: str, symbol: str) -> Look:
    """Return the look with a colour of the palette by its name, such as ``"blue"``."""
    return Look(style.OKABE_ITO[colour], symbol)


def marker(kind: Look, *, shaky: bool, size_px: int = 12) -> dict[str, Any]:
    """Return Plotly's ``marker``: filled with a dark edge, or open where the row is shaky."""
    return {
        "symbol": f"{kind.symbol}-open" if shaky else kind.symbol,
        "size": size_px,
        "color": kind.colour,
        "line": {"color": kind.colour if shaky else style.INK, "width": 2 if shaky else 1},
    }


def named(name: str, *, shaky: bool) -> str:
    """Return the name of a trace, which says so where its rows are shaky."""
    return t("overviews.shaky", name=name) if shaky else name


def note(text: str, x: object, y: object, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - Plotly's own settings
    """Return an annotation without an arrow, on a card of its own so that lines do not cross its words."""
    font = {"size": 12, "color": style.INK}
    look = {"showarrow": False, "bgcolor": "rgba(255,255,255,0.85)", "borderpad": 1, "font": font}
    return {"text": text, "x": x, "y": y} | look | more


class Rows(NamedTuple):
    """Rows of a figure in named groups: where each row stands, and the axis that says so."""

    places: dict[Hashable, int]
    yaxis: dict[str, Any]
    heads: dict[str, int]


def grouped(groups: Mapping[str, Iterable[tuple[Hashable, str]]]) -> Rows:
    """Place the rows of ``groups`` (name of the group: key and label of each row) from top to bottom."""
    places: dict[Hashable, int] = {}
    labels: list[str] = []
    heads = {}
    for head, rows in groups.items():
        heads[head] = len(labels)
        labels.append(f"<b>{head}</b>")
        for key, label in rows:
            places[key] = len(labels)
            labels.append(label)
    axis = {
        "range": [len(labels) - 0.4, -0.6],
        "tickvals": list(range(len(labels))),
        "ticktext": labels,
        "showgrid": False,
    }
    return Rows(places, axis, heads)


def number(value: float, digits: int = 3) -> str:
    """Return ``value`` with at most ``digits`` significant digits and thousands set apart."""
    rounded = float(f"{float(value):.{digits}g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 10 ** (digits - 1) else f"{rounded:.{digits}g}"


def records(table: pd.DataFrame) -> list[Row]:
    """Return the rows as dictionaries, by the names of the columns."""
    return table.to_dict("records")
