"""``course/syllabus.yml``: what the units are, checked, and the cells made from it."""

import csv
import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from chipgap.errors import ChipgapError

HEADER = "<!-- chipgap:header -->"
KEY_POINTS = "<!-- chipgap:key-points -->"
_PLACEHOLDER = re.compile(r"<!--\s*chipgap:[^>]*-->")
_CLAIM_ID = re.compile(r"A\d\d")


@dataclass(frozen=True)
class Minutes:
    """Minutes a unit takes: to read and try the ``lesson``, to do the ``exercise``."""

    lesson: int
    exercise: int


@dataclass(frozen=True)
class Unit:
    """One unit of the course as the syllabus states it; ``id`` names its files (``1-claim``)."""

    id: str
    number: int
    title: str
    question: str
    minutes: Minutes
    objectives: list[str]
    prerequisites: list[str]
    key_points: list[str]
    claims: list[str]
    datasets: list[str]
    sources: list[str]


@dataclass(frozen=True)
class Syllabus:
    """The units in order, and the paraphrase of each claim (empty before the datasets exist)."""

    path: Path
    units: list[Unit]
    claims: dict[str, str]

    def unit(self, unit_id: str, asked_by: Path) -> Unit:
        """Return one unit.

        Raises
        ------
        ChipgapError
            If the syllabus has no such unit; ``asked_by`` names the file that wants it.
        """
        for unit in self.units:
            if unit.id == unit_id:
                return unit
        known = ", ".join(unit.id for unit in self.units) or "none"
        raise ChipgapError(
            f"{asked_by}: there is no unit {unit_id!r} in {self.path} (it has: {known}). "
            "Add the unit to the syllabus, or name the file after one that is there."
        )

    def after(self, unit: Unit) -> Unit | None:
        """Return the unit that follows, or None for the last."""
        place = self.units.index(unit) + 1
        return self.units[place] if place < len(self.units) else None


def load(path: Path, datasets: Path | None = None) -> Syllabus:
    """Read and check the syllabus.

    Parameters
    ----------
    path
        The syllabus.
    datasets
        Folder of the CSV tables; where given, every dataset and claim named must be there.

    Raises
    ------
    ChipgapError
        Naming file, unit and key, if anything is missing, of the wrong type, or named but not there.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ChipgapError(f"{path}: can't be read as YAML: {error}") from error
    entries = content.get("units") if isinstance(content, dict) else None
    if not isinstance(entries, list) or not entries:
        raise ChipgapError(f"{path}: expected 'units:' with a list of units.")
    units = [_unit(entry, place, path) for place, entry in enumerate(entries, start=1)]
    for name in ("id", "number"):
        values = [getattr(unit, name) for unit in units]
        twice = next((value for value in values if values.count(value) > 1), None)
        if twice is not None:
            raise ChipgapError(f"{path}: {name} {twice!r} is used by two units.")
    claims = _paraphrases(datasets)
    for unit in units:
        _check_names(unit, path, datasets, claims)
    return Syllabus(path, units, claims)


def _unit(entry: object, place: int, path: Path) -> Unit:
    if not isinstance(entry, dict):
        raise ChipgapError(f"{path}: unit {place} in the list: expected keys and values, got {entry!r}.")
    where = f"{path}: unit {entry.get('id', place)!r}"
    unknown = sorted(set(entry) - {field.name for field in fields(Unit)})
    if unknown:
        raise ChipgapError(f"{where}: unknown key {unknown[0]!r}.")
    return Unit(
        id=_text(entry, "id", where),
        number=_count(entry, "number", where),
        title=_text(entry, "title", where),
        question=_text(entry, "question", where),
        minutes=_minutes(entry, where),
        objectives=_texts(entry, "objectives", where),
        prerequisites=_texts(entry, "prerequisites", where),
        key_points=_texts(entry, "key_points", where),
        claims=_texts(entry, "claims", where),
        datasets=_texts(entry, "datasets", where),
        sources=_texts(entry, "sources", where) if "sources" in entry else [],
    )


def _required(entry: dict[str, Any], key: str, where: str) -> object:
    if key not in entry:
        raise ChipgapError(f"{where}: key {key!r} is missing.")
    return entry[key]


def _text(entry: dict[str, Any], key: str, where: str) -> str:
    value = _required(entry, key, where)
    if not isinstance(value, str) or not value.strip():
        raise ChipgapError(f"{where}: {key!r} should be a text, got {value!r}.")
    return value.strip()


def _texts(entry: dict[str, Any], key: str, where: str) -> list[str]:
    value = _required(entry, key, where)
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise ChipgapError(f"{where}: {key!r} should be a list of texts, got {value!r}.")
    return [item.strip() for item in value]


def _count(entry: dict[str, Any], key: str, where: str) -> int:
    value = _required(entry, key, where)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ChipgapError(f"{where}: {key!r} should be a whole number above 0, got {value!r}.")
    return value


def _minutes(entry: dict[str, Any], where: str) -> Minutes:
    value = _required(entry, "minutes", where)
    if not isinstance(value, dict) or set(value) != {"lesson", "exercise"}:
        raise ChipgapError(f"{where}: 'minutes' should have the keys 'lesson' and 'exercise', got {value!r}.")
    return Minutes(*(_count(value, key, f"{where}, minutes") for key in ("lesson", "exercise")))


def _paraphrases(datasets: Path | None) -> dict[str, str]:
    table = datasets / "claims.csv" if datasets else None
    if table is None or not table.is_file():
        return {}
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["claim_id"]: row["paraphrase_en"] for row in rows if "paraphrase_en" in row and "claim_id" in row}


def _check_names(unit: Unit, path: Path, datasets: Path | None, claims: dict[str, str]) -> None:
    for claim in unit.claims:
        if not _CLAIM_ID.fullmatch(claim):
            raise ChipgapError(f"{path}: unit {unit.id!r}: {claim!r} is no claim. Expected A01, A02, …")
        if claims and claim not in claims:
            raise ChipgapError(f"{path}: unit {unit.id!r}: claim {claim!r} is not in the dataset 'claims'.")
    for name in unit.datasets:
        if datasets and not (datasets / f"{name}.csv").is_file():
            raise ChipgapError(f"{path}: unit {unit.id!r}: dataset {name!r}: there is no file {datasets / name}.csv.")


def header_cell(unit: Unit, claims: dict[str, str]) -> str:
    """Return the Markdown under a lesson's title: question, time, objectives, prerequisites, claims under test."""
    time = f"about {unit.minutes.lesson} minutes, and {unit.minutes.exercise} for the exercise"
    tested = [f"**{claim}** {claims[claim]}" if claim in claims else f"**{claim}**" for claim in unit.claims]
    blocks = [f"> **The question:** {unit.question}", f"**Time:** {time}."]
    blocks += _block("When you are through, you can", unit.objectives)
    blocks += _block("You need", unit.prerequisites)
    blocks += _block("Claims under test", tested)
    return "\n\n".join(blocks)


