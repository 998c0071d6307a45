# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] nbgrader={"grade": false, "grade_id": "intro", "locked": true, "schema_version": 3, "solution": false, "task": false}
# # Exercise 5 · From 20% to 80% of what?
#
# "Its efficiency used to be only 20% of Nvidia's chips; now it is almost 80%." You work out what that could mean:
# which readings the chip itself rules out, what new cables could do at most, and what the published measurements say,
# with an interval.
#
# **How it works.** Write your solution where it says `# YOUR CODE HERE` and run the cell (Shift+Enter). The cell
# below it checks your answer at once and says in plain words what is wrong. A hint is one call away:
# `hint("q1")` in a new cell, and again for the next hint. When you are done, choose *Run → Run All Cells* once
# more: every check should say **Right**.
#
# You need about 70 minutes, the lesson *From 20% to 80% of what?*, and a little pandas and NumPy. Speeds are in
# TFLOP/s (10¹² calculations a second), shares in per cent unless a question says otherwise.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
import math

import numpy as np
import pandas as pd

from chipgap.checks import gap
from chipgap.checks.gap import hint
from chipgap.data import load, show

chips = load("chips")
reports = load("mfu_reports").query("quantity == 'mfu'")
vendor = load("vendor_throughput")
pairs = load("rl_runs")

# Published runs of three tables, shape and speed known; reported_mfu is a fraction, missing where nothing was reported.
shape = ["params_bn", "layers", "hidden", "seq_tokens", "tokens_per_s_chip", "peak_bf16_tflops"]
groups = ["MosaicML-MPT-A100", "MosaicML-MPT-H100", "Ascend-ModelLink"]
runs = load("training_runs").query("source_group in @groups and precision == 'bf16' and n_experts.isna()")
runs = runs.dropna(subset=shape)
runs = runs[["run", "chip", *shape, "iter_s", "reported_mfu", "reported_hfu", "status", "confidence"]]

# Peaks that are printed for "the 910B", and for "the H100": the larger ones of the H100 count skipped zeros (sparsity).
kinds = chips[chips["chip"].str.startswith("Ascend 910B")]
peaks_910b = dict(zip(kinds["chip"] + ", matrix units", kinds["bf16_dense_tflops"].astype(float)))
peaks_910b |= dict(zip(kinds["chip"] + ", as listed", kinds["listed_peak_tflops"].astype(float)))
misread = load("chip_errors").query("error_id in ['X14a', 'X14b']")
peaks_h100 = dict(zip(misread["subject"] + ", dense", misread["right_value"].astype(float)))
peaks_h100 |= dict(zip(misread["subject"] + ", with sparsity", misread["wrong_value"].astype(float)))

# The best that was ever measured on a 910B in our tables: one large matrix product. Which kind it was is not said.
best_910b = load("microbenchmarks").query("chip == 'Ascend 910B' and operation == 'bf16_matmul'")["value"].astype(float).max()

# Baselines: Nvidia's chips at the share of their peak that was assumed for them, or reported.
assumed = load("implied_mfu")[["baseline_chip", "baseline_mfu"]].drop_duplicates()
assumed = pd.DataFrame({"chip": assumed["baseline_chip"], "mfu_pct": 100 * assumed["baseline_mfu"], "known": "assumed"})
reported = reports.melt("entity", ["mfu_pct_low", "mfu_pct_high"], value_name="mfu_pct").rename(columns={"entity": "chip"})
baselines = pd.concat([assumed, reported.assign(known="reported")]).merge(chips[chips["maker"] == "Nvidia"], on="chip")
baselines["name"] = [f"{row.chip} at {row.mfu_pct:g}% ({row.known})" for row in baselines.itertuples()]
baselines["status"] = baselines["status"].where(baselines["known"] == "reported", "inference")
baselines = baselines.rename(columns={"bf16_dense_tflops": "peak_tflops"}).drop_duplicates("name", ignore_index=True)
baselines = baselines[["name", "peak_tflops", "mfu_pct", "status", "confidence"]]

