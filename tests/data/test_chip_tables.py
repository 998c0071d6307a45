"""Chips: every value of the wide table has its fact; every error is shown by a check."""

import math
import re

import pandas as pd
import pytest

from chipgap.data import DataError, disagreements, holds, load
from chipgap.data.comparing import _COLUMNS

PLAIN = ["chip", "maker", "shaky_columns", "source_key", "source_key_2", "status", "confidence", "note"]
RULES = {"equals": 1, "as sibling": 1, "half of": 0.5, "as sibling, half of": 0.5, "twice": 2}
UNITS = {
    "bf16_dense_tflops": ("peak_bf16", "TFLOP/s"),
    "listed_peak_tflops": ("peak_bf16", "TFLOP/s"),
    "fp8_dense_tflops": ("peak_fp8", "TFLOP/s"),
    "memory_gb": ("memory", "GB"),
    "memory_bandwidth_gb_s": ("memory_bandwidth", "GB/s"),
    "link_total_gb_s": ("link_total", "GB/s"),
    "link_pair_gb_s": (None, "GB/s"),
    "network_gbit_s": ("network", "Gb/s"),
    "power_w": ("power", "W"),
    "process_nm": ("process", "nm"),
    "logic_area_mm2": ("die_area", "mm2"),
}


@pytest.fixture(scope="module")
def chips() -> pd.DataFrame:
    return load("chips").set_index("chip")


@pytest.fixture(scope="module")
def facts() -> pd.DataFrame:
    return load("chip_facts").set_index("fact_id")


@pytest.fixture(scope="module")
def choices() -> pd.DataFrame:
    return load("chip_choices")


def _follows(rule: str, first: pd.Series, second: pd.Series | None) -> object:
    if rule == "year of":
        return int(str(first["value_text"])[:4])
    if rule == "sum" and second is not None:
        return first["value"] + second["value"]
    return first["value_text"] if pd.isna(first["value"]) else RULES[rule] * first["value"]


def test_every_value_of_a_chip_is_its_fact_or_follows_from_it(
    chips: pd.DataFrame, facts: pd.DataFrame, choices: pd.DataFrame
) -> None:
    for row in choices.itertuples(index=False):
        second = None if pd.isna(row.fact_id_2) else facts.loc[row.fact_id_2]
        expected = _follows(row.rule, facts.loc[row.fact_id], second)
        assert chips.loc[row.chip, row.quantity] == expected, (row.chip, row.quantity)
        assert (second is not None) == (row.rule == "sum")


def test_every_value_of_a_chip_has_a_choice_and_no_choice_is_without_one(
    chips: pd.DataFrame, choices: pd.DataFrame
) -> None:
    values = chips.drop(columns=[name for name in PLAIN if name != "chip"]).notna()
    filled = {(chip, column) for column in values for chip in values.index[values[column]]}
    assert filled == set(zip(choices["chip"], choices["quantity"], strict=True))


def test_a_choice_takes_a_fact_of_the_right_chip_quantity_and_unit(facts: pd.DataFrame, choices: pd.DataFrame) -> None:
    for row in choices.itertuples(index=False):
        fact = facts.loc[row.fact_id]
        quantity, unit = UNITS.get(row.quantity, (None, None))
        assert quantity in (None, fact["quantity"]) or row.rule.endswith("half of"), row
        if unit:
            assert fact["unit"] == unit, row
        own = fact["chip"] in (row.chip, "Ascend 910B") or row.rule.startswith("as sibling")
        assert own or row.chip == "Ascend 910C", row
        assert row.source_key == fact["source_key"]
        assert row.status == (fact["status"] if row.rule == "equals" else "derived")


def test_shaky_columns_are_those_whose_choice_is_shaky(chips: pd.DataFrame, choices: pd.DataFrame) -> None:
    shaky = choices[(choices["confidence"] == "L") | choices["status"].isin(["recall", "inference"])]
    for chip, listed in chips["shaky_columns"].items():
        own = shaky.loc[shaky["chip"] == chip, "quantity"].tolist()
        assert ("" if pd.isna(listed) else listed).split() == own, chip


def test_a_chips_sources_are_its_most_used_ones_and_its_confidence_that_of_its_values(
    chips: pd.DataFrame, choices: pd.DataFrame
) -> None:
    for chip, own in choices.groupby("chip"):
        used = own["source_key"].value_counts()
        row = chips.loc[str(chip)]
        assert used[row["source_key"]] == used.max()
        assert pd.isna(row["source_key_2"]) == (len(used) == 1)
        levels = own["confidence"]
        expected = "L" if (levels == "L").sum() >= 3 else "H" if (levels == "H").all() else "M"
        assert (row["confidence"], row["status"]) == (expected, "derived"), chip


