"""How many cards one maker brings out: the estimators side by side."""

from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from chipgap.data import is_shaky
from chipgap.figures import style
from chipgap.figures.marks import SURE_AND_SHAKY, Row, Rows, grouped, look, marker, named, note, number, records
from chipgap.text import t

_KINDS: Final = {
    "estimate": look("blue", "circle"),
    "forecast": look("orange", "diamond"),
    "reported": look("green", "square"),
}
_BELOW, _ABOVE = ("at most", "under"), ("over", "at least")


def cards_by_estimator(estimates: pd.DataFrame, about: str = "Huawei", year: int = 2025) -> go.Figure:
    """Return one row an estimate of the cards that ``about`` made or sold, by year, on one axis.

    Parameters
    ----------
    estimates
        The table ``market_estimates``; drawn are its numbers of cards (not dies), in thousand.
    about
        Whose cards.
    year
        The year of which the finding speaks.
    """
    cards = estimates["quantity"].str.startswith("cards") & (estimates["value_unit"] == "thousand")
    rows = estimates[(cards & (estimates["about"] == about) & estimates["period"].notna()).astype(bool)]
    table = rows.assign(shaky=is_shaky(rows)).sort_values(["period", "value"], ignore_index=True)
    placed = _rows(table)
    finding = _finding(table[table["period"] == year], about, year)
    fig = go.Figure([_open_ends(table, placed), *_dots(table, placed)])
    fig.update_layout(
        height=150 + 34 * (len(table) + len(placed.heads)),
        legend=style.LEGEND_BELOW,
        margin={"t": 16, "b": 96},
        annotations=[_note(row, placed) for row in records(table)],
        xaxis={"title": {"text": t("overviews.market_x")}, "range": [0, _end(table)], "tickformat": ","},
        yaxis=placed.yaxis | {"title": {"text": t("overviews.market_y")}},
    )
    alt = t("overviews.market_alt", finding=finding, rows=_spoken(table))
    return go.Figure(style.finish(fig.to_plotly_json(), alt=alt, finding=finding))


def _rows(table: pd.DataFrame) -> Rows:
    return grouped(
        {
            str(period): [(row["estimate_id"], _label(row)) for row in records(part)]
            for period, part in table.groupby("period")
        }
    )


def _label(row: Row) -> str:
    what = style.wrap(f"{row['quantity']}, {row['product']}", 48)
    return t("overviews.market_label", who=style.wrap(row["estimator"], 32), what=what)


def _finding(table: pd.DataFrame, about: str, year: int) -> str:
    table = table.sort_values("value")
    low, high = records(table)[0], records(table)[-1]
    return t(
        "overviews.market_finding",
        year=year,
        about=about,
        count=table["estimator"].nunique(),
        low=_said(low),
        high=_said(high),
        factor=f"{float(high['value']) / float(low['value']):.2g}",
        lowest=low["estimator"],
    )


def _end(table: pd.DataFrame) -> float:
    return float(table["value"].max()) * 1.25


def _said(row: Row) -> str:
    qualifier: str = row["qualifier"] if pd.notna(row["qualifier"]) else ""
    return t("overviews.market_note", qualifier=qualifier, value=number(row["value"])).strip()


def _note(row: Row, placed: Rows) -> dict[str, Any]:
    mark = f" <i>{t('figures.shaky_mark')}</i>" if row["shaky"] else ""
    place = {"xanchor": "left", "xshift": 12}
    return note(_said(row) + mark, float(row["value"]), placed.places[row["estimate_id"]], **place)


def _spoken(table: pd.DataFrame) -> str:
    return "; ".join(
        f"{row['period']}, {row['estimator']}, {row['quantity']}: {_said(row)} ({row['kind']})"
        for row in records(table)
    )


def _open_ends(table: pd.DataFrame, placed: Rows) -> go.Scatter:
    """Return lines to the side on which the true number lies, where the estimate is a bound."""
    x: list[float | None] = []
    y: list[float | None] = []
    for row in records(table):
        if row["qualifier"] in (*_BELOW, *_ABOVE):
            x += [float(row["value"]), 0.0 if row["qualifier"] in _BELOW else _end(table), None]
            y += [placed.places[row["estimate_id"]]] * 2 + [None]
    line = {"color": style.SOFT_INK, "width": 2, "dash": "dot"}
    return go.Scatter(x=x, y=y, mode="lines", line=line, name=t("overviews.market_open"), hoverinfo="skip")


def _dots(table: pd.DataFrame, placed: Rows) -> list[go.Scatter]:
    traces = []
    for kind, shape in _KINDS.items():
        for shaky in SURE_AND_SHAKY:
            rows = table[(table["kind"] == kind) & (table["shaky"] == shaky)]
            traces.append(
                go.Scatter(
                    x=rows["value"].astype(float).tolist(),
                    y=[placed.places[key] for key in rows["estimate_id"]],
                    mode="markers",
                    name=named(t(f"overviews.market_{kind}"), shaky=shaky),
                    marker=marker(shape, shaky=shaky, size_px=14),
                    hovertext=[style.wrap(str(row["note"]), 60) if pd.notna(row["note"]) else _said(row)
                               for row in records(rows)],
                    hoverinfo="text",
                    showlegend=not rows.empty,
                )
            )  # fmt: skip
    return traces
