"""Pin every version anew: both lock files and Binder's ``environment.yml`` (``make lock``).

uv resolves for all systems and Pythons at once. Versions that are pinned already stay unless
``--upgrade`` asks for newer ones. Nothing of the machine that runs this gets into the files.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from packaging.requirements import Requirement

from chipgap.errors import ChipgapError
from chipgap.paths import project_root

STUDENT_LOCK = "requirements.lock"
DEV_LOCK = "requirements-dev.lock"
ENVIRONMENT = "environment.yml"
PYTHON = "3.11"
"""The Python of Binder, and the oldest that the locks are made for."""

_COMPILE = ("pip", "compile", "pyproject.toml", "--universal", "--python-version", PYTHON, "--generate-hashes")
_PLAIN = ("--no-annotate", "--no-header", "--no-emit-index-url", "--no-emit-find-links", "--quiet")
_LOCAL_SETTINGS = ("UV_FIND_LINKS", "UV_CONSTRAINT", "UV_OVERRIDE", "UV_PRERELEASE", "UV_RESOLUTION")

# Where mybinder.org runs. The last patch release of 3.11, for the few pins that look at it.
_BINDER: Mapping[str, str] = {
    "implementation_name": "cpython",
    "implementation_version": "3.11.14",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": "3.11.14",
    "python_version": PYTHON,
    "sys_platform": "linux",
    "extra": "",
}

_HEADER = f"""\
# Binder's environment, made by `make lock` from {STUDENT_LOCK}: change pyproject.toml and run that.
# `python={PYTHON}` with one = is the only spelling that repo2docker reads. No local lines here: the
# course's own package is installed by postBuild, so that a change of the course rebuilds nothing.
"""


def pins(lock: Path) -> list[Requirement]:
    """Return the pinned requirements of a lock file, markers included, hashes left out.

    Raises
    ------
    ChipgapError
        If a line is no exact pin (``name==version``).
    """
    found = []
    for line in re.sub(r"\\\n\s*", " ", lock.read_text(encoding="utf-8")).splitlines():
        text = line.split("--hash=")[0].strip().rstrip("\\").strip()
        if not text or text.startswith(("#", "--hash")):
            continue
        if text.startswith("-") or "==" not in text:
            raise ChipgapError(f"{lock.name}: {text!r} is no exact pin (name==version). Make it anew: make lock")
        found.append(Requirement(text))
    return found


def environment(lock: Path) -> str:
    """Return the text of ``environment.yml`` for a lock: the pins that hold on Binder's Linux."""
    chosen = [pin for pin in pins(lock) if pin.marker is None or pin.marker.evaluate(dict(_BINDER))]
    lines = "\n".join(f"      - {pin.name}{pin.specifier}" for pin in chosen)
    return (
        f"{_HEADER}name: chipgap\nchannels:\n  - conda-forge\ndependencies:\n"
        f"  - python={PYTHON}\n  - pip\n  - pip:\n{lines}\n"
    )


def lock(root: Path, extra_args: Sequence[str] = ()) -> list[Path]:
    """Write both lock files and ``environment.yml`` anew and return their paths.

    Parameters
    ----------
    root
        The course's folder, with ``pyproject.toml``.
    extra_args
        Further arguments for ``uv pip compile``, for example ``--upgrade``.

    Raises
    ------
    ChipgapError
        If uv fails, or a file would name an index, a host or a path.
    """
    _compile(root, STUDENT_LOCK, ["--extra", "build", *extra_args])
    _compile(root, DEV_LOCK, ["--extra", "build", "--extra", "dev", "-c", STUDENT_LOCK, *extra_args])
    _write(root / ENVIRONMENT, environment(root / STUDENT_LOCK))
    return [root / name for name in (STUDENT_LOCK, DEV_LOCK, ENVIRONMENT)]


def _compile(root: Path, name: str, arguments: list[str]) -> None:
    part = root / f".{name}.part"
    # uv reads the pins it shall keep from the file it writes.
    part.write_bytes((root / name).read_bytes() if (root / name).is_file() else b"")
    kept = {key: value for key, value in os.environ.items() if key not in _LOCAL_SETTINGS}
    argv = [sys.executable, "-m", "uv", *_COMPILE, *arguments, *_PLAIN, "--output-file", part.name]
    try:
        subprocess.run(argv, cwd=root, env=kept, check=True)  # noqa: S603 - the pinned uv, our own arguments
        text = part.read_text(encoding="utf-8")
    except subprocess.CalledProcessError as error:
        raise ChipgapError(f"uv could not resolve {name} (its own words are above). Nothing was changed.") from error
    finally:
        part.unlink(missing_ok=True)
    _write(root / name, text)


def _write(file: Path, text: str) -> None:
    if "://" in text or "file:" in text or re.search(r"^-", text, re.MULTILINE):
        raise ChipgapError(f"{file.name} would name an index, a host or a path of this machine: it was not written.")
    part = file.with_name(f".{file.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(file)


def main(words: Sequence[str] | None = None) -> int:
    """Run ``make lock``; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python start.py lock", description=__doc__)
    _known, extra = parser.parse_known_args(words)
    try:
        for file in lock(project_root(), extra):
            print(f"wrote {file.name}")
    except ChipgapError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
