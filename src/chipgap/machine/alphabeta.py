"""The two numbers that describe a ring all-reduce: what a step costs, and how fast bytes pass."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chipgap.machine.errors import MachineError, whole

BYTES_PER_GB = 1e9


def bus_share(ranks: int) -> float:
    """Return how many times its message each rank sends: 2(n-1)/n, the factor of nccl-tests' bus bandwidth."""
    return 2 * (ranks - 1) / ranks


@dataclass(frozen=True)
class AlphaBeta:
    """Latency and bandwidth of a ring all-reduce, fitted to measured times.

    Attributes
    ----------
    ranks
        How many processes (or chips) form the ring.
    latency_s
        Seconds that each of the 2(n-1) steps costs, however small the message.
    bus_gbs
        Bandwidth of each link, one way, GB/s (1 GB = 10^9 bytes).

    """

    ranks: int
    latency_s: float
    bus_gbs: float

    @property
    def start_up_s(self) -> float:
        """Seconds that an all-reduce of nothing would take: 2(n-1) x latency."""
        return 2 * (self.ranks - 1) * self.latency_s

    def seconds(self, size_bytes: ArrayLike) -> NDArray[np.float64]:
        """Return the predicted seconds: 2(n-1)/n x size / bandwidth + 2(n-1) x latency."""
        size = np.asarray(size_bytes, dtype=np.float64)
        return self.start_up_s + bus_share(self.ranks) * size / (self.bus_gbs * BYTES_PER_GB)


def fit(size_bytes: ArrayLike, seconds: ArrayLike, ranks: int) -> AlphaBeta:
    """Fit latency and bandwidth to measured times, by least squares of relative errors.

    A small message weighs as much as a large one that way. Where the best latency would be below 0
    it is 0, and the bandwidth is fitted alone.

    Raises
    ------
    MachineError
        With fewer than two sizes or ranks, times that are not above 0 or that do not grow with size.
    """
    whole("ranks", ranks, 2)
    size, time = np.asarray(size_bytes, dtype=np.float64), np.asarray(seconds, dtype=np.float64)
    if size.shape != time.shape or np.unique(size).size < 2 or not (time > 0).all():
        raise MachineError(
            "The fit needs the times (above 0 s) of two different sizes or more, as many times as sizes."
        )
    steps, moved = 2 * (ranks - 1) / time, bus_share(ranks) * size / time
    (latency, per_byte), *_ = np.linalg.lstsq(np.column_stack([steps, moved]), np.ones_like(time))
    if latency < 0:
        latency, per_byte = 0.0, moved.sum() / (moved @ moved)
    if per_byte <= 0:
        raise MachineError("The times do not grow with the message, so no bandwidth can be read from them.")
    return AlphaBeta(ranks, float(latency), float(1 / per_byte / BYTES_PER_GB))
