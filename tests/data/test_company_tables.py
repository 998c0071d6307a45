"""iFlytek's figures, exchange rates, and every computation that rests on them."""

import re
from decimal import Decimal

import pytest
from tests.data.recompute import cells, evaluate, extremes, half_digit, names_in, rounds_to, values

from chipgap.data import load

LEVELS = ["revenue", "gross_profit", "net_profit", "core_profit", "rd_expense", "rd_investment"]
WEAKER = ["found", "derived", "recall"]
PERCENT = ("_growth", "_margin", "_margin_company", "_share", "_cut", "share_price_change")


@pytest.fixture(scope="module")
def facts() -> dict[str, Decimal]:
    return values("iflytek_facts", "fact_id", "value")


@pytest.fixture(scope="module")
def names(facts: dict[str, Decimal]) -> dict[str, Decimal]:
    """Every name that a formula of company_arithmetic may use."""
    return {
        **facts,
        **values("fx_usd_cny", "rate_id", "cny_per_usd"),
        **values("iflytek_segments", "segment_id", "revenue_2024_cny_m"),
        **values("claim_numbers", "number_id", "value"),
    }


def agreement(row: dict[str, str], facts: dict[str, Decimal]) -> str:
    """Return how a published value stands to its formula, by the definition in the data package."""
    written = Decimal(row["value"])
    exact = evaluate(row["formula"], facts)
    if rounds_to(exact, written):
        return "yes"
    low, high = extremes(row["formula"], facts)
    near = low - half_digit(written) <= written <= high + half_digit(written)
    about = row["qualifier"] == "about" and abs(exact - written) <= abs(exact) / 100
    return "within rounding" if near or about else "no"


def test_every_formula_gives_the_recomputed_value_and_the_stated_agreement(facts: dict[str, Decimal]) -> None:
    rows = [row for row in cells("iflytek_facts") if row["formula"]]
    assert len(rows) >= 30
    for row in rows:
        assert rounds_to(evaluate(row["formula"], facts), Decimal(row["recomputed"])), row["fact_id"]
        assert agreement(row, facts) == row["agrees"], row["fact_id"]
        assert row["fact_id"] not in names_in(row["formula"])


def test_what_does_not_agree_is_known_and_explained() -> None:
    rows = load("iflytek_facts").set_index("fact_id")
    odd = rows[rows["agrees"] == "no"]
    assert odd.index.tolist() == ["gross_margin_company_2024"]
    assert odd["note"].notna().all()
    assert set(rows.loc[rows["status"] == "derived", "agrees"]) == {"yes"}


def test_a_formula_a_recomputed_value_and_a_judgement_come_together() -> None:
    rows = load("iflytek_facts")
    assert (rows["formula"].isna() == rows["recomputed"].isna()).all()
    assert (rows["formula"].isna() == rows["agrees"].isna()).all()
    assert rows.loc[rows["status"] == "derived", "formula"].notna().all()


def test_a_percentage_that_is_not_recomputed_says_why() -> None:
    rows = load("iflytek_facts")
    growth = rows[rows["metric"].str.endswith(("_growth", "_cut"))]
    bare = growth[growth["formula"].isna()]
    assert bare["note"].str.contains("ot recomputed|nothing to recompute").all()


def test_each_metric_has_its_unit() -> None:
    for row in load("iflytek_facts").itertuples():
        percent = row.metric.endswith(PERCENT)
        special = {"share_price": "CNY", "feixing1_cards": "cards", "delayed_projects": "projects"}
        assert row.value_unit == ("%" if percent else special.get(row.metric, "CNY m")), row.fact_id


def test_a_key_is_its_metric_and_its_period_and_the_days_fit() -> None:
    quarter = {"q1": ("01-01", "03-31"), "q3": ("07-01", "09-30"), "q4": ("10-01", "12-31"), "9m": ("01-01", "09-30")}
    for row in cells("iflytek_facts"):
        assert row["fact_id"] == f"{row['metric']}_{row['period'].replace(' ', '_').replace('-', '')}"
        year, _, part = row["period"].partition(" ")
        if re.fullmatch(r"\d{4}", year):
            first, last = quarter.get(part, ("01-01", "12-31"))
            assert (row["starts_on"], row["ends_on"]) == (f"{year}-{first}", f"{year}-{last}"), row["fact_id"]
        else:
            assert row["starts_on"] == row["ends_on"]
            assert row["starts_on"].startswith(year)


