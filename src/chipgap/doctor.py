"""Checks the student's environment and says in plain words what is wrong and what to do.

In a notebook ``doctor.show()``; in a terminal ``chipgap doctor``. Looks, and changes nothing, except
that opening a damaged ledger mends it from its backup, as opening it anywhere does.
"""

import html
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from jupyter_core.paths import jupyter_path
from packaging.requirements import InvalidRequirement, Requirement

from chipgap import data
from chipgap.errors import ChipgapError
from chipgap.ledger import Ledger
from chipgap.paths import WORK_MARKER, project_root, work_dir
from chipgap.text import t

OLDEST_PYTHON = (3, 11)
FREE_MB_NEEDED = 200
_LOCK = "requirements.lock"
_EXTENSIONS = ("@jupyter-widgets/jupyterlab-manager", "anywidget", "jupyterlab-plotly")
_BINDER_SIGNS = ("BINDER_SERVICE_HOST", "BINDER_LAUNCH_HOST", "BINDER_REF_URL")
_NAMED = 4  # how many packages a sentence names


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes
    ----------
    check
        Short name of the check, for example ``"widgets"``.
    status
        ``ok``; ``note`` (works, but worth knowing); ``problem``.
    says
        One plain sentence.
    advice
        What to do; empty if nothing is to be done.

    """

    check: str
    status: Literal["ok", "note", "problem"]
    says: str
    advice: str = ""

    @property
    def is_ok(self) -> bool:
        """Whether nothing is in the way of working."""
        return self.status != "problem"

    def __str__(self) -> str:
        """Return the finding as a line of a terminal."""
        return f"{t(f'doctor.word_{self.status}'):<8} {self.says}" + (f"\n{'':<9}{self.advice}" if self.advice else "")


class Report:
    """Findings, displayed as a list; the status is a word, not only a colour."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)

    @property
    def summary(self) -> str:
        """One sentence over all."""
        n_problems = sum(not finding.is_ok for finding in self.findings)
        return t("doctor.some_wrong" if n_problems else "doctor.all_well", n=n_problems, total=len(self.findings))

    def __str__(self) -> str:
        return "\n".join([self.summary, *map(str, self.findings)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        items = "".join(
            f"<li><strong>{html.escape(t(f'doctor.word_{finding.status}'))}:</strong> {html.escape(finding.says)}"
            + (f" <em>{html.escape(finding.advice)}</em>" if finding.advice else "")
            + "</li>"
            for finding in self.findings
        )
        return f"<div><p>{html.escape(self.summary)}</p><ul>{items}</ul></div>"


def examine() -> list[Finding]:
    """Look at everything the course needs; a check that itself fails is a finding, not an error."""
    return [_guarded(name, check) for name, check in _CHECKS.items()]


def show() -> Report:
    """Return the findings as something a notebook displays and ``print`` prints."""
    return Report(examine())


def _guarded(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except (ChipgapError, OSError, ValueError) as error:
        return Finding(name, "problem", t("doctor.failed", check=name, reason=str(error)), t("doctor.set_up_again"))


def _python() -> Finding:
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info >= OLDEST_PYTHON:
        return Finding("python", "ok", t("doctor.python_ok", found=found))
    return Finding("python", "problem", t("doctor.python_old", found=found), t("doctor.python_old_advice"))


def _packages() -> Finding:
    lock = project_root() / _LOCK
    pins = list(_pins(lock))
    wrong = [f"{pin.name} {found or t('doctor.missing')}" for pin in pins if (found := _other_version(pin)) is not None]
    if not wrong:
        return Finding("packages", "ok", t("doctor.packages_ok", n=len(pins)))
    names = ", ".join(wrong[:_NAMED]) + (" …" if len(wrong) > _NAMED else "")
    says = t("doctor.packages_wrong", n=len(wrong), total=len(pins), names=names)
    return Finding("packages", "problem", says, t("doctor.set_up_again"))


def _pins(lock: Path) -> Iterator[Requirement]:
    """Yield the lock's requirements that hold for this Python and system."""
    try:
        text = lock.read_text(encoding="utf-8")
        pins = [Requirement(line.rstrip("\\ ")) for line in text.splitlines() if re.match(r"[\w.-]+==", line)]
    except (OSError, InvalidRequirement) as error:
        raise ChipgapError(t("doctor.lock_unreadable", lock=lock.name, reason=str(error))) from error
    yield from (pin for pin in pins if pin.marker is None or pin.marker.evaluate())


def _other_version(pin: Requirement) -> str | None:
    """Return the installed version if it isn't the pinned one, ``""`` if there is none, else None."""
    try:
        found = version(pin.name)
    except PackageNotFoundError:
        return ""
    return None if pin.specifier.contains(found, prereleases=True) else found


def _widgets() -> Finding:
    folders = [Path(folder) for folder in jupyter_path("labextensions")]
    missing = [
        name for name in _EXTENSIONS if not any((folder / name / "package.json").is_file() for folder in folders)
    ]
    if not missing:
        return Finding("widgets", "ok", t("doctor.widgets_ok"))
    says = t("doctor.widgets_missing", names=", ".join(missing))
    return Finding("widgets", "problem", says, t("doctor.set_up_again"))


def _datasets() -> Finding:
    names = data.tables()
    for name in names:
        data.load(name)
    return Finding("datasets", "ok", t("doctor.datasets_ok", n=len(names)))


def _folder() -> Finding:
    folder = work_dir()
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".chipgap-"):
            pass
    except OSError as error:
        says = t("doctor.folder_closed", folder=folder, reason=error.strerror or str(error))
        return Finding("folder", "problem", says, t("doctor.folder_closed_advice"))
    if not (folder / WORK_MARKER).is_file():
        return Finding("folder", "note", t("doctor.folder_other", folder=folder), t("doctor.folder_other_advice"))
    return Finding("folder", "ok", t("doctor.folder_ok", folder=folder))


def _ledger() -> Finding:
    told: list[str] = []
    ledger = Ledger.open(tell=told.append)
    if told:
        return Finding("ledger", "note", " ".join(told))
    return Finding("ledger", "ok", t("doctor.ledger_ok", n=len(ledger.entries)))


def _space() -> Finding:
    free_mb = shutil.disk_usage(work_dir()).free // 1_000_000
    if free_mb >= FREE_MB_NEEDED:
        return Finding("space", "ok", t("doctor.space_ok"))
    return Finding("space", "problem", t("doctor.space_low", free=free_mb), t("doctor.space_low_advice"))


def _nbgrader() -> Finding:
    if (project_root() / "nbgrader_config.py").is_file():
        return Finding("nbgrader", "ok", t("doctor.nbgrader_ok"))
    return Finding("nbgrader", "note", t("doctor.nbgrader_missing"), t("doctor.nbgrader_missing_advice"))


def _place() -> Finding:
    if any(os.environ.get(sign) for sign in _BINDER_SIGNS):
        return Finding("place", "note", t("doctor.place_binder"), t("doctor.place_binder_advice"))
    return Finding("place", "ok", t("doctor.place_own"))


_CHECKS: dict[str, Callable[[], Finding]] = {
    "python": _python,
    "packages": _packages,
    "widgets": _widgets,
    "datasets": _datasets,
    "folder": _folder,
    "ledger": _ledger,
    "space": _space,
    "nbgrader": _nbgrader,
    "place": _place,
}
