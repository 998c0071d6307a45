"""The figures of the dataset pictures: what they say is computed, and what they show is all of it."""

from collections.abc import Callable

import pandas as pd
import plotly.graph_objects as go
import pytest

from chipgap import figures
from chipgap.authoring.pictures import DATASET_FIGURES, dataset_figure
from chipgap.data import is_shaky, load
from chipgap.figures.currency import needed_rates
from chipgap.figures.rules import control_regions
from chipgap.figures.style import OKABE_ITO

OVERVIEWS = sorted(set(DATASET_FIGURES) - {"claims", "retellings", "efficiency_statements"})
ROW_AXES = {"score_intervals", "market_estimates", "vendor_throughput", "training_runs"}
UNITS = {
    "tpp_answers": ("TOPS", "TOPS per mm²"),
    "fx_usd_cny": ("Date", "CNY/USD"),
    "iflytek_years": ("year", "million yuan", "billion yuan"),
    "score_intervals": ("% of questions",),
    "market_estimates": ("thousand",),
    "vendor_throughput": ("ratio",),
    "training_runs": ("% of the 16-bit peak",),
}


def _drawn(name: str, changed: str = "", change: Callable[[pd.DataFrame], None] = lambda _: None) -> go.Figure:
    """Return the figure of a picture after ``change`` was made to its table ``changed``."""
    taken = [load(table) for table in DATASET_FIGURES[name].takes]
    if changed:
        change(taken[DATASET_FIGURES[name].takes.index(changed)])
    return DATASET_FIGURES[name].figure(*taken)


def _set(key: str, column: str, value: object) -> Callable[[pd.DataFrame], None]:
    """Return a change of one cell, in the row whose key is ``key``."""

    def change(table: pd.DataFrame) -> None:
        assert (table.iloc[:, 0] == key).sum() == 1
        table.loc[table.iloc[:, 0] == key, column] = value

    return change


@pytest.fixture(params=OVERVIEWS)
def overview(request: pytest.FixtureRequest) -> str:
    return request.param


def test_figures_meet_the_standard(overview: str) -> None:
    fig = dataset_figure(overview)
    assert figures.faults(fig) == []
    assert figures.finding(fig) in figures.alt(fig)
    assert len(figures.alt(fig)) > 2 * len(figures.finding(fig)), "the alt text tells no data"
    assert "{" not in figures.alt(fig)


def test_axes_have_units(overview: str) -> None:
    layout = dataset_figure(overview).layout.to_plotly_json()
    titles = [layout[axis]["title"]["text"] for axis in ("xaxis", "yaxis", "yaxis2") if axis in layout]
    numeric = titles[:1] if overview in ROW_AXES else titles
    assert len(numeric) == len(UNITS[overview])
    for title, unit in zip(numeric, UNITS[overview], strict=True):
        assert unit in title


def test_kinds_differ_by_shape_and_by_colour_of_the_palette(overview: str) -> None:
    marked = _marked(dataset_figure(overview))
    looks = {(trace.marker.color, str(trace.marker.symbol).removesuffix("-open")) for trace in marked}
    colours, symbols = zip(*looks, strict=True)
    assert len(set(colours)) == len(set(symbols)) == len(looks)
    assert set(colours) <= set(OKABE_ITO.values())


def test_figures_leave_their_tables_alone(overview: str) -> None:
    taken = [load(table) for table in DATASET_FIGURES[overview].takes]
    before = [table.copy() for table in taken]
    DATASET_FIGURES[overview].figure(*taken)
    for table, was in zip(taken, before, strict=True):
        pd.testing.assert_frame_equal(table, was)


CHANGES = [
    ("tpp_answers", "tpp_answers", _set("P07", "tpp", 2200.0), "H20", "The L20 stays just outside: with 1.9% more"),
    ("tpp_answers", "rule_thresholds", _set("K06", "value", 2370.0), "1.4%", "0.084% more"),
    ("fx_usd_cny", "fx_usd_cny", _set("fx_average_2024", "cny_per_usd", 7.6), "No known rate", "1 of 20 turn 23.34"),
    ("fx_usd_cny", "claim_numbers", _set("N4", "value", 3.2), "No known rate", "turn 23.34 billion yuan into 3.2"),
    ("iflytek_years", "iflytek_facts", _set("core_profit_2024", "value", 59.0), "rose by 59.3%", "items fell by 50.0%"),
    ("iflytek_years", "iflytek_facts", _set("net_profit_2024", "value", 657.31), "fell", "net profit did not change"),
    ("score_intervals", "score_intervals", _set("math_500-o1_1217", "high_pct", 95.0), "On 3 of 3", "On 2 of 3"),
    ("market_estimates", "market_estimates", _set("G05", "value", 100.0), "at most 200", "at most 100 to 812"),
    ("market_estimates", "market_estimates", _set("G04", "value", 50.0), "lowest: US", "(lowest: SemiAnalysis)"),
    ("vendor_throughput", "rl_runs", _set("L01", "speed_ratio", 0.9), "do not even touch", "The two sets overlap."),
    ("training_runs", "training_runs", _set("vtrain_multi_0024", "mfu_canonical", 1.1), "5 of all", "6 of all"),
]


