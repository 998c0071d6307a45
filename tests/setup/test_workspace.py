"""work/ is made once and never overwritten, whatever changes in the course or is broken in the folder."""

import json
import shutil
import threading
from pathlib import Path

import pytest
from jupytext.config import (
    JupytextConfiguration,
    find_jupytext_configuration_file,
    load_jupytext_configuration_file,
)
from tests.setup.tiny_course import ROOT

from chipgap.errors import ChipgapError
from chipgap.paths import WORK_MARKER
from chipgap.workspace import prepare, tell

LESSON, EXERCISE = "lessons/1-claim.ipynb", "exercises/1-claim/1-claim.ipynb"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a course with three notebooks, and things that are no part of it."""
    for name in ("start-here.ipynb", LESSON, EXERCISE, "lessons/.ipynb_checkpoints/1-claim-checkpoint.ipynb"):
        write(tmp_path / "notebooks" / name, f"first edition of {name}")
    return tmp_path


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def contents(work: Path) -> dict[str, str]:
    """Return all visible files of the student's folder with their text."""
    files = (f for f in work.rglob("*") if f.is_file() and not f.name.startswith("."))
    return {f.relative_to(work).as_posix(): f.read_text(encoding="utf-8") for f in files}


def test_the_first_run_copies_the_course_and_says_so(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tell(prepare(root))
    assert contents(root / "work") == {
        name: f"first edition of {name}" for name in ("start-here.ipynb", LESSON, EXERCISE)
    }
    assert capsys.readouterr().out == (
        "Made work/, your own copy of the course (3 files). Nothing will overwrite it.\n"
    )
    assert (root / "work" / WORK_MARKER).is_file()


def test_a_second_run_does_nothing(root: Path) -> None:
    prepare(root)
    write(root / "work" / LESSON, "mine")
    assert prepare(root) == []
    assert contents(root / "work")[LESSON] == "mine"


def test_a_new_lesson_is_added(root: Path) -> None:
    prepare(root)
    write(root / "notebooks/lessons/2-money.ipynb", "money")
    assert [str(change) for change in prepare(root)] == ["New in the course: work/lessons/2-money.ipynb"]
    assert contents(root / "work")["lessons/2-money.ipynb"] == "money"


def test_a_changed_lesson_arrives_beside_the_student_s(root: Path) -> None:
    prepare(root)
    write(root / "work" / LESSON, "mine")
    write(root / "notebooks" / LESSON, "second edition")
    (change,) = prepare(root)
    beside = "lessons/1-claim (new version).ipynb"
    assert (change.kind, str(change.path)) == ("beside", beside)
    assert f"the new version is work/{beside}" in str(change)
    assert contents(root / "work")[LESSON] == "mine"
    assert contents(root / "work")[beside] == "second edition"
    assert prepare(root) == [], "it is told once"


def test_a_third_edition_does_not_overwrite_notes_in_the_second(root: Path) -> None:
    prepare(root)
    write(root / "notebooks" / LESSON, "second edition")
    prepare(root)
    write(root / "work/lessons/1-claim (new version).ipynb", "my notes in the second")
    write(root / "notebooks" / LESSON, "third edition")
    (change,) = prepare(root)
    assert str(change.path) == "lessons/1-claim (new version 2).ipynb"
    assert contents(root / "work")["lessons/1-claim (new version).ipynb"] == "my notes in the second"


def test_even_an_untouched_file_is_not_overwritten(root: Path) -> None:
    prepare(root)
    write(root / "notebooks" / LESSON, "second edition")
    prepare(root)
    assert contents(root / "work")[LESSON] == f"first edition of {LESSON}"


def test_a_changed_exercise_stays_out_of_the_folder_that_is_handed_in(root: Path) -> None:
    prepare(root)
    write(root / "notebooks" / EXERCISE, "second edition")
    (change,) = prepare(root)
    assert str(change.path) == f"new versions/{EXERCISE}"
    assert [f.name for f in (root / "work" / EXERCISE).parent.iterdir()] == ["1-claim.ipynb"]


def test_a_deleted_file_stays_deleted_even_when_it_changes(root: Path) -> None:
    prepare(root)
    (root / "work" / LESSON).unlink()
    assert prepare(root) == []
    write(root / "notebooks" / LESSON, "second edition")
    assert prepare(root) == []
    assert LESSON not in contents(root / "work")


def test_a_student_s_own_file_of_a_new_lesson_s_name_is_kept(root: Path) -> None:
    prepare(root)
    write(root / "work/lessons/2-money.ipynb", "my own plan")
    write(root / "notebooks/lessons/2-money.ipynb", "money")
    prepare(root)
    found = contents(root / "work")
    assert found["lessons/2-money.ipynb"] == "my own plan"
    assert found["lessons/2-money (new version).ipynb"] == "money"


@pytest.mark.parametrize("marker", [b"", b"{", b"[]", b'{"delivered": 3}', b"\xff\xfe\x00", None])
def test_a_damaged_or_lost_list_costs_no_work(root: Path, marker: bytes | None) -> None:
    prepare(root)
    write(root / "work" / LESSON, "mine")
    (root / "work" / "start-here.ipynb").unlink()
    file = root / "work" / WORK_MARKER
    file.unlink() if marker is None else file.write_bytes(marker)
    changes = prepare(root)
    assert [change.kind for change in changes] == ["listed", "added"]
    found = contents(root / "work")
    assert found[LESSON] == "mine"
    assert set(found) == {"start-here.ipynb", LESSON, EXERCISE}
    assert prepare(root) == []
    if marker is not None:
        assert (root / "work" / f"{WORK_MARKER}.damaged").read_bytes() == marker


def test_a_copy_that_was_cut_off_is_finished(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, copied = shutil.copyfile, []

    def cut_off(source: Path, target: Path) -> Path:
        if copied:
            Path(target).write_text("first edi", encoding="utf-8")
            raise KeyboardInterrupt
        copied.append(target)
        return real(source, target)

    monkeypatch.setattr(shutil, "copyfile", cut_off)
    with pytest.raises(KeyboardInterrupt):
        prepare(root)
    monkeypatch.undo()
    assert [change.kind for change in prepare(root)] == ["added", "added"]
    assert contents(root / "work") == {
        name: f"first edition of {name}" for name in ("start-here.ipynb", LESSON, EXERCISE)
    }
    assert not list((root / "work").rglob(".chipgap-part-*"))


def test_two_at_once_make_one_copy(root: Path) -> None:
    counts: list[int] = []
    threads = [threading.Thread(target=lambda: counts.append(len(prepare(root)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(counts) == [0, 0, 0, 1]


def test_a_file_in_the_way_is_named(root: Path) -> None:
    (root / "work").write_text("notes", encoding="utf-8")
    with pytest.raises(ChipgapError, match="is a file, but your copy of the course goes there"):
        prepare(root)


def test_a_course_without_notebooks_says_so(tmp_path: Path) -> None:
    with pytest.raises(ChipgapError, match="No notebooks in"):
        prepare(tmp_path)


def test_the_list_is_plain_json_with_the_hashes(root: Path) -> None:
    prepare(root)
    delivered = json.loads((root / "work" / WORK_MARKER).read_text(encoding="utf-8"))["delivered"]
    assert set(delivered) == {"start-here.ipynb", LESSON, EXERCISE}
    assert all(len(digest) == 64 for digest in delivered.values())


@pytest.mark.parametrize("name", ["start-here.ipynb", LESSON, EXERCISE, f"new versions/{EXERCISE}"])
def test_jupytext_pairs_nothing_in_work(name: str) -> None:
    """The instructor's pairing would put a second file beside each exercise, and nbgrader submits it."""
    notebook = ROOT / "work" / name
    found = find_jupytext_configuration_file(str(notebook.parent))
    settings = load_jupytext_configuration_file(found) if found else JupytextConfiguration()
    assert settings.default_formats(str(notebook)) is None
