"""What every check is made of: a result that speaks, and careful looks at a student's value.

A check is a pure function of the student's value. It returns a :class:`Result`; in a lesson the
result is shown, in a graded cell ``.grade()`` turns a miss into an error, which is how nbgrader
knows. Checks test properties and known misconceptions and hold no answer.
"""

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

NOT_ANSWERED = "Not answered yet: write your solution in the cell above, run it, then run this cell again."


class CheckFailedError(AssertionError):
    """A graded check that did not pass. Jupyter shows its message alone, without a traceback."""

    def _render_traceback_(self) -> list[str]:
        """Return the lines Jupyter shows in place of a traceback."""
        return [str(self)]


@dataclass(frozen=True)
class Result:
    """The outcome of one check.

    Attributes
    ----------
    question
        Name of the question, such as ``"q1"``.
    passed
        Whether the value has every property that was looked at.
    message
        What is right, or what is wrong and why it matters, in plain words.
    """

    question: str
    passed: bool
    message: str

    def __str__(self) -> str:
        """Return the outcome as one paragraph of text."""
        if self.passed:
            return f"✓ {self.question}: {self.message}"
        return f'✗ {self.question}: {self.message}\n   Stuck? Run hint("{self.question}") in a new cell.'

    def _repr_html_(self) -> str:
        mark, word = ("✓", "Right") if self.passed else ("✗", "Not yet")
        colour = "--jp-success-color1, #1b7f4b" if self.passed else "--jp-warn-color1, #b45309"
        return (
            f'<p role="status" style="border-left: 4px solid var({colour}); padding: 0.4em 0.8em; margin: 0">'
            f"<strong>{mark} {word}</strong> ({html.escape(self.question)}). {html.escape(self.message)}</p>"
        )

    def grade(self) -> None:
        """Show a pass; raise a miss, so that nbgrader gives the points only to a pass.

        Raises
        ------
        CheckFailedError
            If the check did not pass; its text is the message.
        """
        if not self.passed:
            raise CheckFailedError(str(self))
        from IPython.display import display  # noqa: PLC0415 - checks are also used without Jupyter

        display(self)  # type: ignore[no-untyped-call]


class _Miss(Exception):  # noqa: N818 - carries a message out of a check, is never seen by a reader
    """Raised inside a check where a property does not hold."""


def need(holds: object, message: str) -> None:
    """Go on if the property holds; else end the check with this message."""
    if not holds:
        raise _Miss(message)


def check(question: str, praise: str) -> Callable[[Callable[[Any], None]], Callable[[Any], Result]]:
    """Turn a function that makes demands with :func:`need` into a check.

    Parameters
    ----------
    question
        Name of the question, such as ``"q1"``.
    praise
        What to say when every demand is met: what the answer shows, not only that it is right.
    """

    def wrap(demands: Callable[[Any], None]) -> Callable[[Any], Result]:
        def checked(value: Any) -> Result:
            try:
                need(value is not None and value is not Ellipsis, NOT_ANSWERED)
                demands(value)
            except _Miss as miss:
                return Result(question, passed=False, message=str(miss))
            return Result(question, passed=True, message=praise)

        checked.__name__ = question
        checked.__doc__ = demands.__doc__
        return checked

    return wrap


def run(function: Any, *arguments: object, shown: str | None = None, none_is_fine: bool = False) -> Any:
    """Call the student's function; an exception inside it becomes a miss that names the call.

    Parameters
    ----------
    function
        What the student wrote.
    arguments
        What to call it with.
    shown
        How to show the call in the message, where the arguments are too long to read.
    none_is_fine
        Whether None is an answer here; else it is a miss, as a function without ``return`` gives it.
    """
    need(callable(function), f"This should be a function; it is {describe(function)}.")
    name = getattr(function, "__name__", "your function")
    call = shown or f"{name}({', '.join(map(repr, arguments))})"
    try:
        answer = function(*arguments)
    except Exception as error:  # noqa: BLE001 - whatever the student's code raises is told to the student
        raise _Miss(f"{call} stopped with {type(error).__name__}: {error}") from None
    if not none_is_fine:
        need(answer is not None, f"{call} returned nothing. Not answered yet? Else see that it ends in return.")
    return answer


def describe(value: object) -> str:
    """Return a short, readable description of a value: its type, and itself where it is short."""
    text = repr(value)
    kind = type(value).__name__
    article = "an" if kind[0].lower() in "aeiou" else "a"
    return f"{article} {kind}" + (f", {text}" if len(text) <= 60 else "")


def number(value: object, name: str) -> float:
    """Return a real number given as int, float or NumPy scalar.

    A bool or a text is a miss that says what was expected; ``name`` says of what.
    """
    real = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    need(real, f"{name} should be a number; it is {describe(value)}.")
    return float(value)  # type: ignore[arg-type]


def near(value: float, target: float, relative: float = 1e-6) -> bool:
    """Return whether two numbers agree up to rounding in the last digits."""
    return abs(value - target) <= relative * max(1.0, abs(target))


def mapping(value: object, name: str) -> dict[Any, Any]:
    """Return a dict, a Series or a one-row DataFrame as a dict; anything else is a miss."""
    if isinstance(value, pd.DataFrame):
        need(len(value) == 1, f"{name} is a table of {len(value)} rows; one column of it, or a dict, is enough.")
        value = value.iloc[0]
    if isinstance(value, pd.Series):
        value = value.to_dict()
    need(isinstance(value, Mapping), f"{name} should be a dict or a Series; it is {describe(value)}.")
    return dict(value)  # type: ignore[call-overload, no-any-return]


def sequence(value: object, name: str) -> list[Any]:
    """Return a list, tuple, set, array, Index or Series as a list; a text or a number is a miss."""
    fine = isinstance(value, list | tuple | set | frozenset | np.ndarray | pd.Series | pd.Index)
    need(fine, f"{name} should be a list, tuple or set; it is {describe(value)}.")
    return list(value)  # type: ignore[call-overload, no-any-return]


def missing(value: Any) -> bool:
    """Return whether a value says "not there": None, NaN, NA, or an empty text."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return True
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))
