"""A ring of real processes that sum their arrays: started, watched and always ended here."""

import multiprocessing
import signal
import socket
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.synchronize import Barrier
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np

from chipgap.machine import conditions
from chipgap.machine.alphabeta import BYTES_PER_GB, bus_share
from chipgap.machine.errors import MachineError, positive, whole
from chipgap.machine.rank import Job, Outcome, serve
from chipgap.machine.wires import Array, Mailbox

Transport = Literal["shared", "tcp"]
TRANSPORTS = ("shared", "tcp")
MAX_RANKS = 64
DTYPES = ("float32", "float64", "int32", "int64")
DEFAULT_DTYPE = "float32"
START_S, PATIENCE_S, GOODBYE_S = 120.0, 60.0, 2.0
SLOWEST_GBS = 0.02
"""A ring slower than this without a limit is taken to hang."""


@dataclass(frozen=True)
class AllReduce:
    """A finished all-reduce whose sum was compared with NumPy's.

    Attributes
    ----------
    ranks, transport, limit_gbs
        As asked for.
    size_bytes
        Bytes of each rank's array.
    repeat_seconds
        Seconds of each repeat, of the slowest rank.
    result
        The sum, where arrays were handed in; None for a mere size.

    """

    ranks: int
    transport: Transport
    limit_gbs: float | None
    size_bytes: int
    repeat_seconds: tuple[float, ...]
    result: Array | None = field(default=None, repr=False)

    @property
    def seconds(self) -> float:
        """Median seconds of the repeats."""
        return statistics.median(self.repeat_seconds)

    @property
    def algorithm_gbs(self) -> float:
        """Size / time, GB/s: what the program sees."""
        return self.size_bytes / self.seconds / BYTES_PER_GB

    @property
    def bus_gbs(self) -> float:
        """Bytes that each rank sends / time, GB/s: what the wire sees (nccl-tests' bus bandwidth)."""
        return bus_share(self.ranks) * self.algorithm_gbs


def ring_all_reduce(
    data: int | Sequence[Array],
    ranks: int | None = None,
    transport: Transport = "shared",
    limit_gbs: float | None = None,
    repeats: int = 3,
) -> AllReduce:
    """Sum arrays over a ring of processes, check the sum against NumPy, and say how long it took.

    Parameters
    ----------
    data
        Bytes of each rank's array (a multiple of 4: float32 numbers are summed), or one array per
        rank, all of one shape and of dtype float32, float64, int32 or int64.
    ranks
        How many processes; by default 2, or one for each array.
    transport
        ``"shared"`` (memory that neighbours share) or ``"tcp"`` (loopback network).
    limit_gbs
        The most that each rank may send, GB/s; None: as fast as it goes.
    repeats
        How often it is done, after one untimed warm-up for a mere size.

    Raises
    ------
    MachineError
        If an argument makes no sense, memory does not suffice, a process ends early or hangs, or the
        sum is wrong.
    """
    jobs = _jobs(data, ranks, limit_gbs, whole("repeats", repeats, 1))
    size_bytes = jobs[0].count * np.dtype(jobs[0].dtype).itemsize
    with Ring(len(jobs), transport, size_bytes) as ring:
        done = ring.run(jobs)
    if not isinstance(data, Sequence | np.ndarray):
        return done
    return replace(done, result=_checked(done.result, data))


def _jobs(data: int | Sequence[Array], ranks: int | None, limit_gbs: float | None, repeats: int) -> list[Job]:
    limit = None if limit_gbs is None else positive("limit_gbs", limit_gbs, "GB/s")
    if not isinstance(data, Sequence | np.ndarray):
        job = Job(_count(data), DEFAULT_DTYPE, repeats, 1, limit)
        return [job] * whole("ranks", 2 if ranks is None else ranks, 2)
    arrays = [np.asarray(array) for array in data]
    _must_fit_together(arrays, ranks)
    return [Job(a.size, str(a.dtype), repeats, 0, limit, np.ascontiguousarray(a).reshape(-1)) for a in arrays]


def _count(size_bytes: int) -> int:
    itemsize = np.dtype(DEFAULT_DTYPE).itemsize
    if not isinstance(size_bytes, int | np.integer) or size_bytes <= 0 or size_bytes % itemsize:
        raise MachineError(
            f"The size must be a whole number of bytes above 0, a multiple of {itemsize}; got {size_bytes!r}."
        )
    return int(size_bytes) // itemsize


