"""What "efficiency" was claimed to be: when, by whom, and against which chip."""

from collections.abc import Hashable
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from chipgap.data import is_shaky
from chipgap.figures import style
from chipgap.text import t

Row = dict[Hashable, Any]

RANGE_DASH = "\N{EN DASH}"
_ROW_PX, _FRAME_PX = 58, 150


def efficiency_timeline(statements: pd.DataFrame) -> go.Figure:
    """Return one row a statement: from where to where "efficiency" was said to have gone.

    Parameters
    ----------
    statements
        The table ``efficiency_statements``: percent of a baseline chip (``from_pct_low`` … ``to_pct_high``),
        ``said_on``, ``speaker``, ``baseline``, ``status`` and ``confidence``. Statements without a percentage
        keep their row and say so.
    """
    table = statements.sort_values("said_on", kind="stable", ignore_index=True)
    finding = _finding(table)
    fig = go.Figure([trace for shaky in (False, True) for trace in _traces(table, shaky=shaky)])
    fig.add_vline(x=100, line={"color": style.SOFT_INK, "width": 1.5, "dash": "dot"})
    fig.update_layout(
        height=_FRAME_PX + _ROW_PX * len(table),
        legend=style.LEGEND_BELOW,
        margin={"t": 40, "b": 96},
        annotations=[*_notes(table), _mark_of_100()],
        xaxis={"title": {"text": t("figures.efficiency_x")}, "range": [0, _top(table)], "ticksuffix": " %"},
        yaxis={
            "title": {"text": t("figures.efficiency_y")},
            "range": [len(table) - 0.5, -0.75],
            "tickvals": list(range(len(table))),
            "ticktext": [_label(row) for row in table.to_dict("records")],
            "showgrid": False,
        },
    )
    alt = t("figures.efficiency_alt", finding=finding, rows=_spoken(table))
    return go.Figure(style.finish(fig.to_plotly_json(), alt=alt, finding=finding))


def efficiency_table(statements: pd.DataFrame) -> pd.DataFrame:
    """Return what :func:`efficiency_timeline` shows as a table to read: one row a statement, in words."""
    table = statements.sort_values("said_on", kind="stable", ignore_index=True)
    rows = table.to_dict("records")
    columns = {
        "when": [_day(row) for row in rows],
        "who": [str(row["speaker"]) for row in rows],
        "said": [_said(row) for row in rows],
        "baseline": [_baseline(row) for row in rows],
        "workload": [str(row["workload"]) if pd.notna(row["workload"]) else "" for row in rows],
        "doubt": [t("figures.shaky") if shaky else "" for shaky in is_shaky(table)],
    }
    return pd.DataFrame(columns).rename(columns=lambda name: t(f"figures.column_{name}"))


def _finding(table: pd.DataFrame) -> str:
    ends = table[["to_pct_low", "to_pct_high"]]
    baselines = table.loc[ends.notna().any(axis=1), "baseline"].dropna().nunique()
    speakers = table.loc[ends.notna().any(axis=1), "speaker"].value_counts()
    return t(
        "figures.efficiency_finding",
        low=_pct(ends.min().min()),
        high=_pct(ends.max().max()),
        baselines=baselines,
        speaker=speakers.index[0],
        times=speakers.iloc[0],
    )


def _pct(value: float) -> str:
    return f"{float(value):.3g}"


def _span(low: float, high: float) -> str:
    """Return "80%" or "80 to 120%" with a dash ("" where nothing is known)."""
    ends = list(dict.fromkeys(_pct(end) for end in (low, high) if pd.notna(end)))
    return f"{RANGE_DASH.join(ends)}%" if ends else ""


def _said(row: Row) -> str:
    """Return what one statement claims: "20% → nearly 80%"."""
    qualifier: str = f"{row['qualifier']} " if pd.notna(row["qualifier"]) else ""
    reached = _span(row["to_pct_low"], row["to_pct_high"])
    ends = [_span(row["from_pct_low"], row["from_pct_high"]), f"{qualifier}{reached}" if reached else ""]
    return " → ".join(end for end in ends if end) or t("figures.efficiency_no_pct")


def _baseline(row: Row) -> str:
    return str(row["baseline"]) if pd.notna(row["baseline"]) else t("figures.efficiency_no_baseline")


def _day(row: Row) -> str:
    """Return the day as precisely as it is known: "2025-04-22", "2024-06", "about 2025-07"."""
    day = pd.Timestamp(row["said_on"]).date().isoformat()
    precision = row["said_on_precision"]
    return day if precision == "day" else t(f"figures.day_{precision}", month=day[:7])


