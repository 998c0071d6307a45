"""Submissions from a Moodle or Canvas download, and the files to give back.

``LmsCollector`` serves ``nbgrader zip_collect``: it reads the names that the two systems give to files,
finds each student in the gradebook, and gives the notebook its proper name. It writes what it found to
``downloaded/<assignment>/lms-map.json``; ``return_feedback`` (``python -m chipgap.grading.lms ASSIGNMENT``)
packs each student's feedback under the name that the system knows.
"""

import csv
import json
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps.zipcollectapp import ZipCollectApp
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins.zipcollect import FileNameCollectorPlugin

from chipgap.errors import ChipgapError
from chipgap.grading.files import whole

MAP_NAME = "lms-map.json"

# Moodle: a folder per student ("Ana Lovelace_12345_assignsubmission_file", with a final "_" before 4.1), or
# one flat file ("Ana Lovelace_12345_assignsubmission_file_1-claim.ipynb").
_MOODLE = re.compile(r"^(?P<name>[^_]+)_(?P<id>\d+)_assignsubmission_file(?:_(?P<file>.*))?$")
# Canvas: "lovelaceana_LATE_12345_67890_1-claim-1.ipynb": name, late or not, user, file, name as uploaded.
_CANVAS = re.compile(r"^(?P<name>.+?)(?P<late>_LATE)?_(?P<id>\d+)_(?P<upload>\d+)_(?P<file>.+)$")
# What a browser, JupyterLab or Canvas adds to a name that is taken: "x (1)", "x-1", "x-Copy1".
_REVISION = re.compile(r"^(?P<stem>.+?)(?:[-_ ]?\((?P<a>\d+)\)|-(?P<b>\d+)|[-_ ]copy[-_ ]?(?P<c>\d*))$", re.I)


@dataclass(frozen=True)
class Upload:
    """One notebook as the LMS named it.

    Attributes
    ----------
    lms
        ``moodle`` or ``canvas``.
    lms_id
        Moodle: the participant's number in this assignment. Canvas: the user's number.
    person
        The name in the file's or folder's name.
    label
        Folder (Moodle) or prefix (Canvas) under which feedback goes back.
    file
        The student's own file name.
    upload
        Canvas's number of the file, rising with time; 0 for Moodle.
    late
        Whether Canvas marked it late.
    """

    lms: str
    lms_id: str
    person: str
    label: str
    file: str
    upload: int = 0
    late: bool = False


@dataclass(frozen=True)
class Name:
    """The notebook that a file is taken for.

    Attributes
    ----------
    notebook
        Name without ``.ipynb``.
    sure
        Whether the file's own name says so; else it is the only notebook of the assignment, or unknown.
    revision
        Number that the LMS or browser appended to the name; 0 if none.
    """

    notebook: str
    sure: bool
    revision: int = 0


def read_name(path: Path) -> Upload | None:
    """Return what a Moodle or Canvas file name says, or None if it is neither's.

    Parameters
    ----------
    path
        The file, relative to where the download was unpacked.
    """
    for place, part in enumerate(path.parts):
        found = _MOODLE.match(part)
        if found:
            flat = place == len(path.parts) - 1
            file = (found["file"] or "") if flat else path.name
            label = part if not flat else part.removesuffix(file)
            return Upload("moodle", found["id"], found["name"], label, file) if file else None
    found = _CANVAS.match(path.name)
    if not found:
        return None
    label = path.name.removesuffix(f"_{found['file']}")
    number = int(found["upload"])
    return Upload("canvas", found["id"], found["name"], label, found["file"], number, bool(found["late"]))


def match_notebook(file: str, expected: Iterable[str]) -> Name:
    """Return which of the assignment's notebooks a file is, by its name.

    Parameters
    ----------
    file
        The student's file name.
    expected
        The assignment's notebooks, without ``.ipynb``.
    """
    stem = unicodedata.normalize("NFC", Path(file).stem)
    known = {_folded(name): name for name in expected}
    if _folded(stem) in known:
        return Name(known[_folded(stem)], sure=True)
    cut = _REVISION.match(stem)
    if cut and _folded(cut["stem"]) in known:
        return Name(known[_folded(cut["stem"])], sure=True, revision=int(cut["a"] or cut["b"] or cut["c"] or 1))
    if len(known) == 1:
        return Name(next(iter(known.values())), sure=False)
    return Name(stem, sure=False)


def _folded(text: str) -> str:
    return re.sub(r"[\s_-]+", "-", unicodedata.normalize("NFKC", text).casefold().strip())


@dataclass(frozen=True)
class Person:
    """A student as the gradebook knows them."""

    student_id: str
    lms_user_id: str
    name: str
    email: str