# %% [markdown] nbgrader={"grade": false, "grade_id": "q1-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Question 1 · What share of the peak? (2 points)
#
# *Why it matters: every sentence about "efficiency" in this story is about this number, or about two of them. If you
# can work it out from a table, nobody can sell you a wrong one.*
#
# Training a model of N parameters costs about **6 N** calculations (FLOP) for each token: two on the way forward, four
# on the way back. Multiply by the tokens a chip gets through in a second, and you have its useful speed. Divided by
# the chip's peak that is the **MFU**, the model FLOPs utilisation.
#
# There are two conventions. The short one counts 6 N and nothing else. The other adds the work of *attention*,
# `12 * layers * hidden * seq_tokens` for each token. (Some halve that, since a token looks only backwards. We don't.)
#
# Write `mfu(run, attention)`, which returns the MFU **in per cent**. `run` is one row of `runs`; `run["params_bn"]` is
# in thousands of millions (10⁹), `run["tokens_per_s_chip"]` in tokens a second for each chip, `run["peak_bf16_tflops"]`
# in 10¹² FLOP a second. `attention` is `True` or `False`.

# %% nbgrader={"grade": false, "grade_id": "q1-look", "locked": false, "schema_version": 3, "solution": false, "task": false}
show(runs.groupby("chip").head(2).drop(columns=["iter_s", "reported_hfu"]))

# %% nbgrader={"grade": false, "grade_id": "q1", "locked": false, "schema_version": 3, "solution": true, "task": false}
def mfu(run, attention):
    """Return the share of peak, in per cent, at which a run computed, with or without attention."""
    ### BEGIN SOLUTION
    flops_per_token = 6 * run["params_bn"] * 1e9
    if attention:
        flops_per_token += 12 * run["layers"] * run["hidden"] * run["seq_tokens"]
    return 100 * flops_per_token * run["tokens_per_s_chip"] / (run["peak_bf16_tflops"] * 1e12)
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "q1-try", "locked": false, "schema_version": 3, "solution": false, "task": false}
# Compare with what was reported, here and for other rows. One run of the vendor's is far above 100%: a misprint.
example = runs.iloc[0]
print(example["run"], "on", example["chip"])
print("reported:", 100 * example["reported_mfu"], "% and yours:", mfu(example, attention=True), "%")

# %% nbgrader={"grade": true, "grade_id": "q1-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
gap.q1(mfu).grade()
### BEGIN HIDDEN TESTS
for _, published in runs.iterrows():
    flops = 6e9 * published["params_bn"]
    whole = flops + 12 * published["layers"] * published["hidden"] * published["seq_tokens"]
    for counted, attended in ((flops, False), (whole, True)):
        wanted = 100 * counted * published["tokens_per_s_chip"] / (1e12 * published["peak_bf16_tflops"])
        given = float(mfu(published, attended))
        assert abs(given - wanted) <= 1e-6 * wanted, f"Not right for the published run {published['run']}."
        if attended and pd.notna(published["reported_mfu"]):
            assert abs(given / 100 - published["reported_mfu"]) < 0.002, "Not the MFU that was reported."
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "q2-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Question 2 · One speed, many shares (2 points)
#
# *Why it matters: whoever chooses the peak chooses the MFU. And both sides choose: the 910B is sold in kinds whose
# peaks are counted with and without the vector units, the H100 with a peak that assumes that half of the model's weights
# are zero ("sparsity"), which ordinary training does not have.*
#
# `peaks_910b` and `peaks_h100` are dicts: the name of a printed peak, and the peak in TFLOP/s. One speed was measured.
# Which peaks can it belong to, and what share of each is it?
#
# Write `possible_peaks(tflops, peaks)`. It returns a dict (or Series) with the share of peak **in per cent** for every
# peak that the chip can have had; a peak that is **below the measured speed** is left out, because no chip is faster
# than its own peak.

