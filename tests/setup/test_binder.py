"""repo2docker reads the repository as we mean it, and postBuild makes what the launch link opens."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.setup.tiny_course import ROOT


@pytest.fixture(scope="module")
def told() -> str:
    """Return what ``jupyter-repo2docker --no-build --debug .`` prints: the image's recipe."""
    program = Path(sys.executable).with_name("jupyter-repo2docker")
    argv = [sys.executable, str(program), "--no-build", "--debug", "."]
    result = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout + result.stderr


def test_repo2docker_sees_our_python(told: str) -> None:
    assert "Building conda environment for python=3.11" in told
    assert "unspecified" not in told


def test_repo2docker_makes_the_environment_before_it_copies_the_course(told: str) -> None:
    update = re.search(r'env update .*--file "environment\.yml"', told)
    copy = re.search(r"^COPY .* src/ ", told, re.MULTILINE)
    assert update
    assert copy
    assert update.start() < copy.start(), "a local line in environment.yml makes every commit rebuild all of it"


def test_repo2docker_runs_post_build(told: str) -> None:
    assert re.search(r"^RUN \./postBuild$", told, re.MULTILINE)


def test_post_build_stops_at_the_first_error() -> None:
    lines = (ROOT / "postBuild").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    assert "set -e" in lines
    assert os.access(ROOT / "postBuild", os.X_OK)


def test_post_build_installs_the_course_and_makes_the_student_s_copy(tmp_path: Path) -> None:
    """The real script runs, with programs in place of pip, chipgap and jupyter that say how they were called."""
    calls = tmp_path / "calls"
    for name in ("python", "chipgap", "jupyter"):
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\necho {name} "$@" >> "{calls}"\n', encoding="utf-8")
        program.chmod(0o755)
    path = os.pathsep.join([str(tmp_path), os.defpath])
    subprocess.run(["bash", str(ROOT / "postBuild")], env={"PATH": path}, cwd=tmp_path, check=True, timeout=30)
    install, work, *_ = calls.read_text(encoding="utf-8").splitlines()
    assert install.startswith("python -m pip install")
    assert {"--no-deps", "--no-build-isolation", "--editable"} <= set(install.split())
    assert work == "chipgap work"
