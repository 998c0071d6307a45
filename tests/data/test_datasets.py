"""The published tables: their description, what they may quote, and figures that recompute."""

from itertools import chain

import frictionless
import pandas as pd
import pytest

from chipgap.data import cite, describe, load, tables
from chipgap.data.schema import read_descriptor
from chipgap.paths import project_root

ARTICLE_WORDS = 344
"""Words of the article, counted once; the article itself is not part of the course."""
LONGEST_QUOTE_WORDS = 12
SILENT = {"lost", "not_stated", "not_in_excerpt"}
CHAIN = ["SCMP", "T360", "DOON", "TECHENET", "SEED"]


@pytest.fixture(scope="module")
def retellings() -> pd.DataFrame:
    return load("retellings")


@pytest.fixture(scope="module")
def claims() -> pd.DataFrame:
    return load("claims").set_index("claim_id")


def test_frictionless_accepts_the_package_with_its_keys_hashes_and_sizes() -> None:
    package = frictionless.Package(str(project_root() / "datasets" / "datapackage.json"))
    report = package.validate()
    assert report.valid, report.flatten(["title", "rowNumber", "fieldName", "message"])
    assert {task.name for task in report.tasks} == set(tables())


def test_every_table_on_disk_is_described_and_every_described_one_is_there() -> None:
    folder = project_root() / "datasets"
    assert {path.name for path in folder.glob("*.csv")} == {t.path.name for t in read_descriptor().values()}


@pytest.mark.parametrize("name", tables())
def test_every_column_has_a_meaning_and_every_row_a_status_and_a_confidence(name: str) -> None:
    columns = describe(name)
    assert (columns["meaning"].str.len() > 10).all()
    df = load(name)
    assert df["status"].isin(["found", "derived", "recall", "inference"]).all()
    assert df["confidence"].isin(["H", "M", "L"]).all()


@pytest.mark.parametrize("name", tables())
def test_every_source_named_by_a_row_can_be_cited(name: str) -> None:
    assert len(cite(load(name))) >= 1


def test_no_source_is_listed_that_no_row_uses() -> None:
    used = {ref.key for name in tables() if name != "sources" for ref in cite(load(name))}
    assert used == set(load("sources")["source_key"])


def test_a_source_without_address_or_date_says_why() -> None:
    sources = load("sources")
    bare = sources[sources["url"].isna() | sources["published_on"].isna()]
    assert bare["note"].notna().all()


def test_only_the_article_and_repository_files_count_as_read_in_full() -> None:
    sources = load("sources").set_index("source_key")
    full = sources[sources["seen"] == "full"]
    assert full.loc["SEED", "kind"] == "rewrite"
    assert full.drop("SEED")["url"].str.startswith("https://github.com/").all()


def test_claims_are_the_sixteen_and_each_has_evidence(claims: pd.DataFrame) -> None:
    assert claims.index.tolist() == [f"A{n:02d}" for n in range(1, 17)]
    assert set(load("claim_evidence")["claim_id"]) == set(claims.index)


def test_a_claim_without_number_or_date_says_so_in_its_note(claims: pd.DataFrame) -> None:
    no_number = claims.loc[claims["number_text"].isna(), "note"]
    no_date = claims.loc[claims["date_text"].isna(), "note"]
    assert no_number.str.contains("number").all()
    assert no_date.str.contains("date|year").all()


def _phrases(claim_id: str, claims: pd.DataFrame, numbers: pd.DataFrame) -> list[str]:
    own = claims.loc[claim_id, ["quote_id", "number_text", "date_text"]].dropna()
    rows = numbers.loc[numbers["claim_id"] == claim_id, ["number_text", "date_text"]]
    texts = chain(own, rows["number_text"], rows["date_text"].dropna())
    return list(dict.fromkeys(part for text in texts for part in str(text).split("; ")))


def test_quotations_are_short_and_stay_under_a_quarter_of_the_article(claims: pd.DataFrame) -> None:
    numbers = load("claim_numbers")
    quoted = 0
    for claim_id in claims.index:
        phrases = _phrases(claim_id, claims, numbers)
        assert all(len(phrase.split()) <= LONGEST_QUOTE_WORDS for phrase in phrases), claim_id
        # A number that stands inside the quoted words is not quoted twice.
        outer = [p for p in phrases if not any(p != other and p in other for other in phrases)]
        quoted += sum(len(phrase.split()) for phrase in outer)
    assert 0 < quoted < ARTICLE_WORDS / 4


def test_the_numbers_of_a_claim_are_those_of_the_table_of_numbers(claims: pd.DataFrame) -> None:
    numbers = load("claim_numbers")
    for claim_id, claim in claims.dropna(subset="value_to").iterrows():
        rows = numbers[numbers["claim_id"] == claim_id]
        assert claim["value_to"] in rows["value"].tolist()
        assert pd.isna(claim["value_from"]) or claim["value_from"] in rows["value"].tolist()


def test_a_number_as_written_reads_as_its_value() -> None:
    for row in load("claim_numbers").itertuples(index=False):
        digits = "".join(c for c in row.number_text.replace(",", ".") if c.isdigit() or c == ".")
        assert float(digits) == pytest.approx(abs(row.value))


