"""Figures: pure functions, data in, Plotly figure out, in one look (see :mod:`chipgap.figures.style`)."""

from chipgap.figures.claims import claims_overview
from chipgap.figures.efficiency import efficiency_timeline
from chipgap.figures.retelling import retelling_matrix, retelling_table
from chipgap.figures.show import show, table_html
from chipgap.figures.style import alt, faults, finding

__all__ = [
    "alt",
    "claims_overview",
    "efficiency_timeline",
    "faults",
    "finding",
    "retelling_matrix",
    "retelling_table",
    "show",
    "table_html",
]
