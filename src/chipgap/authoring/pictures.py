"""The pictures of README and docs, taken from the running course by ``make pictures``.

A dataset picture carries its alt text within the file, so that a test can tell when the data have moved on.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

import pandas as pd
import plotly.graph_objects as go

from chipgap import figures
from chipgap.data import load
from chipgap.errors import ChipgapError
from chipgap.figures import style

PICTURES = Path("docs") / "pictures"
DATASET_PICTURES = PICTURES / "datasets"
SCRIPT = Path("tests") / "browser" / "pictures.py"
WIDTH_PX, HEIGHT_PX = 1200, 700
"""How wide dataset pictures are, and how tall at least."""
_TITLE_CHARS: Final = 118


def make(root: Path) -> Path:
    """Take all pictures with the browser tests' own JupyterLab and Chromium.

    Parameters
    ----------
    root
        The project's folder.

    Returns
    -------
    Path
        The folder of the pictures.

    Raises
    ------
    ChipgapError
        If a picture could not be taken; pytest's report stands above the message.
    """
    if not (root / SCRIPT).is_file():
        raise ChipgapError(f"Pictures are taken by {SCRIPT}, which is only in the full repository.")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(SCRIPT)]
    # Without a browser nothing would be taken: that is an error here, not a skip.
    wanted = os.environ | {"CHIPGAP_SHOTS": str(root / PICTURES), "CI": "true"}
    if subprocess.run(command, cwd=root, env=wanted, check=False).returncode:  # noqa: S603 - our own command
        raise ChipgapError(f"Not all pictures could be taken: the report above says why ({SCRIPT}).")
    return root / PICTURES


class Picture(NamedTuple):
    """A dataset picture: the figure, the tables it takes, and the tables in whose entry it is shown."""

    figure: Callable[..., go.Figure]
    takes: tuple[str, ...]
    shown_in: tuple[str, ...]


def _retold(retellings: pd.DataFrame) -> go.Figure:
    return figures.retelling_matrix(retellings, "efficiency", retellings["step"].nunique() + 2)


def _amounts(rates: pd.DataFrame, numbers: pd.DataFrame) -> go.Figure:
    """Return the rates against the article's own two amounts of revenue."""
    amounts = numbers.set_index("quantity")["value"].astype(float)
    return figures.dollar_rates(rates, amounts["revenue"], amounts["revenue in dollars"])


DATASET_FIGURES: Final = MappingProxyType(
    {
        "claims": Picture(figures.claims_overview, ("claims",), ("claims",)),
        "retellings": Picture(_retold, ("retellings",), ("retellings",)),
        "efficiency_statements": Picture(
            figures.efficiency_timeline, ("efficiency_statements",), ("efficiency_statements",)
        ),
        "tpp_answers": Picture(
            figures.chips_under_rule, ("tpp_answers", "rule_thresholds"), ("tpp_answers", "rule_thresholds")
        ),
        "fx_usd_cny": Picture(_amounts, ("fx_usd_cny", "claim_numbers"), ("fx_usd_cny",)),
        "iflytek_years": Picture(figures.two_profits, ("iflytek_facts",), ("iflytek_years", "iflytek_facts")),
        "score_intervals": Picture(
            figures.scores_with_intervals,
            ("score_intervals", "model_scores", "models", "benchmarks"),
            ("score_intervals",),
        ),
        "market_estimates": Picture(figures.cards_by_estimator, ("market_estimates",), ("market_estimates",)),
        "vendor_throughput": Picture(
            figures.speed_ratios, ("vendor_throughput", "rl_runs"), ("vendor_throughput", "rl_runs")
        ),
        "training_runs": Picture(figures.mfu_by_group, ("training_runs",), ("training_runs",)),
    }
)
"""The dataset pictures by their name, which is the file's and that of the table it shows first."""


def dataset_figure(name: str) -> go.Figure:
    """Return the figure of the dataset picture ``name``, from the tables as they are now."""
    picture = DATASET_FIGURES[name]
    return picture.figure(*(load(table) for table in picture.takes))


def as_picture(fig: go.Figure) -> style.Spec:
    """Return ``fig`` as a picture of its own: :data:`WIDTH_PX` wide, its finding in one or two lines above it."""
    spec = style.without_title(fig.to_plotly_json())
    title = style.wrap(style.finding(fig), _TITLE_CHARS)
    half_px = 12 * (title.count("<br>") + 1)
    room_px = 30 + 2 * half_px
    layout = spec["layout"]
    layout["height"] = max(HEIGHT_PX, layout["height"] + room_px)
    layout["margin"] = layout["margin"] | {"t": layout["margin"]["t"] + room_px}
    layout["title"] = {"text": title, "font": {"size": 17}, "y": 1 - (14 + half_px) / layout["height"]}
    layout["title"] |= {"yanchor": "middle", "pad": {"l": 20, "t": 0}}
    return {"data": spec["data"], "layout": layout | {"width": WIDTH_PX}}


def picture_of(table: str) -> str | None:
    """Return the name of the picture that the README shows with ``table`` (None: it has none)."""
    return next((name for name, picture in DATASET_FIGURES.items() if table in picture.shown_in), None)