def _must_fit_together(arrays: Sequence[Array], ranks: int | None) -> None:
    whole("ranks", len(arrays) if ranks is None else ranks, 2)
    if ranks is not None and ranks != len(arrays):
        raise MachineError(f"Each rank brings one array: got {len(arrays)} arrays for {ranks} ranks.")
    kinds = sorted({f"{array.dtype} {array.shape}" for array in arrays})
    if len(kinds) > 1:
        raise MachineError(f"All ranks' arrays must have one shape and dtype; got {', '.join(kinds)}.")
    if str(arrays[0].dtype) not in DTYPES or not arrays[0].size:
        raise MachineError(f"The arrays must hold numbers, of dtype {', '.join(DTYPES)}; got {kinds[0]}.")
    with np.errstate(over="ignore", invalid="ignore"):
        sums = np.sum([np.abs(array) for array in arrays], axis=0)
    if not np.isfinite(sums).all():
        raise MachineError("The arrays hold NaN or infinity, or numbers too large to add: no sum could be checked.")


def _checked(result: Array | None, arrays: Sequence[Array]) -> Array:
    expected = np.sum(arrays, axis=0, dtype=np.asarray(arrays[0]).dtype)
    size = np.sum(np.abs(np.asarray(arrays, dtype=np.float64)), axis=0)
    # A ring adds in another order than NumPy; so much may rounding differ, and whole numbers not at all.
    slack = 2 * len(arrays) * np.finfo(expected.dtype).eps * size if expected.dtype.kind == "f" else 0.0
    if result is None or (np.abs(result.reshape(expected.shape) - expected) > slack).any():
        raise MachineError("The ring's sum differs from NumPy's. That is a fault of the course: please report it.")
    return result.reshape(expected.shape)


class Ring:
    """Processes in a ring, ready to sum arrays of up to ``max_bytes``; ended when the ``with`` block is left."""

    def __init__(self, ranks: int, transport: Transport, max_bytes: int) -> None:
        self.ranks = whole("ranks", ranks, 2)
        if ranks > MAX_RANKS:
            raise MachineError(f"ranks must be {MAX_RANKS} at most (each is a process of its own); got {ranks}.")
        if transport not in TRANSPORTS:
            raise MachineError(f"transport must be 'shared' or 'tcp'; got {transport!r}.")
        # Each rank holds its array, the sum and one chunk; arrays handed in are held here too.
        conditions.must_have_memory(4 * ranks * max_bytes, "an all-reduce of this size")
        self.transport: Transport = transport
        self.max_bytes = max_bytes
        self._processes: list[SpawnProcess] = []
        self._connections: list[Connection] = []

    def __enter__(self) -> Self:
        try:
            context = multiprocessing.get_context("spawn")
            barrier = context.Barrier(self.ranks)  # must outlive the start: a rank opens it by name
            with _our_end_of_wires(self) as ends:
                self._start(context, ends, barrier)
                self._collect(START_S)  # every rank says that it is ready
        except BaseException:
            self._end(politely=False)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end(politely=error is None)

    def _start(self, context: SpawnContext, ends: Sequence[Any], barrier: Barrier) -> None:
        for rank in range(self.ranks):
            ours, theirs = context.Pipe()
            self._connections.append(ours)
            process = context.Process(
                target=serve,
                args=(rank, self.ranks, ends[rank], barrier, theirs),
                name=f"chipgap-rank-{rank}",
                daemon=True,
            )
            try:
                with _interrupts_wait():
                    process.start()
                    self._processes.append(process)
            except (OSError, RuntimeError) as error:
                raise MachineError(f"Rank {rank} could not be started: {error}.") from error
            finally:
                theirs.close()

    def run(self, jobs: Sequence[Job]) -> AllReduce:
        """Sum the jobs' arrays (one job a rank) and return the times.

        Raises
        ------
        MachineError
            If a rank fails, ends or hangs, or the sums are wrong.
        """
        job = jobs[0]
        size_bytes = job.count * np.dtype(job.dtype).itemsize
        with _connection_trouble():
            for connection, mine in zip(self._connections, jobs, strict=True):
                connection.send(mine)
        outcomes = self._collect(self._patience_s(job, size_bytes))
        if len({outcome.digest for outcome in outcomes}) > 1 or not all(outcome.correct for outcome in outcomes):
            raise MachineError("The ranks' sums are wrong. That is a fault of the course: please report it.")
        slowest = tuple(max(times) for times in zip(*(outcome.seconds for outcome in outcomes), strict=True))
        return AllReduce(self.ranks, self.transport, job.limit_gbs, size_bytes, slowest, outcomes[0].result)

    def _patience_s(self, job: Job, size_bytes: int) -> float:
        rate = min(job.limit_gbs or SLOWEST_GBS, SLOWEST_GBS) / self.ranks * BYTES_PER_GB
        return PATIENCE_S + (job.repeats + job.warm_ups) * 3 * size_bytes / rate

    def _collect(self, patience_s: float) -> list[Outcome]:
        outcomes: dict[int, Outcome] = {}
        end = time.monotonic() + patience_s
        while len(outcomes) < self.ranks:
            waiting = {self._connections[rank]: rank for rank in range(self.ranks) if rank not in outcomes}
            sentinels = [process.sentinel for process in self._processes]
            ready = wait([*waiting, *sentinels], max(0.0, end - time.monotonic()))
            if not ready:
                raise MachineError(
                    f"The ring of {self.ranks} processes did not answer for {patience_s:.0f} s and was ended."
                )
            for connection in [each for each in waiting if each in ready]:
                outcomes[waiting[connection]] = self._receive(connection)
            if any(each in sentinels for each in ready) and len(outcomes) < self.ranks:
                raise MachineError(self._what_ended())
        return [outcomes[rank] for rank in range(self.ranks)]

    def _receive(self, connection: Connection) -> Outcome:
        try:
            outcome: Outcome = connection.recv()
        except (EOFError, OSError):
            raise MachineError(self._what_ended()) from None
        if outcome.failure:
            raise MachineError(self._what_ended(outcome.failure))
        return outcome

    def _what_ended(self, failure: str = "") -> str:
        wait([process.sentinel for process in self._processes], GOODBYE_S / 2)
        # A rank whose neighbour is gone stops in good order; the one that did not is the cause.
        for process in self._processes:
            process.join(0.05)
            if process.exitcode:
                return (
                    f"The process {process.name} ended before its work was done (exit code {process.exitcode}), so the "
                    "ring was taken down. If memory is short, try a smaller size. In a script, start the measurement "
                    'under `if __name__ == "__main__":`.'
                )
        return f"The ring broke{': ' + failure if failure else ' and was taken down'}. Try again."

    def _end(self, *, politely: bool) -> None:
        for connection in self._connections:
            connection.close()
        for process in self._processes:
            if politely:
                process.join(GOODBYE_S)
            process.terminate()
        for process in self._processes:
            process.join(GOODBYE_S)
            _kill(process)
        self._connections.clear()
        self._processes.clear()