# %% nbgrader={"grade": false, "grade_id": "q2", "locked": false, "schema_version": 3, "solution": true, "task": false}
def possible_peaks(tflops, peaks):
    """Return, for each peak that a measured speed allows, the share of it in per cent."""
    ### BEGIN SOLUTION
    return {name: 100 * tflops / peak for name, peak in peaks.items() if peak >= tflops}
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "q2-try", "locked": false, "schema_version": 3, "solution": false, "task": false}
# Which kinds of the 910B can have run this? And how good is a good H100 run, measured by each of its peaks?
print(pd.Series(possible_peaks(best_910b, peaks_910b), dtype=float))
h100_pct = float(reports.set_index("report_id").loc["M16", "mfu_pct_low"])
print(pd.Series(possible_peaks(h100_pct / 100 * peaks_h100["H100 SXM, dense"], peaks_h100), dtype=float))

# %% nbgrader={"grade": true, "grade_id": "q2-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
gap.q2(possible_peaks).grade()
### BEGIN HIDDEN TESTS
for printed in (peaks_910b, peaks_h100):
    for speed in (100, best_910b, 405.7, 800):
        shares = {name: float(share) for name, share in dict(possible_peaks(speed, printed)).items()}
        wanted = {name: 100 * speed / peak for name, peak in printed.items() if peak >= speed}
        assert set(shares) == set(wanted), f"Not the right peaks for {speed} TFLOP/s."
        assert all(abs(shares[n] - wanted[n]) < 1e-6 for n in wanted), f"Not the right shares for {speed} TFLOP/s."
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "q3-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Question 3 · How strong may the baseline be? (1 point)
#
# *Why it matters: "80% of Nvidia" sounds like a statement about one chip. Turned round it is a statement about the
# other one, and that one can be checked.*
#
# The claim says: speed of the chip = claimed share times speed of the baseline. The chip has limits: its peak, and the best
# that was ever measured on it. So the baseline can't have been faster than some speed, or the claim would break a limit.
#
# Write `largest_baseline(claimed_pct, limit_tflops)`: the largest speed of the baseline, in TFLOP/s, at which
# `claimed_pct` per cent of it does not exceed the limit.

# %% nbgrader={"grade": false, "grade_id": "q3", "locked": false, "schema_version": 3, "solution": true, "task": false}
def largest_baseline(claimed_pct, limit_tflops):
    """Return the fastest baseline, in TFLOP/s, of which the claimed share stays within a limit."""
    ### BEGIN SOLUTION
    return limit_tflops / (claimed_pct / 100)
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "q3-try", "locked": false, "schema_version": 3, "solution": false, "task": false}
# 80% of what? At most of this, by the best measured and by each printed peak.
print("best measured:", largest_baseline(80, best_910b))
for name, peak in peaks_910b.items():
    print(name, largest_baseline(80, peak))

# %% nbgrader={"grade": true, "grade_id": "q3-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
gap.q3(largest_baseline).grade()
### BEGIN HIDDEN TESTS
for claimed in (20, 25, 73, 80, 100):
    for limit in (best_910b, *peaks_910b.values()):
        fastest = float(largest_baseline(claimed, limit))
        assert abs(fastest * claimed / 100 - limit) < 1e-6, f"{claimed}% of your baseline is not {limit} TFLOP/s."
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "q4-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Question 4 · Which baselines are ruled out? (2 points)
#
# *Why it matters: you can refute a reading of a sentence with nothing but a data sheet. You can't confirm one that way,
# and the difference is worth a word.*
#
# The table `baselines` has one row for each chip of Nvidia's at one share of its peak: the `name`, `peak_tflops` and
# `mfu_pct`, assumed or reported (the name says which; a shaky row looks shaky). Each row ran at its peak times that
# share.
#
# Write `verdicts(baselines, claimed_pct, peak_tflops, best_tflops)`. For a chip with that peak, and that best measured
# speed, it returns a dict (or Series), `name` → verdict:
#
# | verdict | when the claimed share of the baseline's speed is |
# | --- | --- |
# | `"impossible"` | above the chip's peak |
# | `"beyond the best measured"` | not above its peak, but above the best measured |
# | `"not excluded"` | above neither |