def key_points_cell(unit: Unit, following: Unit | None, *, has_exercise: bool, has_next_lesson: bool) -> str:
    """Return the Markdown at a lesson's end: its key points and where to go next (links from ``lessons/``)."""
    blocks = ["## Key points", _bullets(unit.key_points)]
    steps = []
    if has_exercise:
        link = f"../exercises/{unit.id}/{unit.id}.ipynb"
        steps.append(f"do [the exercise of this unit]({link}) (about {unit.minutes.exercise} minutes)")
    if following and has_next_lesson:
        steps.append(f"go on to [unit {following.number}, {following.title}]({following.id}.ipynb)")
    if not steps:
        steps.append("go back to [the start](../start-here.ipynb)")
    return "\n\n".join([*blocks, f"**Next:** {', then '.join(steps)}."])


def _block(heading: str, items: list[str]) -> list[str]:
    return [f"**{heading}:**\n\n{_bullets(items)}"] if items else []


def _bullets(items: list[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def fill(notebook: dict[str, Any], path: Path, texts: dict[str, str]) -> None:
    """Put texts in place of a notebook's placeholder cells.

    Parameters
    ----------
    notebook
        Changed in place.
    path
        The script it came from, for messages.
    texts
        Placeholder -> Markdown. Each must stand exactly once, alone in a Markdown cell.

    Raises
    ------
    ChipgapError
        If a placeholder is missing, unknown, repeated, or not alone in its cell.
    """
    seen: list[str] = []
    for number, cell in enumerate(notebook["cells"], start=1):
        for mark in _PLACEHOLDER.findall(cell["source"]):
            if mark not in texts:
                allowed = " and ".join(texts) or "none"
                raise ChipgapError(
                    f"{path}, cell {number}: unknown placeholder {mark!r}. Placeholders here: {allowed}."
                )
            if cell["cell_type"] != "markdown" or cell["source"].strip() != mark:
                raise ChipgapError(f"{path}, cell {number}: {mark!r} should stand alone in a Markdown cell.")
            seen.append(mark)
            cell["source"] = texts[mark]
    for mark in texts:
        if seen.count(mark) != 1:
            found = "is missing" if mark not in seen else "stands there twice"
            raise ChipgapError(f"{path}: the placeholder cell {mark!r} {found}. Each lesson has it once.")
