"""The ``chipgap`` command: one word for each thing that a student or an author does."""

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

from chipgap import __version__
from chipgap.errors import ChipgapError
from chipgap.paths import project_root

EXIT_FOUND = 1
"""Exit status when a check found something."""
EXIT_REFUSED = 2
"""Exit status when the command could not do what was asked; the message says why."""

Run = Callable[[argparse.Namespace], int]

_DESCRIPTION = """\
The Chip Gap: a Jupyter course that takes one news story about AI chips apart.

students:  lab · work · doctor
authors:   build · check · bundle · pictures
"""

_EPILOG = """\
start with:   chipgap lab            opens the course in your browser
then:         chipgap doctor         if something does not work
every word:   chipgap lab --help     says what it does, with an example
"""


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; the reader's own errors are told without a traceback."""
    arguments = _parser().parse_args(words)
    run: Run = arguments.run
    try:
        return run(arguments)
    except ChipgapError as error:
        print(f"chipgap {arguments.command}: {error}", file=sys.stderr)
        return EXIT_REFUSED
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="chipgap",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"chipgap {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="WORD", required=True)
    _add_lab(commands)
    _add(commands, "work", _work, "make or update work/, your own copy of the notebooks", _WORK_HELP)
    _add(commands, "doctor", _doctor, "look at your set-up and say what is wrong", _DOCTOR_HELP)
    _add(commands, "build", _build, "build notebooks/ from course/", _BUILD_HELP)
    _add_check(commands)
    _add_bundle(commands)
    _add(commands, "pictures", _pictures, "take the README's pictures from the running course", _PICTURES_HELP)
    return parser


_Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse gives it no public name


def _add(
    commands: "_Commands[argparse.ArgumentParser]", name: str, run: Run, summary: str, lesson: str
) -> argparse.ArgumentParser:
    what, _, example = lesson.partition("\n\n")
    command = commands.add_parser(
        name,
        help=summary,
        description=what,
        epilog=example,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.set_defaults(run=run)
    return command


# --- students ---

_LAB_HELP = """\
Open the course in JupyterLab at work/start-here.ipynb, your own copy.
The address is printed; Ctrl-C stops it.

example:      chipgap lab --port 8890 --no-browser
more words go to JupyterLab, after two dashes:
              chipgap lab -- --ip=0.0.0.0
next:         work through start-here; then 'chipgap lab' again on another day
"""

_WORK_HELP = """\
Make work/, your own copy of the notebooks, or bring it up to date.
New notebooks are added; yours are never overwritten: a changed one arrives beside yours.

example:      chipgap work
next:         chipgap lab
"""

_DOCTOR_HELP = """\
Look at Python, the packages, the data and your folder, and say what is wrong and how to put it right.

example:      chipgap doctor
next:         what it says; then chipgap lab
"""


def _add_lab(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(commands, "lab", _lab, "open the course in JupyterLab", _LAB_HELP)
    command.add_argument("--port", type=int, help="the port to try first (default: 8888)")
    command.add_argument("--no-browser", action="store_true", help="only print the address")
    command.add_argument("extra", nargs="*", metavar="-- MORE", help="for JupyterLab")


def _lab(arguments: argparse.Namespace) -> int:
    from chipgap import workspace  # noqa: PLC0415 - each command loads only what it needs

    return workspace.serve(
        project_root(), arguments.port, open_browser=not arguments.no_browser, extra_args=arguments.extra
    )


def _work(_: argparse.Namespace) -> int:
    from chipgap import workspace  # noqa: PLC0415

    changes = workspace.prepare(project_root())
    workspace.tell(changes)
    if not changes:
        print("work/ is up to date.")
    return 0


def _doctor(_: argparse.Namespace) -> int:
    from chipgap import doctor  # noqa: PLC0415

    report = doctor.show()
    print(report)
    return 0 if all(finding.is_ok for finding in report.findings) else EXIT_FOUND


# --- authors ---

_BUILD_HELP = """\
Build notebooks/ from course/: lessons from their scripts, exercises by nbgrader's own release.
The same course gives the same bytes; what did not change is left alone.

example:      chipgap build
next:         chipgap check; then commit course/ and notebooks/ together
"""

_CHECK_HELP = """\
Look for solutions, hidden tests, mark schemes and their outputs in what students receive,
also in metadata, archives and encodings. Exit status 1 if anything is found.

example:      chipgap check              looks through notebooks/
              chipgap check some/folder
next:         chipgap bundle DIR
"""

_BUNDLE_HELP = """\
Write the student's whole folder: notebooks, datasets, environment and the package's student part,
without course/ and tests/. It is checked for leaks first; if there is one, nothing is written.

example:      chipgap bundle ../chip-gap --zip
next:         hand out the folder or the zip; students run 'python start.py lab' in it
"""

_PICTURES_HELP = """\
Start the course, take the README's pictures from it with headless Chromium.

example:      chipgap pictures
next:         look at them; then commit
"""


def _author_room(name: str) -> ModuleType:
    """Import a module of the authors' room, or say what it takes to have it."""
    try:
        return importlib.import_module(f"chipgap.authoring.{name}")
    except ModuleNotFoundError as error:
        if error.name == "chipgap.authoring":
            raise ChipgapError(
                "this is the student's bundle; building needs the full repository. What works here: "
                "chipgap lab, work, doctor."
            ) from None
        if error.name is None or error.name.partition(".")[0] == "chipgap":
            raise
        raise ChipgapError(
            f"this needs the author's environment, and {error.name!r} is not installed. "
            "'python start.py build' sets it up."
        ) from None


def _build(_: argparse.Namespace) -> int:
    print(_author_room("builder").build(project_root()))
    return 0


def _add_check(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(commands, "check", _check, "prove that students receive no solution", _CHECK_HELP)
    command.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="what to look through (notebooks/)")
    _add_quick(command)


def _add_quick(command: argparse.ArgumentParser) -> None:
    text = "do not run the model answers to look for their outputs too (saves seconds a unit)"
    command.add_argument("--no-execute", action="store_true", help=text)


def _check(arguments: argparse.Namespace) -> int:
    leaks = _author_room("leaks")
    folder = arguments.folder or project_root() / "notebooks"
    found = leaks.find(folder, execute=not arguments.no_execute)
    for leak in found:
        print(leak)
    print(f"{len(found)} leaks in {folder}." if found else f"No leak in {folder}.")
    return EXIT_FOUND if found else 0


def _add_bundle(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(commands, "bundle", _bundle, "write the student's whole folder", _BUNDLE_HELP)
    command.add_argument("folder", type=Path, metavar="DIR", help="the folder to make")
    command.add_argument("--zip", action="store_true", help="also write DIR.zip")
    command.add_argument("--force", action="store_true", help="replace an earlier bundle in DIR")
    _add_quick(command)


def _bundle(arguments: argparse.Namespace) -> int:
    written = _author_room("bundling").bundle(
        arguments.folder, force=arguments.force, make_zip=arguments.zip, execute=not arguments.no_execute
    )
    for path in written:
        print(f"wrote {path}")
    return 0


def _pictures(_: argparse.Namespace) -> int:
    _author_room("pictures").make(project_root())
    return 0


if __name__ == "__main__":
    sys.exit(main())
