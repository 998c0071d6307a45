"""start.py: a set-up that says what it does, survives interruption and starts at once the second time."""

import ast
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.setup.tiny_course import ROOT, Course, SlowIndex, ran

START = ROOT / "start.py"


def start_in_a_python_with(fault: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run start.py in an interpreter in which ``fault`` was executed first."""
    code = f"import runpy, sys\n{fault}\nsys.argv = ['start.py', *{words!r}]\n"
    code += f"runpy.run_path({str(folder / 'start.py')!r}, run_name='__main__')"
    argv = [sys.executable, "-c", code]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False, encoding="utf-8")


@pytest.mark.parametrize("version", [(3, 7), (3, 8), (3, 9), (3, 10)])
def test_an_old_python_can_read_the_file(version: tuple[int, int]) -> None:
    ast.parse(START.read_text(encoding="utf-8"), feature_version=version)


def test_an_old_python_is_told_what_is_needed(course: Course) -> None:
    result = start_in_a_python_with("sys.version_info = (3, 8, 10, 'final', 0)", course.root, "lab")
    assert result.returncode == 1
    assert "needs Python 3.11 or newer" in result.stdout
    assert "This is Python 3.8.10" in result.stdout
    assert "Traceback" not in result.stderr
    assert not (course.root / ".venv").exists()


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_without_venv_names_the_package_to_install(course: Course, module: str) -> None:
    result = start_in_a_python_with(f"sys.modules[{module!r}] = None", course.root, "lab")
    assert result.returncode == 1
    assert f"sudo apt install python{sys.version_info[0]}.{sys.version_info[1]}-venv" in result.stdout
    assert "Traceback" not in result.stderr


def test_help_teaches_and_sets_nothing_up(course: Course) -> None:
    status, printed = course.start("--help")
    assert status == 0
    assert "python start.py lab" in printed
    assert "start.py test -k ledger" in printed
    assert not (course.root / ".venv").exists()


def test_a_mistyped_word_is_guessed(course: Course) -> None:
    status, printed = course.start("lba")
    assert status == 2
    assert "Did you mean lab?" in printed


def test_the_student_edition_says_that_it_has_no_tests(course: Course) -> None:
    (course.root / "requirements-dev.lock").unlink()
    status, printed = course.start("test")
    assert status == 1
    assert "student's edition" in printed
    assert "python start.py lab" in printed


def test_the_command_runs_in_venv_with_its_words(ready_course: Course, tmp_path: Path) -> None:
    ready_course.settings["PYTHONPATH"] = str(tmp_path)
    try:
        status, printed = ready_course.start("lab", "--port", "8890", "two words")
    finally:
        del ready_course.settings["PYTHONPATH"]
    seen = ran(printed)
    assert status == 0
    assert seen["words"] == ["lab", "--port", "8890", "two words"]
    assert seen["prefix"] == str(ready_course.root / ".venv")
    assert seen["cwd"] == str(ready_course.root)
    assert seen["pythonpath"] is None


def test_a_second_run_starts_at_once(ready_course: Course) -> None:
    cpu_s = []
    for _ in range(4):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        _, printed = ready_course.start("lab")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu_s.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        assert printed.startswith("RAN "), "a second run says nothing of its own"
    # 0.15 s, the command's own start included. Processor time, since other programs may be busy too.
    assert min(cpu_s) < 0.5


def test_a_changed_lock_is_installed(ready_course: Course) -> None:
    ready_course.lock("2.0")
    _, printed = ready_course.start("lab")
    assert "Updating" in printed
    assert "1/3" not in printed
    assert ran(printed)["tiny"] == "2.0"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill"])
def test_an_interrupted_set_up_is_finished_by_the_next_run(
    course: Course, slow_index: SlowIndex, how: signal.Signals
) -> None:
    process = course.popen("lab")
    try:
        assert slow_index.asked.wait(120)
        os.killpg(process.pid, how)
        printed, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert "RAN" not in printed
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert "run the same command again" in printed
        assert "Traceback" not in printed
    slow_index.go_on.set()
    status, printed = course.start("lab")
    assert status == 0
    assert ran(printed)["tiny"] == "1.0"


def test_two_set_ups_at_once_do_not_disturb_each_other(course: Course, slow_index: SlowIndex) -> None:
    first = course.popen("lab")
    assert slow_index.asked.wait(120)
    second = course.popen("lab")
    try:
        time.sleep(1)
        slow_index.go_on.set()
        printed = [process.communicate(timeout=120)[0] for process in (first, second)]
    finally:
        first.kill()
        second.kill()
    assert "Another set-up is running" in printed[1]
    assert "1/3" not in printed[1]
    assert [ran(text)["tiny"] for text in printed] == ["1.0", "1.0"]


def test_no_network_says_so_and_shows_the_end_of_pip_s_output(course: Course) -> None:
    closed = "http://127.0.0.1:9/simple"
    course.settings |= {"PIP_NO_INDEX": "", "PIP_FIND_LINKS": "", "PIP_INDEX_URL": closed, "PIP_RETRIES": "1"}
    status, printed = course.start("lab")
    assert status == 1
    assert "Are you online?" in printed
    assert "No matching distribution found for tiny==1.0" in printed
    assert ".venv-setup.log" in printed
    assert "Traceback" not in printed


def test_a_wheel_that_is_not_the_locked_one_is_refused(course: Course) -> None:
    course.lock(digest="0" * 64)
    status, printed = course.start("lab")
    assert status == 1
    assert "not the one that the lock names" in printed
    course.lock()
    status, printed = course.start("lab")
    assert ran(printed)["tiny"] == "1.0"
    assert "1/3" not in printed, "what was done already is not done again"


def test_a_moved_folder_is_set_up_anew(ready_course: Course) -> None:
    ready_course.root = ready_course.root.rename(ready_course.root.with_name("moved"))
    _, printed = ready_course.start("lab")
    assert "1/3 making .venv" in printed
    assert ran(printed)["prefix"] == str(ready_course.root / ".venv")


def test_a_venv_whose_python_vanished_is_set_up_anew(ready_course: Course) -> None:
    python = ready_course.root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    _, printed = ready_course.start("lab")
    assert "1/3 making .venv" in printed
    assert ran(printed)["prefix"] == str(ready_course.root / ".venv")


def test_a_venv_that_somebody_else_made_is_set_aside(course: Course) -> None:
    mine = course.root / ".venv" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("my own", encoding="utf-8")
    status, printed = course.start("lab")
    assert status == 0
    assert ".venv.old-1" in printed
    assert (course.root / ".venv.old-1" / "mine.txt").read_text(encoding="utf-8") == "my own"


@pytest.mark.parametrize("word", ["lab", "test", "build", "bench", "pictures", "lock"])
def test_make_passes_each_word_to_start_py(word: str) -> None:
    make = shutil.which("make")
    if make is None:
        pytest.skip("this machine has no make; python start.py does the same")
    # Run by `make test` itself, an inner make would say which folder it enters.
    own = {
        name: value for name, value in os.environ.items() if name not in {"MAKELEVEL", "MAKEFLAGS", "MFLAGS", "ARGS"}
    }
    command = [make, "--no-print-directory", "-n", word]
    told = subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, check=True, timeout=30).stdout
    assert told.split()[1:3] == ["start.py", word]
