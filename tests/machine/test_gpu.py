"""The arithmetic of the GPU's figures, with a stand-in for PyTorch whose clock is known; no GPU is needed."""

from types import SimpleNamespace
from typing import Any

import pytest

from chipgap.machine import MachineError, gpu, measure_gpu

MATMUL_MS, COPY_MS, FREE_BYTES = 2.0, 1.0, 2_000_000_000


class StandInTorch:
    """Counts milliseconds of work that is given to it, as CUDA events do."""

    bfloat16, float32, uint8, __version__ = "bfloat16", "float32", "uint8", "0"

    def __init__(self, *, available: bool = True) -> None:
        self.now_ms = 0.0
        self.cuda = SimpleNamespace(
            is_available=lambda: available,
            mem_get_info=lambda: (FREE_BYTES, 4 * FREE_BYTES),
            get_device_name=lambda: "stand-in",
            synchronize=lambda: None,
            Event=lambda enable_timing: self._event(),  # noqa: ARG005
        )

    def _event(self) -> Any:
        event = SimpleNamespace(at=0.0)
        event.record = lambda: setattr(event, "at", self.now_ms)
        event.elapsed_time = lambda end: end.at - event.at
        return event

    def _pass(self, milliseconds: float) -> None:
        self.now_ms += milliseconds

    def _tensor(self, *_: Any, **__: Any) -> Any:
        return SimpleNamespace(copy_=lambda _source: self._pass(COPY_MS))

    randn = ones = empty_like = _tensor

    def matmul(self, *_: Any, **__: Any) -> None:
        self._pass(MATMUL_MS)


def test_rates_follow_from_the_gpu_s_clock() -> None:
    rates = measure_gpu(StandInTorch())  # type: ignore[arg-type]
    assert rates.gemm_tflops == pytest.approx(dict.fromkeys(("bfloat16", "float32"), 2 * 8192**3 / 2e-3 / 1e12))
    assert rates.memory_gbs == pytest.approx(2 * FREE_BYTES / 4 / 1e-3 / 1e9)
    assert rates.ridge_flop_per_byte == pytest.approx(rates.gemm_tflops["bfloat16"] * 1e12 / (rates.memory_gbs * 1e9))


def test_no_gpu_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MachineError, match="No GPU that PyTorch can use"):
        measure_gpu(StandInTorch(available=False))  # type: ignore[arg-type]
    monkeypatch.setattr(gpu.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(MachineError, match="No GPU that PyTorch can use"):
        measure_gpu()
