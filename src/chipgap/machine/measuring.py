"""Measure a machine in well under a minute, and place it in the roofline and in the model of the course."""

import html
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chipgap.machine import chip, conditions
from chipgap.machine.alphabeta import AlphaBeta, bus_share, fit
from chipgap.machine.chip import GemmRate, MemoryRate
from chipgap.machine.conditions import Conditions
from chipgap.machine.errors import MachineError, positive, whole
from chipgap.machine.gpu import GpuRates, find_torch, measure_gpu
from chipgap.machine.progress import Progress, part, telling
from chipgap.machine.rank import Job
from chipgap.machine.ring import DEFAULT_DTYPE, MAX_RANKS, AllReduce, Ring, Transport
from chipgap.text import t

if TYPE_CHECKING:  # ranks import this package too: they start faster without pandas
    import pandas as pd

    from chipgap.data import HtmlTable

SIZES_BYTES = tuple(1024 * 8**k for k in range(6))  # 1 KiB to 32 MiB
SHORTEST_S, LONGEST_S = 1.0, 600.0
_GEMM_SHARE, _MEMORY_SHARE = 0.3, 0.45  # of the time: where each part ends
_MOST_REPEATS = 30
_ALONE = 0.8  # cores: with less, other programs were at work
_LEAST_REPEATS = 3


@dataclass(frozen=True, eq=False)
class Machine:
    """What a machine can do, measured; displays itself as tables in a notebook.

    Attributes
    ----------
    gemm_gflops
        Best rate of float32 matrix products, GFLOP/s.
    memory_gbs
        Best rate of the triad c = a + s b over arrays far larger than the caches, GB/s.
    conditions
        Processor, cores, libraries, threads.
    gemm_rates, memory_rates
        Every size and kernel, best and median.
    reductions
        Every all-reduce measured.
    fits
        Latency and bandwidth by transport: ``"shared"``, ``"tcp"``, and ``"tcp limited"`` if a limit was set.
    gpu
        The same of a GPU, where PyTorch found one.
    notes
        What was left out or went differently, in plain sentences.

    """

    gemm_gflops: float
    memory_gbs: float
    conditions: Conditions
    gemm_rates: tuple[GemmRate, ...]
    memory_rates: tuple[MemoryRate, ...]
    reductions: tuple[AllReduce, ...]
    fits: dict[str, AlphaBeta]
    gpu: GpuRates | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def ridge_flop_per_byte(self) -> float:
        """FLOP per byte of memory from which the cores, not the memory, set the pace."""
        return self.gemm_gflops / self.memory_gbs

    def attainable_gflops(self, flop_per_byte: ArrayLike) -> NDArray[np.float64]:
        """Return the roofline, GFLOP/s: the lower of the cores' rate and memory bandwidth x FLOP per byte."""
        return np.minimum(self.gemm_gflops, self.memory_gbs * np.asarray(flop_per_byte, dtype=np.float64))

    @property
    def allreduce(self) -> "pd.DataFrame":
        """One row a measured all-reduce: size_bytes, seconds, algorithm_gbs, bus_gbs, transport, limit_gbs, …."""
        import pandas as pd  # noqa: PLC0415 - see above

        rows = [
            {
                "transport": each.transport,
                "limit_gbs": each.limit_gbs,
                "ranks": each.ranks,
                "size_bytes": each.size_bytes,
                "seconds": each.seconds,
                "algorithm_gbs": each.algorithm_gbs,
                "bus_gbs": each.bus_gbs,
                "fitted_seconds": float(self.fits[link_name(each)].seconds(each.size_bytes)),
            }
            for each in self.reductions
        ]
        return pd.DataFrame(rows).astype({"limit_gbs": float})

    @property
    def gemm(self) -> "pd.DataFrame":
        """One row a matrix size and dtype: best and median GFLOP/s."""
        import pandas as pd  # noqa: PLC0415

        return pd.DataFrame([vars(rate) for rate in self.gemm_rates])

    @property
    def memory(self) -> "pd.DataFrame":
        """One row a memory kernel: best and median GB/s."""
        import pandas as pd  # noqa: PLC0415

        return pd.DataFrame([vars(rate) for rate in self.memory_rates])

    def as_cluster(self) -> dict[str, float]:
        """Return this machine as a cluster of the training model: its processes are the chips.

        The processes share cores and memory, so each gets an equal part of both. ``link_gbs`` is shared
        memory, the wire within a "node"; ``network_gbs`` is TCP, limited if a limit was set, the wire
        between "nodes". Latencies are those of a whole all-reduce, as the model counts them.
        """
        ranks = self.conditions.ranks
        network = self.fits.get("tcp limited", self.fits["tcp"])
        return {
            "chips": float(ranks),
            "peak_tflops": self.gemm_gflops / 1e3 / ranks,
            "memory_gbs": self.memory_gbs / ranks,
            "memory_gb": self.conditions.memory_gb / ranks,
            "link_gbs": self.fits["shared"].bus_gbs,
            "link_latency_s": self.fits["shared"].start_up_s,
            "network_gbs": network.bus_gbs,
            "network_latency_s": network.start_up_s,
        }

    def show(self) -> "HtmlTable":
        """Return the results for a notebook: one sentence, then a table each; printed, plain text."""
        from chipgap import data  # noqa: PLC0415 - loads pandas

        tables = [data.show(table, caption) for table, caption in self._tables()]
        notes = [t("machine.note", note=note) for note in self.notes]
        sentences = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in (self._finding(), *notes))
        text = "\n\n".join([self._finding(), *notes, *(each.text for each in tables)])
        return data.HtmlTable(sentences + "".join(each.html for each in tables), text)

    def _finding(self) -> str:
        return t(
            "machine.finding",
            gflops=f"{self.gemm_gflops:,.0f}",
            gbs=f"{self.memory_gbs:,.1f}",
            ridge=f"{self.ridge_flop_per_byte:,.1f}",
        )

    def _tables(self) -> "list[tuple[pd.DataFrame, str]]":
        import pandas as pd  # noqa: PLC0415

        fits = pd.DataFrame(self._fit_row(name, each) for name, each in self.fits.items())
        known = pd.DataFrame({"condition": name, "value": str(value)} for name, value in vars(self.conditions).items())
        frames = {
            "gemm": self.gemm,
            "memory": self.memory,
            "allreduce": self.allreduce,
            "fits": fits,
            "conditions": known,
        }
        return [(_rounded(frame), t(f"machine.caption_{name}")) for name, frame in frames.items()]

    def _fit_row(self, name: str, fitted: AlphaBeta) -> dict[str, str | float]:
        measured = [each for each in self.reductions if link_name(each) == name]
        off_pct = [100 * abs(float(fitted.seconds(each.size_bytes)) / each.seconds - 1) for each in measured]
        return {
            "link": name,
            "latency_us": fitted.latency_s * 1e6,
            "bus_gbs": fitted.bus_gbs,
            "mean_error_pct": float(np.mean(off_pct)),
        }

    def _repr_html_(self) -> str:
        return self.show().html

    def __str__(self) -> str:
        return self.show().text


