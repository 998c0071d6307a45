"""Latency and bandwidth are found again in times that were made from them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipgap import machine
from chipgap.machine import AlphaBeta, MachineError, bus_share

SIZES = np.array([1e3, 1e5, 1e7])


@given(
    ranks=st.integers(2, 64),
    latency_s=st.floats(1e-7, 1e-2),
    bus_gbs=st.floats(1e-2, 1e3),
)
def test_fit_finds_what_the_times_were_made_from(ranks: int, latency_s: float, bus_gbs: float) -> None:
    sizes = 2 * (ranks - 1) * latency_s * bus_gbs * 1e9 * np.array([0.01, 0.3, 1, 10, 100])
    found = machine.fit(sizes, AlphaBeta(ranks, latency_s, bus_gbs).seconds(sizes), ranks)
    assert found.latency_s == pytest.approx(latency_s, rel=1e-6)
    assert found.bus_gbs == pytest.approx(bus_gbs, rel=1e-6)


def test_seconds_are_those_of_the_formula() -> None:
    ring = AlphaBeta(ranks=4, latency_s=1e-3, bus_gbs=2.0)
    assert ring.seconds(4e9) == pytest.approx(2 * 3 / 4 * 4e9 / 2e9 + 2 * 3 * 1e-3)
    assert ring.start_up_s == pytest.approx(6e-3)
    assert bus_share(2) == 1


def test_latency_is_never_below_zero() -> None:
    found = machine.fit(SIZES, SIZES**1.1 / 1e9, 2)
    assert found.latency_s == 0
    assert found.bus_gbs > 0


@pytest.mark.parametrize(
    ("sizes", "seconds", "ranks", "message"),
    [
        ([1e3], [1.0], 2, "two different sizes"),
        ([1e3, 1e3], [1.0, 2.0], 2, "two different sizes"),
        ([1e3, 1e4], [1.0], 2, "as many times as sizes"),
        ([1e3, 1e4], [0.0, 1.0], 2, "above 0 s"),
        ([1e3, 1e6], [2.0, 1.0], 2, "do not grow"),
        (SIZES, SIZES, 1, "ranks must be a whole number, 2 or more"),
    ],
)
def test_times_that_tell_nothing_are_refused(
    sizes: list[float], seconds: list[float], ranks: int, message: str
) -> None:
    with pytest.raises(MachineError, match=message):
        machine.fit(sizes, seconds, ranks)