def _kill(process: SpawnProcess) -> None:
    if process.is_alive():
        process.kill()
        process.join(GOODBYE_S)
    with suppress(ValueError):  # still alive: the system refuses to end it, and it is a daemon
        process.close()


@contextmanager
def _connection_trouble() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MachineError(f"The ring is broken ({error}). Try again.") from error


@contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Hold Ctrl-C back while a rank starts: ranks inherit that, and only we are interrupted, a moment later."""
    if not hasattr(signal, "pthread_sigmask"):
        yield  # Windows
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _our_end_of_wires(ring: Ring) -> Iterator[list[Any]]:
    """Make each rank's ends; what stays open here is closed once the ranks have taken theirs over."""
    if ring.transport == "shared":
        yield _mailboxes(ring)
        return
    pairs: list[tuple[socket.socket, socket.socket]] = []
    try:
        for _ in range(ring.ranks):
            pairs.append(_tcp_pair())  # noqa: PERF401 - those made before a failure must be closed
        yield [(pairs[rank - 1][1], pairs[rank][0]) for rank in range(ring.ranks)]
    finally:
        for end in (end for pair in pairs for end in pair):
            end.close()


def _mailboxes(ring: Ring) -> list[tuple[Mailbox, Mailbox]]:
    conditions.must_have_shared_memory(ring.max_bytes)
    context = multiprocessing.get_context("spawn")
    chunk_bytes = -(-ring.max_bytes // ring.ranks) + max(np.dtype(name).itemsize for name in DTYPES)
    try:
        # Memory of this kind has no name in the file system: however we end, none is left behind.
        boxes = [
            Mailbox(context.RawArray("b", chunk_bytes), context.Semaphore(0), context.Semaphore(1))
            for _ in range(ring.ranks)
        ]
    except OSError as error:
        raise MachineError(f"No shared memory of {ring.max_bytes} bytes is to be had here ({error}).") from error
    return [(boxes[rank], boxes[(rank + 1) % ring.ranks]) for rank in range(ring.ranks)]


def _tcp_pair() -> tuple[socket.socket, socket.socket]:
    """Return both ends of a loopback connection: where the left rank sends, where the right one receives."""
    sending = socket.socket()
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(PATIENCE_S)
            sending.connect(server.getsockname())
            receiving, peer = server.accept()
    except OSError as error:
        sending.close()
        raise MachineError(f"No loopback TCP connection can be made here ({error}).") from error
    if peer != sending.getsockname():
        sending.close()
        receiving.close()
        raise MachineError("Another program connected to the ring's port. Try again.")
    return sending, receiving
