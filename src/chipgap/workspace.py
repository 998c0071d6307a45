"""The student's own folder, ``work/``: made once, never overwritten; and the JupyterLab that opens it.

``work/`` starts as a copy of ``notebooks/``. A hidden file in it (:data:`chipgap.paths.WORK_MARKER`)
remembers what was delivered, so that later runs can tell a new lesson from one that the student
deleted, and a changed lesson from one that the student wrote in.
"""

import contextlib
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from filelock import FileLock, Timeout

from chipgap.errors import ChipgapError
from chipgap.paths import WORK_MARKER

START_PAGE = "start-here.ipynb"
DEFAULT_PORT = 8888
NEW_VERSIONS = "new versions"
"""Folder of ``work/`` for new versions of exercises: beside the student's, nbgrader would submit them too."""

_PART = ".chipgap-part-"  # a copy on its way; what an interrupted run leaves is cleared by the next
_HIDDEN = (".", "__pycache__")
_LOCK_WAIT_S = 60
_NEWS = "@jupyterlab/apputils-extension:announcements"


@dataclass(frozen=True)
class Change:
    """One thing that :func:`prepare` did; ``str()`` says it in a sentence.

    Attributes
    ----------
    kind
        ``made`` (the whole folder), ``added`` (a new file), ``beside`` (a new version of a file that
        the student has), ``listed`` (the damaged or missing list of deliveries made anew).
    path
        Where it is now, relative to ``work/``.
    of
        For ``beside``: the student's file, relative to ``work/``. For ``made``: empty.
    count
        For ``made``: how many files.

    """

    kind: Literal["made", "added", "beside", "listed"]
    path: PurePosixPath
    of: PurePosixPath | None = None
    count: int = 0

    def __str__(self) -> str:
        """Return the sentence for the student."""
        if self.kind == "made":
            return f"Made work/, your own copy of the course ({self.count} files). Nothing will overwrite it."
        if self.kind == "added":
            return f"New in the course: work/{self.path}"
        if self.kind == "beside":
            return (
                f"work/{self.of} has changed in the course. Yours stays as it is; the new version is work/{self.path}"
            )
        return (
            f"The list of what you have been given (work/{self.path}) was missing or damaged and was made anew. "
            "Your files were not touched; course files that were not there have been added."
        )


def prepare(root: Path) -> list[Change]:
    """Bring the student's ``work/`` up to date with ``notebooks/`` without ever overwriting a file.

    New files are added; a changed one arrives beside the student's; one that the student deleted stays
    deleted. May be interrupted anywhere and run again, also by two programs at once.

    Parameters
    ----------
    root
        The course's folder, which holds ``notebooks/``.

    Returns
    -------
    list of Change
        What was done, in order; empty if there was nothing to do. :func:`tell` prints it.

    Raises
    ------
    ChipgapError
        If there are no notebooks to copy, or ``work/`` cannot be written.
    """
    source, work = root / "notebooks", root / "work"
    files = list(_course_files(source))
    if not files:
        raise ChipgapError(f"No notebooks in {source}: this copy of the course is incomplete. Get it again.")
    if work.exists() and not work.is_dir():
        raise ChipgapError(f"{work} is a file, but your copy of the course goes there: rename or move it.")
    try:
        work.mkdir(exist_ok=True)
        with FileLock(work / f"{WORK_MARKER}.lock", timeout=_LOCK_WAIT_S):
            return _Delivery(source, work).run(files)
    except Timeout:
        raise ChipgapError(f"Another program has been preparing {work} for {_LOCK_WAIT_S} s: close it.") from None
    except OSError as error:
        raise ChipgapError(f"Your copy of the course could not be written: {error}. Check space and rights.") from error


def tell(changes: Sequence[Change]) -> None:
    """Print what :func:`prepare` did, one sentence a line."""
    for change in changes:
        print(change, flush=True)


class _Delivery:
    """One run of :func:`prepare`, under its lock."""

    def __init__(self, source: Path, work: Path) -> None:
        self.source, self.work = source, work
        self.marker = work / WORK_MARKER
        self.changes: list[Change] = []

    def run(self, files: list[PurePosixPath]) -> list[Change]:
        """Bring each file, and return what was done in the order in which it was done."""
        self._clear_parts()
        delivered = _read_marker(self.marker)
        is_first = delivered is None and not any((self.work / file).exists() for file in files)
        is_list_lost = delivered is None and not is_first
        self.delivered = delivered or {}
        if is_list_lost:
            self._begin_a_new_list(files)
        elif is_first:
            self._remember()  # first of all: a run cut off from here on is known as ours
        for file in files:
            self._deliver(file)
        if is_first:
            return [Change("made", PurePosixPath(), count=len(self.changes))]
        return self.changes

    def _begin_a_new_list(self, files: list[PurePosixPath]) -> None:
        """Take what is there for delivered: nobody can tell any more what the student changed."""
        for file in files:
            if (self.work / file).exists():
                self.delivered[str(file)] = _hash(self.source / file)
        if self.marker.exists():
            shutil.copyfile(self.marker, self.marker.with_name(f"{WORK_MARKER}.damaged"))
        self._remember()
        self.changes.append(Change("listed", PurePosixPath(WORK_MARKER)))

    def _deliver(self, file: PurePosixPath) -> None:
        new, last = _hash(self.source / file), self.delivered.get(str(file))
        if new == last:
            return
        mine = self.work / file
        if not mine.exists():
            if last is None:
                self._copy(file, file)
                self.changes.append(Change("added", file))
            # else the student deleted it, and it stays deleted
        elif _hash(mine) != new:
            target, is_there = _place_beside(self.work, file, new)
            if not is_there:
                self._copy(file, target)
            self.changes.append(Change("beside", target, of=file))
        self.delivered[str(file)] = new
        self._remember()

    def _copy(self, file: PurePosixPath, to: PurePosixPath) -> None:
        target = self.work / to
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{_PART}{target.name}")
        shutil.copyfile(self.source / file, part)
        part.replace(target)

    def _remember(self) -> None:
        part = self.work / f"{_PART}{WORK_MARKER}"
        text = json.dumps({"about": "What chipgap copied into this folder; do not edit.", "delivered": self.delivered})
        part.write_text(text, encoding="utf-8")
        part.replace(self.marker)

    def _clear_parts(self) -> None:
        for part in self.work.rglob(f"{_PART}*"):
            part.unlink(missing_ok=True)


