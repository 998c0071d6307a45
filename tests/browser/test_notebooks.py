"""Every notebook a student gets, opened in the real JupyterLab: cells run, figures show, nothing complains."""

import re
import shutil
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted(path.relative_to(ROOT / "notebooks") for path in (ROOT / "notebooks").rglob("*.ipynb"))
READINGS = [path for path in NOTEBOOKS if path.parts[0] != "exercises"]
EXERCISES = [path for path in NOTEBOOKS if path.parts[0] == "exercises"]


def test_there_is_something_to_open() -> None:
    assert READINGS
    assert EXERCISES


@pytest.fixture
def student_folder(lab: Any) -> Path:
    shutil.copytree(ROOT / "notebooks", lab.folder, dirs_exist_ok=True)
    return lab.folder


@pytest.mark.parametrize("path", READINGS, ids=str)
def test_a_lesson_runs_from_top_to_bottom_and_shows_its_figures(
    path: Path, student_folder: Path, open_notebook: Any
) -> None:
    notebook = open_notebook(str(path))
    notebook.run_all()
    notebook.page.wait_for_timeout(2500)  # widgets draw after the kernel is done
    source = "\n".join(
        cell.source for cell in nbformat.read(student_folder / path, 4).cells if cell.cell_type == "code"
    )
    wanted = len(re.findall(r"^figures\.show\(|^ClaimTracer\(|^tracer$", source, re.MULTILINE))
    drawn = notebook.page.locator(".js-plotly-plot .main-svg:has(.cartesianlayer .subplot)").count()
    shot_pages(notebook, path.stem)
    assert notebook.tracebacks() == []
    assert notebook.page.locator("text=Error displaying widget").count() == 0
    assert drawn >= wanted > 0, f"{drawn} figures are drawn, {wanted} were asked for"
    assert notebook.console_errors() == []


def shot_pages(notebook: Any, name: str) -> None:
    """Picture the notebook screen by screen, from the top, where pictures are wanted."""
    outer = notebook.page.locator(".jp-WindowedPanel-outer").first
    screens = outer.evaluate("panel => Math.ceil(panel.scrollHeight / panel.clientHeight)")
    for screen in range(screens):
        outer.evaluate("(panel, screen) => panel.scrollTo(0, screen * panel.clientHeight)", screen)
        notebook.page.wait_for_timeout(150)
        if notebook.screenshot(f"{name}-{screen + 1:02d}") is None:
            return


@pytest.mark.parametrize("path", EXERCISES, ids=str)
def test_an_untouched_exercise_runs_through_and_every_check_says_what_to_do(
    path: Path, student_folder: Path, open_notebook: Any
) -> None:
    notebook = open_notebook(str(path))
    notebook.run_all()
    checks = _checks(student_folder / path)
    shown = notebook.tracebacks()
    shot_pages(notebook, f"{path.stem}-exercise-untouched")
    assert len(shown) == checks, "each check speaks, and nothing else fails"
    assert all("Stuck? Run hint(" in text for text in shown), shown
    assert not any("Traceback" in text for text in shown)
    assert notebook.console_errors() == []


@pytest.mark.parametrize("path", EXERCISES, ids=str)
def test_a_solved_exercise_says_right_to_every_question(path: Path, student_folder: Path, open_notebook: Any) -> None:
    solved = jupytext.read(ROOT / "course" / path.with_suffix(".py"))
    target = student_folder / path.with_name("solved.ipynb")
    nbformat.write(nbformat.from_dict(solved), target)
    notebook = open_notebook(str(target.relative_to(student_folder)))
    notebook.run_all()
    shot_pages(notebook, f"{path.stem}-exercise-solved")
    assert notebook.tracebacks() == []
    assert notebook.page.get_by_role("status").filter(has_text="Right").count() == _checks(student_folder / path)
    assert notebook.console_errors() == []


def _checks(path: Path) -> int:
    cells = nbformat.read(path, 4).cells
    return sum(cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade", False) for cell in cells)
