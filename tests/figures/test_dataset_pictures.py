"""The committed dataset pictures are those of today's tables, and the README shows each with its alt text."""

import re
import zlib
from pathlib import Path

import numpy as np
import pytest

from chipgap.authoring import png
from chipgap.authoring.pictures import (
    DATASET_FIGURES,
    DATASET_PICTURES,
    HEIGHT_PX,
    WIDTH_PX,
    as_picture,
    dataset_figure,
    picture_of,
)
from chipgap.data import tables
from chipgap.errors import ChipgapError
from chipgap.figures import alt
from chipgap.paths import project_root

FOLDER = project_root() / DATASET_PICTURES
LARGEST_BYTES = 150_000


@pytest.mark.parametrize("name", DATASET_FIGURES)
def test_picture_is_there_of_its_size_and_of_todays_tables(name: str) -> None:
    fig = dataset_figure(name)
    picture = (FOLDER / f"{name}.png").read_bytes()
    assert len(picture) < LARGEST_BYTES
    assert png.size_px(picture) == (WIDTH_PX, as_picture(fig)["layout"]["height"])
    assert png.size_px(picture)[1] >= HEIGHT_PX
    assert png.description(picture) == alt(fig), "the tables or the figure changed: run `make pictures`"


def test_there_is_no_picture_that_nobody_draws() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(DATASET_FIGURES)


def test_pictures_name_tables_that_exist() -> None:
    for name, picture in DATASET_FIGURES.items():
        assert {name, *picture.takes, *picture.shown_in} <= set(tables())
        assert name in picture.shown_in


def test_readme_shows_each_picture_with_its_alt_text() -> None:
    readme = project_root() / "datasets" / "README.md"
    entries = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", readme.read_text("utf-8"), re.DOTALL | re.MULTILINE))
    assert set(entries) == set(tables())
    for table, entry in entries.items():
        shown = re.findall(r"^!\[(.+)\]\((.+)\)$", entry, re.MULTILINE)
        name = picture_of(table)
        assert [Path(path).stem for _, path in shown] == ([name] if name else [])
        for words, path in shown:
            assert words.replace("\\", "") == alt(dataset_figure(name))
            assert (readme.parent / path).is_file()


def _decoded(picture: bytes) -> np.ndarray:
    """Return the pixels of a picture that :func:`chipgap.authoring.png.encode` made, by the PNG standard."""
    chunks, at = {}, 8
    while at < len(picture):
        size = int.from_bytes(picture[at : at + 4])
        kind, body = picture[at + 4 : at + 8], picture[at + 8 : at + 8 + size]
        assert int.from_bytes(picture[at + 8 + size : at + 12 + size]) == zlib.crc32(kind + body)
        chunks[kind] = body
        at += size + 12
    width, height = png.size_px(picture)
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), dtype=np.uint8).reshape(height, width + 1)
    assert (rows[:, 0] == 0).all()
    return np.frombuffer(chunks[b"PLTE"], dtype=np.uint8).reshape(-1, 3)[rows[:, 1:]]


def test_a_picture_of_few_colours_comes_back_as_it_was() -> None:
    pixels = np.random.default_rng(4).choice([0, 51, 128, 255], size=(7, 11, 3)).astype(np.uint8)
    picture = png.encode(pixels, "zwölf Punkte, “so”")
    assert (_decoded(picture) == pixels).all()
    assert png.size_px(picture) == (11, 7)
    assert png.description(picture) == "zwölf Punkte, “so”"


def test_rare_colours_beyond_the_palette_become_their_nearest() -> None:
    grey = np.arange(256, dtype=np.uint8).repeat(2)
    pixels = np.stack([grey, grey, grey], axis=1).reshape(2, 256, 3).copy()
    rare = np.array([[[200, 200, 203]]], dtype=np.uint8)
    pixels[0, 0] = rare
    decoded = _decoded(png.encode(pixels, ""))
    assert decoded[0, 0].tolist() in ([200, 200, 200], [201, 201, 201], [202, 202, 202], [200, 200, 203])
    assert np.abs(decoded.astype(int) - pixels).max() <= 3


def test_what_is_no_png_is_said_to_be_none() -> None:
    with pytest.raises(ChipgapError, match="not a PNG"):
        png.size_px(b"GIF89a")
