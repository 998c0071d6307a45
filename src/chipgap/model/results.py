"""What a prediction is made of: the named parts of a step, and what is worked out on the way to them."""

from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from chipgap.model.inputs import Array


@dataclass(frozen=True)
class Waterfall:
    """Where the seconds of one step go; the parts add up to the whole step.

    Matrix products, attention and memory-bound work are those the model needs; everything after them
    is what a chip without neighbours, host or memory limit would not spend.
    """

    matrix_products: Array
    attention: Array
    memory_bound: Array
    host: Array
    recompute: Array
    tensor_parallel: Array
    context_parallel: Array
    expert_parallel: Array
    imbalance: Array
    stage_transfers: Array
    engine: Array
    bubble: Array
    data_parallel: Array
    optimizer: Array
    stragglers: Array

    @property
    def total(self) -> Array:
        """Seconds of the whole step."""
        parts = [getattr(self, name) for name in PARTS]
        return np.asarray(sum(parts[1:], start=parts[0]))


PARTS = tuple(field.name for field in fields(Waterfall))
"""Names of the parts of a waterfall, in order."""


@dataclass(frozen=True)
class Prediction:
    """How fast a configuration trains, and where its time goes."""

    seconds: Array
    """Seconds of one step."""
    tokens_per_s_chip: Array
    """Tokens a second that one chip gets through."""
    mfu: Array
    """(6 N + 12 L h s) x tokens per second and chip / peak; N: weights that work on a token."""
    parts: Waterfall


class Rates(NamedTuple):
    """What the hardware reaches: peak x efficiency, FLOP/s or byte/s."""

    gemm: Array
    attention: Array
    logits: Array
    memory: Array
    link: Array
    pair: Array
    network: Array


class Layer(NamedTuple):
    """Seconds of one layer for one micro-batch, forward and backward."""

    gemm: Array
    attention: Array
    moved: Array
    host: Array
    again: Array
    tensor: Array
    context: Array
    expert: Array

    @property
    def total(self) -> Array:
        """Seconds of the whole layer."""
        return np.asarray(sum(self[1:], start=self[0]))
