"""Show a table with its doubts: what is shaky looks shaky, and says why in words."""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from chipgap.data.schema import DataError, Field, read_descriptor, table
from chipgap.text import t

Scalar = str | float | datetime | None
"""What a cell holds; None stands for every kind of missing value."""

SHAKY_STATUS = ("recall", "inference")
SHAKY_CONFIDENCE = ("L",)
MAX_ROWS = 500
LONG_TEXT = 40
"""Characters from which a text gets a wider column."""
_SURE = ["status", "confidence"]

_STYLE = """<style>
.chipgap-table{position:relative;max-height:36rem;overflow:auto;max-width:100%;margin:.5rem 0;
 color:var(--jp-content-font-color1,#1f2328);
 border:1px solid var(--jp-border-color2,#c8ccd0);border-radius:4px}
.chipgap-table:focus-visible{outline:3px solid var(--jp-brand-color1,#0072b2)}
.chipgap-table table{border-collapse:collapse;font-size:14px;line-height:1.4;width:100%;margin:0;
 table-layout:auto;border:0;color:inherit;background:transparent}
.chipgap-table caption{caption-side:top;text-align:left;font-weight:600;padding:.5rem .6rem;
 color:inherit}
.chipgap-table th,.chipgap-table td{text-align:left!important;vertical-align:top!important;
 padding:.35rem .6rem!important;
 white-space:normal!important;overflow-wrap:break-word;max-width:26rem;
 border:0;border-bottom:1px solid var(--jp-border-color2,#c8ccd0)}
.chipgap-table td.wide{min-width:16rem}
.chipgap-table td.sure{min-width:9rem}
.chipgap-table td.date{white-space:nowrap!important}
.chipgap-table thead th{position:sticky;top:0;z-index:1;
 background:var(--jp-layout-color2,#eef0f2);color:inherit;font-weight:600}
.chipgap-table tbody tr,.chipgap-table tbody th{background:var(--jp-layout-color0,#fff);color:inherit}
.chipgap-table tbody th{font-weight:600}
.chipgap-table .number{text-align:right!important;font-variant-numeric:tabular-nums;white-space:nowrap!important}
.chipgap-table tr.shaky th,.chipgap-table tr.shaky td{font-style:italic;
 background:var(--jp-layout-color1,#fbfbfb);border-bottom-style:dashed}
.chipgap-table .mark{display:inline-block;font-style:normal;font-weight:700;min-width:1.3em;text-align:center;
 border:1px dashed currentColor;border-radius:50%;margin-right:.4em}
.chipgap-table .aside{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.chipgap-table .none{color:var(--jp-content-font-color2,#57606a)}
.chipgap-table a{color:var(--jp-content-link-color,#0b5cad)}
</style>"""


@dataclass(frozen=True)
class HtmlTable:
    """A table as a notebook shows it; printed, it is plain text."""

    html: str
    text: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


def is_shaky(df: pd.DataFrame) -> "pd.Series[bool]":
    """Return, row by row, whether it rests on memory, on a reading, or on low confidence.

    Raises
    ------
    DataError
        If the table has neither a column ``status`` nor a column ``confidence``.
    """
    if not set(_SURE) & set(df.columns):
        raise DataError(
            "is_shaky() needs a column 'status' or 'confidence', and this table has neither. Its columns: "
            f"{', '.join(map(str, df.columns))}."
        )
    shaky = pd.Series(data=False, index=df.index, name="shaky", dtype=bool)
    for column, bad in (("status", SHAKY_STATUS), ("confidence", SHAKY_CONFIDENCE)):
        if column in df.columns:
            shaky |= df[column].isin(bad).astype(bool)
    return shaky


def describe(name: str) -> pd.DataFrame:
    """Return the dictionary of a table: one row a column, with type, unit and meaning.

    Raises
    ------
    DataError
        If there is no such table.
    """
    fields = table(name).fields
    df = pd.DataFrame(
        {
            "column": [field.name for field in fields],
            "type": [field.type for field in fields],
            "unit": [field.unit or None for field in fields],
            "required": [field.required for field in fields],
            "allowed": [", ".join(field.constraints.get("enum", [])) or None for field in fields],
            "meaning": [field.description for field in fields],
        }
    ).convert_dtypes()
    df.attrs["caption"] = t("data.columns_of", table=name)
    return df


def show(
    df: "pd.DataFrame | pd.Series[Any]", caption: str | None = None, columns: Sequence[str] | None = None
) -> HtmlTable:
    """Return a table for the notebook: shaky rows carry a "?" and say why, empty cells a dash.

    Parameters
    ----------
    df
        Any table; ``status`` and ``confidence``, where it has them, become one last column in
        words.
    caption
        What the table shows; by default the title of the dataset.
    columns
        Which columns to show, in this order; shaky rows are marked all the same.

    Raises
    ------
    DataError
        If one of ``columns`` is not in the table.
    """
    rows = df.to_frame() if isinstance(df, pd.Series) else df
    absent = [name for name in columns or () if name not in rows.columns]
    if absent:
        raise DataError(
            f"There is no column {absent[0]!r} in this table. Its columns: {', '.join(map(str, rows.columns))}."
        )
    view = rows.head(MAX_ROWS)
    head = caption or rows.attrs.get("caption") or _title(rows.attrs.get("table"))
    if len(rows) > len(view):
        head = t("data.cut", caption=head, shown=len(view), total=len(rows))
    shown = list(columns) if columns is not None else list(view.columns)
    text = view[shown].to_string(na_rep="—", index=_has_index(view))
    return HtmlTable(_html(view, shown, head, whole=columns is None), f"{head}\n{text}")


