"""What must not be left behind, whatever happened to a ring."""

import gc
import multiprocessing
import os
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - looked at only


def ranks_alive() -> list[str]:
    """Return the ranks of any ring that descend from this process; Python's own resource tracker is none."""
    children = psutil.Process().children(recursive=True)
    return [line for child in children if "spawn_main" in (line := _command(child))]


def _command(process: psutil.Process) -> str:
    try:
        return "" if process.status() == psutil.STATUS_ZOMBIE else " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def shared_files(prefix: str) -> list[str]:
    """Return the semaphores and shared memory of this process that still have a name (Linux shows them)."""
    mine = (prefix, f"pym-{os.getpid()}-")
    return [file.name for file in SHARED_MEMORY.glob("*") if any(name in file.name for name in mine)]


@pytest.fixture(autouse=True)
def nothing_left_behind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # Semaphores get a prefix of this process, so that tests that run beside it are not mistaken for it.
    prefix = f"mp-{os.getpid()}"
    monkeypatch.setitem(multiprocessing.current_process()._config, "semprefix", f"/{prefix}")
    yield
    gc.collect()  # semaphores go with the objects that hold them
    deadline = time.monotonic() + 10
    while (ranks_alive() or multiprocessing.active_children()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert ranks_alive() == []
    assert multiprocessing.active_children() == []
    assert shared_files(prefix) == []
