"""Models and scores: one score a row, intervals and comparisons recomputed from score and number of questions."""

import math
import statistics
from decimal import Decimal

import pandas as pd
import pytest
from tests.data.recompute import cells, evaluate, names_in, rounds_to, values

from chipgap.data import load

Z_95 = statistics.NormalDist().inv_cdf(0.975)
DEEPSEEK_TABLE = ["gpt_4o_0513", "o1_mini", "o1_1217", "claude_35_sonnet", "deepseek_v3", "deepseek_r1"]
UNITS = {
    "parameters": "10^9",
    "tokens": "10^12",
    "hours": "10^6 h",
    "days": "days",
    "time": "days",
    "memory": "GB",
    "operations": "FLOP",
    "utilisation": "%",
    "gain": "%",
    "price": "USD",
}


@pytest.fixture(scope="module")
def scores() -> pd.DataFrame:
    return load("model_scores").set_index("score_id")


def wilson(share: float, n: int) -> tuple[float, float]:
    """Return the 95% Wilson interval of a share of n independent questions (Wilson 1927)."""
    middle = share + Z_95**2 / (2 * n)
    half = Z_95 * math.sqrt(share * (1 - share) / n + Z_95**2 / (4 * n**2))
    scale = 1 + Z_95**2 / n
    return (middle - half) / scale, (middle + half) / scale


def z_of_difference(first: float, second: float, n: int) -> float:
    """Return the difference of two shares of n questions each over its pooled standard error."""
    pooled = (first + second) / 2
    return (first - second) / math.sqrt(2 * pooled * (1 - pooled) / n)


def test_every_interval_is_the_wilson_interval_of_its_score(scores: pd.DataFrame) -> None:
    for row in cells("score_intervals"):
        low, high = wilson(scores.loc[row["score_id"], "score_pct"] / 100, int(row["questions_n"]))
        assert rounds_to(Decimal(100 * low), Decimal(row["low_pct"])), row["score_id"]
        assert rounds_to(Decimal(100 * high), Decimal(row["high_pct"])), row["score_id"]


def test_intervals_count_the_questions_of_their_benchmark_and_cite_them(scores: pd.DataFrame) -> None:
    tests = load("benchmarks").set_index("benchmark_id")
    for row in load("score_intervals").itertuples():
        score = scores.loc[row.score_id]
        assert row.questions_n == tests.loc[score["benchmark_id"], "questions_n"]
        assert row.source_key_2 == tests.loc[score["benchmark_id"], "source_key"]
        assert (row.source_key, row.confidence, row.status) == (score["source_key"], score["confidence"], "derived")


def test_every_score_whose_questions_are_found_has_an_interval(scores: pd.DataFrame) -> None:
    tests = load("benchmarks")
    known = tests.loc[tests["status"] == "found", "benchmark_id"]
    due = scores[scores["benchmark_id"].isin(known) & scores["score_pct"].notna()]
    assert load("score_intervals")["score_id"].tolist() == due.index.tolist()


def test_every_comparison_is_that_of_two_published_scores(scores: pd.DataFrame) -> None:
    questions = values("benchmarks", "benchmark_id", "questions_n")
    published = values("model_scores", "score_id", "score_pct")
    for row in cells("score_comparisons"):
        own = published[f"{row['benchmark_id']}-{row['model_id']}"]
        base = published[f"{row['benchmark_id']}-{row['baseline_id']}"]
        assert rounds_to(own - base, Decimal(row["difference_points"])), row["comparison_id"]
        z = z_of_difference(float(own) / 100, float(base) / 100, int(questions[row["benchmark_id"]]))
        assert rounds_to(Decimal(z), Decimal(row["z"])), row["comparison_id"]
        score = scores.loc[f"{row['benchmark_id']}-{row['model_id']}"]
        assert row["comparison_id"] == score.name
        assert (row["source_key_2"] or "DSR1") == score["source_key"]
        assert row["confidence"] == score["confidence"]


def test_comparisons_leave_nobody_out(scores: pd.DataFrame) -> None:
    due = [score for score in load("score_intervals")["score_id"] if scores.loc[score, "model_id"] != "deepseek_r1"]
    assert sorted(load("score_comparisons")["comparison_id"]) == sorted(due)


def test_thirty_questions_cannot_tell_o1_from_r1() -> None:
    rows = load("score_comparisons").set_index("comparison_id")
    assert rows["z"].abs()["aime_2024-o1_1217"] < 0.1
    assert (rows.loc[[f"{test}-o1_1217" for test in ("aime_2024", "math_500", "gpqa_diamond")], "z"].abs() < 2).all()


def test_a_score_is_named_for_its_benchmark_and_model_and_an_empty_one_says_why(scores: pd.DataFrame) -> None:
    assert (scores.index == scores["benchmark_id"] + "-" + scores["model_id"]).all()
    empty = scores[scores["score_pct"].isna()]
    assert empty["note"].str.contains("no score").all()
    assert set(empty["model_id"]) == {"o1_1217", "deepseek_v3"}


