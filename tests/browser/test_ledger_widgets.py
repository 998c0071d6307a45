"""The ledger's form and the backup in the real JupyterLab, by keyboard, in both themes."""

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from chipgap.ledger import Ledger

pytestmark = pytest.mark.browser

FORM, BACKUP, PROGRESS = ".chipgap-form", ".chipgap-backup", ".chipgap-progress"
DARK, LIGHT = "JupyterLab Dark", "JupyterLab Light"


@pytest.fixture
def folder(lab: Any, request: pytest.FixtureRequest) -> Path:
    """Make a work folder of this test's own below JupyterLab's."""
    own = lab.folder / request.node.name
    own.mkdir()
    return own


def _form(open_notebook: Any, write_notebook: Any, folder: Path) -> Any:
    code = f"from chipgap.widgets import LedgerForm\nform = LedgerForm('A05', {str(folder)!r})\nform"
    book = open_notebook(write_notebook(f"{folder.name}.ipynb", code), height=1500)
    book.run_all()
    book.page.wait_for_selector(f"{FORM} textarea")
    return book


def _backup(open_notebook: Any, write_notebook: Any, folder: Path) -> Any:
    code = f"from chipgap.widgets import Backup\nbackup = Backup({str(folder)!r})\nbackup"
    book = open_notebook(write_notebook(f"{folder.name}.ipynb", code))
    book.run_all()
    book.page.wait_for_selector(f"{BACKUP} button")
    return book


def _said(book: Any, selector: str, words: str) -> str:
    status = book.page.locator(f"{selector} [role=status]", has_text=words)
    status.wait_for()
    return status.inner_text()


def _tab_to(book: Any, selector: str, most: int = 20) -> None:
    for _ in range(most):
        if book.page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        book.page.keyboard.press("Tab")
    pytest.fail(f"{most} times Tab did not reach {selector}")


def test_the_form_is_filled_and_saved_with_the_keyboard_alone(
    open_notebook: Any, write_notebook: Any, folder: Path
) -> None:
    book = _form(open_notebook, write_notebook, folder)
    keys = book.page.keyboard
    book.page.locator(f"{FORM} input").first.focus()
    for key in ("Space", "ArrowDown", "ArrowDown", "ArrowDown"):
        keys.press(key)
    keys.press("Tab")
    keys.press("Space")
    _tab_to(book, f"{FORM} textarea", most=2)
    keys.type("He said it on the call,\nnot in the report.")
    keys.press("Tab")
    keys.press("Space")
    _tab_to(book, f"{FORM} button")
    keys.press("Enter")
    assert "1 of 16 claims tested" in _said(book, FORM, "Saved.")
    written = json.loads((folder / "ledger.json").read_text(encoding="utf-8"))["claims"]["A05"]
    assert (written["verdict"], written["confidence"]) == ("wrong", "high")
    assert written["evidence"] == "He said it on the call,\nnot in the report."
    assert len(written["sources"]) == 1
    # The keys were the form's: JupyterLab's commands of the same keys changed no cell.
    assert book.page.locator(".jp-NotebookPanel .jp-Cell").count() == 1
    book.screenshot("ledger-form-saved", FORM)
    assert book.console_errors() == []
    assert book.tracebacks() == []


def test_what_is_missing_is_said_beside_its_field_and_gets_the_focus(
    open_notebook: Any, write_notebook: Any, folder: Path
) -> None:
    book = _form(open_notebook, write_notebook, folder)
    page = book.page
    page.locator(f"{FORM} button").click()
    _said(book, FORM, "3 thing(s) to put right")
    for name, bearer in (("verdict", "fieldset[data-field=verdict]"), ("evidence", "textarea")):
        node = page.locator(f"{FORM} {bearer}")
        assert node.get_attribute("aria-invalid") == "true"
        described = node.get_attribute("aria-describedby").split()
        texts = [page.locator(f"[id='{one}']").inner_text() for one in described]
        assert any(name in text.lower() for text in texts)
    assert page.evaluate("document.activeElement.closest('[data-field]').dataset.field") == "verdict"
    assert book.axe(FORM) == []
    book.screenshot("ledger-form-refused", FORM)
    page.keyboard.press("Space")
    page.locator(f"{FORM} fieldset[data-field=verdict][aria-invalid=false]").wait_for()
    assert not (folder / "ledger.json").exists()


