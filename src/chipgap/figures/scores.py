"""Scores of language models with the range that the number of questions allows."""

from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from chipgap.data import is_shaky
from chipgap.figures import style
from chipgap.figures.marks import SURE_AND_SHAKY, Rows, grouped, look, marker, named, number, records
from chipgap.text import t

_PAIR_LOOKS: Final = (look("blue", "circle"), look("orange", "diamond"))
_SHADE: Final = "#dcecf7"
_OTHER: Final = look("black", "square")


def scores_with_intervals(
    intervals: pd.DataFrame,
    scores: pd.DataFrame,
    models: pd.DataFrame,
    benchmarks: pd.DataFrame,
    pair: tuple[str, str] = ("deepseek_r1", "o1_1217"),
) -> go.Figure:
    """Return each model's score with its 95% interval, test by test; the overlap of one pair is shaded.

    Parameters
    ----------
    intervals, scores, models, benchmarks
        The tables ``score_intervals``, ``model_scores``, ``models`` and ``benchmarks``.
    pair
        ``model_id`` of the two models to compare.
    """
    table = _joined(intervals, scores, models, benchmarks)
    rows = _rows(table)
    overlaps = _overlaps(table, pair)
    finding = _finding(table, overlaps, pair)
    fig = go.Figure([trace for kind in _kinds(table, pair) for trace in _dots(table, rows, *kind)])
    fig.add_trace(_shade_key())
    fig.update_layout(
        height=120 + 22 * (len(table) + len(rows.heads)),
        legend=style.LEGEND_BELOW,
        margin={"t": 16, "b": 96},
        shapes=[_shade(span, _reach(table[table["benchmark"] == test], rows)) for test, span in overlaps.items()],
        xaxis={"title": {"text": t("overviews.scores_x")}, "range": [0, 101], "ticksuffix": " %"},
        yaxis=rows.yaxis | {"title": {"text": t("overviews.scores_y")}},
    )
    alt = t("overviews.scores_alt", finding=finding, rows=_spoken(table))
    return go.Figure(style.finish(fig.to_plotly_json(), alt=alt, finding=finding))


def _joined(
    intervals: pd.DataFrame, scores: pd.DataFrame, models: pd.DataFrame, benchmarks: pd.DataFrame
) -> pd.DataFrame:
    """Return one row an interval with its score and the names, the best score of each test first."""
    known = scores.assign(score_shaky=is_shaky(scores))[
        ["score_id", "benchmark_id", "model_id", "score_pct", "score_shaky"]
    ]
    ranges = intervals.assign(shaky=is_shaky(intervals))[["score_id", "questions_n", "low_pct", "high_pct", "shaky"]]
    table = ranges.merge(known, on="score_id", validate="1:1")
    table = table.merge(models[["model_id", "model"]], on="model_id")
    order = {test: place for place, test in enumerate(table["benchmark_id"].unique())}
    table = table.merge(benchmarks[["benchmark_id", "benchmark"]], on="benchmark_id")
    table["shaky"] |= table["score_shaky"]
    return table.assign(place=table["benchmark_id"].map(order)).sort_values(
        ["place", "score_pct"], ascending=[True, False], ignore_index=True
    )


def _rows(table: pd.DataFrame) -> Rows:
    return grouped(
        {
            t("overviews.scores_group", test=test, questions=part["questions_n"].iloc[0]): [
                (row["score_id"], style.wrap(row["model"], 40)) for row in records(part)
            ]
            for test, part in table.groupby("benchmark", sort=False)
        }
    )


def _reach(part: pd.DataFrame, rows: Rows) -> tuple[float, float]:
    places = [rows.places[key] for key in part["score_id"]]
    return min(places) - 0.5, max(places) + 0.5


def _overlaps(table: pd.DataFrame, pair: tuple[str, str]) -> dict[str, tuple[float, float]]:
    """Return, for each test on which the pair's intervals overlap, from where to where."""
    both = table[table["model_id"].isin(pair)].groupby("benchmark", sort=False)
    spans = {test: (float(rows["low_pct"].max()), float(rows["high_pct"].min())) for test, rows in both}
    return {str(test): span for test, span in spans.items() if span[0] <= span[1]}


def _finding(table: pd.DataFrame, overlaps: dict[str, tuple[float, float]], pair: tuple[str, str]) -> str:
    names = table.set_index("model_id")["model"].to_dict()
    tests = table[table["model_id"].isin(pair)].groupby("benchmark")["model_id"].nunique().eq(2).sum()
    unsettled = t("overviews.scores_unsettled") if overlaps else ""
    one, other = (names[model] for model in pair)
    counts = {"overlaps": len(overlaps), "tests": tests}
    return t("overviews.scores_finding", one=one, other=other, unsettled=unsettled, **counts).strip()


def _shade(span: tuple[float, float], reach: tuple[float, float]) -> dict[str, Any]:
    corners = {"x0": span[0], "x1": span[1], "y0": reach[0], "y1": reach[1]}
    return {"type": "rect", "fillcolor": _SHADE, "line": {"width": 0}, "layer": "below"} | corners


def _shade_key() -> go.Scatter:
    """Return what the legend shows for the shaded overlap."""
    filling = {"symbol": "square", "size": 14, "color": _SHADE}
    return go.Scatter(x=[None], y=[None], mode="markers", marker=filling, name=t("overviews.scores_overlap"))


def _kinds(table: pd.DataFrame, pair: tuple[str, str]) -> list[tuple[Any, ...]]:
    """Return for the pair and the rest: which rows, under which name, with which look."""
    names = table.set_index("model_id")["model"].to_dict()
    kinds: list[tuple[Any, ...]] = [
        (table["model_id"] == model, names[model], shape) for model, shape in zip(pair, _PAIR_LOOKS, strict=True)
    ]
    return [*kinds, (~table["model_id"].isin(pair), t("overviews.scores_others"), _OTHER)]


def _dots(table: pd.DataFrame, rows: Rows, where: "pd.Series[bool]", name: str, shape: Any) -> list[go.Scatter]:  # noqa: ANN401
    traces = []
    for shaky in SURE_AND_SHAKY:
        part = table[where & (table["shaky"] == shaky)]
        up, down = part["high_pct"] - part["score_pct"], part["score_pct"] - part["low_pct"]
        traces.append(
            go.Scatter(
                x=part["score_pct"].astype(float).tolist(),
                y=[rows.places[key] for key in part["score_id"]],
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": up.astype(float).tolist(),
                    "arrayminus": down.astype(float).tolist(),
                    "color": shape.colour,
                    "thickness": 2,
                    "width": 4,
                },
                mode="markers",
                name=named(name, shaky=shaky),
                marker=marker(shape, shaky=shaky, size_px=10),
                hovertext=[_score(row) for row in records(part)],
                hoverinfo="text",
                showlegend=not part.empty,
            )
        )
    return traces


def _score(row: dict[Any, Any]) -> str:
    return f"{row['model']} {number(row['score_pct'])}% ({number(row['low_pct'])} to {number(row['high_pct'])})"


def _spoken(table: pd.DataFrame) -> str:
    parts = table.groupby("benchmark", sort=False)
    return "; ".join(
        t("overviews.scores_spoken", test=test, rows=", ".join(_score(row) for row in records(part)))
        for test, part in parts
    )
