"""How fast this machine multiplies matrices, and how fast it moves memory."""

import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipgap.machine import conditions
from chipgap.machine.errors import MachineError

Array = NDArray[Any]
Tell = Callable[[float, str], None]
"""Takes the share that is done (0 to 1) and what is being done."""

GEMM_SIZES = (256, 512, 1024, 2048)
GEMM_DTYPES = ("float32", "float64")
KERNELS = {"copy": 2, "add": 3, "triad": 3}
"""Memory kernels and how many arrays each reads or writes: c = a; c = a + b; c = a + s b."""
CACHE_TIMES = 4  # STREAM's rule: arrays of at least four times the last cache
SMALLEST_ARRAY_BYTES, LARGEST_ARRAY_BYTES = 32 << 20, 256 << 20
BLOCK = 16 * 1024  # float64 numbers whose product by s stays in a core's own cache
LEAST_REPEATS, MOST_REPEATS = 3, 50


@dataclass(frozen=True)
class GemmRate:
    """Rate of one matrix product of ``size`` x ``size`` matrices, GFLOP/s (2 size^3 operations)."""

    dtype: str
    size: int
    best_gflops: float
    median_gflops: float
    repeats: int


@dataclass(frozen=True)
class MemoryRate:
    """Rate of one memory kernel, GB/s; counted as STREAM does: bytes that the program reads and writes."""

    kernel: str
    best_gbs: float
    median_gbs: float
    repeats: int


def gemm(seconds: float, tell: Tell) -> tuple[list[GemmRate], float]:
    """Measure matrix products for about ``seconds``; return the rates and how many cores were busy.

    A size whose product would not fit into its share of the time is left out.
    """
    share_s = seconds / (len(GEMM_SIZES) * len(GEMM_DTYPES))
    rates: list[GemmRate] = []
    busy_s = passed_s = 0.0
    for done, (dtype, size) in enumerate((dtype, size) for dtype in GEMM_DTYPES for size in GEMM_SIZES):
        tell(done / (len(GEMM_SIZES) * len(GEMM_DTYPES)), f"{dtype} {size} x {size}")
        last = next((rate for rate in reversed(rates) if rate.dtype == dtype), None)
        if last and LEAST_REPEATS * 2 * size**3 / (last.median_gflops * 1e9) > 2 * share_s:
            continue
        before, start = time.process_time(), time.perf_counter()
        rates.append(_gemm_rate(dtype, size, share_s))
        busy_s += time.process_time() - before
        passed_s += time.perf_counter() - start
    return rates, busy_s / passed_s


def _gemm_rate(dtype: str, size: int, share_s: float) -> GemmRate:
    random = np.random.default_rng(0)
    a, b = (random.random((size, size), dtype=np.float64).astype(dtype) for _ in range(2))
    times = _times(partial(np.matmul, a, b, out=np.empty_like(a)), share_s)
    flop = 2 * size**3
    return GemmRate(dtype, size, flop / min(times) / 1e9, flop / statistics.median(times) / 1e9, len(times))


def memory(seconds: float, tell: Tell) -> tuple[list[MemoryRate], int, int]:
    """Measure memory kernels for about ``seconds``; return the rates, bytes of an array, and threads.

    Raises
    ------
    MachineError
        If three arrays do not fit into the memory that is free.
    """
    array_bytes, threads = array_size_bytes(), conditions.cores()
    a, b, c = (np.empty(array_bytes // 8) for _ in range(3))
    rates = []
    with ThreadPoolExecutor(threads) as pool:
        parts = list(_parts(a.size, threads))
        _together(pool, [partial(_fill, a[part], b[part], c[part]) for part in parts])
        for done, (kernel, arrays) in enumerate(KERNELS.items()):
            tell(done / len(KERNELS), kernel)
            work = [partial(_WORK[kernel], a[part], b[part], c[part]) for part in parts]
            times = _times(partial(_together, pool, work), seconds / len(KERNELS))
            moved_gb = arrays * a.nbytes / 1e9
            rates.append(MemoryRate(kernel, moved_gb / min(times), moved_gb / statistics.median(times), len(times)))
    return rates, array_bytes, threads


def array_size_bytes() -> int:
    """Return how large the arrays of the memory kernels are: far larger than the caches, if memory allows.

    Raises
    ------
    MachineError
        If even the smallest useful ones do not fit.
    """
    wanted = min(max(CACHE_TIMES * conditions.cache_bytes(), SMALLEST_ARRAY_BYTES), LARGEST_ARRAY_BYTES)
    size = min(wanted, conditions.memory_bytes()[1] // 6)  # half of what is free, for three arrays
    if size < SMALLEST_ARRAY_BYTES:
        conditions.must_have_memory(6 * SMALLEST_ARRAY_BYTES, "measuring its speed")
        raise MachineError("Not enough memory for measuring its speed.")
    return size // 8 * 8


def _times(work: Callable[[], object], share_s: float) -> list[float]:
    work()  # the first one wakes threads up and touches new memory
    times: list[float] = []
    end = time.perf_counter() + share_s
    while len(times) < LEAST_REPEATS or (len(times) < MOST_REPEATS and time.perf_counter() < end):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return times


def _parts(count: int, threads: int) -> Iterator[slice]:
    for i in range(threads):
        yield slice(count * i // threads, count * (i + 1) // threads)


def _together(pool: ThreadPoolExecutor, work: list[partial[None]]) -> None:
    # NumPy lets go of Python's lock while it works on large arrays, so threads do run side by side.
    for done in [pool.submit(part) for part in work]:
        done.result()


def _fill(a: Array, b: Array, c: Array) -> None:
    a.fill(1.0)
    b.fill(2.0)
    c.fill(0.0)


def _copy(a: Array, b: Array, c: Array) -> None:  # noqa: ARG001 - all kernels are called alike
    np.copyto(c, a)


def _add(a: Array, b: Array, c: Array) -> None:
    np.add(a, b, out=c)


def _triad(a: Array, b: Array, c: Array) -> None:
    scaled = np.empty(BLOCK)  # in blocks, since NumPy would otherwise write s b to memory and read it again
    for start in range(0, a.size, BLOCK):
        part = slice(start, start + BLOCK)
        product = scaled[: a[part].size]
        np.multiply(b[part], 3.0, out=product)
        np.add(a[part], product, out=c[part])


_WORK: dict[str, Callable[[Array, Array, Array], None]] = {"copy": _copy, "add": _add, "triad": _triad}
