"""The controls of a widget, said once in Python and drawn as native HTML by ``static/controls.js``.

Native elements (select, range, checkbox, radio, button) bring keyboard and screen reader with them.
Each control names the trait that it moves; its label and unit are what the reader sees and hears.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Select:
    """One of several choices, in a drop-down list: ``options`` maps values to what the reader sees."""

    name: str
    label: str
    options: Mapping[str, str]
    kind: str = field(default="select", init=False)


@dataclass(frozen=True)
class Radio:
    """One of a few choices, all in view: ``options`` maps values to what the reader sees."""

    name: str
    label: str
    options: Mapping[str, str]
    kind: str = field(default="radio", init=False)


@dataclass(frozen=True)
class Range:
    """A number on a slider, from ``low`` to ``high`` in steps of ``step``, shown with its ``unit``.

    ``words`` says some values in words instead ({"3": "3 of 5: Doonwire"}).
    """

    name: str
    label: str
    low: float
    high: float
    step: float = 1
    unit: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    kind: str = field(default="range", init=False)


@dataclass(frozen=True)
class Checkbox:
    """A yes or no."""

    name: str
    label: str
    kind: str = field(default="checkbox", init=False)


@dataclass(frozen=True)
class Presets:
    """Buttons that set several traits at once: ``choices`` maps a button's text to the values it sets."""

    label: str
    choices: Mapping[str, Mapping[str, Any]]
    kind: str = field(default="presets", init=False)


Control = Select | Radio | Range | Checkbox | Presets


def as_specs(controls: list[Control]) -> list[dict[str, Any]]:
    """Return the controls as plain data for the browser; options as pairs, so that their order survives."""
    specs = [asdict(control) for control in controls]
    for spec in specs:
        for key in ("options", "choices"):
            if key in spec:
                spec[key] = list(spec[key].items())
    return specs