def test_retellings_pivot_to_a_full_matrix(retellings: pd.DataFrame) -> None:
    for statement, rows in retellings.groupby("statement"):
        fates = rows.pivot(index="detail", columns="source_key", values="fate")  # noqa: PD010 - must fail on a double row
        assert set(fates.columns) == set(CHAIN), statement
        assert fates.notna().all(axis=None), statement


def test_retellings_follow_the_chain_in_order(retellings: pd.DataFrame) -> None:
    steps = retellings.drop_duplicates(["source_key"]).set_index("source_key")["step"]
    assert steps.to_dict() == dict(zip(CHAIN, [1, 2, 2, 2, 3], strict=True))
    assert retellings.groupby("statement")["claim_id"].nunique().eq(1).all()


def test_a_text_seen_as_an_excerpt_is_never_said_to_have_lost_anything(retellings: pd.DataFrame) -> None:
    assert set(retellings.loc[retellings["fate"] == "lost", "seen"]) == {"full"}
    assert set(retellings.loc[retellings["fate"] == "not_in_excerpt", "seen"]) == {"excerpt"}


def test_seen_agrees_with_the_table_of_sources(retellings: pd.DataFrame) -> None:
    seen = load("sources").set_index("source_key")["seen"]
    for df in (retellings, load("wording_changes")):
        assert (df["seen"] == df["source_key"].map(seen)).all()


def test_wording_is_empty_exactly_where_a_text_says_nothing(retellings: pd.DataFrame) -> None:
    for df in (retellings, load("wording_changes")):
        silent = df["fate"].isin(SILENT)
        assert (df["wording"].isna() == silent).all()
        assert df.loc[silent, "note"].notna().all()


def test_original_is_said_of_the_first_text_only_and_changes_name_what_they_are_measured_by(
    retellings: pd.DataFrame,
) -> None:
    assert set(retellings.loc[retellings["fate"] == "original", "step"]) == {1}
    compared = retellings["fate"].isin(["kept", "changed", "added", "lost"])
    assert (retellings["compared_with"].notna() == compared).all()
    assert (retellings["compared_with"] != retellings["source_key"]).fillna(value=True).all()


def test_what_the_article_lost_or_changed_was_in_an_earlier_text(retellings: pd.DataFrame) -> None:
    stated = retellings[retellings["wording"].notna() & (retellings["step"] < 3)]
    known = set(zip(stated["statement"], stated["detail"], strict=True))
    seed = retellings[(retellings["source_key"] == "SEED") & retellings["fate"].isin(["lost", "changed"])]
    chain_only = seed[seed["compared_with"] == "SCMP"]
    assert len(chain_only) > 8
    assert set(zip(chain_only["statement"], chain_only["detail"], strict=True)) <= known


@pytest.mark.parametrize(
    ("statement", "source", "detail", "fate"),
    [
        ("efficiency", "SEED", "workload", "lost"),
        ("efficiency", "SEED", "occasion", "changed"),
        ("efficiency", "TECHENET", "metric", "added"),
        ("efficiency", "T360", "workload", "kept"),
        ("start_date", "T360", "event", "changed"),
        ("parity", "SEED", "rivals", "changed"),
        ("revenue", "T360", "amount_usd_bn", "added"),
    ],
)
def test_the_known_turns_of_the_story_are_in_the_table(
    retellings: pd.DataFrame, statement: str, source: str, detail: str, fate: str
) -> None:
    row = retellings.set_index(["statement", "source_key", "detail"]).loc[(statement, source, detail)]
    assert row["fate"] == fate


def test_percentages_of_measured_throughput_recompute() -> None:
    df = load("efficiency_statements").dropna(subset="ascend_tokens_per_s_card")
    assert len(df) == 2
    ratio_pct = 100 * df["ascend_tokens_per_s_card"] / df["reference_tokens_per_s_card"]
    assert (ratio_pct - df["to_pct_low"]).abs().max() < 0.05
    assert set(df["status"]) == {"derived"}


def test_ranges_of_efficiency_run_from_low_to_high_and_have_both_ends() -> None:
    df = load("efficiency_statements")
    for end in ("from", "to"):
        low, high = df[f"{end}_pct_low"], df[f"{end}_pct_high"]
        assert (low.isna() == high.isna()).all()
        assert (low <= high).fillna(value=True).all()
    assert df.loc[df["from_pct_low"].isna(), "note"].notna().all()


def test_the_dollar_and_growth_figures_quoted_as_evidence_recompute() -> None:
    says = load("claim_evidence").set_index(["claim_id", "source_key"])["says"]
    assert f"{100 * (23_343 / 19_650 - 1):+.2f}%" in says["A14", "SA"]
    assert f"{100 * (560.16 / 657.31 - 1):+.2f}%" in says["A15", "SA"]
    assert f"USD {23.343 / 7.1957:.2f} billion" in says["A14", "FXA"]
    assert f"USD {23.343 / 7.3499:.2f} billion" in says["A14", "FRED"]
    assert f"148 x 16 = {148 * 16}" in says["A03", "EPOCH"]


def test_the_us_claim_got_the_same_treatment() -> None:
    df = load("wording_changes").set_index(["document", "version", "detail"])
    assert df.loc[("press release", 2, "strength"), "fate"] == "changed"
    assert df.loc[("guidance", 2, "strength"), "fate"] == "kept"
