"""How fast a cluster trains a language model, from chips, wires and layout alone.

No term is fed a measured utilisation: ten numbers were fitted to published runs, the rest is counting.

>>> from chipgap.model import Cluster, Layout, Run, Stack, Workload, predict
"""

from chipgap.model.attribution import shapley
from chipgap.model.collectives import AlphaBeta, fit_all_reduce
from chipgap.model.fitting import cross_validate, fit, predicted_seconds
from chipgap.model.inputs import (
    AMPERE,
    ASCEND,
    FULL_RECOMPUTE,
    HOPPER,
    NO_RECOMPUTE,
    SELECTIVE_RECOMPUTE,
    Cluster,
    Layout,
    Run,
    Stack,
    Workload,
)
from chipgap.model.memory import Memory, memory
from chipgap.model.parameters import CHOICES, FITTED, GUESS, Choice, Parameters
from chipgap.model.rules import ImpossibleError, ModelError, broken_rules, check_run
from chipgap.model.scoring import Score, by_source, score
from chipgap.model.step import FIT, PARTS, Prediction, Waterfall, predict, waterfall
from chipgap.model.tables import Runs, read_runs

__all__ = [
    "AMPERE",
    "ASCEND",
    "CHOICES",
    "FIT",
    "FITTED",
    "FULL_RECOMPUTE",
    "GUESS",
    "HOPPER",
    "NO_RECOMPUTE",
    "PARTS",
    "SELECTIVE_RECOMPUTE",
    "AlphaBeta",
    "Choice",
    "Cluster",
    "ImpossibleError",
    "Layout",
    "Memory",
    "ModelError",
    "Parameters",
    "Prediction",
    "Run",
    "Runs",
    "Score",
    "Stack",
    "Waterfall",
    "Workload",
    "broken_rules",
    "by_source",
    "check_run",
    "cross_validate",
    "fit",
    "fit_all_reduce",
    "memory",
    "predict",
    "predicted_seconds",
    "read_runs",
    "score",
    "shapley",
    "waterfall",
]
