"""How much of their peak training runs reach, source by source and chip by chip."""

from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from chipgap.data import is_shaky
from chipgap.figures import style
from chipgap.figures.marks import SURE_AND_SHAKY, Look, Rows, grouped, look, marker, named, records
from chipgap.text import t

_LOOKS: Final = (
    look("blue", "circle"),
    look("sky", "square"),
    look("green", "triangle-up"),
    look("vermillion", "diamond"),
    look("purple", "cross"),
    look("orange", "pentagon"),
)
_EDGE_PCT: Final = 102.0
_GOLDEN: Final = 0.618034


def mfu_by_group(runs: pd.DataFrame) -> go.Figure:
    """Return one dot a training run: its share of peak, in rows by source, grouped by chip.

    Parameters
    ----------
    runs
        The table ``training_runs``; runs without ``mfu_canonical`` (a share of peak, 0 to 1) are left out. Runs
        in 8-bit numbers have rows of their own, since all are counted against the 16-bit peak.
    """
    table = _tidy(runs)
    medians = table.groupby(["chip", "row"])["pct"].agg(["median", "size"]).reset_index()
    rows = _rows(table, medians)
    finding = _finding(table, medians)
    chips = dict(zip(medians["chip"].unique(), _LOOKS, strict=False))
    fig = go.Figure([*_dots(table, rows, chips), _over(table, rows), _middles(medians, rows)])
    fig.add_vline(x=100, line={"color": style.SOFT_INK, "width": 1.5, "dash": "dot"})
    fig.update_layout(
        height=140 + 26 * (len(medians) + len(rows.heads)),
        legend=style.LEGEND_BELOW,
        margin={"t": 16, "b": 100},
        xaxis={"title": {"text": t("overviews.mfu_x")}, "range": [0, 104], "dtick": 10, "ticksuffix": " %"},
        yaxis=rows.yaxis | {"title": {"text": t("overviews.mfu_y")}},
    )
    alt = t("overviews.mfu_alt", finding=finding, rows=_spoken(medians))
    return go.Figure(style.finish(fig.to_plotly_json(), alt=alt, finding=finding))


def _tidy(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the measured runs: chip, row, share of peak in percent, and whether shaky."""
    known = runs.dropna(subset=["mfu_canonical", "chip"])
    names = [
        t("overviews.mfu_8bit", source=row["source_group"]) if row["precision"] == "fp8" else row["source_group"]
        for row in records(known)
    ]
    chips = [
        t("overviews.mfu_assumed", chip=row["chip"]) if row["chip_status"] == "assumed" else row["chip"]
        for row in records(known)
    ]
    pct = 100 * known["mfu_canonical"].astype(float)
    table = pd.DataFrame({"run": known["run_id"], "chip": chips, "row": names, "pct": pct, "shaky": is_shaky(known)})
    turn = table.groupby(["chip", "row"]).cumcount()
    return table.assign(rise=(turn * _GOLDEN % 1 - 0.5) * 0.6)


def _rows(table: pd.DataFrame, medians: pd.DataFrame) -> Rows:
    order = table["chip"].value_counts().index
    return grouped({chip: _of_chip(medians[medians["chip"] == chip]) for chip in order})


def _of_chip(medians: pd.DataFrame) -> list[tuple[tuple[str, str], str]]:
    return [
        ((row["chip"], row["row"]), t("overviews.mfu_row", source=row["row"], count=row["size"]))
        for row in records(medians.sort_values("median"))
    ]


def _finding(table: pd.DataFrame, medians: pd.DataFrame) -> str:
    chip = medians["chip"].value_counts().index[0]
    middles = medians.loc[medians["chip"] == chip, "median"]
    return t(
        "overviews.mfu_finding",
        chip=chip,
        low=f"{middles.min():.0f}",
        high=f"{middles.max():.0f}",
        impossible=int((table["pct"] > 100).sum()),
        total=len(table),
    )


def _spoken(medians: pd.DataFrame) -> str:
    return "; ".join(
        t(
            "overviews.mfu_spoken",
            chip=row["chip"],
            source=row["row"],
            median=f"{row['median']:.0f}",
            count=row["size"],
        )
        for row in records(medians)
    )


def _places(part: pd.DataFrame, rows: Rows) -> list[float]:
    keys = zip(part["chip"], part["row"], strict=True)
    return [rows.places[key] for key in keys]


def _dots(table: pd.DataFrame, rows: Rows, chips: dict[str, Look]) -> list[go.Scatter]:
    traces = []
    for chip, shape in chips.items():
        for shaky in SURE_AND_SHAKY:
            part = table[(table["chip"] == chip) & (table["shaky"] == shaky) & (table["pct"] <= 100)]
            heights = [place + rise for place, rise in zip(_places(part, rows), part["rise"], strict=True)]
            filling = marker(shape, shaky=shaky, size_px=8)
            if not shaky:
                filling["line"] = {"color": style.CARD, "width": 0.75}  # so many that dark edges would hide them
            dots = _dot_trace(part, heights, filling)
            # The rows name the chips: the legend is for what they do not say.
            traces.append(dots.update(name=named(chip, shaky=shaky), showlegend=shaky and not part.empty))
    return traces


def _dot_trace(part: pd.DataFrame, heights: list[float], filling: dict[str, Any]) -> go.Scatter:
    return go.Scatter(
        x=part["pct"].tolist(),
        y=heights,
        mode="markers",
        marker=filling,
        hovertext=[f"{row['run']}: {row['pct']:.1f}%" for row in records(part)],
        hoverinfo="text",
        showlegend=not part.empty,
    )


def _over(table: pd.DataFrame, rows: Rows) -> go.Scatter:
    """Return the runs above 100% as arrows at the edge: they cannot be, and would squeeze all others."""
    part = table[table["pct"] > 100]
    filling = marker(look("black", "triangle-right"), shaky=True)
    dots = _dot_trace(part, _places(part, rows), filling)
    return dots.update(x=[_EDGE_PCT] * len(part), name=t("overviews.mfu_over"))


def _middles(medians: pd.DataFrame, rows: Rows) -> go.Scatter:
    return go.Scatter(
        x=medians["median"].tolist(),
        y=_places(medians, rows),
        mode="markers",
        name=t("overviews.mfu_median"),
        marker={"symbol": "line-ns", "size": 18, "line": {"color": style.INK, "width": 3}},
        hovertext=[f"{row['median']:.1f}%" for row in records(medians)],
        hoverinfo="text",
    )
