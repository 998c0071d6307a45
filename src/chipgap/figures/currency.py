"""Which exchange rate an amount in dollars would need, and which rates there were."""

from typing import Any, Final, NamedTuple

import pandas as pd
import plotly.graph_objects as go

from chipgap.data import is_shaky
from chipgap.figures import style
from chipgap.figures.marks import SURE_AND_SHAKY, look, marker, named, note, records
from chipgap.text import t

_KINDS: Final = {
    "year end": look("orange", "diamond"),
    "day": look("vermillion", "circle"),
    "month average": look("sky", "square"),
    "central parity": look("purple", "triangle-up"),
}
_YEAR: Final = "year average"


class Needed(NamedTuple):
    """The rates that an amount needs: for the amount as written, and for all that rounds to it."""

    low: float
    exact: float
    high: float


def needed_rates(amount_cny_bn: float, amount_usd_bn: float, rounded_to_usd_bn: float = 0.1) -> Needed:
    """Return the yuan per dollar at which ``amount_cny_bn`` rounds to ``amount_usd_bn``."""
    half = rounded_to_usd_bn / 2
    return Needed(*(amount_cny_bn / (amount_usd_bn + off) for off in (half, 0.0, -half)))


def dollar_rates(
    rates: pd.DataFrame, amount_cny_bn: float, amount_usd_bn: float, rounded_to_usd_bn: float = 0.1
) -> go.Figure:
    """Return the known rates over time, with the band of rates that an amount in dollars needs.

    Parameters
    ----------
    rates
        The table ``fx_usd_cny``: ``kind``, ``year``, ``day``, ``cny_per_usd``. Rows without a rate are left out.
    amount_cny_bn, amount_usd_bn
        The same amount in billion yuan and in billion dollars.
    rounded_to_usd_bn
        The step to which the amount in dollars was rounded.
    """
    table = _dated(rates.dropna(subset="cny_per_usd"))
    needed = needed_rates(amount_cny_bn, amount_usd_bn, rounded_to_usd_bn)
    finding = _finding(table, needed, amount_cny_bn, amount_usd_bn)
    fig = go.Figure([*_years(table), *_points(table)])
    fig.add_hrect(y0=needed.low, y1=needed.high, fillcolor="#f6dcec", line={"width": 0}, layer="below")
    fig.add_hline(y=needed.exact, line={"color": style.OKABE_ITO["purple"], "width": 2, "dash": "dash"})
    fig.update_layout(
        height=480,
        legend=style.LEGEND_BELOW,
        margin={"t": 24, "b": 110},
        annotations=[_band_note(needed, amount_usd_bn), _top_note(table)],
        xaxis={"title": {"text": t("overviews.rates_x")}, "type": "date", "dtick": "M12", "tickformat": "%Y"},
        yaxis={"title": {"text": t("overviews.rates_y")}, "tickformat": ".1f"},
    )
    return go.Figure(style.finish(fig.to_plotly_json(), alt=_alt(table, needed, finding), finding=finding))


def _dated(rates: pd.DataFrame) -> pd.DataFrame:
    """Return the rates with the day at which each is drawn: where none is known, the year's last or its middle."""
    endings = {_YEAR: "-07-01", "month average": "-12-16"}
    ends = [f"{row['year']}{endings.get(row['kind'], '-12-31')}" for row in records(rates)]
    guessed = pd.Series(pd.to_datetime(ends), index=rates.index)
    return rates.assign(at=pd.to_datetime(rates["day"]).fillna(guessed), shaky=is_shaky(rates))


def _finding(table: pd.DataFrame, needed: Needed, cny_bn: float, usd_bn: float) -> str:
    reached = int((table["cny_per_usd"] >= needed.low).sum())
    words: dict[str, Any] = {"cny": f"{cny_bn:g}", "usd": f"{usd_bn:g}", "low": f"{needed.low:.2f}"}
    if reached:
        return t("overviews.rates_finding_reached", reached=reached, total=len(table), **words)
    top = _top(table)
    gives = f"{cny_bn / float(top['cny_per_usd']):.2f}"
    day = pd.Timestamp(top["at"]).date().isoformat()
    return t("overviews.rates_finding_below", rate=_rate(top["cny_per_usd"]), day=day, gives=gives, **words)


def _rate(value: float) -> str:
    return f"{float(value):.2f}"


def _top(table: pd.DataFrame) -> dict[Any, Any]:
    return records(table.sort_values("cny_per_usd"))[-1]


def _alt(table: pd.DataFrame, needed: Needed, finding: str) -> str:
    days: list[str] = [str(row["year"]) if pd.isna(row["day"]) else f"{row['at']:%Y-%m-%d}" for row in records(table)]
    rates = zip(table["kind"], days, table["cny_per_usd"], strict=True)
    rows = "; ".join(f"{kind} {day}: {rate}" for kind, day, rate in rates)
    return t("overviews.rates_alt", low=_rate(needed.low), high=_rate(needed.high), finding=finding, rows=rows)


def _years(table: pd.DataFrame) -> list[go.Scatter]:
    """Return the averages as lines as long as their year."""
    x: list[str | None] = []
    y: list[float | None] = []
    for row in records(table[table["kind"] == _YEAR]):
        x += [f"{row['year']}-01-01", f"{row['year']}-12-31", None]
        y += [float(row["cny_per_usd"])] * 2 + [None]
    line = {"color": style.OKABE_ITO["blue"], "width": 4}
    return [go.Scatter(x=x, y=y, mode="lines", line=line, name=_YEAR, hoverinfo="x+y")]


def _points(table: pd.DataFrame) -> list[go.Scatter]:
    traces = []
    for kind, shape in _KINDS.items():
        for shaky in SURE_AND_SHAKY:
            rows = table[(table["kind"] == kind) & (table["shaky"] == shaky)]
            traces.append(
                go.Scatter(
                    x=[f"{day:%Y-%m-%d}" for day in rows["at"]],
                    y=rows["cny_per_usd"].astype(float).tolist(),
                    mode="markers",
                    name=named(kind, shaky=shaky),
                    marker=marker(shape, shaky=shaky),
                    hoverinfo="x+y",
                    showlegend=not rows.empty,
                )
            )
    return traces


def _band_note(needed: Needed, usd_bn: float) -> dict[str, Any]:
    text = t("overviews.rates_band", usd=f"{usd_bn:g}", low=_rate(needed.low), high=_rate(needed.high))
    place = {"xref": "paper", "xanchor": "left", "yanchor": "bottom", "yshift": 4}
    return note(text, 0.01, needed.exact, **place, bgcolor="rgba(0,0,0,0)")


def _top_note(table: pd.DataFrame) -> dict[str, Any]:
    top = _top(table)
    text = t("overviews.rates_highest", rate=_rate(top["cny_per_usd"]))
    return note(text, f"{top['at']:%Y-%m-%d}", float(top["cny_per_usd"]), xanchor="right", xshift=-10)
