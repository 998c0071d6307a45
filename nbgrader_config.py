"""nbgrader's settings, for the instructor's checkout and for a student's copy alike.

Every path is absolute, so the commands do the same from any folder. Start them where nbgrader finds this
file: in this folder, or anywhere with ``JUPYTER_CONFIG_PATH`` set to this folder. nbgrader imports it on
every command, so it imports nothing heavy: plugins are named, not loaded.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent


def made(folder: Path, mode: int | None = None) -> str:
    """Return the folder's absolute path; make it, with these rights, if it isn't there."""
    if not folder.exists():
        with suppress(OSError):  # in a read-only place nbgrader itself says what is missing, when it is asked for
            folder.mkdir(parents=True)
            if mode is not None:
                folder.chmod(mode)
    return str(folder.absolute())


def adopt_renamed(assignment: str, student: str, notebooks: list[str]) -> None:  # noqa: ARG001 - nbgrader's names
    """Grade a notebook that the student renamed (nbgrader calls this before each submission)."""
    from chipgap.grading.sanitise import adopt_renamed as adopt  # noqa: PLC0415 - only where it is needed

    adopt(ROOT / "course" / "source" / assignment, notebooks)


def lead_to(folder: Path, variable: str) -> None:
    """Put the folder first in one of the environment's search paths, for this process and what it starts."""
    known = list(filter(None, os.environ.get(variable, "").split(os.pathsep)))
    if str(folder) not in known:
        os.environ[variable] = os.pathsep.join([str(folder), *known])


# nbgrader starts `alembic`, which lies beside this Python: found also where the environment isn't activated.
lead_to(Path(sys.executable).parent, "PATH")
# JupyterLab's assignment list looks for this file again, from the student's folder; so do its terminals.
lead_to(ROOT, "JUPYTER_CONFIG_PATH")

c = get_config()  # type: ignore[name-defined]  # noqa: F821  (nbgrader puts it there)

# Where things are ------------------------------------------------------------------------------------------
c.CourseDirectory.course_id = "chipgap"
c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.db_url = f"sqlite:///{ROOT / 'gradebook.db'}"
c.CourseDirectory.source_directory = "course/source"
c.CourseDirectory.release_directory = "notebooks/exercises"
c.CourseDirectory.submitted_directory = "submitted"
c.CourseDirectory.autograded_directory = "autograded"
c.CourseDirectory.feedback_directory = "feedback"
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "ledger.json*"]

# Everybody who hands in writes to the exchange; one that is there already keeps its rights.
c.Exchange.root = made(Path(os.environ.get("CHIPGAP_EXCHANGE") or ROOT / "exchange"), mode=0o777)
# Students fetch into their own copy, and hand in from it. nbgrader's assignment list needs it to be there.
c.Exchange.assignment_dir = made(ROOT / "work" / "exercises")

# What a released notebook looks like -----------------------------------------------------------------------
# A comment only: "Run All" on an untouched notebook then reaches every check, which says what is missing.
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE"}

# Grading ---------------------------------------------------------------------------------------------------
c.OverwriteCells.add_missing_cells = True  # a deleted test cell comes back, and counts
c.Execute.timeout = 60  # seconds a cell
c.Autograde.pre_convert_hook = adopt_renamed
c.Autograde.sanitize_preprocessors = [
    "chipgap.grading.sanitise.DropDuplicates",  # ours: a copied cell must not stop the class
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "chipgap.grading.sanitise.RestoreCells",  # ours: nbgrader's, for every deleted cell
    "nbgrader.preprocessors.CheckCellMetadata",
]

# Feedback: figures stay, hidden tests stay hidden, nothing comes from the network --------------------------
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    "chipgap.grading.feedback.HideTests",
    "chipgap.grading.feedback.KeepFigures",
]
c.GenerateFeedback.exporter_class = "chipgap.grading.feedback.FeedbackExporter"

# Out to a spreadsheet, in from Moodle and Canvas -----------------------------------------------------------
c.ExportApp.plugin_class = "chipgap.grading.export.LmsCsvExporter"
c.ZipCollectApp.collector_plugin = "chipgap.grading.lms.LmsCollector"
c.ZipCollectApp.downloaded_directory = "downloaded"
