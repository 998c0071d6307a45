"""The student's whole folder: everything a lesson needs, nothing an author keeps."""

import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from chipgap import __version__
from chipgap.authoring import leaks
from chipgap.authoring.builder import build
from chipgap.authoring.pictures import DATASET_PICTURES
from chipgap.errors import ChipgapError
from chipgap.paths import project_root

MARKER = ".chipgap-bundle"
"""File that says that a folder was written by :func:`bundle`: only such a folder is ever replaced."""

README = "student-readme.md"
"""In ``course/``; becomes the bundle's README.md."""

FILES = (
    "requirements.lock",
    "environment.yml",
    "postBuild",
    "start.py",
    "Makefile",
    "pyproject.toml",
    "nbgrader_config.py",
    "LICENSE",
    "LICENSE-CONTENT.md",
)
OPTIONAL_FILES = ("CITATION.cff", ".gitignore")
AUTHORS_ROOMS = ("authoring",)
"""Rooms of the package that stay behind; grading stays in, as nbgrader's settings name it for students too."""


def bundle(
    destination: Path, root: Path | None = None, *, force: bool = False, make_zip: bool = False, execute: bool = True
) -> list[Path]:
    """Write the student's folder, checked for leaks before it appears under its name.

    Parameters
    ----------
    destination
        The folder to make; an empty one is used.
    root
        The project; the one this package lies in if left out.
    force
        Replace an earlier bundle in ``destination``.
    make_zip
        Also write ``<destination>.zip``, the same bytes for the same files.
    execute
        Let the leak check run the model answers and look for their outputs (seconds a unit).

    Returns
    -------
    list of Path
        The folder, and the zip if asked for.

    Raises
    ------
    ChipgapError
        If the destination is in use, a part of the course is missing, ``notebooks/`` is not what ``course/``
        builds, or the leak check finds anything; then nothing is left behind.
    """
    root, destination = (root or project_root()).resolve(), destination.resolve()
    _check_destination(destination, root, force=force)
    report = build(root, write=False)
    if report.changed:
        raise ChipgapError(f"notebooks/ is not what course/ builds: run 'make build' first. It would have\n{report}")
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{destination.name}.", dir=destination.parent) as scratch:
        staged = Path(scratch) / destination.name
        _stage(root, staged)
        _refuse_leaks(staged, root, execute=execute)
        packed = _pack(staged, Path(scratch) / "bundle.zip") if make_zip else None
        _put_in_place(staged, destination, Path(scratch) / "earlier")
        if packed is None:
            return [destination]
        return [destination, packed.replace(destination.with_name(f"{destination.name}.zip"))]


def _check_destination(destination: Path, root: Path, *, force: bool) -> None:
    if destination == root or destination in root.parents or destination.is_file():
        raise ChipgapError(f"{destination} can't become a bundle: give the name of a new folder.")
    if any(destination.is_relative_to(root / name) for name in ("course", "notebooks", "datasets", "src", "work")):
        raise ChipgapError(f"{destination} lies inside the course itself: give a folder outside.")
    if not destination.exists() or not any(destination.iterdir()):
        return
    if not (destination / MARKER).is_file():
        raise ChipgapError(f"{destination} is not empty, and is no earlier bundle: give the name of a new folder.")
    if (destination / "work").exists():
        raise ChipgapError(f"{destination} is an earlier bundle that somebody works in (it has work/): move it away.")
    if not force:
        raise ChipgapError(f"{destination} holds an earlier bundle. Add --force to replace it.")


def _stage(root: Path, staged: Path) -> None:
    staged.mkdir()
    for name in (*FILES, *OPTIONAL_FILES):
        if (root / name).is_file():
            shutil.copy2(root / name, staged / name)
        elif name in FILES:
            raise ChipgapError(f"{root / name} is missing, and a student needs it.")
    _copy_tree(root / "notebooks", staged / "notebooks", lambda _: True)
    _copy_tree(root / "datasets", staged / "datasets", lambda _: True)
    if (root / DATASET_PICTURES).is_dir():  # the datasets' README shows them
        _copy_tree(root / DATASET_PICTURES, staged / DATASET_PICTURES, lambda _: True)
    package = Path("src") / "chipgap"
    _copy_tree(root / package, staged / package, lambda path: path.parts[0] not in AUTHORS_ROOMS)
    readme = root / "course" / README
    if not readme.is_file():
        raise ChipgapError(f"{readme} is missing: it becomes the bundle's README.md.")
    shutil.copy2(readme, staged / "README.md")
    (staged / MARKER).write_text(f"A student's folder of The Chip Gap {__version__}.\n", encoding="utf-8")


def _copy_tree(source: Path, target: Path, wanted: Callable[[Path], bool]) -> None:
    """Copy a folder without hidden files and Python's own; ``wanted`` is asked with the relative path."""
    if not source.is_dir():
        raise ChipgapError(f"{source} is missing, and a student needs it.")
    for path in sorted(source.rglob("*")):
        relative = path.relative_to(source)
        is_hidden = any(part.startswith(".") or part == "__pycache__" for part in relative.parts)
        if path.is_file() and not is_hidden and wanted(relative):
            (target / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target / relative)


def _refuse_leaks(staged: Path, root: Path, *, execute: bool) -> None:
    found = leaks.find(staged, root / "course", execute=execute)
    if found:
        lines = "\n".join(f"  {leak}" for leak in found)
        raise ChipgapError(f"No bundle was written: it would give away what students must not see.\n{lines}")


def _files_of(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _pack(staged: Path, target: Path) -> Path:
    """Write the zip in sorted order and with one date, so that the same files give the same bytes."""
    with zipfile.ZipFile(target, "w") as archive:
        for path in _files_of(staged):
            name = (Path(staged.name) / path.relative_to(staged)).as_posix()
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            is_program = path.stat().st_mode & stat.S_IXUSR
            entry.external_attr = (stat.S_IFREG | (0o755 if is_program else 0o644)) << 16
            entry.create_system = 3  # Unix, whatever system packs it: keeps the permission bits meaningful
            archive.writestr(entry, path.read_bytes(), compress_type=zipfile.ZIP_DEFLATED)
    return target


def _put_in_place(staged: Path, destination: Path, earlier: Path) -> None:
    """Give the finished folder its name; an earlier bundle comes back if that fails."""
    if destination.exists():
        destination.rename(earlier)
    try:
        staged.rename(destination)
    except OSError:
        if earlier.exists():
            earlier.rename(destination)
        raise
