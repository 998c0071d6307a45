"""Grades as CSV: every field quoted as it must be, with LMS ids, safe to open in a spreadsheet.

Use: ``nbgrader export --exporter=chipgap.grading.export.LmsCsvExporter --to grades.csv``; the same with
``MoodleCsvExporter`` and ``CanvasCsvExporter`` for the files that those two import.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Assignment, Gradebook, MissingEntry, Student
from nbgrader.plugins.export import ExportPlugin
from traitlets import Dict, Unicode

from chipgap.grading.files import whole

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet runs a text that begins so; student names and ids come from outside."""

Row = Sequence[object]


@dataclass(frozen=True)
class Grade:
    """One student's standing in one assignment; scores in points.

    Attributes
    ----------
    raw_score, late_penalty, score, max_score
        Points given, points taken off for lateness, what remains (never below 0), points to be had.
    submitted_at
        Time of submission (UTC, ISO 8601); empty if unknown.
    status
        ``graded``, ``needs manual grading`` or ``not submitted``.
    """

    student: Student
    assignment: str
    raw_score: float
    late_penalty: float
    score: float
    max_score: float
    submitted_at: str
    status: str

    @property
    def submitted(self) -> bool:
        """Whether there is a submission."""
        return self.status != "not submitted"


class LmsCsvExporter(ExportPlugin):  # type: ignore[misc]
    """One row per student and assignment, students in order of name."""

    default_name = "grades.csv"

    def export(self, gradebook: Gradebook) -> None:
        """Write the grades of the chosen students and assignments to ``--to``."""
        target = Path(self.to or self.default_name)
        grades = list(self._grades(gradebook))
        with whole(target) as path, path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([_cell(value) for value in row] for row in self.rows(grades))
        waiting = sum(grade.status == "needs manual grading" for grade in grades)
        if waiting:
            self.log.warning("%d submissions still need manual grading: their scores will rise.", waiting)
        self.log.info("Wrote %d grades to %s", len(grades), target)

    def rows(self, grades: Sequence[Grade]) -> Iterator[Row]:
        """Yield the header, then the table."""
        yield [
            *("lms_user_id", "student_id", "last_name", "first_name", "email"),
            *("assignment", "score", "max_score", "raw_score", "late_penalty"),
            *("submitted_at", "status"),
        ]
        for grade in grades:
            person = grade.student
            yield [
                *(person.lms_user_id, person.id, person.last_name, person.first_name, person.email),
                *(grade.assignment, grade.score, grade.max_score, grade.raw_score, grade.late_penalty),
                *(grade.submitted_at, grade.status),
            ]

    def _grades(self, gradebook: Gradebook) -> Iterator[Grade]:
        people = {str(name) for name in self.student}
        wanted = {str(name) for name in self.assignment}
        students = sorted(gradebook.students, key=lambda one: (one.last_name or "", one.first_name or "", one.id))
        for assignment in gradebook.assignments:
            for student in students:
                if (not wanted or assignment.name in wanted) and (not people or student.id in people):
                    yield _grade(gradebook, assignment, student)


class MoodleCsvExporter(LmsCsvExporter):
    """One row per student, one grade column per assignment, for Moodle's *Grades > Import > CSV file*.

    In Moodle map *Email address* (or *ID number*) to the user, and each assignment to its grade item. A
    student who did not submit has an empty grade, which Moodle leaves alone.
    """

    default_name = "grades-moodle.csv"

    def rows(self, grades: Sequence[Grade]) -> Iterator[Row]:
        """Yield the header, then one row per student."""
        names = _assignments(grades)
        yield ["ID number", "Email address", "First name", "Last name", *names]
        for student, scores in _by_student(grades):
            who = [student.lms_user_id or student.id, student.email, student.first_name, student.last_name]
            yield [*who, *(scores.get(name, "") for name in names)]


class CanvasCsvExporter(LmsCsvExporter):
    """One row per student, for Canvas's *Gradebook > Import*, with the columns that its importer asks for.

    Canvas finds an assignment by the id in its column's title: give the titles as Canvas exports them in
    ``assignment_columns``; a bare name matches an assignment of exactly that title.
    """

    default_name = "grades-canvas.csv"

    assignment_columns = Dict(
        value_trait=Unicode(),
        key_trait=Unicode(),
        help='Canvas\'s title for each assignment, e.g. {"1-claim": "What exactly was said? (98765)"}.',
    ).tag(config=True)
    section = Unicode("", help="Name of the section, where the course has several.").tag(config=True)

    def rows(self, grades: Sequence[Grade]) -> Iterator[Row]:
        """Yield the header, the row of possible points, then one row per student."""
        names = _assignments(grades)
        titles = [self.assignment_columns.get(name, name) for name in names]
        points = {grade.assignment: grade.max_score for grade in grades}
        yield ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *titles]
        yield ["    Points Possible", "", "", "", "", *(points[name] for name in names)]
        for student, scores in _by_student(grades):
            name = ", ".join(part for part in (student.last_name, student.first_name) if part) or student.id
            yield [name, student.lms_user_id, "", student.id, self.section, *(scores.get(n, "") for n in names)]


def _grade(gradebook: Gradebook, assignment: Assignment, student: Student) -> Grade:
    maximum = float(assignment.max_score)
    try:
        submission = gradebook.find_submission(assignment.name, student.id)
    except MissingEntry:
        return Grade(student, assignment.name, 0.0, 0.0, 0.0, maximum, "", "not submitted")
    raw, penalty = float(submission.score), float(submission.late_submission_penalty or 0.0)
    time = submission.timestamp.isoformat(timespec="seconds") + "Z" if submission.timestamp else ""
    status = "needs manual grading" if submission.needs_manual_grade else "graded"
    return Grade(student, assignment.name, raw, penalty, max(0.0, raw - penalty), maximum, time, status)


def _assignments(grades: Iterable[Grade]) -> list[str]:
    return list(dict.fromkeys(grade.assignment for grade in grades))


def _by_student(grades: Iterable[Grade]) -> Iterable[tuple[Student, dict[str, float]]]:
    found: dict[str, tuple[Student, dict[str, float]]] = {}
    for grade in grades:
        _, scores = found.setdefault(grade.student.id, (grade.student, {}))
        if grade.submitted:
            scores[grade.assignment] = grade.score
    return found.values()


def _cell(value: object) -> str:
    """Return a field's text: numbers without trailing zeros, texts that a spreadsheet would run made harmless."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
