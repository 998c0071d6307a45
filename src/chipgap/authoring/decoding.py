"""Every text that a file holds, also inside archives, databases, compression and the common encodings.

Not covered: encryption, and images of text. What can't be opened is reported, never passed over.
"""

import base64
import binascii
import bz2
import gzip
import html
import io
import json
import lzma
import re
import sqlite3
import tarfile
import urllib.parse
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

MAX_DEPTH = 6
MAX_BYTES = 64 * 1024 * 1024
"""Most bytes that one compressed stream may unfold to."""


class UnreadableError(Exception):
    """Something in a file can't be opened, so nothing can be promised about it."""


@dataclass(frozen=True)
class Text:
    """A text and where in the file it stands, in words (``""``: the file as it is).

    ``rewritten`` texts are not rewritten again: the rewritings of one text would multiply.
    """

    place: str
    text: str
    rewritten: bool = False


@dataclass(frozen=True)
class _Blob:
    place: str
    data: bytes


def unfold(data: bytes, place: str = "") -> Iterator[Text]:
    """Yield every text in some bytes, each once, the most exact place first.

    Raises
    ------
    UnreadableError
        If an archive is encrypted, broken, of an unknown kind, or nested deeper than :data:`MAX_DEPTH`.
    """
    seen: set[bytes | str] = set()
    waiting: list[tuple[int, _Blob | Text]] = [(0, _Blob(place, data))]
    while waiting:
        depth, item = waiting.pop(0)
        key: bytes | str = item.data if isinstance(item, _Blob) else item.text
        if key in seen:
            continue
        seen.add(key)
        if isinstance(item, Text):
            yield item
            if depth > MAX_DEPTH:
                continue
            inner: Iterator[_Blob | Text] = _inside_text(item)
        elif depth > MAX_DEPTH:
            raise UnreadableError(f"{item.place}: nested too deep to be read")
        else:
            inner = _inside_bytes(item)
        waiting += [(depth + 1, found) for found in inner]


def _at(place: str, inner: str) -> str:
    return f"{place}, {inner}" if place else inner


# --- bytes ---


def _inside_bytes(blob: _Blob) -> Iterator[_Blob | Text]:
    for opener in (_known_but_closed, _zip, _tar, _sqlite, _compressed):
        yield from opener(blob)
    text = _decoded(blob.data)
    if text is None:
        yield from _streams_inside(blob)
        text = blob.data.decode("utf-8", errors="replace")
        yield Text(_at(blob.place, "as UTF-16"), blob.data.decode("utf-16-le", errors="replace"))
        yield Text(_at(blob.place, "as UTF-16"), blob.data.decode("utf-16-be", errors="replace"))
    else:
        yield from _json_strings(blob.place, text)
    yield Text(blob.place, text)


def _decoded(data: bytes) -> str | None:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _known_but_closed(blob: _Blob) -> Iterator[_Blob]:
    for magic, kind in ((b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!\x1a", "RAR"), (b"\x28\xb5\x2f\xfd", "Zstandard")):
        if blob.data.startswith(magic):
            raise UnreadableError(f"{_at(blob.place, kind)} archive: can't be opened here")
    yield from ()


def _zip(blob: _Blob) -> Iterator[_Blob]:
    if b"PK\x05\x06" not in blob.data or not zipfile.is_zipfile(io.BytesIO(blob.data)):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(blob.data)) as archive:
            yield _Blob(_at(blob.place, "the zip's comment"), archive.comment)
            for member in archive.infolist():
                place = _at(blob.place, f"zip member {member.filename}")
                yield _Blob(_at(place, "name"), member.filename.encode())
                if member.file_size > MAX_BYTES:
                    raise UnreadableError(f"{place}: too big to be read")
                yield _Blob(place, archive.read(member))
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, zlib.error) as error:
        raise UnreadableError(f"{_at(blob.place, 'zip')}: {error}") from error


def _tar(blob: _Blob) -> Iterator[_Blob]:
    if blob.data[257:262] != b"ustar":
        return
    try:
        with tarfile.open(fileobj=io.BytesIO(blob.data)) as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isfile() else None
                if file is not None:
                    yield _Blob(_at(blob.place, f"tar member {member.name}"), file.read())
    except tarfile.TarError as error:
        raise UnreadableError(f"{_at(blob.place, 'tar')}: {error}") from error


