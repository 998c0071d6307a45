"""A student's work as one zip: made from the work folder, and put back without overwriting anything.

A zip that comes back may be damaged, altered, or not ours at all, so every name, type and size in it is
checked before the first byte is written.
"""

import io
import json
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath

from chipgap.errors import ChipgapError
from chipgap.ledger.book import Ledger, Merged
from chipgap.ledger.entry import LedgerError
from chipgap.ledger.store import BACKUP_NAME, FILE_NAME, NewerSchemaError, parse, write_atomic
from chipgap.text import t

FILE_LIMIT_BYTES = 20 * 2**20
"""A notebook larger than this holds output that nobody needs back."""
TOTAL_LIMIT_BYTES = 100 * 2**20
COUNT_LIMIT = 500
DEPTH_LIMIT = 6
KEPT_PREFIX = "before-restore-"

_LEDGER_NAME = re.compile(r"ledger(\.[\w-]+)*\.json")
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f]")
_NOT_ON_WINDOWS = re.compile(r'.*[<>:"|?*].*|.*[. ]|(con|prn|aux|nul|com\d|lpt\d)(\..*)?', re.IGNORECASE)
_ON_WINDOWS = os.name == "nt"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1


class BackupError(ChipgapError):
    """The work cannot be packed, or a zip cannot be restored."""


@dataclass(frozen=True)
class Packed:
    """A zip of the student's work.

    Attributes
    ----------
    name
        File name, with the date: ``chipgap-work-2026-01-31.zip``.
    data
        The zip's bytes.
    files
        What is in it, as paths below the work folder.
    left_out
        What is not in it, each with the reason.
    """

    name: str
    data: bytes = field(repr=False)
    files: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    def __str__(self) -> str:
        ledger = t("backup.packed_ledger") if FILE_NAME in self.files else ""
        notebooks = sum(name.endswith(".ipynb") for name in self.files)
        text = t(
            "backup.packed", name=self.name, notebooks=notebooks, ledger=ledger, size=readable_size(len(self.data))
        )
        return text + _left_out(self.left_out)


@dataclass
class Restored:
    """What restoring a zip did, in plain words when printed."""

    written: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    ledger: Merged | None = None
    kept_in: str = ""

    def __str__(self) -> str:
        parts = []
        if self.written:
            parts.append(t("backup.restored", count=len(self.written), names=", ".join(self.written)))
        if self.unchanged:
            parts.append(t("backup.unchanged", count=len(self.unchanged)))
        if self.ledger:
            counts = {name: len(getattr(self.ledger, name)) for name in ("added", "newer", "kept")}
            parts.append(t("backup.ledger_merged", **counts))
            if self.ledger.unreadable:
                parts.append(t("backup.ledger_unreadable", names=", ".join(self.ledger.unreadable)))
        if self.kept_in:
            parts.append(t("backup.kept_in", folder=self.kept_in))
        if self.written:
            parts.append(t("backup.reload"))
        parts += self.notices
        return " ".join(parts) + _left_out(self.left_out)


def _left_out(names: list[str] | tuple[str, ...]) -> str:
    return t("backup.left_out", names=", ".join(names)) if names else ""


def readable_size(count_bytes: int) -> str:
    """Return a size as people write it, for example ``"1.4 MB"``."""
    return f"{count_bytes / 2**20:.1f} MB" if count_bytes >= 2**20 else f"{max(1, round(count_bytes / 2**10))} kB"


def pack(folder: Path) -> Packed:
    """Zip the notebooks and ledger of a work folder.

    Parameters
    ----------
    folder
        The student's work folder; checkpoints, hidden folders and links are passed over.

    Raises
    ------
    BackupError
        If there is nothing to pack, a file cannot be read, or this is plainly not a work folder.
    """
    left_out: list[str] = []
    files: list[str] = []
    buffer = io.BytesIO()
    total_bytes = 0
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in _work_files(folder, left_out):
            name = path.relative_to(folder).as_posix()
            size_bytes = path.stat().st_size
            if size_bytes > FILE_LIMIT_BYTES:
                left_out.append(t("backup.too_big", name=name, limit=readable_size(FILE_LIMIT_BYTES)))
                continue
            if total_bytes + size_bytes > TOTAL_LIMIT_BYTES:
                left_out.append(t("backup.over_total", name=name, limit=readable_size(TOTAL_LIMIT_BYTES)))
                continue
            total_bytes += size_bytes
            archive.writestr(name, _content(path, name))
            files.append(name)
    if not files:
        raise BackupError(t("backup.nothing_to_pack", folder=folder) + _left_out(left_out))
    return Packed(
        f"chipgap-work-{datetime.now().astimezone():%Y-%m-%d}.zip", buffer.getvalue(), tuple(files), tuple(left_out)
    )


