"""The widget standard: what every explorer of the course is made of.

State is traits (tests set them without a browser); a pure function turns state into a figure; the
differences to what is shown go to one ``FigureWidget``; a panel around it holds native controls, the
finding, the table and the state as a short text. A subclass says its traits, controls and figure.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Any, ClassVar, TypeGuard
from urllib.parse import quote, unquote

import anywidget
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from traitlets import Bool, Dict, Float, HasTraits, Int, TraitError, TraitType, Unicode

from chipgap.errors import ChipgapError
from chipgap.figures import style
from chipgap.figures.show import CONFIG, table_html
from chipgap.text import t
from chipgap.widgets._assets import asset
from chipgap.widgets.controls import Control, as_specs

_SMALL_BYTES = 60_000
_STRINGS = (
    "reset", "show_table", "hide_table", "save", "save_hint", "copy", "copied", "go", "what_to_try", "waiting",
    "controls", "figure_failed",
)  # fmt: skip


class StateError(ChipgapError):
    """A saved view that cannot be restored; the message says what is wrong with it."""


class Panel(anywidget.AnyWidget):
    """The browser's side of an explorer: everything around the figure, and the figure's place.

    ``spec`` is what stays (title, controls, words), ``view`` what changes with the state.
    """

    _esm = asset("controls.js", "panel.js")
    _css = asset("chipgap.css")
    spec = Dict().tag(sync=True)
    view = Dict().tag(sync=True)
    table = Unicode().tag(sync=True)
    figure = anywidget.WidgetTrait().tag(sync=True)


class _Figure(go.FigureWidget):  # type: ignore[misc]  # Plotly ships no types
    """A FigureWidget that a page can join at any time.

    Plotly's own tells a page that joins late (one loaded again, say) the figure as it was made, not as it is.
    """

    _made = False

    def __init__(self, spec: style.Spec) -> None:
        super().__init__(spec)
        self.set_trait("_config", {**CONFIG, "responsive": True})
        self._made = True

    def get_state(self, key: object = None, drop_defaults: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002
        """Return what is sent to the browser, the figure as it is now if all of it is asked for."""
        if self._made and key is None:
            self._catch_up()
        return dict(super().get_state(key, drop_defaults))

    def resend(self) -> None:
        """Send the whole figure again, to a page that missed it."""
        self._catch_up()
        self.send_state(["_config", "_widget_layout", "_widget_data"])

    def _catch_up(self) -> None:
        """Change Plotly's copies in place: assigning them would send them, and draw nothing."""
        now = self.to_plotly_json()
        self._widget_data[:] = now["data"]
        self._widget_layout.clear()
        self._widget_layout.update(now["layout"])


