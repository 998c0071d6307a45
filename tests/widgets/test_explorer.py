"""The widget standard, without a browser: state, figure, table and saved views of the claim tracer."""

import json
from typing import Any

import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from traitlets import TraitError

from chipgap.data import load
from chipgap.widgets import ClaimTracer
from chipgap.widgets.explorer import StateError

STATEMENTS = load("retellings")["statement"].unique().tolist()
STATES = st.fixed_dictionaries(
    {"statement": st.sampled_from(STATEMENTS), "step": st.integers(1, 5), "only_changed": st.booleans()}
)


@pytest.fixture
def tracer() -> ClaimTracer:
    return ClaimTracer()


def drawn(fig: go.Figure) -> dict[str, Any]:
    """Return what a reader sees of ``fig``, in plain data."""
    spec = json.loads(fig.to_json())
    for trace in spec["data"]:
        trace.pop("uid", None)
    for key in ("meta", "title", "template", "height", "margin"):
        spec["layout"].pop(key, None)
    return spec


@given(STATES)
@settings(max_examples=40, deadline=None)
def test_a_saved_view_brings_the_state_back(state: dict[str, Any]) -> None:
    saved = ClaimTracer(**state)
    other = ClaimTracer()
    other.restore(saved.state_string)
    assert other.values() == state
    assert (other.finding, drawn(other.figure)) == (saved.finding, drawn(saved.figure))
    assert saved.state_string.isascii()
    assert not set(saved.state_string) & set(" <>\"'#?&/")


@given(st.lists(STATES, min_size=1, max_size=6))
@settings(max_examples=25, deadline=None)
def test_the_live_figure_shows_what_a_fresh_one_would_however_it_got_there(path: list[dict[str, Any]]) -> None:
    tracer = ClaimTracer()
    live = tracer.figure_widget
    for state in path:
        tracer.set(**state)
    assert tracer.figure_widget is live
    assert drawn(go.Figure(live)) == drawn(tracer.figure)


def test_a_step_sends_one_message_with_only_what_differs(tracer: ClaimTracer, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = []
    monkeypatch.setattr(tracer.figure_widget, "_send_update_msg", lambda **message: sent.append(message), raising=True)
    tracer.step = 2
    assert len(sent) == 1
    assert set(sent[0]["restyle_data"]) == {"z", "text", "hovertext"}
    assert sent[0]["relayout_data"] == {}
    tracer.step = 2
    assert len(sent) == 1


def test_the_readers_zoom_stays(tracer: ClaimTracer) -> None:
    tracer.figure_widget.layout.xaxis.range = [1, 2]
    tracer.step = 4
    assert tuple(tracer.figure_widget.layout.xaxis.range) == (1, 2)


def test_a_page_that_joins_late_gets_the_figure_as_it_is_now(tracer: ClaimTracer) -> None:
    tracer.figure_widget  # noqa: B018  made now, changed later
    tracer.set(statement="parity", step=5)
    told = tracer.figure_widget.get_state()
    assert told["_widget_layout"]["yaxis"]["ticktext"] == list(tracer.figure.layout.yaxis.ticktext)
    assert told["_widget_data"][0]["text"][0][4]


def test_the_still_figure_is_cut_off_from_the_widget(tracer: ClaimTracer) -> None:
    still = tracer.figure
    before = still.to_json()
    tracer.step = 5
    assert type(still) is go.Figure
    assert still.to_json() == before


def test_the_widget_without_a_table_of_its_own_shows_the_courses(tracer: ClaimTracer) -> None:
    tracer.set(statement="efficiency", step=5)
    assert tracer.table.shape == (10, 6)
    assert "lost" in tracer.table["The article"].tolist()
    tracer.only_changed = True
    assert len(tracer.table) < 10


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"step": 6}, "step must be from 1 to 5, not 6"),
        ({"step": 0}, "step must be from 1 to 5, not 0"),
        ({"step": "2"}, "step"),
        ({"statement": "energy"}, "statement must be one of 'efficiency'"),
        ({"only_changed": "yes"}, "only_changed"),
        ({"stpe": 2}, "no setting 'stpe'; it has statement, step, only_changed"),
    ],
)
def test_a_bad_setting_is_refused_in_plain_words_and_changes_nothing(
    tracer: ClaimTracer, state: dict[str, Any], message: str
) -> None:
    tracer.set(statement="parity", step=3)
    with pytest.raises(TraitError, match=message):
        tracer.set(statement="revenue", **state) if "statement" not in state else tracer.set(**state)
    assert tracer.values() == {"statement": "parity", "step": 3, "only_changed": False}
    with pytest.raises(TraitError, match=message):
        ClaimTracer(**state)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "begin with “tracer1:”"),
        ("gap1:0.8,3", "begin with “tracer1:”"),
        ("tracer1", "begin with “tracer1:”"),
        ("tracer1:efficiency,3", "The code has 2"),
        ("tracer1:efficiency,three,0", "step cannot be “three”"),
        ("tracer1:efficiency,3,maybe", "only_changed cannot be “maybe”"),
        ("tracer1:efficiency,9,0", "from 1 to 5"),
        ("tracer1:nothing,3,0", "statement must be one of"),
    ],
)
def test_a_damaged_view_says_what_is_wrong_with_it(tracer: ClaimTracer, text: str, message: str) -> None:
    tracer.step = 2
    with pytest.raises(StateError, match=message):
        tracer.restore(text)
    assert tracer.step == 2


