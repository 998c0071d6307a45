"""A tiny project around the real start.py, so that its set-up runs whole and in seconds, without a network."""

import base64
import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# A build backend of its own, so that installing the tiny course needs nothing from outside.
BACKEND = '''
import base64, hashlib, zipfile

SCRIPT = """
import importlib.metadata, json, os, sys

def main():
    seen = {"words": sys.argv[1:], "prefix": sys.prefix, "cwd": os.getcwd()}
    seen["pythonpath"] = os.environ.get("PYTHONPATH")
    seen["tiny"] = importlib.metadata.version("tiny")
    print("RAN " + json.dumps(seen))
"""

def build_editable(folder, config_settings=None, metadata_directory=None):
    info = "chipgap-1.dist-info/"
    files = {
        "chipgap_tiny.py": SCRIPT,
        info + "METADATA": "Metadata-Version: 2.1\\nName: chipgap\\nVersion: 1\\n",
        info + "WHEEL": "Wheel-Version: 1.0\\nGenerator: tiny\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        info + "entry_points.txt": "[console_scripts]\\nchipgap = chipgap_tiny:main\\n",
    }
    files[info + "RECORD"] = "".join(name + ",,\\n" for name in [*files, info + "RECORD"])
    with zipfile.ZipFile(folder + "/chipgap-1-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    return "chipgap-1-py3-none-any.whl"

build_wheel = build_editable
'''


@dataclass
class Course:
    """A folder with start.py, a lock of one small wheel, and a package ``chipgap`` that tells what it saw."""

    root: Path
    wheels: Path
    settings: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """Return an environment in which pip reaches only the tiny course's own wheels."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
        offline = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels)}
        return kept | offline | {"PIP_NO_CACHE_DIR": "1"} | self.settings

    def popen(self, *words: str) -> subprocess.Popen[str]:
        """Start start.py from another folder, as a process group of its own."""
        argv = [sys.executable, str(self.root / "start.py"), *words]
        return subprocess.Popen(
            argv,
            env={k: v for k, v in self.environment().items() if v},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            cwd=self.root.parent,
            start_new_session=True,
        )

    def start(self, *words: str) -> tuple[int, str]:
        """Run start.py to its end; returns its exit status and all it printed."""
        process = self.popen(*words)
        try:
            printed, _ = process.communicate(timeout=180)
        finally:
            process.kill()
        return process.returncode, printed

    def lock(self, version: str = "1.0", digest: str | None = None) -> None:
        """Write both locks: one wheel, and one package that is for another system."""
        wheel = make_wheel(self.wheels, version)
        digest = digest or hashlib.sha256(wheel.read_bytes()).hexdigest()
        text = (
            f"tiny=={version} \\\n    --hash=sha256:{digest}\n"
            f"elsewhere==1.0 ; sys_platform == 'plan9' \\\n    --hash=sha256:{digest}\n"
        )
        for name in ("requirements.lock", "requirements-dev.lock"):
            (self.root / name).write_text(text, encoding="utf-8")


def ran(printed: str) -> dict[str, object]:
    """Return what the tiny course's command saw; fails with all that was printed if it never ran."""
    lines = [line for line in printed.splitlines() if line.startswith("RAN ")]
    assert lines, printed
    seen: dict[str, object] = json.loads(lines[-1].removeprefix("RAN "))
    return seen


def make_wheel(folder: Path, version: str) -> Path:
    """Build the wheel of the package ``tiny`` by hand."""
    folder.mkdir(exist_ok=True)
    info = f"tiny-{version}.dist-info/"
    files = {
        "tiny.py": f"VERSION = {version!r}\n",
        f"{info}METADATA": f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n",
        f"{info}WHEEL": "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for name, text in files.items():
        mark = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={mark},{len(text.encode())}\n"
    files[f"{info}RECORD"] = f"{record}{info}RECORD,,\n"
    wheel = folder / f"tiny-{version}-py3-none-any.whl"
    if not wheel.exists():
        with zipfile.ZipFile(wheel, "w") as archive:
            for name, text in files.items():
                archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text)
    return wheel


def make_course(folder: Path) -> Course:
    """Make the tiny project, in a folder whose name has a space and an accent."""
    root = folder / "Übung 1"
    root.mkdir()
    shutil.copyfile(ROOT / "start.py", root / "start.py")
    (root / "backend.py").write_text(BACKEND, encoding="utf-8")
    (root / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "chipgap"\nversion = "1"\n',
        encoding="utf-8",
    )
    course = Course(root, folder / "wheels")
    course.lock()
    return course


class SlowIndex:
    """A package index on this machine that serves nothing until ``go_on`` is set.

    ``asked`` is set when pip waits for the wheel: the moment to pull the plug.
    """

    def __init__(self, wheels: Path) -> None:
        self.asked, self.go_on = threading.Event(), threading.Event()
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.rsplit("/", 1)[-1]
                if name.endswith(".whl"):
                    index.asked.set()
                    index.go_on.wait(60)
                    body = (wheels / name).read_bytes()
                else:
                    links = "".join(f'<a href="/files/{w.name}">{w.name}</a>' for w in wheels.glob("*.whl"))
                    body = f"<!DOCTYPE html><html><body>{links}</body></html>".encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/octet-stream" if name.endswith(".whl") else "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                pass

            def handle(self) -> None:
                with contextlib.suppress(ConnectionError):  # pip was killed: that is what the test is about
                    super().handle()

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def settings(self) -> dict[str, str]:
        """The environment that sends pip here."""
        index = f"http://127.0.0.1:{self.server.server_port}/simple"
        return {"PIP_NO_INDEX": "", "PIP_FIND_LINKS": "", "PIP_INDEX_URL": index}
