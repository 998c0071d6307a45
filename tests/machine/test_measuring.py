"""A measured machine is consistent with itself, tells its progress and its conditions, and shows itself."""

import io
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from chipgap import machine
from chipgap.machine import Machine, MachineError, chip, conditions, measuring
from chipgap.machine.progress import telling

LIMIT_GBS = 0.05


@pytest.fixture(scope="module")
def told() -> list[tuple[float, str]]:
    return []


@pytest.fixture(scope="module")
def mine(told: list[tuple[float, str]]) -> Machine:
    return machine.measure(
        seconds=1.0, ranks=2, limit_gbs=LIMIT_GBS, progress=lambda share, what: told.append((share, what))
    )


def test_progress_rises_to_the_end(mine: Machine, told: list[tuple[float, str]]) -> None:
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert told[-1] == (1.0, "Measured.")
    assert all("Matrix" in what or "Memory" in what or "All-reduce" in what for _, what in told[:-1])


def test_roofline_follows_from_both_rates(mine: Machine) -> None:
    assert mine.gemm_gflops == mine.gemm.query("dtype == 'float32'")["best_gflops"].max() > 0
    assert mine.memory_gbs == mine.memory.set_index("kernel").loc["triad", "best_gbs"] > 0
    ridge = mine.ridge_flop_per_byte
    assert ridge == pytest.approx(mine.gemm_gflops / mine.memory_gbs)
    below, at, above = mine.attainable_gflops([ridge / 2, ridge, ridge * 2])
    assert (below, at, above) == pytest.approx((mine.gemm_gflops / 2, mine.gemm_gflops, mine.gemm_gflops))


def test_best_is_never_slower_than_the_median(mine: Machine) -> None:
    assert (mine.gemm["best_gflops"] >= mine.gemm["median_gflops"]).all()
    assert (mine.memory["best_gbs"] >= mine.memory["median_gbs"]).all()
    assert set(mine.memory["kernel"]) == {"copy", "add", "triad"}


def test_table_of_all_reduces_keeps_to_the_formulas(mine: Machine) -> None:
    table = mine.allreduce
    assert set(zip(table["transport"], table["limit_gbs"].fillna(0), strict=True)) == {
        ("shared", 0), ("tcp", 0), ("tcp", LIMIT_GBS),
    }  # fmt: skip
    np.testing.assert_allclose(table["algorithm_gbs"], table["size_bytes"] / table["seconds"] / 1e9)
    np.testing.assert_allclose(table["bus_gbs"], table["algorithm_gbs"])  # 2(n-1)/n is 1 for two ranks
    limited = table[table["limit_gbs"].notna()]
    assert (limited["bus_gbs"] <= LIMIT_GBS * 1.15).all()
    assert limited["size_bytes"].max() < table["size_bytes"].max(), (
        "what the limit does not let through in time is left out"
    )
    assert any("left out" in note and "limit" in note for note in mine.notes)


def test_cluster_shares_the_machine_among_its_ranks(mine: Machine) -> None:
    cluster = mine.as_cluster()
    assert cluster["chips"] * cluster["peak_tflops"] == pytest.approx(mine.gemm_gflops / 1e3)
    assert cluster["chips"] * cluster["memory_gbs"] == pytest.approx(mine.memory_gbs)
    assert cluster["link_gbs"] == mine.fits["shared"].bus_gbs
    assert cluster["network_gbs"] == mine.fits["tcp limited"].bus_gbs
    assert all(np.isfinite(value) and value >= 0 for value in cluster.values())


def test_conditions_are_told(mine: Machine) -> None:
    told = mine.conditions
    assert told.cpu
    assert told.blas
    assert told.numpy == np.__version__
    assert 1 <= told.memory_threads == told.cores
    assert told.gemm_cores_busy >= 0
    assert told.ranks == 2


def test_results_are_shown_as_tables_and_as_text(mine: Machine) -> None:
    shown = mine._repr_html_()
    assert shown.count("<table") == 5
    assert "FLOP per byte, memory sets the pace" in shown
    assert "bus_gbs" in str(mine)
    assert str(mine.conditions.cpu) in str(mine)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ranks": 1}, "ranks must be a whole number, 2 or more"),
        ({"ranks": 1000}, "64 at most"),
        ({"seconds": 0}, "seconds must be a number of seconds above 0"),
        ({"seconds": 0.2}, "from 1 to 600; got 0.2"),
        ({"limit_gbs": 0.0}, "limit_gbs must be a number of GB/s above 0"),
        ({"limit_gbs": "fast"}, "got 'fast'"),
    ],
)
def test_senseless_request_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(MachineError, match=message):
        machine.measure(progress=lambda _share, _what: pytest.fail("began to measure"), **arguments)


def test_too_little_memory_is_told_before_it_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conditions, "memory_bytes", lambda: (10**9, 10**7))
    with pytest.raises(
        MachineError, match="Not enough memory for measuring its speed: it needs 201 MB, and 10 MB are free"
    ):
        machine.measure(seconds=1.0, progress=lambda _share, _what: None)


def test_container_s_limits_count(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {"cpu.max": "100000 100000", "memory.max": "1000000", "memory.current": "400000"}.items():
        (tmp_path / name).write_text(text + "\n", encoding="ascii")
    monkeypatch.setattr(conditions, "_CGROUP", tmp_path)
    assert conditions.cores() == 1
    assert conditions.memory_bytes() == (1_000_000, 600_000)


def test_sizes_shrink_with_memory_and_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert max(measuring._sizes(10, 2, None)) == max(measuring.SIZES_BYTES)
    assert len(measuring._sizes(10, 2, 1e-6)) == 2
    monkeypatch.setattr(conditions, "memory_bytes", lambda: (10**9, 10**7))
    assert max(measuring._sizes(10, 2, None)) == 512 * 1024
    assert chip.CACHE_TIMES * conditions.cache_bytes() > 0


def test_line_in_a_terminal_ends_at_100_percent(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with telling(None) as tell:
        tell(0.5, "half")
        tell(1.0, "Measured.")
    *_, last = terminal.getvalue().split("\r")
    assert last.startswith("[" + "#" * 30 + "] 100% Measured.")
    assert last.endswith("\n")


def test_bar_in_a_notebook_ends_at_100_percent(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    monkeypatch.setattr("IPython.get_ipython", lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setattr("IPython.display.display", shown.append)
    with telling(None) as tell:
        tell(1.0, "Measured.")
    bar, text = shown[0].children
    assert (bar.value, bar.max, text.value) == (100, 100, "Measured.")
