"""Fit the model's ten numbers to published runs, and try it on sources it never saw."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from chipgap.model.inputs import Array
from chipgap.model.parameters import BOUNDS, FITTED, GUESS, Parameters
from chipgap.model.rules import ModelError
from chipgap.model.step import FIT, PARTS, waterfall
from chipgap.model.tables import Runs

MOST_ROWS = 20.0
"""A source with more rows than this weighs as if it had so many."""
SOFT = 0.05
"""Relative error up to which a row counts by its square; beyond, by its size."""


def predicted_seconds(runs: Runs, parameters: Parameters | None = None, without: tuple[str, ...] = ()) -> Array:
    """Predicted seconds of one step for every row; parts named in ``without`` are left out of the model.

    Raises
    ------
    ModelError
        If a name in ``without`` is no part of a waterfall.
    """
    if unknown := set(without) - set(PARTS):
        raise ModelError(f"No such part: {', '.join(sorted(unknown))}. There are: {', '.join(PARTS)}.")
    made = waterfall(runs.run, parameters or FIT)
    return np.asarray(made.total - sum(getattr(made, name) for name in without))


def fit(
    runs: Runs,
    start: Parameters | None = None,
    names: tuple[str, ...] = FITTED,
    most_rows: float = MOST_ROWS,
    without: tuple[str, ...] = (),
) -> Parameters:
    """Fit ``names`` to the measured step times of ``runs``.

    Least squares of log(predicted / measured), softened so that an odd row can't pull far, each source
    weighing as at most ``most_rows`` rows. Levenberg and Marquardt's method on the logarithms. Parts named
    in ``without`` are left out of the model, to see what they are worth.

    Raises
    ------
    ModelError
        If a row can't be predicted, or there are fewer rows than numbers.
    """
    if (runs.unusable != "").any():
        raise ModelError(f"A row can't be fitted: {runs.unusable[runs.unusable != ''][0]}. Take runs.fittable first.")
    if len(runs.table) < len(names):
        raise ModelError(f"{len(names)} numbers can't be fitted to {len(runs.table)} rows.")
    start = start or GUESS
    group = runs.table["source_group"]
    count = group.map(group.value_counts()).to_numpy(dtype=np.float64)
    weight, target = np.minimum(count, most_rows) / count, np.log(runs.seconds)

    def miss(logs: Array) -> Array:
        return np.asarray(np.log(predicted_seconds(runs, start.with_values(names, np.exp(logs)), without)) - target)

    low, high = np.log(np.array([BOUNDS[name] for name in names])).T
    return start.with_values(names, np.exp(_minimise(miss, np.log(start.values(names)), weight, (low, high))))


def _minimise(miss: Callable[[Array], Array], point: Array, weight: Array, bounds: tuple[Array, Array]) -> Array:
    def cost(error: Array) -> float:
        return float(weight @ (np.sqrt(1 + (error / SOFT) ** 2) - 1))

    error, damping = miss(point), 1e-3
    for _ in range(40):
        slope = np.column_stack([(miss(point + step) - error) / 1e-4 for step in 1e-4 * np.eye(point.size)])
        pull = weight / np.sqrt(1 + (error / SOFT) ** 2)
        square, gradient = slope.T @ (slope * pull[:, None]), slope.T @ (pull * error)
        scale, gain = np.diag(np.diag(square) + 1e-6 * np.trace(square)), 0.0
        for _ in range(12):
            trial = np.clip(point - np.linalg.solve(square + damping * scale, gradient), *bounds)
            if (lower := cost(new := miss(trial))) < cost(error):
                gain = 1 - lower / cost(error)
                point, error, damping = trial, new, max(damping / 5, 1e-9)
                break
            damping *= 5
        if gain < 1e-6:
            break
    return point


def cross_validate(
    runs: Runs,
    start: Parameters | None = None,
    by: str = "loso_group",
    most_rows: float = MOST_ROWS,
    without: tuple[str, ...] = (),
) -> pd.DataFrame:
    """Predict each laboratory's runs with numbers fitted to all the others' (leave one source out).

    Parameters
    ----------
    runs
        Rows with ``fittable`` all true.
    start
        Where each fit starts; :data:`chipgap.model.parameters.GUESS` where None, which knows nothing of any run.
    by
        Column whose groups are held out together.
    most_rows, without
        As in :func:`fit`.

    Returns
    -------
    pandas.DataFrame
        One row a run: ``run_id``, ``source_group``, the group, ``measured_s``, ``in_sample_s`` (fitted to
        all rows), ``held_out_s``.
    """
    groups = runs.table[by].astype(str).to_numpy()

    def fitted(part: Runs) -> Parameters:
        return fit(part, start, most_rows=most_rows, without=without)

    everything = fitted(runs)
    held_out = np.empty(len(groups))
    for group in np.unique(groups):
        out = groups == group
        held_out[out] = predicted_seconds(runs.take(out), fitted(runs.take(~out)), without)
    columns = {
        "measured_s": runs.seconds,
        "in_sample_s": predicted_seconds(runs, everything, without),
        "held_out_s": held_out,
    }
    return runs.table[["run_id", "source_group", by]].reset_index(drop=True).assign(**columns)
