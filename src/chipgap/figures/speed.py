"""Two kinds of evidence on one chip's speed: the vendor's own pairs, and a user's."""

from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from chipgap.data import is_shaky
from chipgap.figures import style
from chipgap.figures.marks import SURE_AND_SHAKY, look, marker, named, note, records
from chipgap.text import t

_KINDS: Final = {"vendor": look("orange", "circle"), "rl": look("blue", "diamond")}
_BIN, _STEP = 0.02, 0.085


def speed_ratios(vendor: pd.DataFrame, rl: pd.DataFrame) -> go.Figure:
    """Return the ratios of both kinds of evidence on one axis, with their medians.

    Parameters
    ----------
    vendor
        The table ``vendor_throughput``: ``ratio`` of the 910B's throughput to an unnamed reference card's.
    rl
        The table ``rl_runs``: ``speed_ratio`` of the 910B to the A100 in reinforcement learning.
    """
    sets = {"vendor": _named(vendor, "ratio", "model"), "rl": _named(rl, "speed_ratio", "task")}
    finding = _finding(sets)
    fig = go.Figure([trace for place, kind in enumerate(sets) for trace in _swarm(sets[kind], kind, place)])
    fig.add_vline(x=1, line={"color": style.SOFT_INK, "width": 1.5, "dash": "dot"})
    fig.update_layout(
        height=480,
        legend=style.LEGEND_BELOW,
        margin={"t": 40, "b": 100},
        annotations=[_even(), *(_median_note(sets[kind], place) for place, kind in enumerate(sets))],
        shapes=[*fig.layout.shapes, *(_median_line(sets[kind], place) for place, kind in enumerate(sets))],
        xaxis={"title": {"text": t("overviews.speed_x")}, "range": [0, _end(sets)]},
        yaxis={
            "title": {"text": t("overviews.speed_y")},
            "range": [1.6, -0.6],
            "tickvals": [0, 1],
            "ticktext": [style.wrap(t(f"overviews.speed_{kind}"), 24) for kind in sets],
            "showgrid": False,
        },
    )
    alt = t("overviews.speed_alt", finding=finding, rows=_spoken(sets))
    return go.Figure(style.finish(fig.to_plotly_json(), alt=alt, finding=finding))


def _named(table: pd.DataFrame, ratio: str, label: str) -> pd.DataFrame:
    """Return the ratios in rising order with what each is about, and where in the swarm it stands."""
    known = table.dropna(subset=ratio)
    tidy = pd.DataFrame({"ratio": known[ratio].astype(float), "about": known[label], "shaky": is_shaky(known)})
    tidy = tidy.sort_values("ratio", ignore_index=True)
    # Within a bin the dots go up and down in turn: 0, 1, -1, 2, -2 …
    turn = tidy.groupby((tidy["ratio"] / _BIN).round()).cumcount()
    return tidy.assign(rise=((turn + 1) // 2 * (turn % 2 * 2 - 1)) * _STEP)


def _median(table: pd.DataFrame) -> float:
    return float(table["ratio"].median())


def _finding(sets: dict[str, pd.DataFrame]) -> str:
    apart = sets["rl"]["ratio"].max() < sets["vendor"]["ratio"].min()
    return t(
        "overviews.speed_finding",
        vendor=f"{_median(sets['vendor']):.2f}",
        rl=f"{_median(sets['rl']):.2f}",
        overlap=t("overviews.speed_apart" if apart else "overviews.speed_touch"),
    )


def _end(sets: dict[str, pd.DataFrame]) -> float:
    return max(float(table["ratio"].max()) for table in sets.values()) * 1.06


def _spoken(sets: dict[str, pd.DataFrame]) -> str:
    return "; ".join(
        t(
            "overviews.speed_spoken",
            name=t(f"overviews.speed_{kind}"),
            count=len(table),
            low=f"{table['ratio'].min():.2f}",
            high=f"{table['ratio'].max():.2f}",
            median=f"{_median(table):.2f}",
        )
        for kind, table in sets.items()
    )


def _even() -> dict[str, Any]:
    return note(t("overviews.speed_even"), 1, 1, yref="paper", yanchor="bottom")


def _median_line(table: pd.DataFrame, place: int) -> dict[str, Any]:
    middle = _median(table)
    line = {"color": style.INK, "width": 3}
    return {
        "type": "line",
        "x0": middle,
        "x1": middle,
        "y0": place - 0.42,
        "y1": place + 0.42,
        "line": line,
        "layer": "below",
    }


def _median_note(table: pd.DataFrame, place: int) -> dict[str, Any]:
    text = f"<b>{t('overviews.speed_median', median=f'{_median(table):.2f}')}</b>"
    return note(text, _median(table), place - 0.42, yanchor="bottom", yshift=2)


def _swarm(table: pd.DataFrame, kind: str, place: int) -> list[go.Scatter]:
    traces = []
    for shaky in SURE_AND_SHAKY:
        rows = table[table["shaky"] == shaky]
        traces.append(
            go.Scatter(
                x=rows["ratio"].tolist(),
                y=(place + rows["rise"]).tolist(),
                mode="markers",
                name=named(t(f"overviews.speed_short_{kind}"), shaky=shaky),
                marker=marker(_KINDS[kind], shaky=shaky),
                hovertext=[f"{row['about']}: {row['ratio']:.3f}" for row in records(rows)],
                hoverinfo="text",
                showlegend=not rows.empty,
            )
        )
    return traces
