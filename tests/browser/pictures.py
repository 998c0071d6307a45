"""Takes the pictures of README and docs from the running course: run by ``make pictures``, not by ``make test``."""

import shutil
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pytest

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
