"""Take the work home: one button makes a zip of ledger and notebooks, another brings it back."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anywidget
from traitlets import Bool, Dict, Unicode

from chipgap.errors import ChipgapError
from chipgap.ledger.archive import TOTAL_LIMIT_BYTES, BackupError, Packed, Restored, pack, readable_size, restore
from chipgap.paths import work_dir
from chipgap.text import t
from chipgap.widgets._assets import asset

CHUNK_BYTES = 512 * 2**10
"""Jupyter's server takes no message above 10 MiB; small pieces also let the progress be shown."""

_LABELS = ("title", "why", "save_first", "download", "restore", "restore_hint")
_MESSAGES = ("packing", "sending", "reading", "no_kernel")


class Backup(anywidget.AnyWidget):
    """Download the student's work as a zip, or restore it from one.

    Parameters
    ----------
    folder
        The student's work folder; found by :func:`chipgap.paths.work_dir` by default.

    Examples
    --------
    >>> Backup().pack().files
    ('ledger.json', 'start-here.ipynb')
    """

    _esm = asset("backup.js")
    _css = asset("backup.css")

    status = Unicode(help="what happened last, in words").tag(sync=True)
    failed = Bool(help="whether that was a failure").tag(sync=True)
    words = Dict(help="the labels").tag(sync=True)

    def __init__(self, folder: Path | str | None = None) -> None:
        self._folder = Path(folder) if folder is not None else work_dir()
        self._outgoing = b""
        self._incoming = bytearray()
        super().__init__(words={name: t(f"backup.{name}") for name in _LABELS + _MESSAGES})
        self.on_msg(self._receive)

    def pack(self) -> Packed:
        """Return the zip of the work folder, as the button hands it over.

        Raises
        ------
        BackupError
            If there is nothing to pack or a file cannot be read.
        """
        packed = pack(self._folder)
        self._say(str(packed))
        return packed

    def restore(self, data: bytes) -> Restored:
        """Bring back the work in a zip; nothing there now is lost.

        Parameters
        ----------
        data
            The bytes of a zip made by :meth:`pack`.

        Raises
        ------
        BackupError
            If the zip is refused or the folder cannot be written.
        """
        restored = restore(data, self._folder)
        self._say(str(restored))
        return restored

    def _say(self, status: str, *, failed: bool = False) -> None:
        with self.hold_sync():
            self.failed, self.status = failed, status

    def _receive(self, _widget: object, content: dict[str, Any], buffers: Sequence[memoryview]) -> None:
        steps = {"pack": self._on_pack, "chunk": self._on_chunk, "put": self._on_put}
        step = steps.get(content.get("do", ""))
        if step is None:
            return
        try:
            step(content, buffers)
        except ChipgapError as error:
            self._say(str(error), failed=True)
            self.send({"kind": "failed"})

    def _on_pack(self, _content: dict[str, Any], _buffers: Sequence[memoryview]) -> None:
        packed = pack(self._folder)
        self._outgoing = packed.data
        self.send({"kind": "packed", "name": packed.name, "bytes": len(packed.data), "said": str(packed)})

    def _on_chunk(self, content: dict[str, Any], _buffers: Sequence[memoryview]) -> None:
        at = int(content["at"])
        self.send({"kind": "chunk", "at": at}, buffers=[self._outgoing[at : at + CHUNK_BYTES]])

    def _on_put(self, content: dict[str, Any], buffers: Sequence[memoryview]) -> None:
        at, total = int(content["at"]), int(content["bytes"])
        if total > TOTAL_LIMIT_BYTES:
            limit = t("backup.why_zip_size", limit=readable_size(TOTAL_LIMIT_BYTES))
            raise BackupError(t("backup.refused", reason=limit))
        del self._incoming[at:]
        self._incoming += b"".join(bytes(buffer) for buffer in buffers)
        if len(self._incoming) < total:
            self.send({"kind": "got", "bytes": len(self._incoming)})
            return
        data = bytes(self._incoming)
        self._incoming.clear()
        self.restore(data)
        self.send({"kind": "restored"})
