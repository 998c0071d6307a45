"""The two-number model of an all-reduce, fitted to measured times."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from chipgap.model.inputs import Array
from chipgap.model.rules import ModelError
from chipgap.model.terms import ring_all_reduce


@dataclass(frozen=True)
class AlphaBeta:
    """Start-up time and bandwidth of an all-reduce among ``ranks`` chips."""

    ranks: int
    latency_s: float
    bus_byte_s: float

    def seconds(self, message_bytes: ArrayLike) -> Array:
        """Predicted seconds for messages of ``message_bytes``."""
        size = np.asarray(message_bytes, dtype=np.float64)
        return ring_all_reduce(size, np.asarray(float(self.ranks)), np.asarray(self.bus_byte_s), self.latency_s)


def fit_all_reduce(message_bytes: ArrayLike, seconds: ArrayLike, ranks: int) -> AlphaBeta:
    """Fit start-up time and bandwidth to measured all-reduce times, by least squares of relative errors.

    Raises
    ------
    ModelError
        With fewer than two sizes, fewer than two ranks, or times that do not grow with size.
    """
    size, time = np.asarray(message_bytes, dtype=np.float64), np.asarray(seconds, dtype=np.float64)
    if ranks < 2 or np.unique(size).size < 2:
        raise ModelError("Two numbers need two sizes at least, and an all-reduce two chips: give more measurements.")
    moved = 2 * (ranks - 1) / ranks * size
    (latency, per_byte), *_ = np.linalg.lstsq(np.column_stack([1 / time, moved / time]), np.ones_like(time), rcond=None)
    if per_byte <= 0:
        raise ModelError("The times do not grow with the message: no bandwidth can be read from them.")
    return AlphaBeta(ranks, float(latency), float(1 / per_byte))
