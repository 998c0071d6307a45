"""The widgets in the real JupyterLab, by keyboard, as a reader and a screen reader meet them."""

from typing import Any

import pytest

pytestmark = pytest.mark.browser

TRACER = "from chipgap.widgets import ClaimTracer\ntracer = ClaimTracer()\ntracer"
CELLS = ".chipgap .heatmaplayer text"


@pytest.fixture
def tracer(open_notebook: Any, write_notebook: Any) -> Any:
    book = open_notebook(write_notebook("tracer.ipynb", TRACER))
    book.run_all()
    assert book.tracebacks() == []
    book.page.wait_for_selector(CELLS)
    return book


def cells(book: Any) -> list[str]:
    """Return the words of the matrix as drawn."""
    return [text for text in book.page.locator(CELLS).all_text_contents() if text]


def finding(book: Any) -> str:
    return book.page.locator(".chipgap-finding").inner_text()


def wait_for_finding(book: Any, words: str) -> None:
    book.page.wait_for_function(
        "words => document.querySelector('.chipgap-finding').textContent.includes(words)", arg=words
    )


def overlaps(book: Any) -> list[str]:
    """Return the words that stick out of their cell or of the figure."""
    return book.page.evaluate(
        """() => {
            const card = document.querySelector('.chipgap-figure').getBoundingClientRect();
            const heads = [...document.querySelectorAll('.chipgap .xaxislayer-above .xtick text')]
                .map(t => t.getBoundingClientRect());
            const pitch = heads.length > 1 ? (heads[1].left + heads[1].right - heads[0].left - heads[0].right) / 2 : 0;
            const texts = [...document.querySelectorAll('.chipgap .heatmaplayer text')].filter(t => t.textContent);
            const outside = r => r.left < card.left - 1 || r.right > card.right + 1 || r.bottom > card.bottom + 1;
            return texts.filter(t => { const r = t.getBoundingClientRect(); return r.width > pitch || outside(r); })
                .map(t => t.textContent)
                .concat([...document.querySelectorAll('.chipgap .legend text')]
                    .filter(t => outside(t.getBoundingClientRect())).map(t => t.textContent));
        }"""
    )


def test_keyboard_alone_moves_every_control_and_the_figure_follows(tracer: Any) -> None:
    page = tracer.page
    first = cells(tracer)
    page.evaluate("jupyterapp.shell.currentWidget.content.node.focus()")
    page.locator(".chipgap select").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "range"
    page.keyboard.press("ArrowRight")
    wait_for_finding(tracer, "After 2 sources")
    page.keyboard.press("End")
    wait_for_finding(tracer, "After 5 sources")
    assert len(cells(tracer)) == 5 * len(first)
    assert page.locator(".chipgap [type=range]").get_attribute("aria-valuetext") == "5 of 5: The article"
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.wait_for_function(f"n => [...document.querySelectorAll('{CELLS}')].length < n", arg=5 * len(first))
    assert any("lost" in words for words in cells(tracer))
    assert page.locator(".chipgap .js-plotly-plot, .chipgap-figure.js-plotly-plot").count() == 1
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("() => document.querySelector('.chipgap select').value === 'start_date'")
    wait_for_finding(tracer, "of 6 details")
    assert tracer.console_errors() == []


def test_keys_in_a_control_never_reach_the_notebooks_shortcuts(tracer: Any) -> None:
    """Without care, "a" on a slider adds a cell above, "x" cuts the cell and arrows leave it."""
    page = tracer.page
    slider = page.locator(".chipgap [type=range]")
    slider.focus()
    for key in ("a", "b", "x", "ArrowDown", "ArrowUp", "m"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert page.locator(".jp-Notebook .jp-CodeCell").count() == 1
    assert slider.evaluate("node => node === document.activeElement")
    page.wait_for_selector("[data-type=document-title].jp-mod-dirty, .jp-mod-dirty", state="attached")
    page.keyboard.press("Control+s")
    page.wait_for_selector(".lm-TabBar-tab.jp-mod-current.jp-mod-dirty", state="detached")


def test_finding_is_announced_once_the_reader_stops(tracer: Any) -> None:
    status = tracer.page.locator(".chipgap-finding[role=status][aria-live=polite]")
    tracer.page.locator(".chipgap [type=range]").focus()
    tracer.page.keyboard.press("ArrowRight")
    assert status.get_attribute("aria-busy") == "true"
    wait_for_finding(tracer, "After 2 sources")
    tracer.page.wait_for_selector(".chipgap-finding[aria-busy=false]")
    alt = tracer.page.locator(".chipgap .main-svg[role=img]").get_attribute("aria-label")
    assert finding(tracer) in alt


def test_table_reset_and_saved_view(tracer: Any) -> None:
    page = tracer.page
    page.locator(".chipgap [type=range]").focus()
    page.keyboard.press("End")
    wait_for_finding(tracer, "After 5 sources")
    button = page.get_by_role("button", name="Show as table")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".chipgap-table tbody tr")
    assert page.locator(".chipgap-table thead th").all_inner_texts()[0] == "Detail"
    assert page.locator(".chipgap-table tbody tr").count() == 10
    page.get_by_text("Save this view").click()
    field = page.locator(".chipgap-field")
    assert field.input_value() == "tracer1:efficiency,5,0"
    page.get_by_role("button", name="Reset").focus()
    page.keyboard.press("Enter")
    wait_for_finding(tracer, "told it first")
    assert page.locator(".chipgap [type=range]").input_value() == "1"
    field.fill("tracer1:parity,4,1")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('.chipgap select').value === 'parity'")
    field.fill("nonsense")
    page.keyboard.press("Enter")
    page.wait_for_selector(".chipgap-error:not([hidden])")
    assert "tracer1" in page.locator(".chipgap-error").inner_text()
    assert tracer.console_errors() == []