@pytest.mark.parametrize(("name", "table", "change", "before", "after"), CHANGES)
def test_findings_follow_the_tables(
    name: str, table: str, change: Callable[[pd.DataFrame], None], before: str, after: str
) -> None:
    assert before in figures.finding(_drawn(name))
    changed = figures.finding(_drawn(name, table, change))
    assert before not in changed
    assert after in changed


def _marked(fig: go.Figure) -> list[go.Scatter]:
    """Return the traces of marks that stand for rows: not the medians, nor what only the legend shows."""
    marked = [trace for trace in fig.data if trace.type == "scatter" and trace.marker.symbol]
    return [trace for trace in marked if trace.marker.symbol != "line-ns" and list(trace.x) != [None]]


def _points(fig: go.Figure, *, shaky: bool) -> int:
    wanted = [trace for trace in _marked(fig) if str(trace.marker.symbol).endswith("-open") == shaky]
    return sum(len(trace.x) for trace in wanted)


def test_regions_hold_the_chips_that_the_answers_put_there() -> None:
    regions = control_regions(load("rule_thresholds"))
    chips = load("tpp_answers").dropna(subset="performance_density")
    order = {"3A090.a.1": 0, "3A090.a.2": 1, "3A090.b.1": 2, "3A090.b.2": 3}
    for chip in chips.itertuples():
        covering = [r.clause for r in regions if r.covers(float(chip.tpp), float(chip.performance_density))]
        assert min(covering, key=order.__getitem__, default="none") == chip.class_oct_2023, chip.answer_id


def test_a_chip_that_no_growth_of_its_own_brings_in_is_not_called_near() -> None:
    region = control_regions(load("rule_thresholds"))[0]
    assert region.growth_to_enter(1000.0, 5.9) == float("inf"), "it would leave at the upper end before it enters"


def test_every_reading_with_a_density_is_drawn_and_shaky_ones_are_open() -> None:
    chips = load("tpp_answers").dropna(subset="performance_density")
    fig = dataset_figure("tpp_answers")
    assert _points(fig, shaky=True) == is_shaky(chips).sum()
    assert _points(fig, shaky=False) == (~is_shaky(chips)).sum()


def test_chips_at_one_point_share_a_label() -> None:
    labels = [text for trace in dataset_figure("tpp_answers").data for text in trace.text or ()]
    assert "H100, H800, H200" in labels
    assert "A100, A800" in labels


def test_the_band_is_that_of_the_arithmetic_table() -> None:
    results = load("company_arithmetic").set_index("check_id")["result"]
    needed = needed_rates(23.34, 3.1)
    assert [round(rate, 3) for rate in (needed.low, needed.exact, needed.high)] == list(
        results[["C01a", "C01", "C01b"]]
    )


def test_every_known_rate_is_drawn() -> None:
    rates = load("fx_usd_cny").dropna(subset="cny_per_usd")
    fig = dataset_figure("fx_usd_cny")
    ends = [x for trace in fig.data if trace.mode == "lines" for x in trace.x if x is not None]
    assert _points(fig, shaky=True) + _points(fig, shaky=False) + len(ends) / 2 == len(rates)
    assert _points(fig, shaky=True) == is_shaky(rates).sum()


def test_shaky_profits_are_open_by_the_status_of_each_figure() -> None:
    facts = load("iflytek_facts")
    profits = facts[facts["metric"].isin(["net_profit", "core_profit"]) & facts["period"].str.fullmatch(r"\d{4}")]
    assert 0 < is_shaky(profits).sum() < len(profits)
    assert _points(dataset_figure("iflytek_years"), shaky=True) == is_shaky(profits).sum()


def test_scores_without_any_overlap_settle_nothing_away() -> None:
    def far_apart(table: pd.DataFrame) -> None:
        table.loc[table["score_id"].str.endswith("-o1_1217"), ["low_pct", "high_pct"]] = [1.0, 2.0]

    finding = figures.finding(_drawn("score_intervals", "score_intervals", far_apart))
    assert finding == "On 0 of 3 tests the 95% ranges of DeepSeek-R1 and o1-1217 overlap."


def test_market_shows_cards_alone_and_draws_bounds_as_open_ended() -> None:
    fig = dataset_figure("market_estimates")
    drawn = [x for trace in _marked(fig) for x in trace.x]
    assert 1600.0 not in drawn, "a number of dies stands among cards"
    ends = next(trace for trace in fig.data if trace.mode == "lines")
    assert [x for x in ends.x if x is not None][:2] == [200.0, 0.0]
    assert any("shaky" in note.text for note in fig.layout.annotations)


def test_swarm_keeps_every_ratio_where_it_is() -> None:
    drawn = sorted(x for trace in _marked(dataset_figure("vendor_throughput")) for x in trace.x)
    assert drawn == sorted([*load("vendor_throughput")["ratio"], *load("rl_runs")["speed_ratio"]])


def test_impossible_runs_stand_at_the_edge_and_none_is_left_out() -> None:
    fig = dataset_figure("training_runs")
    runs = load("training_runs").dropna(subset=["mfu_canonical", "chip"])
    over = next(trace for trace in fig.data if trace.name == "above 100%: cannot be")
    assert len(over.x) == (runs["mfu_canonical"] > 1).sum()
    assert _points(fig, shaky=True) + _points(fig, shaky=False) == len(runs)
    heads = [label for label in fig.layout.yaxis.ticktext if label.startswith("<b>")]
    assert any("assumed" in head for head in heads)
    assert any("8-bit" in label for label in fig.layout.yaxis.ticktext)
