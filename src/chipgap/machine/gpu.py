"""The same measurements on a GPU, where PyTorch finds one.

Written to PyTorch's documented interface and tested with a stand-in; it was not run on a GPU here.
"""

import importlib
import importlib.util
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from chipgap.machine.errors import MachineError

GEMM_SIZE = 8192
GEMM_DTYPES = ("bfloat16", "float32")
COPY_BYTES = 1 << 30
WARM_UPS, REPEATS = 3, 10
_SHARE_OF_FREE = 4  # no more than a quarter of the GPU's free memory for the copy


@dataclass(frozen=True)
class GpuRates:
    """What a GPU does, in the units of the roofline (dense; TFLOP/s and GB/s, medians of repeats)."""

    name: str
    torch: str
    gemm_size: int
    gemm_tflops: dict[str, float]
    memory_gbs: float
    memory_gb: float

    @property
    def ridge_flop_per_byte(self) -> float:
        """FLOP per byte from which the matrix units, not memory, set the pace (bfloat16)."""
        return self.gemm_tflops["bfloat16"] * 1e3 / self.memory_gbs


def find_torch() -> ModuleType | None:
    """Return PyTorch if it is installed and sees a GPU, else None."""
    if importlib.util.find_spec("torch") is None:
        return None
    torch = importlib.import_module("torch")
    return torch if torch.cuda.is_available() else None


def measure_gpu(torch: ModuleType | None = None) -> GpuRates:
    """Measure matrix products and a copy of memory on PyTorch's current GPU.

    Parameters
    ----------
    torch
        The module to use; by default PyTorch, if installed.

    Raises
    ------
    MachineError
        If there is no PyTorch, or it sees no GPU.
    """
    torch = torch or find_torch()
    if torch is None or not torch.cuda.is_available():
        raise MachineError("No GPU that PyTorch can use was found, so there is nothing to measure it with.")
    free, total = torch.cuda.mem_get_info()
    rates = {dtype: 2 * GEMM_SIZE**3 / _gemm_s(torch, dtype) / 1e12 for dtype in GEMM_DTYPES}
    count = min(COPY_BYTES, free // _SHARE_OF_FREE)
    source = torch.ones(count, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    copy_s = _seconds(torch, lambda: target.copy_(source))
    name = torch.cuda.get_device_name()
    return GpuRates(name, torch.__version__, GEMM_SIZE, rates, 2 * count / copy_s / 1e9, total / 1e9)


def _gemm_s(torch: ModuleType, dtype: str) -> float:
    a, b = (torch.randn(GEMM_SIZE, GEMM_SIZE, device="cuda", dtype=getattr(torch, dtype)) for _ in range(2))
    out = torch.empty_like(a)
    return _seconds(torch, lambda: torch.matmul(a, b, out=out))


def _seconds(torch: ModuleType, work: Callable[[], object]) -> float:
    """Return the median seconds by the GPU's own clock: Python only queues work and does not wait for it."""
    times: list[float] = []
    for _ in range(WARM_UPS + REPEATS):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        work()
        end.record()
        torch.cuda.synchronize()
        times.append(start.elapsed_time(end) / 1e3)  # it tells milliseconds
    return statistics.median(times[WARM_UPS:])
