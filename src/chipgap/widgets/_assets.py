"""Reads the widgets' scripts and styles; anywidget takes one module, so shared parts are put in front."""

from functools import cache
from importlib.resources import files


@cache
def asset(*names: str) -> str:
    """Return the named files of ``widgets/static`` joined in this order."""
    folder = files("chipgap.widgets") / "static"
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)
