"""Turn source keys into references a reader can follow."""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from chipgap.data.reading import load
from chipgap.data.schema import DataError, closest, read_descriptor
from chipgap.text import t


@dataclass(frozen=True)
class Reference:
    """One source: its key, title, address (empty when it has none) and how much of it was read."""

    key: str
    title: str
    url: str
    published_on: str
    seen: str
    note: str

    def _tail(self) -> str:
        date = f", {self.published_on}" if self.published_on else ""
        note = f" {self.note}" if self.note else ""
        return f"{date}. {t(f'data.seen_{self.seen}')}{note}"

    def __str__(self) -> str:
        address = f" <{self.url}>" if self.url else ""
        return f"[{self.key}] {self.title}{address}{self._tail()}"

    def markdown(self) -> str:
        """Return the reference as Markdown, the title linked to its address."""
        title = f"[{_escape(self.title)}](<{self.url}>)" if self.url else _escape(self.title)
        return f"**{self.key}** {title}{_escape(self._tail())}"


@dataclass(frozen=True)
class References:
    """References in the order in which they were asked for; a notebook shows them as a list."""

    entries: tuple[Reference, ...]

    def __iter__(self) -> Iterator[Reference]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __str__(self) -> str:
        return "\n".join(str(entry) for entry in self.entries)

    def __repr__(self) -> str:
        return str(self)

    def _repr_markdown_(self) -> str:
        return "\n".join(f"- {entry.markdown()}" for entry in self.entries)


def cite(keys: str | Iterable[str] | pd.DataFrame) -> References:
    """Return readable references for source keys, each once, in order of first appearance.

    Parameters
    ----------
    keys
        One key (``"SCMP"``), several (``["SCMP", "T360"]``), or a table: then all sources its
        rows name.

    Raises
    ------
    DataError
        If a key is not in the table ``sources``, or the table given has no column of sources.
    """
    wanted = dict.fromkeys(_keys(keys))
    table = load("sources").set_index("source_key").fillna({"url": "", "note": ""})
    sources: dict[Any, dict[Hashable, Any]] = table.to_dict("index")
    unknown = [key for key in wanted if key not in sources]
    if unknown:
        raise DataError(
            f"There is no source {unknown[0]!r}.{closest(str(unknown[0]), sources)} load('sources') lists all of them."
        )
    return References(tuple(_reference(key, sources[key]) for key in wanted))


def _reference(key: str, row: dict[Hashable, Any]) -> Reference:
    date = row["published_on"]
    return Reference(
        key=key,
        title=row["title"],
        url=row["url"],
        published_on="" if pd.isna(date) else f"{date:%Y-%m-%d}",
        seen=row["seen"],
        note=row["note"],
    )


def _keys(keys: str | Iterable[str] | pd.DataFrame) -> list[str]:
    if isinstance(keys, str):
        return [keys]
    if not isinstance(keys, pd.DataFrame):
        return [key for key in keys if not pd.isna(key)]
    known = {column for table in read_descriptor().values() for column in table.source_columns}
    columns = [column for column in keys.columns if column in known]
    if not columns:
        raise DataError(
            "This table has no column of sources, so there is nothing to cite. Its columns: "
            f"{', '.join(map(str, keys.columns))}. Expected one of: {', '.join(sorted(known))}."
        )
    return [key for row in keys[columns].itertuples(index=False) for key in row if not pd.isna(key)]


def _escape(text: str) -> str:
    return "".join(f"\\{letter}" if letter in r"\`*_[]<>$" else letter for letter in text)
