"""nbgrader's whole loop on a small course that has nothing to do with chips: the room serves any course."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import nbformat
import pytest
from tests.grading.classroom import Classroom, Lab, grade_id, graded, markdown, write_notebook

TINY = "week 1"
HIDDEN_NUMBER = "104729"
PLOT = """\
import plotly.graph_objects as go
figure = go.Figure(go.Scatter(x=[1, 2], y=[3, 4]), layout={"meta": {"alt": "A line that rises from 3 to 4"}})
figure"""
WIDGET = """\
import ipywidgets, numpy
import plotly.graph_objects as go
moving = go.FigureWidget(go.Scatter(y=numpy.arange(3.0)), layout={"meta": {"alt": "Three dots in a widget"}})
ipywidgets.VBox([ipywidgets.IntSlider(description="not a figure"), moving])"""


def tiny_source() -> list[nbformat.NotebookNode]:
    return [
        markdown("# A very small exercise: $x^2$"),
        graded(
            "double",
            "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION",
            kind="solution",
        ),
        graded(
            "double-check",
            "assert double(2) == 4, 'double(2) should be 4'\n"
            f"### BEGIN HIDDEN TESTS\nassert double({HIDDEN_NUMBER}) == 2 * {HIDDEN_NUMBER}\n### END HIDDEN TESTS",
            points=2,
        ),
        graded("name", "### BEGIN SOLUTION\nname = 'Ada'\n### END SOLUTION", kind="solution"),
        graded(
            "name-check",
            "### BEGIN HIDDEN TESTS\n"
            "assert name.startswith('Lovelac'[:0] + 'A'), 'The name should begin with an A'\n### END HIDDEN TESTS",
            points=3,
        ),
        nbformat.v4.new_code_cell(PLOT),
        nbformat.v4.new_code_cell(WIDGET),
        graded("why", "An answer in words.", points=4, kind="written"),
    ]


ANSWERS = {
    "ada": {"double": "def double(x):\n    return x + x", "name": "name = 'Ada'", "why": "Because."},
    "bo": {},
    "constance": {"double": "def double(x):\n    print('got', x)\n    return 4", "name": "name = 'Bo'"},
    "drew": {"double": "def double(x:\n    return 2 * x", "name": "name = 'Amy'"},
    "ed": {"double": "def double(x):\n    raise ValueError(f'secret {x}')", "name": "name = 5"},
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Classroom:
    """Go through the whole loop once; every test below looks at what it left."""
    room = Classroom(tmp_path_factory.mktemp("tiny"))
    write_notebook(room.root / "course" / "source" / TINY / f"{TINY}.ipynb", tiny_source())
    room.as_instructor(["generate_assignment", TINY], ["release_assignment", TINY])
    room.as_students({name: ["fetch_assignment", TINY] for name in ANSWERS})
    for name, answers in ANSWERS.items():
        path = room.work_of(name, TINY) / f"{TINY}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            cell.source = answers.get(grade_id(cell) or "", cell.source)
        if name == "ada":  # copies a test cell, as happens by accident with the C and V keys
            notebook.cells.append(nbformat.from_dict({**notebook.cells[2], "id": "a-copy"}))
        nbformat.write(notebook, path)
    room.as_students({name: ["submit", TINY, f"--student={name}"] for name in ANSWERS})
    steps = ("collect", "autograde", "generate_feedback", "release_feedback")
    room.as_instructor(*([step, TINY] for step in steps))
    room.as_students({name: ["fetch_feedback", TINY, f"--student={name}"] for name in ANSWERS})
    room.nbgrader("export", "--to", "grades.csv")
    return room


def page_of(room: Classroom, student: str) -> str:
    """Return the feedback that came back to the student through the exchange."""
    (page,) = (room.work_of(student, TINY) / "feedback").rglob("*.html")
    return page.read_text(encoding="utf-8")


def test_scores_are_what_the_tests_say(tiny: Classroom) -> None:
    with (tiny.root / "grades.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {name: row["score"] for name, row in rows.items()} == {
        "ada": "5",
        "bo": "0",
        "constance": "0",
        "drew": "3",
        "ed": "0",
    }
    assert rows["ada"]["status"] == "needs manual grading"
    assert {row["max_score"] for row in rows.values()} == {"9"}


def test_the_release_stops_no_run_all_and_holds_no_answer(tiny: Classroom) -> None:
    text = tiny.released(TINY).read_text(encoding="utf-8")
    assert "# YOUR CODE HERE" in text
    assert "NotImplementedError" not in text
    assert "return 2 * x" not in text
    assert HIDDEN_NUMBER not in text


@pytest.mark.parametrize("student", ANSWERS)
def test_feedback_never_shows_a_hidden_test(tiny: Classroom, student: str) -> None:
    page = page_of(tiny, student)
    assert HIDDEN_NUMBER not in page
    assert "startswith" not in page
    assert "HIDDEN TESTS" not in page
    assert "Hidden tests ran here" in page


def test_feedback_says_why_in_the_instructors_words(tiny: Classroom) -> None:
    assert "The name should begin with an A" in page_of(tiny, "constance")
    assert "A hidden test did not pass." in page_of(tiny, "constance")
    assert "A hidden test stopped with an AttributeError." in page_of(tiny, "ed")
    assert "NameError: name &#39;double&#39; is not defined" in page_of(tiny, "bo").replace("'", "&#39;")


def test_a_students_own_traceback_stays(tiny: Classroom) -> None:
    assert "SyntaxError" in page_of(tiny, "drew")


def test_feedback_shows_figures_with_their_alt_text(tiny: Classroom) -> None:
    page = page_of(tiny, "ada")
    figures = re.findall(r'<div[^>]*class="kept-figure"[^>]*>', page)
    assert len(figures) == 2
    assert all('role="img"' in figure for figure in figures)
    assert 'aria-label="A line that rises from 3 to 4"' in figures[0]
    assert 'aria-label="Three dots in a widget"' in figures[1]
    assert page.count("plotly.js v") == 1


def test_feedback_asks_the_network_for_nothing(tiny: Classroom) -> None:
    page = page_of(tiny, "ada")
    head = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert not re.findall(r'(?:src|href)="(?:https?:)?//[^"]*', head)
    assert "cdnjs" not in head


def test_the_gradebook_lies_in_the_project_whatever_the_current_folder(tiny: Classroom) -> None:
    assert (tiny.root / "gradebook.db").is_file()
    assert not list((tiny.folder / "students").rglob("gradebook.db"))


def test_students_got_the_assignment_in_their_own_copy(tiny: Classroom) -> None:
    assert (tiny.home_of("ada") / "work" / "exercises" / TINY / f"{TINY}.ipynb").is_file()
    assert not (tiny.home_of("ada") / "course").exists()


def test_the_exchange_is_open_to_everybody_who_hands_in(tiny: Classroom) -> None:
    assert tiny.exchange.stat().st_mode & 0o777 == 0o777


def test_exported_path_is_the_one_asked_for(tiny: Classroom, tmp_path: Path) -> None:
    target = tmp_path / "with space.csv"
    tiny.nbgrader("export", "--to", str(target), "--assignment", f"['{TINY}']", "--student", "['ada']")
    assert len(target.read_text(encoding="utf-8").splitlines()) == 2


@pytest.fixture(scope="module")
def lab(tiny: Classroom) -> Iterator[Lab]:
    """Return JupyterLab as an instructor starts it in the project's folder, with nbgrader's extensions."""
    with tiny.jupyter_lab() as lab:
        yield lab


def test_formgrader_opens_and_shows_the_class(lab: Lab) -> None:
    (assignment,) = lab.get_json("formgrader/api/assignments")
    assert (assignment["name"], assignment["num_submissions"]) == (TINY, len(ANSWERS))
    assert "nbgrader" in lab.get("formgrader/manage_assignments")
    submissions = lab.get_json(f"formgrader/api/submitted_notebooks/{quote(TINY)}/{quote(TINY)}")
    page = lab.get(f"formgrader/submissions/{submissions[0]['id']}/?index=0")
    assert "double-check" in page


def test_assignment_list_shows_what_was_released(lab: Lab) -> None:
    listed = lab.get_json("assignments?course_id=chipgap")
    assert listed["success"], listed
    assert TINY in {entry["assignment_id"] for entry in listed["value"]}


def test_validate_answers_for_a_students_notebook(lab: Lab) -> None:
    version = lab.get_json("nbgrader_version?version=0.9.6")
    assert version["success"], version


def test_the_servers_log_has_no_error(lab: Lab) -> None:
    lab.get("formgrader/manage_students")
    log = lab.log()
    assert "nbgrader.server_extensions.formgrader" in log
    assert not [line for line in log.splitlines() if line.startswith("[E ") or "Traceback" in line], log
