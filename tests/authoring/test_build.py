"""``course/`` -> ``notebooks/``: what lands where, that it is stable, and what is refused."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from chipgap.authoring import build
from chipgap.errors import ChipgapError

from .conftest import REPOSITORY

LESSON = "course/lessons/1-tea.py"
EXERCISE = "course/exercises/1-tea/1-tea.py"
SOURCE = "course/source/1-tea/1-tea.ipynb"
RELEASE = "notebooks/exercises/1-tea/1-tea.ipynb"


def snapshot(folder: Path) -> dict[str, bytes]:
    """Read every file of a folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def cells(path: Path) -> list[dict]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def source(cell: dict) -> str:
    return "".join(cell["source"])


def graded(path: Path) -> dict[str, dict]:
    return {c["metadata"]["nbgrader"]["grade_id"]: c for c in cells(path) if "nbgrader" in c["metadata"]}


def test_build_writes_one_notebook_for_each_script_and_the_exercises_extra_files(course: Path) -> None:
    report = build(course)
    assert sorted(snapshot(course / "notebooks")) == [
        "exercises/1-tea/1-tea.ipynb",
        "exercises/1-tea/cups.csv",
        "lessons/1-tea.ipynb",
        "start-here.ipynb",
    ]
    assert len(report.written) == 4


def test_building_twice_reports_unchanged_and_touches_no_file(course: Path) -> None:
    build(course)
    dates = {p: p.stat().st_mtime_ns for p in (course / "notebooks").rglob("*.ipynb")}
    report = build(course)
    assert not report.changed
    assert "unchanged" in str(report)
    assert {p: p.stat().st_mtime_ns for p in (course / "notebooks").rglob("*.ipynb")} == dates


def test_deleting_source_and_building_again_changes_no_byte(course: Path) -> None:
    build(course)
    before = snapshot(course / "notebooks"), snapshot(course / "course" / "source")
    shutil.rmtree(course / "course" / "source")
    shutil.rmtree(course / "notebooks")
    build(course)
    assert (snapshot(course / "notebooks"), snapshot(course / "course" / "source")) == before


def test_write_false_reports_and_writes_nothing(course: Path) -> None:
    report = build(course, write=False)
    assert len(report.written) == 4
    assert not (course / "notebooks").exists()
    assert not (course / "course" / "source").exists()


