"""Where things are, so that no notebook ever holds a relative path.

nbgrader runs the same notebook at several depths of the folder tree; a path written in a
notebook would break in most of them.
"""

import os
from pathlib import Path

from chipgap.errors import ChipgapError

WORK_MARKER = ".chipgap-work"
"""File that marks a folder as a student's working copy; written when the copy is made."""


def project_root() -> Path:
    """Return the folder that holds ``datasets/`` and ``notebooks/``.

    Raises
    ------
    ChipgapError
        If the package does not lie in a checkout or a bundle of the course.
    """
    root = Path(__file__).resolve().parents[2]
    if not (root / "datasets").is_dir():
        raise ChipgapError(
            f"The course's files are not beside the package: no folder {root / 'datasets'}. "
            "Install chipgap from the course's own folder (python start.py lab does it)."
        )
    return root


def datasets_dir() -> Path:
    """Return the folder of the datasets (``CHIPGAP_DATASETS`` wins over the course's own)."""
    override = os.environ.get("CHIPGAP_DATASETS")
    return Path(override) if override else project_root() / "datasets"


def work_dir() -> Path:
    """Return the student's folder: where the ledger lives.

    ``CHIPGAP_WORK`` wins; else the nearest folder at or above the current one that holds
    :data:`WORK_MARKER`; else the current folder, so that a lone notebook works too.
    """
    override = os.environ.get("CHIPGAP_WORK")
    if override:
        return Path(override)
    here = Path.cwd()
    marked = (folder for folder in (here, *here.parents) if (folder / WORK_MARKER).is_file())
    return next(marked, here)
