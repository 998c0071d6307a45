"""Instant checks of unit 5, "From 20% to 80% of what?".

Each takes what the student made and returns a :class:`~chipgap.checks.kit.Result`. All chips, runs and
times in here are small inventions with the shape of the real ones, so that no check holds an answer.
"""

import math
from typing import Any

import numpy as np
import pandas as pd

from chipgap.checks.hints import Hints
from chipgap.checks.kit import check, describe, mapping, near, need, number, run, sequence

hint = Hints(
    {
        "q1": (
            "Three steps: how much arithmetic one token needs, times the tokens in a second, divided by what the chip "
            "could do in a second.",
            "Mind the prefixes. params_bn counts thousands of millions (1e9), peak_bf16_tflops counts 1e12 a second.",
            "Work out flops = 6 * parameters; if attention is wanted, add 12 * layers * hidden * seq_tokens. The "
            "MFU in per cent is 100 * flops * tokens a second / peak.",
        ),
        "q2": (
            "Go through the peaks one by one. Which of them can't belong to a chip that was measured at this speed?",
            "A chip can't be faster than its own peak: keep a peak only if the speed is at most as high.",
            "A dict comprehension with an if does all of it: {name: 100 * … for name, peak in peaks.items() if …}.",
        ),
        "q3": (
            "Write down the claim as an equation: the speed of the chip is some share of the speed of the baseline.",
            "Put the limit in the place of the chip's speed and solve for the baseline.",
            "A smaller share leaves room for a faster baseline. Does your answer grow when claimed_pct falls?",
        ),
        "q4": (
            "For each row: how fast was the baseline (peak times MFU), and how fast must the chip then have been?",
            "Compare that needed speed with the chip's peak first, and only then with the best ever measured.",
            "Three branches: if above the peak, elif above the best, else. Loop with baselines.itertuples().",
        ),
        "q5": (
            "Each share is 100 * seconds / step_seconds. The part that no entry explains is what is left of the step.",
            'Add the row "unexplained" last, then cumulative_pct is the running sum (pandas: cumsum) of share_pct.',
            "Before all else: if sum(parts.values()) is more than the step, raise ValueError('…').",
        ),
        "q6": (
            "Call the waiting share w, as a fraction. The step used to take 1. How long does it take when only w gets "
            "shorter?",
            "New time: (1 - w) + w / times. Efficiency goes up as time goes down, so the new time must be "
            "from_pct / to_pct. Solve for w.",
            "w = (1 - from_pct / to_pct) / (1 - 1 / times). In Python 1 / math.inf is 0. A share above 1 means that "
            "nothing would do.",
        ),
        "q7": (
            "There are two orders: a then b, and b then a. In each of them a adds something. What, exactly?",
            "In the order a, b the step a adds only_a - start. In the order b, a it adds both - only_b.",
            "The fair part of a is the mean of the two. Do the same for b, and add both parts up as a test.",
        ),
        "q8": (
            "Make new samples out of the one you have: as many values as it has, drawn with replacement. Each has a "
            "median. How far do these medians scatter?",
            "NumPy's generator, made from the seed, has a method choice: it draws with replacement unless told not "
            "to. Its size is that of the first sample.",
            "Collect the medians in a list, then np.percentile(medians, [2.5, 97.5]).",
        ),
        "q9": (
            "The columns are minutes for the same work. Who needs more minutes is slower: which way round must you "
            "divide?",
            "First one speed for each pair, then the median of the speeds. A pair with a missing half is no pair.",
            "In pandas a column divided by a column is a column of quotients, missing where either was. Its dropna, "
            "median, min and max are what you need; the sum of a comparison counts how often it holds.",
        ),
    }
)


def _invented_run(**changed: float) -> pd.Series:
    """Return an invented training run in the shape of training_runs, with some values changed."""
    values = {
        "params_bn": 2.0,
        "layers": 20,
        "hidden": 1000,
        "seq_tokens": 5000,
        "tokens_per_s_chip": 10_000.0,
        "peak_bf16_tflops": 400.0,
    }
    return pd.Series(values | changed)


