"""How far predictions are off, row by row and source by source."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from chipgap.model.fitting import predicted_seconds
from chipgap.model.parameters import Parameters
from chipgap.model.tables import read_runs


@dataclass(frozen=True)
class Score:
    """The errors of the model on a table of runs."""

    rows: pd.DataFrame
    """One row a run: ``run_id``, ``source_group``, ``kind`` (dense, moe, fp8), ``locked_test``, ``set_aside`` (the
    table's own reason not to score it), ``measured_s``, ``predicted_s``, ``error_pct`` (negative: predicted too fast)
    and ``unusable``: why there is no prediction."""
    sources: pd.DataFrame
    """One row a source and kind, over rows not set aside: ``runs``, ``mean_abs_pct``, ``median_abs_pct`` and
    ``bias_pct``."""
    error_pct: float
    """Mean over sources of their mean absolute error, dense runs, locked rows apart."""


def score(table: pd.DataFrame | str | Path | None = None, parameters: Parameters | None = None) -> Score:
    """Predict every run of a table with the columns of ``training_runs`` and compare.

    Parameters
    ----------
    table
        A data frame or the path of a CSV file; the course's own table where None.
    parameters
        The model's constants; the published fit where None.

    Raises
    ------
    ModelError
        If a column without which nothing can be predicted is missing.
    """
    runs = read_runs(table)
    usable = runs.unusable == ""
    predicted = np.full(len(usable), np.nan)
    predicted[usable] = predicted_seconds(runs.take(usable), parameters)
    given = runs.table
    rows = pd.DataFrame(
        {
            "run_id": given["run_id"].astype(str) if "run_id" in given else [str(i) for i in range(len(given))],
            "source_group": given["source_group"].astype(str) if "source_group" in given else "all",
            "kind": runs.kind,
            "locked_test": _column(given, "locked_test", fill=False).astype(str).str.lower().isin(["true", "1"]),
            "set_aside": _column(given, "not_scored_because", fill="").astype(str),
            "measured_s": runs.seconds,
            "predicted_s": predicted,
            "error_pct": 100 * (predicted / runs.seconds - 1),
            "unusable": runs.unusable.astype(str),
        }
    )
    sources = by_source(rows[usable & rows["set_aside"].isin(["", "mixture of experts", "fp8"])])
    dense = sources[(sources["kind"] == "dense") & ~sources["locked_test"]]
    return Score(rows, sources, float(dense["mean_abs_pct"].mean()))


def by_source(rows: pd.DataFrame, keys: tuple[str, ...] = ("source_group", "kind", "locked_test")) -> pd.DataFrame:
    """Mean, median and signed error per source of rows that have ``error_pct``."""
    grouped = rows.assign(size=rows["error_pct"].abs()).groupby(list(keys), sort=True)
    table = grouped.agg(
        runs=("size", "size"),
        mean_abs_pct=("size", "mean"),
        median_abs_pct=("size", "median"),
        bias_pct=("error_pct", "mean"),
    )
    return table.reset_index()


def _column(table: pd.DataFrame, name: str, *, fill: object) -> pd.Series:
    if name not in table:
        return pd.Series([fill] * len(table), index=table.index)
    return table[name].astype("object").where(table[name].notna(), fill)
