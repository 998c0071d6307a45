"""What a student gets back: nbgrader's feedback page with figures kept and hidden tests hidden.

Named in ``nbgrader_config.py``: the two preprocessors in ``GenerateFeedback.preprocessors`` (after nbgrader's
own), the exporter as ``GenerateFeedback.exporter_class``. The page is one file and asks the network for
nothing; formulas stay as written unless ``FeedbackExporter.mathjax_url`` names a MathJax to load.
"""

import html
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests
from nbgrader.preprocessors.base import NbGraderPreprocessor
from nbgrader.server_extensions.formgrader import handlers
from nbgrader.utils import is_grade, is_solution
from traitlets import List, Unicode
from traitlets.config import Config

from chipgap.grading import figures
from chipgap.grading.hiding import Failure, Regions, explain, plain

PASSED = "Passed."
REMOVED = "[a hidden test stood here]"
WIDGET_NOTE = "<p><em>An interactive widget was here; it works in the notebook.</em></p>"

Resources = dict[str, Any]


class HideTests(NbGraderPreprocessor):  # type: ignore[misc]
    """Blank hidden tests, and shorten what a test cell says to the reason why it failed.

    A failed test keeps its message: an assert's own words, or the text of a check (``spoken_errors``). From
    inside a hidden region nothing else is shown: no line, no value, no traceback, nothing printed.
    """

    spoken_errors = List(
        Unicode(),
        ["CheckFailedError", "CheckFailed"],
        help="Exceptions whose text is written for students and is shown wherever they are raised.",
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Return the notebook with every test cell made safe to read, and no hidden line anywhere else."""
        regions = self._regions()
        tests = [cell for cell in nb.cells if is_grade(cell) and not is_solution(cell)]
        secrets = regions.secrets(cell.source for cell in tests)
        for cell in nb.cells:
            if cell.cell_type == "code" and is_grade(cell) and not is_solution(cell):
                cell.outputs = self._verdict(cell, regions)
            elif cell.cell_type == "code":
                cell.outputs = [_without(output, secrets) for output in cell.outputs]
            cell.source = regions.blank(cell.source)
        return nb, resources

    def _regions(self) -> Regions:
        """Return the delimiters of this course, which may have set its own."""
        names = ClearHiddenTests()
        names.update_config(Config({"ClearHiddenTests": self.config.get("ClearHiddenTests", {})}))
        return Regions(names.begin_test_delimeter, names.end_test_delimeter)

    def _verdict(self, cell: NotebookNode, regions: Regions) -> list[NotebookNode]:
        errors = [output for output in cell.outputs if output.output_type == "error"]
        reasons = [self._reason(cell, error, regions) for error in errors]
        if not regions.lines(cell.source):  # nothing secret: what the cell printed may stay
            kept = [output for output in cell.outputs if output.output_type != "error"]
            return kept + [_error(reason) for reason in reasons]
        return [_error(reason) for reason in reasons] or [_says(PASSED)] * _has_full_marks(cell)

    def _reason(self, cell: NotebookNode, error: NotebookNode, regions: Regions) -> str:
        failure = Failure.read(error.ename, error.evalue, error.traceback, cell.execution_count)
        return explain(cell.source, failure, regions, self.spoken_errors)


class KeepFigures(NbGraderPreprocessor):  # type: ignore[misc]
    """Turn Plotly figures and saved widgets into HTML; nbconvert would drop them."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Return the notebook with figures as HTML; ``resources["kept_figures"]`` counts them."""
        saved = nb.metadata.pop("widgets", {}).get(figures.WIDGET_STATE, {}).get("state", {})
        resources["kept_figures"] = 0
        for cell in nb.cells:
            for output in cell.get("outputs", []):
                if "data" in output:
                    resources["kept_figures"] += _keep(output.data, saved, resources["kept_figures"])
        return nb, resources


class FeedbackExporter(HTMLExporter):
    """nbgrader's feedback page as one file: plotly.js inside if there is a figure, nothing from elsewhere."""

    mathjax_url = Unicode("", help="MathJax to load for formulas; empty: formulas stay as written.").tag(config=True)

    @property
    def default_config(self) -> Config:
        """Return nbconvert's settings; our folder of templates holds only what replaces nbgrader's."""
        config: Config = super().default_config.copy()
        config.FeedbackExporter.template_name = "offline_feedback"
        config.FeedbackExporter.extra_template_basedirs = [
            str(Path(__file__).with_name("templates")),
            handlers.template_path,
        ]
        return config

    def from_notebook_node(  # type: ignore[override]  # as nbconvert's own HTMLExporter does
        self, nb: NotebookNode, resources: Resources | None = None, **kw: object
    ) -> tuple[str, Resources]:
        """Return the page and nbconvert's resources."""
        page, resources = super().from_notebook_node(nb, resources, **kw)
        scripts = f"<script>{_plotly_js()}</script>" if resources.get("kept_figures") else ""
        if self.mathjax_url:
            scripts += f'<script async src="{html.escape(self.mathjax_url)}"></script>'
        page = page.replace("<html>", f'<html lang="{self.language_code}">', 1)
        return page.replace("</head>", f"{scripts}</head>", 1), resources


def _plotly_js() -> str:
    from plotly.offline import get_plotlyjs  # noqa: PLC0415 - half a second that pages without figures save

    return str(get_plotlyjs())


def _keep(data: NotebookNode, saved: dict[str, Any], count: int) -> int:
    """Put HTML in place of the figures in one output; return how many there were."""
    data.pop("application/javascript", None)  # written for a notebook's page: fails on this one
    found: Iterable[Any] = []
    if figures.is_figure(data.get(figures.PLOTLY)):
        found = [data[figures.PLOTLY]]
    elif figures.WIDGET in data:
        view = data.pop(figures.WIDGET)
        found = figures.widget_figures(saved, str(view.get("model_id")))
    parts = [figures.figure_html(figure, f"figure-{number}") for number, figure in enumerate(found, count + 1)]
    if parts:
        data["text/html"] = "\n".join(parts)
    elif set(data) <= {"text/plain"} and not data.get("text/plain"):
        data["text/html"] = WIDGET_NOTE
    return len(parts)


def _has_full_marks(cell: NotebookNode) -> bool:
    marks = cell.metadata.nbgrader
    return bool(marks.get("score", marks.get("points", 0)) == marks.get("points", 0))


def _error(reason: str) -> NotebookNode:
    return _output(output_type="error", ename="", evalue=reason, traceback=[reason])


def _says(text: str) -> NotebookNode:
    return _output(output_type="stream", name="stdout", text=text)


def _output(**fields: object) -> NotebookNode:
    output: NotebookNode = NotebookNode(**fields)  # type: ignore[no-untyped-call]
    return output


def _without(output: NotebookNode, secrets: frozenset[str]) -> NotebookNode:
    """Return the output with every hidden line taken out, also where colours or HTML disguise it."""

    def clean(text: str) -> str:
        bare = plain(text)
        found = [form for secret in secrets for form in _forms(secret) if form in bare]
        for form in sorted(found, key=len, reverse=True):
            bare = bare.replace(form, REMOVED)
        return bare if found else text

    return _map_text(output, clean)


def _forms(secret: str) -> set[str]:
    return {secret, html.escape(secret), html.escape(secret, quote=False), repr(secret)[1:-1]}


def _map_text(output: NotebookNode, change: Callable[[str], str]) -> NotebookNode:
    if output.output_type == "stream":
        output.text = change(output.text)
    elif output.output_type == "error":
        output.evalue = change(output.evalue)
        output.traceback = change("\n".join(output.traceback)).split("\n")
    else:
        for kind, value in output.data.items():
            if isinstance(value, str):
                output.data[kind] = change(value)
    return output