def _share_asked(mfu: Any, attention: bool, **changed: float) -> float:  # noqa: FBT001 - as the student's function has it
    call = f"mfu(run, attention={attention})"
    return number(run(mfu, _invented_run(**changed), attention, shown=call), call)


@check("q1", "Parameters, tokens a second and a peak: you can now check a printed MFU yourself.")
def q1(mfu: Any) -> None:
    """Check ``mfu(run, attention)``: the share of peak in per cent, without and with attention."""
    plain = _share_asked(mfu, attention=False)
    flops = 6 * 2.0e9 * 10_000
    target = 100 * flops / 400e12
    need(not near(plain, target / 100), f"mfu gave {plain:g} for an invented run: that is a fraction, give per cent.")
    need(
        not near(plain, target / 3),
        "You count 2 FLOP for each parameter: that is the way forward alone. The way back costs 4 more.",
    )
    need(not near(plain, 1e4 / target), "Upside down: the peak belongs below the line, what the chip did above it.")
    need(not near(plain, target * 1.1), "With attention=False only 6 FLOP for each parameter count, nothing else.")
    need(
        1 < plain <= 100,
        f"An invented run comes out at {plain:g}%. Something like a tenth to a half is usual: look at 1e9 and 1e12.",
    )
    need(near(plain, target), f"An invented run of {flops:.3g} FLOP/s on a peak of 4e14 comes out at {plain:g}%.")
    need(
        near(_share_asked(mfu, attention=False, seq_tokens=50_000), plain),
        "With attention=False the length of the text must not matter.",
    )
    full = _share_asked(mfu, attention=True)
    need(full > plain, "Attention is work too: with attention=True the MFU must be higher.")
    longer = _share_asked(mfu, attention=True, seq_tokens=10_000)
    need(near(longer - plain, 2 * (full - plain)), "Twice the sequence should add twice the work of attention.")
    need(
        near(full, target * 1.1),
        f"With attention the invented run comes out at {full:g}%. Per token it adds 12 x layers x hidden x seq_tokens.",
    )


@check("q2", "One speed, several MFUs, and some peaks ruled out. Always ask which peak stands below the line.")
def q2(possible_peaks: Any) -> None:
    """Check ``possible_peaks(tflops, peaks)``: the MFU in per cent for each peak that the speed allows."""
    invented = ((150.0, {"dense": 200.0, "sparse": 400.0, "small": 120.0}), (90.0, {"old": 80.0, "new": 100.0}))
    for tflops, peaks in invented:
        call = f"possible_peaks({tflops:g}, {peaks})"
        shares = {
            name: number(share, f"{call}[{name!r}]")
            for name, share in mapping(run(possible_peaks, tflops, peaks), call).items()
        }
        strange = set(shares) - set(peaks)
        need(not strange, f"{call} holds {sorted(map(str, strange))[:1]}: use the names of the peaks as they are.")
        too_small = [name for name in shares if peaks[name] < tflops]
        need(
            not too_small,
            f"{call} keeps {too_small[:1]}: a chip that was measured at {tflops:g} can't have that peak. Leave it out.",
        )
        absent = [name for name, peak in peaks.items() if peak > tflops and name not in shares]
        need(not absent, f"{call} leaves out {absent[:1]}: with that peak the chip is below 100%, so it is possible.")
        for name, share in shares.items():
            need(not near(share, tflops / peaks[name]), f"{call}: {share:g} is a fraction. Give per cent.")
            need(near(share, 100 * tflops / peaks[name]), f"{call}: {tflops:g} of {peaks[name]:g} is not {share:g}%.")


