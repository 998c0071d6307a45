"""Set up The Chip Gap in ``.venv`` and run one of its commands there.

    python start.py lab

Needs Python 3.11 or newer and nothing else: standard library only, on Linux, macOS and Windows.
What this file needs to be *read* is older than what the course needs to run, so that an old Python
gets a sentence and not a SyntaxError: keep its syntax at Python 3.7.
"""

from __future__ import annotations

import difflib
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

OLDEST_PYTHON = (3, 11)
NEWER_PYTHONS = ("python3.14", "python3.13", "python3.12", "python3.11")

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "chipgap-set-up.json"  # written last: says what is installed, so a half set-up has none
UNFINISHED = VENV / "chipgap-unfinished"  # written first: says that a .venv without a stamp is ours to remake
GUARD = ROOT / ".venv-setup.lock"  # held while .venv is being changed
LOG = ROOT / ".venv-setup.log"

STUDENT_LOCK = "requirements.lock"
DEV_LOCK = "requirements-dev.lock"
FREE_BYTES_NEEDED = 1_500_000_000

# Settings that would send Python or pip somewhere else than into .venv.
FOREIGN_SETTINGS = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONSAFEPATH", "__PYVENV_LAUNCHER__")
FOREIGN_PIP_SETTINGS = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_CONSTRAINT", "PIP_REQUIREMENT")


class SetUpError(Exception):
    """The set-up can't go on; the message says why and what to do."""


class StepFailedError(SetUpError):
    """A program of the set-up ended by itself, with an error."""


class Command(NamedTuple):
    """One word of ``python start.py WORD``: which lock it needs and what it runs in ``.venv``."""

    lock: str
    argv: tuple[str, ...]
    teaches: str


COMMANDS = {
    "lab": Command(STUDENT_LOCK, ("chipgap", "lab"), "open JupyterLab at work/start-here.ipynb, your own copy"),
    "test": Command(DEV_LOCK, ("python", "-m", "pytest"), "run the tests; extra words go to pytest"),
    "build": Command(DEV_LOCK, ("chipgap", "build"), "build notebooks/ from course/"),
    "bench": Command(DEV_LOCK, ("python", "-m", "benchmarks"), "run the benchmarks"),
    "pictures": Command(DEV_LOCK, ("chipgap", "pictures"), "take the README's pictures from the running course"),
    "lock": Command(DEV_LOCK, ("python", "-m", "chipgap.authoring.lock"), "pin every version anew"),
}


# --- what the reader sees ------------------------------------------------------------------------


def say(text: str) -> None:
    """Print one line at once, so that it stands before whatever runs next."""
    print(text, flush=True)


def help_text() -> str:
    """Return what ``python start.py --help`` shows."""
    commands = "\n".join(f"  {word:<9} {command.teaches}" for word, command in COMMANDS.items())
    return f"""The Chip Gap: one word sets everything up and runs a part of it.

  python start.py WORD [more words for the command itself]

{commands}

Examples
  python start.py lab                  open the course (the first time takes a minute or two)
  python start.py lab --no-browser     print the address and open nothing
  python start.py test -k ledger       run the tests with "ledger" in their names

The first run makes the folder .venv beside this file and installs the exact versions of
{STUDENT_LOCK} (lab) or {DEV_LOCK} (all others); nothing outside this folder changes.
Later runs start at once. To begin afresh, delete .venv and run the same command."""


def too_old_message() -> str:
    """Say which Python was found, which is needed, and how to go on."""
    found = ".".join(str(part) for part in sys.version_info[:3])
    lines = [
        f"The Chip Gap needs Python {dotted(OLDEST_PYTHON)} or newer. This is Python {found}: {sys.executable}",
    ]
    newer = next((name for name in NEWER_PYTHONS if _starts(name)), None)
    if newer:
        word = (*sys.argv[1:2], "lab")[0]
        lines.append(f"You have a newer one. Run: {newer} start.py {word}   (with make: make {word} PYTHON={newer})")
    else:
        lines.append("Get a newer one from python.org/downloads or your system's packages")
        lines.append("(Debian and Ubuntu: sudo apt install python3 python3-venv), then run the same command with it.")
    return "\n".join(lines)


