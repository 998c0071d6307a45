"""Takes the pictures of README and docs from the running course: run by ``make pictures``, not by ``make test``."""

import base64
import json
import os
import shutil
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import numpy as np
import plotly.io as pio
import pytest
from plotly.offline import get_plotlyjs

from chipgap.authoring import png
from chipgap.authoring.pictures import (
    DATASET_FIGURES,
    HEIGHT_PX,
    WIDTH_PX,
    as_picture,
    dataset_figure,
)
from chipgap.figures import alt

ROOT = Path(__file__).parents[2]


@pytest.fixture
def course(lab: Any) -> Path:
    shutil.copytree(ROOT / "notebooks", lab.folder, dirs_exist_ok=True)
    return lab.folder


def test_first_screen(course: Path, open_notebook: Any) -> None:
    notebook = open_notebook("start-here.ipynb", width=1280, height=860)
    notebook.run_all()
    notebook.page.locator(".jp-WindowedPanel-outer").first.evaluate("panel => panel.scrollTo(0, 0)")
    notebook.page.wait_for_timeout(1500)
    assert notebook.screenshot("start-here")


@pytest.mark.parametrize(("name", "width"), [("claim-tracer", 1600), ("claim-tracer-narrow", 1000)])
def test_claim_tracer(name: str, width: int, open_notebook: Any, write_notebook: Any) -> None:
    path = write_notebook("tracer.ipynb", "from chipgap.widgets import ClaimTracer\ntracer = ClaimTracer()\ntracer")
    notebook = open_notebook(path, width=width, height=1000)
    notebook.page.evaluate("jupyterapp.shell.collapseLeft()")
    notebook.run_all()
    notebook.run("tracer.step = 5")
    notebook.page.wait_for_timeout(1500)
    assert notebook.screenshot(name, ".jp-OutputArea-output")
    notebook.theme("JupyterLab Dark")
    assert notebook.screenshot(f"{name}-dark", ".jp-OutputArea-output")
    notebook.theme("JupyterLab Light")


def test_instant_check(course: Path, open_notebook: Any) -> None:
    book = jupytext.read(ROOT / "course/exercises/1-claim/1-claim.py")
    keep = ("setup", "q4-text", "q4", "q4-check")
    cells = [cell for cell in book.cells if cell.metadata.get("nbgrader", {}).get("grade_id") in keep]
    for cell in cells:
        if cell.metadata["nbgrader"]["grade_id"] == "q4":  # the commonest mistake, and what the check says to it
            cell.source = (
                "def change(before, after):\n"
                "    return {'points': after - before, 'percent': after - before, 'times': after / before}"
            )
        cell.source = cell.source.split("### BEGIN HIDDEN TESTS")[0].rstrip()
    book.cells = cells
    nbformat.write(nbformat.from_dict(book), course / "check.ipynb")
    notebook = open_notebook("check.ipynb", width=1280, height=860)
    notebook.run_all()
    notebook.page.wait_for_timeout(800)
    assert notebook.screenshot("instant-check")


def test_ledger(course: Path, open_notebook: Any, write_notebook: Any) -> None:
    path = write_notebook("verdict.ipynb", "from chipgap.widgets import LedgerForm\nLedgerForm('A05')")
    notebook = open_notebook(path, width=1280, height=1000)
    notebook.run_all()
    notebook.page.wait_for_timeout(1200)
    assert notebook.screenshot("ledger-form", ".jp-OutputArea-output")


@pytest.fixture(scope="module")
def drawing_page(browser: Any) -> Any:
    """Yield a page without network in which Plotly is loaded."""
    context = browser.new_context(
        viewport={"width": WIDTH_PX, "height": HEIGHT_PX}, device_scale_factor=1, offline=True
    )
    page = context.new_page()
    page.set_content("<!doctype html><body style='margin:0'><div id='figure'></div></body>")
    page.add_script_tag(content=get_plotlyjs())
    yield page
    context.close()


def _pixels(page: Any) -> Any:
    """Return what the page shows as rows by columns by red, green and blue: its screenshot, unpacked by the browser."""
    size = page.viewport_size
    shot = base64.b64encode(page.screenshot()).decode()
    raw = page.evaluate(
        """async shot => {
            const image = new Image();
            image.src = 'data:image/png;base64,' + shot;
            await image.decode();
            const canvas = new OffscreenCanvas(image.width, image.height);
            const pen = canvas.getContext('2d');
            pen.drawImage(image, 0, 0);
            const bytes = pen.getImageData(0, 0, image.width, image.height).data;
            let text = '';
            for (let at = 0; at < bytes.length; at += 8192) {
                text += String.fromCharCode(...bytes.subarray(at, at + 8192));
            }
            return btoa(text);
        }""",
        shot,
    )
    pixels = np.frombuffer(base64.b64decode(raw), dtype=np.uint8)
    return pixels.reshape(size["height"], size["width"], 4)[:, :, :3]


@pytest.mark.parametrize("name", DATASET_FIGURES)
def test_dataset(name: str, drawing_page: Any) -> None:
    fig = dataset_figure(name)
    spec = as_picture(fig)
    drawing_page.set_viewport_size({"width": WIDTH_PX, "height": spec["layout"]["height"]})
    # Plotly's promise is fulfilled when the figure stands; `newPlot` clears what the last one left.
    drawing_page.evaluate(
        "figure => Plotly.newPlot('figure', figure.data, figure.layout, {staticPlot: true}).then(() => true)",
        json.loads(pio.to_json(spec)),
    )
    picture = png.encode(_pixels(drawing_page), alt(fig))
    target = Path(os.environ["CHIPGAP_SHOTS"]) / "datasets" / f"{name}.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(picture)
    assert len(picture) < 150_000
