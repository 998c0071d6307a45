# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] nbgrader={"grade": false, "grade_id": "intro", "locked": true, "schema_version": 3, "solution": false, "task": false}
# # Exercise 1 · What exactly was said?
#
# You take one sentence of the news story apart until it is a row of a table, and then write small tools that
# find what a retelling lost, what it added, and what nobody can know from an excerpt.
#
# **How it works.** Write your solution where it says `# YOUR CODE HERE` and run the cell (Shift+Enter). The cell
# below it checks your answer at once and says in plain words what is wrong. A hint is one call away:
# `hint("q1")` in a new cell, and again for the next hint. When you are done, choose *Run → Run All Cells* once
# more: every check should say **Right**. The checks try a few cases; when your work is graded, more are tried.
#
# You need about 90 minutes, the lesson *What exactly was said?*, and a little pandas: filtering and sorting rows,
# `notna`, `min` and `max`, and the difference of two dates. Questions 5 and 8 are the longest.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
import pandas as pd

from chipgap.checks import claim
from chipgap.checks.claim import hint
from chipgap.data import load, show

claims = load("claims")
statements = load("efficiency_statements")
changes = load("wording_changes")
# What each source says of each detail, as raw observations: no judgement in it yet.
told = load("retellings")[["statement", "step", "source_key", "detail", "wording", "seen"]]

# %% [markdown] nbgrader={"grade": false, "grade_id": "q1-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Question 1 · Read a number (2 points)
#
# *Why it matters: a slip between comma and dot, or between two number words, moves a company's revenue by a
# factor of ten or a thousand. It has happened to more than one news desk in this story.*
#
# The article writes numbers the Indonesian way: a **comma** marks decimals, a **dot** separates thousands, and a
# word may follow.
#
# | word | meaning |
# | --- | --- |
# | ribu | thousand |
# | juta | million |
# | miliar | a thousand juta |
# | triliun | a thousand miliar |
#
# Write `read_number(text)`, which returns the number as a `float`. A per cent sign is dropped: `"40%"` is `40.0`.
# The text holds one number and at most one of these words after it, with a space between.

