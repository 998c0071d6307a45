"""How one statement changed from source to source: the retelling matrix, its finding and its table.

Rows are the details of the statement, columns the sources in the order in which they told it. Each cell
says what became of the detail, by sign, word and colour, so that no reader depends on colour alone.
"""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from chipgap.data import is_shaky
from chipgap.errors import ChipgapError
from chipgap.figures import style
from chipgap.text import t

CHANGES: Final = ("changed", "added", "lost")
"""Fates that make a retelling differ from what was told before it."""


@dataclass(frozen=True)
class _Look:
    """How a cell with a fate looks: a sign, a fill and the colour of its text."""

    sign: str
    fill: str
    ink: str = style.INK


FATES: Final[Mapping[str, _Look]] = {
    "original": _Look("●", "#cfe6f5"),
    "kept": _Look("✓", "#d3efe5"),
    "changed": _Look("≠", "#fbdc98"),
    "added": _Look("+", "#f3d4e5"),
    "lost": _Look("✕", "#f7c3a3"),
    "not_stated": _Look("\N{EN DASH}", "#eceef0", style.SOFT_INK),
    "not_in_excerpt": _Look("?", "#f6f7f8", style.SOFT_INK),
}
_CODES: Final = {fate: code for code, fate in enumerate(FATES)}
_UNTOLD: Final = -1

WIDTH_PX: Final = 660
"""How wide a figure is taken to be where nobody knows: a notebook's column on a small laptop."""

_CELL_LINES, _LINE_PX, _CELL_PAD_PX, _CHAR_PX, _LABELS_PX = 5, 16, 18, 7.3, 140
_HEAD_PX, _FOOT_PX, _MIN_BODY_PX, _NARROW_PX = 100, 80, 120, 600


@dataclass(frozen=True)
class Source:
    """One that told the story: its key, its step on the way, and whether we saw it ``full`` or as ``excerpt``."""

    key: str
    step: int
    seen: str


@dataclass(frozen=True)
class Cell:
    """What one source makes of one detail; ``wording`` and ``note`` are "" where there is none."""

    detail: str
    column: int
    fate: str
    wording: str
    note: str
    shaky: bool


@dataclass(frozen=True)
class Story:
    """One statement on its way: who told it, in order, and every cell, by detail and then by source."""

    statement: str
    sources: tuple[Source, ...]
    cells: tuple[Cell, ...]

    def rows(self, steps_shown: int, *, only_changed: bool = False) -> list[str]:
        """Return the details, all or only those that one of the first ``steps_shown`` sources altered."""
        kept = (cell.detail for cell in self.cells if not only_changed or cell in self.changes(steps_shown))
        return list(dict.fromkeys(kept))

    def shown(self, steps_shown: int) -> list[Cell]:
        """Return the cells of the first ``steps_shown`` sources."""
        return [cell for cell in self.cells if cell.column < steps_shown]

    def changes(self, steps_shown: int) -> list[Cell]:
        """Return the cells in which one of the first ``steps_shown`` sources altered a detail."""
        return [cell for cell in self.shown(steps_shown) if cell.fate in CHANGES]


def statements(retellings: pd.DataFrame) -> list[str]:
    """Return the statements that ``retellings`` follows, in the order of the table."""
    return [str(name) for name in retellings["statement"].unique()]


def follow(retellings: pd.DataFrame, statement: str) -> Story:
    """Return the way of one ``statement`` through the sources.

    Parameters
    ----------
    retellings
        The table ``retellings`` (long: one row a statement, source and detail).
    statement
        Which statement to follow, one of :func:`statements`.

    Raises
    ------
    ChipgapError
        If there is no such statement, or a fate that is none of :data:`FATES`.
    """
    if statement not in statements(retellings):
        raise ChipgapError(f"No statement {statement!r}: there are {', '.join(statements(retellings))}.")
    order = _sources(retellings)
    column = {source.key: place for place, source in enumerate(order)}
    found = retellings[retellings["statement"] == statement]
    rows = found.assign(shaky=is_shaky(found)).to_dict("records")
    cells = [_cell({str(key): value for key, value in row.items()}, column) for row in rows]
    rank = {detail: place for place, detail in enumerate(dict.fromkeys(cell.detail for cell in cells))}
    return Story(statement, order, tuple(sorted(cells, key=lambda cell: (rank[cell.detail], cell.column))))


