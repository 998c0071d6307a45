"""A ring of real processes sums what NumPy sums, keeps to its limit, and always ends."""

import os
import signal
import statistics
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.machine.conftest import ranks_alive

from chipgap.machine import MachineError, conditions, ring_all_reduce
from chipgap.machine.ring import DTYPES, TRANSPORTS, Job, Ring

LIMIT_GBS = 0.05
needs_signals = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL and no SIGINT for one process")


def random_arrays(ranks: int, count: int, dtype: str, seed: int) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    if dtype.startswith("int"):
        return [random.integers(-(2**30), 2**30, count, dtype=dtype) for _ in range(ranks)]
    return [random.normal(0, 1e3, count).astype(dtype) for _ in range(ranks)]


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    ranks=st.integers(2, 4),
    count=st.one_of(st.integers(1, 9), st.integers(10, 70_001)),
    dtype=st.sampled_from(DTYPES),
    transport=st.sampled_from(TRANSPORTS),
    seed=st.integers(0, 2**32 - 1),
)
def test_sum_is_numpys_for_any_size_ranks_and_type(
    ranks: int, count: int, dtype: str, transport: Any, seed: int
) -> None:
    arrays = random_arrays(ranks, count, dtype, seed)
    done = ring_all_reduce(arrays, transport=transport, repeats=2)
    assert done.result is not None
    assert done.result.dtype == np.dtype(dtype)
    expected = np.sum([array.astype(np.longdouble) for array in arrays], axis=0)
    if dtype.startswith("int"):
        np.testing.assert_array_equal(done.result, np.sum(arrays, axis=0, dtype=dtype))
    else:
        np.testing.assert_allclose(
            done.result.astype(np.longdouble), expected, rtol=0, atol=1e4 * np.finfo(dtype).eps * ranks
        )
    assert (done.ranks, done.size_bytes, len(done.repeat_seconds)) == (ranks, arrays[0].nbytes, 2)


def test_arrays_of_two_dimensions_are_summed_and_left_as_they_were() -> None:
    arrays = [np.arange(12.0).reshape(3, 4).T, np.full((4, 3), 2.0)]
    done = ring_all_reduce(arrays)
    assert done.result is not None
    np.testing.assert_array_equal(done.result, arrays[0] + 2.0)
    np.testing.assert_array_equal(arrays[0], np.arange(12.0).reshape(3, 4).T)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_bandwidths_follow_from_size_and_time(transport: Any) -> None:
    done = ring_all_reduce(300_000, ranks=3, transport=transport)
    assert done.seconds == statistics.median(done.repeat_seconds) > 0
    assert done.algorithm_gbs == pytest.approx(300_000 / done.seconds / 1e9)
    assert done.bus_gbs == pytest.approx(done.algorithm_gbs * 4 / 3)


