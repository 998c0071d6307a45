"""A figure for a lesson: the sentence it is there to say, the figure, and the same numbers as a table.

The three are plain outputs (HTML, Plotly's JSON, HTML), so they stay in a stored notebook without a kernel.
"""

import html
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from chipgap.figures import style
from chipgap.text import t

_HIDDEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap"


def table_html(table: pd.DataFrame, caption: str) -> str:
    """Return ``table`` as an HTML table that screen readers can walk: caption, column and row heads."""
    heads = "".join(f'<th scope="col" style="text-align:left">{_text(name)}</th>' for name in table.columns)
    rows = "".join(_row(row) for row in table.itertuples(index=False, name=None))
    return (
        f'<table class="chipgap-table"><caption style="text-align:left;white-space:normal">{_text(caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(values: tuple[object, ...]) -> str:
    head, *rest = values
    style_ = "text-align:left;vertical-align:top;white-space:normal"
    tail = "".join(f'<td style="{style_}">{_text(value)}</td>' for value in rest)
    return f'<tr><th scope="row" style="{style_}">{_text(head)}</th>{tail}</tr>'


def _text(value: object) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):  # noqa: PLR0124
        return "\N{EN DASH}"
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return html.escape(f"{value:,.4g}" if isinstance(value, float) else str(value))


def bundles(fig: go.Figure, table: pd.DataFrame | None = None) -> list[dict[str, Any]]:
    """Return the outputs that :func:`show` displays, one MIME bundle each."""
    finding, alt = style.finding(fig), style.alt(fig)
    sentence = (
        f'<p class="chipgap-finding" style="font-size:1.15em;font-weight:600;margin:8px 0">{_text(finding)}</p>'
        f'<p style="{_HIDDEN}">{_text(t("figures.described", alt=alt))}</p>'
    )
    shown: list[dict[str, Any]] = [
        {"text/html": sentence, "text/plain": finding},
        {
            "application/vnd.plotly.v1+json": style.without_title(fig.to_plotly_json()) | {"config": dict(CONFIG)},
            "text/plain": alt,
        },
    ]
    if table is not None:
        shown.append({"text/html": _details(table, finding), "text/plain": table.to_string(index=False)})
    return shown


CONFIG = {"displaylogo": False, "displayModeBar": False}
"""Plotly's settings for every figure: no logo, no toolbar that covers words. Not ``responsive``: with it a
resized window takes a figure's height from its place, which has none of its own in a notebook."""


def _details(table: pd.DataFrame, caption: str) -> str:
    body = f'<div style="overflow-x:auto" tabindex="0">{table_html(table, caption)}</div>'
    return f"<details><summary>{_text(t('figures.show_table'))}</summary>{body}</details>"


def show(fig: go.Figure, table: pd.DataFrame | None = None) -> None:
    """Display ``fig`` under its finding, with "Show as table" below it if there is a ``table``."""
    from IPython.display import display  # noqa: PLC0415  only a notebook has it loaded

    for bundle in bundles(fig, table):
        display(bundle, raw=True)  # type: ignore[no-untyped-call]
