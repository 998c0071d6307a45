"""Plotly figures as plain HTML that shows itself without a notebook and without the network."""

import html
import json
from collections.abc import Iterator, Mapping
from typing import Any

PLOTLY = "application/vnd.plotly.v1+json"
WIDGET = "application/vnd.jupyter.widget-view+json"
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"

_FIGURE = """\
<div class="kept-figure" id="{key}" role="img" aria-label="{alt}" style="min-height: 360px"></div>
<script type="application/json" id="{key}-data">{data}</script>
<script>
(function () {{
  var figure = JSON.parse(document.getElementById("{key}-data").textContent);
  var config = Object.assign({{responsive: true, displaylogo: false}}, figure.config);
  delete config.plotlyServerURL;
  Plotly.newPlot("{key}", figure.data, figure.layout, config);
}})();
</script>
<noscript><p>{alt}</p></noscript>"""


def is_figure(value: object) -> bool:
    """Tell whether the value has a Plotly figure's shape: a list of traces and a layout."""
    return (
        isinstance(value, Mapping)
        and isinstance(value.get("data"), list)
        and isinstance(value.get("layout", {}), Mapping)
    )


def figure_html(figure: Mapping[str, Any], key: str) -> str:
    """Return the HTML of one figure; the page must hold plotly.js before it.

    Parameters
    ----------
    figure
        ``data``, ``layout`` and perhaps ``config``, as Plotly writes them.
    key
        The element's id, unique on the page.
    """
    wanted = {part: figure[part] for part in ("data", "layout", "config") if part in figure}
    data = json.dumps(wanted).replace("<", "\\u003c").replace("&", "\\u0026")
    return _FIGURE.format(key=key, data=data, alt=html.escape(alt_text(figure.get("layout", {}))))


def alt_text(layout: Mapping[str, Any]) -> str:
    """Return what the figure shows in words: ``layout.meta.alt``, else its title, else "Figure"."""
    meta = layout.get("meta")
    if isinstance(meta, Mapping) and meta.get("alt"):
        return str(meta["alt"])
    title = layout.get("title")
    text = title.get("text") if isinstance(title, Mapping) else title
    return str(text or "Figure")


def widget_figures(states: Mapping[str, Any], model: str) -> Iterator[dict[str, Any]]:
    """Yield the figures of a saved widget and of the widgets inside it, in order.

    Parameters
    ----------
    states
        The notebook's saved widget state, by model id.
    model
        Id of the widget to begin with.
    """
    seen: set[str] = set()
    waiting = [model]
    while waiting:
        name = waiting.pop()
        saved = states.get(name)
        if name in seen or not isinstance(saved, Mapping):
            continue
        seen.add(name)
        state = saved.get("state", {})
        figure = {"data": state.get("_widget_data"), "layout": state.get("_widget_layout") or {}}
        if is_figure(figure):
            yield _with_arrays(figure, saved.get("buffers", []))
        waiting.extend(
            child.removeprefix("IPY_MODEL_")
            for child in reversed(state.get("children") or [])
            if isinstance(child, str)
        )


def _with_arrays(figure: dict[str, Any], buffers: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Put a saved widget's binary arrays back, in the form plotly.js reads (``bdata`` and ``dtype``)."""
    whole = json.loads(json.dumps({"_widget_data": figure["data"], "_widget_layout": figure["layout"]}))
    for buffer in buffers:
        *way, name, _ = buffer["path"]  # ..., "x", "buffer"
        holder = whole
        for step in way:
            holder = holder[step]
        array = {"bdata": buffer["data"], "dtype": holder[name]["dtype"]}
        if len(holder[name].get("shape", ())) > 1:
            array["shape"] = ",".join(map(str, holder[name]["shape"]))
        holder[name] = array
    return {"data": whole["_widget_data"], "layout": whole["_widget_layout"]}