# %% nbgrader={"grade": false, "grade_id": "q1", "locked": false, "schema_version": 3, "solution": true, "task": false}
def read_number(text):
    """Return the number in an Indonesian text such as '2,5 juta'."""
    ### BEGIN SOLUTION
    factors = {"ribu": 1e3, "juta": 1e6, "miliar": 1e9, "triliun": 1e12}
    digits, _, word = text.replace("%", "").strip().partition(" ")
    return float(digits.replace(".", "").replace(",", ".")) * factors.get(word, 1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "q1-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
claim.q1(read_number).grade()
### BEGIN HIDDEN TESTS
for written, meant in {
    "23,34 miliar": 23.34e9,
    "14,78%": 14.78,
    "1.024,5 juta": 1_024_500_000,
    "12 ribu": 12_000,
    "0,5 triliun": 0.5e12,
    "1.250.000": 1_250_000,
}.items():
    assert abs(read_number(written) - meant) <= 1e-6 * meant, "A number with dots, comma and word together is not read right."
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "q2-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Question 2 · Who says so? (2 points)
#
# *Why it matters: a claim by the company that profits from it is not worthless, but it is not independent either.*
#
# The table `claims` has one row for each claim of the article. Make `speaker_counts`: for each value of the
# column `speaker`, how many claims rest on that speaker. A Series or a dict will do.

# %% nbgrader={"grade": false, "grade_id": "q2", "locked": false, "schema_version": 3, "solution": true, "task": false}
speaker_counts = None
### BEGIN SOLUTION
speaker_counts = claims["speaker"].value_counts()
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "q2-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
claim.q2(speaker_counts).grade()
### BEGIN HIDDEN TESTS
counted = {name: int(count) for name, count in dict(speaker_counts).items()}
expected = claims["speaker"].value_counts().to_dict()
assert counted == expected, "The counts add up, but not every speaker has the right one."
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "q3-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Question 3 · One sentence, one row (2 points)
#
# *Why it matters: writing down what a sentence does **not** say is the fastest fact-check there is.*
#
# These are the two sentences of the article behind claims A05 and A06, in English:
#
# > In the financial report released last Tuesday, iFlytek's founder Liu Qingfeng said that the capability of the
# > Ascend 910B chip has risen significantly. If its efficiency used to be only 20% of Nvidia chips, it has now
# > risen to almost 80%.
#
# Make `record`, a dict that holds **what these two sentences say** and nothing that you know from elsewhere.
# Write `None` where they do not say it.
#
# | key | what it holds |
# | --- | --- |
# | `"speaker"` | the person who is said to have said it |
# | `"start_pct"` | the earlier efficiency, in per cent |
# | `"end_pct"` | the efficiency now, in per cent |
# | `"baseline_chip"` | the chip model it is compared with |
# | `"workload"` | what the chips were computing |
# | `"metric"` | the quantity behind the word *efficiency* (speed, cost, energy, …) |
# | `"start_date"` | when the earlier figure was true |

# %% nbgrader={"grade": false, "grade_id": "q3", "locked": false, "schema_version": 3, "solution": true, "task": false}
record = None
### BEGIN SOLUTION
record = {
    "speaker": "Liu Qingfeng",
    "start_pct": 20,
    "end_pct": 80,
    "baseline_chip": None,
    "workload": None,
    "metric": None,
    "start_date": None,
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "q3-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
claim.q3(record).grade()
### BEGIN HIDDEN TESTS
row = record.iloc[0] if isinstance(record, pd.DataFrame) else record
assert "liu" in str(row["speaker"]).lower(), "The speaker is a person whom the sentence names."
assert (float(row["start_pct"]), float(row["end_pct"])) == (20, 80), "One of the two figures is not the article's."
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "q4-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Question 4 · Points, per cent, times (2 points)
#
# *Why it matters: "up by 25", "up by 50%" and "1.5 times as much" can all describe the same change, and
# headlines pick the one they like.*
#
# Write `change(before, after)` for two shares given in per cent. It returns a dict with three numbers:
#
# - `"points"`: how many percentage points lie between them,
# - `"percent"`: by how many per cent it changed, relative to where it started,
# - `"times"`: how many times as much it is now.
#
# From 50 to 75 it is 25 points, 50 per cent, 1.5 times. A fall gives negative points and a negative per cent.

# %% nbgrader={"grade": false, "grade_id": "q4", "locked": false, "schema_version": 3, "solution": true, "task": false}
def change(before, after):
    """Return the change from before to after (both in per cent) as points, percent and times."""
    ### BEGIN SOLUTION
    times = after / before
    return {"points": after - before, "percent": 100 * (times - 1), "times": times}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "q4-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
claim.q4(change).grade()
### BEGIN HIDDEN TESTS
for (before, after), wanted in {(20, 80): (60, 300, 4), (25, 73): (48, 192, 2.92), (80, 60): (-20, -25, 0.75)}.items():
    parts = dict(change(before, after))
    given = [float(parts[key]) for key in ("points", "percent", "times")]
    assert all(abs(g - w) < 1e-6 for g, w in zip(given, wanted)), "It does not hold for every pair of shares."
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "q5-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Question 5 · What got lost? (2 points)
#
# *Why it matters: the word that a retelling drops is often the one that made the claim true.*
#
# The table `told` has one row for each detail of each source: which `statement` it belongs to, at which `step` of
# the story's way the source stands (1 is the first), its `source_key`, the `detail`, the `wording` (missing
# where the source says nothing of it) and whether we have `seen` the source in `"full"` or only as an `"excerpt"`.
#
# Write `lost(told, statement, source)`. It returns the **set of details** that the source at step 1 states and
# that `source` does not, for that one statement. If we have seen `source` only as an excerpt, nobody can tell
# what is missing from the whole: then return `None`.

# %% nbgrader={"grade": false, "grade_id": "q5", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lost(told, statement, source):
    """Return the set of details that a source dropped, or None if it was seen only as an excerpt."""
    ### BEGIN SOLUTION
    about = told[told["statement"] == statement]
    retelling = about[about["source_key"] == source]
    if (retelling["seen"] != "full").any():
        return None
    first = about[(about["step"] == 1) & about["wording"].notna()]
    return set(first["detail"]) - set(retelling.loc[retelling["wording"].notna(), "detail"])
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "q5-try", "locked": false, "schema_version": 3, "solution": false, "task": false}
# Look at a real case here, as often as you like.
lost(told, "efficiency", "SEED")

# %% nbgrader={"grade": true, "grade_id": "q5-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
claim.q5(lost).grade()
### BEGIN HIDDEN TESTS
for statement in told["statement"].unique():
    about = told[told["statement"] == statement]
    stated = set(about.loc[(about["step"] == 1) & about["wording"].notna(), "detail"])
    for source, rows in about.groupby("source_key"):
        if (rows["seen"] == "full").all():
            wanted = stated - set(rows.loc[rows["wording"].notna(), "detail"])
            given = lost(told, statement, source)
            assert given is not None and set(given) == wanted, f"Not right for statement {statement}, source {source}."
        else:
            assert lost(told, statement, source) is None, f"{source} was seen only as an excerpt."
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "q6-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Question 6 · Who said it first? (2 points)
#
# *Why it matters: what somebody adds on the way travels on as if it had been in the original. To find it, ask of
# each detail who is the first to state it.*
#
# Write `first_to_say(told, statement, detail)`. It returns the list of the `source_key`s that state the detail at
# the **earliest step at which anybody states it**; an empty list if nobody does. Like all our knowledge of this
# story it holds for the parts that we have seen: the first one we can find need not be the inventor.

# %% nbgrader={"grade": false, "grade_id": "q6", "locked": false, "schema_version": 3, "solution": true, "task": false}
def first_to_say(told, statement, detail):
    """Return the sources that state a detail at the earliest step at which anybody does."""
    ### BEGIN SOLUTION
    stated = told[(told["statement"] == statement) & (told["detail"] == detail) & told["wording"].notna()]
    return stated.loc[stated["step"] == stated["step"].min(), "source_key"].to_list()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "q6-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
claim.q6(first_to_say).grade()
### BEGIN HIDDEN TESTS
for (statement, detail), rows in told.groupby(["statement", "detail"]):
    rows = rows[rows["wording"].notna()]
    wanted = set(rows.loc[rows["step"] == rows["step"].min(), "source_key"])
    given = list(first_to_say(told, statement, detail))
    assert set(given) == wanted and len(given) == len(wanted), f"Not right for statement {statement}, detail {detail}."
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "q7-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Question 7 · One speaker, how many numbers? (2 points)
#
# *Why it matters: a number that its own author states differently from one occasion to the next is not yet a
# measurement.*
#
# The table `statements` lists what "efficiency" was claimed to be, when and by whom. `to_pct_low` and
# `to_pct_high` are the lowest and highest share of the baseline that a statement claims, in per cent; they are
# missing where a statement gives none.
#
# Write `range_claimed(statements, speaker)`, which returns the pair *(lowest, highest)* over all statements of
# that speaker.

# %% nbgrader={"grade": false, "grade_id": "q7", "locked": false, "schema_version": 3, "solution": true, "task": false}
def range_claimed(statements, speaker):
    """Return the lowest and the highest share that a speaker claimed, in per cent."""
    ### BEGIN SOLUTION
    own = statements[statements["speaker"] == speaker]
    return float(own["to_pct_low"].min()), float(own["to_pct_high"].max())
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "q7-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
claim.q7(range_claimed).grade()
### BEGIN HIDDEN TESTS
for speaker, rows in statements.groupby("speaker"):
    if rows["to_pct_low"].notna().any():
        low, high = (float(value) for value in range_claimed(statements, speaker))
        wanted = (rows["to_pct_low"].min(), rows["to_pct_high"].max())
        assert (low, high) == wanted, f"Not right for {speaker}."
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "q8-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Question 8 · The same ruler for the other side (2 points)
#
# *Why it matters: the method is on trial, not a country. A government's press office changes its words too.*
#
# In May 2025 a US agency wrote about the use of Huawei's chips. The table `changes` holds what was reported of two
# of its texts (`document`): one row for each `detail` of each `version`, with its `wording` and the day
# (`published_on`) it stood there. A missing wording means that we do not know it.
#
# Write `days_until_changed(changes, document)`: how many days after the first version comes the first later
# version that words a detail differently? Return a whole number, or `None` if no detail is known to be worded
# differently.

# %% nbgrader={"grade": false, "grade_id": "q8", "locked": false, "schema_version": 3, "solution": true, "task": false}
def days_until_changed(changes, document):
    """Return the days from a document's first version to the first one that is worded differently."""
    ### BEGIN SOLUTION
    known = changes[(changes["document"] == document) & changes["wording"].notna()].sort_values("version")
    first = known[known["version"] == known["version"].min()]
    before = dict(zip(first["detail"], first["wording"]))
    for row in known.itertuples():
        if before.get(row.detail, row.wording) != row.wording:
            return (row.published_on - first["published_on"].min()).days
    return None
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "q8-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
claim.q8(days_until_changed).grade()
### BEGIN HIDDEN TESTS
for document, rows in changes.groupby("document"):
    worded = rows.dropna(subset="wording").groupby("detail")["wording"].nunique()
    given = days_until_changed(changes, document)
    if (worded > 1).any():
        wanted = (rows["published_on"].max() - rows["published_on"].min()).days
        assert given is not None, f"A detail of the {document} is worded differently later on."
        assert (given.days if isinstance(given, pd.Timedelta) else int(given)) == wanted, f"Not right for: {document}."
    else:
        assert given is None, f"No detail of the {document} is known to be worded differently."
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "q9-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Question 9 · A letter to the editor (4 points, read by your instructor)
#
# In at most 120 words, ask the editor of the article for a correction. Name **one** statement that the article
# gets wrong and **one** detail that it lost, each with the source that shows it; say **one** thing that you can't
# claim, because you saw only an excerpt; and propose one corrected sentence.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q9", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# Dear editor, your article says that Liu Qingfeng spoke of the chip's efficiency in the financial report. The
# South China Morning Post (SCMP), whose report yours follows, places it on the earnings call. It also quotes him
# as speaking of the training of reasoning models, at the end of last year and this year; your text drops workload
# and dates. Whether the rewrite at tech360 (T360), which stands between the two, dropped the dates first, I can't
# say: I saw only an excerpt of it. I suggest: "On the earnings call, Liu said that for the training of reasoning
# models the efficiency rose from 20% of an unnamed Nvidia solution at the end of last year to almost 80% this
# year."
# ### END SOLUTION
