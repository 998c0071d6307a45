"""What can go wrong while a machine is measured, said so that the reader can put it right."""

from numbers import Integral, Real

from chipgap.errors import ChipgapError


class MachineError(ChipgapError):
    """A measurement that cannot be made here, or was asked for in a way that makes no sense."""


def whole(name: str, value: object, least: int) -> int:
    """Return ``value`` if it is a whole number of at least ``least``.

    Raises
    ------
    MachineError
        If it is not, naming it.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise MachineError(f"{name} must be a whole number, {least} or more; got {value!r}.")
    return int(value)


def positive(name: str, value: object, unit: str) -> float:
    """Return ``value`` as a float if it is a number above 0.

    Raises
    ------
    MachineError
        If it is not, naming it and its unit.
    """
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) < float("inf"):
        raise MachineError(f"{name} must be a number of {unit} above 0; got {value!r}.")
    return float(value)