def test_traits_set_by_code_move_the_controls(tracer: Any) -> None:
    tracer.run("tracer.set(statement='revenue', step=2)")
    wait_for_finding(tracer, "After 2 sources")
    assert tracer.page.locator(".chipgap select").input_value() == "revenue"
    assert tracer.page.locator(".chipgap [type=range]").input_value() == "2"


def test_dragging_leaves_no_backlog(tracer: Any) -> None:
    """A flood of slider moves costs a few redraws, and the last one wins at once."""
    page = tracer.page
    sent = page.evaluate(
        """async () => {
            const slider = document.querySelector('.chipgap [type=range]');
            for (let move = 0; move < 400; move += 1) {
                slider.value = 1 + (move * 7) % 5;
                slider.dispatchEvent(new Event('input', {bubbles: true}));
                await new Promise(done => setTimeout(done, 5));
            }
            slider.value = 4;
            slider.dispatchEvent(new Event('input', {bubbles: true}));
            return performance.now();
        }"""
    )
    wait_for_finding(tracer, "After 4 sources")
    assert page.evaluate("performance.now()") - sent < 3000
    page.wait_for_timeout(700)
    assert "After 4 sources" in finding(tracer)
    assert page.locator(".chipgap [type=range]").input_value() == "4"


@pytest.mark.parametrize("width", [1000, 1600])
def test_nothing_sticks_out_and_axe_finds_nothing_in_either_theme(tracer: Any, width: int) -> None:
    page = tracer.page
    page.set_viewport_size({"width": width, "height": 1000})
    page.locator(".chipgap [type=range]").focus()
    page.keyboard.press("End")
    wait_for_finding(tracer, "After 5 sources")
    for _ in range(40):  # the page tells the kernel its width, and gets words broken to fit
        if not overlaps(tracer):
            break
        page.wait_for_timeout(250)
    tracer.screenshot(f"tracer-{width}-light", ".chipgap")
    assert overlaps(tracer) == []
    for text in ("Show as table", "What to try", "Save this view"):
        page.locator(".chipgap").get_by_text(text).first.click()
    page.wait_for_selector(".chipgap-table")
    assert tracer.axe(".chipgap") == []
    tracer.theme("JupyterLab Dark")
    assert tracer.axe(".chipgap") == []
    tracer.screenshot(f"tracer-{width}-dark", ".chipgap")
    tracer.theme("JupyterLab Light")
    assert tracer.console_errors() == []


PREDICT = """from chipgap.widgets import Predict, reveal
guess = Predict("details", "How many of the details will have changed by the end?", 0, 10, "details")
guess"""


def test_a_prediction_is_made_by_keyboard_and_kept(open_notebook: Any, write_notebook: Any) -> None:
    book = open_notebook(write_notebook("guess.ipynb", PREDICT))
    book.run_all()
    page = book.page
    page.locator(".chipgap-predict [type=range]").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('.chipgap-told').textContent.includes('6 details')")
    assert page.locator(".chipgap-predict [type=range]").is_disabled()
    assert book.axe(".chipgap-predict") == []
    book.screenshot("predict", ".chipgap-predict")
    book.run("assert 'You said 6 details' in str(reveal('details', 5, 'details'))")
    assert book.console_errors() == []


SHOWN = """from chipgap import figures
from chipgap.data import load
table = load("efficiency_statements")
figures.show(figures.efficiency_timeline(table), figures.efficiency_table(table))
figures.show(figures.claims_overview(load("claims")))
figures.show(figures.retelling_matrix(load("retellings"), "efficiency", 5))"""


def test_shown_figures_say_their_finding_and_unfold_their_table(open_notebook: Any, write_notebook: Any) -> None:
    book = open_notebook(write_notebook("shown.ipynb", SHOWN), width=1000)
    book.run_all()
    page = book.page
    page.wait_for_function("() => document.querySelectorAll('.jp-OutputArea .js-plotly-plot .main-svg').length >= 9")
    assert page.locator(".chipgap-finding").count() == 3
    page.get_by_text("Show as table").click()
    assert page.locator("details[open] tbody tr").count() == 9
    page.set_viewport_size({"width": 1300, "height": 2600})  # a resized window must not flatten the figures
    page.wait_for_timeout(1500)
    drawn = page.locator(".jp-OutputArea .js-plotly-plot .svg-container")
    assert [drawn.nth(place).bounding_box()["height"] > 250 for place in range(3)] == [True] * 3
    assert all(drawn.nth(place).bounding_box()["width"] > 700 for place in range(3))
    book.screenshot("shown", ".jp-OutputArea")
    assert book.console_errors() == []
    assert book.tracebacks() == []