class Roster:
    """Finds the gradebook's student behind an upload.

    Parameters
    ----------
    people
        Everybody in the gradebook.
    participants
        Moodle's number in this assignment -> nbgrader's student id, from a grading worksheet.
    """

    def __init__(self, people: Iterable[Person], participants: Mapping[str, str] | None = None) -> None:
        self.people = list(people)
        self.participants = dict(participants or {})

    def find(self, upload: Upload) -> tuple[str | None, str]:
        """Return the student id and how it was found; or None and why it was not.

        Canvas's number is the user's own. Moodle's is the participant's number in one assignment, which
        may by chance be somebody else's user number: so there the name must not contradict it.
        """
        if upload.lms == "moodle" and upload.lms_id in self.participants:
            return self.participants[upload.lms_id], "by the grading worksheet"
        by_id = [one for one in self.people if one.lms_user_id == upload.lms_id]
        by_name = [one for one in self.people if one.name and _folded(one.name) == _folded(upload.person)]
        if upload.lms == "canvas":
            by_id = by_id or [x for x in self.people if x.student_id == upload.lms_id and not x.lms_user_id]
        elif by_id and by_id[0].name and by_id[0] not in by_name:
            by_id = []
        if len(by_id) == 1:
            return by_id[0].student_id, "by lms_user_id"
        if upload.lms == "moodle" and len(by_name) == 1:
            return by_name[0].student_id, "by name"
        if by_id or len(by_name) > 1:
            return None, "several students in the gradebook fit"
        return None, "no student in the gradebook has this lms_user_id"


def read_worksheets(folders: Iterable[Path], people: Iterable[Person]) -> dict[str, str]:
    """Return Moodle's participant numbers -> student ids, from grading worksheets (CSV) in the folders.

    Moodle translates the headers, so a row is read by its values: the number that its first field ends
    with, and the first other field that is a student's email, student id or LMS id.
    """
    keys = {
        key.casefold(): one.student_id for one in people for key in (one.lms_user_id, one.student_id, one.email) if key
    }
    found: dict[str, str] = {}
    for sheet in (path for folder in folders for path in sorted(folder.glob("*.csv"))):
        with sheet.open(encoding="utf-8-sig", newline="") as file:
            for first, *others in filter(None, csv.reader(file)):
                number = re.search(r"(\d+)$", first.strip())
                student = next((keys[x.casefold()] for x in others if x.casefold() in keys), None)
                if number and student:
                    found[number[1]] = student
    return found


class LmsCollector(FileNameCollectorPlugin):  # type: ignore[misc]
    """Collector for ``nbgrader zip_collect`` that understands what Moodle and Canvas hand out.

    All files are looked at together before the first is answered for, so that of several files for one
    notebook the newest is taken and nothing stops the class.
    """

    _plan: dict[str, dict[str, str]] | None = None

    def collect(self, submitted_file: str) -> dict[str, str] | None:
        """Return student id and notebook of one unpacked file, or None to leave it out."""
        if self._plan is None:
            self._plan = self._make_plan()
        return self._plan.get(submitted_file)

    def _make_plan(self) -> dict[str, dict[str, str]]:
        app: ZipCollectApp = self.parent
        extracted = Path(app._format_collect_path(app.extracted_directory))  # noqa: SLF001 - nbgrader has no public name
        people, expected = _course(app.coursedir)
        folders = [extracted.parent, Path(app._format_collect_path(app.archive_directory)), extracted]  # noqa: SLF001
        roster = Roster(people, read_worksheets(folders, people))
        chosen: dict[tuple[str, str], tuple[Path, Upload, Name]] = {}
        for path in sorted(extracted.rglob("*.ipynb")):
            self._consider(path, extracted, roster, expected, chosen)
        _write_map(extracted.with_name(MAP_NAME), chosen)
        return {
            str(path): {"student_id": student, "file_id": f"{notebook}.ipynb"}
            for (student, notebook), (path, _, _) in chosen.items()
        }

    def _consider(
        self,
        path: Path,
        extracted: Path,
        roster: Roster,
        expected: list[str],
        chosen: dict[tuple[str, str], tuple[Path, Upload, Name]],
    ) -> None:
        shown = path.relative_to(extracted)
        upload = read_name(shown)
        if upload is None:
            self.log.warning("Left out %s: neither Moodle nor Canvas names files like this.", shown)
            return
        student = self._student(upload, shown, roster)
        name = match_notebook(upload.file, expected)
        if not name.sure:
            self.log.warning("%s: taken for the notebook %s.ipynb.", shown, name.notebook)
        if upload.late:
            self.log.warning("%s: Canvas marked it late.", shown)
        key = (student, name.notebook)
        rival = chosen.get(key)
        if rival and _rank(*rival[1:]) > _rank(upload, name):
            self.log.warning("Left out %s: %s is newer.", shown, rival[0].relative_to(extracted))
            return
        if rival:
            self.log.warning("Left out %s: %s is newer.", rival[0].relative_to(extracted), shown)
        chosen[key] = (path, upload, name)

    def _student(self, upload: Upload, shown: Path, roster: Roster) -> str:
        student, how = roster.find(upload)
        if student is None:
            student = f"{upload.lms}-{upload.lms_id}"
            self.log.warning(
                "%s: %s: %s. Kept as student %r; put the id right with `nbgrader db student add` and collect "
                "again with --force.",
                *(shown, upload.person, how, student),
            )
        else:
            self.log.info("%s: student %s (%s)", shown, student, how)
        return student