@check("q3", "That is the strongest baseline the claim can have meant. Anything faster breaks the limit.")
def q3(largest_baseline: Any) -> None:
    """Check ``largest_baseline(claimed_pct, limit_tflops)``: the baseline's speed at which the claim meets a limit."""
    for claimed_pct, limit in ((50, 300), (25, 120), (125, 250)):
        call = f"largest_baseline({claimed_pct}, {limit})"
        baseline = number(run(largest_baseline, claimed_pct, limit), call)
        need(
            not near(baseline, limit * claimed_pct / 100),
            f"{call} gave {baseline:g}: that is {claimed_pct}% of the limit. The limit is {claimed_pct}% of what?",
        )
        need(
            not near(baseline, limit / claimed_pct),
            f"{call} gave {baseline:g}: claimed_pct is in per cent, {claimed_pct}% is {claimed_pct / 100:g}.",
        )
        need(
            near(baseline * claimed_pct / 100, limit),
            f"{call} gave {baseline:g}, and {claimed_pct}% of that is {baseline * claimed_pct / 100:g}, not {limit}.",
        )


VERDICTS = ("impossible", "beyond the best measured", "not excluded")


def _invented_baselines() -> pd.DataFrame:
    """Return invented baselines: speeds 500, 340, 200 and 200, the last with a huge peak that is hardly used."""
    rows = [("Racer", 1000.0, 50.0), ("Runner", 400.0, 85.0), ("Walker", 400.0, 50.0), ("Idler", 2000.0, 10.0)]
    return pd.DataFrame(rows, columns=["name", "peak_tflops", "mfu_pct"])


def _judged(verdicts: Any, claimed_pct: float, peak: float, best: float) -> dict[str, str]:
    call = f"verdicts(baselines, {claimed_pct:g}, {peak:g}, {best:g})"
    answer = mapping(run(verdicts, _invented_baselines(), claimed_pct, peak, best, shown=call), call)
    names = _invented_baselines()["name"].to_list()
    need(set(answer) == set(names), f"{call} should have one verdict for each name, {names}; it has {list(answer)}.")
    said = {name: str(verdict).strip().lower() for name, verdict in answer.items()}
    strange = [verdict for verdict in said.values() if verdict not in VERDICTS]
    need(not strange, f"{call} says {strange[:1]}. The three verdicts are: {', '.join(VERDICTS)}.")
    return said


@check("q4", "Arithmetic can exclude a reading. It can't prove the others: 'not excluded' is all it says.")
def q4(verdicts: Any) -> None:
    """Check ``verdicts(baselines, claimed_pct, peak_tflops, best_tflops)``: a verdict for each baseline."""
    said = _judged(verdicts, 50, 200, 150)
    need(
        said["Idler"] == "not excluded",
        "In an invented table Idler has a huge peak and uses a tenth of it. What counts is how fast it ran.",
    )
    need(
        said["Racer"] == "impossible",
        "In an invented table half of Racer's 500 TFLOP/s is 250, on a chip whose peak is 200. You say: "
        f"{said['Racer']}. Look at the peak before you look at the best measured.",
    )
    need(
        said["Runner"] == "beyond the best measured",
        "In an invented table half of Runner's 340 TFLOP/s is 170: below the peak of 200, above the best measured, "
        f"150. You say: {said['Runner']}.",
    )
    need(said["Walker"] == "not excluded", "Half of Walker's 200 TFLOP/s is 100: neither 150 nor 200 is in the way.")
    weak = _judged(verdicts, 10, 200, 150)
    need(set(weak.values()) == {"not excluded"}, "A claim of 10% asks little: no invented baseline excludes it.")
    small = _judged(verdicts, 50, 90, 150)
    need(
        set(small.values()) == {"impossible"},
        "Where the peak (here 90) is below the best that was measured on a larger kind of the chip (150), everything "
        "above the peak is impossible.",
    )


def _bars(value: Any, call: str) -> pd.DataFrame:
    need(isinstance(value, pd.DataFrame), f"{call} should be a DataFrame; it is {describe(value)}.")
    table = value.set_index("part") if "part" in value.columns else value
    absent = [name for name in ("share_pct", "cumulative_pct") if name not in table.columns]
    need(not absent, f"{call} lacks the column {absent[:1]}; it has {list(value.columns)}.")
    return table  # type: ignore[no-any-return]