# %% nbgrader={"grade": false, "grade_id": "q4-look", "locked": false, "schema_version": 3, "solution": false, "task": false}
show(baselines)

# %% nbgrader={"grade": false, "grade_id": "q4", "locked": false, "schema_version": 3, "solution": true, "task": false}
def verdicts(baselines, claimed_pct, peak_tflops, best_tflops):
    """Return for each baseline whether the claimed share of its speed is beyond what the chip can do."""
    ### BEGIN SOLUTION
    found = {}
    for row in baselines.itertuples():
        needed_tflops = claimed_pct / 100 * row.peak_tflops * row.mfu_pct / 100
        if needed_tflops > peak_tflops:
            found[row.name] = "impossible"
        elif needed_tflops > best_tflops:
            found[row.name] = "beyond the best measured"
        else:
            found[row.name] = "not excluded"
    return found
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "q4-try", "locked": false, "schema_version": 3, "solution": false, "task": false}
# Every printed peak of the 910B, one column each. Which verdicts depend on the kind of chip, and which on the MFU?
found = {name: verdicts(baselines, 80, peak, best_910b) for name, peak in peaks_910b.items()}
pd.DataFrame(found, index=baselines["name"])

# %% nbgrader={"grade": true, "grade_id": "q4-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
gap.q4(verdicts).grade()
### BEGIN HIDDEN TESTS
speeds = dict(zip(baselines["name"], baselines["peak_tflops"] * baselines["mfu_pct"] / 100))
for claimed in (20, 73, 80, 100):
    for limit in peaks_910b.values():
        said = dict(verdicts(baselines, claimed, limit, best_910b))
        for name, speed in speeds.items():
            over = "impossible" if speed * claimed / 100 > limit else "not excluded"
            wanted = "beyond the best measured" if limit >= speed * claimed / 100 > best_910b else over
            given = str(said[name]).strip().lower()
            assert given == wanted, f"Not right for {name}, a claim of {claimed}% and a peak of {limit} TFLOP/s."
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "q5-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Question 5 · A waterfall that adds up (2 points)
#
# *Why it matters: a list of causes is convincing until you add it up. What is missing must be shown, and what is counted
# twice must be noticed.*
#
# One training step takes `step_seconds`. The dict `parts` says how many of these seconds are explained, in the order in
# which they are to be drawn. Write `waterfall(parts, step_seconds)`. It returns a DataFrame with one row for each
# part, in that order, and one last row for the rest; the index is the name of the part, and the rest is called
# `"unexplained"` (it stays even where it is 0). The columns:
#
# - `share_pct`: the share of the step, in per cent, not rounded,
# - `cumulative_pct`: the sum of the shares down to this row. The last one is 100.
#
# If the parts are longer than the step, something was counted twice: raise a `ValueError`.

# %% nbgrader={"grade": false, "grade_id": "q5", "locked": false, "schema_version": 3, "solution": true, "task": false}
def waterfall(parts, step_seconds):
    """Return share and running sum, in per cent of a step, of each part and of what they leave unexplained."""
    ### BEGIN SOLUTION
    explained = sum(parts.values())
    if explained > step_seconds:
        raise ValueError(f"The parts take {explained} s, the step only {step_seconds} s.")
    seconds = pd.Series({**parts, "unexplained": step_seconds - explained})
    share_pct = 100 * seconds / step_seconds
    return pd.DataFrame({"share_pct": share_pct, "cumulative_pct": share_pct.cumsum()})
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "q5-try", "locked": false, "schema_version": 3, "solution": false, "task": false}
# A real step. The chips calculated more (reported_hfu) than the model needed (reported_mfu): some work was done twice.
example = runs.iloc[0]
needed = float(example["reported_mfu"] * example["iter_s"])
repeated = float((example["reported_hfu"] - example["reported_mfu"]) * example["iter_s"])
waterfall({"needed work, at full speed": needed, "work done twice": repeated}, float(example["iter_s"]))