def _sources(retellings: pd.DataFrame) -> tuple[Source, ...]:
    rows = retellings.drop_duplicates("source_key").sort_values("step", kind="stable")
    return tuple(
        Source(str(key), int(step), str(seen))
        for key, step, seen in zip(rows["source_key"], rows["step"], rows["seen"], strict=True)
    )


def _cell(row: Mapping[str, Any], column: Mapping[str, int]) -> Cell:
    if row["fate"] not in FATES:
        raise ChipgapError(
            f"retellings, {row['statement']!r}, {row['source_key']}, {row['detail']}: "
            f"fate {row['fate']!r} is none of {', '.join(FATES)}."
        )
    words = {key: "" if pd.isna(row[key]) else str(row[key]) for key in ("wording", "note")}
    place = column[row["source_key"]]
    return Cell(str(row["detail"]), place, str(row["fate"]), words["wording"], words["note"], bool(row["shaky"]))


# Names and words.


def source_name(key: str) -> str:
    """Return the short name of a source that fits a column (the key if it has none)."""
    return _named("source", key, default=key)


def statement_name(statement: str) -> str:
    """Return a statement in plain words, with the claim it belongs to."""
    return _named("statement", statement, default=statement)


def detail_name(detail: str) -> str:
    """Return a detail in plain words: "start_value_pct" is "value before"."""
    return _named("detail", detail, default=detail.replace("_", " "))


def fate_word(fate: str) -> str:
    """Return the word for a fate: "not_in_excerpt" is "not in the part we saw"."""
    return t(f"figures.fate_{fate}")


@cache
def _named(kind: str, key: str, *, default: str) -> str:
    try:
        return t(f"figures.{kind}_{key}")
    except KeyError:
        return default


# What the matrix says.


def retelling_finding(story: Story, steps_shown: int) -> str:
    """Return one sentence on what the sources shown so far kept, changed, added and lost."""
    shown, total = story.shown(steps_shown), len(story.rows(steps_shown))
    unseen = sum(cell.fate == "not_in_excerpt" for cell in shown)
    if steps_shown == 1:
        stated = sum(cell.fate not in {"not_stated", "not_in_excerpt"} for cell in shown)
        fields = {"source": source_name(story.sources[0].key), "stated": stated, "total": total}
        return t("figures.retelling_finding_first", **fields)
    altered = len({cell.detail for cell in shown if cell.fate in {"changed", "lost"}})
    added = len({cell.detail for cell in shown if cell.fate == "added"})
    sources = min(steps_shown, len(story.sources))
    told = t("figures.retelling_finding", sources=sources, total=total, altered=altered, added=added)
    rest = t("figures.retelling_finding_unseen", unseen=unseen, cells=len(shown))
    return f"{told} {rest}" if unseen else told


def _spoken(story: Story, steps_shown: int) -> str:
    """Return the changes shown, for those who cannot see them: "for what work: lost by the article"."""
    parts = (
        t(
            "figures.retelling_spoken",
            detail=detail_name(cell.detail),
            fate=fate_word(cell.fate),
            source=source_name(story.sources[cell.column].key),
        )
        for cell in story.changes(steps_shown)
    )
    return "; ".join(parts) or t("figures.nothing_changed")


def table_of(story: Story, steps_shown: int, *, only_changed: bool = False) -> pd.DataFrame:
    """Return the matrix as a table: one row a detail, one column a source shown, "kept: 20%" in the cells."""
    rows = story.rows(steps_shown, only_changed=only_changed)
    told = {(cell.detail, cell.column): _in_words(cell) for cell in story.shown(steps_shown)}
    columns = {
        source_name(source.key): [told.get((detail, place), "") for detail in rows]
        for place, source in enumerate(story.sources[:steps_shown])
    }
    return pd.DataFrame({t("figures.detail"): [detail_name(detail) for detail in rows], **columns})


