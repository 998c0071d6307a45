"""``course/`` -> ``notebooks/``: the same input gives the same bytes, on any machine, every time."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from chipgap.authoring import cells, syllabus
from chipgap.authoring.release import load_config, release
from chipgap.errors import ChipgapError

Files = dict[Path, bytes]


@dataclass
class BuildReport:
    """What a build did; paths are relative to the project. ``str()`` gives one line per change."""

    written: list[Path] = field(default_factory=list)
    removed: list[Path] = field(default_factory=list)
    unchanged: list[Path] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Say whether any student's file changed."""
        return bool(self.written or self.removed)

    def __str__(self) -> str:
        if not self.changed:
            return f"unchanged: {len(self.unchanged)} files in notebooks/ are up to date"
        lines = [f"wrote {path.as_posix()}" for path in self.written]
        lines += [f"removed {path.as_posix()} (no longer in course/)" for path in self.removed]
        return "\n".join([*lines, f"unchanged: {len(self.unchanged)} files"])


def build(root: Path, *, write: bool = True) -> BuildReport:
    """Build every student notebook from ``course/``, and nbgrader's source folder on the way.

    Parameters
    ----------
    root
        The project's folder.
    write
        False only reports what would change, and leaves ``course/source`` alone too.

    Raises
    ------
    ChipgapError
        If something in ``course/`` is wrong, or ``course/source`` holds edits that a build would destroy.
    """
    course = root / "course"
    plan = syllabus.load(course / "syllabus.yml", root / "datasets")
    sources = {folder.name: exercise_source(folder) for folder in exercise_folders(course)}
    if write:
        _guard_edits(course, sources)
    wanted = _lessons(course, plan) | _exercises(root, sources)
    if write:
        _write_sources(course, sources)
    return _apply(root, wanted, write=write)


def exercise_folders(course: Path) -> list[Path]:
    """Return the exercises' folders in order; an empty folder is none."""
    folder = course / "exercises"
    return sorted(path for path in folder.glob("*") if path.is_dir() and any(_visible_files(path)))


def exercise_source(folder: Path) -> dict[str, bytes]:
    """Return what nbgrader's source folder of one exercise holds: path below it -> bytes.

    Raises
    ------
    ChipgapError
        If there is no script named after the folder, or a script is wrong.
    """
    if not (folder / f"{folder.name}.py").is_file():
        raise ChipgapError(f"{folder}: expected {folder.name}.py, an exercise named after its folder.")
    files = {}
    for path in _visible_files(folder):
        relative = path.relative_to(folder)
        if path.suffix != ".py":
            files[relative.as_posix()] = path.read_bytes()
            continue
        notebook = cells.read_percent(path)
        syllabus.fill(notebook, path, {})
        settled = cells.settle(notebook, f"exercises/{folder.name}/{relative.with_suffix('').as_posix()}")
        for cell in settled["cells"]:
            cells.split_regions(cell["source"], f"{path}, cell {cells.grade_id_of(cell) or cell['id']}")
        files[relative.with_suffix(".ipynb").as_posix()] = cells.notebook_bytes(settled)
    return files


