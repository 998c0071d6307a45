"""`chipgap lab` serves the real JupyterLab at the student's start page and says where."""

import http.cookiejar
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chipgap.errors import ChipgapError
from chipgap.workspace import serve

NOTEBOOK = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
SERVE = "import sys; from pathlib import Path; from chipgap import workspace; sys.exit(workspace.serve({}))"
PATIENCE_S = 120


@dataclass
class Lab:
    """A running ``workspace.serve`` and all that it printed so far."""

    process: subprocess.Popen[str]
    printed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            self.printed.extend(stream)

    def wait_for(self, pattern: str) -> str:
        """Return the first match in what was printed; fails with all of it if none comes."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if found := re.search(pattern, "".join(self.printed)):
                return found.group()
            if self.process.poll() is not None:
                time.sleep(0.2)  # the rest of its words
                if found := re.search(pattern, "".join(self.printed)):
                    return found.group()
                break
            time.sleep(0.1)
        raise AssertionError(f"no {pattern!r} in:\n{''.join(self.printed)}")


@pytest.fixture
def course(tmp_path: Path) -> Path:
    root = tmp_path / "Übung 2"
    (root / "notebooks").mkdir(parents=True)
    (root / "notebooks" / "start-here.ipynb").write_text(NOTEBOOK, encoding="utf-8")
    return root


@pytest.fixture
def taken_port() -> Iterator[int]:
    """Hold a port, as another program would."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.fixture
def lab(course: Path, taken_port: int) -> Iterator[Lab]:
    """Run the real JupyterLab, told to use a port that is taken."""
    arguments = f"Path({str(course)!r}), port={taken_port}, open_browser=False"
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE.format(arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        cwd=course,
    )
    running = Lab(process)
    yield running
    process.kill()
    process.wait()


def fetch(address: str) -> tuple[int, str]:
    """Open an address as a browser does, cookies and redirects included."""
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    with urllib.request.build_opener(jar).open(address, timeout=30) as answer:
        return answer.status, answer.read().decode()


def test_lab_answers_at_the_address_it_prints_and_stops_at_ctrl_c(lab: Lab, course: Path, taken_port: int) -> None:
    address = lab.wait_for(r"http://\S+")
    assert "/lab/tree/work/start-here.ipynb?token=" in address
    status, page = fetch(address)
    assert status == 200
    assert "jupyter-config-data" in page
    assert "apputils-extension:announcements" in page, "the news question is switched off"
    assert (course / "work" / "start-here.ipynb").is_file()

    assert f"Port {taken_port} is taken by another program" in "".join(lab.printed)
    assert f":{taken_port}/" not in address

    lab.process.send_signal(signal.SIGINT)
    lab.wait_for("Stopped. What you saved is in")
    assert lab.process.wait(30) == 0
    assert "Traceback" not in "".join(lab.printed)


def test_a_number_that_is_no_port_is_refused(course: Path) -> None:
    with pytest.raises(ChipgapError, match="70000 is not a port"):
        serve(course, port=70000)
