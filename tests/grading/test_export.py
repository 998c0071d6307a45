"""Grades as CSV: what a spreadsheet, Moodle and Canvas read back is what the gradebook says."""

import csv
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from sqlalchemy.exc import SAWarning

from chipgap.grading.export import CanvasCsvExporter, Grade, LmsCsvExporter, MoodleCsvExporter

NASTY = '=HYPERLINK("http://example.org","x")'


@pytest.fixture(scope="module")
def gradebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gradebook]:
    """Return a gradebook with names that break careless CSV, a late submission, and one that is missing."""
    with pytest.MonkeyPatch.context() as patch:
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        patch.setenv("PATH", programs)  # a new gradebook asks alembic for its version
        database = tmp_path_factory.mktemp("gradebook") / "gradebook.db"
        gradebook = Gradebook(f"sqlite:///{database}", "any course")
    with gradebook, warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # nbgrader's own add_submission, flushed half-way
        gradebook.add_assignment("1-claim", duedate="2026-01-10 12:00:00 UTC")
        gradebook.add_notebook("1-claim", "1-claim")
        gradebook.add_grade_cell("q1", "1-claim", "1-claim", max_score=2.5, cell_type="code")
        gradebook.add_student("jr", first_name="José", last_name="Doe, Jr.", email="jr@example.org", lms_user_id="7")
        gradebook.add_student("nasty", first_name=NASTY, last_name='O"Hara\nII', email="@sum")
        gradebook.add_student("absent", first_name="Zoë", last_name="Away")
        submission = gradebook.add_submission("1-claim", "jr")
        submission.timestamp = submission.assignment.duedate.replace(day=11)
        grade = gradebook.find_grade("q1", "1-claim", "1-claim", "jr")
        grade.auto_score, grade.needs_manual_grade = 2.5, False
        submission.notebooks[0].late_submission_penalty = 1.25
        gradebook.add_submission("1-claim", "nasty")
        gradebook.db.commit()
        yield gradebook


def written(exporter: LmsCsvExporter, gradebook: Gradebook, target: Path) -> list[list[str]]:
    exporter.to = str(target)
    exporter.export(gradebook)
    with target.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_every_field_comes_back_whole(gradebook: Gradebook, tmp_path: Path) -> None:
    header, *rows = written(LmsCsvExporter(), gradebook, tmp_path / "grades.csv")
    found = {row[1]: dict(zip(header, row, strict=True)) for row in rows}
    assert found["jr"]["last_name"] == "Doe, Jr."
    assert found["jr"]["lms_user_id"] == "7"
    assert found["nasty"]["last_name"] == 'O"Hara\nII'
    assert found["absent"]["first_name"] == "Zoë"


def test_scores_penalties_and_times(gradebook: Gradebook, tmp_path: Path) -> None:
    header, *rows = written(LmsCsvExporter(), gradebook, tmp_path / "grades.csv")
    found = {row[1]: dict(zip(header, row, strict=True)) for row in rows}
    late = found["jr"]
    assert (late["raw_score"], late["late_penalty"], late["score"], late["max_score"]) == ("2.5", "1.25", "1.25", "2.5")
    assert late["submitted_at"] == "2026-01-11T12:00:00Z"
    assert (found["absent"]["score"], found["absent"]["status"]) == ("0", "not submitted")


def test_no_field_is_run_by_a_spreadsheet(gradebook: Gradebook, tmp_path: Path) -> None:
    for number, exporter in enumerate((LmsCsvExporter(), MoodleCsvExporter(), CanvasCsvExporter())):
        for row in written(exporter, gradebook, tmp_path / f"{number}.csv"):
            assert not [field for field in row if field.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_moodle_gets_one_row_per_student_and_nothing_for_who_did_not_submit(
    gradebook: Gradebook, tmp_path: Path
) -> None:
    header, *rows = written(MoodleCsvExporter(), gradebook, tmp_path / "moodle.csv")
    assert header == ["ID number", "Email address", "First name", "Last name", "1-claim"]
    assert {row[0]: row[-1] for row in rows} == {"7": "1.25", "nasty": "0", "absent": ""}


def test_canvas_gets_the_columns_its_importer_asks_for(gradebook: Gradebook, tmp_path: Path) -> None:
    exporter = CanvasCsvExporter(assignment_columns={"1-claim": "What exactly was said? (98765)"}, section="A")
    header, points, *rows = written(exporter, gradebook, tmp_path / "canvas.csv")
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "What exactly was said? (98765)"]
    assert "Points Possible" in points[0]
    assert points[5] == "2.5"
    assert rows[1][:6] == ["Doe, Jr., José", "7", "", "jr", "A", "1.25"]


def test_only_who_and_what_was_asked_for(gradebook: Gradebook, tmp_path: Path) -> None:
    exporter = LmsCsvExporter(student=["jr"], assignment=["1-claim"])
    assert [row[1] for row in written(exporter, gradebook, tmp_path / "one.csv")[1:]] == ["jr"]
    exporter = LmsCsvExporter(assignment=["2-money"])
    assert len(written(exporter, gradebook, tmp_path / "none.csv")) == 1


def test_a_failed_export_leaves_the_old_file(gradebook: Gradebook, tmp_path: Path) -> None:
    class Breaking(LmsCsvExporter):
        def rows(self, grades: Sequence[Grade]) -> Iterator[list[str]]:
            yield [f"half of {len(grades)}"]
            raise OSError("disk full")

    target = tmp_path / "grades.csv"
    target.write_text("old", encoding="utf-8")
    exporter = Breaking(to=str(target))
    with pytest.raises(OSError, match="disk full"):
        exporter.export(gradebook)
    assert target.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [target]