def test_notebooks_carry_a_fixed_kernel_and_nothing_of_the_author(course: Path) -> None:
    build(course)
    for path in (course / "notebooks").rglob("*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        nbformat.validate(notebook)
        assert notebook["metadata"] == {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
        assert all(c.get("outputs", []) == [] and c.get("execution_count") is None for c in notebook["cells"])
        assert path.read_bytes().endswith(b"}\n")


def test_header_and_key_points_come_from_the_syllabus(course: Path) -> None:
    build(course)
    texts = [source(cell) for cell in cells(course / "notebooks/lessons/1-tea.ipynb")]
    assert texts[0] == "# Tea"
    for expected in ("How long should tea draw?", "10 minutes", "Measure tea.", "A cup.", "**A05** Tea needs five"):
        assert expected in texts[1]
    assert "Three minutes are enough." in texts[-1]
    assert "(../exercises/1-tea/1-tea.ipynb)" in texts[-1]
    assert "2-milk" not in texts[-1], "a lesson that is not written yet must not be linked"


def test_key_points_link_the_next_lesson_once_it_is_written(course: Path) -> None:
    shutil.copy(course / LESSON, course / "course/lessons/2-milk.py")
    build(course)
    assert "(2-milk.ipynb)" in source(cells(course / "notebooks/lessons/1-tea.ipynb")[-1])


def test_scaffolding_is_collapsed_and_nothing_else_is(course: Path) -> None:
    build(course)
    for path in ("notebooks/lessons/1-tea.ipynb", RELEASE):
        hidden = [c["metadata"].get("jupyter") for c in cells(course / path) if c["cell_type"] == "code"]
        assert hidden[0] == {"source_hidden": True}
        assert not any(hidden[1:])


def test_release_holds_stubs_keeps_tags_and_drops_hidden_tests(course: Path) -> None:
    build(course)
    cell = graded(course / RELEASE)
    assert source(cell["q1"]) == "times = [2, 3, 4]\nsteeping_minutes = None\n# YOUR CODE HERE"
    assert source(cell["q1-check"]) == 'assert steeping_minutes is not None, "not answered yet"'
    assert cell["q1-check"]["metadata"]["tags"] == ["raises-exception"]
    assert source(cell["essay"]) == "YOUR ANSWER HERE"
    assert "saucer" not in source(cell["rubric"])


def test_cell_ids_follow_the_grade_id_not_the_place(course: Path) -> None:
    build(course)
    before = {name: cell["id"] for name, cell in graded(course / RELEASE).items()}
    replace(
        course / EXERCISE, "# %% [markdown]\n# **Question 1.**", "# %%\n1 + 1\n\n# %% [markdown]\n# **Question 1.**"
    )
    build(course)
    assert {name: cell["id"] for name, cell in graded(course / RELEASE).items()} == before
    all_ids = [c["id"] for p in (course / "notebooks").rglob("*.ipynb") for c in cells(p)]
    assert len(set(all_ids)) == len(all_ids)


def test_what_left_the_course_leaves_notebooks_and_strangers_stay(course: Path) -> None:
    build(course)
    stranger = course / "notebooks" / "README.md"
    stranger.write_text("kept", encoding="utf-8")
    (course / LESSON).unlink()
    shutil.rmtree(course / "course/exercises/1-tea")
    shutil.rmtree(course / "course/source")
    report = build(course)
    assert sorted(snapshot(course / "notebooks")) == ["README.md", "start-here.ipynb"]
    assert len(report.removed) == 3


def test_the_projects_own_nbgrader_config_decides_the_stub(course: Path) -> None:
    config = """\
c = get_config()
c.ClearSolutions.code_stub = {"python": "# your turn"}
c.CourseDirectory.root = "/nowhere"
"""
    (course / "nbgrader_config.py").write_text(config, encoding="utf-8")
    build(course)
    assert source(graded(course / RELEASE)["q1"]).endswith("# your turn")


@pytest.mark.parametrize(
    ("path", "old", "new", "named"),
    [
        (LESSON, "<!-- chipgap:header -->", "text", "chipgap:header -->' is missing"),
        (LESSON, "<!-- chipgap:header -->", "<!-- chipgap:heder -->", "chipgap:heder"),
        (LESSON, "<!-- chipgap:header -->", "<!-- chipgap:header -->\n# more", "alone"),
        (LESSON, "<!-- chipgap:key-points -->", "<!-- chipgap:header -->", "twice|missing"),
        (LESSON, "# # Tea\n", "# Tea\n", "title"),
        (LESSON, "# %%", "# In[1]:", "no cell found"),
        ("course/start-here.py", "# # Start here", "# # Start\n#\n# <!-- chipgap:header -->", "chipgap:header"),
        (EXERCISE, "# # Tea, the exercise", "# <!-- chipgap:header -->", "chipgap:header"),
        (EXERCISE, "### END SOLUTION\n\n# %% nbgrader", "\n# %% nbgrader", "q1.*never closed"),
        (EXERCISE, "### BEGIN HIDDEN TESTS\n", "", "q1-check, line 3.*no region is open"),
        (EXERCISE, '"grade_id": "q2-check"', '"grade_id": "q1-check"', "'q1-check' is used by two cells"),
        (EXERCISE, '"points": 2, ', "", "does not have points"),
        (EXERCISE, '"grade_id": "q1", "locked": false, "points": 0, "schema_version": 3, "solution": true',
         '"grade_id": "q1", "locked": false, "points": 0, "schema_version": 3, "solution": false', "Solution region"),
        ("course/syllabus.yml", "question: Milk first?", "", "'2-milk': key 'question' is missing"),
        ("course/syllabus.yml", "number: 2", "number: two", "'2-milk': 'number' should be a whole number"),
        ("course/syllabus.yml", "objectives: [Pour milk.]", "objectives: Pour milk.", "'2-milk': 'objectives' should"),
        ("course/syllabus.yml", "minutes: {lesson: 10, exercise: 5}", "minutes: 15", "'1-tea': 'minutes'"),
        ("course/syllabus.yml", "id: 2-milk", "id: 1-tea", "used by two units"),
        ("course/syllabus.yml", "claims: [A05]", "claims: [A06]", "'A06' is not in the dataset"),
        ("course/syllabus.yml", "datasets: [teas]", "datasets: [toast]", "'toast'"),
        ("course/syllabus.yml", "title: Tea", "titel: Tea", "unknown key 'titel'"),
        ("course/syllabus.yml", "units:", "lessons:", "units:"),
    ],
)  # fmt: skip
def test_a_fault_in_course_is_refused_and_named(course: Path, path: str, old: str, new: str, named: str) -> None:
    replace(course / path, old, new)
    with pytest.raises(ChipgapError, match=named):
        build(course)
    assert not (course / "notebooks").exists()


def test_a_lesson_of_no_unit_is_refused(course: Path) -> None:
    (course / LESSON).rename(course / "course/lessons/9-coffee.py")
    with pytest.raises(ChipgapError, match=r"9-coffee\.py: there is no unit '9-coffee'.*1-tea, 2-milk"):
        build(course)


def test_a_broken_nbgrader_config_is_named(course: Path) -> None:
    (course / "nbgrader_config.py").write_text("1 / 0\n", encoding="utf-8")
    with pytest.raises(ChipgapError, match=r"nbgrader_config\.py fails: ZeroDivisionError"):
        build(course)


# --- the pair course/exercises <-> course/source, edited from either side ---


def jupytext_sync(path: Path) -> None:
    subprocess.run([sys.executable, "-m", "jupytext", "--sync", str(path)], check=True, capture_output=True, timeout=60)


def edit_notebook(path: Path, edit: object) -> None:
    notebook = nbformat.read(path, as_version=4)
    edit(notebook)
    nbformat.write(notebook, path)
    later = path.stat().st_mtime + 5
    os.utime(path, (later, later))


def toolbar_edit(notebook: nbformat.NotebookNode) -> None:
    """Do what nbgrader's Create Assignment toolbar does: points changed, a new cell made a graded one."""
    cell = next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "q1-check")
    cell.metadata["nbgrader"]["points"] = 7
    made = {"grade": True, "grade_id": "cell-4f2a", "locked": True, "points": 1, "schema_version": 3,
            "solution": False, "task": False}  # fmt: skip
    notebook.cells.append(nbformat.v4.new_code_cell("assert brew(2) == 6", metadata={"nbgrader": made}))


def test_building_and_syncing_leaves_the_script_byte_for_byte(course: Path) -> None:
    build(course)
    before = (course / EXERCISE).read_bytes()
    jupytext_sync(course / SOURCE)
    assert (course / EXERCISE).read_bytes() == before


def test_an_edit_in_the_notebook_reaches_the_script_with_nbgraders_metadata(course: Path) -> None:
    build(course)
    edit_notebook(course / SOURCE, toolbar_edit)
    jupytext_sync(course / SOURCE)
    script = (course / EXERCISE).read_text(encoding="utf-8")
    assert '"points": 7' in script
    assert "assert brew(2) == 6" in script
    assert "source_hidden" not in script
    build(course)
    released = graded(course / RELEASE)
    assert released["q1-check"]["metadata"]["nbgrader"]["points"] == 7
    assert "cell-4f2a" in released


def test_an_edit_in_the_script_reaches_the_notebook(course: Path) -> None:
    build(course)
    replace(course / EXERCISE, '"points": 2', '"points": 9')
    later = (course / EXERCISE).stat().st_mtime + 5
    os.utime(course / EXERCISE, (later, later))
    jupytext_sync(course / EXERCISE)
    assert graded(course / SOURCE)["q1-check"]["metadata"]["nbgrader"]["points"] == 9


def test_build_refuses_to_lose_an_edit_that_was_not_synced(course: Path) -> None:
    build(course)
    edit_notebook(course / SOURCE, toolbar_edit)
    with pytest.raises(ChipgapError, match="jupytext --sync"):
        build(course)
    assert "cell-4f2a" in graded(course / SOURCE)


def test_build_overwrites_an_older_notebook_silently(course: Path) -> None:
    build(course)
    replace(course / EXERCISE, '"points": 2', '"points": 9')
    build(course)
    assert graded(course / SOURCE)["q1-check"]["metadata"]["nbgrader"]["points"] == 9


def test_build_refuses_a_source_notebook_without_a_script(course: Path) -> None:
    build(course)
    shutil.copy(course / SOURCE, course / "course/source/1-tea/2-new.ipynb")
    with pytest.raises(ChipgapError, match=r"2-new\.ipynb has no counterpart"):
        build(course)


# --- stock nbgrader agrees ---


def test_stock_generate_assignment_writes_the_same_bytes(course: Path) -> None:
    """An instructor's own ``nbgrader generate_assignment`` must not change notebooks/."""
    config = f"""\
c = get_config()
c.CourseDirectory.root = {str(course)!r}
c.CourseDirectory.db_url = "sqlite:///{(course / "gradebook.db").as_posix()}"
c.CourseDirectory.source_directory = "course/source"
c.CourseDirectory.release_directory = "notebooks/exercises"
c.ClearSolutions.code_stub = {{"python": "# YOUR CODE HERE"}}
"""
    (course / "nbgrader_config.py").write_text(config, encoding="utf-8")
    build(course)
    before = snapshot(course / "notebooks")
    programs = Path(sys.executable).parent
    subprocess.run(
        [programs / "nbgrader", "generate_assignment", "1-tea", "--force"],
        cwd=course, check=True, capture_output=True, timeout=120,
        env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
    )  # fmt: skip
    assert (course / "gradebook.db").is_file()
    assert snapshot(course / "notebooks") == before


# --- the real course ---


@pytest.fixture
def real_copy(tmp_path: Path) -> Path:
    """Return a copy of what the build of the real course reads."""
    root = tmp_path / "project"
    for name in ("course", "datasets"):
        shutil.copytree(REPOSITORY / name, root / name, ignore=shutil.ignore_patterns("source", ".ipynb_checkpoints"))
    if (REPOSITORY / "nbgrader_config.py").is_file():
        shutil.copy(REPOSITORY / "nbgrader_config.py", root)
    return root


def test_committed_notebooks_are_what_the_course_builds(real_copy: Path) -> None:
    shutil.copytree(REPOSITORY / "notebooks", real_copy / "notebooks")
    report = build(real_copy)
    assert not report.changed, f"notebooks/ is not what course/ builds: run make build, commit.\n{report}"
    assert any(path.parts[1] == "exercises" for path in report.unchanged)


def test_real_course_builds_the_same_without_its_source_folder(real_copy: Path) -> None:
    build(real_copy)
    before = snapshot(real_copy / "notebooks"), snapshot(real_copy / "course/source")
    shutil.rmtree(real_copy / "course/source")
    build(real_copy)
    assert (snapshot(real_copy / "notebooks"), snapshot(real_copy / "course/source")) == before


def test_real_exercises_survive_the_round_trip_byte_for_byte(real_copy: Path) -> None:
    build(real_copy)
    scripts = sorted((real_copy / "course/exercises").rglob("*.py"))
    assert scripts
    for script in scripts:
        before = script.read_bytes()
        relative = script.relative_to(real_copy / "course/exercises").with_suffix(".ipynb")
        jupytext_sync(real_copy / "course/source" / relative)
        assert script.read_bytes() == before
