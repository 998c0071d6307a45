"""The two kinds of link between neighbouring ranks: shared memory, and TCP over the loopback device.

Both do one thing: send a piece of an array to the right while one arrives from the left.
"""

import select
import socket
import time
from dataclasses import dataclass
from multiprocessing.synchronize import Semaphore
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from chipgap.machine.bucket import TokenBucket

Array = NDArray[Any]
MOST_AT_ONCE = 1 << 20  # bytes handed to the system in one call: larger ones only make it copy more


class Wire(Protocol):
    """A rank's links to its neighbours."""

    bucket: TokenBucket

    def exchange(self, outgoing: Array, target: Array, *, add: bool) -> None:
        """Send ``outgoing`` to the right; add what comes from the left to ``target``, or write it there."""


@dataclass(frozen=True)
class Mailbox:
    """Shared memory that one rank writes and the next one reads, in turn."""

    memory: Any  # multiprocessing.RawArray of bytes; its type has no public name
    written: Semaphore
    read: Semaphore


class SharedMemoryWire:
    """Neighbours leave pieces in each other's mailboxes."""

    def __init__(self, mine: Mailbox, right: Mailbox) -> None:
        self._mine, self._right = mine, right
        self._mine_bytes = np.frombuffer(mine.memory, dtype=np.uint8)
        self._right_bytes = np.frombuffer(right.memory, dtype=np.uint8)
        self.bucket = TokenBucket(None)

    def exchange(self, outgoing: Array, target: Array, *, add: bool) -> None:
        """Fill the right neighbour's mailbox, then empty one's own."""
        self._right.read.acquire()
        self._write(outgoing.view(np.uint8))
        self._right.written.release()
        self._mine.written.acquire()
        arrived = self._mine_bytes[: target.nbytes].view(target.dtype)
        if add:
            np.add(target, arrived, out=target)
        else:
            np.copyto(target, arrived)
        self._mine.read.release()

    def _write(self, data: NDArray[np.uint8]) -> None:
        done = 0
        while done < data.size:
            count = self.bucket.allowed(data.size - done)
            if not count:
                time.sleep(self.bucket.wait_s(data.size - done))
                continue
            self._right_bytes[done : done + count] = data[done : done + count]
            self.bucket.spend(count)
            done += count


class TcpWire:
    """Neighbours send pieces through a TCP connection each; every byte goes through the system's network code."""

    def __init__(self, left: socket.socket, right: socket.socket) -> None:
        self._left, self._right = left, right
        self.bucket = TokenBucket(None)
        for end in (left, right):
            end.settimeout(0.0)  # never wait in a call: select() says when there is something to do
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def exchange(self, outgoing: Array, target: Array, *, add: bool) -> None:
        """Send and receive at the same time: if all ranks sent first, full buffers would block them all."""
        arrived = np.empty_like(target) if add else target
        self._both_ways(outgoing.view(np.uint8).data, arrived.view(np.uint8).data)
        if add:
            np.add(target, arrived, out=target)

    def _both_ways(self, outgoing: memoryview, incoming: memoryview) -> None:
        while outgoing or incoming:
            count = min(self.bucket.allowed(len(outgoing)), MOST_AT_ONCE)
            wait_s = self.bucket.wait_s(len(outgoing)) if outgoing and not count else None
            readable, writable = self._ready(bool(incoming), count > 0, wait_s)
            if readable:
                incoming = incoming[self._receive(incoming) :]
            if writable:
                sent = self._send(outgoing[:count])
                self.bucket.spend(sent)
                outgoing = outgoing[sent:]

    def _ready(self, receiving: bool, sending: bool, wait_s: float | None) -> tuple[bool, bool]:  # noqa: FBT001
        if not receiving and not sending:
            time.sleep(wait_s or 0.0)  # Windows refuses to select on nothing
            return False, False
        read, write, _ = select.select([self._left] * receiving, [self._right] * sending, [], wait_s)
        return bool(read), bool(write)

    def _receive(self, into: memoryview) -> int:
        try:
            count = self._left.recv_into(into, min(len(into), MOST_AT_ONCE))
        except BlockingIOError:
            return 0
        if not count:
            raise ConnectionError("the left neighbour closed the connection")
        return count

    def _send(self, data: memoryview) -> int:
        try:
            return self._right.send(data)
        except BlockingIOError:
            return 0
