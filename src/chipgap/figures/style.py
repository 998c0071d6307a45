"""One look for every figure: a white card in both themes, colours that colour-blind readers can tell apart.

A figure carries ``layout.meta = {"alt": …, "finding": …}``: what a reader who cannot see it needs to know,
and the one sentence it is there to say. :func:`faults` says where a figure falls short of the standard.
"""

import html
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final

import plotly.graph_objects as go
import plotly.io as pio

from chipgap.figures._quick_import import spare_the_grammar

spare_the_grammar()  # before anything below makes Plotly load its renderers

FONT_FAMILY: Final = 'system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif'
MIN_TEXT_PX: Final = 12
_TITLE_CHARS: Final = 66
INK: Final = "#1b1f24"
SOFT_INK: Final = "#51575e"
GRID: Final = "#e3e6e9"
CARD: Final = "#ffffff"

OKABE_ITO: Final[Mapping[str, str]] = {
    "blue": "#0072B2",
    "orange": "#E69F00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "vermillion": "#D55E00",
    "sky": "#56B4E9",
    "yellow": "#F0E442",
    "black": "#000000",
}
"""The palette of Okabe and Ito (2008)."""


def _axis() -> dict[str, Any]:
    return {
        "automargin": True,
        "gridcolor": GRID,
        "linecolor": "#9aa1a9",
        "tickfont": {"size": 12, "color": INK},
        "title": {"font": {"size": 13, "color": INK}, "standoff": 12},
        "zeroline": False,
    }


TEMPLATE: Final = go.layout.Template(
    layout={
        "colorway": [OKABE_ITO[name] for name in ("blue", "orange", "green", "purple", "vermillion", "sky")],
        "font": {"family": FONT_FAMILY, "size": 13, "color": INK},
        "hoverlabel": {
            "align": "left",
            "bgcolor": CARD,
            "bordercolor": SOFT_INK,
            "font": {"family": FONT_FAMILY, "size": 13, "color": INK},
        },
        "legend": {"font": {"size": 12, "color": INK}, "itemclick": False, "itemdoubleclick": False},
        "margin": {"l": 24, "r": 24, "t": 24, "b": 24},
        "paper_bgcolor": CARD,
        "plot_bgcolor": CARD,
        "title": {
            "font": {"size": 16, "color": INK},
            "pad": {"l": 20, "t": 16},
            "x": 0,
            "xanchor": "left",
            "xref": "container",
            "y": 1,
            "yanchor": "top",
            "yref": "container",
        },
        "xaxis": _axis(),
        "yaxis": _axis(),
    }
)
pio.templates["chipgap"] = TEMPLATE

LEGEND_BELOW: Final[dict[str, Any]] = {
    "orientation": "h",
    "x": 0.02,
    "xanchor": "left",
    "xref": "container",
    "y": 0,
    "yanchor": "bottom",
    "yref": "container",
}
"""A legend along the lower edge, which takes its room from ``margin.b`` and never moves the plot."""


def wrap(text: str, width_chars: int, lines: int | None = None) -> str:
    """Return ``text`` escaped for a figure and broken at ``width_chars``; cut with … after ``lines`` lines."""
    parts = textwrap.wrap(text, width_chars, max_lines=lines, placeholder="…")
    return "<br>".join(html.escape(part, quote=False) for part in parts)


Spec = dict[str, Any]
"""A figure as plain data, ``{"data": [traces], "layout": {...}}``: quicker to make and compare than objects."""


def finish(spec: Spec, *, alt: str, finding: str) -> Spec:
    """Return ``spec`` with the house template, its two sentences, and the finding as its title.

    The title's height comes on top of the figure's own ``height`` and ``margin.t``, which must be there.
    """
    title = wrap(finding, _TITLE_CHARS)
    extra_px = _title_px(title)
    layout = spec["layout"]
    return {
        "data": spec["data"],
        "layout": layout
        | {
            "template": "chipgap",
            "meta": {"alt": alt, "finding": finding},
            "title": {"text": title},
            "height": layout["height"] + extra_px,
            "margin": layout["margin"] | {"t": layout["margin"]["t"] + extra_px},
        },
    }


def without_title(spec: Spec) -> Spec:
    """Return a copy of ``spec`` without title and its room, for places that print the finding above it."""
    layout = dict(spec["layout"])
    less_px = _title_px(layout.pop("title", {}).get("text") or "")
    layout["height"] -= less_px
    layout["margin"] = layout["margin"] | {"t": layout["margin"]["t"] - less_px}
    return {"data": spec["data"], "layout": layout}


def _title_px(title: str) -> int:
    return 24 + 22 * (title.count("<br>") + 1) if title else 0


def finding(fig: go.Figure) -> str:
    """Return the one sentence that ``fig`` is there to say ("" if it has none)."""
    return str((fig.layout.meta or {}).get("finding", ""))


def alt(fig: go.Figure) -> str:
    """Return what a reader who cannot see ``fig`` needs to know ("" if it says nothing)."""
    return str((fig.layout.meta or {}).get("alt", ""))


def faults(fig: go.Figure) -> list[str]:
    """Return in plain words where ``fig`` falls short of the figure standard (empty: nowhere)."""
    found = [f"layout.meta has no {key!r}" for key in ("alt", "finding") if not (fig.layout.meta or {}).get(key)]
    spec = fig.to_plotly_json()
    found += [f"{path} is {size} px: at least {MIN_TEXT_PX}" for path, size in _small_text(spec)]
    if not (fig.layout.template and fig.layout.template.layout.paper_bgcolor == CARD):
        found.append("the template is not 'chipgap'")
    if any(trace.type in _CARTESIAN for trace in fig.data):
        found += [f"{axis} has no title" for axis in ("xaxis", "yaxis") if not fig.layout[axis].title.text]
    return found


_CARTESIAN = {"scatter", "bar", "heatmap", "box", "violin", "histogram", "waterfall"}


def _small_text(node: object, path: str = "") -> Iterator[tuple[str, float]]:
    """Yield every font size below the floor; only ``font`` objects hold text sizes."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key == "size" and path.endswith("font") and isinstance(value, int | float) and value < MIN_TEXT_PX:
                yield f"{path}.size", float(value)
            yield from _small_text(value, f"{path}.{key}" if path else str(key))
    elif isinstance(node, list | tuple):
        for index, item in enumerate(node):
            yield from _small_text(item, f"{path}[{index}]")
