"""Says how far a measurement is: a bar in a notebook, a line in a terminal, or the caller's own function."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from chipgap.text import t

Progress = Callable[[float, str], object]
"""Called with the share that is done (0 to 1) and one sentence."""
BAR_CELLS = 30


@contextmanager
def telling(progress: Progress | None) -> Iterator[Progress]:
    """Yield the function to tell progress with: ``progress``, or what suits where we are."""
    if progress is not None:
        yield progress
    elif _in_notebook():
        yield _bar()
    elif sys.stderr.isatty():
        try:
            yield _line
        finally:
            sys.stderr.write("\n")
    else:
        yield lambda _share, _what: None


def part(progress: Progress, start: float, end: float, name: str) -> Callable[[float, str], None]:
    """Return a function that tells the progress of one part, which runs from ``start`` to ``end`` of the whole."""

    def tell(share: float, what: str) -> None:
        progress(start + share * (end - start), t("machine.doing", part=t(f"machine.part_{name}"), what=what))

    return tell


def _in_notebook() -> bool:
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


def _bar() -> Progress:
    import ipywidgets  # noqa: PLC0415 - ranks and scripts need no widgets
    from IPython.display import display  # noqa: PLC0415

    bar = ipywidgets.IntProgress(0, 0, 100, layout=ipywidgets.Layout(width="16rem"))
    text = ipywidgets.Label()
    display(ipywidgets.HBox([bar, text]))  # type: ignore[no-untyped-call]
    return partial(_move, bar, text)


def _move(bar: Any, text: Any, share: float, what: str) -> None:  # noqa: ANN401 - widgets have no types
    bar.value, text.value = round(100 * share), what


def _line(share: float, what: str) -> None:
    filled = "#" * round(BAR_CELLS * share)
    sys.stderr.write(f"\r[{filled:<{BAR_CELLS}}] {share:4.0%} {what:<50.50}")
    sys.stderr.flush()