def _starts(program: str) -> bool:
    if not shutil.which(program):
        return False
    return subprocess.call([program, "-c", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0  # noqa: S603


def no_venv_message() -> str:
    """Say how to get the parts of Python that make a ``.venv``."""
    version = dotted(sys.version_info[:2])
    return (
        f"This Python cannot make a .venv: it comes without the modules venv and ensurepip ({sys.executable}).\n"
        f"Debian and Ubuntu: sudo apt install python{version}-venv\n"
        "Elsewhere: install Python from python.org/downloads. Then run the same command again."
    )


def dotted(version: tuple[int, ...]) -> str:
    """Return ``(3, 11)`` as ``"3.11"``."""
    return ".".join(str(part) for part in version)


# --- what is installed ---------------------------------------------------------------------------


def venv_program(name: str) -> Path:
    """Return the path of a program inside ``.venv``."""
    if sys.platform == "win32":
        return VENV / "Scripts" / f"{name}.exe"
    return VENV / "bin" / name


def fingerprint(name: str) -> str:
    """Return the SHA-256 of a file of the course, named from its folder."""
    try:
        return hashlib.sha256((ROOT / name).read_bytes()).hexdigest()
    except FileNotFoundError:
        if name == DEV_LOCK:
            raise SetUpError(
                f"This is the student's edition of the course: it has no {DEV_LOCK}, which this command needs.\n"
                "What works here: python start.py lab"
            ) from None
        raise SetUpError(
            f"{name} is missing in {ROOT}: this copy of the course is incomplete. Download or clone it again."
        ) from None


def wanted(lock: str) -> dict[str, str]:
    """Return the fingerprints of what a command needs; the dev lock holds the student's as well."""
    names = [STUDENT_LOCK, DEV_LOCK] if lock == DEV_LOCK else [STUDENT_LOCK]
    return {name: fingerprint(name) for name in [*names, "pyproject.toml"]}


def read_stamp() -> dict[str, Any]:
    """Return what a finished set-up wrote down, or nothing."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(installed: dict[str, str]) -> None:
    """Write down that the set-up is finished; the last thing it does."""
    stamp = {"root": str(ROOT), "python": python_of_venv(), "installed": installed}
    part = STAMP.with_suffix(".part")
    part.write_text(json.dumps(stamp, indent=1), encoding="utf-8")
    part.replace(STAMP)
    if UNFINISHED.exists():
        UNFINISHED.unlink()


def python_of_venv() -> str | None:
    """Ask the Python in ``.venv`` for its version (``"3.11"``); None if it doesn't start."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        # -S: without site-packages it answers in a few milliseconds.
        answer = subprocess.run(  # noqa: S603 - our own .venv
            [str(venv_program("python")), "-I", "-S", "-c", code],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
            timeout=60,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.decode().strip()


def is_sound(stamp: dict[str, Any]) -> bool:
    """Tell whether ``.venv`` was finished here and its Python is still the same.

    A moved folder leaves the old path in scripts; an upgraded system Python takes the packages away.
    """
    return stamp.get("root") == str(ROOT) and stamp.get("python") == (python_of_venv() or "gone")


def is_ready(lock: str) -> bool:
    """Tell whether a command can run at once."""
    stamp = read_stamp()
    installed = stamp.get("installed", {})
    current = all(installed.get(name) == mark for name, mark in wanted(lock).items())
    return current and is_sound(stamp)


# --- setting up ----------------------------------------------------------------------------------


@contextmanager
def only_one() -> Iterator[int]:
    """Hold the set-up's lock file; a second set-up waits. The lock goes with the process that holds it."""
    try:
        handle = GUARD.open("ab")
    except OSError as error:
        raise SetUpError(
            f"The set-up cannot write in {ROOT} ({error}). Copy the course to a folder of your own."
        ) from None
    with handle:
        if not _try_lock(handle.fileno()):
            say("Another set-up is running in this folder: waiting until it has finished …")
            while not _try_lock(handle.fileno()):
                time.sleep(0.2)
        yield handle.fileno()


def _try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            os.lseek(descriptor, 0, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True  # a file system without locks: better to go on than never to start
    return True


def set_up(lock: str) -> None:
    """Bring ``.venv`` to what ``lock`` says; returns at once if it is there already.

    Raises
    ------
    SetUpError
        With a message for the reader, whatever went wrong.
    """
    if is_ready(lock):
        return
    with only_one() as guard:
        if is_ready(lock):  # the set-up we waited for did it
            return
        LOG.write_bytes(b"")
        stamp = read_stamp()
        sound = is_sound(stamp)
        installed = stamp.get("installed", {}) if sound else {}
        say(f"Updating {VENV}" if sound else f"Setting up The Chip Gap in {VENV} (once; a minute or two)")
        if not sound:
            make_venv(guard)
        _mark_unfinished()
        try:
            install(lock, wanted(lock), installed, guard)
        except StepFailedError:
            write_stamp({})  # pip takes back what it can't finish: the next run goes on from here
            raise
        say("Ready.\n")


def install(lock: str, want: dict[str, str], installed: dict[str, str], guard: int) -> None:
    """Install the lock's packages and then the course's own, as far as they aren't there yet."""
    pip = [str(venv_program("python")), "-m", "pip", "install", "--no-deps", "--no-input"]
    pip += ["--disable-pip-version-check", "--progress-bar", "off"]
    if installed.get(lock) != want[lock]:
        # Only ready-made packages: building one would need a compiler and unpinned tools.
        locked = ["--require-hashes", "--only-binary", ":all:", "-r", str(ROOT / lock)]
        Step("2/3 installing packages", pip + locked, guard, total=count_pins(ROOT / lock)).run()
    own = ["--no-index", "--no-build-isolation", "--editable", str(ROOT)]
    Step("3/3 installing the course's own package", pip + own, guard).run()
    write_stamp(want)


def count_pins(lock: Path) -> int:
    """Count the packages of a lock, those for other systems too."""
    return sum("==" in line for line in lock.read_text(encoding="utf-8").splitlines())


def make_venv(guard: int) -> None:
    """Make a new ``.venv`` in place of an unfinished or broken one; somebody else's is set aside."""
    if find_spec("venv") is None or find_spec("ensurepip") is None:
        raise SetUpError(no_venv_message())
    if shutil.disk_usage(str(ROOT)).free < FREE_BYTES_NEEDED:
        raise SetUpError(
            f"There is too little free space for {VENV}: the set-up needs about 1.5 GB. Make room and run it again."
        )
    _clear_venv()
    VENV.mkdir()
    UNFINISHED.touch()
    # From inside a .venv, the Python that it was made from: the one here may be the one to replace.
    base = getattr(sys, "_base_executable", None) or sys.executable
    Step("1/3 making .venv", [base, "-m", "venv", str(VENV)], guard).run()
    write_stamp({})


def _mark_unfinished() -> None:
    UNFINISHED.touch()
    if STAMP.exists():
        STAMP.unlink()


def _clear_venv() -> None:
    if not (VENV.exists() or VENV.is_symlink()):
        return
    try:
        is_ours = STAMP.exists() or UNFINISHED.exists() or (VENV.is_dir() and not any(VENV.iterdir()))
        if is_ours and not VENV.is_symlink():
            shutil.rmtree(str(VENV))
        else:
            aside = next(p for n in range(1, 1000) for p in [ROOT / f".venv.old-{n}"] if not p.exists())
            VENV.rename(aside)
            say(f"The .venv that was here was not made by start.py: it is now {aside.name}; delete it at will.")
    except OSError as error:
        raise SetUpError(
            f"The old .venv cannot be replaced ({error}).\n"
            "Close every program that uses it (JupyterLab, a terminal, an editor) and run the same command again."
        ) from None


class Step:
    """One program of the set-up: its output goes to the log, its progress to the screen.

    Parameters
    ----------
    title
        What the reader sees, e.g. ``"1/3 making .venv"``.
    argv
        The program and its arguments.
    guard
        Descriptor of the set-up's lock; the program holds it too, so that a set-up killed from
        outside is not started again beside its own surviving child.
    total
        How many packages there are to count, if the program is pip with a lock.

    """

    def __init__(self, title: str, argv: list[str], guard: int, total: int = 0) -> None:
        self.title, self.argv, self.guard, self.total = title, argv, guard, total
        self.fetched = 0
        self.installing = False
        self.output: list[str] = []

    def run(self) -> None:
        """Run it to its end; raises SetUpError with the end of its output if it fails."""
        began_s = time.monotonic()
        self._show(" …")
        kept: dict[str, Any] = {} if sys.platform == "win32" else {"pass_fds": (self.guard,)}
        try:
            process = subprocess.Popen(  # noqa: S603 - Python's own modules, in our .venv
                self.argv,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=str(ROOT),
                env=clean_environment(),
                **kept,
            )
        except OSError as error:
            raise SetUpError(f"{self.title}: {self.argv[0]} does not start ({error}).") from None
        reader = threading.Thread(target=self._read, args=(process.stdout,), daemon=True)
        reader.start()
        try:
            self._watch(process)
        except BaseException:
            _stop(process)
            raise
        reader.join(timeout=10)
        if process.returncode != 0:
            say("")
            # Below 0 it was killed, and what it was writing may lie there half done.
            raise (StepFailedError if process.returncode > 0 else SetUpError)(self._failure())
        self._show(f" … done ({time.monotonic() - began_s:.0f} s)")
        say("")

    def _read(self, stream: IO[bytes]) -> None:
        with LOG.open("ab") as log:
            for raw in stream:
                log.write(raw)
                log.flush()
                line = raw.decode("utf-8", "replace").rstrip()
                self.output.append(line)
                self.fetched += line.startswith(("Collecting ", "Requirement already satisfied"))
                self.total -= line.startswith("Ignoring ")
                self.installing |= line.startswith("Installing collected")

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        before = _count_installed()
        while process.poll() is None:
            time.sleep(0.1)
            if self.total and sys.stdout.isatty():
                done = f"{_count_installed() - before} installed" if self.installing else f"{self.fetched} fetched"
                self._show(f", {self.total} of them: {done} …")

    def _show(self, rest: str) -> None:
        # A screen gets one line that changes; a file or a pipe gets its beginning and its end.
        start = "\r" if sys.stdout.isatty() else ""
        if start or rest == " …":
            print(f"{start}{self.title}{rest:<40}" if start else f"{self.title}{rest}", end="", flush=True)
        else:
            print(rest.replace(" …", ""), end="", flush=True)

    def _failure(self) -> str:
        tail = "\n".join(f"    {line}" for line in self.output[-8:])
        return (
            f"{self.title} failed. {_advice(chr(10).join(self.output))}\n"
            f"The last lines of its output (all of it is in {LOG}):\n{tail}\n"
            "Nothing outside .venv was changed; run the same command again to try again."
        )


def _advice(output: str) -> str:
    """Turn the commonest causes in a program's output into what to do."""
    causes = [
        (("No space left", "not enough space"), "The disk is full: make room."),
        (
            ("DO NOT MATCH THE HASHES",),
            "A downloaded file is not the one that the lock names, so it was not installed.",
        ),
        (
            ("connection broken", "NewConnectionError", "ConnectTimeout", "name resolution", "Max retries", "SSLError"),
            "The package index could not be reached. Are you online? Behind a proxy, set HTTPS_PROXY first.",
        ),
        (
            ("No matching distribution",),
            f"There is no ready-made package for Python {dotted(sys.version_info[:2])} on this system: try another "
            "Python, 3.11 to 3.13.",
        ),
        (("ensurepip",), no_venv_message()),
    ]
    return next((advice for marks, advice in causes if any(mark in output for mark in marks)), "")


def _count_installed() -> int:
    pattern = "Lib/site-packages" if sys.platform == "win32" else "lib/python*/site-packages"
    return sum(1 for _ in VENV.glob(f"{pattern}/*.dist-info"))


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


# --- running -------------------------------------------------------------------------------------


def clean_environment() -> dict[str, str]:
    """Return the environment for programs in ``.venv``, without what would lead them elsewhere."""
    dropped = FOREIGN_SETTINGS + FOREIGN_PIP_SETTINGS
    environment = {name: value for name, value in os.environ.items() if name not in dropped}
    environment["VIRTUAL_ENV"] = str(VENV)
    environment["PATH"] = os.pathsep.join([str(venv_program("python").parent), environment.get("PATH", os.defpath)])
    environment["PIP_USER"] = "0"  # wins over a user's pip.conf
    environment.setdefault("PYTHONUTF8", "1")  # a folder named Übung works on Windows too
    return environment


def run(command: Command, extra: list[str]) -> int:
    """Run a command in ``.venv`` and return its exit status (elsewhere than on Windows: become it)."""
    argv = [str(venv_program(command.argv[0])), *command.argv[1:], *extra]
    os.chdir(str(ROOT))
    sys.stdout.flush()
    return _wait_for(argv) if sys.platform == "win32" else _become(argv)


def _become(argv: list[str]) -> NoReturn:
    os.execve(argv[0], argv, clean_environment())  # noqa: S606 - so that Ctrl-C reaches the command alone


def _wait_for(argv: list[str]) -> int:
    process = subprocess.Popen(argv, env=clean_environment())  # noqa: S603 - our own .venv
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # the command got it too and decides what it means


def main(words: list[str]) -> int:
    """Run ``python start.py`` with these words; returns the exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    if not words or words[0] in ("-h", "--help", "help"):
        say(help_text())
        return 0 if words else 2
    if words[0] not in COMMANDS:
        near = difflib.get_close_matches(words[0], list(COMMANDS), n=1)
        guess = f" Did you mean {near[0]}?" if near else ""
        say(f"start.py does not know {words[0]!r}.{guess} It knows: {', '.join(COMMANDS)}. See python start.py --help")
        return 2
    try:
        set_up(COMMANDS[words[0]].lock)
        return run(COMMANDS[words[0]], words[1:])
    except SetUpError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("\nStopped. Nothing is lost: run the same command again and the set-up is finished.")
        return 130


if __name__ == "__main__":
    if sys.version_info < OLDEST_PYTHON:
        say(too_old_message())
        sys.exit(1)
    sys.exit(main(sys.argv[1:]))
