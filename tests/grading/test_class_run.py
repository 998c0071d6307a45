"""A class hands in exercise 1 in every state that a class does; nbgrader's own commands grade it all.

Questions and points come from the exercise's source and wrong answers from the exercise's own tests, so
a changed exercise needs no change here.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from tests.exercises.claim_variants import VARIANTS
from tests.grading.classroom import PROJECT, Classroom, grade_id, is_autograded

from chipgap.authoring.builder import exercise_source

pytestmark = pytest.mark.class_run

UNIT = "1-claim"
DELIMITERS = ("### BEGIN SOLUTION", "### END SOLUTION")


@dataclass
class ClassRun:
    """What a whole run left behind."""

    room: Classroom
    source: NotebookNode
    points: dict[str, float]
    logs: dict[str, str]

    @property
    def full(self) -> float:
        """Points of all autograded questions together."""
        return sum(self.points.values())

    def grades(self) -> dict[str, dict[str, str]]:
        """Return the exported row of each student."""
        with (self.room.root / "grades.csv").open(encoding="utf-8", newline="") as file:
            return {row["student_id"]: row for row in csv.DictReader(file)}


def solved(source: NotebookNode, released: NotebookNode) -> NotebookNode:
    """Return the released notebook with the course's own solutions in its code cells."""
    answers = {grade_id(cell): cell.source for cell in source.cells if cell.cell_type == "code"}
    for cell in released.cells:
        if cell.metadata.get("nbgrader", {}).get("solution") and cell.cell_type == "code":
            lines = answers[grade_id(cell)].splitlines()
            cell.source = "\n".join(line for line in lines if line.strip() not in DELIMITERS)
    return released


def hand_ins(source: NotebookNode, released: str) -> dict[str, NotebookNode]:
    """Return each student's notebook; students are named for what they did."""

    def fresh() -> NotebookNode:
        return nbformat.reads(released, as_version=4)

    def with_answer(question: str, answer: str) -> NotebookNode:
        notebook = solved(source, fresh())
        next(cell for cell in notebook.cells if grade_id(cell) == question).source = answer.strip()
        return notebook

    def without(*names: str) -> NotebookNode:
        notebook = solved(source, fresh())
        notebook.cells = [cell for cell in notebook.cells if grade_id(cell) not in names]
        return notebook

    wrong = {
        f"wrong-{question}": with_answer(question, next(iter(kinds["wrong"].values())))
        for question, kinds in VARIANTS.items()
    }
    twice = solved(source, fresh())
    copied = next(cell for cell in twice.cells if grade_id(cell) == "q2")
    twice.cells.append(nbformat.from_dict({**copied, "id": "copied"}))
    return {
        "model": solved(source, fresh()),
        "blank": fresh(),
        **wrong,
        "syntax-error": with_answer("q3", "row = {'claim':"),
        "renamed-file": solved(source, fresh()),
        "deleted-test": without("q4-check"),
        "deleted-question": without("q5-text", "q5", "q5-try", "q5-check"),
        "copied-cell": twice,
    }


def expected_scores(run: ClassRun) -> dict[str, float]:
    """Return each student's score; written answers count 0 until a person has read them."""
    lost = {f"wrong-{question}": run.points[f"{question}-check"] for question in VARIANTS}
    lost |= {"syntax-error": run.points["q3-check"], "deleted-question": run.points["q5-check"]}
    lost["blank"] = run.full
    whole = ["model", "deleted-test", "copied-cell", "renamed-file"]
    return {name: run.full - lost.get(name, 0) for name in [*whole, *lost]}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ClassRun:
    """Go through the whole loop once."""
    room = Classroom(tmp_path_factory.mktemp("class"))
    for name, content in exercise_source(PROJECT / "course" / "exercises" / UNIT).items():
        path = room.root / "course" / "source" / UNIT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    source = nbformat.read(room.root / "course" / "source" / UNIT / f"{UNIT}.ipynb", as_version=4)
    room.as_instructor(["generate_assignment", UNIT], ["release_assignment", UNIT])
    logs = hand_in(room, hand_ins(source, room.released(UNIT).read_text(encoding="utf-8")))
    steps = ("collect", "autograde", "generate_feedback", "release_feedback")
    logs |= dict(zip(steps, room.as_instructor(*([step, UNIT] for step in steps)), strict=True))
    room.nbgrader("export", "--to", "grades.csv")
    points = {grade_id(cell): cell.metadata.nbgrader.points for cell in source.cells if is_autograded(cell)}
    return ClassRun(room, source, points, logs)


