"""The check of the environment finds what is wrong, says it in plain words, and says what to do."""

import errno
import shutil
from collections import namedtuple
from pathlib import Path

import pytest
from tests.setup.tiny_course import ROOT

from chipgap import doctor, paths
from chipgap.doctor import Finding, Report


@pytest.fixture
def student(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a student's folder and work in it, on no Binder."""
    (tmp_path / paths.WORK_MARKER).touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CHIPGAP_WORK", raising=False)
    for sign in ("BINDER_SERVICE_HOST", "BINDER_LAUNCH_HOST", "BINDER_REF_URL"):
        monkeypatch.delenv(sign, raising=False)
    return tmp_path


def finding(check: str) -> Finding:
    return {found.check: found for found in doctor.examine()}[check]


def with_lock(monkeypatch: pytest.MonkeyPatch, folder: Path, lock: str | None) -> None:
    """Let the doctor see a course whose lock is ``lock``; its data are the real ones."""
    root = folder / "course"
    root.mkdir()
    if lock is not None:
        (root / "requirements.lock").write_text(lock, encoding="utf-8")
    monkeypatch.setattr(doctor, "project_root", lambda: root)


def test_this_very_environment_is_well(student: Path) -> None:
    wrong = [str(found) for found in doctor.examine() if found.status != "ok"]
    assert not wrong


def test_a_package_of_another_version_is_named(student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_lock(
        monkeypatch, tmp_path, "pandas==1.0.0 \\\n    --hash=sha256:00\nno-such-thing==1\nabsent==1 ; os_name == 'x'\n"
    )
    found = finding("packages")
    assert found.status == "problem"
    assert found.says.startswith("2 of 2 packages are not the versions")
    assert "pandas" in found.says
    assert "no-such-thing is missing" in found.says
    assert "python start.py lab" in found.advice


def test_a_missing_lock_is_a_finding_and_stops_no_other_check(
    student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_lock(monkeypatch, tmp_path, None)
    assert "requirements.lock cannot be read" in finding("packages").says
    assert finding("datasets").is_ok
    assert finding("nbgrader").status == "note"


def test_a_missing_labextension_is_named(student: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def without_plotly(_: str) -> list[str]:
        for name in ("@jupyter-widgets/jupyterlab-manager", "anywidget"):
            (tmp_path / "labextensions" / name).mkdir(parents=True, exist_ok=True)
            (tmp_path / "labextensions" / name / "package.json").touch()
        return [str(tmp_path / "labextensions")]

    monkeypatch.setattr(doctor, "jupyter_path", without_plotly)
    found = finding("widgets")
    assert found.status == "problem"
    assert "JupyterLab lacks jupyterlab-plotly." in found.says


def test_unreadable_data_are_a_finding(student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "data"
    shutil.copytree(ROOT / "datasets", copy)
    (copy / "claims.csv").write_text("nonsense\n1\n", encoding="utf-8")
    monkeypatch.setenv("CHIPGAP_DATASETS", str(copy))
    found = finding("datasets")
    assert found.status == "problem"
    assert "claims.csv" in found.says


def test_a_folder_that_cannot_be_written_is_named(student: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(doctor.tempfile, "NamedTemporaryFile", refuse)
    found = finding("folder")
    assert found.status == "problem"
    assert str(student) in found.says
    assert "Permission denied" in found.says
    assert found.advice


def test_a_notebook_outside_the_student_s_copy_is_noticed(student: Path) -> None:
    (student / paths.WORK_MARKER).unlink()
    found = finding("folder")
    assert found.status == "note"
    assert "not in your copy of the course" in found.says


def test_a_damaged_ledger_is_told(student: Path) -> None:
    (student / "ledger.json").write_text("{ half", encoding="utf-8")
    found = finding("ledger")
    assert found.status == "note"
    assert "ledger" in found.says


def test_a_full_disk_is_told(student: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage(10**9, 10**9, 3_000_000))
    assert finding("space").says.startswith("Only 3 MB are free")


def test_binder_is_told_to_forget(student: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BINDER_SERVICE_HOST", "10.0.0.1")
    found = finding("place")
    assert found.status == "note"
    assert "forgets everything" in found.says
    assert "Download" in found.advice


def test_the_list_says_each_status_in_words_and_escapes_names() -> None:
    report = Report(
        [
            Finding("a", "ok", "All well."),
            Finding("b", "problem", "No <space> & air.", "Make some."),
            Finding("c", "note", "So."),
        ]
    )
    shown = report._repr_html_()
    assert "<li><strong>OK:</strong> All well.</li>" in shown
    assert "<strong>Problem:</strong> No &lt;space&gt; &amp; air. <em>Make some.</em>" in shown
    assert "<strong>Note:</strong>" in shown
    assert report.summary.startswith("1 of 3 checks")
    assert "Problem  No <space> & air." in str(report)
