"""The pictures of README and docs, taken from the running course by ``make pictures``."""

import os
import subprocess
import sys
from pathlib import Path

from chipgap.errors import ChipgapError

PICTURES = Path("docs") / "pictures"
SCRIPT = Path("tests") / "browser" / "pictures.py"


def make(root: Path) -> Path:
    """Take all pictures with the browser tests' own JupyterLab and Chromium.

    Parameters
    ----------
    root
        The project's folder.

    Returns
    -------
    Path
        The folder of the pictures.

    Raises
    ------
    ChipgapError
        If a picture could not be taken; pytest's report stands above the message.
    """
    if not (root / SCRIPT).is_file():
        raise ChipgapError(f"Pictures are taken by {SCRIPT}, which is only in the full repository.")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(SCRIPT)]
    # Without a browser nothing would be taken: that is an error here, not a skip.
    wanted = os.environ | {"CHIPGAP_SHOTS": str(root / PICTURES), "CI": "true"}
    if subprocess.run(command, cwd=root, env=wanted, check=False).returncode:  # noqa: S603 - our own command
        raise ChipgapError(f"Not all pictures could be taken: the report above says why ({SCRIPT}).")
    return root / PICTURES