def test_reset_goes_back_to_the_beginning(tracer: ClaimTracer) -> None:
    first = tracer.finding
    tracer.set(statement="revenue", step=5, only_changed=True)
    tracer.reset()
    assert tracer.finding == first
    assert tracer.values() == ClaimTracer().values()


@pytest.fixture
def answers(tracer: ClaimTracer, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the panel sends back to the page."""
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(tracer.panel, "send", sent.append)
    return sent


def ask(tracer: ClaimTracer, **message: Any) -> None:
    tracer._on_message(tracer.panel, {"view": "v", "seq": 7, **message}, [])


def test_every_request_of_the_page_is_acknowledged(tracer: ClaimTracer, answers: list[dict[str, Any]]) -> None:
    ask(tracer, kind="set", values={"step": 3})
    ask(tracer, kind="set", values={"step": 99})
    ask(tracer, kind="restore", state="nonsense")
    ask(tracer, kind="reset")
    assert [answer["seq"] for answer in answers] == [7, 7, 7, 7]
    assert [bool(answer["error"]) for answer in answers] == [False, True, True, False]
    assert tracer.step == 1


def test_a_fault_while_drawing_is_acknowledged_too_or_the_page_would_wait_for_ever(
    tracer: ClaimTracer, answers: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(tracer, "draw", broken)
    with pytest.raises(ZeroDivisionError):
        ask(tracer, kind="set", values={"step": 2})
    assert answers[0]["error"]


def test_the_table_travels_only_while_it_is_open(tracer: ClaimTracer, answers: list[dict[str, Any]]) -> None:
    tracer.step = 2
    assert tracer.panel.table == ""
    ask(tracer, kind="table", open=True)
    assert tracer.panel.table.count("<tr>") == 11
    tracer.statement = "parity"
    assert tracer.panel.table.count("<tr>") == 8
    ask(tracer, kind="table", open=False)
    assert tracer.panel.table == ""


def test_the_figure_fits_its_place(tracer: ClaimTracer, answers: list[dict[str, Any]]) -> None:
    tracer.step = 5
    wide = tracer.figure.layout.height
    ask(tracer, kind="width", px=460)
    assert tracer.figure.layout.height > wide
    assert "width" not in tracer.state_string


def test_what_it_displays_holds_widget_words_and_a_still_figure(tracer: ClaimTracer) -> None:
    data, _ = tracer._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert tracer.finding in data["text/plain"]
    assert len(json.dumps(data["application/vnd.plotly.v1+json"])) < 60_000


def test_every_control_moves_a_trait_and_every_value_offered_is_allowed(tracer: ClaimTracer) -> None:
    for spec in tracer.panel.spec["controls"]:
        offered = [value for value, _ in spec["options"]] if "options" in spec else [False, True]
        if spec["kind"] == "range":
            offered = list(range(spec["low"], spec["high"] + 1))
            assert len(spec["words"]) == len(offered)
        for value in offered:
            tracer.set(**{spec["name"]: value})