def test_a_missing_value_has_its_reason_in_the_note(chips: pd.DataFrame) -> None:
    words = {"memory_type": "kind of memory", "network_gbit_s": "network", "power_w": "power", "foundry": "foundry"}
    words |= {"logic_area_mm2": "logic area", "link_total_gb_s": "the links", "link_pair_gb_s": "link of a pair"}
    words |= {"process_nm": "process", "fp8_dense_tflops": "FP8"}
    for column, word in words.items():
        empty = chips[column].isna()
        assert chips["note"].fillna("").str.contains(word)[empty].all()
        assert not chips["note"].fillna("").str.contains(word)[~empty].any()


@pytest.mark.parametrize(
    ("over", "expected"),
    [
        ("A800 SXM 80GB", [1.13, 0.785, 0.80, 0.98, 0.14]),
        ("H20 SXM", [2.39, 0.40, 0.67, 0.44, 0.06]),
        ("H100 SXM", [0.36, 0.48, 0.80, 0.44, 0.06]),
    ],
)
def test_the_910b_on_paper_against_three_cards(chips: pd.DataFrame, over: str, expected: list[float]) -> None:
    columns = ["bf16_dense_tflops", "memory_bandwidth_gb_s", "memory_gb", "link_total_gb_s", "link_pair_gb_s"]
    ratios = (chips.loc["Ascend 910B2", columns] / chips.loc[over, columns]).astype(float)
    assert ratios.tolist() == pytest.approx(expected, abs=0.0051)


@pytest.mark.parametrize(
    ("chip", "flop_per_byte"), [("Ascend 910B2", 221), ("A800 SXM 80GB", 153), ("H20 SXM", 37), ("H100 SXM", 295)]
)
def test_ridge_points(chips: pd.DataFrame, chip: str, flop_per_byte: int) -> None:
    row = chips.loc[chip]
    assert round(1000 * row["bf16_dense_tflops"] / row["memory_bandwidth_gb_s"]) == flop_per_byte


def test_facts_that_follow_from_other_facts(facts: pd.DataFrame) -> None:
    value = facts["value"].to_dict()
    core_tflops = 8192 / 1000
    assert value["K012"] == pytest.approx(32 * 4096 * 2 * 1.0 / 1000, abs=0.1)
    assert value["K051"] == pytest.approx(value["K055a"] * core_tflops * value["K055c"], abs=0.06)
    assert value["K052"] == pytest.approx(value["K056a"] * core_tflops * value["K056c"], abs=0.06)
    assert value["K053"] == pytest.approx(value["K056a"] * core_tflops * value["K054a"], abs=0.06)
    assert value["K057a"] == pytest.approx(value["K057b"] * core_tflops * 1.85, abs=0.06)
    assert value["K050a"] == pytest.approx(value["K051"] + value["K050b"], abs=0.2)
    assert value["K008e"] == sum(value[f"K008{part}"] for part in "abcd") == value["K005"]
    assert value["K058"] == math.floor(1.6 * 1024**4 / 1e9)
    assert value["K337a"] == value["K337b"] / value["K337c"]
    assert value["K337d"] == pytest.approx(450e6 / value["K337c"], rel=0.001)
    assert value["K338a"] == pytest.approx(value["K338b"] / value["K338c"], rel=0.002)
    assert value["K021"] == pytest.approx(0.14 * value["K336"], rel=0.004)
    assert value["K078a"] == 2 * value["K050a"]
    assert value["K061b"] == 2 * value["K061a"] == 7 * value["K062a"] == 14 * value["K062b"]
    assert value["K080a"] == 4 * value["K080b"]
    assert value["K063b"] == 8 * value["K063a"]
    assert value["K093b"] == 2 * value["K093a"]
    assert value["K135b"] == 2 * value["K135a"]
    assert value["K259b"] == 2 * value["K259a"] == 14 * value["K259c"]
    assert value["K282a"] == 2 * value["K282b"]
    assert value["K069b"] + value["K069c"] + value["K069d"] == 100


def test_half_precision_runs_at_half_the_speed_of_eight_bits(facts: pd.DataFrame) -> None:
    dense = facts[facts["basis"].isin(["dense, tensor units", "dense"]) & (facts["source_key"] == "EPOCH")]
    wide = dense.pivot_table(index="chip", columns="quantity", values="value")
    twice = wide["peak_int8"] / wide["peak_bf16"]
    # One unit for all formats in the TPU v4; a slip in the source for the B300 (X08).
    assert twice.drop(["TPU v4", "B300"]).dropna().sub(2).abs().max() < 0.01
    assert twice["TPU v4"] == 1
    assert twice["B300"] < 0.1