def _visible_files(folder: Path) -> list[Path]:
    """List the files below a folder; editors' and Python's own folders and files are not course material."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [
        path
        for path in found
        if not any(part.startswith(".") or part == "__pycache__" for part in path.relative_to(folder).parts)
    ]


def _lessons(course: Path, plan: syllabus.Syllabus) -> Files:
    start = course / "start-here.py"
    files = {Path("notebooks/start-here.ipynb"): _notebook(start, "start-here", {})} if start.is_file() else {}
    for path in sorted((course / "lessons").glob("*.py")):
        unit = plan.unit(path.stem, path)
        texts = {
            syllabus.HEADER: syllabus.header_cell(unit, plan.claims),
            syllabus.KEY_POINTS: _end(course, plan, unit),
        }
        files[Path("notebooks/lessons") / f"{path.stem}.ipynb"] = _notebook(path, f"lessons/{path.stem}", texts)
    return files


def _end(course: Path, plan: syllabus.Syllabus, unit: syllabus.Unit) -> str:
    following = plan.after(unit)
    return syllabus.key_points_cell(
        unit,
        following,
        has_exercise=(course / "exercises" / unit.id / f"{unit.id}.py").is_file(),
        has_next_lesson=following is not None and (course / "lessons" / f"{following.id}.py").is_file(),
    )


def _notebook(path: Path, key: str, texts: dict[str, str]) -> bytes:
    notebook = cells.read_percent(path)
    first = notebook["cells"][0]
    if first["cell_type"] != "markdown" or not first["source"].startswith("# "):
        raise ChipgapError(f"{path}: the first cell should be Markdown and start with the title, '# …'.")
    syllabus.fill(notebook, path, texts)
    return cells.notebook_bytes(cells.settle(notebook, key))


def _exercises(root: Path, sources: dict[str, dict[str, bytes]]) -> Files:
    released = release(sources, load_config(root))
    folder = Path("notebooks/exercises")
    return {folder / name / path: content for name, files in released.items() for path, content in files.items()}


def _guard_edits(course: Path, sources: dict[str, dict[str, bytes]]) -> None:
    """Refuse to overwrite what an instructor changed in course/source and jupytext did not carry back."""
    folder = course / "source"
    for path in _visible_files(folder) if folder.is_dir() else []:
        name, _, rest = path.relative_to(folder).as_posix().partition("/")
        if rest not in sources.get(name, {}):
            raise ChipgapError(
                f"{path} has no counterpart in {course / 'exercises'}, and a build would leave it to be released. "
                "Move it there (a notebook as a percent script), or delete it."
            )
        script = course / "exercises" / name / Path(rest).with_suffix(".py")
        if path.suffix == ".ipynb" and _edited(path, script):
            raise ChipgapError(
                f"{path} was changed after {script}, and differs from it: a build would lose the change. "
                f"Run 'jupytext --sync {path}' to carry it over, or delete {path.name}."
            )


def _edited(notebook: Path, script: Path) -> bool:
    if notebook.stat().st_mtime <= script.stat().st_mtime:
        return False
    built = cells.notebook_bytes(cells.settle(cells.read_percent(script), "")).decode()
    return cells.percent_text(notebook.read_text(encoding="utf-8")) != cells.percent_text(built)


def _write_sources(course: Path, sources: dict[str, dict[str, bytes]]) -> None:
    for name, files in sources.items():
        for path, content in files.items():
            target = course / "source" / name / path
            cells.write_if_changed(target, content)
            script = (course / "exercises" / name / path).with_suffix(".py")
            if target.suffix == ".ipynb":
                # Jupytext refuses a pair whose notebook is newer than its script.
                date = script.stat().st_mtime_ns
                os.utime(target, ns=(date, date))


def _apply(root: Path, wanted: Files, *, write: bool) -> BuildReport:
    report = BuildReport()
    for path, content in sorted(wanted.items()):
        if (root / path).is_file() and (root / path).read_bytes() == content:
            report.unchanged.append(path)
            continue
        report.written.append(path)
        if write:
            cells.write_if_changed(root / path, content)
    for path in _built(root):
        if path not in wanted:
            report.removed.append(path)
            if write:
                _remove(root, path)
    return report


def _built(root: Path) -> list[Path]:
    """List the files that only a build makes: start-here, the lessons, all in the exercises' folders."""
    notebooks = root / "notebooks"
    found = [notebooks / "start-here.ipynb", *(notebooks / "lessons").glob("*.ipynb")]
    exercises = notebooks / "exercises"
    found += _visible_files(exercises) if exercises.is_dir() else []
    return sorted(path.relative_to(root) for path in found if path.is_file())


def _remove(root: Path, path: Path) -> None:
    (root / path).unlink()
    folder = (root / path).parent
    while folder != root / "notebooks" and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
