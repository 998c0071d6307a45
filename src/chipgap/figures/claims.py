"""The story's claims at a glance: who makes them, and how far they can be checked."""

import pandas as pd
import plotly.graph_objects as go

from chipgap.figures import style
from chipgap.text import t

_CHECKABLE = {
    "yes": ("green", "#d3efe5"),
    "later": ("sky", "#d9edf9"),
    "partly": ("yellow", "#f8f3ae"),
    "hardly": ("orange", "#fbdc98"),
    "no": ("vermillion", "#f7c3a3"),
    "opinion": ("purple", "#f3d4e5"),
}


def claims_overview(claims: pd.DataFrame) -> go.Figure:
    """Return one bar a speaker, split by how far the claims can be checked; each part names its claims.

    Parameters
    ----------
    claims
        The table ``claims``: ``claim_id``, ``speaker``, ``checkable``.
    """
    order = claims["speaker"].value_counts().index.tolist()
    checkable = int((claims["checkable"] == "yes").sum())
    finding = t("figures.claims_finding", checkable=checkable, total=len(claims), speakers=len(order))
    fig = go.Figure([_part(claims, order, word) for word in _CHECKABLE])
    fig.update_layout(
        barmode="stack",
        height=170 + 44 * len(order),
        legend=style.LEGEND_BELOW | {"traceorder": "normal", "entrywidth": 0.33, "entrywidthmode": "fraction"},
        margin={"t": 24, "b": 110},
        xaxis={"title": {"text": t("figures.claims_x")}, "dtick": 1},
        yaxis={"title": {"text": t("figures.claims_y")}, "autorange": "reversed", "type": "category"},
    )
    spoken = "; ".join(f"{who}: {', '.join(_ids(claims[claims['speaker'] == who]))}" for who in order)
    alt = t("figures.claims_alt", finding=finding, rows=spoken)
    return go.Figure(style.finish(fig.to_plotly_json(), alt=alt, finding=finding))


def _ids(claims: pd.DataFrame) -> list[str]:
    return claims["claim_id"].astype(str).tolist()


def _part(claims: pd.DataFrame, order: list[str], word: str) -> go.Bar:
    rows = claims[claims["checkable"] == word]
    ids = [_ids(rows[rows["speaker"] == who]) for who in order]
    strong, light = _CHECKABLE[word]
    return go.Bar(
        orientation="h",
        name=t(f"figures.checkable_{word}"),
        x=[len(group) or None for group in ids],
        y=[style.wrap(who, 24, 2) for who in order],
        text=[" ".join(group) for group in ids],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        textfont={"size": 12, "color": style.INK},
        constraintext="none",
        hovertemplate=t("figures.claims_hover", word=t(f"figures.checkable_{word}")) + "<extra></extra>",
        marker={"color": light, "line": {"color": style.OKABE_ITO[strong], "width": 2}},
        showlegend=not rows.empty,
    )
