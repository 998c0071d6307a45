"""What has to be put right in a submission so that one student's mishap neither costs points nor stops a class.

Steps for nbgrader's ``Autograde.sanitize_preprocessors``; see ``nbgrader_config.py``.
"""

import json
import logging
import shutil
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import OverwriteCells
from nbgrader.preprocessors.base import NbGraderPreprocessor

Resources = dict[str, Any]


def grade_id(cell: NotebookNode) -> str | None:
    """Return the name that nbgrader knows a cell by; None for an ordinary cell."""
    name = cell.metadata.get("nbgrader", {}).get("grade_id")
    return str(name) if name else None


def adopt_renamed(source: Path, notebooks: list[str]) -> None:
    """Give a renamed notebook its name back, as a copy beside it, so that nbgrader finds it.

    Done only where there is no doubt: one notebook of the assignment is missing, one unknown one is there,
    and that one holds cells marked by nbgrader. Else nbgrader reports the submission as it does anyway.

    Parameters
    ----------
    source
        The assignment's folder with the instructor's notebooks.
    notebooks
        Paths of the submission's notebooks; changed in place.
    """
    expected = {path.name for path in source.glob("*.ipynb")}
    given = {Path(name).name: Path(name) for name in notebooks}
    missing = sorted(expected - given.keys())
    unknown = sorted(given.keys() - expected)
    if len(missing) != 1 or len(unknown) != 1 or not _has_marks(given[unknown[0]]):
        return
    renamed = given[unknown[0]]
    copy = renamed.with_name(missing[0])
    logging.getLogger("traitlets").warning("%s: taken for %s.", renamed, copy.name)
    shutil.copyfile(renamed, copy)
    notebooks[:] = sorted([*notebooks, str(copy)])


def _has_marks(path: Path) -> bool:
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return any(cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in cells)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False  # not a notebook: nbgrader's to report


class DropDuplicates(NbGraderPreprocessor):  # type: ignore[misc]
    """Make a copied nbgrader cell an ordinary one; the last copy counts.

    nbgrader leaves a husk of metadata on the earlier copies, takes it for an old format and ends the run:
    one student's copied cell would leave the rest of the class ungraded. Put this before ``DeduplicateIds``.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Return the notebook with each grade id once."""
        seen: set[str] = set()
        for cell in reversed(nb.cells):
            name = grade_id(cell)
            if name in seen:
                self.log.warning("Cell %r is there twice: the last one counts.", name)
                del cell.metadata["nbgrader"]
            elif name:
                seen.add(name)
        return nb, resources


class RestoreCells(OverwriteCells):  # type: ignore[misc]
    """nbgrader's ``OverwriteCells``, with deleted cells put back wherever they were.

    nbgrader's own fails, and leaves the student ungraded, if the cell before the deleted one is gone too or
    is a locked text; and on a cell that comes from another assignment.
    """

    def preprocess_cell(
        self, cell: NotebookNode, resources: Resources, cell_index: int
    ) -> tuple[NotebookNode, Resources]:
        """Return the cell as the gradebook knows it; a stranger becomes an ordinary cell."""
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if "nbgrader" in cell.metadata and not grade_id(cell):
            del cell.metadata["nbgrader"]
        return cell, resources

    def add_missing_grade_cells(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Return the notebook with every graded cell: each after the nearest earlier cell that is still there.

        If none is, it goes before the nearest later one; if all marks are gone, to the end, where it still
        sees every name that the student bound.
        """
        source = self.gradebook.find_notebook(self.notebook_id, self.assignment_id)
        order = [cell.name for cell in source.source_cells]
        solutions = {cell.name for cell in source.solution_cells}
        points = {cell.name: cell.max_score for cell in source.grade_cells}
        for place, original in enumerate(source.source_cells):
            present = {grade_id(cell): position for position, cell in enumerate(nb.cells)}
            if original.name not in points or original.name in present:
                continue
            self.log.warning("Cell %r was deleted: put back.", original.name)
            cell = self.missing_cell_transform(original, points[original.name], is_solution=original.name in solutions)
            before = [present[name] + 1 for name in order[:place] if name in present]
            after = [present[name] for name in order[place:] if name in present]
            nb.cells.insert((before[-1:] + after[:1] + [len(nb.cells)])[0], cell)
        return nb, resources
