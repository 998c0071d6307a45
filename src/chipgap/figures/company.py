"""What the company earned: two kinds of profit that tell two stories, and the revenue behind them."""

from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from chipgap.data import is_shaky
from chipgap.figures import style
from chipgap.figures.marks import SURE_AND_SHAKY, look, marker, named, number, records
from chipgap.text import t

_PROFITS: Final = {"net_profit": look("vermillion", "circle"), "core_profit": look("blue", "diamond")}
_NAMES: Final = {"net_profit": "profits_net", "core_profit": "profits_core"}
_REVENUE: Final = "revenue"


def two_profits(facts: pd.DataFrame) -> go.Figure:
    """Return net profit and profit after one-off items by year, with revenue as bars behind them.

    Parameters
    ----------
    facts
        The table ``iflytek_facts``, of which the whole years of ``revenue``, ``net_profit`` and ``core_profit``
        (million yuan) are drawn: each figure has a status of its own there.
    """
    table = _whole_years(facts)
    wide = table.set_index(["year", "metric"])["value"].unstack("metric")  # noqa: PD010 - pivot_table would average
    finding = _finding(wide)
    fig = go.Figure([*_bars(table), *_lines(wide), *_dots(table)])
    fig.update_layout(
        height=500,
        legend=style.LEGEND_BELOW,
        margin={"t": 24, "b": 110},
        bargap=0.45,
        barmode="overlay",
        xaxis={"title": {"text": t("overviews.profits_x")}, "dtick": 1, "showgrid": False},
        yaxis={
            "title": {"text": t("overviews.profits_y")},
            "rangemode": "tozero",
            "tickmode": "auto",
            "tickformat": ",",
            "overlaying": "y2",
            "side": "left",
        },
        yaxis2={
            "title": {"text": t("overviews.profits_y2")},
            "rangemode": "tozero",
            "side": "right",
            "showgrid": False,
        },
    )
    alt = t("overviews.profits_alt", finding=finding, rows=_spoken(wide))
    return go.Figure(style.finish(fig.to_plotly_json(), alt=alt, finding=finding))


def _whole_years(facts: pd.DataFrame) -> pd.DataFrame:
    wanted = facts["metric"].isin([*_PROFITS, _REVENUE]) & facts["period"].str.fullmatch(r"\d{4}")
    table = facts[wanted.astype(bool)]
    return table.assign(
        year=table["period"].astype(int), value=table["value"].astype(float), shaky=is_shaky(table)
    ).sort_values("year", ignore_index=True)


def _finding(wide: pd.DataFrame) -> str:
    changes = 100 * (wide.iloc[-1] / wide.iloc[-2] - 1)
    words = {metric: _change(float(changes[metric])) for metric in (*_PROFITS, _REVENUE)}
    return t(
        "overviews.profits_finding",
        year=wide.index[-1],
        net=words["net_profit"],
        core=words["core_profit"],
        revenue=words[_REVENUE],
    )


def _change(pct: float) -> str:
    if pct == 0:
        return t("overviews.profits_flat")
    return t("overviews.profits_up" if pct > 0 else "overviews.profits_down", pct=f"{abs(pct):.1f}")


def _spoken(wide: pd.DataFrame) -> str:
    return "; ".join(
        t(
            "overviews.profits_spoken",
            year=year,
            net=number(row["net_profit"], 4),
            core=number(row["core_profit"]),
            revenue=number(row[_REVENUE], 5),
        )
        for year, row in wide.iterrows()
    )


def _bars(table: pd.DataFrame) -> list[go.Bar]:
    bars = []
    for shaky in SURE_AND_SHAKY:
        rows = table[(table["metric"] == _REVENUE) & (table["shaky"] == shaky)]
        look: dict[str, Any] = {"color": "#ffffff" if shaky else "#e3e6e9", "line": {"color": "#9aa1a9", "width": 1}}
        if shaky:
            look |= {"pattern": {"shape": "/", "fgcolor": "#d5d9dd", "size": 8}}
        bars.append(
            go.Bar(
                x=rows["year"].tolist(),
                y=(rows["value"] / 1000).tolist(),
                yaxis="y2",
                name=named(t("overviews.profits_revenue"), shaky=shaky),
                marker=look,
                hovertemplate="%{x}: %{y:.2f}<extra></extra>",
                showlegend=not rows.empty,
            )
        )
    return bars


def _lines(wide: pd.DataFrame) -> list[go.Scatter]:
    return [
        go.Scatter(
            x=wide.index.tolist(),
            y=wide[metric].astype(float).tolist(),
            mode="lines",
            line={"color": shape.colour, "width": 2.5, "dash": "solid" if metric == "net_profit" else "dash"},
            hoverinfo="skip",
            showlegend=False,
        )
        for metric, shape in _PROFITS.items()
    ]


def _dots(table: pd.DataFrame) -> list[go.Scatter]:
    traces = []
    for metric, shape in _PROFITS.items():
        for shaky in SURE_AND_SHAKY:
            rows = table[(table["metric"] == metric) & (table["shaky"] == shaky)]
            filling: dict[str, Any] = marker(shape, shaky=shaky)
            traces.append(
                go.Scatter(
                    x=rows["year"].tolist(),
                    y=rows["value"].tolist(),
                    mode="markers+text",
                    text=[f"<b>{row['value']:,.0f}</b>" for row in records(rows)],
                    textposition="top center" if metric == "net_profit" else "bottom center",
                    textfont={"size": 12, "color": style.INK},
                    name=named(t(f"overviews.{_NAMES[metric]}"), shaky=shaky),
                    marker=filling,
                    hoverinfo="skip",
                    showlegend=not rows.empty,
                )
            )
    return traces