def _title(name: str | None) -> str:
    known = read_descriptor()
    return known[name].title if name in known else t("data.untitled")


def _has_index(df: pd.DataFrame) -> bool:
    return any(name is not None for name in df.index.names)


def _html(view: pd.DataFrame, shown: list[Any], caption: str, *, whole: bool) -> str:
    sure = whole and set(_SURE) <= set(view.columns)
    cells = view[[name for name in shown if not (sure and name in _SURE)]]
    has_doubts = bool(set(_SURE) & set(view.columns))
    shaky = is_shaky(view).tolist() if has_doubts else [False] * len(view)
    words = [_how_sure(row) for _, row in view.iterrows()] if has_doubts else [""] * len(view)
    index = view.index.tolist() if _has_index(view) else None
    lines = [
        _row(values, index[i] if index is not None else None, words[i], shaky=shaky[i], sure=sure)
        for i, values in enumerate(cells.itertuples(index=False, name=None))
    ]
    label = html.escape(caption, quote=True)
    return (
        f'{_STYLE}<div class="chipgap-table" role="region" tabindex="0" aria-label="{label}">'
        f"<table><caption>{html.escape(caption)}</caption>"
        f"<thead><tr>{_headers(cells, sure=sure)}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _headers(cells: pd.DataFrame, *, sure: bool) -> str:
    known = read_descriptor().get(str(cells.attrs.get("table")))
    fields = {field.name: field for field in known.fields} if known else {}
    columns: list[Any] = list(cells.columns)
    names = [" / ".join(map(str, n)) if isinstance(n, tuple) else str(n) for n in columns]
    if _has_index(cells):
        names.insert(0, " / ".join(str(name or "") for name in cells.index.names))
    heads = [
        f'<th scope="col"{kind}{_tooltip(fields.get(name))}>{html.escape(name)}</th>'
        for name, kind in zip(names, _kinds(cells), strict=True)
    ]
    if sure:
        heads.append(f'<th scope="col">{html.escape(t("data.how_sure"))}</th>')
    return "".join(heads)


def _kinds(cells: pd.DataFrame) -> list[str]:
    """Return the class of each column head: over numbers it stands at the right, as they do."""
    numeric = [pd.api.types.is_numeric_dtype(kind) and kind != "boolean" for kind in cells.dtypes]
    # The first column names the row, and stands at the left whatever it holds.
    numeric = [False, *numeric] if _has_index(cells) else [False, *numeric[1:]]
    return [' class="number"' if right else "" for right in numeric[: cells.shape[1] + _has_index(cells)]]


def _tooltip(field: Field | None) -> str:
    if field is None:
        return ""
    unit = f" [{field.unit}]" if field.unit else ""
    return f' title="{html.escape(field.description + unit, quote=True)}"'


def _row(values: Iterable[Any], index: object, words: str, *, shaky: bool, sure: bool) -> str:
    cells = list(values)
    if index is not None:
        cells.insert(0, " / ".join(map(str, index)) if isinstance(index, tuple) else index)
    mark = _mark(words) if shaky else ""
    first = f'<th scope="row">{mark}{_content(cells[0])}</th>' if cells else ""
    rest = "".join(_cell(value) for value in cells[1:])
    last = f'<td class="sure">{html.escape(words)}</td>' if sure else ""
    attributes = f' class="shaky" title="{html.escape(words, quote=True)}"' if shaky else ""
    return f"<tr{attributes}>{first}{rest}{last}</tr>"


def _mark(words: str) -> str:
    spoken = html.escape(t("data.shaky", why=words), quote=True)
    return f'<span class="mark" aria-hidden="true">?</span><span class="aside">{spoken} </span>'


def _how_sure(row: "pd.Series[Any]") -> str:
    parts = [t(f"data.{name}_{row[name]}") for name in _SURE if name in row.index and not pd.isna(row[name])]
    return ", ".join(parts)


def _cell(value: Scalar) -> str:
    number = pd.api.types.is_number(value) and not pd.api.types.is_bool(value)
    wide = isinstance(value, str) and len(value) > LONG_TEXT
    kind = "number" if number else "wide" if wide else "date" if isinstance(value, datetime) else "text"
    return f'<td class="{kind}">{_content(value)}</td>'


def _content(value: Scalar) -> str:
    if pd.api.types.is_scalar(value) and pd.isna(value):
        spoken = html.escape(t("data.no_value"))
        return f'<span class="none" aria-hidden="true">—</span><span class="aside">{spoken}</span>'
    if isinstance(value, str) and value.startswith(("https://", "http://")):
        address = html.escape(value, quote=True)
        return f'<a href="{address}" rel="noopener" target="_blank">{address}</a>'
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, float):
        return f"{value:.10g}"
    return html.escape(str(value))
