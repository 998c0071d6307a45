"""What of a failed test a student may read: the instructor's words, never a hidden line or value."""

from collections.abc import Callable, Iterator

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from chipgap.grading.hiding import HIDDEN_FAILED, Failure, Regions, explain

REGIONS = Regions()
STUDENT = {
    "leaks its argument": "def f(x):\n    assert False, f'I was called with {x}'",
    "raises with its argument": "def f(x):\n    raise ValueError(f'I was called with {x}')",
    "names an error after its argument": "def f(x):\n    raise type(f'Got{x}', (Exception,), {})()",
    "answers one": "def f(x):\n    return 1",
}


def hidden(*lines: str, before: str = "import math") -> str:
    return "\n".join([before, "### BEGIN HIDDEN TESTS", *lines, "### END HIDDEN TESTS"])


Runner = Callable[[str], NotebookNode]


@pytest.fixture(scope="module")
def run() -> Iterator[Runner]:
    """Return a function that runs one cell in a real kernel, and returns the cell with its outputs."""
    notebook = nbformat.v4.new_notebook()
    client = NotebookClient(notebook, kernel_name="python3", allow_errors=True)

    def run_cell(source: str) -> NotebookNode:
        notebook.cells.append(nbformat.v4.new_code_cell(source))
        return client.execute_cell(notebook.cells[-1], len(notebook.cells) - 1)

    with client.setup_kernel():
        yield run_cell


def reason(run: Runner, student: str, test: str) -> str:
    """Run the student's cell and the test cell; return what the student is told."""
    run(STUDENT[student])
    cell = run(test)
    (error,) = (output for output in cell.outputs if output.output_type == "error")
    failure = Failure.read(error.ename, error.evalue, error.traceback, cell.execution_count)
    return explain(test, failure, REGIONS, ["CheckFailedError"])


@pytest.mark.parametrize(
    ("test", "told"),
    [
        (hidden("assert f(104729) == 8"), HIDDEN_FAILED),
        (hidden("assert f(104729) == 8, 'Look at large numbers'"), "Look at large numbers"),
        (hidden("assert f(104729) == 8, f'{1 + 1} is two'"), "2 is two"),
        (hidden("raise AssertionError('values: 104729 is not 8')"), HIDDEN_FAILED),
        (hidden("raise KeyError(104729)"), "A hidden test stopped with a KeyError."),
        (hidden("print(8)", before="assert f(2) == 4, 'f(2) is 4'"), "f(2) is 4"),
        (hidden("print(8)", before="assert f(2) == 4"), "This test did not pass: assert f(2) == 4"),
        ("assert f(2) == 4", "This test did not pass: assert f(2) == 4"),
        ("int('one')", "ValueError: invalid literal for int() with base 10: 'one'"),
        (hidden("for x in (1, 104729):", "    assert f(x) == x, 'One is not enough'"), "One is not enough"),
    ],
)
def test_says_what_the_instructor_said(run: Runner, test: str, told: str) -> None:
    assert reason(run, "answers one", test) == told


@pytest.mark.parametrize(
    "student", ["leaks its argument", "raises with its argument", "names an error after its argument"]
)
@pytest.mark.parametrize("line", ["f(104729)", "assert f(104729) == 8", "assert f(104729) == 8, f'f gave {f(1)}'"])
def test_a_students_error_carries_no_hidden_argument_out(run: Runner, student: str, line: str) -> None:
    assert "104729" not in reason(run, student, hidden(line))


def test_a_check_speaks_for_itself(run: Runner) -> None:
    test = hidden("class CheckFailedError(AssertionError): ...", "raise CheckFailedError('Mind the unit.')")
    assert reason(run, "answers one", test) == "Mind the unit."


def test_without_a_line_number_everything_counts_as_hidden() -> None:
    nowhere = Failure.read("ValueError", "104729", ["an unknown kernel's traceback"], 3)
    assert explain(hidden("f(104729)"), nowhere, REGIONS) == "A hidden test stopped with a ValueError."


def test_blank_keeps_what_is_visible_and_the_indentation() -> None:
    source = "if True:\n    a = 1\n    ### BEGIN HIDDEN TESTS\n    b = 2\n    ### END HIDDEN TESTS\nc = 3"
    assert REGIONS.blank(source) == "if True:\n    a = 1\n    # Hidden tests ran here.\nc = 3"


def test_a_region_without_an_end_hides_the_rest() -> None:
    assert "b = 2" not in REGIONS.blank("a = 1\n### BEGIN HIDDEN TESTS\nb = 2")


def test_secrets_are_the_long_hidden_lines_that_nobody_can_see() -> None:
    source = (
        "assert f(2) == 4\n### BEGIN HIDDEN TESTS\nx = 1\nassert f(2) == 4\nassert f(104729) == 8\n### END HIDDEN TESTS"
    )
    assert REGIONS.secrets([source]) == {"assert f(104729) == 8"}