# %% nbgrader={"grade": true, "grade_id": "q5-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
gap.q5(waterfall).grade()
### BEGIN HIDDEN TESTS
for _, published in runs.dropna(subset=["reported_hfu", "iter_s"]).iterrows():
    step = float(published["iter_s"])
    useful = {"model": float(published["reported_mfu"]) * step}
    useful["again"] = float(published["reported_hfu"]) * step - useful["model"]
    drawn = waterfall(useful, step)
    drawn = drawn.set_index("part") if "part" in drawn.columns else drawn
    assert abs(float(drawn["share_pct"].sum()) - 100) < 1e-9, "The shares of a real step don't add up to 100."
    assert abs(float(drawn["cumulative_pct"].iloc[-1]) - 100) < 1e-9, "The last running sum is not 100."
    left = 100 - 100 * float(published["reported_hfu"])
    assert abs(float(drawn.loc["unexplained", "share_pct"]) - left) < 1e-6, "Not the right rest for a real step."
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "q6-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Question 6 · What cables alone can do (2 points)
#
# *Why it matters: the article has iFlytek call the links between the chips their main weakness so far (claim A08), and
# then speaks of a leap. How much of a leap can better links explain? You can bound it without knowing a thing about them.*
#
# In a share of each step the chips only **wait** for data from other chips. Faster links shorten that share and nothing
# else; this is Amdahl's law. If waiting was a part *w* of a step and runs *times* as fast, a step that took 1 takes
#
# `(1 - w) + w / times`
#
# and efficiency rises as the time falls. Write `waiting_needed(from_pct, to_pct, times)`: the share of the step,
# **in per cent**, that must have been waiting, so that links that are `times` as fast (more than 1; `math.inf` for links
# without any delay) alone raise the efficiency from `from_pct` to `to_pct`. If not even a step that is all waiting would
# do, return `None`.

# %% nbgrader={"grade": false, "grade_id": "q6", "locked": false, "schema_version": 3, "solution": true, "task": false}
def waiting_needed(from_pct, to_pct, times):
    """Return the share of waiting, in per cent, with which faster links alone do it, or None if nothing would do."""
    ### BEGIN SOLUTION
    waiting = (1 - from_pct / to_pct) / (1 - 1 / times)
    return 100 * waiting if waiting <= 1 else None
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "q6-try", "locked": false, "schema_version": 3, "solution": false, "task": false}
# The leap of the claim, with links without any delay, then ten times, five times, three times as fast as before.
for times in (math.inf, 10, 5, 3):
    print(times, waiting_needed(20, 80, times))

# %% nbgrader={"grade": true, "grade_id": "q6-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
gap.q6(waiting_needed).grade()
### BEGIN HIDDEN TESTS
told_leaps = load("efficiency_statements").dropna(subset=["from_pct_low", "to_pct_low"])
for low, high in zip(told_leaps["from_pct_low"].astype(float), told_leaps["to_pct_high"].astype(float)):
    for factor in (math.inf, 20, 6, 1.2):
        share = waiting_needed(low, high, factor)
        wanted = 100 * (1 - low / high) / (1 - 1 / factor)
        if wanted > 100:
            assert share is None, f"From {low} to {high}% with links {factor} times as fast: nothing would do."
        else:
            assert share is not None, f"From {low} to {high}% with links {factor} times as fast: there is a share that would do."
            assert abs(float(share) - wanted) < 1e-6, f"Not right from {low} to {high}% with links {factor} times as fast."
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "q7-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Question 7 · Who gets the credit? (2 points)
#
# *Why it matters: after a success every department says: "that was us". With two causes that help each other the one
# that is counted last looks larger, so whoever orders the waterfall decides. There is a fair way that needs no order.*
#
# Two steps, *a* and *b*. You know four values of whatever you measure: at the `start`, with `only_a`, with `only_b`, and
# with `both`. Go the way *a, then b* and note what *a* adds. Go the way *b, then a* and note it again. The **Shapley
# value** of *a* is the mean of the two, and likewise for *b*.
#
# Write `shapley(start, only_a, only_b, both)`, which returns the pair *(part of a, part of b)*, in the unit of the
# values. Together they are exactly `both - start`.