def _in_words(cell: Cell) -> str:
    words = f": {cell.wording}" if cell.wording else ""
    return fate_word(cell.fate) + words + (f" ({t('figures.shaky')})" if cell.shaky else "")


def retelling_table(
    retellings: pd.DataFrame, statement: str, steps_shown: int, *, only_changed: bool = False
) -> pd.DataFrame:
    """Return what :func:`retelling_matrix` shows as a table, one row a detail; same parameters and errors."""
    return table_of(follow(retellings, statement), steps_shown, only_changed=only_changed)


def retelling_matrix(
    retellings: pd.DataFrame, statement: str, steps_shown: int, *, only_changed: bool = False
) -> go.Figure:
    """Return the matrix of details by sources for one statement, filled for the first sources.

    Parameters
    ----------
    retellings, statement
        As in :func:`follow`, which also says what is raised.
    steps_shown
        How many sources have told it so far, from 1; more than there are shows all.
    only_changed
        Show only details that one of the sources shown changed, added or lost.
    """
    return go.Figure(spec_of(follow(retellings, statement), steps_shown, only_changed=only_changed))


# The drawing.


def spec_of(story: Story, steps_shown: int, *, only_changed: bool = False, width_px: int = WIDTH_PX) -> style.Spec:
    """Return the matrix as a plain figure description: what a widget redraws at every step, so it is quick.

    Words are broken to fit ``width_px``, the width of the place it will be shown in.
    """
    rows = story.rows(steps_shown, only_changed=only_changed)
    chars = _cell_chars(story, width_px)
    edges = _row_edges(story, rows, chars)
    finding = retelling_finding(story, steps_shown)
    layout = {
        "height": _HEAD_PX + _FOOT_PX + max(edges[-1], _MIN_BODY_PX),
        "margin": {"l": 12, "r": 12, "t": _HEAD_PX, "b": _FOOT_PX},
        "legend": style.LEGEND_BELOW | {"entrywidth": _entry_px(width_px)},
        "dragmode": False,
        "annotations": [_nothing(empty=not rows)],
        "xaxis": _columns_axis(story.sources),
        "yaxis": _rows_axis(rows, edges, 12 if width_px < _NARROW_PX else 16),
    }
    alt = t(
        "figures.retelling_alt",
        statement=statement_name(story.statement),
        finding=finding,
        cells=_spoken(story, steps_shown),
    )
    data = [_tiles(story, steps_shown, dict(zip(rows, range(len(rows)), strict=True)), edges, chars), *_legend()]
    return style.finish({"data": data, "layout": layout}, alt=alt, finding=finding)


def _entry_px(width_px: int) -> float:
    """Return the width of a legend entry: three in a row in a narrow place, four in a wide one."""
    return (width_px - 120) / 3 if width_px < _NARROW_PX else (width_px - 260) / 4


def _cell_chars(story: Story, width_px: int) -> int:
    """Return how many characters fit into a cell, at the widest of the usual fonts."""
    column_px = (width_px - _LABELS_PX) / len(story.sources)
    return int(min(max((column_px - 6) / _CHAR_PX, 9), 22))


def _row_edges(story: Story, rows: Sequence[str], chars: int) -> list[int]:
    """Return where each row begins and ends, in px from the top: as tall as its longest cell needs."""
    lines = dict.fromkeys(rows, 2)
    for cell in story.cells:
        if cell.detail in lines:
            lines[cell.detail] = max(lines[cell.detail], _cell_text(cell, chars).count("<br>") + 1)
    edges = [0]
    for count in lines.values():
        edges.append(edges[-1] + count * _LINE_PX + _CELL_PAD_PX)
    return edges


@cache
def _cell_text(cell: Cell, chars: int) -> str:
    look = FATES[cell.fate]
    mark = f" ({t('figures.shaky_mark')})" if cell.shaky else ""
    head = style.wrap(f"{look.sign} {t('figures.fate_short_' + cell.fate)}{mark}", chars)
    words = style.wrap(cell.wording, chars, _CELL_LINES)
    text = f"<b>{head}</b><br>{words}" if words else head
    text = f"<i>{text}</i>" if cell.shaky else text
    return text if look.ink == style.INK else f'<span style="color:{look.ink}">{text}</span>'