def _refuses(waterfall: Any, parts: dict[str, float], step_seconds: float) -> bool:
    """Return whether the student's function raises ValueError; another exception is a miss."""
    try:
        waterfall(parts, step_seconds)
    except ValueError:
        return True
    except Exception as error:  # noqa: BLE001 - whatever the student's code raises is told to the student
        need(False, f"Parts longer than the step should raise ValueError; it was {type(error).__name__}: {error}")  # noqa: FBT003
    return False


@check("q5", "All parts together are the whole, and what nobody explained has a bar of its own.")
def q5(waterfall: Any) -> None:
    """Check ``waterfall(parts, step_seconds)``: share and running sum of each part, and of the rest."""
    for parts, step in (({"compute": 3.0, "links": 1.5}, 6.0), ({"c": 1.0, "a": 4.0, "b": 2.0}, 16.0)):
        call = f"waterfall({parts}, {step:g})"
        table = _bars(run(waterfall, parts, step), call)
        names = [*parts, "unexplained"]
        need("unexplained" in table.index, f"{call}: the parts are shorter than the step. Where is 'unexplained'?")
        need(list(table.index) == names, f"{call}: the rows should be {names}, in this order, not {list(table.index)}.")
        shares = [number(share, f"{call}: each share_pct") for share in table["share_pct"]]
        sums = [number(share, f"{call}: each cumulative_pct") for share in table["cumulative_pct"]]
        need(not near(sum(shares), 1), f"{call}: these are fractions. Give per cent.")
        need(
            near(sum(shares), 100, 1e-9),
            f"{call}: the shares add up to {sum(shares):.6g}, not to 100. Divide by the whole step, and round nothing.",
        )
        for seconds, share in zip(parts.values(), shares, strict=False):
            need(near(share, 100 * seconds / step), f"{call}: {seconds:g} s of {step:g} s is not {share:g}%.")
        need(np.allclose(sums, np.cumsum(shares)), f"{call}: cumulative_pct is not the running sum of share_pct.")
    full = _bars(run(waterfall, {"a": 0.5, "b": 0.5}, 1.0), "waterfall({'a': 0.5, 'b': 0.5}, 1)")
    need("unexplained" in full.index, "Keep the row 'unexplained' where it is 0: that is worth knowing too.")
    need(
        _refuses(waterfall, {"compute": 5.0, "links": 2.0}, 6.0),
        "5 s and 2 s don't fit into a step of 6 s: something was counted twice. Raise ValueError instead of an answer.",
    )


def _waiting(waiting_needed: Any, start: float, end: float, times: float) -> Any:
    return run(waiting_needed, start, end, times, none_is_fine=True)


@check("q6", "You know how much of the time must have been waiting before cables alone could do it.")
def q6(waiting_needed: Any) -> None:
    """Check ``waiting_needed(from_pct, to_pct, times)``: waiting share in per cent, None where nothing would do."""
    for start, end, times in ((30, 60, math.inf), (40, 50, 2), (10, 30, 5)):
        call = f"waiting_needed({start}, {end}, {times})"
        answer = _waiting(waiting_needed, start, end, times)
        need(answer is not None, f"{call} returned None. Not answered yet? There is a share of waiting that would do.")
        share = number(answer, call) / 100
        need(
            not near(100 * share, (1 - start / end) / (1 - 1 / times)),
            f"{call} gave {100 * share:g}: that is a fraction, give per cent.",
        )
        need(0 <= share <= 1, f"{call} gave {100 * share:g}: a share of the step lies between 0 and 100.")
        new_time = (1 - share) + share / times
        got = start / new_time if new_time > 0 else math.inf
        pace = "without any delay" if times == math.inf else f"{times} times as fast"
        need(
            near(got, end),
            f"{call} gave {100 * share:.4g}. If that share of the step runs {pace}, {start}% becomes {got:.4g}%, not "
            f"{end}%.",
        )
    for start, end, times in ((20, 90, 2), (10, 50, 4)):
        answer = _waiting(waiting_needed, start, end, times)
        need(
            answer is None,
            f"waiting_needed({start}, {end}, {times}): even a step that is all waiting becomes only {times} times as "
            f"fast, which makes {start * times}%. Nothing would do: return None.",
        )


