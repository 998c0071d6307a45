"""`show`, `cite`, `is_shaky` and `describe`: doubts are seen, read aloud and cited."""

import html.parser

import pandas as pd
import pytest

from chipgap.data import DataError, cite, describe, is_shaky, load, show, tables


class Page(html.parser.HTMLParser):
    """The rows of a table as (attributes, text), and what its headers say of themselves."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.rows: list[dict[str, str | None]] = []
        self.row_texts: list[str] = []
        self.scopes: list[str | None] = []
        self.titles: list[str] = []
        self.caption = ""
        self.open: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what was read."""
        self.open.append(tag)
        if tag == "tr":
            self.rows.append(dict(attrs))
            self.row_texts.append("")
        if tag == "th":
            self.scopes.append(dict(attrs).get("scope"))
            self.titles.append(dict(attrs).get("title") or "")

    def handle_endtag(self, tag: str) -> None:
        """Note what was read."""
        assert self.open.pop() == tag, f"</{tag}> does not close what was opened"

    def handle_data(self, data: str) -> None:
        """Note what was read."""
        if "caption" in self.open:
            self.caption += data
        if self.row_texts:
            self.row_texts[-1] += data


def page(df: pd.DataFrame, **options: object) -> Page:
    return Page(show(df, **options)._repr_html_())  # type: ignore[arg-type]


@pytest.mark.parametrize("name", tables())
def test_every_table_shows_as_well_formed_labelled_html(name: str) -> None:
    df = load(name)
    shown = page(df)
    assert shown.open == []
    assert shown.caption
    rows = min(len(df), 500)
    assert len(shown.rows) == rows + 1
    assert set(shown.scopes) == {"col", "row"}
    assert shown.scopes.count("row") == rows


@pytest.mark.parametrize(
    ("status", "confidence", "shaky"),
    [
        ("found", "H", False),
        ("derived", "M", False),
        ("found", "L", True),
        ("recall", "H", True),
        ("inference", "H", True),
    ],
)
def test_shaky_rows_look_shaky_and_say_why(status: str, confidence: str, shaky: bool) -> None:  # noqa: FBT001
    df = load("claim_evidence").head(1).assign(status=status, confidence=confidence)
    assert is_shaky(df).tolist() == [shaky]
    shown = page(df)
    assert (shown.rows[1].get("class") == "shaky") is shaky
    assert ("?" in shown.row_texts[1]) is shaky
    assert ("Shaky:" in shown.row_texts[1]) is shaky
    assert bool(shown.rows[1].get("title")) is shaky


def test_shaky_rows_are_marked_even_when_status_and_confidence_are_not_shown() -> None:
    df = load("efficiency_statements")
    shown = page(df, columns=["statement_id", "baseline"])
    marked = [i for i, row in enumerate(shown.rows[1:]) if row.get("class") == "shaky"]
    assert marked == [i for i, shaky in enumerate(is_shaky(df)) if shaky]
    assert len(marked) == 1


def test_is_shaky_keeps_the_index_and_refuses_a_table_that_cannot_tell() -> None:
    df = load("efficiency_statements").set_index("statement_id")
    assert is_shaky(df).loc["E8"]
    with pytest.raises(DataError, match="status"):
        is_shaky(df[["baseline"]])


def test_an_empty_cell_is_a_dash_that_is_read_aloud() -> None:
    shown = page(load("claims").head(1), columns=["claim_id", "number_text"])
    assert "—" in shown.row_texts[1]
    assert "no value" in shown.row_texts[1]


def test_headers_carry_meaning_and_unit() -> None:
    shown = page(load("efficiency_statements"), columns=["statement_id", "to_pct_low"])
    assert "[%]" in shown.titles[1]


def test_text_of_a_table_cannot_become_markup() -> None:
    df = pd.DataFrame({"a<b": ["<script>alert(1)</script>"], "url": ['https://x/"><img src=x>']})
    source = show(df, caption="<i>")._repr_html_()
    assert "<script>" not in source
    assert "<img" not in source
    assert "<i>" not in source


def test_a_pivoted_table_keeps_its_row_names() -> None:
    df = load("retellings").query("statement == 'efficiency'")
    fates = df.pivot(index="detail", columns="source_key", values="fate")  # noqa: PD010 - as lessons do it
    shown = page(fates, caption="Fates")
    assert shown.caption == "Fates"
    assert any("workload" in text and "lost" in text for text in shown.row_texts)


def test_dates_and_numbers_read_plainly() -> None:
    shown = page(load("efficiency_statements").head(2))
    assert "2023-10-12" in shown.row_texts[1]
    assert "00:00" not in "".join(shown.row_texts)
    assert "130.4" in shown.row_texts[2]


def test_a_long_table_is_cut_and_says_so() -> None:
    shown = page(pd.DataFrame({"n": range(1200)}))
    assert "first 500 of 1200" in shown.caption
    assert len(shown.rows) == 501


def test_a_series_and_an_empty_table_show_too() -> None:
    assert len(page(load("claims")["speaker"]).rows) == 17  # type: ignore[arg-type]
    assert len(page(load("claims").head(0)).rows) == 1


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(DataError, match="'speeker'"):
        show(load("claims"), columns=["speeker"])


def test_printed_it_is_plain_text() -> None:
    assert repr(show(load("claims"), columns=["claim_id"])).startswith("The 16 claims\n")


def test_cite_gives_each_source_once_in_order_and_says_how_much_was_read() -> None:
    references = cite(["T360", "SEED", "T360"])
    assert [entry.key for entry in references] == ["T360", "SEED"]
    first, second = str(references).splitlines()
    assert "https://www.tech360.tv/" in first
    assert "excerpt" in first
    assert "Read in full" in second
    assert "excerpt" not in second


def test_cite_shows_a_linked_list_in_a_notebook() -> None:
    text = cite("SCMP")._repr_markdown_()
    assert text.startswith("- **SCMP** [South China Morning Post")
    assert "](<https://www.thestar.com.my/" in text


def test_cite_takes_a_table_and_finds_all_its_source_columns() -> None:
    keys = [entry.key for entry in cite(load("efficiency_statements"))]
    assert {"WE73", "TP73", "SCMP"} <= set(keys)
    assert len(keys) == len(set(keys))
    assert len(cite(load("sources"))) == len(load("sources"))


def test_cite_of_an_unknown_key_names_it_and_guesses() -> None:
    with pytest.raises(DataError, match=r"'SCNP'.*Did you mean 'SCMP'"):
        cite("SCNP")
    with pytest.raises(DataError, match="''"):
        cite("")


def test_cite_of_a_table_without_sources_says_what_it_looked_for() -> None:
    with pytest.raises(DataError, match="source_key"):
        cite(pd.DataFrame({"x": [1]}))


def test_describe_is_the_dictionary_of_a_table_and_can_be_shown() -> None:
    df = describe("efficiency_statements").set_index("column")
    assert df.loc["to_pct_low", "unit"] == "%"
    assert df.loc["statement_id", "required"]
    assert "found" in df.loc["status", "allowed"]
    assert page(describe("claims")).caption == "Columns of the table claims"
    with pytest.raises(DataError, match="no table 'nothing'"):
        describe("nothing")