def test_facts_are_ordered_by_metric_then_by_time() -> None:
    rows = load("iflytek_facts")
    metrics = list(dict.fromkeys(rows["metric"]))
    position = rows["metric"].map({metric: i for i, metric in enumerate(metrics)})
    assert position.is_monotonic_increasing
    assert rows.groupby("metric")["ends_on"].apply(lambda days: days.is_monotonic_increasing).all()


def test_ranges_run_from_low_to_high_and_both_ends_fit_the_levels(facts: dict[str, Decimal]) -> None:
    ranges = {row["fact_id"]: row for row in cells("iflytek_facts") if row["value_high"]}
    assert set(ranges) == {"net_profit_2025_forecast", "net_profit_growth_2025_forecast", "core_profit_2025_forecast"}
    assert all(Decimal(row["value_high"]) > Decimal(row["value"]) for row in ranges.values())
    high = Decimal(ranges["net_profit_2025_forecast"]["value_high"]) / facts["net_profit_2024"] - 1
    assert rounds_to(100 * high, Decimal(ranges["net_profit_growth_2025_forecast"]["value_high"]))
    # The forecast of core profit is 30% to 60% above 2024, in round numbers.
    for end, growth in (("value", 30), ("value_high", 60)):
        ratio = Decimal(ranges["core_profit_2025_forecast"][end]) / facts["core_profit_2024"]
        assert round(100 * (ratio - 1)) == growth


def test_the_years_table_is_the_facts_put_side_by_side(facts: dict[str, Decimal]) -> None:
    for row in cells("iflytek_years"):
        for level in LEVELS:
            written = row[f"{level}_cny_m"]
            assert (Decimal(written) if written else None) == facts.get(f"{level}_{row['year']}")


def test_a_years_status_and_confidence_are_those_of_its_weakest_figure() -> None:
    rows = load("iflytek_facts").set_index("fact_id")
    for year in load("iflytek_years").itertuples():
        own = rows.loc[[f"{level}_{year.year}" for level in LEVELS if f"{level}_{year.year}" in rows.index]]
        assert year.status == max(own["status"], key=WEAKER.index)
        assert year.confidence == max(own["confidence"], key="HML".index)
        for status, words in (("recall", "From memory"), ("derived", "Derived")):
            named = own.index[own["status"] == status].str.removesuffix(f"_{year.year}")
            assert all(name in str(year.note) for name in named)
            assert (words in str(year.note)) == (len(named) > 0)


def test_years_run_without_a_gap_and_levels_keep_their_order() -> None:
    years = load("iflytek_years")
    assert years["year"].tolist() == list(range(2018, 2025))
    assert (years["revenue_cny_m"].diff().dropna() > 0).all()
    assert (years["core_profit_cny_m"] < years["net_profit_cny_m"]).all()
    assert (years["rd_expense_cny_m"].dropna() < years["rd_investment_cny_m"][years["rd_expense_cny_m"].notna()]).all()
    assert (years["gross_profit_cny_m"].dropna() < years["revenue_cny_m"][years["gross_profit_cny_m"].notna()]).all()
    empty = years[years["gross_profit_cny_m"].isna() | years["rd_expense_cny_m"].isna()]
    assert empty["note"].str.contains("not in our notes").all()


def test_parts_of_a_year_add_up(facts: dict[str, Decimal]) -> None:
    fourth = facts["net_profit_2024"] - facts["net_profit_2024_9m"]
    assert abs(fourth - facts["net_profit_2024_q4"]) < 10
    assert facts["revenue_2024_q1"] < facts["revenue_2024_9m"] < facts["revenue_2024"]
    assert facts["revenue_2025_q1"] < facts["revenue_2025_9m"] < facts["revenue_2025_forecast"]
    assert facts["other_operating_income_2024"] > facts["operating_income_2024"]
    for year in (2022, 2023, 2024):
        assert 0 < facts[f"revenue_{year}"] - facts[f"main_revenue_{year}"] < 100


def test_segments_and_the_rest_are_the_total_and_their_shares_are_100_percent(facts: dict[str, Decimal]) -> None:
    rows = cells("iflytek_segments")
    total = facts["revenue_2024"]
    assert sum(Decimal(row["revenue_2024_cny_m"]) for row in rows) == total
    for row in rows:
        assert rounds_to(100 * Decimal(row["revenue_2024_cny_m"]) / total, Decimal(row["share_pct"])), row["segment"]
    assert abs(sum(Decimal(row["share_pct"]) for row in rows) - 100) <= Decimal("0.02")
    assert [row["segment"] for row in rows if row["status"] == "derived"] == ["other"]
    assert facts["open_platform_revenue_2024"] < values("iflytek_segments", "segment_id", "revenue_2024_cny_m")["F10"]