def hand_in(room: Classroom, notebooks: dict[str, NotebookNode]) -> dict[str, str]:
    """Let every student fetch the assignment, write their answers and submit."""
    room.as_students({name: ["fetch_assignment", UNIT] for name in notebooks})
    for name, notebook in notebooks.items():
        nbformat.write(notebook, room.work_of(name, UNIT) / f"{UNIT}.ipynb")
    renamed = room.work_of("renamed-file", UNIT)
    (renamed / f"{UNIT}.ipynb").rename(renamed / "my answers.ipynb")
    return room.as_students({name: ["submit", UNIT, f"--student={name}"] for name in notebooks})


def test_every_score_is_the_expected_one(run: ClassRun) -> None:
    scores = {name: float(row["score"]) for name, row in run.grades().items()}
    assert scores == expected_scores(run)


def test_a_class_of_at_least_twelve_and_nothing_stopped_it(run: ClassRun) -> None:
    assert len(run.grades()) >= 12
    assert "There was an error processing assignment" not in run.logs["autograde"]
    assert "There was an error processing assignment" not in run.logs["generate_feedback"]


def test_the_written_answer_waits_for_a_reader(run: ClassRun) -> None:
    status = {name: row["status"] for name, row in run.grades().items()}
    assert status.pop("wrong-q1")  # a blank written answer is 0 at once; see grading.md
    written = [cell for cell in run.source.cells if cell.metadata.get("nbgrader", {}).get("points")]
    maximum = sum(cell.metadata.nbgrader.points for cell in written)
    assert {float(row["max_score"]) for row in run.grades().values()} == {maximum}


def test_a_renamed_file_is_told_to_the_student_at_once(run: ClassRun) -> None:
    assert f"{UNIT}.ipynb: MISSING" in run.logs["renamed-file"]
    assert "my answers.ipynb: EXTRA" in run.logs["renamed-file"]


def test_a_renamed_file_keeps_its_own_name_too(run: ClassRun) -> None:
    folder = run.room.root / "submitted" / "renamed-file" / UNIT
    assert (folder / "my answers.ipynb").read_bytes() == (folder / f"{UNIT}.ipynb").read_bytes()


def test_no_feedback_shows_a_hidden_line(run: ClassRun) -> None:
    hidden = {
        line.strip()
        for cell in run.source.cells
        if is_autograded(cell)
        for line in cell.source.split("### BEGIN HIDDEN TESTS")[-1].split("### END HIDDEN TESTS")[0].splitlines()
        if "HIDDEN" not in line and len(line.strip()) > 20
    }
    assert len(hidden) > len(run.points)
    pages = list((run.room.root / "feedback").rglob("*.html"))
    assert len(pages) >= 12
    shown = {line for page in pages for line in hidden if line in page.read_text(encoding="utf-8")}
    assert not shown


def test_every_wrong_answer_gets_a_reason(run: ClassRun) -> None:
    for question in VARIANTS:
        page = (run.room.root / "feedback" / f"wrong-{question}" / UNIT / f"{UNIT}.html").read_text(encoding="utf-8")
        assert f"✗ {question}:" in page or "hidden test" in page, question


def test_feedback_came_back_to_each_student_and_to_nobody_else(run: ClassRun) -> None:
    names = [path.name for path in sorted((run.room.folder / "students").iterdir()) if path.name != "renamed-file"]
    run.room.as_students({name: ["fetch_feedback", UNIT, f"--student={name}"] for name in names})
    for name in names:
        (page,) = (run.room.work_of(name, UNIT) / "feedback").rglob("*.html")
        theirs = run.room.root / "feedback" / name / UNIT / f"{UNIT}.html"
        assert page.read_bytes() == theirs.read_bytes()


def test_the_release_is_what_make_build_committed(run: ClassRun) -> None:
    committed = Path(PROJECT / "notebooks" / "exercises" / UNIT / f"{UNIT}.ipynb")
    ours = nbformat.read(run.room.released(UNIT), as_version=4)
    theirs = nbformat.read(committed, as_version=4)
    assert [cell.source for cell in ours.cells] == [cell.source for cell in theirs.cells]
