"""Timeline, overview, the wrapper, and the standard that every figure is held to."""

import re

import pandas as pd
import plotly.graph_objects as go
import pytest

from chipgap import figures
from chipgap.data import load
from chipgap.figures.show import bundles
from chipgap.figures.style import INK, OKABE_ITO, SOFT_INK


@pytest.fixture
def said() -> pd.DataFrame:
    return load("efficiency_statements")


def test_timeline_has_a_row_for_every_statement_in_order_of_date(said: pd.DataFrame) -> None:
    fig = figures.efficiency_timeline(said.sample(frac=1, random_state=3))
    labels = list(fig.layout.yaxis.ticktext)
    days = [re.search(r"\d{4}-\d\d", label)[0] for label in labels]
    assert len(labels) == len(said)
    assert days == sorted(days)


def test_timeline_shows_ranges_qualifiers_and_what_has_no_percentage(said: pd.DataFrame) -> None:
    notes = " ".join(note.text for note in figures.efficiency_timeline(said).layout.annotations)
    assert "20% → nearly 80%" in notes
    assert "80\N{EN DASH}120%" in notes
    assert "no percentage given" in notes


def test_table_of_the_timeline_says_the_same_in_words(said: pd.DataFrame) -> None:
    table = figures.efficiency_table(said)
    assert len(table) == len(said)
    row = table[table["Efficiency"] == "20% → nearly 80%"].iloc[0]
    assert (row["When"], row["Who said it"]) == ("2025-04-22", "Liu Qingfeng")
    assert table["Doubt"].str.contains("shaky").sum() == 1


def test_shaky_statements_are_open_dashed_and_said_to_be_shaky(said: pd.DataFrame) -> None:
    fig = figures.efficiency_timeline(said)
    dashed = [trace for trace in fig.data if trace.line.dash == "dash"]
    opened = [trace for trace in fig.data if str(trace.marker.symbol).endswith("-open")]
    assert len(dashed) == 1
    assert len(dashed[0].x) == 3
    assert sum(len(trace.x) for trace in opened) == 4
    assert all("shaky" in trace.name for trace in opened)


def test_timeline_finding_follows_the_table(said: pd.DataFrame) -> None:
    assert "from 73% to 130%" in figures.finding(figures.efficiency_timeline(said))
    said.loc[said["statement_id"] == "E7", "to_pct_low"] = 11.0
    assert "from 11% to 130%" in figures.finding(figures.efficiency_timeline(said))


def test_overview_names_every_claim_once() -> None:
    claims = load("claims")
    fig = figures.claims_overview(claims)
    named = " ".join(text for trace in fig.data for text in trace.text).split()
    assert sorted(named) == sorted(claims["claim_id"])


@pytest.mark.parametrize(
    "fig",
    [
        figures.efficiency_timeline(load("efficiency_statements")),
        figures.claims_overview(load("claims")),
    ],
    ids=["timeline", "overview"],
)
def test_figures_meet_the_standard(fig: go.Figure) -> None:
    assert figures.faults(fig) == []
    assert figures.finding(fig) in figures.alt(fig)
    assert figures.finding(fig) == fig.layout.title.text.replace("<br>", " ")


def test_faults_names_each_thing_that_is_missing() -> None:
    bad = go.Figure(go.Scatter(x=[1], y=[1]), layout={"legend": {"font": {"size": 9}}})
    found = " ".join(figures.faults(bad))
    for word in ("'alt'", "'finding'", "9.0 px", "template", "xaxis has no title", "yaxis has no title"):
        assert word in found


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_words_in_cells_have_the_contrast_that_wcag_asks_for() -> None:
    from chipgap.figures.retelling import FATES

    assert all(_contrast(look.ink, look.fill) >= 4.5 for look in FATES.values())
    assert _contrast(INK, "#ffffff") >= 7
    assert _contrast(SOFT_INK, "#ffffff") >= 4.5
    assert len(set(OKABE_ITO.values())) == 8


def test_shown_figure_carries_its_finding_its_description_and_its_table() -> None:
    table = pd.DataFrame({"name": ["a & b"], "share": [0.123456], "gone": [pd.NA]})
    said = load("efficiency_statements")
    sentence, drawing, details = bundles(figures.efficiency_timeline(said), table)
    assert "Efficiency" in sentence["text/html"]
    assert "Figure: " in sentence["text/html"]
    plot = drawing["application/vnd.plotly.v1+json"]
    assert "title" not in plot["layout"]
    assert '<th scope="row"' in details["text/html"]
    assert "a &amp; b" in details["text/html"]
    assert "0.1235" in details["text/html"]
    assert "\N{EN DASH}" in details["text/html"]


def test_a_figure_without_table_has_no_empty_fold() -> None:
    assert len(bundles(figures.claims_overview(load("claims")))) == 2
