"""A course, its instructor and its students, each with nbgrader's own commands in processes of their own."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

PROJECT = Path(__file__).resolve().parents[2]
CONFIG = PROJECT / "nbgrader_config.py"
DRIVER = Path(__file__).with_name("drive_nbgrader.py")
KERNEL = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}}


def markdown(text: str) -> NotebookNode:
    return nbformat.v4.new_markdown_cell(text)


def graded(name: str, source: str, *, points: float = 0, kind: str = "test") -> NotebookNode:
    """Return a source cell as nbgrader's toolbar would mark it: a test, a solution or a written answer."""
    make = nbformat.v4.new_markdown_cell if kind == "written" else nbformat.v4.new_code_cell
    marks = {
        "grade": kind != "solution",
        "solution": kind != "test",
        "locked": kind == "test",
        "task": False,
        "grade_id": name,
        "schema_version": 3,
        "cell_type": "markdown" if kind == "written" else "code",
    }
    if kind != "solution":
        marks["points"] = points
    tags = ["raises-exception"] if kind == "test" else []
    return make(source, metadata={"nbgrader": marks, "tags": tags})


def write_notebook(path: Path, cells: Iterable[NotebookNode]) -> None:
    notebook = nbformat.v4.new_notebook(cells=list(cells), metadata=KERNEL)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def grade_id(cell: NotebookNode) -> str | None:
    name: str | None = cell.metadata.get("nbgrader", {}).get("grade_id")
    return name


def is_autograded(cell: NotebookNode) -> bool:
    marks = cell.metadata.get("nbgrader", {})
    return bool(marks.get("grade")) and not marks.get("solution")


@dataclass
class Lab:
    """A running JupyterLab."""

    address: str
    logfile: Path

    def get(self, path: str) -> str:
        """Return what the server answers; an error status raises."""
        with urllib.request.urlopen(f"{self.address}/{path}", timeout=60) as answer:
            text: str = answer.read().decode()
        return text

    def get_json(self, path: str) -> Any:
        """Return what the server answers, read as JSON."""
        return json.loads(self.get(path))

    def log(self) -> str:
        """Return what the server has said so far."""
        return self.logfile.read_text(encoding="utf-8")

    def wait(self, process: subprocess.Popen[bytes], patience_s: float = 120) -> None:
        """Return when the server answers."""
        end = time.monotonic() + patience_s
        while time.monotonic() < end and process.poll() is None:
            with suppress(OSError):
                self.get("api/status")
                return
            time.sleep(0.5)
        raise AssertionError(f"JupyterLab did not start:\n{self.log()}")


@dataclass
class Classroom:
    """A project folder with the real ``nbgrader_config.py``, an exchange, and a folder per student."""

    folder: Path

    def __post_init__(self) -> None:
        self.root = self.folder / "course of 2026"  # a space, as in many a home folder
        self.root.mkdir(parents=True)
        shutil.copy(CONFIG, self.root)

    @property
    def exchange(self) -> Path:
        """Where students and instructor meet."""
        return self.folder / "exchange"

    def env(self, config_path: Path | None = None, home: str = "instructor") -> dict[str, str]:
        """Return a clean environment: nothing of the account that runs the tests reaches nbgrader."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "CHIPGAP"))}
        own = self.folder / "homes" / home
        own.mkdir(parents=True, exist_ok=True)
        more = {
            "HOME": str(own),
            "JUPYTER_CONFIG_DIR": str(own / "config"),
            "JUPYTER_DATA_DIR": str(own / "data"),
            "IPYTHONDIR": str(own / "ipython"),
            "CHIPGAP_EXCHANGE": str(self.exchange),
        }
        if config_path:
            more["JUPYTER_CONFIG_PATH"] = str(config_path)
        return {**kept, **more}

    def nbgrader(self, *arguments: str, ok: bool = True) -> str:
        """Run one of nbgrader's commands as the instructor; return what it said."""
        return self._run([sys.executable, "-m", "nbgrader", *arguments], ok=ok)

    def python(self, *arguments: str, ok: bool = True) -> str:
        """Run this Python as the instructor; return what it said."""
        return self._run([sys.executable, *arguments], ok=ok)

    def _run(self, command: list[str], *, ok: bool) -> str:
        done = subprocess.run(
            command, cwd=self.root, env=self.env(), capture_output=True, text=True, timeout=300, check=False
        )
        said = done.stdout + done.stderr
        assert (done.returncode == 0) == ok, said
        return said

    def home_of(self, student: str) -> Path:
        """Return the student's own copy of the course: the config, and ``work/``; no ``course/``."""
        copy = self.folder / "students" / student
        if not copy.exists():
            (copy / "work" / "exercises").mkdir(parents=True)
            shutil.copy(CONFIG, copy)
        return copy

    def as_instructor(self, *commands: list[str]) -> list[str]:
        """Run several nbgrader commands, in order and in one process; return what each said."""
        return self._drive([{"cwd": str(self.root), "env": self.env(), "argv": argv} for argv in commands])

    def as_students(self, commands: Mapping[str, list[str]]) -> dict[str, str]:
        """Run one nbgrader command per student, from the student's ``work/``; return what each said."""
        steps = [
            {
                "cwd": str(self.home_of(student) / "work"),
                "env": self.env(self.home_of(student), home=student),
                "argv": argv,
            }
            for student, argv in commands.items()
        ]
        return dict(zip(commands, self._drive(steps), strict=True))

    def _drive(self, steps: list[dict[str, object]]) -> list[str]:
        done = subprocess.run(
            [sys.executable, str(DRIVER)],
            input=json.dumps(steps),
            env=self.env(),
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        said: list[str] = json.loads(done.stdout.splitlines()[-1])
        return said

    @contextmanager
    def jupyter_lab(self) -> Iterator[Lab]:
        """Start JupyterLab in the project's folder; stop it at the end."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        lab = Lab(f"http://127.0.0.1:{port}", self.folder / "lab.log")
        options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--IdentityProvider.token="]
        with lab.logfile.open("wb") as log:
            command = [sys.executable, "-m", "jupyterlab", *options]
            process = subprocess.Popen(command, cwd=self.root, env=self.env(), stdout=log, stderr=log)
            try:
                lab.wait(process)
                yield lab
            finally:
                process.terminate()
                process.wait(30)

    def released(self, assignment: str) -> Path:
        """Return the notebook that students receive."""
        return self.root / "notebooks" / "exercises" / assignment / f"{assignment}.ipynb"

    def work_of(self, student: str, assignment: str) -> Path:
        """Return the student's folder of the assignment."""
        return self.home_of(student) / "work" / "exercises" / assignment
