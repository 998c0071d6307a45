"""The leak check: nothing a student receives holds a solution, a hidden test, a mark scheme or their output."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chipgap.authoring import cells
from chipgap.authoring.decoding import Text, UnreadableError, unfold
from chipgap.authoring.hidden import LINE_LENGTH, Public, Secret, exercises, secrets, skeleton, tidy
from chipgap.authoring.release import load_config, stubs
from chipgap.errors import ChipgapError
from chipgap.paths import project_root


@dataclass(frozen=True)
class Leak:
    """Something that must not reach students: in which file, where in it, what it is, and where it comes from."""

    file: Path
    place: str
    what: str
    origin: str

    def __str__(self) -> str:
        where = f"{self.file.as_posix()} ({self.place})" if self.place else self.file.as_posix()
        return f"{where}: {self.what}" + (f" [from {self.origin}]" if self.origin else "")


@dataclass(frozen=True)
class _Rules:
    """What a file is held against."""

    secrets: list[Secret]
    released: dict[tuple[str, str], str]
    course_files: dict[bytes, Path]


def find(folder: Path, course: Path | None = None, *, execute: bool = False) -> list[Leak]:
    """Look through every file below a folder, sorted by file.

    Parameters
    ----------
    folder
        What students receive: ``notebooks/``, a bundle.
    course
        Where the solutions are; the project's own ``course/`` if left out.
    execute
        Also run each exercise with its model answers (seconds each) and look for what it prints.

    Raises
    ------
    ChipgapError
        If there is no such folder or course, if an exercise can't be read, or if a model answer fails.
    """
    course = course or project_root() / "course"
    for needed in (folder, course):
        if not needed.is_dir():
            raise ChipgapError(f"The leak check needs the folder {needed}, and it is not there.")
    rules = _rules(course, execute=execute)
    leaks = [leak for path in _files(folder) for leak in _of_file(path, folder, rules)]
    return sorted(leaks, key=lambda leak: (leak.file.as_posix(), leak.place, leak.what))


def _rules(course: Path, *, execute: bool) -> _Rules:
    public = Public.of(course.parent, course)
    found = secrets(course, public)
    if execute:
        from chipgap.authoring.outputs import output_secrets  # noqa: PLC0415 - a kernel client, for this only

        found += output_secrets(course, public)
    stub = stubs(load_config(course.parent))
    released = {
        (script.stem, cells.grade_id_of(cell)): cells.public_source(cell, stub, script.name)
        for script, notebook in exercises(course)
        for cell in notebook["cells"]
        if cells.nbgrader_of(cell)
    }
    return _Rules(found, released, _course_files(course))


def _course_files(course: Path) -> dict[bytes, Path]:
    """Return the files that stay with the authors. What lies beside an exercise's script is meant to be released."""
    kept = [*course.rglob("*.py"), *(course / "instructor").rglob("*"), *(course / "source").rglob("*.ipynb")]
    contents = {path.read_bytes(): path.relative_to(course.parent) for path in kept if path.is_file()}
    contents.pop(b"", None)
    return contents


def _files(folder: Path) -> Iterator[Path]:
    yield from (path for path in sorted(folder.rglob("*")) if path.is_symlink() or path.is_file())


def _of_file(path: Path, folder: Path, rules: _Rules) -> Iterator[Leak]:
    name = path.relative_to(folder)
    if path.is_symlink():
        yield Leak(name, "", "a link: what students find at its other end can't be checked", "")
        return
    data = path.read_bytes()
    if data in rules.course_files:
        yield Leak(name, "", "an author's file", rules.course_files[data].as_posix())
    if path.suffix in {".pyc", ".pyo"}:
        yield Leak(name, "", "compiled Python: its code can't be searched. Don't ship it", "")
    if path.suffix == ".ipynb":
        yield from (Leak(name, place, what, origin) for place, what, origin in _of_notebook(data, path.stem, rules))
    yield from _secrets_in(data, name, rules.secrets)


def _secrets_in(data: bytes, name: Path, wanted: list[Secret]) -> Iterator[Leak]:
    is_package = name.parts[:1] == ("src",)
    open_secrets = [secret for secret in wanted if not (is_package and _common_in_programs(secret))]
    try:
        for text in _texts(data, name):
            for secret, how in _matches(text.text, open_secrets):
                place = ", ".join(part for part in (text.place, how) if part)
                shown = re.sub(r"\s+", " ", secret.text)
                yield Leak(name, place, f"{secret.kind}: {shown[:60]!r}", secret.origin)
                open_secrets.remove(secret)
    except UnreadableError as error:
        yield Leak(name, str(error), "can't be read, so nothing can be promised about it", "")


def _common_in_programs(secret: Secret) -> bool:
    """Say whether a program may well hold this by itself: a short binding, or a short piece of a line."""
    return secret.exact or (secret.partial and len(skeleton(secret.text)) < 2 * LINE_LENGTH)


def _texts(data: bytes, name: Path) -> Iterator[Text]:
    yield Text("the file's name", name.as_posix())
    yield from unfold(data)


def _matches(text: str, wanted: list[Secret]) -> list[tuple[Secret, str]]:
    bones, neat = skeleton(text), ""
    found = []
    for secret in wanted:
        if secret.exact:
            neat = neat or tidy(text)
            needle = tidy(secret.text)
            if needle in neat and re.search(rf"(?<![\w.]){re.escape(needle)}(?![\w.]*\w)", neat):
                found.append((secret, ""))
            continue
        how = next((how for how, needle in secret.forms if needle in bones), None)
        if how is not None:
            found.append((secret, how))
    return found


# --- rules for notebooks, whatever they hold ---


def _of_notebook(data: bytes, stem: str, rules: _Rules) -> Iterator[tuple[str, str, str]]:
    try:
        notebook = json.loads(data)
        every_cell = list(notebook["cells"])
        metadata = dict(notebook["metadata"])
    except (ValueError, KeyError, TypeError):
        yield "", "not a notebook: can't be read as one", ""
        return
    if "jupytext" in metadata:
        yield "the notebook's metadata", "jupytext metadata, which names the author's script", ""
    for number, cell in enumerate(every_cell, start=1):
        place = f"cell {number} ({cell.get('id', 'no id')})"
        yield from ((place, what, origin) for what, origin in _of_cell(cell, stem, rules))


def _of_cell(cell: cells.Node, stem: str, rules: _Rules) -> Iterator[tuple[str, str]]:
    cell = {"metadata": {}, **cell, "source": "".join(cell.get("source", ""))}
    for kind, pair in cells.REGIONS.items():
        if any(mark in cell["source"] for mark in pair):
            yield f"nbgrader's mark of a {kind}", ""
    if cell.get("outputs") or cell.get("execution_count") is not None:
        yield "an output or an execution count: released notebooks have not run", ""
    if "jupytext" in cell["metadata"]:
        yield "jupytext metadata", ""
    grade_id = cells.grade_id_of(cell)
    if grade_id and (stem, grade_id) not in rules.released:
        yield f"graded cell {grade_id!r}, which is in no exercise named {stem}", ""
    elif grade_id and cell["source"] != rules.released[stem, grade_id]:
        yield f"cell {grade_id!r} is not the public part of the author's cell: build again", f"{stem}.py"