def _label(row: Row) -> str:
    who = style.wrap(str(row["speaker"]), 32, 1)
    against = style.wrap(t("figures.efficiency_of", baseline=_baseline(row)), 26, 2)
    return f"<b>{who}</b><br>{_day(row)}, {against}"


def _spoken(table: pd.DataFrame) -> str:
    return "; ".join(
        f"{_day(row)}, {row['speaker']}: {_said(row)} ({_baseline(row)})" for row in table.to_dict("records")
    )


def _top(table: pd.DataFrame) -> float:
    return max(110.0, float(table[["to_pct_low", "to_pct_high"]].max().max()) * 1.35)


def _mark_of_100() -> dict[str, Any]:
    return {
        "x": 100,
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "showarrow": False,
        "text": t("figures.efficiency_100"),
        "font": {"size": 12, "color": style.SOFT_INK},
    }


def _notes(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return what each statement says in words, at the right end of its marks."""
    shaky = is_shaky(table)
    notes = []
    for place, row in enumerate(table.to_dict("records")):
        ends = [end for end in (row["to_pct_high"], row["to_pct_low"]) if pd.notna(end)]
        text = style.wrap(_said(row), 60) + (f" <i>{t('figures.shaky_mark')}</i>" if shaky.iloc[place] else "")
        notes.append(
            {
                "x": float(max(ends)) if ends else 0,
                "y": place,
                "xanchor": "left",
                "xshift": 12,
                "yshift": 0,
                "showarrow": False,
                "text": text,
                "bgcolor": "rgba(255,255,255,0.85)",
                "font": {"size": 12, "color": style.INK},
            }
        )
    return notes


def _traces(table: pd.DataFrame, *, shaky: bool) -> list[go.Scatter]:
    """Return the journeys, the start marks and the end marks of the solid or of the shaky statements."""
    rows = table[is_shaky(table) == shaky]
    word = t("figures.efficiency_shaky") if shaky else ""
    return [
        _journeys(rows, shaky=shaky),
        _marks(rows, "from", f"{t('figures.efficiency_from')}{word}", shaky=shaky),
        _marks(rows, "to", f"{t('figures.efficiency_to')}{word}", shaky=shaky),
    ]


def _journeys(rows: pd.DataFrame, *, shaky: bool) -> go.Scatter:
    """Return the lines: from the lowest start to the highest end of each statement, with gaps between."""
    x: list[float | None] = []
    y: list[float | None] = []
    columns = ["from_pct_low", "from_pct_high", "to_pct_low", "to_pct_high"]
    for place, row in rows[columns].iterrows():
        known = [float(value) for value in row if pd.notna(value)]
        x += [min(known), max(known), None] if known else []
        y += [place, place, None] if known else []  # type: ignore[list-item]
    line = {"color": style.SOFT_INK, "width": 3, "dash": "dash" if shaky else "solid"}
    return go.Scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", showlegend=False)


def _marks(rows: pd.DataFrame, end: str, name: str, *, shaky: bool) -> go.Scatter:
    """Return the marks at one end; a range has a mark at each of its bounds."""
    long = rows.melt(value_vars=[f"{end}_pct_low", f"{end}_pct_high"], value_name="pct", ignore_index=False)
    long = long.dropna(subset="pct").reset_index(names="place").drop_duplicates(["place", "pct"])
    colour = style.OKABE_ITO["orange" if end == "from" else "blue"]
    shape = "circle" if end == "from" else "diamond"
    return go.Scatter(
        x=long["pct"].astype(float).tolist(),
        y=long["place"].tolist(),
        mode="markers",
        name=name,
        marker={
            "symbol": f"{shape}-open" if shaky else shape,
            "size": 13,
            "color": colour,
            "line": {"color": colour if shaky else style.INK, "width": 2.5 if shaky else 1},
        },
        hovertext=[_hover(rows.loc[place].to_dict()) for place in long["place"]],
        hoverinfo="text",
        showlegend=not long.empty,
    )


def _hover(row: Row) -> str:
    lines = [
        f"<b>{style.wrap(_said(row), 60)}</b>",
        style.wrap(t("figures.efficiency_of", baseline=_baseline(row)), 60),
    ]
    lines += [style.wrap(str(row[key]), 60) for key in ("workload", "note") if pd.notna(row[key])]
    return "<br>".join(lines)
