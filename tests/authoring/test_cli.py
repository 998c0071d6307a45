"""The ``chipgap`` command: teaches, and tells the reader's own errors without a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

from chipgap import cli, workspace
from chipgap.authoring import builder, leaks
from chipgap.errors import ChipgapError

WORDS = ["lab", "work", "doctor", "build", "check", "bundle", "pictures"]


def test_help_names_every_word_and_where_to_start(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--help"])
    assert stopped.value.code == 0
    text = capsys.readouterr().out
    assert all(word in text for word in [*WORDS, "start with:"])


@pytest.mark.parametrize("word", WORDS)
def test_each_words_help_has_an_example_and_what_comes_next(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main([word, "--help"])
    text = capsys.readouterr().out
    assert f"chipgap {word}" in text.partition("example:")[2]
    assert "next:" in text


def test_readers_error_is_a_message_and_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(root: Path) -> None:
        raise ChipgapError("the disk is full")

    monkeypatch.setattr(workspace, "prepare", fail)
    assert cli.main(["work"]) == 2
    assert capsys.readouterr().err == "chipgap work: the disk is full\n"


def test_our_own_error_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(root: Path) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(workspace, "prepare", fail)
    with pytest.raises(ValueError, match="a bug"):
        cli.main(["work"])


def test_lab_passes_its_words_on(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def serve(root: Path, port: int | None = None, *, open_browser: bool = True, extra_args: object = ()) -> int:
        seen.append((port, open_browser, list(extra_args)))
        return 7

    monkeypatch.setattr(workspace, "serve", serve)
    assert cli.main(["lab", "--port", "9000", "--no-browser", "--", "--ip=0.0.0.0", "x"]) == 7
    assert cli.main(["lab"]) == 7
    assert seen == [(9000, False, ["--ip=0.0.0.0", "x"]), (None, True, [])]


def test_build_prints_what_it_did(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "project_root", lambda: course)
    assert cli.main(["build"]) == 0
    assert "wrote notebooks/lessons/1-tea.ipynb" in capsys.readouterr().out
    assert cli.main(["build"]) == 0
    assert "unchanged" in capsys.readouterr().out


def test_check_fails_on_a_leak_and_passes_without(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    builder.build(course)
    monkeypatch.setattr(cli, "project_root", lambda: course)
    monkeypatch.setattr(leaks, "project_root", lambda: course)
    assert cli.main(["check", "--no-execute"]) == 0
    (course / "notebooks/leak.md").write_text("lapsang souchong", encoding="utf-8")
    assert cli.main(["check", "--no-execute"]) == 1
    assert "leak.md: solution: 'lapsang souchong'" in capsys.readouterr().out
    assert cli.main(["check", str(course / "datasets"), "--no-execute"]) == 0


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys, chipgap.cli; print([m for m in ('pandas', 'jupytext', 'nbgrader', 'plotly') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
