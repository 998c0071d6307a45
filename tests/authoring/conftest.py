"""A small course in a temporary folder: one unit, every kind of cell that nbgrader knows."""

import shutil
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

SYLLABUS = """\
units:
  - id: 1-tea
    number: 1
    title: Tea
    question: How long should tea draw?
    minutes: {lesson: 10, exercise: 5}
    objectives: [Measure tea.]
    prerequisites: [A cup.]
    key_points: [Three minutes are enough.]
    claims: [A05]
    datasets: [teas]
  - id: 2-milk
    number: 2
    title: Milk
    question: Milk first?
    minutes: {lesson: 10, exercise: 5}
    objectives: [Pour milk.]
    prerequisites: [Unit 1.]
    key_points: [It does not matter.]
    claims: []
    datasets: []
"""

START = """\
# %% [markdown]
# # Start here

# %%
print("hello")
"""

LESSON = """\
# %% [markdown]
# # Tea

# %% [markdown]
# <!-- chipgap:header -->

# %% tags=["scaffolding"]
import math

# %%
minutes = math.floor(3.7)
minutes

# %% [markdown]
# <!-- chipgap:key-points -->
"""

# The lines of metadata are as long as Jupytext writes them.

EXERCISE = '''\
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Tea, the exercise

# %% tags=["scaffolding"]
from collections import Counter

# %% [markdown]
# **Question 1.** Set `steeping_minutes` to the mean of the steeping times.

# %% nbgrader={"grade": false, "grade_id": "q1", "locked": false, "points": 0, "schema_version": 3, "solution": true, "task": false, "cell_type": "code"}
times = [2, 3, 4]
steeping_minutes = None
### BEGIN SOLUTION
steeping_minutes = sum(times) / len(times)  # the plain arithmetic mean will do
favourite_tea_by_votes = Counter(["lapsang souchong", "assam", "lapsang souchong"]).most_common(1)
print("leaves drawn from", favourite_tea_by_votes)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "q1-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false, "cell_type": "code"} tags=["raises-exception"]
assert steeping_minutes is not None, "not answered yet"
### BEGIN HIDDEN TESTS
assert abs(steeping_minutes - 3.0) < 1e-9, "hidden: the mean of the three times"
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "q2", "locked": false, "points": 0, "schema_version": 3, "solution": true, "task": false, "cell_type": "code"}
def brew(leaves):
    """Say how many cups the leaves give."""
    ### BEGIN SOLUTION
    return round(leaves * 2.73121 + 0.5)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "q2-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false, "cell_type": "code"} tags=["raises-exception"]
assert brew(1) == 3

# %% [markdown] nbgrader={"grade": true, "grade_id": "essay", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false, "cell_type": "markdown"}
# A model answer names the leaf, the water and the time, and says which of them was measured.

# %% [markdown] nbgrader={"grade": false, "grade_id": "rubric", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": true, "cell_type": "markdown"}
# Draw your cup.
#
# ### BEGIN MARK SCHEME
# Two points for steam rising above the rim of the cup, two for a saucer.
# ### END MARK SCHEME
'''


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Return the root of a project with one unit, its dataset and the course's own jupytext settings."""
    return write_course(tmp_path / "project")


def write_course(root: Path) -> Path:
    """Write the small course below ``root``."""
    files = {
        "course/syllabus.yml": SYLLABUS,
        "course/start-here.py": START,
        "course/lessons/1-tea.py": LESSON,
        "course/exercises/1-tea/1-tea.py": EXERCISE,
        "course/exercises/1-tea/cups.csv": "cup,millilitres\nsmall,150\n",
        "datasets/teas.csv": "tea\nassam\n",
        "datasets/claims.csv": "claim_id,paraphrase_en\nA05,Tea needs five minutes.\n",
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    shutil.copy(REPOSITORY / "course" / "jupytext.toml", root / "course" / "jupytext.toml")
    return root
