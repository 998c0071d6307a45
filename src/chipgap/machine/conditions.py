"""Under what conditions a measurement was made: processor, cores, memory, libraries."""

import os
import platform
import shutil
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil  # type: ignore[import-untyped]  # ships no type information

from chipgap.machine.errors import MachineError

_CGROUP = Path("/sys/fs/cgroup")
_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - asked for its room only; Python chooses the files in it
UNKNOWN_CACHE_BYTES = 32 << 20


@dataclass(frozen=True)
class Conditions:
    """What the figures of a :class:`~chipgap.machine.Machine` depend on.

    Attributes
    ----------
    cpu, system
        Name of the processor; operating system and architecture.
    cores
        Cores that this process may use, limits of a container included.
    memory_gb
        Memory of the machine or container, 10^9 bytes.
    python, numpy, blas
        Versions; ``blas`` does the matrix products.
    gemm_cores_busy
        Cores that were busy during the matrix products: processor time / time.
    memory_threads
        Threads that moved memory at the same time.
    memory_array_mb
        Size of each array moved, 10^6 bytes.
    ranks
        Processes in the ring.

    """

    cpu: str
    system: str
    cores: int
    memory_gb: float
    python: str
    numpy: str
    blas: str
    gemm_cores_busy: float
    memory_threads: int
    memory_array_mb: float
    ranks: int


def cpu_name() -> str:
    """Return the processor's name, as far as the system tells."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    if platform.system() == "Darwin":
        command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        with suppress(OSError, subprocess.SubprocessError):
            done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=5)  # noqa: S603 - fixed
            return done.stdout.strip()
    return platform.processor() or platform.machine()


def cores() -> int:
    """Return how many cores this process may use: at least 1, a container's quota counted in."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, _, period = _cgroup("cpu.max").partition(" ")
    if quota.isdigit() and period.isdigit():
        allowed = min(allowed, -(-int(quota) // int(period)))
    return max(1, allowed)


def memory_bytes() -> tuple[int, int]:
    """Return the memory of this machine, or of its container, in bytes: all of it, and what is still free."""
    seen = psutil.virtual_memory()
    total, free = int(seen.total), int(seen.available)
    limit, used = _cgroup("memory.max"), _cgroup("memory.current")
    if limit.isdigit() and used.isdigit():
        total, free = min(total, int(limit)), min(free, int(limit) - int(used))
    return total, max(0, free)


def must_have_memory(needed_bytes: int, purpose: str) -> None:
    """Stop before memory runs out: a system that is short of it ends programs without a word.

    Raises
    ------
    MachineError
        If less than ``needed_bytes`` is free.
    """
    free = memory_bytes()[1]
    if needed_bytes > free:
        raise MachineError(
            f"Not enough memory for {purpose}: it needs {needed_bytes / 1e6:,.0f} MB, and "
            f"{free / 1e6:,.0f} MB are free. Close other programs and notebooks, or ask for less."
        )


def shared_memory_is_short(needed_bytes: int) -> bool:
    """Return whether Linux's folder for shared memory is too small, so that a temporary file has to serve."""
    return SHARED_MEMORY.is_dir() and shutil.disk_usage(SHARED_MEMORY).free < needed_bytes


def must_have_shared_memory(needed_bytes: int) -> None:
    """Stop before a file that stands for shared memory outgrows its disk: the system would end the ranks.

    Raises
    ------
    MachineError
        If neither Linux's folder for shared memory nor the one for temporary files has room.
    """
    folder = tempfile.gettempdir()
    if shared_memory_is_short(needed_bytes) and shutil.disk_usage(folder).free < needed_bytes:
        raise MachineError(
            f"An all-reduce of this size needs {needed_bytes / 1e6:,.0f} MB of shared memory, and neither "
            f"{SHARED_MEMORY} nor {folder} has that much room. Ask for a smaller size, or use transport='tcp'."
        )


def cache_bytes() -> int:
    """Return the size of the processor's largest cache in bytes, 32 MiB where the system does not tell."""
    sizes = []
    for file in _CACHES.glob("index*/size"):
        with suppress(OSError, ValueError):
            sizes.append(int(file.read_text().strip().removesuffix("K")) * 1024)
    return max(sizes, default=UNKNOWN_CACHE_BYTES)


def blas_name() -> str:
    """Return name and version of the library that NumPy multiplies matrices with."""
    found: Any = np.show_config(mode="dicts")  # its type leaves out that builds differ in what they tell
    blas = found.get("Build Dependencies", {}).get("blas", {})
    return " ".join(str(blas[key]) for key in ("name", "version") if blas.get(key)) or "unknown"


def _cgroup(name: str) -> str:
    try:
        return (_CGROUP / name).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
