"""The course's widgets. Each is imported when it is first used, so a lesson pays for its own alone."""

from importlib import import_module

_HOME = {
    "Backup": "backup",
    "ClaimTracer": "tracer",
    "Explorer": "explorer",
    "LedgerForm": "ledger_form",
    "Predict": "predict",
    "reveal": "predict",
}

__all__ = ["Backup", "ClaimTracer", "Explorer", "LedgerForm", "Predict", "reveal"]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
