"""The chain behind a domestic chip, and estimates of the market that disagree."""

from decimal import Decimal

import pandas as pd
import pytest
from tests.data.recompute import rounds_to, values

from chipgap.data import load

FIGURE_UNITS = {
    "share": "%",
    "yield": "%",
    "price above": "%",
    "more power": "%",
    "cut of": "%",
    "capacity": "thousand wafers a month",
    "node": "nm",
    "dies made": "million",
    "stacks": "million",
    "cards sold": "million",
    "that the stock": "million",
    "survive": "%",
    "link": "GB/s",
    "modules": "modules",
    "time": "months",
    "kWh": "US cents",
    "over that": "times",
}
MARKET_UNITS = {"share": "%", "cards": "thousand", "dies": "thousand", "revenue": "USD bn", "size": "USD bn"}


@pytest.fixture(scope="module")
def figures() -> dict[str, Decimal]:
    return values("dependency_figures", "figure_id", "value")


@pytest.fixture(scope="module")
def market() -> dict[str, Decimal]:
    return values("market_estimates", "estimate_id", "value")


def unit_of(quantity: str, units: dict[str, str]) -> str:
    """Return the unit of the first word that the quantity holds."""
    return next(unit for word, unit in units.items() if word in quantity)


def test_layers_run_from_design_to_law_and_figures_follow_their_order() -> None:
    layers = load("dependency_layers")
    assert layers["step"].tolist() == list(range(1, len(layers) + 1))
    figures = load("dependency_figures")
    steps = figures["layer_id"].map(layers.set_index("layer_id")["step"])
    assert steps.is_monotonic_increasing


def test_a_layer_without_source_is_recalled_and_one_without_a_foreign_party_says_so() -> None:
    layers = load("dependency_layers")
    assert (layers["source_key"].isna() == (layers["status"] == "recall")).all()
    assert (layers.loc[layers["status"] == "recall", "parties_status"] == "recall").all()
    assert layers.loc[layers["parties_status"] == "recall", "note"].str.contains("recalled", case=False).all()
    assert layers.loc[layers["foreign"].isna(), "note"].str.contains("No foreign party").all()


def test_sources_of_a_figure_fit_its_layer() -> None:
    layers = load("dependency_layers").set_index("layer_id")
    for row in load("dependency_figures").dropna(subset=["source_key"]).itertuples():
        layer = layers.loc[row.layer_id]
        known = f"{layer['source_key']} {layer['source_key_2']} {layer['note']}"
        # The memory, foundry and power layers rest on more sources than two.
        assert row.source_key in known or row.source_key in ("SEMIA", "SMICY2", "CM384"), row.figure_id


def test_units_fit_the_quantities() -> None:
    for row in load("dependency_figures").itertuples():
        assert row.value_unit == unit_of(row.quantity, FIGURE_UNITS), row.figure_id
    for row in load("market_estimates").itertuples():
        expected = "USD bn" if row.quantity == "domestic supply" else unit_of(row.quantity, MARKET_UNITS)
        assert row.value_unit == expected, row.estimate_id


def test_ranges_run_upwards_and_shares_stay_under_100_percent() -> None:
    figures = load("dependency_figures")
    assert (figures["value"] < figures["value_high"]).fillna(value=True).all()
    assert figures.loc[figures["value_unit"] == "%", ["value", "value_high"]].max().max() <= 100
    assert figures.loc[figures["period"].isna(), "note"].notna().all()


def test_figures_that_can_be_computed_from_each_other_do(figures: dict[str, Decimal]) -> None:
    assert figures["hbm_hynix"] + figures["hbm_micron"] + figures["hbm_samsung"] == 100
    assert figures["hbm_stacks_rush"] < figures["hbm_stacks_samsung"] < figures["hbm_stacks_all"]
    assert round(figures["hbm_stacks_all"] / figures["hbm_enough"]) == 8
    assert figures["link_total"] == 7 * figures["link_pair"]
    assert figures["smic_capacity_2025"] < figures["smic_capacity_2026"] < figures["smic_capacity_2027"]
    rate = values("fx_usd_cny", "rate_id", "cny_per_usd")["fx_day_20251128"]
    assert rounds_to(Decimal("0.4") / rate * 100, Decimal(round(figures["power_price_china"], 0)))


def test_the_same_cards_are_counted_in_both_tables(figures: dict[str, Decimal], market: dict[str, Decimal]) -> None:
    assert 1000 * figures["cards_all"] == market["G01"]
    assert 1000 * figures["cards_domestic"] == market["G01c"]


def test_parts_of_the_market_of_2025_add_up_and_give_the_shares(market: dict[str, Decimal]) -> None:
    makers = {"G01b": "G01e", "G01c": "G01f", "G01d": "G01g"}
    total = sum(market[cards] for cards in makers)
    assert abs(total - market["G01"]) <= market["G01"] / 100
    for cards, share in makers.items():
        assert rounds_to(100 * market[cards] / total, market[share]), cards
    assert sum(market[share] for share in makers.values()) == 100
    assert market["G02"] + market["G03"] + market["G03b"] + market["G03c"] < market["G01c"]
    assert market["G10b"] + market["G10c"] < 100


def test_estimates_of_huaweis_output_disagree_by_a_factor_of_four() -> None:
    rows = load("market_estimates")
    huawei = rows[(rows["about"] == "Huawei") & (rows["product"] == "Ascend") & (rows["period"] == 2025)]
    assert huawei["estimator"].nunique() == len(huawei) == 4
    assert huawei["value"].max() / huawei["value"].min() == pytest.approx(4.06)


def test_what_the_notes_say_about_the_estimates_is_so(market: dict[str, Decimal]) -> None:
    assert market["G08"] == market["G09"] / 2
    assert market["G12f"] > market["G12c"]
    assert market["G12"] < market["G12b"] < market["G12c"]
    assert market["G12d"] < market["G12e"] < market["G12f"]
    assert market["G07b"] > 2 * market["G07"]
    per_card_usd = market["G09b"] * 10**9 / (market["G09"] * 1000)
    assert per_card_usd == 12_000


def test_kinds_years_and_missing_sources_make_sense() -> None:
    rows = load("market_estimates")
    assert (rows["source_key"].isna() == (rows["status"] == "recall")).all()
    assert rows.loc[rows["status"] == "recall", "note"].str.contains("Recalled").all()
    assert set(rows.loc[rows["kind"] == "reported", "estimator"]) == {"NVIDIA", "AMD"}
    assert set(rows.loc[rows["kind"] == "estimate", "period"].dropna()) <= {2024, 2025}
    assert rows.loc[rows["period"].fillna(0) > 2025, "kind"].eq("forecast").all()
    assert rows.loc[rows["period"].isna(), "note"].str.contains("which year").all()
    assert rows["estimate_id"].is_monotonic_increasing
    published = pd.to_datetime(rows["source_key"].map(load("sources").set_index("source_key")["published_on"]))
    done = rows["kind"].eq("estimate") & published.notna()
    assert (published[done].dt.year >= rows.loc[done, "period"]).all()