class Explorer(HasTraits):
    """A figure with controls.

    A subclass gives ``code`` (short name and version for saved views, such as "tracer1"), ``state`` (the
    names of the traits that make up the state, in the order of the saved view), ``title``, ``tries``,
    :meth:`controls`, :meth:`draw` and :attr:`table`.

    Raises
    ------
    traitlets.TraitError
        When a trait is set to a value it does not allow, or a setting is named that does not exist.
    """

    code: ClassVar[str]
    state: ClassVar[tuple[str, ...]]
    finding = Unicode(read_only=True, help="one computed sentence: what the figure shows now")
    width_px = Int(660, min=200, help="width of the figure's place; the browser tells, to the nearest 20 px")

    def __init__(self, **state: object) -> None:
        self._check_names(state)
        # JupyterLab hands messages from the page to another thread than the one that runs the cells.
        self._lock = RLock()
        self._batching = False
        self._shown: style.Spec | None = None
        self._figure_widget: _Figure | None = None
        self._panel: Panel | None = None
        self._table_open = False
        super().__init__()
        self._initial = self.values()
        self.set(**state)
        self.observe(lambda _change: self._refresh(), names=[*self.state, "width_px"])

    # What a subclass says.

    @property
    def title(self) -> str:
        """What the widget is called."""
        raise NotImplementedError

    @property
    def tries(self) -> list[str]:
        """What to try: two to four short sentences."""
        raise NotImplementedError

    def controls(self) -> list[Control]:
        """Return the controls, in reading order."""
        raise NotImplementedError

    def draw(self) -> style.Spec:
        """Return the figure of the present state as plain data, made with :func:`style.finish`.

        The traces are the same in number, kind and order for every state. Make dicts here, no Plotly
        objects: this runs at every step of a slider.
        """
        raise NotImplementedError

    @property
    def table(self) -> pd.DataFrame:
        """What the figure shows now, as a table."""
        raise NotImplementedError

    # State.

    def values(self) -> dict[str, Any]:
        """Return the state: each trait's name and value."""
        return {name: getattr(self, name) for name in self.state}

    def set(self, **values: object) -> None:
        """Set several traits with one redraw; all of them, or none if one is not allowed."""
        self._check_names(values)
        with self._one_redraw():
            before = self.values()
            try:
                self._assign(values)
            except TraitError:
                self._assign(before)
                raise

    def _assign(self, values: Mapping[str, object]) -> None:
        for name, value in values.items():
            setattr(self, name, value)

    def _check_names(self, names: Iterable[str]) -> None:
        for name in sorted(set(names) - set(self.state)):
            raise TraitError(f"{type(self).__name__} has no setting {name!r}; it has {', '.join(self.state)}.")

    def reset(self) -> None:
        """Go back to how the widget was before anything was set."""
        self.set(**self._initial)

    @contextmanager
    def _one_redraw(self) -> Iterator[None]:
        with self._lock:
            was, self._batching = self._batching, True
            try:
                yield
            finally:
                self._batching = was
                self._refresh()

    @property
    def state_string(self) -> str:
        """The state as a short text that can stand in a link: ``"tracer1:efficiency,3,0"``."""
        return f"{self.code}:" + ",".join(_as_text(value) for value in self.values().values())

    def restore(self, state_string: str) -> None:
        """Take the state from a text made by :attr:`state_string`.

        Raises
        ------
        StateError
            If the text is of another widget, has too few or too many values, or one that is not allowed;
            the state is then as it was.
        """
        code, colon, rest = state_string.strip().partition(":")
        if not colon or code != self.code:
            raise StateError(t("explorer.other_widget", given=state_string.strip()[:60], code=self.code))
        parts = rest.split(",")
        if len(parts) != len(self.state):
            raise StateError(t("explorer.wrong_count", expected=", ".join(self.state), given=len(parts)))
        pairs = zip(self.state, parts, strict=True)
        try:
            self.set(**{name: _from_text(self.traits()[name], name, part) for name, part in pairs})
        except TraitError as error:
            raise StateError(t("explorer.bad_value", reason=str(error))) from error

    # Figure.

    @property
    def figure(self) -> go.Figure:
        """The figure as it is now, on its own: no kernel needed to see it, and nothing changes it."""
        return go.Figure(self.draw())

    @property
    def figure_widget(self) -> _Figure:
        """The one live figure; made when first asked for, then only ever updated in place."""
        if self._figure_widget is None:
            self._shown = self._drawn
            self._figure_widget = _Figure(self._drawn)
        return self._figure_widget

    def _refresh(self) -> None:
        """Bring finding, figure and panel up to the present state."""
        with self._lock:
            if not self._batching:
                self._show_state()

    def _show_state(self) -> None:
        drawn = self.draw()
        said = drawn["layout"]["meta"]
        self.set_trait("finding", said["finding"])
        self._alt: str = said["alt"]
        self._drawn = style.without_title(drawn)
        self._drawn["layout"].pop("meta")
        if self._figure_widget is not None and self._shown is not None:
            _update_in_place(self._figure_widget, self._shown, self._drawn)
            self._shown = self._drawn
        if self._panel is not None:
            self._panel.view = self._view()
            self._send_table()

    # The browser.

    @property
    def panel(self) -> Panel:
        """The browser's side, made when first asked for."""
        if self._panel is None:
            self._panel = Panel(spec=self._spec(), view=self._view(), figure=self.figure_widget)
            self._panel.on_msg(self._on_message)
        return self._panel

    def _spec(self) -> dict[str, Any]:
        words = {name: t(f"explorer.{name}") for name in _STRINGS}
        return {"title": self.title, "controls": as_specs(self.controls()), "tries": self.tries, "words": words}

    def _view(self) -> dict[str, Any]:
        return {
            "values": self.values(),
            "finding": self.finding,
            "alt": self._alt,
            "state": self.state_string,
            "height": self._drawn["layout"]["height"],
        }

    def _send_table(self) -> None:
        """Send the table while the reader has it open, and only then: it is the largest thing to send."""
        if self._panel is not None:
            self._panel.table = table_html(self.table, self.finding) if self._table_open else ""

    def _on_message(self, _widget: object, message: Mapping[str, Any], _buffers: object) -> None:
        """Do what the reader asked for, then acknowledge, whatever happens: the browser waits for it."""
        error = t("explorer.broken")
        try:
            self._obey(message)
            error = ""
        except (TraitError, ChipgapError) as fault:
            error = str(fault)
        finally:
            reply = {"kind": "ack", "view": message.get("view"), "seq": message.get("seq"), "error": error}
            self.panel.send(reply)

    def _obey(self, message: Mapping[str, Any]) -> None:
        match message.get("kind"):
            case "set":
                self.set(**message["values"])
            case "reset":
                self.reset()
            case "restore":
                self.restore(str(message["state"]))
            case "resend":
                self.figure_widget.resend()
                self.panel.send_state("view")
            case "width":
                self.width_px = max(int(message["px"]), 200)
            case "table":
                self._table_open = bool(message["open"])
                self._send_table()

    def _repr_mimebundle_(self, **_kwargs: object) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = self.panel._repr_mimebundle_() or ({}, {})
        still = go.Figure(self._drawn)
        if len(still.to_json()) < _SMALL_BYTES:  # what viewers without a kernel show
            data = data | {"application/vnd.plotly.v1+json": still.to_plotly_json()}
        return {**data, "text/plain": f"{self.title}: {self.finding}"}, metadata


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    return quote(str(value), safe="")