def link_name(done: AllReduce) -> str:
    """Return under which name an all-reduce's transport stands in ``fits``."""
    return done.transport if done.limit_gbs is None else f"{done.transport} limited"


def _rounded(frame: "pd.DataFrame") -> "pd.DataFrame":
    rounded = frame.copy()
    for column in frame.select_dtypes("float"):
        rounded[column] = [float(f"{value:.3g}") for value in frame[column]]
    return rounded


def measure(
    seconds: float = 30.0, ranks: int = 2, limit_gbs: float | None = None, progress: Progress | None = None
) -> Machine:
    """Measure matrix products, memory and ring all-reduces on this machine.

    Parameters
    ----------
    seconds
        About how long to measure, 1 to 600 s; starting processes takes a few seconds more.
    ranks
        Processes in the ring.
    limit_gbs
        If set, the ring is also measured over TCP with this limit on what each process may send, GB/s.
    progress
        Called with the share done (0 to 1) and a sentence; by default a bar in a notebook and a line
        in a terminal.

    Raises
    ------
    MachineError
        If an argument makes no sense, memory does not suffice, or a process ends early.
    """
    seconds = positive("seconds", seconds, "seconds")
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise MachineError(f"seconds must be from {SHORTEST_S:g} to {LONGEST_S:g}; got {seconds:g}.")
    if whole("ranks", ranks, 2) > MAX_RANKS:
        raise MachineError(f"ranks must be {MAX_RANKS} at most (each is a process of its own); got {ranks}.")
    limit = None if limit_gbs is None else positive("limit_gbs", limit_gbs, "GB/s")
    with telling(progress) as tell:
        machine = _measure(seconds, int(ranks), limit, tell)
        tell(1.0, t("machine.done"))
    return machine


