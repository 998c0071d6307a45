"""Small PNG pictures with a description inside: a palette of 256 colours is plenty for a chart."""

import struct
import zlib
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from chipgap.errors import ChipgapError

_START: Final = b"\x89PNG\r\n\x1a\n"
_KEYWORD: Final = b"Description\0\0\0\0\0"  # keyword, then: not compressed, no language, no translated keyword
_COLOURS: Final = 256


def encode(pixels: npt.NDArray[np.uint8], description: str) -> bytes:
    """Return ``pixels`` as a PNG picture with a palette and a description.

    Parameters
    ----------
    pixels
        Rows by columns by red, green and blue. Of more than 256 colours the rarest become their nearest.
    description
        What the picture shows, for those who cannot see it.
    """
    height, width, _ = pixels.shape
    palette, places = _palette(pixels.reshape(-1, 3))
    rows = np.zeros((height, width + 1), dtype=np.uint8)  # each row begins with its filter: 0, none
    rows[:, 1:] = places.reshape(height, width)
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"iTXt", _KEYWORD + description.encode("utf-8")),
        (b"PLTE", palette.tobytes()),
        (b"IDAT", zlib.compress(rows.tobytes(), 9)),
        (b"IEND", b""),
    ]
    return _START + b"".join(_chunk(kind, body) for kind, body in chunks)


def _palette(colours: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Return the commonest colours, and for each pixel the place of its colour (or of the nearest) among them."""
    packed = colours.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], dtype=np.uint32)  # sorts far faster than rows
    unique, back, counts = np.unique(packed, return_inverse=True, return_counts=True)
    found = np.stack([unique >> 16, unique >> 8 & 255, unique & 255], axis=1).astype(np.uint8)
    kept = found[np.sort(np.argsort(-counts, kind="stable")[:_COLOURS])]
    gaps = ((found[:, None].astype(int) - kept[None].astype(int)) ** 2).sum(axis=2)
    return kept, gaps.argmin(axis=1).astype(np.uint8)[back]


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def description(png: bytes) -> str:
    """Return the description that a PNG picture carries ("" if none)."""
    at = len(_START)
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        body = png[at + 8 : at + 8 + size]
        if png[at + 4 : at + 8] == b"iTXt" and body.startswith(_KEYWORD):
            return body.removeprefix(_KEYWORD).decode("utf-8")
        at += size + 12
    return ""


def size_px(png: bytes) -> tuple[int, int]:
    """Return width and height of a PNG picture.

    Raises
    ------
    ChipgapError
        If the bytes are no PNG picture.
    """
    if not png.startswith(_START):
        raise ChipgapError("This is not a PNG picture: take it again with `make pictures`.")
    size: tuple[Any, ...] = struct.unpack(">II", png[16:24])
    return size[0], size[1]
