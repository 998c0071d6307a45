"""The numbers of the model: ten that are fitted, the others set beforehand, and how each was chosen."""

from dataclasses import dataclass, field, fields, replace
from typing import Self

import numpy as np

from chipgap.model.inputs import Array


@dataclass(frozen=True)
class Parameters:
    """Every constant of the model. The first ten are fitted to published runs; none to a source by name.

    A field may also hold an array, to ask "what if" for many values at once.
    """

    # --- fitted -----------------------------------------------------------------------------------
    gemm_ampere: float | Array = 0.7201
    """Share of the peak that matrix products reach on A100 and its kin."""
    gemm_hopper: float | Array = 0.6072
    """The same on H100 and its kin."""
    gemm_ascend: float | Array = 0.6400
    """The same on the Ascend 910B."""
    attention: float | Array = 0.3204
    """Share of the peak that a fused attention kernel reaches, counting the causal half."""
    memory: float | Array = 0.7198
    """Share of the memory bandwidth that memory-bound work reaches."""
    host_floor_s: float | Array = 1.0486e-3
    """Least time the host needs to launch one layer, forward or backward, s."""
    network: float | Array = 0.9045
    """Share of the bandwidth between nodes that collectives reach."""
    overlap: float | Array = 0.6636
    """Share of a collective that can run beside computation where the software tries."""
    straggler: float | Array = 0.01006
    """Time lost per doubling of the number of replicas, which wait for the slowest."""
    engine_s: float | Array = 0.03753
    """What a pipeline engine with whole transfers loses per micro-batch, s."""
    # --- set beforehand ---------------------------------------------------------------------------
    attention_unfused: float | Array = 0.78
    hopper_attention: float | Array = 0.63
    ascend_memory: float | Array = 0.92
    logits_gemm: float | Array = 0.92
    logits_bytes: float | Array = 40.0
    link_switch: float | Array = 0.74
    link_mesh: float | Array = 0.62
    latency_s: float | Array = 46e-6
    power_exponent: float | Array = 0.31

    def with_values(self, names: tuple[str, ...], values: Array) -> Self:
        """Return a copy with ``names`` set to ``values`` (one number each)."""
        return replace(self, **{name: float(value) for name, value in zip(names, values, strict=True)})

    def values(self, names: tuple[str, ...]) -> Array:
        """Return the numbers of ``names`` as one array."""
        return np.array([getattr(self, name) for name in names], dtype=np.float64)


GUESS = Parameters(0.6, 0.6, 0.6, 0.3, 0.7, 0.25e-3, 0.8, 0.5, 0.005, 0.01)
"""What one might guess before seeing any run: every fit starts here, so that a number which the rows at
hand can't tell stays a guess. The host floor is fifty kernels of 5 us each."""

FITTED = tuple(item.name for item in fields(Parameters))[:10]
"""Names of the fitted numbers, in the order of :class:`Parameters`."""

BOUNDS = {
    "gemm_ampere": (0.2, 0.95),
    "gemm_hopper": (0.2, 0.95),
    "gemm_ascend": (0.2, 0.95),
    "attention": (0.05, 0.9),
    "memory": (0.2, 1.2),
    "host_floor_s": (1e-5, 5e-3),
    "network": (0.2, 1.0),
    "overlap": (0.01, 0.99),
    "straggler": (1e-4, 0.2),
    "engine_s": (1e-4, 0.2),
}
"""Least and greatest value a fit may give; physical, and never reached in the fits reported."""


@dataclass(frozen=True)
class Choice:
    """One decision about the model: the number it touches, why, and whether residuals had a say."""

    touches: str
    decision: str
    basis: str
    looked_at_residuals: bool = field(default=True, kw_only=True)


CHOICES = (
    Choice(
        "link_switch",
        "NVLink reaches 0.74 of its bandwidth, start-up 46 us",
        "measured all-reduce table",
        looked_at_residuals=False,
    ),
    Choice(
        "link_mesh",
        "a full mesh reaches 0.62 of its wires",
        "mean of six measured 910B collectives",
        looked_at_residuals=False,
    ),
    Choice(
        "ascend_memory",
        "910B memory reaches 0.92 of what A100's does",
        "measured exp and sigmoid",
        looked_at_residuals=False,
    ),
    Choice("logits_gemm", "the logits are one big product: 0.92 of the peak", "measured matmul, A800 and 910B"),
    Choice("logits_bytes", "40 bytes move per logit: ten passes of four", "counted in an unfused loss"),
    Choice(
        "hopper_attention",
        "kernels of A100's days reach 0.63 of H100's peak",
        "recalled microbenchmark",
        looked_at_residuals=False,
    ),
    Choice("attention_unfused", "attention as two plain products reaches 0.78", "set near an early fit"),
    Choice("power_exponent", "a chip on less power slows with its 0.31th power", "0.9 at 500 of 700 W, as others fit"),
    Choice("attention", "one number for every chip and kernel", "two generations did not help held-out runs"),
    Choice("overlap", "one number for tensor and data traffic", "two numbers made held-out runs worse"),
    Choice("straggler", "time grows with log2 of the replicas", "runs with one replica were predicted too slow"),
    Choice("engine_s", "a fixed cost per micro-batch with whole transfers", "BLOOM and MT-NLG were too fast alike"),
    Choice("host_floor_s", "third power, the same floor backward", "powers 2 to 6 and floors 1 to 2 tried on vTrain"),
    Choice("gathers_each_weight", "flat ring, four passes of the weights", "ZeRO-3 rows of 2021 were too fast"),
    Choice("recompute_stops_early", "PyTorch repeats all but the last product", "documented; fit gave 0.66 for 0.67"),
    Choice("micro_batch_sequences", "unpublished, no pipeline: up to 4", "2, 4 and 8 give the same held-out error"),
    Choice("p2p_sharded", "vTrain's transfers are split", "its own predictor; whole ones were far too slow"),
    Choice(
        "weights of the fit",
        "a source counts as at most 20 rows",
        "5, 10, 20, 40, 60 tried: 6.2, 6.1, 5.9, 6.1, 6.5 % held out",
    ),
    Choice("no jitter per chip, no GEMM-size curve", "left out", "no gain on held-out runs"),
)
"""Every decision that is not plain counting, so that a reader can discount for it."""
