"""The retelling matrix says what the table holds: no more, no less."""

import pandas as pd
import pytest

from chipgap import figures
from chipgap.data import load
from chipgap.errors import ChipgapError
from chipgap.figures.retelling import FATES, follow, spec_of, statements


def drawn_words(fig: object) -> list[list[str]]:
    return [list(row) for row in fig.data[0].text]


def test_each_step_fills_one_more_column(story: pd.DataFrame) -> None:
    for step in (1, 2, 3):
        words = drawn_words(figures.retelling_matrix(story, "talk", step))
        assert all(all(row[:step]) and not any(row[step:]) for row in words)


def test_every_fate_is_told_by_sign_and_word_not_by_colour_alone(story: pd.DataFrame) -> None:
    text = " ".join(cell for row in drawn_words(figures.retelling_matrix(story, "talk", 3)) for cell in row)
    for sign, word in (("●", "first said"), ("✓", "kept"), ("≠", "changed"), ("+", "added"), ("✕", "lost")):
        assert f"{sign} {word}" in text
    legend = [trace.name.replace("<br>", " ") for trace in figures.retelling_matrix(story, "talk", 1).data[1:]]
    assert len(legend) == len(FATES)
    assert "? not in the part we saw" in legend


def test_the_finding_counts_details_and_owns_up_to_excerpts(story: pd.DataFrame) -> None:
    def said(step: int) -> str:
        return figures.finding(figures.retelling_matrix(story, "talk", step))

    assert "2 of 3 details" in said(1)
    assert "1 of 3 details" in said(2)
    assert "0 added" in said(2)
    assert "2 of 6 places" in said(2)
    assert "1 added" in said(3)
    assert "places" not in figures.finding(figures.retelling_matrix(story, "walk", 3))


def test_only_changed_keeps_what_changed_so_far_and_says_when_nothing_did(story: pd.DataFrame) -> None:
    def details(step: int) -> list[str]:
        return figures.retelling_table(story, "talk", step, only_changed=True)["Detail"].tolist()

    assert details(1) == []
    assert details(2) == ["for what work"]
    assert details(3) == ["for what work", "measured as what"]
    empty = figures.retelling_matrix(story, "talk", 1, only_changed=True)
    assert empty.layout.annotations[0].visible
    assert not figures.retelling_matrix(story, "talk", 3).layout.annotations[0].visible


def test_shaky_cells_look_shaky_in_figure_hover_and_table(story: pd.DataFrame) -> None:
    fig = figures.retelling_matrix(story, "talk", 2)
    cell = fig.data[0].text[1][1]
    assert cell.startswith("<i>")
    assert "shaky" in cell
    assert "shaky" in fig.data[0].hovertext[1][1]
    assert "shaky" in figures.retelling_table(story, "talk", 2)["SECOND"][1]


def test_markup_in_a_source_stays_text(story: pd.DataFrame) -> None:
    assert "&lt;Lovelace&gt;" in drawn_words(figures.retelling_matrix(story, "talk", 1))[0][0]
    table = figures.retelling_table(story, "talk", 1)
    assert "&lt;Lovelace&gt;" in figures.table_html(table, "x")


def test_a_fate_nobody_knows_is_named_with_its_row(story: pd.DataFrame) -> None:
    story.loc[4, "fate"] = "eaten"
    with pytest.raises(ChipgapError, match="SECOND, workload: fate 'eaten'"):
        figures.retelling_matrix(story, "talk", 1)
    with pytest.raises(ChipgapError, match="there are talk, walk"):
        figures.retelling_matrix(story, "balk", 1)


def test_long_wordings_are_cut_in_the_cell_and_whole_on_hover(story: pd.DataFrame) -> None:
    long = " ".join(f"word{number}" for number in range(40))
    story.loc[0, "wording"] = long
    fig = figures.retelling_matrix(story, "talk", 1)
    assert "…" in fig.data[0].text[0][0]
    assert "word39" in fig.data[0].hovertext[0][0]


@pytest.mark.parametrize("width_px", [320, 540, 660, 1100])
def test_words_are_broken_to_fit_the_place(width_px: int) -> None:
    found = load("retellings")
    spec = spec_of(follow(found, "efficiency"), 5, width_px=width_px)
    lines = [line for row in spec["data"][0]["text"] for cell in row for line in cell.split("<br>")]
    longest = max(len(line.replace("<b>", "").replace("</b>", "")) for line in lines if "span" not in line)
    assert longest <= max(9, (width_px - 140) / 5 / 7)


def test_the_courses_own_table_draws_without_a_fault() -> None:
    found = load("retellings")
    for statement in statements(found):
        for step in (1, 5):
            for only_changed in (False, True):
                fig = figures.retelling_matrix(found, statement, step, only_changed=only_changed)
                assert figures.faults(fig) == []