def test_text_not_saved_survives_running_the_cell_again_and_python_can_fill_the_form(
    open_notebook: Any, write_notebook: Any, folder: Path
) -> None:
    book = _form(open_notebook, write_notebook, folder)
    page = book.page
    page.locator(f"{FORM} textarea").fill("Half a thought")
    _said(book, FORM, "not saved")
    book.run_all()
    _said(book, FORM, "you had not saved yet")
    assert page.locator(f"{FORM} textarea").input_value() == "Half a thought"
    book.run("form.verdict, form.confidence = 'contested', 'low'")
    page.locator(f"{FORM} textarea").press("Control+s")
    _said(book, FORM, "Saved.")
    assert page.locator(f"{FORM} input[value=contested]").is_checked()
    assert Ledger.open(folder).entries["A05"].evidence == "Half a thought"


def test_a_stopped_kernel_is_said_instead_of_a_silent_button(
    open_notebook: Any, write_notebook: Any, folder: Path
) -> None:
    book = _form(open_notebook, write_notebook, folder)
    book.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()")
    book.page.evaluate(
        "() => { jupyterapp.shell.currentWidget.sessionContext.session.kernel"
        ".requestExecute({code: 'import time; time.sleep(12)'}); }"
    )
    book.page.locator(f"{FORM} button").click()
    _said(book, FORM, "No answer")
    _said(book, FORM, "to put right")


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_axe_finds_nothing_in_either_theme(open_notebook: Any, write_notebook: Any, folder: Path, theme: str) -> None:
    ledger = Ledger.open(folder)
    ledger.record("A05", "wrong", "He said it on the call, not in the report.", "high", ["SCMP", "T360"])
    ledger.record("A06", "contested", "No baseline, no workload.", "medium", ["SCMP"])
    code = (
        "from chipgap.widgets import Backup, LedgerForm\nfrom chipgap.ledger import Ledger\n"
        f"form, backup = LedgerForm('A05', {str(folder)!r}), Backup({str(folder)!r})\n"
        "display(form, backup)\n"
        f"Ledger.open({str(folder)!r}).progress()"
    )
    book = open_notebook(write_notebook(f"axe-{theme[-4:].strip()}.ipynb", code), height=2600)
    book.theme(theme)
    book.run_all()
    for selector in (f"{FORM} button", f"{BACKUP} button", f"{PROGRESS} table"):
        book.page.wait_for_selector(selector)
    book.page.locator(f"{FORM} summary").click()
    for selector in (FORM, BACKUP, PROGRESS):
        assert book.axe(selector) == []
        book.screenshot(f"{selector[1:]}-{theme[-5:].strip().lower()}", selector)
    assert book.console_errors() == []


def test_work_goes_home_as_a_zip_and_comes_back_in_a_fresh_folder(
    open_notebook: Any, write_notebook: Any, folder: Path, tmp_path: Path
) -> None:
    Ledger.open(folder).record("A05", "wrong", "The call.", "low")
    # Noise does not compress: the zip needs several pieces on its way.
    noise = "".join(chr(33 + byte % 90) for byte in os.urandom(2 * 2**20))
    (folder / "lesson.ipynb").write_text(json.dumps({"cells": [], "metadata": {"noise": noise}}), encoding="utf-8")
    book = _backup(open_notebook, write_notebook, folder)
    with book.page.expect_download() as waiting:
        book.page.locator(f"{BACKUP} button").focus()
        book.page.keyboard.press("Enter")
    name = waiting.value.suggested_filename
    assert name.startswith("chipgap-work-2")
    assert name.endswith(".zip")
    assert "1 notebook(s) and your ledger" in _said(book, BACKUP, "is in your downloads")
    data = Path(waiting.value.path()).read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as zipped:
        assert zipped.read("ledger.json") == (folder / "ledger.json").read_bytes()
        assert zipped.read("lesson.ipynb") == (folder / "lesson.ipynb").read_bytes()

    fresh = tmp_path / "fresh"
    book.run(f"from pathlib import Path; backup._folder = Path({str(fresh)!r})")
    book.page.locator(f"{BACKUP} input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/zip", "buffer": data}
    )
    said = _said(book, BACKUP, "Restored 1 file(s): lesson.ipynb")
    assert "1 claim(s) added" in said
    assert (fresh / "lesson.ipynb").read_bytes() == (folder / "lesson.ipynb").read_bytes()
    assert Ledger.open(fresh).entries == Ledger.open(folder).entries
    book.screenshot("backup-restored", BACKUP)

    bad = {"name": "holiday.zip", "mimeType": "application/zip", "buffer": b"no zip at all"}
    book.page.locator(f"{BACKUP} input[type=file]").set_input_files(bad)
    _said(book, BACKUP, "not a zip file")
    assert book.axe(BACKUP) == []
    assert book.console_errors() == []