def test_deepseeks_table_is_complete_and_in_the_order_of_benchmarks_and_models(scores: pd.DataFrame) -> None:
    own = scores[scores["source_key"] == "DSR1"].reset_index()
    matrix = own.pivot(index="benchmark_id", columns="model_id", values="score_id")  # noqa: PD010 - must fail on a double row
    assert matrix.notna().all(axis=None)
    assert sorted(matrix.columns) == sorted(DEEPSEEK_TABLE)
    assert set(matrix.index) == set(load("benchmarks")["benchmark_id"])
    assert (own["published_by"] == "DeepSeek").all()
    for column, table in (("benchmark_id", "benchmarks"), ("model_id", "models")):
        order = {key: i for i, key in enumerate(load(table)[column])}
        ranks = scores[column].map(order)
        assert ranks.is_monotonic_increasing or column == "model_id"
        assert (
            scores.assign(rank=ranks).groupby("benchmark_id")["rank"].apply(lambda r: r.is_monotonic_increasing).all()
        )


def test_no_score_of_spark_is_published_which_is_the_point(scores: pd.DataFrame) -> None:
    assert not scores["model_id"].str.startswith("spark").any()


def test_derived_facts_of_models_recompute() -> None:
    facts = values("model_facts", "fact_id", "value")
    rows = [row for row in cells("model_facts") if row["status"] == "derived"]
    assert {row["fact_id"] for row in rows} == {"B02b", "B02c", "B02d", "B10b", "B11b"}
    for row in cells("model_facts"):
        assert bool(row["formula"]) == (row["status"] == "derived")
        if row["formula"]:
            assert rounds_to(evaluate(row["formula"], facts), Decimal(row["value"])), row["fact_id"]
            assert names_in(row["formula"])


def test_a_fact_of_a_model_is_a_figure_with_a_unit_or_words_or_a_reason() -> None:
    for row in load("model_facts").itertuples():
        if pd.isna(row.value):
            assert pd.notna(row.note), row.fact_id
            assert pd.notna(row.says) or "Not disclosed" in row.note, row.fact_id
        else:
            assert pd.notna(row.value_unit), row.fact_id
            assert pd.isna(row.says), row.fact_id
        unit = next((unit for word, unit in UNITS.items() if word in row.quantity), row.value_unit)
        assert pd.isna(row.says) == pd.notna(row.value_unit), row.fact_id
        assert pd.isna(unit) or unit == row.value_unit, row.fact_id


def test_sizes_in_the_table_of_models_are_those_of_the_facts() -> None:
    facts = values("model_facts", "fact_id", "value")
    sizes = load("models").set_index("model_id")[["parameters_total_b", "parameters_active_b"]]
    known = sizes.dropna(how="all").astype(object).where(lambda df: df.notna(), None)
    assert known.to_dict("index") == {
        "spark_x1_0420": {"parameters_total_b": float(facts["B01"]), "parameters_active_b": None},
        "deepseek_v3": {"parameters_total_b": float(facts["B07"]), "parameters_active_b": float(facts["B07b"])},
    }


def test_models_say_what_is_missing_and_releases_come_in_order() -> None:
    models = load("models")
    bare = models[models["released_on"].isna() | models["parameters_total_b"].isna()]
    assert bare["note"].str.contains("not in our notes|not published|one text says", regex=True).all()
    for _, own in models.groupby("developer"):
        assert own["released_on"].dropna().is_monotonic_increasing
    dated = models.dropna(subset=["released_on"])
    for row in dated[dated["model_id"].str.fullmatch(r"spark_x1_\d{4}")].itertuples():
        assert row.model_id.endswith(f"{row.released_on:%m%d}")
        assert f"{row.released_on:%B %Y}" in row.model


def test_a_month_of_the_outside_series_compares_each_maker_once_and_best_is_at_least_the_median() -> None:
    rows = load("outside_scores")
    assert rows["month"].is_monotonic_increasing
    assert (rows["month"].dt.day == 1).all()
    assert (rows["outside_id"] == rows["month"].dt.strftime("%Y-%m") + "-" + rows["model_id"]).all()
    both = rows.dropna(subset=["median_pct"])
    assert (both["best_of_3_pct"] > both["median_pct"]).all()
    assert rows.loc[rows["median_pct"].isna(), "note"].str.contains("Median not in our notes").all()
    makers = rows.merge(load("models"), on="model_id")
    assert not makers.duplicated(["month", "developer"]).any()
    released = makers.dropna(subset=["released_on"])
    assert (released["month"] + pd.offsets.MonthEnd(0) >= released["released_on"]).all()


def test_spark_trails_in_every_month_with_a_rival() -> None:
    rows = load("outside_scores")
    spark = rows["model_id"].str.startswith("spark")
    assert spark.groupby(rows["month"]).sum().eq(1).all()
    best = rows[~spark].groupby("month")["best_of_3_pct"].min()
    own = rows[spark].set_index("month")["best_of_3_pct"]
    behind = [month for month in best.index if own[month] < best[month]]
    # July 2025 is the exception: Huawei's own Pangu stands below Spark.
    assert [f"{month:%Y-%m}" for month in best.index if month not in behind] == ["2025-07"]


def test_rows_without_a_source_rest_on_memory_or_absence_and_say_so() -> None:
    for name in ("model_facts", "benchmarks"):
        df = load(name)
        bare = df[df["source_key"].isna()]
        assert bare["status"].isin(["recall", "inference"]).all()
        assert bare["note"].str.contains("Recalled|Not disclosed|hangs on").all()
        assert (df["status"] != "recall").where(df["source_key"].notna(), other=True).all()