def _content(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BackupError(t("backup.unreadable", name=name, reason=error.strerror)) from error


def _work_files(folder: Path, left_out: list[str]) -> list[Path]:
    """Return the ledger's files, then the notebooks, each in the order of their names."""
    found: list[Path] = []
    waiting = [(folder, 0)]
    while waiting:
        here, depth = waiting.pop()
        for path in sorted(here.iterdir()) if here.is_dir() else ():
            if path.name.startswith(".") or path.is_symlink():
                continue
            if path.is_dir() and path.name.startswith(KEPT_PREFIX):
                left_out.append(t("backup.older_copies", name=path.name))
            elif path.is_dir() and depth < DEPTH_LIMIT:
                waiting.append((path, depth + 1))
            elif path.is_file() and _ours(path.relative_to(folder).as_posix()):
                found.append(path)
        if len(found) > COUNT_LIMIT or len(waiting) > COUNT_LIMIT:
            raise BackupError(t("backup.too_many", folder=folder, limit=COUNT_LIMIT))
    return sorted(found, key=lambda path: (path.suffix == ".ipynb", path.as_posix()))


def _ours(name: str) -> bool:
    hidden = any(part.startswith(".") for part in name.split("/"))
    return not hidden and (name.endswith(".ipynb") or bool(_LEDGER_NAME.fullmatch(name)))


def _writable_here(name: str) -> bool:
    return not _ON_WINDOWS or not any(_NOT_ON_WINDOWS.fullmatch(part) for part in name.split("/"))


def restore(data: bytes, folder: Path) -> Restored:
    """Put the work in a zip back into a work folder.

    Notebooks that differ are first copied to ``before-restore-<time>/``; ledgers are merged, the newest
    entry of each claim on top.

    Parameters
    ----------
    data
        The zip's bytes, as :func:`pack` made them.
    folder
        The student's work folder; made if it is not there.

    Raises
    ------
    BackupError
        If the zip is damaged, not ours, or tries something; then nothing was written. Also if the
        folder cannot be written; then the message says what was restored before that.
    LedgerError
        If the zip's ledger is of a newer course; then nothing was written.
    """
    result = Restored()
    contents = _contents(data, result)
    ledger_text = _ledger_text(contents, result)
    notebooks = {name: content for name, content in contents.items() if _is_whole(name, content, result)}
    if not notebooks and ledger_text is None:
        raise BackupError(t("backup.nothing_inside") + _left_out(result.left_out))
    for name in notebooks:
        _check_target(folder, name)
    _Restoring(folder, result).run(notebooks, ledger_text)
    return result


def _contents(data: bytes, result: Restored) -> dict[str, bytes]:
    """Return the files of the zip that are ours, by path; all of it is checked before."""
    if len(data) > TOTAL_LIMIT_BYTES:
        raise _refused("why_zip_size", limit=readable_size(TOTAL_LIMIT_BYTES))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = _checked(archive.infolist())
            top = _wrapping_folder([member.filename for member in members])
            named = {member.filename.removeprefix(top): member for member in members}
            result.left_out += [t("backup.not_ours", name=name) for name in named if not _ours(name)]
            ours = {name: member for name, member in named.items() if _ours(name)}
            result.left_out += [t("backup.not_here", name=name) for name in ours if not _writable_here(name)]
            return {name: _unpacked(archive, member) for name, member in ours.items() if _writable_here(name)}
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError) as error:
        raise BackupError(t("backup.not_zip")) from error


def _refused(why: str, **fields: object) -> BackupError:
    return BackupError(t("backup.refused", reason=t(f"backup.{why}", **fields)))