# %% nbgrader={"grade": false, "grade_id": "q7", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shapley(start, only_a, only_b, both):
    """Return the parts of two steps in the change from start to both, fair to each order."""
    ### BEGIN SOLUTION
    part_a = ((only_a - start) + (both - only_b)) / 2
    part_b = ((only_b - start) + (both - only_a)) / 2
    return part_a, part_b
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "q7-try", "locked": false, "schema_version": 3, "solution": false, "task": false}
# A real case with two steps: another chip (a), and letting the model think (b). The values are minutes.
bandit = pairs.query("task == 'bandit' and actor_learning_rate == 1e-5").set_index("thinking")
minutes = bandit[["a100_minutes", "ascend_910b_minutes"]].astype(float)
print(minutes)
shapley(minutes.iloc[0, 0], minutes.iloc[0, 1], minutes.iloc[1, 0], minutes.iloc[1, 1])

# %% nbgrader={"grade": true, "grade_id": "q7-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
gap.q7(shapley).grade()
### BEGIN HIDDEN TESTS
for _, square in pairs.groupby(["task", "actor_learning_rate"]):
    square = square.sort_values("thinking")
    (start, by_chip), (by_thought, both) = square[["a100_minutes", "ascend_910b_minutes"]].astype(float).to_numpy()
    chip_part, thought_part = (float(part) for part in shapley(start, by_chip, by_thought, both))
    assert abs(chip_part + thought_part - (both - start)) < 1e-6, "The parts don't add up for real runs."
    assert abs(chip_part - (by_chip - start + both - by_thought) / 2) < 1e-6, "Not the mean of both orders for real runs."
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "q8-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Question 8 · How sure is a median? (2 points)
#
# *Why it matters: the vendor's table has 58 pairs of speeds, the 910B beside a "reference" card that it does not name.
# Their median is close to 1. Would it be with other models in the table?*
#
# Nobody can repeat the vendor's measurements. But you can draw new tables out of the one you have: as many rows as it
# has, **with replacement**, so that some come twice and some not at all. The medians of many such tables scatter about
# as much as chance would make them. This is the **bootstrap**. It tells how much is luck of the draw; it can't tell
# whether the vendor picked the rows, and the reference, well.
#
# Write `median_interval(ratios, seed)`, where `ratios` is a NumPy array. Draw at least **2000** new samples with
# `np.random.default_rng(seed)`, and return the pair *(low, high)*: the percentiles 2.5 and 97.5 of their medians.

# %% nbgrader={"grade": false, "grade_id": "q8", "locked": false, "schema_version": 3, "solution": true, "task": false}
def median_interval(ratios, seed):
    """Return a 95% bootstrap interval (low, high) of the median."""
    ### BEGIN SOLUTION
    rng = np.random.default_rng(seed)
    medians = [np.median(rng.choice(ratios, size=len(ratios))) for _ in range(2000)]
    low, high = np.percentile(medians, [2.5, 97.5])
    return low, high
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "q8-try", "locked": false, "schema_version": 3, "solution": false, "task": false}
ratios = (vendor["npu_tokens_per_s_card"] / vendor["reference_tokens_per_s_card"]).to_numpy(float)
print("median", np.median(ratios), "interval", median_interval(ratios, 1))