def test_a_fact_is_a_number_with_a_unit_or_a_text(facts: pd.DataFrame) -> None:
    number = facts["value"].notna()
    assert facts.loc[number, "unit"].notna().all()
    assert facts.loc[number, "value_text"].isna().all()
    none = ~number & facts["value_text"].isna()
    assert none[none].index.tolist() == ["K068"]
    assert facts.loc[none, "note"].str.contains("no number").all()
    dates = facts[facts["quantity"] == "release_date"]
    assert dates["value_text"].str.fullmatch(r"\d{4}-\d{2}-\d{2}").all()
    assert (dates["value_text"] == dates["as_of"]).all()


def test_units_go_with_quantities_and_directions_with_links(facts: pd.DataFrame) -> None:
    units = facts.groupby("quantity")["unit"].agg(lambda column: set(column.dropna()))
    assert units["peak_bf16"] == units["peak_fp8"] == units["peak_fp4"] == units["peak_fp32"] == {"TFLOP/s"}
    assert units["peak_int8"] == {"TOP/s"}
    assert units["memory"] == {"GB"}
    assert units["memory_bandwidth"] == units["link_pair"] == {"GB/s"}
    assert units["power"] == {"W"}
    assert units["process"] == {"nm"}
    assert units["die_area"] == {"mm2"}
    assert units["price"] == {"USD", "CNY"}
    directed = facts.loc[facts["direction"].notna(), "quantity"]
    assert set(directed) == {"link_total", "link_pair", "link_die_to_die", "network"}


def test_what_is_recalled_names_no_other_source(facts: pd.DataFrame) -> None:
    recalled = facts["source_key"] == "RECALL"
    assert set(facts.loc[recalled & facts["value"].notna(), "status"]) <= {"recall", "derived"}
    assert facts.loc[recalled, "note"].str.contains("memory|summary table|Cores from memory").all()
    assert facts.loc[facts["as_of"].isna(), "note"].str.contains("No date").all()


def test_every_error_fails_its_check_and_its_correction_passes() -> None:
    for row in load("chip_errors").itertuples(index=False):
        wrong, right = [
            text if pd.isna(number) else number
            for number, text in ((row.wrong_value, row.wrong_text), (row.right_value, row.right_text))
        ]
        assert not holds(row.check, wrong), row.error_id
        if pd.isna(right):
            assert "No right value" in row.why, row.error_id
        else:
            assert holds(row.check, right), row.error_id
            assert wrong != right


def test_a_check_rests_on_facts_whose_figures_it_uses(facts: pd.DataFrame) -> None:
    company = load("iflytek_years").set_index("year")["revenue_cny_m"]
    for row in load("chip_errors").itertuples(index=False):
        text = f"{row.check} {row.why} {row.wrong_value} {row.right_value}".replace(",", "")
        numbers = {float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)}
        for key in [] if pd.isna(row.rests_on) else row.rests_on.split():
            value = facts.loc[key, "value"]
            assert value in numbers or 16 * value in numbers or value / 8 in numbers, (row.error_id, key)
        if pd.isna(row.rests_on):
            assert any(value / 1000 in numbers or round(value / 100, 1) in numbers for value in company.dropna())


def test_disagreements_puts_all_sources_side_by_side() -> None:
    df = disagreements("MLU590", "memory")
    assert df["value"].tolist() == [64, 80, 96, 192]
    assert df["source_key"].tolist() == ["EVO", "RECALL", "HWAVAIL", "AWES"]
    assert df["chosen"].tolist() == [True, False, False, False]
    assert df.columns.tolist() == _COLUMNS
    assert df["source"].str.len().gt(10).all()
    assert "MLU590" in df.attrs["caption"]
    assert len(disagreements("Ascend 910", "foundry")) == 1


@pytest.mark.parametrize(
    ("chip", "quantity", "words"),
    [
        ("Ascend 910b2", "memory", "no chip 'Ascend 910b2'.*Did you mean 'Ascend 910B2'"),
        ("MLU590", "memory_size", "no quantity 'memory_size' among the facts of MLU590.*There are: peak_bf16"),
    ],
)
def test_disagreements_names_what_it_does_not_know(chip: str, quantity: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        disagreements(chip, quantity)


@pytest.mark.parametrize(
    ("check", "words"),
    [
        ("__import__('os').getcwd() == v", "may hold numbers"),
        ("v.real > 1", "may hold numbers"),
        ("[v] == v", "may hold numbers"),
        ("v ** 9 > 1", "may hold numbers"),
        ("v in 'abc'", "may hold numbers"),
        ("v < 'a'", "cannot be worked out"),
        ("v / 0 < 1", "cannot be worked out"),
        ("v <", "cannot be worked out"),
        ("v + 1", "must give True or False"),
    ],
)
def test_a_check_runs_arithmetic_and_nothing_else(check: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        holds(check, 2.0)


def test_a_check_may_combine_comparisons() -> None:
    assert holds("1 < v <= 2 and -v < 0 or v == 9", 2)
    assert not holds("1 < v <= 2 and v > 3", 2)
    assert holds("(v == 'x') == (1 > 2)", "y")
