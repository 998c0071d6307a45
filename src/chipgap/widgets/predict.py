"""A guess before the facts: a slider, a button that locks the guess in, and later the comparison."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import anywidget
from traitlets import Dict, TraitError

from chipgap.errors import ChipgapError
from chipgap.text import t
from chipgap.widgets._assets import asset
from chipgap.widgets.controls import Range, as_specs

if TYPE_CHECKING:
    from chipgap.ledger import Ledger


class Reveal:
    """A guess beside the truth: readable in a notebook and as text.

    Attributes: ``guess`` (None if there was none), ``truth``, ``text``.
    """

    def __init__(self, guess: float | None, truth: float, unit: str = "") -> None:
        self.guess, self.truth = guess, truth
        fields = {"guess": _say(guess, unit), "truth": _say(truth, unit)}
        if guess is None:
            self.text = t("predict.reveal_none", **fields)
        elif guess == truth:
            self.text = t("predict.reveal_exact", **fields)
        else:
            gap = _say(abs(guess - truth), unit)
            self.text = t("predict.reveal_high" if guess > truth else "predict.reveal_low", gap=gap, **fields)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return f"**{self.text}**"


def _say(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    number = f"{float(value):,.6g}"
    return number + (unit if unit == "%" else f" {unit}" if unit else "")


class Predict(anywidget.AnyWidget):
    """A question with a slider for the guess, kept in the ledger once it is locked in.

    Parameters
    ----------
    key
        The name under which the ledger keeps the guess.
    question
        What is asked.
    low, high, step
        The slider's ends and step.
    unit
        Shown with the number ("%" stands right behind it).

    Raises
    ------
    traitlets.TraitError
        If ``value`` is set outside ``low`` … ``high``, or after it was locked in.
    """

    _esm = asset("controls.js", "predict.js")
    _css = asset("chipgap.css")
    spec = Dict().tag(sync=True)
    view = Dict().tag(sync=True)

    def __init__(self, key: str, question: str, low: float, high: float, unit: str = "", *, step: float = 1) -> None:
        if not low < high or step <= 0:
            raise ChipgapError(t("predict.bad_range", low=low, high=high, step=step))
        self.key, self.unit, self._low, self._high, self._step = key, unit, low, high, step
        earlier = _earlier(key)
        self._locked = earlier is not None
        middle = low + round((high - low) / 2 / step) * step
        self._value: float = middle if earlier is None else earlier
        control = as_specs([Range("value", t("predict.guess"), low, high, step, unit)])[0]
        words = {name: t(f"predict.{name}") for name in ("lock", "locked", "waiting")}
        super().__init__(spec={"question": question, "control": control, "words": words}, view=self._view())
        self.on_msg(self._on_message)

    @property
    def value(self) -> float:
        """The guess as the slider stands."""
        return self._value

    @value.setter
    def value(self, value: float) -> None:
        if self._locked:
            raise TraitError(t("predict.already_locked", value=_say(self._value, self.unit)))
        if isinstance(value, bool) or not isinstance(value, int | float) or not self._low <= value <= self._high:
            raise TraitError(t("predict.bad_value", value=repr(value), low=self._low, high=self._high))
        self._value = value
        self.view = self._view()

    @property
    def locked(self) -> bool:
        """Whether the guess is locked in, now or on an earlier day."""
        return self._locked

    def lock(self) -> None:
        """Lock the guess in and keep it in the ledger; it can't be changed afterwards.

        Raises
        ------
        ChipgapError
            If the ledger can't be written; the guess is then not locked.
        """
        if self._locked:
            return
        _ledger().predict(self.key, self._value)
        self._locked = True
        self.view = self._view()

    def reveal(self, truth: float) -> Reveal:
        """Return the locked guess beside the ``truth``, for a later cell to show."""
        return Reveal(self._value if self._locked else None, truth, self.unit)

    def _view(self) -> dict[str, Any]:
        told = t("predict.saved", value=_say(self._value, self.unit)) if self._locked else ""
        return {"value": self._value, "locked": self._locked, "told": told}

    def _on_message(self, _widget: object, message: Mapping[str, Any], _buffers: object) -> None:
        error = t("predict.broken")
        try:
            if message.get("kind") == "set":
                self.value = message["values"]["value"]
            elif message.get("kind") == "lock":
                self.lock()
            error = ""
        except (TraitError, ChipgapError) as fault:
            error = str(fault)
        finally:
            self.send({"kind": "ack", "view": message.get("view"), "seq": message.get("seq"), "error": error})


def reveal(key: str, truth: float, unit: str = "") -> Reveal:
    """Return the guess that the ledger keeps under ``key`` beside the ``truth``."""
    return Reveal(_earlier(key), truth, unit)


def _earlier(key: str) -> float | None:
    """Return the guess that the ledger keeps; what is no number (written there by hand) is no guess."""
    value = _ledger().prediction(key)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _ledger() -> "Ledger":
    from chipgap.ledger import Ledger  # noqa: PLC0415  the lesson may never predict anything

    return Ledger.open()