# %% nbgrader={"grade": true, "grade_id": "q8-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
gap.q8(median_interval).grade()
### BEGIN HIDDEN TESTS
measured = (vendor["npu_tokens_per_s_card"] / vendor["reference_tokens_per_s_card"]).to_numpy(float)
drawn = np.random.default_rng(0).choice(measured, size=(20_000, len(measured)))
wanted = np.percentile(np.median(drawn, axis=1), [2.5, 97.5])
given = np.mean([[float(end) for end in median_interval(measured, seed)] for seed in range(10, 14)], axis=0)
assert np.all(np.abs(given - wanted) < 0.012), "Not the interval of the vendor's median."
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "q9-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Question 9 · Pair by pair (2 points)
#
# *Why it matters: SCMP has the claim speak of training reasoning models, and reinforcement learning is how these are
# usually trained. One user's runs of that kind tell another story than the vendor's table. Compare like with like, or
# the longest task decides alone.*
#
# Each row of `pairs` is one task with one setting, run on both chips: `a100_minutes` and `ascend_910b_minutes` for the
# same number of steps. Fewer minutes are faster. Write `compare_pairs(pairs, claimed_pct)`. Work out for each pair the
# **speed of the 910B in per cent of the A100's**, and return a dict:
#
# - `"median_pct"`, `"lowest_pct"`, `"highest_pct"`: of these speeds,
# - `"reached"`: in how many pairs the speed is `claimed_pct` or more.
#
# A pair of which one half is missing is no pair: leave it out.

# %% nbgrader={"grade": false, "grade_id": "q9", "locked": false, "schema_version": 3, "solution": true, "task": false}
def compare_pairs(pairs, claimed_pct):
    """Return median, lowest and highest speed of the 910B in per cent of the A100, and how many pairs reach a claim."""
    ### BEGIN SOLUTION
    speeds_pct = (100 * pairs["a100_minutes"] / pairs["ascend_910b_minutes"]).dropna()
    return {
        "median_pct": float(speeds_pct.median()),
        "lowest_pct": float(speeds_pct.min()),
        "highest_pct": float(speeds_pct.max()),
        "reached": int((speeds_pct >= claimed_pct).sum()),
    }
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "q9-try", "locked": false, "schema_version": 3, "solution": false, "task": false}
# All pairs against the claim. Then each task by itself: is it one kind of task that pulls the median?
print("all", compare_pairs(pairs, 80))
for task, rows in pairs.groupby("task"):
    print(task, compare_pairs(rows, 80))

# %% nbgrader={"grade": true, "grade_id": "q9-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
gap.q9(compare_pairs).grade()
### BEGIN HIDDEN TESTS
for _, rows in [("all", pairs), *pairs.groupby("task"), *pairs.groupby("thinking")]:
    speeds = (100 * rows["a100_minutes"] / rows["ascend_910b_minutes"]).dropna().astype(float)
    for claimed in (40, 45, 80):
        found = dict(compare_pairs(rows, claimed))
        wanted = {"median_pct": speeds.median(), "lowest_pct": speeds.min(), "highest_pct": speeds.max()}
        wanted["reached"] = (speeds >= claimed).sum()
        for key, value in wanted.items():
            assert abs(float(found[key]) - float(value)) < 1e-6, f"Not right for the real pairs: {key}."
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "q10-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Question 10 · The editor asks: is the sentence true? (4 points, read by your instructor)
#
# "If its efficiency used to be only 20% of Nvidia chips, it has now risen to almost 80%." In at most 150 words, answer
# the editor. Say **what the sentence leaves open**; name **one reading that you can rule out**, with the chip, the share
# of peak and the arithmetic, and one that you can't; set **two measurements** side by side, each with its workload and
# who measured it; and put **the same question to one figure of Nvidia's**. End with a verdict and what would change it.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q10", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# It can be neither confirmed nor refuted as printed. The sentence names no chip, no workload and no measure; the South
# China Morning Post (SCMP) adds "training of reasoning models". As speed per chip it can't mean an H100 at the 48% of
# peak that is reported for it: 80% of 475 TFLOP/s is 380, and the matrix units of the 910B2 peak at 353.9. An A800 at an
# assumed 50% needs 125: not excluded. Huawei's own 58 pairs of pre-training have a median of 0.96 of an unnamed
# reference (bootstrap 0.92 to 1.01); one user's 24 runs of reinforcement learning, nearer to the claim's workload but
# hardly tuned, have 0.41 of an A100. Different work, so both can be right. Nvidia's 48% is a share of the dense peak;
# against the peak with sparsity it would be 24%. Verdict: contested. Tokens per second of one named job on both chips
# would settle it.
# ### END SOLUTION
