"""Figures: pure functions, data in, Plotly figure out, in one look (see :mod:`chipgap.figures.style`)."""

from chipgap.figures.claims import claims_overview
from chipgap.figures.company import two_profits
from chipgap.figures.currency import dollar_rates
from chipgap.figures.efficiency import efficiency_table, efficiency_timeline
from chipgap.figures.market import cards_by_estimator
from chipgap.figures.retelling import retelling_matrix, retelling_table
from chipgap.figures.rules import chips_under_rule
from chipgap.figures.scores import scores_with_intervals
from chipgap.figures.show import show, table_html
from chipgap.figures.speed import speed_ratios
from chipgap.figures.style import alt, faults, finding
from chipgap.figures.utilisation import mfu_by_group

__all__ = [
    "alt",
    "cards_by_estimator",
    "chips_under_rule",
    "claims_overview",
    "dollar_rates",
    "efficiency_table",
    "efficiency_timeline",
    "faults",
    "finding",
    "mfu_by_group",
    "retelling_matrix",
    "retelling_table",
    "scores_with_intervals",
    "show",
    "speed_ratios",
    "table_html",
    "two_profits",
]