def _from_text(trait: TraitType[Any, Any], name: str, text: str) -> object:
    """Return the value that ``text`` stands for, of the type the trait wants."""
    try:
        if isinstance(trait, Bool):
            return {"0": False, "1": True}[text]
        if isinstance(trait, Int | Float):
            return int(text) if isinstance(trait, Int) else float(text)
    except (KeyError, ValueError):
        raise TraitError(t("explorer.not_a_value", name=name, given=text)) from None
    return unquote(text)


def _update_in_place(widget: go.FigureWidget, before: style.Spec, after: style.Spec) -> None:
    """Bring ``widget`` from ``before`` to ``after``, touching only what differs, in one message.

    What the reader did to the figure (zoom, for one) is in neither, so it stays.
    """
    with widget.batch_update():
        for trace, was, now in zip(widget.data, before["data"], after["data"], strict=True):
            for path, value in _differences(was, now):
                trace[path] = value
        for path, value in _differences(before["layout"], after["layout"]):
            widget.layout[path] = value


def _differences(was: Mapping[str, Any], now: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield path and new value of each property that differs; None for one that is gone."""
    for key in {**was, **now}:
        path, a, b = f"{prefix}{key}", was.get(key), now.get(key)
        if key == "template" or _same(a, b):
            continue
        if _is_object(a) and _is_object(b):
            yield from _differences(a, b, f"{path}.")
        elif _are_objects(a) and _are_objects(b) and len(a) == len(b):
            for index, (x, y) in enumerate(zip(a, b, strict=True)):
                yield from _differences(x, y, f"{path}[{index}].")
        else:
            yield path, b


def _is_object(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Say whether ``value`` has properties of its own; an array in Plotly's packed form is one value."""
    return isinstance(value, Mapping) and "bdata" not in value


def _are_objects(value: object) -> TypeGuard[Sequence[Mapping[str, Any]]]:
    """Say whether ``value`` is a list of objects, such as a layout's annotations."""
    return isinstance(value, list | tuple) and bool(value) and all(map(_is_object, value))


def _same(a: object, b: object) -> bool:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return np.array_equal(np.asarray(a), np.asarray(b))
    return a == b