def test_revenue_of_the_year_before_follows_from_growth() -> None:
    for row in cells("iflytek_segments"):
        assert bool(row["growth_pct"]) == bool(row["revenue_2023_cny_m"])
        if row["growth_pct"]:
            before = Decimal(row["revenue_2024_cny_m"]) / (1 + Decimal(row["growth_pct"]) / 100)
            assert rounds_to(before, Decimal(row["revenue_2023_cny_m"])), row["segment"]
        else:
            assert "growth" in row["note"]


def test_every_check_recomputes_and_says_whether_the_published_figure_agrees(names: dict[str, Decimal]) -> None:
    rows = cells("company_arithmetic")
    for row in rows:
        result = evaluate(row["formula"], names)
        assert rounds_to(result, Decimal(row["result"])), row["check_id"]
        assert -int(row["decimals"]) == Decimal(row["result"]).as_tuple().exponent
        judged = "" if not row["published"] else "yes" if rounds_to(result, Decimal(row["published"])) else "no"
        assert row["agrees"] == judged, row["check_id"]
        assert row["status"] == "derived"
    assert sum(row["agrees"] == "no" for row in rows) == 5


def test_published_figures_of_the_checks_are_those_of_the_article_and_the_facts(names: dict[str, Decimal]) -> None:
    stated = {"USD bn": names["N4"], "C09": names["revenue_growth_2024"], "C12": names["N6"]}
    for row in cells("company_arithmetic"):
        if row["published"] and row["check_id"] not in ("C13", "C13b"):
            assert Decimal(row["published"]) == stated.get(row["check_id"], stated.get(row["result_unit"]))
        used = names_in(row["formula"])
        assert ("fx_" in row["formula"]) == (row["result_unit"] == "USD bn")
        assert used
    assert stated["C12"] == names["net_profit_growth_2024"]
    assert values("company_arithmetic", "check_id", "published")["C13"] == Decimal("2.40")


def test_units_of_the_checks_fit_their_formulas() -> None:
    for row in cells("company_arithmetic"):
        formula, unit = row["formula"], row["result_unit"]
        if unit == "%":
            assert formula.startswith("100 *")
        if unit == "percentage points":
            assert "points" in row["question"]
        if unit == "CNY/USD":
            assert formula.startswith("N3 / ")
        if unit in ("CNY m", "times"):
            assert not formula.startswith("100 *")
        assert (row["claim_id"] == "A06") == (unit == "times")


def test_no_daily_rate_supports_the_dollar_figure_of_the_article(names: dict[str, Decimal]) -> None:
    checks = values("company_arithmetic", "check_id", "result")
    rates = values("fx_usd_cny", "rate_id", "cny_per_usd")
    assert max(rates.values()) == rates["fx_day_20250409"] < checks["C01a"] < checks["C01"] < checks["C01b"]


def test_rates_have_a_year_a_day_where_they_need_one_and_a_key_that_says_so() -> None:
    for row in cells("fx_usd_cny"):
        kind = {"year average": "average", "year end": "year_end", "day": "day", "month average": "month"}
        name = kind.get(row["kind"], "parity")
        digits = row["day"].replace("-", "") if row["kind"] in ("day", "central parity") else row["year"]
        assert row["rate_id"].startswith(f"fx_{name}_{digits}"), row["rate_id"]
        assert not row["day"] or row["day"].startswith(row["year"])
        if row["kind"] == "year end" and row["day"]:
            assert row["day"][5:] in ("12-29", "12-30", "12-31")
        if not row["cny_per_usd"] or (row["kind"] == "year end" and not row["day"]):
            assert row["note"]


def test_an_average_lies_near_the_ends_of_its_year() -> None:
    rates = values("fx_usd_cny", "rate_id", "cny_per_usd")
    for year in range(2019, 2025):
        ends = (rates[f"fx_year_end_{year - 1}"], rates[f"fx_year_end_{year}"])
        average = rates[f"fx_average_{year}"]
        assert min(ends) * Decimal("0.96") < average < max(ends) * Decimal("1.04"), year
    fed = load("fx_usd_cny").set_index("rate_id")
    assert (fed.loc[fed["kind"].str.contains("average"), "source_key"] == "FXA").all()
    assert (fed.loc[fed["kind"].isin(["day", "year end"]) & (fed["status"] == "found"), "source_key"] == "FRED").all()


def test_rows_without_a_source_are_recalled_and_say_so() -> None:
    for name in ("iflytek_facts", "fx_usd_cny"):
        df = load(name)
        assert (df["source_key"].isna() == (df["status"] == "recall")).all()
        assert df.loc[df["status"] == "recall", "note"].str.contains("Recalled").all()