def _measure(seconds: float, ranks: int, limit: float | None, tell: Progress) -> Machine:
    gemm_rates, busy = chip.gemm(seconds * _GEMM_SHARE, part(tell, 0, _GEMM_SHARE, "gemm"))
    memory_s = seconds * (_MEMORY_SHARE - _GEMM_SHARE)
    memory_rates, array_bytes, threads = chip.memory(memory_s, part(tell, _GEMM_SHARE, _MEMORY_SHARE, "memory"))
    reductions, notes = _all_links(seconds * (1 - _MEMORY_SHARE), ranks, limit, tell)
    gpu = measure_gpu(torch) if (torch := find_torch()) else None
    links = dict.fromkeys(link_name(each) for each in reductions)
    return Machine(
        gemm_gflops=max(rate.best_gflops for rate in gemm_rates if rate.dtype == "float32"),
        memory_gbs=next(rate.best_gbs for rate in memory_rates if rate.kernel == "triad"),
        conditions=_conditions(busy, threads, array_bytes, ranks),
        gemm_rates=tuple(gemm_rates),
        memory_rates=tuple(memory_rates),
        reductions=tuple(reductions),
        fits={name: _fit([each for each in reductions if link_name(each) == name]) for name in links},
        gpu=gpu,
        notes=(*_doubts(busy, array_bytes), *notes, *([] if gpu else [t("machine.no_gpu")])),
    )


def _fit(reductions: Sequence[AllReduce]) -> AlphaBeta:
    return fit([each.size_bytes for each in reductions], [each.seconds for each in reductions], reductions[0].ranks)


def _all_links(seconds: float, ranks: int, limit: float | None, tell: Progress) -> tuple[list[AllReduce], list[str]]:
    links: list[tuple[Transport, float | None, str]] = [("shared", None, "shared"), ("tcp", None, "tcp")]
    if limit is not None:
        links.append(("tcp", limit, "limited"))
    reductions: list[AllReduce] = []
    notes: list[str] = []
    if conditions.shared_memory_is_short(max(SIZES_BYTES)):
        notes.append(t("machine.shm_short", folder=conditions.SHARED_MEMORY))
    width = (1 - _MEMORY_SHARE) / len(links)
    for index, (transport, held_to, name) in enumerate(links):
        start = _MEMORY_SHARE + index * width
        sizes = _sizes(seconds / len(links), ranks, held_to)
        if len(sizes) < len(SIZES_BYTES):
            notes.append(t("machine.sizes_skipped", link=t(f"machine.part_{name}"), largest=f"{max(sizes):,}"))
        with Ring(ranks, transport, max(sizes)) as ring:
            reductions += _sweep(ring, sizes, seconds / len(links), held_to, part(tell, start, start + width, name))
    return reductions, notes


def _sizes(seconds: float, ranks: int, limit: float | None) -> list[int]:
    """Return the sizes that can be measured: what memory holds, and what the limit lets through in time."""
    room = conditions.memory_bytes()[1] // (8 * ranks)
    in_time = np.inf if limit is None else seconds / (_LEAST_REPEATS + 1) * limit * 1e9 / bus_share(ranks) / 2
    # Two sizes are the least that a fit needs, however long they take.
    return [size for k, size in enumerate(SIZES_BYTES) if k < 2 or size <= min(room, in_time)]


def _sweep(
    ring: Ring, sizes: Sequence[int], seconds: float, limit: float | None, tell: Callable[[float, str], None]
) -> list[AllReduce]:
    done = []
    end = time.perf_counter() + seconds
    for index, size in enumerate(sizes):
        tell(index / len(sizes), t("machine.size", size=f"{size:,}"))
        count = size // np.dtype(DEFAULT_DTYPE).itemsize
        first = ring.run([Job(count, DEFAULT_DTYPE, 1, 0, limit)] * ring.ranks)  # a warm-up that says how long
        share_s = (end - time.perf_counter()) / (len(sizes) - index)
        repeats = max(_LEAST_REPEATS, min(int(share_s / first.seconds / 2), _MOST_REPEATS))
        done.append(ring.run([Job(count, DEFAULT_DTYPE, repeats, 0, limit)] * ring.ranks))
    return done


def _doubts(busy: float, array_bytes: int) -> list[str]:
    doubts = [t("machine.not_alone")] if busy < _ALONE else []
    if array_bytes < chip.CACHE_TIMES * conditions.cache_bytes():
        doubts.append(t("machine.cache_large", size=round(array_bytes / 1e6)))
    return doubts


def _conditions(busy: float, threads: int, array_bytes: int, ranks: int) -> Conditions:
    return Conditions(
        cpu=conditions.cpu_name(),
        system=f"{platform.system()} {platform.machine()}",
        cores=conditions.cores(),
        memory_gb=round(conditions.memory_bytes()[0] / 1e9, 1),
        python=platform.python_version(),
        numpy=np.__version__,
        blas=conditions.blas_name(),
        gemm_cores_busy=round(busy, 1),
        memory_threads=threads,
        memory_array_mb=round(array_bytes / 1e6, 1),
        ranks=ranks,
    )