def _parts_of(shapley: Any, *values: float) -> tuple[float, float]:
    call = f"shapley({', '.join(f'{value:g}' for value in values)})"
    parts = sequence(run(shapley, *values), call)
    need(len(parts) == 2, f"{call} should be a pair, the part of a and the part of b; it has {len(parts)} entries.")
    a, b = (number(part, f"{call}: each part") for part in parts)
    return a, b


@check("q7", "No order is preferred, and the parts add up. The cables get the same share whoever tells the story.")
def q7(shapley: Any) -> None:
    """Check ``shapley(start, only_a, only_b, both)``: the part of each of two steps."""
    for start, only_a, only_b, both in ((10.0, 14.0, 12.0, 26.0), (50.0, 40.0, 70.0, 55.0)):
        a, b = _parts_of(shapley, start, only_a, only_b, both)
        call = f"shapley({start:g}, {only_a:g}, {only_b:g}, {both:g})"
        need(
            near(a + b, both - start),
            f"{call} gave {a:g} and {b:g}, in all {a + b:g}. Together the steps changed it by {both - start:g}.",
        )
        need(
            not near(a, only_a - start),
            f"{call}: here a goes first, b gets the rest. With b first, what would a get?",
        )
        need(not near(b, only_b - start), f"{call}: here b goes first, a gets the rest. Try the other order too.")
        need(
            near(a - b, only_a - only_b),
            f"{call} gave {a:g} and {b:g}. Alone the steps add {only_a - start:g} and {only_b - start:g}; what they"
            " add only together goes to both in equal parts.",
        )
        swapped = _parts_of(shapley, start, only_b, only_a, both)
        need(
            near(a, swapped[1]) and near(b, swapped[0]),
            f"{call}: if the two steps change names, their parts should change places. They don't: the order counts.",
        )
    idle = _parts_of(shapley, 30.0, 30.0, 45.0, 45.0)
    need(near(idle[0], 0), f"A step that never changes anything deserves nothing; yours gets {idle[0]:g}.")


def _skewed() -> np.ndarray:
    """Return invented ratios with a mean far above the median; an even number, so that medians seldom coincide."""
    return np.exp(np.linspace(-1.5, 1.5, 400))


def _interval(median_interval: Any, ratios: np.ndarray, seed: int) -> tuple[float, float]:
    call = f"median_interval(ratios, {seed})"
    pair = sequence(run(median_interval, ratios, seed, shown=call), call)
    need(len(pair) == 2, f"{call} should be a pair (low, high); it has {len(pair)} entries.")
    low, high = (number(end, f"{call}: each end") for end in pair)
    return low, high


def _bootstrapped(ratios: np.ndarray) -> tuple[float, float]:
    draws = np.random.default_rng(0).choice(ratios, size=(4000, len(ratios)))
    low, high = np.percentile(np.median(draws, axis=1), [2.5, 97.5])
    return float(low), float(high)


