"""The student's folder: what is in it, what is not, that it works alone, and when it is refused."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from chipgap.authoring import build, bundle
from chipgap.errors import ChipgapError

from .conftest import REPOSITORY, write_course

LEAK = 'hint = "the answer: steeping_minutes = sum(times) / len(times)"\n'


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small course, built, with the real package and the real project's files around it."""
    root = write_course(tmp_path_factory.mktemp("built") / "project")
    shutil.copytree(REPOSITORY / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(REPOSITORY / "course/student-readme.md", root / "course")
    for path in REPOSITORY.iterdir():
        if path.is_file() and path.name != "README.md":
            shutil.copy(path, root)
    build(root)
    return root


@pytest.fixture
def project(built: Path, tmp_path: Path) -> Path:
    shutil.copytree(built, tmp_path / "project")
    return tmp_path / "project"


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def in_bundle(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a bundle, with the bundle's own package first."""
    return subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip


def test_bundle_holds_what_a_student_needs_and_nothing_of_the_author(project: Path, tmp_path: Path) -> None:
    assert bundle(tmp_path / "out", project, execute=False) == [tmp_path / "out"]
    found = names(tmp_path / "out")
    assert {
        "notebooks/start-here.ipynb", "notebooks/lessons/1-tea.ipynb", "notebooks/exercises/1-tea/1-tea.ipynb",
        "notebooks/exercises/1-tea/cups.csv", "datasets/teas.csv", "requirements.lock", "environment.yml", "postBuild",
        "start.py", "Makefile", "pyproject.toml", "LICENSE", "README.md", "nbgrader_config.py",
        "src/chipgap/cli.py", "src/chipgap/strings/en.toml", "src/chipgap/py.typed",
    } <= found  # fmt: skip
    tops = {name.split("/")[0] for name in found}
    assert not tops & {"course", "tests", "autograded", "benchmarks", ".git", "work", "requirements-dev.lock"}
    assert not [name for name in found if "authoring" in name or "__pycache__" in name]
    assert os.access(tmp_path / "out" / "postBuild", os.X_OK)
    assert list(tmp_path.glob(".out*")) == [], "no scratch folder may stay behind"


def test_bundle_works_alone(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    bundle(folder, project, execute=False)
    where = in_bundle(folder, "-c", "import chipgap.cli; print(chipgap.cli.__file__)")
    assert where.stdout.strip() == str(folder / "src/chipgap/cli.py")
    assert "chipgap lab" in in_bundle(folder, "-m", "chipgap.cli", "--help").stdout
    assert in_bundle(folder, "-m", "chipgap.cli", "work").returncode == 0
    assert (folder / "work/start-here.ipynb").is_file()
    for words in (["build"], ["check"], ["bundle", "x"], ["pictures"]):
        refused = in_bundle(folder, "-m", "chipgap.cli", *words)
        assert refused.returncode == 2
        assert "this is the student's bundle; building needs the full repository" in refused.stderr
        assert "Traceback" not in refused.stderr


def test_zip_holds_the_same_files_and_the_same_bytes_each_time(project: Path, tmp_path: Path) -> None:
    folder, packed = bundle(tmp_path / "out", project, make_zip=True, execute=False)
    first = packed.read_bytes()
    with zipfile.ZipFile(packed) as archive:
        assert {name.removeprefix("out/") for name in archive.namelist()} == names(folder)
        assert archive.getinfo("out/postBuild").external_attr >> 16 & 0o111
    bundle(tmp_path / "out", project, make_zip=True, force=True, execute=False)
    assert packed.read_bytes() == first


def test_a_leak_stops_the_bundle_and_leaves_nothing(project: Path, tmp_path: Path) -> None:
    (project / "src/chipgap/checks/tea.py").write_text(LEAK, encoding="utf-8")
    with pytest.raises(ChipgapError, match=r"src/chipgap/checks/tea\.py.*solution"):
        bundle(tmp_path / "out", project, make_zip=True, execute=False)
    assert [path.name for path in tmp_path.iterdir()] == ["project"]


def test_outputs_of_model_answers_stop_the_bundle(project: Path, tmp_path: Path) -> None:
    (project / "datasets/notes.md").write_text("[('lapsang souchong', 2)]", encoding="utf-8")
    with pytest.raises(ChipgapError, match="output"):
        bundle(tmp_path / "out", project)


def test_stale_notebooks_stop_the_bundle(project: Path, tmp_path: Path) -> None:
    script = project / "course/start-here.py"
    script.write_text(script.read_text(encoding="utf-8") + "\n# %%\n1 + 1\n", encoding="utf-8")
    with pytest.raises(ChipgapError, match="make build"):
        bundle(tmp_path / "out", project, execute=False)


@pytest.mark.parametrize("missing", ["start.py", "LICENSE", "datasets", "course/student-readme.md"])
def test_a_missing_part_is_named(project: Path, tmp_path: Path, missing: str) -> None:
    if missing == "datasets":
        text = (project / "course/syllabus.yml").read_text(encoding="utf-8")
        (project / "course/syllabus.yml").write_text(text.replace("[teas]", "[]"), encoding="utf-8")
        (project / "datasets").rename(project / "away")
        build(project)
    else:
        (project / missing).unlink()
    with pytest.raises(ChipgapError, match=f"{missing} is missing|notebooks/ is not"):
        bundle(tmp_path / "out", project, execute=False)
    assert not (tmp_path / "out").exists()


def test_an_empty_folder_is_used_and_a_full_one_is_not(project: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    bundle(tmp_path / "empty", project, execute=False)
    (tmp_path / "full").mkdir()
    (tmp_path / "full/thesis.txt").write_text("years of work", encoding="utf-8")
    for force in (False, True):
        with pytest.raises(ChipgapError, match="not empty"):
            bundle(tmp_path / "full", project, force=force, execute=False)
    assert names(tmp_path / "full") == {"thesis.txt"}


def test_an_earlier_bundle_is_replaced_only_with_force_and_never_with_work_in_it(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    bundle(folder, project, execute=False)
    (folder / "old.txt").write_text("old", encoding="utf-8")
    with pytest.raises(ChipgapError, match="--force"):
        bundle(folder, project, execute=False)
    bundle(folder, project, force=True, execute=False)
    assert "old.txt" not in names(folder)
    (folder / "work").mkdir()
    with pytest.raises(ChipgapError, match="works in"):
        bundle(folder, project, force=True, execute=False)


@pytest.mark.parametrize("place", [".", "..", "notebooks/out", "course", "start.py"])
def test_no_bundle_over_the_course_itself(project: Path, place: str) -> None:
    with pytest.raises(ChipgapError):
        bundle(project / place, project, force=True, execute=False)
    assert (project / "start.py").is_file()


def test_real_bundle_is_written_and_holds_no_secret(tmp_path: Path) -> None:
    bundle(tmp_path / "out", REPOSITORY)
    assert "notebooks/exercises/1-claim/1-claim.ipynb" in names(tmp_path / "out")
    readme = tmp_path / "out" / "datasets" / "README.md"
    pictures = re.findall(r"^!\[.+\]\((.+)\)$", readme.read_text("utf-8"), re.MULTILINE)
    assert pictures
    assert [path for path in pictures if not (readme.parent / path).is_file()] == []
