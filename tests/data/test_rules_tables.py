"""Export controls: events in order, conditions a program can apply, and the worked answers recomputed from them."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from tests.data.recompute import cells, rounds_to

from chipgap.data import load

DAYS = {"oct_2022": date(2022, 10, 7), "oct_2023": date(2023, 11, 17), "jan_2026": date(2026, 1, 15)}
UNITS = {
    "io_bidirectional": "GB/s",
    "bits_times_tops": "bit x TOPS",
    "tpp": "bit x TOPS",
    "performance_density": "bit x TOPS / mm2",
    "for_data_centres": "1 yes, 0 no",
    "memory_bandwidth_density": "GB/s / mm2",
    "dram_bandwidth": "GB/s",
}
HOLDS = {
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "=": lambda a, b: a == b,
}
Chip = Mapping[str, float | None]


@pytest.fixture(scope="module")
def timeline() -> pd.DataFrame:
    return load("rule_timeline")


@pytest.fixture(scope="module")
def thresholds() -> pd.DataFrame:
    return load("rule_thresholds")


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    return load("tpp_answers")


def in_force(thresholds: pd.DataFrame, rule: str, day: date) -> pd.DataFrame:
    """Return the conditions of a rule that count on a day."""
    at = pd.Timestamp(day)
    over = thresholds["applies_until"] < at
    return thresholds[(thresholds["rule"] == rule) & (thresholds["applies_from"] <= at) & ~over]


def clause_verdict(conditions: pd.DataFrame, chip: Chip) -> bool | None:
    """Return whether all conditions hold; None where an unknown quantity decides."""
    unknown = False
    for row in conditions.itertuples():
        value = chip[row.quantity]
        if value is None:
            unknown = True
        elif not HOLDS[row.comparison](value, row.value):
            return False
    return None if unknown else True


def caught_by(thresholds: pd.DataFrame, rule: str, day: date, chip: Chip) -> str | None:
    """Return the first clause that holds, ``"none"``, or None where an unknown quantity decides."""
    verdicts = {
        str(clause): clause_verdict(rows, chip) for clause, rows in in_force(thresholds, rule, day).groupby("clause")
    }
    held = [clause for clause, verdict in verdicts.items() if verdict]
    return held[0] if held else None if None in verdicts.values() else "none"


def measured(row: pd.Series) -> Chip:
    """Return the quantities of the rules for a row of tpp_answers, from what is found, not from what is derived."""

    def known(name: str) -> float | None:
        return None if pd.isna(row[name]) else float(row[name])

    other = 0.0 if pd.isna(row["tops_other"]) else row["tops_other"] * row["bits_other"]
    tpp = max(row["tops"] * row["bits"], other)
    area = known("logic_area_mm2")
    return {
        "bits_times_tops": tpp,
        "tpp": tpp,
        "performance_density": None if area is None else tpp / area,
        "io_bidirectional": known("io_bidirectional_gb_s"),
        "dram_bandwidth": known("dram_bandwidth_gb_s"),
    }


def class_2022(thresholds: pd.DataFrame, chip: Chip) -> str:
    caught = caught_by(thresholds, "Oct 2022", DAYS["oct_2022"], chip)
    return {None: "unknown", "none": "free"}.get(caught, "controlled")


def class_2023(thresholds: pd.DataFrame, chip: Chip) -> str:
    verdicts = [caught_by(thresholds, rule, DAYS["oct_2023"], chip) for rule in ("3A090.a", "3A090.b")]
    caught = [verdict for verdict in verdicts if verdict not in (None, "none")]
    return str(caught[0]) if caught else "depends on density" if None in verdicts else "none"


def class_2026(thresholds: pd.DataFrame, chip: Chip) -> str:
    before = class_2023(thresholds, chip)
    if before in ("none", "depends on density"):
        return {"none": "outside 3A090"}.get(before, before)
    window = caught_by(thresholds, "2026 window", DAYS["jan_2026"], chip)
    return "denial presumed" if window == "none" else "case by case"


def test_every_answer_recomputes_from_peak_bits_and_area() -> None:
    for row in cells("tpp_answers"):
        tpp = Decimal(row["tops"]) * Decimal(row["bits"])
        assert tpp == Decimal(row["tpp"]), row["answer_id"]
        assert bool(row["logic_area_mm2"]) == bool(row["performance_density"])
        if row["logic_area_mm2"]:
            density = tpp / Decimal(row["logic_area_mm2"])
            assert rounds_to(density, Decimal(row["performance_density"])), row["answer_id"]


def test_the_other_precision_never_gives_more_and_mostly_the_same(answers: pd.DataFrame) -> None:
    both = answers.dropna(subset=["tops_other"])
    ratio = both["tops_other"] * both["bits_other"] / both["tpp"]
    assert (answers["tops_other"].isna() == answers["bits_other"].isna()).all()
    assert (ratio <= 1).all()
    assert set(both.loc[ratio < 0.9999, "chip"]) == {"Ascend 950PR", "Ascend 950DT"}


@pytest.mark.parametrize(
    ("column", "classify"),
    [("class_oct_2022", class_2022), ("class_oct_2023", class_2023), ("class_jan_2026", class_2026)],
    ids=list(DAYS),
)
def test_every_class_follows_from_the_conditions_in_force_on_its_date(
    answers: pd.DataFrame, thresholds: pd.DataFrame, column: str, classify: Callable[[pd.DataFrame, Chip], str]
) -> None:
    wrong = {
        row["answer_id"]: (row[column], classify(thresholds, measured(row)))
        for _, row in answers.iterrows()
        if row[column] != classify(thresholds, measured(row))
    }
    assert wrong == {}


def test_a_missing_area_or_link_is_explained(answers: pd.DataFrame) -> None:
    no_area = answers.loc[answers["logic_area_mm2"].isna(), "note"]
    no_link = answers.loc[answers["io_bidirectional_gb_s"].isna(), "note"]
    assert no_area.str.contains("area").all()
    assert no_link.str.contains("Links").all()


def test_chips_built_for_china_escaped_the_first_rule_and_not_the_second(answers: pd.DataFrame) -> None:
    chips = answers.set_index("chip")
    cut = chips.loc[["A800 SXM 80GB", "H800 SXM"]]
    assert (cut["class_oct_2022"] == "free").all()
    assert (cut["class_oct_2023"] == "3A090.a.1").all()
    # The cut was in the links alone.
    for china, full in (("A800 SXM 80GB", "A100 SXM 80GB"), ("H800 SXM", "H100 SXM")):
        same = ["tops", "bits", "tpp", "logic_area_mm2", "dram_bandwidth_gb_s"]
        assert chips.loc[china, same].tolist() == chips.loc[full, same].tolist()
        assert chips.loc[china, "io_bidirectional_gb_s"] == 400
        assert chips.loc[full, "io_bidirectional_gb_s"] >= 600


def test_chips_drawn_just_below_a_line_are_just_below_it(answers: pd.DataFrame, thresholds: pd.DataFrame) -> None:
    limit = thresholds.set_index("condition_id")["value"]
    tpp = answers.drop_duplicates("chip").set_index("chip")["tpp"]
    assert 0.98 * limit["K06"] < tpp["H20 SXM"] < limit["K06"]
    assert 0.99 * limit["K17"] < tpp["MI300X"] < limit["K17"]
    assert limit["K03"] < tpp["A100 SXM 80GB"] < 1.05 * limit["K03"]


def test_two_readings_of_a_chip_differ_in_what_their_variant_says(answers: pd.DataFrame) -> None:
    doubles = answers[answers.duplicated("chip", keep=False)]
    assert doubles["variant"].notna().all()
    assert doubles.groupby("chip")["variant"].nunique().eq(doubles.groupby("chip").size()).all()
    for row in doubles.itertuples():
        for figure in [word for word in str(row.variant).replace(",", "").split() if word.isdigit()]:
            assert float(figure) in (row.logic_area_mm2, row.tops)


def test_conditions_carry_the_unit_of_their_quantity(thresholds: pd.DataFrame) -> None:
    assert (thresholds["value_unit"] == thresholds["quantity"].map(UNITS)).all()


def test_a_clause_belongs_to_one_rule_one_event_one_outcome_and_one_span(thresholds: pd.DataFrame) -> None:
    shared = ["rule", "event_id", "applies_from", "applies_until", "outcome", "status"]
    assert thresholds.groupby("clause")[shared].nunique(dropna=False).eq(1).all(axis=None)
    assert not thresholds.duplicated(["clause", "quantity", "comparison"]).any()
    assert all(row.clause.startswith(row.rule) for row in thresholds.itertuples())


def test_a_condition_starts_with_its_event(thresholds: pd.DataFrame, timeline: pd.DataFrame) -> None:
    events = timeline.set_index("event_id")
    own = thresholds["event_id"].map(events["effective_on"].fillna(events["started_on"]))
    # Memory is controlled from the rule's own day; the effective date in the timeline is that of compliance.
    memory = thresholds["event_id"] == "T12"
    assert (thresholds["applies_from"] == own)[~memory].all()
    assert set(thresholds.loc[memory, "applies_from"]) == {events.loc["T12", "started_on"]}


def test_the_rule_of_2022_ends_the_day_before_that_of_2023(thresholds: pd.DataFrame) -> None:
    ended = thresholds.dropna(subset=["applies_until"])
    assert set(ended["rule"]) == {"Oct 2022"}
    next_day = ended["applies_until"] + pd.Timedelta(days=1)
    assert set(next_day) == set(thresholds.loc[thresholds["rule"] == "3A090.a", "applies_from"])


def test_the_clauses_of_2023_leave_no_gap_and_overlap_only_where_the_stricter_goes_first(
    thresholds: pd.DataFrame,
) -> None:
    limit = thresholds.set_index("condition_id")["value"]
    for upper, lower in (("K03", "K07"), ("K05", "K09"), ("K05", "K12"), ("K04", "K10"), ("K03", "K14")):
        assert limit[upper] == limit[lower]
    assert limit["K02"] == limit["K03"]
    for tpp in (1599, 1600, 2399, 2400, 4799, 4800, 21000):
        for density in (1.59, 1.6, 3.19, 3.2, 5.91, 5.92):
            chip = {"tpp": tpp, "performance_density": density}
            a, b = (caught_by(thresholds, rule, DAYS["oct_2023"], chip) for rule in ("3A090.a", "3A090.b"))
            free = tpp < 1600 or (tpp < 2400 and density < 3.2) or (tpp < 4800 and density < 1.6)
            assert ((a, b) == ("none", "none")) == free, chip
            # The one overlap: b.2 has no upper limit on performance; a.1 goes first.
            assert "none" in (a, b) or (a, b) == ("3A090.a.1", "3A090.b.2"), chip


def test_figures_of_a_chip_are_those_of_the_table_of_chips(answers: pd.DataFrame) -> None:
    same = {
        "memory_bandwidth_gb_s": "dram_bandwidth_gb_s",
        "link_total_gb_s": "io_bidirectional_gb_s",
        "logic_area_mm2": "logic_area_mm2",
    }
    chips = load("chips").set_index("chip")
    known = answers[
        answers["chip"].isin(chips.index) & (answers["variant"] != "whole package, 1228 mm2").fillna(value=True)
    ]
    assert known["chip"].nunique() >= 23
    for row in known.to_dict("records"):
        for theirs, ours in same.items():
            other = chips.loc[row["chip"], theirs]
            assert pd.isna(other) or pd.isna(row[ours]) or other == pytest.approx(row[ours], rel=0.001), row["chip"]


def test_the_official_examples_reach_the_limit_exactly(thresholds: pd.DataFrame) -> None:
    terms = load("rule_terms").dropna(subset=["example_tops"])
    assert len(terms) == 2
    assert (terms["example_tops"] * terms["example_bits"] == terms["example_tpp"]).all()
    assert set(terms["example_tpp"]) == set(thresholds.loc[thresholds["condition_id"] == "K03", "value"])
    for row in terms.itertuples():
        assert f"{row.example_tops:g} T" in row.definition
        assert f"{row.example_bits} bit" in row.definition
        assert row.term_id == f"example_{row.example_bits}_bit"


def test_the_timeline_is_in_order_and_its_dates_make_sense(timeline: pd.DataFrame) -> None:
    assert timeline["started_on"].is_monotonic_increasing
    assert timeline["started_on"].between("2019-01-01", "2026-08-31").all()
    for later in ("ended_on", "published_on", "effective_on"):
        known = timeline.dropna(subset=[later])
        assert (known[later] >= known["started_on"]).all(), later
        assert ((known[later] - known["started_on"]).dt.days <= 130).all(), later
    months = timeline[timeline["date_precision"] == "month"]
    assert (months["started_on"].dt.day == 1).all()
    assert months["note"].notna().all()
    first_of_a_month = timeline[(timeline["started_on"].dt.day == 1) & (timeline["date_precision"] == "day")]
    assert first_of_a_month["event_id"].tolist() == ["T09"]


def test_a_figure_has_a_unit_and_a_company_makes_no_rule(timeline: pd.DataFrame) -> None:
    assert (timeline["figure"].isna() == timeline["figure_unit"].isna()).all()
    assert timeline.loc[timeline["qualifier"].notna(), "figure"].notna().all()
    assert set(timeline.loc[timeline["direction"] == "no rule", "side"]) <= {"company", "analyst", "China"}
    assert not set(timeline.loc[timeline["side"] == "analyst", "direction"]) - {"no rule"}


def test_rows_without_a_source_are_recalled_and_say_so() -> None:
    for name in ("rule_timeline", "rule_terms"):
        df = load(name)
        bare = df[df["source_key"].isna()]
        assert set(bare["status"]) == {"recall"}
        assert bare["note"].str.contains("Recalled").all()


def test_the_forecast_of_ever_tighter_limits_has_a_mixed_record(timeline: pd.DataFrame) -> None:
    after = timeline[timeline["started_on"] > "2025-04-22"]
    steps = after.groupby(["side", "direction"]).size()
    assert steps["US government", "loosens"] >= 4
    assert steps["US government", "tightens"] >= 3
    assert steps["China", "tightens"] >= 2