def _checked(members: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    if len(members) > 2 * COUNT_LIMIT:
        raise _refused("why_count", limit=2 * COUNT_LIMIT)
    for member in members:
        _check_name(member)
        _check_kind(member)
    files = [member for member in members if not member.is_dir()]
    if sum(member.file_size for member in files) > TOTAL_LIMIT_BYTES:
        raise _refused("why_size", limit=readable_size(TOTAL_LIMIT_BYTES))
    seen: set[str] = set()
    for member in files:
        # Windows and macOS take names that differ in case alone for one.
        lowered = member.filename.lower()
        if lowered in seen:
            raise _refused("why_twice", name=member.filename)
        seen.add(lowered)
    for member in files:
        if any(str(parent) in seen for parent in PurePosixPath(member.filename.lower()).parents):
            raise _refused("why_parent", name=member.filename)
    return files


def _check_name(member: zipfile.ZipInfo) -> None:
    # orig_filename is what the zip says: zipfile cuts filename at a NUL and turns backslashes on Windows.
    name = member.orig_filename
    parts = name.rstrip("/").split("/")
    if name.startswith("/") or "\\" in name or ".." in parts or re.match(r"[A-Za-z]:", name):
        raise _refused("why_path", name=name)
    too_long = len(name) > 240 or len(parts) > DEPTH_LIMIT + 2
    if too_long or _CONTROL_CHARACTERS.search(name) or not {"", "."}.isdisjoint(parts):
        raise _refused("why_name", name=_CONTROL_CHARACTERS.sub("�", name)[:80])


def _check_kind(member: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise _refused("why_link", name=member.filename)
    if member.flag_bits & _ENCRYPTED:
        raise _refused("why_locked", name=member.filename)
    if member.compress_type not in _METHODS:
        raise _refused("why_method", name=member.filename)


def _wrapping_folder(names: list[str]) -> str:
    """Return the one folder all lies in, as some computers add it when they zip again; "" if none."""
    tops = {name.partition("/")[0] for name in names if not name.startswith("__MACOSX/")}
    top = f"{tops.pop()}/" if len(tops) == 1 else ""
    return top if top + FILE_NAME in names else ""


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    try:
        with archive.open(member) as stream:
            content = stream.read(FILE_LIMIT_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise BackupError(t("backup.damaged", name=member.filename)) from error
    if len(content) > FILE_LIMIT_BYTES:
        raise _refused("why_size", limit=readable_size(FILE_LIMIT_BYTES))
    return content


def _ledger_text(contents: dict[str, bytes], result: Restored) -> str | None:
    """Take the ledger out of the contents: its file, or its backup where the file is damaged."""
    for name in (FILE_NAME, BACKUP_NAME):
        content = contents.pop(name, None)
        if content is None:
            continue
        try:
            text = content.decode("utf-8-sig")
            parse(text)
        except NewerSchemaError:
            raise
        except (LedgerError, UnicodeDecodeError):
            result.left_out.append(t("backup.not_ledger", name=name))
            continue
        contents.pop(BACKUP_NAME, None)
        return text
    return None


def _is_whole(name: str, content: bytes, result: Restored) -> bool:
    """Say whether a notebook can be read; what is set aside of a damaged ledger comes back as it is."""
    if not name.endswith(".ipynb"):
        return True
    try:
        raw = json.loads(content)
    except (ValueError, RecursionError):
        raw = None
    whole = isinstance(raw, dict) and isinstance(raw.get("cells"), list)
    if not whole:
        result.left_out.append(t("backup.not_notebook", name=name))
    return whole


def _check_target(folder: Path, name: str) -> None:
    target = folder / name
    steps = [target, *target.parents[: len(PurePosixPath(name).parts) - 1]]
    if any(step.is_symlink() for step in steps):
        raise _refused("why_target_link", name=name)
    if target.is_dir():
        raise _refused("why_target_folder", name=name)


@dataclass
class _Restoring:
    """One restore under way: where to, and what has been done."""

    folder: Path
    result: Restored

    def run(self, notebooks: dict[str, bytes], ledger_text: str | None) -> None:
        """Put every file in its place, then merge the ledger; a failure says what was done until then."""
        for name, content in notebooks.items():
            self._step(name, partial(self._put, name, content))
        if ledger_text is not None:
            self._step(FILE_NAME, partial(self._merge, ledger_text))

    def _step(self, name: str, action: Callable[[], None]) -> None:
        try:
            action()
        except (OSError, LedgerError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            done = ", ".join(self.result.written) or t("backup.none")
            raise BackupError(t("backup.unwritable", name=name, reason=reason, done=done)) from error

    def _put(self, name: str, content: bytes) -> None:
        target = self.folder / name
        if target.exists():
            if target.read_bytes() == content:
                self.result.unchanged.append(name)
                return
            self._keep(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(target, content)
        self.result.written.append(name)

    def _merge(self, text: str) -> None:
        path = self.folder / FILE_NAME
        before = path.read_bytes() if path.exists() else None
        if before is not None and before != text.encode("utf-8"):
            self._keep(FILE_NAME)
        self.result.ledger = Ledger.open(self.folder, tell=self.result.notices.append).merge(text)

    def _keep(self, name: str) -> None:
        """Copy what is there now to a folder of its own, new for each restore."""
        if not self.result.kept_in:
            self.result.kept_in = next(free for free in self._free_names() if not (self.folder / free).exists())
        copy = self.folder / self.result.kept_in / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(copy, (self.folder / name).read_bytes())

    def _free_names(self) -> Iterator[str]:
        stamp = f"{KEPT_PREFIX}{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        yield stamp
        yield from (f"{stamp}-{number}" for number in range(2, 1000))
