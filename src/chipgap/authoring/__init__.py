"""What authors run: ``course/`` -> ``notebooks/``, the leak check, the student's bundle.

Nothing is imported before it is asked for, so that ``import chipgap.authoring`` needs no jupytext.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chipgap.authoring.builder import BuildReport, build
    from chipgap.authoring.bundling import bundle

__all__ = ["BuildReport", "build", "bundle"]

_HOMES = {"build": "builder", "BuildReport": "builder", "bundle": "bundling"}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a class or a function, as asked for
    """Import a public name from its module on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
