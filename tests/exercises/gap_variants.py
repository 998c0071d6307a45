"""Answers to exercise 5: for each question, right ones that must pass and wrong ones that must fail.

Each answer is the source of the solution cell, named for what is special or wrong about it.
"""

VARIANTS: dict[str, dict[str, dict[str, str]]] = {
    "q1": {
        "right": {
            "attributes, everything in tera": """
def mfu(run, attention):
    tera = 6 * run.params_bn / 1000 + (12 * run.layers * run.hidden * run.seq_tokens / 1e12 if attention else 0)
    return tera * run.tokens_per_s_chip / run.peak_bf16_tflops * 100
""",
            "numpy, both shares worked out": """
def mfu(run, attention):
    n, d, t, peak = (np.float64(run[k]) for k in ("params_bn", "hidden", "tokens_per_s_chip", "peak_bf16_tflops"))
    plain = 6e9 * n * t / peak / 1e10
    extra = 12 * int(run["layers"]) * d * run["seq_tokens"] * t / peak / 1e10
    return (plain, plain + extra)[bool(attention)]
""",
            "rounded to ten digits, another name for the switch": """
def mfu(row, with_attention):
    flops = 6 * row["params_bn"] * 10**9 + with_attention * 12 * row["layers"] * row["hidden"] * row["seq_tokens"]
    return round(100 * flops * row["tokens_per_s_chip"] / (row["peak_bf16_tflops"] * 10**12), 10)
""",
        },
        "wrong": {
            "a constant": "mfu = lambda run, attention: 41.25",
            "a fraction": """
def mfu(run, attention):
    flops = 6e9 * run["params_bn"] + attention * 12 * run["layers"] * run["hidden"] * run["seq_tokens"]
    return flops * run["tokens_per_s_chip"] / (run["peak_bf16_tflops"] * 1e12)
""",
            "only the way forward": """
def mfu(run, attention):
    flops = 2e9 * run["params_bn"] + attention * 12 * run["layers"] * run["hidden"] * run["seq_tokens"]
    return 100 * flops * run["tokens_per_s_chip"] / (run["peak_bf16_tflops"] * 1e12)
""",
            "billions taken for millions": """
def mfu(run, attention):
    flops = 6e6 * run["params_bn"] + attention * 12 * run["layers"] * run["hidden"] * run["seq_tokens"]
    return 100 * flops * run["tokens_per_s_chip"] / (run["peak_bf16_tflops"] * 1e12)
""",
            "prefixes forgotten": """
def mfu(run, attention):
    return 100 * 6 * run["params_bn"] * run["tokens_per_s_chip"] / run["peak_bf16_tflops"]
""",
            "attention never counted": """
def mfu(run, attention):
    return 100 * 6e9 * run["params_bn"] * run["tokens_per_s_chip"] / (run["peak_bf16_tflops"] * 1e12)
""",
            "attention always counted": """
def mfu(run, attention):
    flops = 6e9 * run["params_bn"] + 12 * run["layers"] * run["hidden"] * run["seq_tokens"]
    return 100 * flops * run["tokens_per_s_chip"] / (run["peak_bf16_tflops"] * 1e12)
""",
            "attention halved": """
def mfu(run, attention):
    flops = 6e9 * run["params_bn"] + attention * 6 * run["layers"] * run["hidden"] * run["seq_tokens"]
    return 100 * flops * run["tokens_per_s_chip"] / (run["peak_bf16_tflops"] * 1e12)
""",
            "upside down": """
def mfu(run, attention):
    flops = 6e9 * run["params_bn"] + attention * 12 * run["layers"] * run["hidden"] * run["seq_tokens"]
    return 100 * (run["peak_bf16_tflops"] * 1e12) / (flops * run["tokens_per_s_chip"])
""",
            "what was reported": "mfu = lambda run, attention: 100 * run['reported_mfu']",
            "length squared": """
def mfu(run, attention):
    flops = 6e9 * run["params_bn"] + attention * 12 * run["layers"] * run["seq_tokens"] ** 2
    return 100 * flops * run["tokens_per_s_chip"] / (run["peak_bf16_tflops"] * 1e12)
""",
        },
    },
    "q2": {
        "right": {
            "a Series": """
def possible_peaks(tflops, peaks):
    series = pd.Series(peaks, dtype=float)
    return 100 * tflops / series[series >= tflops]
""",
            "a loop with continue": """
def possible_peaks(tflops, peaks):
    shares = {}
    for name in sorted(peaks):
        if tflops > peaks[name]:
            continue
        shares[name] = np.float64(tflops) / peaks[name] * 100
    return shares
""",
            "shares first, then those up to 100": """
def possible_peaks(tflops, peaks):
    shares = {name: tflops * 100 / peak for name, peak in peaks.items()}
    return {name: share for name, share in shares.items() if share <= 100}
""",
        },
        "wrong": {
            "a constant": "possible_peaks = lambda tflops, peaks: {'Ascend 910B2, matrix units': 92.7}",
            "impossible peaks kept": """
def possible_peaks(tflops, peaks):
    return {name: 100 * tflops / peak for name, peak in peaks.items()}
""",
            "cut off at 100": """
def possible_peaks(tflops, peaks):
    return {name: min(100, 100 * tflops / peak) for name, peak in peaks.items()}
""",
            "fractions": """
def possible_peaks(tflops, peaks):
    return {name: tflops / peak for name, peak in peaks.items() if peak >= tflops}
""",
            "upside down": """
def possible_peaks(tflops, peaks):
    return {name: 100 * peak / tflops for name, peak in peaks.items() if peak >= tflops}
""",
            "the wrong ones left out": """
def possible_peaks(tflops, peaks):
    return {name: 100 * tflops / peak for name, peak in peaks.items() if peak < tflops}
""",
            "only the nearest": """
def possible_peaks(tflops, peaks):
    name = min((n for n in peaks if peaks[n] >= tflops), key=peaks.get)
    return {name: 100 * tflops / peaks[name]}
""",
            "the names alone": """
def possible_peaks(tflops, peaks):
    return [name for name, peak in peaks.items() if peak >= tflops]
""",
            "every share of the largest": """
def possible_peaks(tflops, peaks):
    return {name: 100 * tflops / max(peaks.values()) for name, peak in peaks.items() if peak >= tflops}
""",
        },
    },
    "q3": {
        "right": {
            "times hundred first": "largest_baseline = lambda claimed_pct, limit_tflops: limit_tflops * 100 / claimed_pct",
            "numpy": """
def largest_baseline(claimed_pct, limit_tflops):
    return np.divide(limit_tflops, claimed_pct) * 100
""",
            "rounded to nine digits": """
def largest_baseline(claimed_pct, limit_tflops):
    share = claimed_pct / 100
    return round(limit_tflops / share, 9)
""",
        },
        "wrong": {
            "a constant": "largest_baseline = lambda claimed_pct, limit_tflops: 410",
            "the share of the limit": "largest_baseline = lambda claimed_pct, limit_tflops: limit_tflops * claimed_pct / 100",
            "per cent taken for a fraction": "largest_baseline = lambda claimed_pct, limit_tflops: limit_tflops / claimed_pct",
            "the limit itself": "largest_baseline = lambda claimed_pct, limit_tflops: limit_tflops",
            "the missing share added": """
def largest_baseline(claimed_pct, limit_tflops):
    return limit_tflops * (1 + (100 - claimed_pct) / 100)
""",
            "what is left": "largest_baseline = lambda claimed_pct, limit_tflops: limit_tflops * (1 - claimed_pct / 100)",
            "a text with the unit": """
def largest_baseline(claimed_pct, limit_tflops):
    return f"{limit_tflops / (claimed_pct / 100)} TFLOP/s"
""",
            "80% whatever is claimed": "largest_baseline = lambda claimed_pct, limit_tflops: limit_tflops / 0.8",
            "whole numbers": "largest_baseline = lambda claimed_pct, limit_tflops: int(limit_tflops * 100 // claimed_pct)",
        },
    },
    "q4": {
        "right": {
            "a Series by np.select": """
def verdicts(baselines, claimed_pct, peak_tflops, best_tflops):
    needed = (baselines["peak_tflops"] * baselines["mfu_pct"] / 100 * claimed_pct / 100).to_numpy(float)
    words = np.select([needed > peak_tflops, needed > best_tflops], ["impossible", "beyond the best measured"], "not excluded")
    return pd.Series(words, index=baselines["name"])
""",
            "the largest baseline of question 3": """
def verdicts(baselines, claimed_pct, peak_tflops, best_tflops):
    out = {}
    for _, row in baselines.iterrows():
        ran = row["peak_tflops"] * row["mfu_pct"] / 100
        word = "not excluded"
        if ran > best_tflops / claimed_pct * 100:
            word = "beyond the best measured"
        if ran > peak_tflops / claimed_pct * 100:
            word = "impossible"
        out[row["name"]] = word
    return out
""",
            "capitals": """
def verdicts(baselines, claimed_pct, peak_tflops, best_tflops):
    def judge(tflops):
        if tflops > peak_tflops:
            return "Impossible"
        return "Beyond the best measured" if tflops > best_tflops else "Not excluded"
    needed = baselines["peak_tflops"] * baselines["mfu_pct"] * claimed_pct / 10_000
    return dict(zip(baselines["name"], map(judge, needed)))
""",
        },
        "wrong": {
            "all the same": """
def verdicts(baselines, claimed_pct, peak_tflops, best_tflops):
    return dict.fromkeys(baselines["name"], "not excluded")
""",
            "by the chip's name": """
def verdicts(baselines, claimed_pct, peak_tflops, best_tflops):
    return {n: "impossible" if n.startswith("H100") or n.startswith("H800") else "not excluded" for n in baselines["name"]}
""",
            "the baseline's peak in place of its speed": """
def verdicts(baselines, claimed_pct, peak_tflops, best_tflops):
    needed = claimed_pct / 100 * baselines["peak_tflops"].to_numpy(float)
    words = np.select([needed > peak_tflops, needed > best_tflops], ["impossible", "beyond the best measured"], "not excluded")
    return dict(zip(baselines["name"], words))
""",
            "the claim forgotten": """
def verdicts(baselines, claimed_pct, peak_tflops, best_tflops):
    needed = (baselines["peak_tflops"] * baselines["mfu_pct"] / 100).to_numpy(float)
    words = np.select([needed > peak_tflops, needed > best_tflops], ["impossible", "beyond the best measured"], "not excluded")
    return dict(zip(baselines["name"], words))
""",
            "the best measured asked first": """
def verdicts(baselines, claimed_pct, peak_tflops, best_tflops):
    needed = (baselines["peak_tflops"] * baselines["mfu_pct"] * claimed_pct / 1e4).to_numpy(float)
    words = np.select([needed > best_tflops, needed > peak_tflops], ["beyond the best measured", "impossible"], "not excluded")
    return dict(zip(baselines["name"], words))
""",
            "only the peak": """
def verdicts(baselines, claimed_pct, peak_tflops, best_tflops):
    needed = (baselines["peak_tflops"] * baselines["mfu_pct"] * claimed_pct / 1e4).to_numpy(float)
    return dict(zip(baselines["name"], np.where(needed > peak_tflops, "impossible", "not excluded")))
""",
            "what is not excluded called proved": """
def verdicts(baselines, claimed_pct, peak_tflops, best_tflops):
    needed = (baselines["peak_tflops"] * baselines["mfu_pct"] * claimed_pct / 1e4).to_numpy(float)
    words = np.select([needed > peak_tflops, needed > best_tflops], ["impossible", "beyond the best measured"], "true")
    return dict(zip(baselines["name"], words))
""",
            "per cent left as it is": """
def verdicts(baselines, claimed_pct, peak_tflops, best_tflops):
    needed = (baselines["peak_tflops"] * baselines["mfu_pct"] * claimed_pct).to_numpy(float)
    words = np.select([needed > peak_tflops, needed > best_tflops], ["impossible", "beyond the best measured"], "not excluded")
    return dict(zip(baselines["name"], words))
""",
            "a list without names": """
def verdicts(baselines, claimed_pct, peak_tflops, best_tflops):
    needed = (baselines["peak_tflops"] * baselines["mfu_pct"] * claimed_pct / 1e4).to_numpy(float)
    return list(np.select([needed > peak_tflops, needed > best_tflops], ["impossible", "beyond the best measured"], "not excluded"))
""",
        },
    },
    "q5": {
        "right": {
            "part as a column": """
def waterfall(parts, step_seconds):
    rest = step_seconds - sum(parts.values())
    if rest < 0:
        raise ValueError("counted twice")
    names, seconds = [*parts, "unexplained"], [*parts.values(), rest]
    table = pd.DataFrame({"part": names, "share_pct": [100 * s / step_seconds for s in seconds]})
    table["cumulative_pct"] = table["share_pct"].cumsum()
    return table
""",
            "a loop, columns the other way round": """
def waterfall(parts, step_seconds):
    rows, so_far = {}, 0.0
    for name, seconds in parts.items():
        so_far += seconds / step_seconds * 100
        rows[name] = {"cumulative_pct": so_far, "share_pct": seconds / step_seconds * 100}
    if so_far > 100 + 1e-9:
        raise ValueError(f"{so_far} per cent")
    rows["unexplained"] = {"cumulative_pct": 100.0, "share_pct": 100 - so_far}
    return pd.DataFrame.from_dict(rows, orient="index")
""",
            "numpy, with the seconds kept": """
def waterfall(parts, step_seconds):
    seconds = np.array([*parts.values(), step_seconds - sum(parts.values())])
    if seconds[-1] < 0:
        raise ValueError
    share = 100 * seconds / step_seconds
    return pd.DataFrame({"seconds": seconds, "share_pct": share, "cumulative_pct": np.cumsum(share)}, index=[*parts, "unexplained"])
""",
        },
        "wrong": {
            "a constant": """
def waterfall(parts, step_seconds):
    return pd.DataFrame({"share_pct": [50.0, 25.0, 25.0], "cumulative_pct": [50.0, 75.0, 100.0]}, index=["compute", "links", "unexplained"])
""",
            "the rest left out": """
def waterfall(parts, step_seconds):
    if sum(parts.values()) > step_seconds:
        raise ValueError
    share = 100 * pd.Series(parts) / step_seconds
    return pd.DataFrame({"share_pct": share, "cumulative_pct": share.cumsum()})
""",
            "shares of what is explained": """
def waterfall(parts, step_seconds):
    if sum(parts.values()) > step_seconds:
        raise ValueError
    share = 100 * pd.Series({**parts, "unexplained": 0.0}) / sum(parts.values())
    return pd.DataFrame({"share_pct": share, "cumulative_pct": share.cumsum()})
""",
            "rounded": """
def waterfall(parts, step_seconds):
    if sum(parts.values()) > step_seconds:
        raise ValueError
    share = (100 * pd.Series({**parts, "unexplained": step_seconds - sum(parts.values())}) / step_seconds).round(0)
    return pd.DataFrame({"share_pct": share, "cumulative_pct": share.cumsum()})
""",
            "counted twice and not noticed": """
def waterfall(parts, step_seconds):
    share = 100 * pd.Series({**parts, "unexplained": step_seconds - sum(parts.values())}) / step_seconds
    return pd.DataFrame({"share_pct": share, "cumulative_pct": share.cumsum()})
""",
            "an excess cut off at nothing": """
def waterfall(parts, step_seconds):
    share = 100 * pd.Series({**parts, "unexplained": max(0, step_seconds - sum(parts.values()))}) / step_seconds
    return pd.DataFrame({"share_pct": share, "cumulative_pct": share.cumsum()})
""",
            "fractions": """
def waterfall(parts, step_seconds):
    if sum(parts.values()) > step_seconds:
        raise ValueError
    share = pd.Series({**parts, "unexplained": step_seconds - sum(parts.values())}) / step_seconds
    return pd.DataFrame({"share_pct": share, "cumulative_pct": share.cumsum()})
""",
            "sorted by size": """
def waterfall(parts, step_seconds):
    if sum(parts.values()) > step_seconds:
        raise ValueError
    share = 100 * pd.Series({**parts, "unexplained": step_seconds - sum(parts.values())}) / step_seconds
    share = share.sort_values(ascending=False)
    return pd.DataFrame({"share_pct": share, "cumulative_pct": share.cumsum()})
""",
            "no running sum": """
def waterfall(parts, step_seconds):
    if sum(parts.values()) > step_seconds:
        raise ValueError
    share = 100 * pd.Series({**parts, "unexplained": step_seconds - sum(parts.values())}) / step_seconds
    return pd.DataFrame({"share_pct": share, "cumulative_pct": share})
""",
            "the row dropped where nothing is left": """
def waterfall(parts, step_seconds):
    rest = step_seconds - sum(parts.values())
    if rest < 0:
        raise ValueError
    share = 100 * pd.Series({**parts, "unexplained": rest} if rest else parts) / step_seconds
    return pd.DataFrame({"share_pct": share, "cumulative_pct": share.cumsum()})
""",
            "another exception": """
def waterfall(parts, step_seconds):
    assert sum(parts.values()) <= step_seconds
    share = 100 * pd.Series({**parts, "unexplained": step_seconds - sum(parts.values())}) / step_seconds
    return pd.DataFrame({"share_pct": share, "cumulative_pct": share.cumsum()})
""",
        },
    },
    "q6": {
        "right": {
            "with a branch for infinity": """
def waiting_needed(from_pct, to_pct, times):
    saved = 1 - from_pct / to_pct
    gain = 1.0 if times == math.inf else (times - 1) / times
    return None if saved > gain else saved / gain * 100
""",
            "asks first whether it can do": """
def waiting_needed(from_pct, to_pct, times):
    if from_pct * times < to_pct:
        return None
    new_time = from_pct / to_pct
    return 100 * (new_time - 1) / (1 / times - 1)
""",
            "a search by halves": """
def waiting_needed(from_pct, to_pct, times):
    low, high = 0.0, 1.0
    if from_pct * times < to_pct:
        return None
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if from_pct / (1 - middle + middle / times) < to_pct else (low, middle)
    return 100 * high
""",
        },
        "wrong": {
            "a constant": "waiting_needed = lambda from_pct, to_pct, times: 75",
            "always None": "waiting_needed = lambda from_pct, to_pct, times: None",
            "a fraction": """
def waiting_needed(from_pct, to_pct, times):
    w = (1 - from_pct / to_pct) / (1 - 1 / times)
    return w if w <= 1 else None
""",
            "the difference in points": "waiting_needed = lambda from_pct, to_pct, times: to_pct - from_pct",
            "how fast the links are forgotten": "waiting_needed = lambda from_pct, to_pct, times: 100 * (1 - from_pct / to_pct)",
            "more than the whole step": """
def waiting_needed(from_pct, to_pct, times):
    return 100 * (1 - from_pct / to_pct) / (1 - 1 / times)
""",
            "cut off at the whole step": """
def waiting_needed(from_pct, to_pct, times):
    return min(100, 100 * (1 - from_pct / to_pct) / (1 - 1 / times))
""",
            "efficiency and time mixed up": """
def waiting_needed(from_pct, to_pct, times):
    if from_pct * times < to_pct:
        return None
    return 100 * (to_pct / from_pct - 1) / (times - 1) if times != math.inf else 0
""",
            "the share at the end": """
def waiting_needed(from_pct, to_pct, times):
    w = (1 - from_pct / to_pct) / (1 - 1 / times)
    return None if w > 1 else 100 * (w / times) / (1 - w + w / times) if w < 1 else 100
""",
            "None in the wrong places": """
def waiting_needed(from_pct, to_pct, times):
    w = 100 * (1 - from_pct / to_pct) / (1 - 1 / times)
    return w if w > 100 else None
""",
        },
    },
    "q7": {
        "right": {
            "a list": """
def shapley(start, only_a, only_b, both):
    alone_a, alone_b, change = only_a - start, only_b - start, both - start
    return [(change + alone_a - alone_b) / 2, (change + alone_b - alone_a) / 2]
""",
            "numpy over both orders": """
def shapley(start, only_a, only_b, both):
    orders = np.array([[only_a - start, both - only_a], [both - only_b, only_b - start]])
    return orders.mean(axis=0)
""",
            "what they add together shared": """
def shapley(start, only_a, only_b, both):
    together = both - only_a - only_b + start
    return pd.Series({"a": only_a - start + together / 2, "b": only_b - start + together / 2})
""",
        },
        "wrong": {
            "a constant": "shapley = lambda start, only_a, only_b, both: (26.6, 9.5)",
            "a first": "shapley = lambda start, only_a, only_b, both: (only_a - start, both - only_a)",
            "b first": "shapley = lambda start, only_a, only_b, both: (both - only_b, only_b - start)",
            "each alone": "shapley = lambda start, only_a, only_b, both: (only_a - start, only_b - start)",
            "each last": "shapley = lambda start, only_a, only_b, both: (both - only_b, both - only_a)",
            "half and half": "shapley = lambda start, only_a, only_b, both: ((both - start) / 2, (both - start) / 2)",
            "in proportion to what each does alone": """
def shapley(start, only_a, only_b, both):
    a, b = only_a - start, only_b - start
    return (both - start) * a / (a + b), (both - start) * b / (a + b)
""",
            "shares in per cent": """
def shapley(start, only_a, only_b, both):
    a = ((only_a - start) + (both - only_b)) / 2
    b = ((only_b - start) + (both - only_a)) / 2
    return 100 * a / (a + b), 100 * b / (a + b)
""",
            "only the part of a": "shapley = lambda start, only_a, only_b, both: ((only_a - start) + (both - only_b)) / 2",
            "names swapped": """
def shapley(start, only_a, only_b, both):
    return ((only_b - start) + (both - only_a)) / 2, ((only_a - start) + (both - only_b)) / 2
""",
        },
    },
    "q8": {
        "right": {
            "all draws at once": """
def median_interval(ratios, seed):
    draws = np.random.default_rng(seed).choice(ratios, size=(5000, len(ratios)))
    return tuple(np.percentile(np.median(draws, axis=1), [2.5, 97.5]))
""",
            "by index, a list": """
def median_interval(ratios, seed):
    rng = np.random.default_rng(seed)
    places = rng.integers(0, len(ratios), size=(3000, len(ratios)))
    medians = np.sort(np.median(ratios[places], axis=1))
    return [float(medians[75]), float(medians[2924])]
""",
            "quantiles of a Series": """
def median_interval(ratios, seed):
    rng = np.random.default_rng(seed)
    medians = pd.Series([np.median(rng.choice(ratios, len(ratios), replace=True)) for _ in range(2500)])
    return medians.quantile([0.025, 0.975])
""",
        },
        "wrong": {
            "a constant": "median_interval = lambda ratios, seed: (0.92, 1.01)",
            "the spread of the ratios": "median_interval = lambda ratios, seed: tuple(np.percentile(ratios, [2.5, 97.5]))",
            "of the mean": """
def median_interval(ratios, seed):
    draws = np.random.default_rng(seed).choice(ratios, size=(2000, len(ratios)))
    return tuple(np.percentile(draws.mean(axis=1), [2.5, 97.5]))
""",
            "without replacement": """
def median_interval(ratios, seed):
    rng = np.random.default_rng(seed)
    medians = [np.median(rng.choice(ratios, len(ratios), replace=False)) for _ in range(200)]
    return tuple(np.percentile(medians, [2.5, 97.5]))
""",
            "an interval of 90%": """
def median_interval(ratios, seed):
    draws = np.random.default_rng(seed).choice(ratios, size=(2000, len(ratios)))
    return tuple(np.percentile(np.median(draws, axis=1), [5, 95]))
""",
            "the seed forgotten": """
def median_interval(ratios, seed):
    draws = np.random.default_rng().choice(ratios, size=(2000, len(ratios)))
    return tuple(np.percentile(np.median(draws, axis=1), [2.5, 97.5]))
""",
            "always the same seed": """
def median_interval(ratios, seed):
    draws = np.random.default_rng(1).choice(ratios, size=(2000, len(ratios)))
    return tuple(np.percentile(np.median(draws, axis=1), [2.5, 97.5]))
""",
            "samples of ten": """
def median_interval(ratios, seed):
    draws = np.random.default_rng(seed).choice(ratios, size=(2000, 10))
    return tuple(np.percentile(np.median(draws, axis=1), [2.5, 97.5]))
""",
            "high first": """
def median_interval(ratios, seed):
    draws = np.random.default_rng(seed).choice(ratios, size=(2000, len(ratios)))
    return tuple(np.percentile(np.median(draws, axis=1), [97.5, 2.5]))
""",
            "lowest and highest median": """
def median_interval(ratios, seed):
    medians = np.median(np.random.default_rng(seed).choice(ratios, size=(2000, len(ratios))), axis=1)
    return medians.min(), medians.max()
""",
            "half of the middle": """
def median_interval(ratios, seed):
    draws = np.random.default_rng(seed).choice(ratios, size=(2000, len(ratios)))
    return tuple(np.percentile(np.median(draws, axis=1), [25, 75]))
""",
        },
    },
    "q9": {
        "right": {
            "a Series, numpy": """
def compare_pairs(pairs, claimed_pct):
    whole = pairs.dropna(subset=["a100_minutes", "ascend_910b_minutes"])
    speed = 100 * whole["a100_minutes"].to_numpy(float) / whole["ascend_910b_minutes"].to_numpy(float)
    return pd.Series({"reached": np.sum(speed >= claimed_pct), "median_pct": np.median(speed), "lowest_pct": speed.min(), "highest_pct": speed.max()})
""",
            "a loop": """
def compare_pairs(pairs, claimed_pct):
    speeds = []
    for row in pairs.itertuples():
        if pd.isna(row.a100_minutes) or pd.isna(row.ascend_910b_minutes):
            continue
        speeds.append(row.a100_minutes / row.ascend_910b_minutes * 100)
    return dict(median_pct=float(np.median(speeds)), lowest_pct=min(speeds), highest_pct=max(speeds), reached=len([s for s in speeds if s >= claimed_pct]))
""",
            "a column, missing values skipped by pandas": """
def compare_pairs(pairs, claimed_pct):
    table = pairs.assign(pct=pairs["a100_minutes"].div(pairs["ascend_910b_minutes"]).mul(100))
    return {"median_pct": table["pct"].median(), "lowest_pct": table["pct"].min(), "highest_pct": table["pct"].max(),
            "reached": float(table["pct"].ge(claimed_pct).sum())}
""",
        },
        "wrong": {
            "a constant": """
def compare_pairs(pairs, claimed_pct):
    return {"median_pct": 40.85, "lowest_pct": 33.9, "highest_pct": 50.4, "reached": 0}
""",
            "upside down": """
def compare_pairs(pairs, claimed_pct):
    pct = (100 * pairs["ascend_910b_minutes"] / pairs["a100_minutes"]).dropna()
    return {"median_pct": pct.median(), "lowest_pct": pct.min(), "highest_pct": pct.max(), "reached": (pct >= claimed_pct).sum()}
""",
            "fractions": """
def compare_pairs(pairs, claimed_pct):
    pct = (pairs["a100_minutes"] / pairs["ascend_910b_minutes"]).dropna()
    return {"median_pct": pct.median(), "lowest_pct": pct.min(), "highest_pct": pct.max(), "reached": (pct >= claimed_pct).sum()}
""",
            "totals divided": """
def compare_pairs(pairs, claimed_pct):
    whole = pairs.dropna()
    pct = 100 * whole["a100_minutes"] / whole["ascend_910b_minutes"]
    total = 100 * whole["a100_minutes"].sum() / whole["ascend_910b_minutes"].sum()
    return {"median_pct": total, "lowest_pct": pct.min(), "highest_pct": pct.max(), "reached": (pct >= claimed_pct).sum()}
""",
            "medians divided": """
def compare_pairs(pairs, claimed_pct):
    whole = pairs.dropna()
    pct = 100 * whole["a100_minutes"] / whole["ascend_910b_minutes"]
    middle = 100 * whole["a100_minutes"].median() / whole["ascend_910b_minutes"].median()
    return {"median_pct": middle, "lowest_pct": pct.min(), "highest_pct": pct.max(), "reached": (pct >= claimed_pct).sum()}
""",
            "the mean": """
def compare_pairs(pairs, claimed_pct):
    pct = (100 * pairs["a100_minutes"] / pairs["ascend_910b_minutes"]).dropna()
    return {"median_pct": pct.mean(), "lowest_pct": pct.min(), "highest_pct": pct.max(), "reached": (pct >= claimed_pct).sum()}
""",
            "half pairs counted as no speed": """
def compare_pairs(pairs, claimed_pct):
    pct = (100 * pairs["a100_minutes"] / pairs["ascend_910b_minutes"]).fillna(0)
    return {"median_pct": pct.median(), "lowest_pct": pct.min(), "highest_pct": pct.max(), "reached": (pct >= claimed_pct).sum()}
""",
            "always 80": """
def compare_pairs(pairs, claimed_pct):
    pct = (100 * pairs["a100_minutes"] / pairs["ascend_910b_minutes"]).dropna()
    return {"median_pct": pct.median(), "lowest_pct": pct.min(), "highest_pct": pct.max(), "reached": (pct >= 80).sum()}
""",
            "a share in place of a count": """
def compare_pairs(pairs, claimed_pct):
    pct = (100 * pairs["a100_minutes"] / pairs["ascend_910b_minutes"]).dropna()
    return {"median_pct": pct.median(), "lowest_pct": pct.min(), "highest_pct": pct.max(), "reached": (pct >= claimed_pct).mean()}
""",
            "those that miss the claim": """
def compare_pairs(pairs, claimed_pct):
    pct = (100 * pairs["a100_minutes"] / pairs["ascend_910b_minutes"]).dropna()
    return {"median_pct": pct.median(), "lowest_pct": pct.min(), "highest_pct": pct.max(), "reached": (pct < claimed_pct - 40).sum()}
""",
            "the published column": """
def compare_pairs(pairs, claimed_pct):
    pct = 100 * pairs["speed_ratio"]
    return {"median_pct": pct.median(), "lowest_pct": pct.min(), "highest_pct": pct.max(), "reached": (pct >= claimed_pct).sum()}
""",
        },
    },
}
