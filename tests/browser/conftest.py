"""What every browser test needs: a real JupyterLab on a copy of its own, and a headless Chromium.

Without a Chromium the tests are skipped with a line that cannot be overlooked; where ``CI`` is set its
absence fails them. ``CHIPGAP_CHROMIUM`` names another one than /usr/bin/chromium.
"""

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import pytest
from axe_core_python.sync_playwright import Axe

CHROMIUM = Path(os.environ.get("CHIPGAP_CHROMIUM", "/usr/bin/chromium"))
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_S, CELL_MS = 90, 120_000
SHOTS = Path(os.environ.get("CHIPGAP_SHOTS", "")) if os.environ.get("CHIPGAP_SHOTS") else None

# Chromium and JupyterLab say these on any page; none of them is about the course.
_NOT_OURS = re.compile(
    r"favicon|The FetchEvent for|Permissions-Policy|was preloaded using link preload|deprecat|"
    r"/lsp/|webgl|swiftshader|GroupMarkerNotSet",
    re.IGNORECASE,
)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not CHROMIUM.exists() and terminalreporter.stats.get("skipped"):
        terminalreporter.write_line("")
        terminalreporter.write_line(
            f"!!! NO BROWSER TEST WAS RUN: no Chromium at {CHROMIUM} (set CHIPGAP_CHROMIUM) !!!",
            red=True,
            bold=True,
        )


