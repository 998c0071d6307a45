"""Chips on the plane of the rule: how much computing power, and how densely packed."""

import math
import re
from collections.abc import Mapping
from itertools import product
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import pandas as pd
import plotly.graph_objects as go

from chipgap.data import is_shaky
from chipgap.figures import style
from chipgap.figures.marks import SURE_AND_SHAKY, Row, look, marker, named, number, records
from chipgap.text import t

RULES: Final = ("3A090.a", "3A090.b")
"""The parts of the rule that speak of performance and density; the later ones overlie the earlier."""

LABELLED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "P01": "bottom center", "P02": "bottom right", "P03": "bottom right", "P04": "bottom center",
        "P05": "bottom center", "P06": "bottom center", "P07": "bottom center", "P08": "bottom center",
        "P09": "bottom center", "P10": "bottom center", "P11": "bottom center", "P12": "bottom center",
        "P13": "middle right", "P18": "bottom center", "P19": "middle right", "P22": "middle right",
        "P25": "bottom center", "P26": "middle right", "P30": "middle right",
    }
)  # fmt: skip
"""The answers that carry a name, and on which side of the mark."""

_PLACES: Final = {
    "controlled": look("vermillion", "diamond"),
    "exception": look("orange", "square"),
    "outside": look("blue", "circle"),
}
_FILLS: Final = {"controlled": "#fae3d6", "exception": "#fdf3da"}


class Region(NamedTuple):
    """A part of the plane that one clause covers: from each low bound (included) to the high one (not)."""

    clause: str
    place: str
    tpp: tuple[float, float]
    density: tuple[float, float]

    def covers(self, tpp: float, density: float) -> bool:
        """Return whether the clause holds at this point."""
        return self.tpp[0] <= tpp < self.tpp[1] and self.density[0] <= density < self.density[1]

    def growth_to_enter(self, tpp: float, density: float) -> float:
        """Return the factor of computing power on the same die that brings the chip in (inf: none does)."""
        factor = max(1.0, self.tpp[0] / tpp, self.density[0] / density)
        return factor if self.covers(tpp * factor, density * factor) else math.inf


def control_regions(thresholds: pd.DataFrame) -> list[Region]:
    """Return the regions that the table ``rule_thresholds`` controls, first those that may be excepted."""
    ruled = thresholds[thresholds["rule"].isin(RULES)]
    clauses = ruled.drop_duplicates("clause").sort_values(["rule", "clause"], ascending=[False, True])
    return [_region(ruled[ruled["clause"] == clause]) for clause in clauses["clause"]]


def _region(conditions: pd.DataFrame) -> Region:
    bounds = {"tpp": [0.0, math.inf], "performance_density": [0.0, math.inf]}
    for row in records(conditions):
        bounds[row["quantity"]][row["comparison"] in ("<", "<=")] = float(row["value"])
    first = records(conditions)[0]
    place = "controlled" if first["outcome"] == "controlled" else "exception"
    tpp, density = ((low, high) for low, high in bounds.values())
    return Region(str(first["clause"]), place, tpp, density)


def chips_under_rule(
    answers: pd.DataFrame, thresholds: pd.DataFrame, labelled: Mapping[str, str] = LABELLED
) -> go.Figure:
    """Return performance against density, with the regions that the rule of 2023 controls.

    Parameters
    ----------
    answers
        The table ``tpp_answers``: one row a chip or a reading of it. Rows without a density are left out.
    thresholds
        The table ``rule_thresholds``: the regions are drawn from its conditions.
    labelled
        ``answer_id`` of the rows that carry their name, and on which side of the mark.
    """
    regions = control_regions(thresholds)
    chips = _placed(answers, regions)
    finding = _finding(chips, regions, _since(thresholds))
    span = [_span(chips["tpp"]), _span(chips["performance_density"])]
    traces = [*_areas(regions, span), _readings(chips), *_dots(chips), _names(chips, labelled)]
    fig = go.Figure(traces)
    fig.update_layout(
        height=580,
        legend=style.LEGEND_BELOW,
        margin={"t": 24, "b": 110},
        xaxis=_log_axis(t("overviews.rule_x"), span[0], (1000, 2000, 5000, 10000, 20000, 50000)),
        yaxis=_log_axis(t("overviews.rule_y"), span[1], (1, 2, 3, 5, 10, 20, 50)),
    )
    alt = t("overviews.rule_alt", finding=finding, rows=_spoken(chips))
    return go.Figure(style.finish(fig.to_plotly_json(), alt=alt, finding=finding))


def _placed(answers: pd.DataFrame, regions: list[Region]) -> pd.DataFrame:
    """Return the chips of known density, each with the place it falls into and whether it is shaky."""
    chips = answers.dropna(subset=["tpp", "performance_density"]).reset_index(drop=True)
    spots = zip(chips["tpp"].astype(float), chips["performance_density"].astype(float), strict=True)
    return chips.assign(place=[_place(spot, regions) for spot in spots], shaky=is_shaky(chips))


def _place(spot: tuple[float, float], regions: list[Region]) -> str:
    places = [region.place for region in regions if region.covers(*spot)]
    return places[-1] if places else "outside"


def _since(thresholds: pd.DataFrame) -> str:
    return pd.Timestamp(thresholds.loc[thresholds["rule"].isin(RULES), "applies_from"].min()).date().isoformat()


def _finding(chips: pd.DataFrame, regions: list[Region], day: str) -> str:
    outside = chips[chips["place"] == "outside"]
    names = set(chips["chip"])
    counts = {"inside": len(names - set(outside["chip"])), "total": len(names), "day": day}
    needed = {
        row["chip"]: min(r.growth_to_enter(float(row["tpp"]), float(row["performance_density"])) for r in regions)
        for row in records(outside)
    }
    if not needed:
        return t("overviews.rule_finding_none", **counts)
    chip = min(needed, key=lambda name: needed[name])
    return t("overviews.rule_finding", chip=_short(chip), pct=f"{100 * (needed[chip] - 1):.2g}", **counts)