def _rank(upload: Upload, name: Name) -> tuple[bool, int, int]:
    """Order files for one notebook: a fitting name first, then the newest."""
    return name.sure, upload.upload, name.revision


def _course(coursedir: CourseDirectory) -> tuple[list[Person], list[str]]:
    """Return the gradebook's students, and the notebooks of the assignment at hand."""
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        people = [
            Person(
                one.id, one.lms_user_id or "", f"{one.first_name or ''} {one.last_name or ''}".strip(), one.email or ""
            )
            for one in gradebook.students
        ]
        try:
            notebooks = [one.name for one in gradebook.find_assignment(coursedir.assignment_id).notebooks]
        except MissingEntry:
            notebooks = []
    release = Path(coursedir.format_path(coursedir.release_directory, ".", coursedir.assignment_id))
    return people, notebooks or sorted(path.stem for path in release.glob("*.ipynb"))


def _write_map(path: Path, chosen: Mapping[tuple[str, str], tuple[Path, Upload, Name]]) -> None:
    students: dict[str, Any] = {}
    for (student, _), (_, upload, _) in sorted(chosen.items()):
        students[student] = {key: asdict(upload)[key] for key in ("lms", "lms_id", "person", "label")}
    with whole(path) as temporary:
        temporary.write_text(json.dumps(students, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def return_feedback(coursedir: CourseDirectory, downloaded: Path) -> list[Path]:
    """Pack the feedback of one assignment for the LMS that its submissions came from.

    Moodle: ``feedback-for-moodle.zip``, its folders named as in the download, for *Upload multiple feedback
    files in a zip*. Canvas: ``feedback-for-canvas/<student>/``, to be attached by hand.

    Parameters
    ----------
    coursedir
        The course, with ``assignment_id`` set.
    downloaded
        The assignment's folder in ``downloaded/``; the results go there too.

    Returns
    -------
    list of Path
        What was written: the zip, or one folder per student.

    Raises
    ------
    ChipgapError
        If the assignment was not collected from an LMS, or has no feedback yet.
    """
    students = _read_map(downloaded / MAP_NAME)
    pages = {
        student: sorted(
            Path(coursedir.format_path(coursedir.feedback_directory, student, coursedir.assignment_id)).glob("*.html")
        )
        for student in students
    }
    if not any(pages.values()):
        raise ChipgapError(
            f"There is no feedback for {coursedir.assignment_id} yet: "
            f"run `nbgrader generate_feedback {coursedir.assignment_id}` first."
        )
    moodle = {students[name]["label"]: files for name, files in pages.items() if students[name]["lms"] == "moodle"}
    canvas = {name: files for name, files in pages.items() if students[name]["lms"] == "canvas"}
    written = [_moodle_zip(downloaded / "feedback-for-moodle.zip", moodle)] if any(moodle.values()) else []
    return written + _canvas_folders(downloaded / "feedback-for-canvas", canvas)


def _read_map(path: Path) -> dict[str, dict[str, str]]:
    try:
        students: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ChipgapError(
            f"{path} is missing: these submissions were not collected from Moodle or Canvas. Put the download in "
            f"{path.parent / 'archive'} and run `nbgrader zip_collect` first."
        ) from None
    except json.JSONDecodeError as error:
        raise ChipgapError(
            f"{path}, line {error.lineno}: not readable as JSON ({error.msg}). Delete it and run "
            "`nbgrader zip_collect --force` again."
        ) from None
    return students


def _moodle_zip(target: Path, folders: Mapping[str, list[Path]]) -> Path:
    with whole(target) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder, files in sorted(folders.items()):
            for file in files:
                archive.write(file, f"{folder}/{file.name}")
    return target


def _canvas_folders(target: Path, pages: Mapping[str, list[Path]]) -> list[Path]:
    folders = [target / student for student, files in sorted(pages.items()) if files]
    for folder in folders:
        for file in pages[folder.name]:
            with whole(folder / file.name) as temporary:
                temporary.write_bytes(file.read_bytes())
    return folders


class ReturnFeedbackApp(ZipCollectApp):  # type: ignore[misc]
    """The command ``python -m chipgap.grading.lms ASSIGNMENT``: pack feedback for Moodle or Canvas."""

    name = "python -m chipgap.grading.lms"
    description = "Pack an assignment's feedback for the Moodle or Canvas that its submissions came from."
    examples = "\n    python -m chipgap.grading.lms ASSIGNMENT\n"

    def start(self) -> None:
        """Pack the feedback and say where it is; exit 1 with the reason if that can't be done."""
        downloaded = Path(self._format_collect_path(self.archive_directory)).parent
        try:
            written = return_feedback(self.coursedir, downloaded)
        except ChipgapError as error:
            self.fail("%s", error)
        for path in written:
            self.log.info("Wrote %s", path)


if __name__ == "__main__":
    ReturnFeedbackApp.launch_instance()