@check("q8", "A median with its interval: that much of it is luck of the draw, if the rows are a fair sample.")
def q8(median_interval: Any) -> None:
    """Check ``median_interval(ratios, seed)``: a 95% bootstrap interval of the median, by properties."""
    ratios = _skewed()
    before = ratios.copy()
    ends = [_interval(median_interval, ratios, seed) for seed in range(4)]
    need(np.array_equal(ratios, before), "Your function changed the ratios it was given: draw from them, no more.")
    low, high = np.mean(ends, axis=0)
    need(low <= high, "The low end comes first.")
    need(low < high, "Both ends are the same: draw with replacement, else every new sample is the old one.")
    middle = float(np.median(ratios))
    need(
        low <= middle <= high,
        f"For invented ratios with the median {middle:g} you give {low:.3g} to {high:.3g}, beside it: whose median?",
    )
    expected_low, expected_high = _bootstrapped(ratios)
    width = expected_high - expected_low
    need(
        high - low < 2 * width,
        "Far too wide: that is how the ratios scatter. You want how their median scatters from sample to sample.",
    )
    need(
        ends == [_interval(median_interval, ratios, seed) for seed in range(4)],  # once can be chance
        "The same seed gave two different answers: make the generator from the seed, inside the function.",
    )
    need(len(set(ends)) > 1, "Four seeds, four times the same answer: use the seed, and draw anew from the ratios.")
    need(
        abs((high - low) / width - 1) < 0.08 and abs(low + high - expected_low - expected_high) < 0.16 * width,
        f"For invented ratios a 95% interval of the median is about {width:.2g} wide; yours is {high - low:.2g}. "
        "Samples as large as the first, at least 2000 of them, and the percentiles 2.5 and 97.5?",
    )


def _invented_pairs() -> pd.DataFrame:
    """Return invented pairs of minutes, two of them incomplete."""
    rows = [(10, 20), (40, 50), (100, 400), (12, 10), (30, pd.NA), (pd.NA, 5)]
    return pd.DataFrame(rows, columns=["a100_minutes", "ascend_910b_minutes"]).astype("Float64")


PAIR_KEYS = ("median_pct", "lowest_pct", "highest_pct", "reached")


@check("q9", "Pair by pair, each task against itself. One user's runs, though: they show what happened there.")
def q9(compare_pairs: Any) -> None:
    """Check ``compare_pairs(pairs, claimed_pct)``: median, lowest, highest speed, and how many reach the claim."""
    pairs = _invented_pairs()
    before = pairs.copy()
    call = "compare_pairs(pairs, 75)"
    found = mapping(run(compare_pairs, pairs, 75, shown=call), call)
    need(pairs.equals(before), "Your function changed the table it was given: work on a copy.")
    absent = [key for key in PAIR_KEYS if key not in found]
    need(not absent, f"{call} lacks {', '.join(absent[:1])!r}. It needs: {', '.join(PAIR_KEYS)}.")
    median, lowest, highest, reached = (number(found[key], f"{call}[{key!r}]") for key in PAIR_KEYS)
    need(not any(map(math.isnan, (median, lowest, highest))), "A missing value came through: drop incomplete pairs.")
    need(
        not near(highest, 400),
        "In an invented table the 910B needs 400 minutes where the A100 needs 100, and you call it faster. More "
        "minutes mean less speed: which number belongs below the line?",
    )
    need(highest > 2, f"{call}: these are fractions. Give per cent.")
    need(not near(lowest, 0), f"{call}: a pair with a missing half was counted as a speed of 0. Leave it out.")
    need(near(lowest, 25), f"{call}: the slowest invented pair is 100 against 400 minutes; you give {lowest:g}%.")
    need(near(highest, 120), f"{call}: the fastest invented pair is 12 against 10 minutes; you give {highest:g}%.")
    need(not near(median, 68.75), f"{call}: {median:g}% is the mean of the speeds. Take the median.")
    need(
        near(median, 65),
        f"{call}: the median speed of the four whole pairs is not {median:g}%. First divide within each pair, then "
        "take the median; totals and single medians let the longest task decide.",
    )
    need(near(reached, 2), f"{call}: two of the four whole invented pairs reach 75%; you count {reached:g}.")
    all_four = mapping(run(compare_pairs, pairs, 10, shown="compare_pairs(pairs, 10)"), "compare_pairs(pairs, 10)")
    need(
        near(number(all_four["reached"], "reached"), 4),
        f"All four whole pairs reach 10%; you count {all_four['reached']}. Compare with claimed_pct, whole pairs only.",
    )
