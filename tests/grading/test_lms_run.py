"""A Moodle and a Canvas download go in through ``nbgrader zip_collect``; feedback files and CSV come out."""

import csv
import json
import zipfile
from pathlib import Path

import nbformat
import pytest
from tests.grading.classroom import Classroom, grade_id, graded, write_notebook

from chipgap.grading.lms import MAP_NAME

TASK = "1-sum"
ROSTER = """\
id,first_name,last_name,email,lms_user_id
ana,Ana,Lovelace,ana@example.org,12345
sean,Seán,O'Brien,sean@example.org,777
lee,Lee,"Doe, Jr.",=cmd@example.org,4242
zoe,Zoë,Quiet,zoe@example.org,31
"""


def source_cells() -> list[nbformat.NotebookNode]:
    return [
        graded("total", "### BEGIN SOLUTION\ntotal = 3\n### END SOLUTION", kind="solution"),
        graded("total-check", "assert total == 3, 'Add 1 and 2'", points=2),
    ]


def answered(released: Path, answer: str) -> str:
    """Return the text of the released notebook with this answer in it."""
    notebook = nbformat.read(released, as_version=4)
    next(cell for cell in notebook.cells if grade_id(cell) == "total").source = answer
    return nbformat.writes(notebook)


def collected(room: Classroom, download: dict[str, str]) -> str:
    """Pack a download as the LMS would, and put it through the whole loop; return what collecting said."""
    archive = room.root / "downloaded" / TASK / "archive" / "submissions.zip"
    archive.parent.mkdir(parents=True)
    with zipfile.ZipFile(archive, "w") as zipped:
        for name, answer in download.items():
            zipped.writestr(name, answered(room.released(TASK), answer))
    said, *_ = room.as_instructor(["zip_collect", TASK], ["autograde", TASK], ["generate_feedback", TASK])
    room.python("-m", "chipgap.grading.lms", TASK)
    return said


@pytest.fixture
def room(tmp_path: Path) -> Classroom:
    """Return a course with a roster and a released assignment."""
    room = Classroom(tmp_path)
    write_notebook(room.root / "course" / "source" / TASK / f"{TASK}.ipynb", source_cells())
    (room.root / "roster.csv").write_text(ROSTER, encoding="utf-8")
    room.as_instructor(["db", "student", "import", "roster.csv"], ["generate_assignment", TASK])
    return room


def exported(room: Classroom, exporter: str) -> list[list[str]]:
    room.nbgrader("export", f"--exporter=chipgap.grading.export.{exporter}", "--to", "out.csv")
    with (room.root / "out.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_a_moodle_download_goes_in_and_feedback_and_grades_come_out(room: Classroom) -> None:
    said = collected(
        room,
        {
            f"Ana Lovelace_501_assignsubmission_file_/{TASK}.ipynb": "total = 3",
            f"Seán O'Brien_502_assignsubmission_file_/my work/{TASK} (1).ipynb": "total = 3",
            f"Seán O'Brien_502_assignsubmission_file_/{TASK}.ipynb": "total = 1",
            "Lee Doe, Jr._4242_assignsubmission_file_/my answers.ipynb": "total = 2",
            f"Nobody Known_999_assignsubmission_file_/{TASK}.ipynb": "total = 3",
        },
    )
    assert "Kept as student 'moodle-999'" in said
    assert "is newer" in said
    rows = {row[1]: row for row in exported(room, "LmsCsvExporter")[1:]}
    assert {name: (row[6], row[7]) for name, row in rows.items()} == {
        "ana": ("2", "2"),
        "sean": ("2", "2"),
        "lee": ("0", "2"),
        "zoe": ("0", "2"),
        "moodle-999": ("2", "2"),
    }
    assert rows["lee"][:5] == ["4242", "lee", "Doe, Jr.", "Lee", "'=cmd@example.org"]
    assert rows["zoe"][-1] == "not submitted"
    with zipfile.ZipFile(room.root / "downloaded" / TASK / "feedback-for-moodle.zip") as back:
        assert sorted(back.namelist()) == [
            f"Ana Lovelace_501_assignsubmission_file_/{TASK}.html",
            f"Lee Doe, Jr._4242_assignsubmission_file_/{TASK}.html",
            f"Nobody Known_999_assignsubmission_file_/{TASK}.html",
            f"Seán O'Brien_502_assignsubmission_file_/{TASK}.html",
        ]
        page = back.read(f"Lee Doe, Jr._4242_assignsubmission_file_/{TASK}.html").decode()
    assert "Add 1 and 2" in page


def test_a_canvas_download_goes_in_and_feedback_and_grades_come_out(room: Classroom) -> None:
    said = collected(
        room,
        {
            f"lovelaceana_12345_9001_{TASK}.ipynb": "total = 1",
            f"lovelaceana_12345_9002_{TASK}-1.ipynb": "total = 3",
            f"obrienseán_LATE_777_9003_{TASK}.ipynb": "total = 3",
            "doejrlee_4242_9004_final version.ipynb": "total = 4",
        },
    )
    assert "marked it late" in said
    header, points, *rows = exported(room, "CanvasCsvExporter")
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", TASK]
    assert points == ["    Points Possible", "", "", "", "", "2"]
    assert {row[0]: (row[1], row[5]) for row in rows} == {
        "Lovelace, Ana": ("12345", "2"),
        "O'Brien, Seán": ("777", "2"),
        "Doe, Jr., Lee": ("4242", "0"),
        "Quiet, Zoë": ("31", ""),
    }
    folder = room.root / "downloaded" / TASK
    returned = sorted(path.relative_to(folder).as_posix() for path in folder.glob("feedback-for-canvas/*/*.html"))
    assert returned == [f"feedback-for-canvas/{name}/{TASK}.html" for name in ("ana", "lee", "sean")]
    assert json.loads((folder / MAP_NAME).read_text(encoding="utf-8"))["ana"]["lms_id"] == "12345"


def test_returning_what_was_never_collected_says_what_to_do(tmp_path: Path) -> None:
    said = Classroom(tmp_path).python("-m", "chipgap.grading.lms", TASK, ok=False)
    assert "nbgrader zip_collect" in said
    assert "Traceback" not in said