def _sqlite(blob: _Blob) -> Iterator[_Blob]:
    if not blob.data.startswith(b"SQLite format 3\0"):
        return
    with closing(sqlite3.connect(":memory:")) as database:
        try:
            database.deserialize(blob.data)
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                quoted = '"' + table.replace('"', '""') + '"'
                for row in database.execute(f"SELECT * FROM {quoted}"):  # noqa: S608 - a name from the file, quoted
                    for value in row:
                        data = value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
                        yield _Blob(_at(blob.place, f"table {table}"), data)
        except sqlite3.Error as error:
            raise UnreadableError(f"{_at(blob.place, 'SQLite database')}: {error}") from error


def _gunzip(data: bytes) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        return file.read(MAX_BYTES)


def _bunzip(data: bytes) -> bytes:
    with bz2.BZ2File(io.BytesIO(data)) as file:
        return file.read(MAX_BYTES)


def _unxz(data: bytes) -> bytes:
    with lzma.LZMAFile(io.BytesIO(data)) as file:
        return file.read(MAX_BYTES)


_MAGIC: dict[bytes, tuple[str, Callable[[bytes], bytes]]] = {
    b"\x1f\x8b": ("gzip", _gunzip),
    b"BZh": ("bzip2", _bunzip),
    b"\xfd7zXZ\0": ("xz", _unxz),
}


def _compressed(blob: _Blob) -> Iterator[_Blob]:
    for magic, (kind, open_it) in _MAGIC.items():
        if blob.data.startswith(magic):
            try:
                yield _Blob(_at(blob.place, kind), open_it(blob.data))
            except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
                raise UnreadableError(f"{_at(blob.place, kind)}: {error}") from error


_ZLIB_START = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08")


def _streams_inside(blob: _Blob) -> Iterator[_Blob]:
    """Open zlib and gzip streams anywhere in a binary file (in a PNG, a PDF, a pickle)."""
    for match in _ZLIB_START.finditer(blob.data):
        # Window bits + 32: zlib finds out by itself whether a zlib or a gzip header stands there.
        content = _inflate(blob.data[match.start() :], zlib.MAX_WBITS | 32)
        if content:
            yield _Blob(_at(blob.place, "zlib"), content)
    raw = _inflate(blob.data, -zlib.MAX_WBITS) if len(blob.data) < 1024 * 1024 else b""
    if len(raw) >= 8:
        yield _Blob(_at(blob.place, "deflate"), raw)


def _inflate(data: bytes, window_bits: int) -> bytes:
    try:
        return zlib.decompressobj(window_bits).decompress(data, MAX_BYTES)
    except zlib.error:
        return b""


# --- JSON: the place of each string ---


def _json_strings(place: str, text: str) -> Iterator[Text]:
    if text.lstrip()[:1] not in {"{", "["}:
        return
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return
    yield from _strings(content, place)


def _strings(value: object, place: str) -> Iterator[Text]:
    if isinstance(value, str):
        yield Text(place, value)
    elif isinstance(value, dict):
        yield Text(_at(place, "keys"), "\n".join(value))
        for key, inner in value.items():
            yield from _strings(inner, f"{place}.{key}" if place else key)
    elif isinstance(value, list):
        if value and all(isinstance(item, str) for item in value):
            yield Text(place, "".join(value))
            return
        for number, inner in enumerate(value):
            yield from _strings(inner, f"{place}[{number}]")


# --- text ---

