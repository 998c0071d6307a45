"""What one rank of the ring does, in a process of its own.

A ring all-reduce cuts the array into as many chunks as there are ranks. In n-1 steps every chunk
travels round the ring and is added up (reduce-scatter); in n-1 more the sums travel round
(all-gather). Each rank sends 2(n-1)/n of the array, whatever n is: that is the trick.
"""

import os
import signal
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.synchronize import Barrier
from typing import Any

import numpy as np

from chipgap.machine.bucket import TokenBucket
from chipgap.machine.wires import Array, Mailbox, SharedMemoryWire, TcpWire, Wire

PERIOD = 251  # a prime: no chunk of the pattern looks like its neighbour


@dataclass(frozen=True)
class Job:
    """One array to be summed over the ring, ``repeats`` times after ``warm_ups``."""

    count: int
    dtype: str
    repeats: int
    warm_ups: int = 0
    limit_gbs: float | None = None
    array: Array | None = None  # this rank's own; None: the pattern


@dataclass(frozen=True)
class Outcome:
    """What a rank reports: the seconds of each repeat, and what came out."""

    seconds: tuple[float, ...] = ()
    digest: bytes = b""  # of the sum of arrays that were handed in: it must be the same everywhere
    correct: bool = True  # of the pattern, whose sum every rank knows
    result: Array | None = None  # from rank 0, for arrays that were handed in
    failure: str = ""


def serve(rank: int, ranks: int, ends: Any, barrier: Barrier, connection: Connection) -> None:  # noqa: ANN401
    """Do the jobs that arrive through ``connection`` until it closes; the parent stops a rank that hangs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted and ends its ranks
    threading.Thread(target=_end_with_parent, daemon=True).start()
    wire: Wire = SharedMemoryWire(*ends) if isinstance(ends[0], Mailbox) else TcpWire(*ends)
    try:
        connection.send(Outcome())  # ready
        while True:
            connection.send(_do(connection.recv(), rank, ranks, wire, barrier))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the parent has closed the ring
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent tells it
        with suppress(OSError):  # the parent is already taking the ring down
            connection.send(Outcome(failure=f"{type(error).__name__}: {error}"))


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _do(job: Job, rank: int, ranks: int, wire: Wire, barrier: Barrier) -> Outcome:
    source = pattern(job.count, job.dtype, rank + 1) if job.array is None else job.array
    values = np.empty_like(source)
    wire.bucket = TokenBucket(job.limit_gbs)
    seconds = []
    for _ in range(job.warm_ups + job.repeats):
        np.copyto(values, source)
        barrier.wait()
        wire.bucket.empty()
        start = time.perf_counter()
        all_reduce(values, rank, ranks, wire)
        seconds.append(time.perf_counter() - start)
    timed = tuple(seconds[job.warm_ups :])
    if job.array is None:
        expected = pattern(job.count, job.dtype, ranks * (ranks + 1) // 2)
        return Outcome(timed, correct=np.array_equal(values, expected))
    digest = blake2b(values.view(np.uint8).data, digest_size=16).digest()
    return Outcome(timed, digest, result=values if rank == 0 else None)


def pattern(count: int, dtype: str, times: int) -> Array:
    """Return small whole numbers, whose sums are exact in every order; rank r takes r+1 ``times`` them."""
    values: Array = np.resize((np.arange(PERIOD) * times).astype(dtype), count)
    return values


def all_reduce(values: Array, rank: int, ranks: int, wire: Wire) -> None:
    """Replace ``values`` (one dimension) by the sum of all ranks' values: reduce-scatter, then all-gather."""
    edges = [values.size * i // ranks for i in range(ranks + 1)]
    chunks = [values[edges[i] : edges[i + 1]] for i in range(ranks)]
    for step in range(ranks - 1):
        wire.exchange(chunks[(rank - step) % ranks], chunks[(rank - step - 1) % ranks], add=True)
    for step in range(ranks - 1):
        wire.exchange(chunks[(rank + 1 - step) % ranks], chunks[(rank - step) % ranks], add=False)