def test_a_ring_is_used_again_for_messages_larger_than_the_system_s_buffers() -> None:
    ranks, big = 3, 12_000_003
    done = ring_all_reduce(
        [np.full(big // 4, rank, dtype=np.int32) for rank in range(ranks)], transport="tcp", repeats=3
    )
    assert done.result is not None
    assert (done.result == 3).all()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_limit_holds_and_is_nearly_reached(transport: Any) -> None:
    limited = ring_all_reduce(4_000_000, ranks=2, transport=transport, limit_gbs=LIMIT_GBS)
    assert limited.bus_gbs <= LIMIT_GBS * 1.15
    # A loaded machine only makes it slower; the best repeat says what the limit lets through.
    best_gbs = limited.bus_gbs * limited.seconds / min(limited.repeat_seconds)
    assert best_gbs >= LIMIT_GBS / 2


@pytest.mark.parametrize("ranks", [2, 3])
def test_limit_holds_for_each_repeat_of_small_messages(ranks: int) -> None:
    limited = ring_all_reduce(4_000, ranks=ranks, transport="tcp", limit_gbs=0.001, repeats=5)
    sent_bytes = 2 * (ranks - 1) / ranks * 4_000
    assert all(sent_bytes / seconds / 1e9 <= 0.00115 for seconds in limited.repeat_seconds)


def test_more_bytes_never_take_less_time_on_a_limited_link() -> None:
    medians = [
        ring_all_reduce(size, transport="tcp", limit_gbs=LIMIT_GBS).seconds for size in (40_000, 400_000, 4_000_000)
    ]
    assert medians == sorted(medians)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"data": 400, "ranks": 1}, "ranks must be a whole number, 2 or more; got 1"),
        ({"data": 400, "ranks": 2.0}, "ranks must be a whole number"),
        ({"data": 400, "ranks": 65}, "ranks must be 64 at most"),
        ({"data": 0}, "above 0, a multiple of 4; got 0"),
        ({"data": -8}, "above 0, a multiple of 4; got -8"),
        ({"data": 4.0}, "a whole number of bytes"),
        ({"data": 10}, "a multiple of 4; got 10"),
        ({"data": 400, "limit_gbs": 0}, "limit_gbs must be a number of GB/s above 0; got 0"),
        ({"data": 400, "limit_gbs": -1.5}, "above 0; got -1.5"),
        ({"data": 400, "limit_gbs": float("nan")}, "above 0; got nan"),
        ({"data": 400, "repeats": 0}, "repeats must be a whole number, 1 or more"),
        ({"data": 400, "transport": "pigeon"}, "transport must be 'shared' or 'tcp'; got 'pigeon'"),
        ({"data": [np.ones(3)]}, "ranks must be a whole number, 2 or more; got 1"),
        ({"data": [np.ones(3), np.ones(3)], "ranks": 3}, "got 2 arrays for 3 ranks"),
        ({"data": [np.ones(3), np.ones(4)]}, "one shape and dtype; got float64 (3,), float64 (4,)"),
        ({"data": [np.ones(0), np.ones(0)]}, "must hold numbers"),
        ({"data": [np.array(["a"]), np.array(["b"])]}, "must hold numbers|absolute"),
        ({"data": [np.array([np.nan]), np.ones(1)]}, "NaN or infinity"),
        ({"data": 2**50}, "Not enough memory for an all-reduce of this size"),
    ],
)
def test_senseless_request_is_refused_before_a_process_starts(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(MachineError) as refused:
        ring_all_reduce(**arguments)
    assert any(part in str(refused.value) for part in message.split("|"))


def test_small_shared_memory_folder_and_full_disk_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        free = 1_000

    monkeypatch.setattr(conditions.shutil, "disk_usage", lambda _folder: Full)
    with pytest.raises(MachineError, match="smaller size, or use transport='tcp'"):
        ring_all_reduce(400_000)
    assert ring_all_reduce(400_000, transport="tcp").seconds > 0


@needs_signals
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_killed_rank_gives_a_clear_error(transport: Any) -> None:
    def kill_one_when_both_run() -> None:
        while len(ranks := _rank_processes()) < 2:
            time.sleep(0.05)
        time.sleep(1.0)
        ranks[1].kill()

    killer = threading.Thread(target=kill_one_when_both_run)
    killer.start()
    try:
        with pytest.raises(
            MachineError, match=r"process chipgap-rank-\d ended before its work was done \(exit code -9\)"
        ):
            ring_all_reduce(40_000_000, transport=transport, limit_gbs=0.001)
    finally:
        killer.join()


def _rank_processes() -> list[psutil.Process]:
    children = psutil.Process().children()
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_ranks_that_are_ended_at_work_say_nothing(transport: Any, capfd: pytest.CaptureFixture[str]) -> None:
    with Ring(3, transport, 40_000_000) as ring:
        for connection in ring._connections:
            connection.send(Job(10_000_000, "float32", repeats=1, limit_gbs=0.001))
        time.sleep(0.5)
        ring._end(politely=False)
    assert capfd.readouterr().err == ""


def test_error_inside_the_block_ends_the_ranks() -> None:
    seen = []
    with pytest.raises(ZeroDivisionError), Ring(2, "tcp", 4_000):  # noqa: PT012 - the block is what is left
        seen = ranks_alive()
        raise ZeroDivisionError
    assert len(seen) == 2
    assert ranks_alive() == []


LONG_RING = textwrap.dedent(
    """
    from chipgap.machine.ring import Job, Ring
    if __name__ == "__main__":
        with Ring(2, "{transport}", 100_000_000) as ring:
            print("ready", flush=True)
            ring.run([Job(25_000_000, "float32", repeats=1, limit_gbs=0.001)] * 2)
    """
)


@needs_signals
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL], ids=["interrupted", "killed"])
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_ranks_end_with_the_program_that_started_them(tmp_path: Path, transport: str, stop: signal.Signals) -> None:
    script = tmp_path / "long_ring.py"
    script.write_text(LONG_RING.format(transport=transport), encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline().rstrip() == b"ready"
        ranks = [p for p in psutil.Process(program.pid).children() if "spawn_main" in " ".join(p.cmdline())]
        time.sleep(1.0)  # let them come to their work, which would take most of a minute
        os.killpg(program.pid, stop) if stop == signal.SIGINT else program.kill()
        _, errors = program.communicate(timeout=30)
    assert len(ranks) == 2
    _, alive = psutil.wait_procs(ranks, timeout=15)
    assert alive == []
    if stop == signal.SIGINT:
        assert errors.decode().rstrip().endswith("KeyboardInterrupt")
        assert errors.decode().count("Traceback") == 1  # the ranks themselves say nothing


@needs_signals
def test_script_without_a_guard_ends_with_advice(tmp_path: Path) -> None:
    script = tmp_path / "no_guard.py"
    script.write_text("from chipgap.machine import ring_all_reduce\nring_all_reduce(400)\n", encoding="utf-8")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1
    assert 'under `if __name__ == "__main__":`' in done.stderr
