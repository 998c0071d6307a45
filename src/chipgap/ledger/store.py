"""How the ledger's file is read and written so that nothing in it is lost.

``ledger.json`` is replaced in one step, under a lock, and each good version is written a second time
to ``ledger.backup.json``. A file that cannot be understood is moved aside, never overwritten.
"""

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from chipgap.ledger.entry import Entry, LedgerError, clean_value, read_time
from chipgap.text import t

SCHEMA = 1
FILE_NAME = "ledger.json"
BACKUP_NAME = "ledger.backup.json"
LOCK_NAME = ".ledger.lock"
LOCK_WAIT_S = 10.0
"""How long to wait for another notebook that is saving; one save takes some milliseconds."""


class NewerSchemaError(LedgerError):
    """The file was written by a newer course than this one: it must not be touched."""


class DamagedError(LedgerError):
    """The file is not a ledger, or not a whole one."""


@dataclass
class Document:
    """All a ledger holds: ``claims`` by claim id, ``predictions`` by key, and what it could not read."""

    claims: dict[str, Entry] = field(default_factory=dict)
    predictions: dict[str, dict[str, Any]] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)

    def dumps(self) -> str:
        """Return the text of ``ledger.json``: indented, claims in order, readable by people."""
        body = {
            "about": t("ledger.about"),
            "schema": SCHEMA,
            "claims": {claim_id: self.claims[claim_id].as_json() for claim_id in sorted(self.claims)},
            "predictions": dict(sorted(self.predictions.items())),
        }
        return json.dumps(body, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def parse(text: str) -> Document:
    """Read the text of a ledger; entries that make no sense are listed in ``unreadable``.

    Raises
    ------
    DamagedError
        If it is not a ledger at all.
    NewerSchemaError
        If a newer course wrote it.
    """
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DamagedError(t("ledger.not_json", reason=str(error))) from None
    schema = raw.get("schema") if isinstance(raw, dict) else None
    if not isinstance(schema, int):
        raise DamagedError(t("ledger.not_ledger"))
    if schema > SCHEMA:
        raise NewerSchemaError(t("ledger.newer", file=FILE_NAME, found=schema, known=SCHEMA))
    document = Document()
    _read_parts(raw, document)
    return document


def _read_parts(raw: dict[str, Any], document: Document) -> None:
    for part in ("claims", "predictions"):
        if not isinstance(raw.get(part, {}), dict):
            raise DamagedError(t("ledger.not_ledger"))
    for claim_id, entry in raw.get("claims", {}).items():
        with _noting(document, claim_id):
            document.claims[claim_id] = Entry.from_json(claim_id, entry)
    for key, prediction in raw.get("predictions", {}).items():
        with _noting(document, key):
            document.predictions[key] = _prediction(key, prediction)


@contextlib.contextmanager
def _noting(document: Document, name: str) -> Iterator[None]:
    try:
        yield
    except LedgerError as error:
        document.unreadable[name] = str(error)


def _prediction(key: str, raw: object) -> dict[str, Any]:
    if not isinstance(raw, dict) or "value" not in raw:
        raise LedgerError(t("ledger.bad_prediction", key=key, value=repr(raw)))
    kept = {"value": clean_value(key, raw["value"]), "updated": read_time(raw.get("updated"))}
    return {**kept, "first": clean_value(key, raw["first"])} if "first" in raw else kept


@dataclass
class Store:
    """The ledger's files in one folder.

    ``notices`` collects what the reader must be told: a file moved aside, a backup restored.
    """

    folder: Path
    notices: list[str] = field(default_factory=list)

    @property
    def path(self) -> Path:
        """The ledger's file."""
        return self.folder / FILE_NAME

    @property
    def backup(self) -> Path:
        """The copy of the last good version."""
        return self.folder / BACKUP_NAME

    def read(self) -> Document:
        """Return what the file holds now, mended from the backup where the file is damaged.

        Raises
        ------
        LedgerError
            If it cannot be opened, or a newer course wrote it.
        """
        try:
            document = self._parsed(self.path)
        except DamagedError:
            with self.locked():
                return self._mended()
        if document is None and self.backup.exists():
            with self.locked():
                return self._mended()
        document = document or Document()
        if document.unreadable:
            with self.locked():
                return self._mended()
        return document

    @contextlib.contextmanager
    def change(self) -> Iterator[Document]:
        """Give the current document to change, alone with it, and write it when the block ends well.

        Raises
        ------
        LedgerError
            If the folder cannot be written, the disk is full, or another notebook holds the lock.
        """
        with self.locked():
            document = self._mended()
            before = document.dumps()
            yield document
            if document.dumps() != before or not self.path.exists():
                self._write(document)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the ledger's lock.

        The lock belongs to the running process, so one left by a notebook that died holds nobody up.

        Raises
        ------
        LedgerError
            If the lock cannot be had in :data:`LOCK_WAIT_S` seconds, or its file not be made.
        """
        lock = FileLock(self.folder / LOCK_NAME, timeout=LOCK_WAIT_S)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout:
            raise LedgerError(t("ledger.locked", seconds=round(LOCK_WAIT_S), lock=self.folder / LOCK_NAME)) from None
        except OSError as error:
            raise unwritable(self.folder, error) from error
        try:
            yield
        finally:
            lock.release()

    def _parsed(self, path: Path) -> Document | None:
        """Return the document in ``path``, None where there is no such file."""
        try:
            return parse(path.read_bytes().decode("utf-8-sig"))
        except FileNotFoundError:
            return None
        except UnicodeDecodeError as error:
            raise DamagedError(t("ledger.not_json", reason=str(error))) from None
        except OSError as error:
            raise LedgerError(t("ledger.unreadable_file", file=path, reason=_reason(error))) from error

    def _mended(self) -> Document:
        """Return the current document; the lock is held, so a damaged file may be put right."""
        try:
            document = self._parsed(self.path)
        except DamagedError as error:
            return self._restored(self._set_aside(self.path), str(error))
        if document is None:
            return self._restored("", t("ledger.gone")) if self.backup.exists() else Document()
        if document.unreadable:
            self._fill_gaps(document)
        return document

    def _restored(self, aside: str, reason: str) -> Document:
        """Bring the backup back; where there is none, or none that can be read, begin an empty ledger."""
        kept = t("ledger.kept_aside", name=aside) if aside else ""
        try:
            document = self._parsed(self.backup)
        except DamagedError:
            document = None
            kept += t("ledger.backup_damaged", name=self._set_aside(self.backup))
        text = "ledger.restored" if document else "ledger.started_empty"
        document = document or Document()
        self._write(document)
        self.notices.append(
            t(text, file=FILE_NAME, reason=reason, kept=kept, backup=BACKUP_NAME, count=len(document.claims))
        )
        return document

    def _fill_gaps(self, document: Document) -> None:
        """Replace entries that cannot be read by the backup's; the file as it was is kept aside."""
        aside = self._set_aside(self.path)
        with contextlib.suppress(DamagedError):
            good = self._parsed(self.backup) or Document()
            for name in document.unreadable:
                document.claims.update({name: good.claims[name]} if name in good.claims else {})
                document.predictions.update({name: good.predictions[name]} if name in good.predictions else {})
        faults = "; ".join(f"{name}: {fault}" for name, fault in document.unreadable.items())
        document.unreadable = {}
        self._write(document)
        self.notices.append(t("ledger.gaps", file=FILE_NAME, faults=faults, name=aside))

    def _set_aside(self, path: Path) -> str:
        """Move a damaged file to a name of its own and return that name."""
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        names = (f"ledger.damaged-{stamp}{extra}.json" for extra in ("", *(f"-{n}" for n in range(2, 1000))))
        target = next(self.folder / name for name in names if not (self.folder / name).exists())
        try:
            path.rename(target)
        except OSError as error:
            raise unwritable(self.folder, error) from error
        return target.name

    def _write(self, document: Document) -> None:
        text = document.dumps()
        try:
            write_atomic(self.path, text.encode("utf-8"))
            write_atomic(self.backup, text.encode("utf-8"))
        except OSError as error:
            raise unwritable(self.folder, error) from error


def unwritable(folder: Path, error: OSError) -> LedgerError:
    """Return the error to raise when ``folder`` cannot be written."""
    return LedgerError(t("ledger.unwritable", folder=folder, reason=_reason(error)))


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises
    ------
    OSError
        If the folder cannot be written or the disk is full; the old file is then untouched.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        # mkstemp makes files private; a hub's grader and the instructor must be able to read this one.
        temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        _replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _replace(temporary: Path, path: Path) -> None:
    # Windows refuses to replace a file that another process is just reading: wait for it a moment.
    for wait_s in (0.02, 0.05, 0.1, 0.2, 0.4):
        try:
            temporary.replace(path)
        except PermissionError:
            time.sleep(wait_s)
        else:
            return
    temporary.replace(path)