def _need_chromium() -> None:
    if CHROMIUM.exists():
        return
    message = f"no Chromium at {CHROMIUM}: install Debian's chromium, or name yours in CHIPGAP_CHROMIUM"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Yield a headless Chromium for the whole session."""
    _need_chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=CHROMIUM_ARGS)
        yield chromium
        chromium.close()


@dataclass
class JupyterLab:
    """A running JupyterLab: its folder, address and token."""

    folder: Path
    port: int
    token: str

    def url(self, path: str) -> str:
        """Return the address of ``path`` on this server, with its token."""
        return f"http://127.0.0.1:{self.port}/{path}?token={self.token}"

    def stop_kernels(self) -> None:
        """Shut every kernel down, so that a test never shares one with the test before it."""
        for kernel in json.loads(self._ask("GET", "api/kernels")):
            self._ask("DELETE", f"api/kernels/{kernel['id']}")

    def _ask(self, method: str, path: str) -> bytes:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/{path}",
            method=method,
            headers={"Authorization": f"token {self.token}"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _await_lab(lab: JupyterLab, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            lab._ask("GET", "api/status")
        except OSError:
            time.sleep(0.3)
        else:
            return
    pytest.fail(f"JupyterLab did not start within {START_S} s:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterLab]:
    """Yield the real JupyterLab on an empty folder with settings of its own (``lab.folder``)."""
    _need_chromium()
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("course")
    lab = JupyterLab(folder, _free_port(), secrets.token_hex(16))
    own = {"JUPYTER_CONFIG_DIR": home / "config", "JUPYTERLAB_SETTINGS_DIR": home / "settings",
           "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces", "JUPYTER_RUNTIME_DIR": home / "runtime",
           "IPYTHONDIR": home / "ipython", "CHIPGAP_WORK": folder}  # fmt: skip
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={lab.port}",
               "--ServerApp.port_retries=0", f"--IdentityProvider.token={lab.token}", "--ServerApp.ip=127.0.0.1",
               f"--ServerApp.root_dir={folder}", "--LabApp.expose_app_in_browser=True"]  # fmt: skip
    quiet = home / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True)
    quiet.write_text('{"fetchNews": "false", "checkForUpdates": false}')  # no pop-up over the pictures
    tracker = home / "settings" / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
    tracker.parent.mkdir(parents=True)
    tracker.write_text('{"windowingMode": "none"}')  # every cell is in the page, those below the screen too
    log = home / "jupyter.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command,
            env=os.environ | {key: str(value) for key, value in own.items()},
            stdout=sink,
            stderr=sink,
            cwd=folder,
        )
        try:
            _await_lab(lab, process, log)
            yield lab
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


@dataclass
class Notebook:
    """One notebook open in JupyterLab. ``page`` is Playwright's; the rest says what the tests mean."""

    page: Any
    lab: JupyterLab
    path: str
    said: list[str] = field(default_factory=list)

    def run_all(self) -> None:
        """Run all cells and wait until the kernel has done them."""
        self.page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
        self.wait_idle()

    def wait_idle(self) -> None:
        """Wait until no cell waits or runs, and the kernel has been idle for over a second.

        Between two cells of a run the kernel is idle for a moment too, and a busy machine stretches it.
        """
        self.page.wait_for_function(
            """() => {
                const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputArea-prompt')].map(p => p.textContent);
                const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                const idle = kernel.status === 'idle' && prompts.some(p => /\\d/.test(p))
                  && prompts.every(p => !p.includes('*'));
                if (!idle) window.idleSince = undefined;
                else window.idleSince ??= performance.now();
                return idle && performance.now() - window.idleSince > 1200;
            }""",
            timeout=CELL_MS,
            polling=200,
        )

    def run(self, code: str) -> None:
        """Run ``code`` in the notebook's kernel, as a student's other cell would."""
        self.page.evaluate(
            """async (code) => {
                const panel = jupyterapp.shell.currentWidget;
                const kernel = panel.sessionContext.session.kernel;
                const reply = await kernel.requestExecute({code}).done;
                if (reply.content.status !== 'ok') throw new Error(reply.content.evalue);
            }""",
            code,
        )

    def tracebacks(self) -> list[str]:
        """Return the errors that cells show."""
        return self.page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr'], "
                                 ".jp-RenderedText[data-mime-type='application/vnd.jupyter.error']").all_text_contents()  # fmt: skip

    def console_errors(self) -> list[str]:
        """Return what the page complained of so far, without what JupyterLab says on any page."""
        return [line for line in self.said if not _NOT_OURS.search(line)]

    def axe(self, selector: str) -> list[str]:
        """Return axe-core's findings within ``selector``, one readable line each."""
        self.page.evaluate(Axe().axe_script)
        result = self.page.evaluate("selector => axe.run(selector)", selector)
        assert result["passes"], "axe looked at nothing"
        return [
            f"{fault['id']} ({fault['impact']}): {fault['help']}: {node['html'][:200]} {node.get('failureSummary', '')}"
            for fault in result["violations"]
            for node in fault["nodes"]
        ]

    def theme(self, name: str) -> None:
        """Switch to "JupyterLab Light" or "JupyterLab Dark" and wait until it is there."""
        self.page.evaluate("name => jupyterapp.commands.execute('apputils:change-theme', {theme: name})", name)
        light = "false" if "Dark" in name else "true"
        self.page.wait_for_selector(f"body[data-jp-theme-light='{light}']", state="attached")
        self.page.wait_for_timeout(600)

    def screenshot(self, name: str, selector: str | None = None) -> Path | None:
        """Save a picture if ``CHIPGAP_SHOTS`` names a folder for them."""
        if SHOTS is None:
            return None
        SHOTS.mkdir(parents=True, exist_ok=True)
        size = self.page.viewport_size
        if selector:  # so tall that nothing scrolls out of the picture
            self.page.set_viewport_size({"width": size["width"], "height": 2600})
            self.page.wait_for_timeout(400)
        target = self.page.locator(selector).first if selector else self.page
        target.screenshot(path=SHOTS / f"{name}.png")
        self.page.set_viewport_size(size)
        return SHOTS / f"{name}.png"


@pytest.fixture
def open_notebook(lab: JupyterLab, browser: Any) -> Iterator[Any]:
    """Return a function: (path in ``lab.folder``, width=1600, height=1000) -> an open :class:`Notebook`."""
    contexts = []

    def open_(path: str, *, width: int = 1600, height: int = 1000) -> Notebook:
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(CELL_MS)
        notebook = Notebook(page, lab, path)
        page.on("console", lambda line: notebook.said.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: notebook.said.append(str(error)))
        page.goto(lab.url(f"lab/tree/{path}") + "&reset")  # without the notebooks of the test before
        page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=START_S * 1000)
        page.wait_for_function(
            "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
            timeout=START_S * 1000,
        )
        return notebook

    yield open_
    for context in contexts:
        context.close()
    lab.stop_kernels()


@pytest.fixture
def write_notebook(lab: JupyterLab) -> Any:
    """Return a function: (name, *cells of code) -> path of a new notebook in ``lab.folder``."""

    def write(name: str, *cells: str) -> str:
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        book = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(code) for code in cells], metadata={"kernelspec": kernel}
        )
        nbformat.write(book, lab.folder / name)
        return name

    return write
