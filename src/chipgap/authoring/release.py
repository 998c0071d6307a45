"""nbgrader's own release step, run beside the course and never on the instructor's gradebook."""

import logging
import re
import tempfile
from pathlib import Path
from typing import Any

from nbgrader.api import Base
from nbgrader.converters.base import NbGraderException
from nbgrader.converters.generate_assignment import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import create_engine
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from chipgap.errors import ChipgapError

CODE_STUB = "# YOUR CODE HERE"
"""What a student finds in place of code: no error, so that Run All goes on past an unanswered question."""

CONFIG_NAME = "nbgrader_config.py"


def load_config(root: Path) -> Config:
    """Return the project's nbgrader configuration, or the course's defaults where there is none.

    Raises
    ------
    ChipgapError
        If ``nbgrader_config.py`` is there and fails to run.
    """
    if not (root / CONFIG_NAME).is_file():
        config = Config()
        config.ClearSolutions.code_stub = {"python": CODE_STUB}
        return config
    try:
        loaded: Config = PyFileConfigLoader(CONFIG_NAME, path=str(root)).load_config()
    except Exception as error:  # whatever a config file raises is the author's to read
        raise ChipgapError(f"{root / CONFIG_NAME} fails: {type(error).__name__}: {error}") from error
    return loaded


def stubs(config: Config) -> dict[str, str]:
    """Return what nbgrader puts where a solution was: cell type -> stub."""
    clear = config.get("ClearSolutions", {})
    code = clear.get("code_stub", {}).get("python", "# YOUR CODE HERE\nraise NotImplementedError()")
    return {"code": str(code), "markdown": str(clear.get("text_stub", "YOUR ANSWER HERE"))}


class _Errors(logging.Handler):
    """Keeps what nbgrader logs as an error: its exceptions only say that there was one."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what nbgrader complains of, in its own words."""
        self.messages.append(record.getMessage())

    @property
    def reason(self) -> str | None:
        """The first exception that was logged: later ones only repeat that something failed."""
        found = re.search(r"^[\w.]*(?:Error|Exception): (.+)$", "\n".join(self.messages), re.MULTILINE)
        return found.group(1) if found else None


def release(assignments: dict[str, dict[str, bytes]], config: Config) -> dict[str, dict[str, bytes]]:
    """Run nbgrader's ``generate_assignment`` on source folders held in memory.

    Parameters
    ----------
    assignments
        nbgrader's name of each (the unit's id) -> path below ``course/source/<name>`` -> bytes.
    config
        The project's configuration; only folders and database are set aside.

    Returns
    -------
    dict
        Name -> path below ``notebooks/exercises/<name>`` -> bytes.

    Raises
    ------
    ChipgapError
        With nbgrader's reason, if it refuses an assignment.
    """
    with tempfile.TemporaryDirectory(prefix="chipgap-release-") as name:
        scratch = Path(name).resolve()
        _make_gradebook(scratch)
        return {
            assignment: _release_one(scratch, assignment, files, config) for assignment, files in assignments.items()
        }


def _make_gradebook(scratch: Path) -> None:
    """Make the throw-away gradebook here: nbgrader starts a whole alembic (seconds) to make its own."""
    engine = create_engine(_database(scratch))
    Base.metadata.create_all(bind=engine)
    engine.dispose()


def _release_one(scratch: Path, assignment: str, files: dict[str, bytes], config: Config) -> dict[str, bytes]:
    for path, content in files.items():
        target = scratch / "source" / assignment / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    _generate(scratch, assignment, config)
    folder = scratch / "release" / assignment
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def _generate(scratch: Path, assignment: str, project_config: Config) -> None:
    config: Any = project_config.copy()
    config.CourseDirectory.update(_scratch_directories(scratch))
    log = logging.Logger("chipgap.release", logging.ERROR)
    errors = _Errors()
    log.addHandler(errors)
    course: Any = CourseDirectory(config=config, log=log)
    course.assignment_id = assignment
    try:
        GenerateAssignment(coursedir=course, config=config, log=log).start()
    except NbGraderException as error:
        raise ChipgapError(f"nbgrader refuses to release {assignment!r}: {errors.reason or error}") from error


def _database(scratch: Path) -> str:
    return f"sqlite:///{(scratch / 'gradebook.db').as_posix()}"


def _scratch_directories(scratch: Path) -> dict[str, str]:
    return {
        "root": str(scratch),
        "db_url": _database(scratch),
        "source_directory": "source",
        "release_directory": "release",
        "directory_structure": "{nbgrader_step}/{student_id}/{assignment_id}",
    }