@cache
def _hover_text(cell: Cell, source_key: str) -> str:
    lines = [
        f"<b>{html.escape(detail_name(cell.detail))}</b> · {html.escape(source_name(source_key))}",
        f"{FATES[cell.fate].sign} {fate_word(cell.fate)}: {t('figures.fate_means_' + cell.fate)}",
        style.wrap(cell.wording, 60),
        f"<i>{style.wrap(cell.note, 60)}</i>" if cell.note else "",
        t("figures.shaky") if cell.shaky else "",
    ]
    return "<br>".join(line for line in lines if line)


def _tiles(story: Story, steps_shown: int, rows: Mapping[str, int], edges: Sequence[int], chars: int) -> dict[str, Any]:
    width = len(story.sources)
    z = [[_UNTOLD] * width for _ in rows]
    text = [[""] * width for _ in rows]
    hover = [[t("figures.not_told_yet")] * width for _ in rows]
    for cell in story.shown(steps_shown):
        if cell.detail in rows:
            row = rows[cell.detail]
            z[row][cell.column] = _CODES[cell.fate]
            text[row][cell.column] = _cell_text(cell, chars)
            hover[row][cell.column] = _hover_text(cell, story.sources[cell.column].key)
    x, y = (list(range(width + 1)), list(edges)) if rows else ([], [])
    return {"type": "heatmap", "x": x, "y": y, "z": z, "text": text, "hovertext": hover, **_TILE_LOOK}


def _bands(colours: Sequence[str]) -> list[list[Any]]:
    """Return a colour scale of flat bands, one a code."""
    n = len(colours)
    return [[(code + side) / n, colour] for code, colour in enumerate(colours) for side in (0, 1)]


_TILE_LOOK: Final[dict[str, Any]] = {
    "texttemplate": "%{text}",
    "textfont": {"size": 12, "color": style.INK},
    "hoverinfo": "text",
    "xgap": 4,
    "ygap": 4,
    "zmin": _UNTOLD - 0.5,
    "zmax": len(FATES) - 0.5,
    "colorscale": _bands(["#fafbfc", *(look.fill for look in FATES.values())]),
    "showscale": False,
}


def _legend() -> list[dict[str, Any]]:
    """Return one empty trace a fate: the legend's entry."""
    return [
        {
            "type": "scatter",
            "x": [None],
            "y": [None],
            "mode": "markers",
            "name": style.wrap(f"{look.sign} {t('figures.fate_legend_' + fate)}", 18),
            "marker": {
                "symbol": "square",
                "size": 14,
                "color": look.fill,
                "line": {"color": style.SOFT_INK, "width": 1},
            },
            "hoverinfo": "skip",
        }
        for fate, look in FATES.items()
    ]


_PLAIN: Final = {"showgrid": False, "ticks": "", "showline": False}


def _columns_axis(order: Sequence[Source]) -> dict[str, Any]:
    heads = [
        f"<b>{html.escape(source_name(source.key))}</b><br>{t('figures.retelling_step', step=source.step)}"
        f"<br>{t('figures.seen_' + source.seen)}"
        for source in order
    ]
    return _PLAIN | {
        "side": "top",
        "tickangle": 0,
        "range": [0, len(order)],
        "tickvals": [column + 0.5 for column in range(len(order))],
        "ticktext": heads,
        "title": {"text": t("figures.retelling_x")},
    }


def _rows_axis(rows: Sequence[str], edges: Sequence[int], chars: int) -> dict[str, Any]:
    return _PLAIN | {
        "range": [max(edges[-1], _MIN_BODY_PX), 0],
        "tickvals": [(top + bottom) / 2 for top, bottom in pairwise(edges)],
        "ticktext": [style.wrap(detail_name(detail), chars) for detail in rows],
        "title": {"text": t("figures.retelling_y")},
    }


def _nothing(*, empty: bool) -> dict[str, Any]:
    """Return the note that stands in an empty matrix; there, but unseen, in a full one."""
    note = {"xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5, "showarrow": False, "font": {"size": 14}}
    return note | {"text": t("figures.nothing_changed"), "visible": empty}