def _short(chip: str) -> str:
    """Return a chip's name without its package and memory: "A100 SXM 80GB" is "A100"."""
    return re.sub(r" (SXM\d?|\d+GB)\b", "", chip)


def _spoken(chips: pd.DataFrame) -> str:
    return "; ".join(
        t(
            "overviews.rule_spoken",
            chip=" ".join(str(part) for part in (row["chip"], row["variant"]) if pd.notna(part)),
            tpp=f"{row['tpp']:,.0f}",
            density=row["performance_density"],
            place=t(f"overviews.rule_{row['place']}"),
        )
        for row in records(chips)
    )


def _span(values: "pd.Series[float]") -> tuple[float, float]:
    """Return the ends of an axis with room around the values."""
    return float(values.min()) / 1.9, float(values.max()) * 1.5


def _log_axis(title: str, span: tuple[float, float], ticks: tuple[int, ...]) -> dict[str, Any]:
    shown = [tick for tick in ticks if span[0] <= tick <= span[1]]
    return {
        "title": {"text": title},
        "type": "log",
        "range": [math.log10(end) for end in span],
        "tickvals": shown,
        "ticktext": [f"{tick:,}" for tick in shown],
    }


def _areas(regions: list[Region], span: list[tuple[float, float]]) -> list[go.Scatter]:
    """Return the regions, cut at the edges of the plane, each with its clause in a corner."""
    traces = []
    for region in regions:
        x = [min(max(end, span[0][0]), span[0][1]) for end in region.tpp]
        y = [min(max(end, span[1][0]), span[1][1]) for end in region.density]
        line = {"color": _PLACES[region.place].colour, "width": 1.5, "dash": "dot"}
        shape = {"x": [x[0], x[1], x[1], x[0], x[0]], "y": [y[0], y[0], y[1], y[1], y[0]]}
        fill = {"fill": "toself", "fillcolor": _FILLS[region.place], "mode": "lines", "line": line}
        traces.append(go.Scatter(**shape, **fill, hoverinfo="skip", showlegend=False))
    return [*traces, _clauses(regions, span)]


def _clauses(regions: list[Region], span: list[tuple[float, float]]) -> go.Scatter:
    """Return the clauses in a corner of their regions: the leftmost regions on top, where they are not overlaid."""
    left = min(region.tpp[0] for region in regions)
    tops = [region.tpp[0] == left for region in regions]
    ends = [region.density[top] for region, top in zip(regions, tops, strict=True)]
    return go.Scatter(
        x=[max(region.tpp[0], span[0][0]) for region in regions],
        y=[min(max(end, span[1][0]), span[1][1]) for end in ends],
        mode="text",
        text=[f" <i>{region.clause}</i>" for region in regions],
        textposition=["bottom right" if top else "top right" for top in tops],
        textfont={"size": 13, "color": style.SOFT_INK},
        hoverinfo="skip",
        showlegend=False,
    )


def _readings(chips: pd.DataFrame) -> go.Scatter:
    """Return lines between the readings of one chip, where sources or rules allow several."""
    x: list[float | None] = []
    y: list[float | None] = []
    for _, rows in chips.groupby("chip", sort=False):
        if len(rows) > 1:
            x += [*rows["tpp"].astype(float), None]
            y += [*rows["performance_density"].astype(float), None]
    line = {"color": style.SOFT_INK, "width": 2}
    return go.Scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", name=t("overviews.rule_readings"))


def _dots(chips: pd.DataFrame) -> list[go.Scatter]:
    traces = []
    for place, shaky in product(_PLACES, SURE_AND_SHAKY):
        rows = chips[(chips["place"] == place) & (chips["shaky"] == shaky)]
        traces.append(
            go.Scatter(
                x=rows["tpp"].astype(float).tolist(),
                y=rows["performance_density"].astype(float).tolist(),
                mode="markers",
                name=named(t(f"overviews.rule_{place}"), shaky=shaky),
                marker=marker(_PLACES[place], shaky=shaky),
                hovertext=[_hover(row) for row in records(rows)],
                hoverinfo="text",
                showlegend=not rows.empty,
            )
        )
    return traces


def _hover(row: Row) -> str:
    parts = [f"<b>{row['chip']}</b>", row["variant"], f"{number(row['tpp'], 5)} / {row['performance_density']}"]
    parts += [style.wrap(str(row["note"]), 60) if pd.notna(row["note"]) else pd.NA]
    return "<br>".join(str(part) for part in parts if pd.notna(part))


def _names(chips: pd.DataFrame, labelled: Mapping[str, str]) -> go.Scatter:
    """Return the names of the labelled chips; those at one point share one label."""
    shown = chips[chips["answer_id"].isin(list(labelled))]
    spots: dict[tuple[float, float], list[Row]] = {}
    for row in records(shown):
        spots.setdefault((float(row["tpp"]), float(row["performance_density"])), []).append(row)
    return go.Scatter(
        x=[spot[0] for spot in spots],
        y=[spot[1] for spot in spots],
        mode="markers+text",
        marker={"size": 16, "color": "rgba(0,0,0,0)"},  # unseen: keeps the names off the marks
        text=[", ".join(_short(row["chip"]) for row in rows) for rows in spots.values()],
        textposition=[labelled[rows[0]["answer_id"]] for rows in spots.values()],
        textfont={"size": 12, "color": style.INK},
        hoverinfo="skip",
        showlegend=False,
    )