def _course_files(source: Path) -> Iterator[PurePosixPath]:
    for path in sorted(source.rglob("*")):
        relative = path.relative_to(source)
        if path.is_file() and not any(part.startswith(_HIDDEN) for part in relative.parts):
            yield PurePosixPath(relative.as_posix())


def _place_beside(work: Path, file: PurePosixPath, digest: str) -> tuple[PurePosixPath, bool]:
    """Find a free name for a new version; True if this very version is there already."""
    is_exercise = file.parts[0] == "exercises"
    folder = PurePosixPath(NEW_VERSIONS) / file.parent if is_exercise else file.parent
    number = 1
    while True:
        words = ["" if is_exercise else "new version", "" if number == 1 else str(number)]
        suffix = " ".join(word for word in words if word)
        target = folder / (f"{file.stem} ({suffix}){file.suffix}" if suffix else file.name)
        if not (work / target).exists():
            return target, False
        if _hash(work / target) == digest:
            return target, True
        number += 1


def _read_marker(marker: Path) -> dict[str, str] | None:
    """Return the hashes delivered so far; None if the list is missing or damaged."""
    try:
        delivered: Any = json.loads(marker.read_text(encoding="utf-8"))["delivered"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    if not isinstance(delivered, dict) or not all(isinstance(digest, str) for digest in delivered.values()):
        return None
    return delivered


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def serve(root: Path, port: int | None = None, *, open_browser: bool = True, extra_args: Sequence[str] = ()) -> int:
    """Prepare ``work/`` and run JupyterLab on it until Ctrl-C; returns the exit status.

    Prints the address, with its token, once the server answers. If the port is taken, the next free
    one serves and is named.

    Parameters
    ----------
    root
        The course's folder; JupyterLab shows all of it and opens ``work/start-here.ipynb``.
    port
        The port to try first (8888 if None).
    open_browser
        Whether to open the address in the system's browser.
    extra_args
        Further arguments for ``jupyter lab``; they win over ours.

    Raises
    ------
    ChipgapError
        If ``work/`` cannot be prepared or ``port`` is no port.
    """
    if port is not None and not 1 <= port <= 65535:
        raise ChipgapError(f"{port} is not a port: give a number from 1 to 65535, for example --port 8890.")
    root = root.resolve()
    tell(prepare(root))
    # A second's import that nothing else here needs.
    from jupyterlab.labapp import LabApp  # noqa: PLC0415

    # nbgrader's buttons look for nbgrader_config.py in the current folder.
    with contextlib.chdir(root):
        print("Starting JupyterLab …", flush=True)
        server = LabApp.initialize_server(argv=_lab_arguments(root, port, extra_args, open_browser=open_browser))
        # We print the address ourselves; Jupyter would add two more of it and a file's.
        server.identity_provider.token_generated = False
        server.web_app.settings["page_config_hook"] = _without_news
        server.io_loop.add_callback(_announce, server, port or DEFAULT_PORT)
        server.start()
    print(f"\nStopped. What you saved is in {root / 'work'}. To go on: python start.py lab", flush=True)
    return 0


def _lab_arguments(root: Path, port: int | None, extra: Sequence[str], *, open_browser: bool) -> list[str]:
    page = f"/lab/tree/work/{START_PAGE}" if (root / "work" / START_PAGE).is_file() else "/lab/tree/work"
    return [
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url={page}",
        f"--ServerApp.port={port or DEFAULT_PORT}",
        f"--ServerApp.open_browser={open_browser}",
        "--ServerApp.answer_yes=True",  # Ctrl-C stops at once: files are saved, and the kernels are ours
        "--Application.log_level=WARN",
        # In a container one is often root; the server listens to this machine only, and asks for its token.
        f"--ServerApp.allow_root={_is_root()}",
        "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
        *extra,
    ]


def _without_news(_handler: object, page: dict[str, Any]) -> dict[str, Any]:
    """Keep the first screen calm: no question about Jupyter news over the first lesson."""
    return page | {"disabledExtensions": [*page.get("disabledExtensions", []), _NEWS]}


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _announce(server: Any, port_wanted: int) -> None:  # noqa: ANN401 - Jupyter's, untyped
    if server.port != port_wanted:
        print(f"Port {port_wanted} is taken by another program, so this runs on port {server.port}.", flush=True)
    token = server.identity_provider.token
    address = server.connection_url.rstrip("/") + server.default_url + (f"?token={token}" if token else "")
    stop = "Ctrl-C" if sys.platform != "darwin" else "Control-C"
    print(f"\nThe course is open at\n\n    {address}\n\n{stop} in this window stops it.\n", flush=True)
