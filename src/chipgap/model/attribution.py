"""Why one configuration is slower than another, without the order of the changes deciding."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from math import factorial, log

from chipgap.model.inputs import Run
from chipgap.model.parameters import Parameters
from chipgap.model.rules import ModelError
from chipgap.model.step import FIT, waterfall

MOST_GROUPS = 12


def shapley(
    before: Run,
    after: Run,
    changes: Mapping[str, Sequence[str]],
    parameters: tuple[Parameters, Parameters] | None = None,
    *,
    as_log: bool = False,
) -> dict[str, float]:
    """Share the difference between two configurations out among groups of changes.

    Each group gets the mean, over all orders in which the groups could be switched on, of what it
    adds: its Shapley value. A waterfall that switches them on one by one gives each group a share
    that depends on the order; these do not.

    Parameters
    ----------
    before, after
        One configuration each.
    changes
        Groups of fields, e.g. ``{"network": ["cluster.link_byte_s", "parameters.link_mesh"]}``; the
        groups together must turn ``before`` into ``after``.
    parameters
        The model's constants before and after; the published fit for both where None.
    as_log
        Share out log(after / before) instead of seconds.

    Returns
    -------
    dict
        For each group its part of ``after - before`` in seconds (negative: it saves time); the parts
        sum to the whole difference.

    Raises
    ------
    ModelError
        If a field is unknown or named twice, or the groups leave part of the difference out.
    """
    old, new = parameters or (FIT, FIT)
    names = list(changes)
    _check(names, changes, (before, old), (after, new))
    value = {}
    for size in range(len(names) + 1):
        for chosen in combinations(names, size):
            taken = [path for name in chosen for path in changes[name]]
            seconds = float(waterfall(*_mix((before, old), (after, new), taken)).total)
            value[frozenset(chosen)] = log(seconds) if as_log else seconds
    return {name: _mean_gain(name, names, value) for name in names}


def _mean_gain(name: str, names: list[str], value: dict[frozenset[str], float]) -> float:
    count, gain = len(names), 0.0
    for chosen, seconds in value.items():
        if name not in chosen:
            weight = factorial(len(chosen)) * factorial(count - len(chosen) - 1) / factorial(count)
            gain += weight * (value[chosen | {name}] - seconds)
    return gain


def _mix(before: tuple[Run, Parameters], after: tuple[Run, Parameters], paths: list[str]) -> tuple[Run, Parameters]:
    """Return ``before`` with the fields ``paths`` taken from ``after``."""
    run, constants = before
    for path in paths:
        group, field = path.split(".")
        if group == "parameters":
            constants = replace(constants, **{field: getattr(after[1], field)})
        else:
            part = replace(getattr(run, group), **{field: getattr(getattr(after[0], group), field)})
            run = replace(run, **{group: part})
    return run, constants


def _fields(run: Run, constants: Parameters) -> dict[str, object]:
    groups = {**vars(run), "parameters": constants}
    return {f"{group}.{field}": value for group, part in groups.items() for field, value in vars(part).items()}


def _check(
    names: list[str],
    changes: Mapping[str, Sequence[str]],
    before: tuple[Run, Parameters],
    after: tuple[Run, Parameters],
) -> None:
    old, new = _fields(*before), _fields(*after)
    named = [path for name in names for path in changes[name]]
    if unknown := sorted(set(named) - set(old)):
        raise ModelError(f"No such field: {', '.join(unknown)}. Fields are written like cluster.link_byte_s.")
    if len(set(named)) < len(named):
        raise ModelError("A field is named in two groups of changes; each may belong to one only.")
    if len(names) > MOST_GROUPS:
        raise ModelError(f"{len(names)} groups of changes make {2 ** len(names)} mixtures; {MOST_GROUPS} is the most.")
    left = [path for path in old if path not in named and not _same(old[path], new[path])]
    if left:
        raise ModelError(f"No group of changes holds {', '.join(left)}, though before and after differ there.")


def _same(one: object, other: object) -> bool:
    return bool(one == other) or (one != one and other != other)  # noqa: PLR0124  # NaN marks "none"