_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([ntr\"'\\/]))")
_GLUE = re.compile(r"""['"]\s*[+,\\]?\s*[rbuf]{0,2}['"]""", re.IGNORECASE)


def _inside_text(text: Text) -> Iterator[_Blob | Text]:
    if not text.rewritten:
        yield from _rewritings(text)
    for kind, pattern, decode in _RUNS:
        for match in pattern.finditer(text.text):
            for data in decode(match.group()):
                if _worth_reading(data):
                    yield _Blob(_at(text.place, f"decoded from {kind}"), data)


def _rewritings(text: Text) -> Iterator[Text]:
    """Undo what is done to a whole text (escapes, entities, literals in pieces): each alone, then all in turn."""
    combined, changes = text.text, 0
    for kind, mark, undo in _REWRITINGS:
        if not mark.search(text.text):
            continue
        rewritten = undo(text.text)
        if rewritten != text.text:
            changes += 1
            yield Text(_at(text.place, kind), rewritten, rewritten=True)
        combined = undo(combined)
    if changes > 1:
        yield Text(_at(text.place, "several encodings undone"), combined, rewritten=True)


def _quoted_printable(text: str) -> str:
    return re.sub(r"((?:=[0-9A-F]{2})+)", _unquote_printable, re.sub(r"=\r?\n", "", text))


def _unescape(match: re.Match[str]) -> str:
    code = match.group(1) or match.group(2)
    return chr(int(code, 16)) if code else {"n": "\n", "t": "\t", "r": "\r"}.get(match.group(3), match.group(3))


def _unquote_printable(match: re.Match[str]) -> str:
    return bytes.fromhex(match.group().replace("=", "")).decode("utf-8", "replace")


_REWRITINGS: list[tuple[str, re.Pattern[str], Callable[[str], str]]] = [
    ("escapes undone", re.compile(r"\\"), lambda text: _ESCAPE.sub(_unescape, text)),
    ("decoded from HTML entities", re.compile("&"), html.unescape),
    ("decoded from URL encoding", re.compile("%[0-9a-fA-F]{2}"), urllib.parse.unquote),
    ("decoded from quoted-printable", re.compile(r"=[0-9A-F]{2}|=\r?\n"), _quoted_printable),
    ("string pieces joined", re.compile("['\"]"), lambda text: _GLUE.sub("", text)),
]


def _worth_reading(data: bytes) -> bool:
    """Say whether decoded bytes may be text or a known container, and not just a word that looked like code."""
    if len(data) < 8:
        return False
    if data.startswith((b"PK", b"BZh", b"\xfd7zXZ", b"SQLite")) or _ZLIB_START.match(data):
        return True
    printable = sum(32 <= byte < 127 or byte in b"\t\n\r" or byte >= 0x80 for byte in data[:400])
    ascii_only = sum(32 <= byte < 127 or byte in b"\t\n\r" for byte in data[:400])
    size = min(len(data), 400)
    return printable >= 0.95 * size and ascii_only >= 0.8 * size


def _base64(run: str) -> Iterator[bytes]:
    compact = re.sub(r"[^A-Za-z0-9+/]", "", run.translate(str.maketrans("-_", "+/")))
    for start in range(4):  # a word before the run may have slipped in, and shifted it
        body = compact[start:]
        try:
            yield base64.b64decode(body[: len(body) // 4 * 4] + _tail(body))
        except binascii.Error:
            continue


def _tail(body: str) -> str:
    rest = body[len(body) // 4 * 4 :]
    return rest + "=" * (4 - len(rest)) if len(rest) > 1 else ""


def _base32(run: str) -> Iterator[bytes]:
    compact = run.rstrip("=")
    # A base32 text ends after 2, 4, 5 or 7 letters of a group, never after another number.
    size = len(compact) - (len(compact) % 8 in {1, 3, 6})
    try:
        yield base64.b32decode(compact[:size] + "=" * (-size % 8))
    except binascii.Error:
        return


def _base85(run: str) -> Iterator[bytes]:
    quoted = re.findall(r"""["']([^"']{20,})["']""", run)
    for body in {run, run.strip("\"',;()"), *quoted}:
        for decode in (base64.b85decode, base64.a85decode, lambda text: base64.a85decode(text, adobe=True)):
            try:
                yield decode(body)
            except ValueError:
                continue


def _hexadecimal(run: str) -> Iterator[bytes]:
    digits = re.sub(r"0x|\\x|[^0-9a-fA-F]", "", run)
    for start in range(2):
        body = digits[start:]
        yield bytes.fromhex(body[: len(body) // 2 * 2])


def _numbers(run: str) -> Iterator[bytes]:
    values = [int(value) for value in re.findall(r"\d+", run)]
    if all(value < 256 for value in values):
        yield bytes(values)


_RUNS: list[tuple[str, re.Pattern[str], Callable[[str], Iterator[bytes]]]] = [
    ("base64", re.compile(r"(?:[A-Za-z0-9+/_-]{16,}\s{0,3})+[A-Za-z0-9+/_-]*={0,2}"), _base64),
    ("base32", re.compile(r"[A-Z2-7]{24,}={0,6}"), _base32),
    ("base85", re.compile(r"\S{20,}"), _base85),
    ("hexadecimal", re.compile(r"(?:(?:0x|\\x)?[0-9a-fA-F]{2}[\s,:;-]{0,2}){12,}"), _hexadecimal),
    ("character codes", re.compile(r"(?:\d{1,3}\s*[,\s]\s*){11,}\d{1,3}"), _numbers),
]
