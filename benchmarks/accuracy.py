"""How far the training-efficiency model is off on runs it never saw, beside two simpler answers.

Writes ``results/accuracy.csv`` (one row a source), ``accuracy_terms.csv`` (what each part is worth),
``accuracy_all_reduce.csv`` (where two numbers describe an all-reduce), ``accuracy_checks.csv`` (the
promises), and the same as ``accuracy.md`` and ``accuracy.svg``.
"""

import sys
from collections.abc import Iterable
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from chipgap import data
from chipgap.model import (
    APPLIES_FROM_BYTES,
    PARTS,
    Runs,
    cross_validate,
    fit,
    fit_all_reduce,
    predict,
    predicted_seconds,
    read_runs,
    score,
)
from chipgap.model.sizes import active_weights

RESULTS = Path(__file__).parent / "results"
APART = "vTrain-single"
SHOTS, DRAWS = 3, 200
CALIBRATION_ROWS, CALIBRATION_DRAWS = 10, 40
DESIGN = (
    f"Ten calibration rows by design: {APART}'s rows are sorted by what one chip computes for one micro-batch "
    "(weights that work on a token x tokens of a micro-batch / tensor-parallel size) and cut into ten strata of equal "
    "size; the row in the middle of each is measured. The place within the strata then goes round, so that every row "
    "is taken at least once; the error is the mean over all these designs. The rule sees configurations only, no "
    "measured time, and was fixed before it was tried. Ten random rows: the mean of forty draws. With all its rows in "
    "the fit the model misses this source by what stands below under `in_sample_pct`."
)
ALL_REDUCE = (
    "Start-up time and bandwidth are fitted to the table `allreduce` for each number of chips, using messages of the "
    "size in the first column and more; errors over those messages. The rule: on A100 the two numbers apply from "
    "128 MiB (`applies`), where every message is within 2%. They do not below: the measured times bend and step with "
    "the size, and one line can't. On V100 they hold from 32 MiB already. Many all-reduces of a training step are "
    "smaller (2048 tokens of a model 12288 wide: 48 MiB): there, expect the errors of the other rows."
)


def held_out(runs: Runs) -> pd.DataFrame:
    """Return every dense run with what the model, one fixed MFU and Calculon say of it, in per cent off."""
    rows = cross_validate(runs)
    theirs = data.load("calculon_predictions").set_index("run_id")["predicted_iter_s"]
    answers = {
        "held_out_pct": rows["held_out_s"],
        "in_sample_pct": rows["in_sample_s"],
        "constant_mfu_pct": constant_mfu(runs),
        "calculon_pct": rows["run_id"].map(theirs).astype("float64"),
    }
    return rows.assign(**{name: 100 * (made / rows["measured_s"] - 1) for name, made in answers.items()})


def constant_mfu(runs: Runs) -> np.ndarray:
    """Seconds if every run reached the median MFU of the other laboratories' runs on chips of its family."""
    made = predict(runs.run)
    reached = np.asarray(made.mfu * made.seconds / runs.seconds)
    group, family = runs.table["loso_group"].to_numpy(dtype=str), runs.run.cluster.family
    guess = np.empty(len(group))
    for name in np.unique(group):
        for kind in np.unique(family[group == name]):
            others = (group != name) & (family == kind)
            guess[(group == name) & (family == kind)] = np.median(reached[others if others.any() else group != name])
    return np.asarray(made.mfu * made.seconds / guess)


def few_shot(ratio: np.ndarray, rng: np.random.Generator) -> float:
    """Mean error after one factor is taken from three random runs of the source itself (two of three)."""
    shots, errors = min(SHOTS, len(ratio) - 1), []
    for _ in range(DRAWS):
        order = rng.permutation(len(ratio))
        factor = np.exp(np.log(ratio[order[:shots]]).mean())
        errors.append(np.abs(ratio[order[shots:]] / factor - 1).mean())
    return 100 * float(np.mean(errors))


def by_source(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a source: mean absolute errors, and the model's median and bias."""
    rng, table = np.random.default_rng(0), []
    for source, own in rows.groupby("source_group"):
        line = {"source_group": source, "kind": "dense", "runs": len(own)}
        names = ("in_sample_pct", "held_out_pct", "constant_mfu_pct", "calculon_pct")
        line |= {name: own[name].abs().mean() for name in names}
        line |= {
            "held_out_median_pct": own["held_out_pct"].abs().median(),
            "held_out_bias_pct": own["held_out_pct"].mean(),
        }
        table.append(line | {"few_shot_pct": few_shot(1 + own["held_out_pct"].to_numpy() / 100, rng)})
    return pd.DataFrame(table)


def never_fitted() -> pd.DataFrame:
    """Score the locked test, mixtures of experts and FP8 with the published fit; none is ever part of one."""
    table = score().sources
    table = table[table["locked_test"] | (table["kind"] != "dense")]
    kind = np.where(table["locked_test"], "locked " + table["kind"], table["kind"])
    names = {"mean_abs_pct": "held_out_pct", "median_abs_pct": "held_out_median_pct", "bias_pct": "held_out_bias_pct"}
    return table.assign(kind=kind).drop(columns="locked_test").rename(columns=names)


def worth_of_parts(runs: Runs) -> pd.DataFrame:
    """Held-out error of the model with one part left out and everything fitted again."""
    table = [{"left_out": "nothing", "held_out_pct": macro(cross_validate(runs))}]
    for part in PARTS[2:]:
        made = cross_validate(runs, without=(part,))
        table.append({"left_out": part, "held_out_pct": macro(made)})
    return pd.DataFrame(table)


def macro(rows: pd.DataFrame) -> float:
    """Mean over sources, vTrain's single node apart, of their mean absolute held-out error in per cent."""
    error = 100 * (rows["held_out_s"] / rows["measured_s"] - 1).abs()
    return float(error.groupby(rows["source_group"]).mean().drop(APART).mean())


def random_rows(runs: Runs) -> list[np.ndarray]:
    """Draw ten of vTrain's single-node rows at random, many times."""
    rng, own = np.random.default_rng(0), np.flatnonzero(runs.table["source_group"] == APART)
    return [rng.permutation(own)[:CALIBRATION_ROWS] for _ in range(CALIBRATION_DRAWS)]


def designed_rows(runs: Runs) -> list[np.ndarray]:
    """Choose ten of vTrain's single-node rows by their configurations alone, as :data:`DESIGN` says; every rotation."""
    own = np.flatnonzero(runs.table["source_group"] == APART)
    run = runs.run.take(own)
    work, cut = run.workload, run.layout
    weights = work.layers * active_weights(run) + work.vocab * work.hidden
    load = weights * cut.micro_batch_sequences * work.sequence_tokens / cut.tensor
    strata = np.array_split(own[np.argsort(load, kind="stable")], CALIBRATION_ROWS)
    turns = max(map(len, strata))
    return [np.array([rows[(len(rows) // 2 + turn) % len(rows)] for rows in strata]) for turn in range(turns)]


def calibrated(runs: Runs, designs: Iterable[np.ndarray]) -> np.ndarray:
    """Error in per cent on vTrain's other single-node runs for each set of rows, which alone of vTrain is fitted."""
    group = runs.table["loso_group"].to_numpy(dtype=str)
    others, own = np.flatnonzero(group != "vTrain"), np.flatnonzero(runs.table["source_group"] == APART)
    errors = []
    for ten in designs:
        rest = runs.take(np.setdiff1d(own, ten))
        made = predicted_seconds(rest, fit(runs.take(np.concatenate([others, ten]))))
        errors.append(100 * np.abs(made / rest.seconds - 1).mean())
    return np.array(errors)


def all_reduce() -> pd.DataFrame:
    """Errors of the two-number fit by chip and smallest message: of all, of the worst chip count, at worst."""
    measured, table = data.load("allreduce"), []
    for chip, own in measured.groupby("chip"):
        for least in (2**20, 2**25, 2**26, APPLIES_FROM_BYTES):
            errors = []
            for ranks, rows in own[own["message_bytes"] >= least].groupby("n_gpus"):
                size, time = rows["message_bytes"].to_numpy(dtype=float), rows["time_us"].to_numpy(dtype=float) * 1e-6
                errors.append(100 * np.abs(fit_all_reduce(size, time, int(ranks)).seconds(size) / time - 1))
            line = {"from_mib": least // 2**20, "chip": chip, "chip_counts": len(errors), "sizes": len(errors[0])}
            line |= {"mean_pct": np.mean(errors), "worst_count_mean_pct": np.mean(errors, axis=1).max()}
            table.append(line | {"worst_message_pct": np.max(errors), "applies": least >= APPLIES_FROM_BYTES})
    return pd.DataFrame(table)


def undetermined(runs: Runs) -> tuple[float, float]:
    """Least and greatest held-out error of vTrain's single node over five weightings of the sources."""
    errors = []
    for most_rows in (5.0, 10.0, 20.0, 40.0, 60.0):
        rows = cross_validate(runs, most_rows=most_rows)
        own = rows[rows["source_group"] == APART]
        errors.append(100 * float((own["held_out_s"] / own["measured_s"] - 1).abs().mean()))
    return min(errors), max(errors)


def promises(table: pd.DataFrame, runs: Runs, collectives: pd.DataFrame) -> pd.DataFrame:
    """Set what was promised beside what was measured."""
    dense = table[(table["kind"] == "dense") & (table["source_group"] != APART)].set_index("source_group")
    error, both = dense["held_out_pct"], dense.dropna(subset="calculon_pct")
    ascend = error[error.index.str.startswith("Ascend")]
    low, high = undetermined(runs)
    drawn, designed = calibrated(runs, random_rows(runs)), calibrated(runs, designed_rows(runs))
    worst = collectives[collectives["applies"] & collectives["chip"].str.startswith("A100")]["worst_message_pct"].max()
    locked = table[table["kind"] == "locked dense"].iloc[0]
    lines = [
        ("mean over sources, held out", error.mean(), 7.5),
        ("worst source with 8 runs or more", error[dense["runs"] >= 8].max(), 15.0),
        ("vTrain-multi, held out", error["vTrain-multi"], 12.0),
        ("Ascend, held out, mean of two sources", ascend.mean(), 9.0),
        ("Ascend-ModelLink alone, held out", error["Ascend-ModelLink"], 9.0),
        ("Korthikanti, held out", error["Korthikanti2022"], 4.5),
        ("Calculon's sources: ours over theirs", both["held_out_pct"].mean() / both["calculon_pct"].mean(), 0.5),
        ("vTrain-single, ten calibration rows by design", designed.mean(), 8.0),
        ("vTrain-single, ten random calibration rows", drawn.mean(), 8.0),
        ("ten rows by design: best design", designed.min(), np.nan),
        ("ten rows by design: worst design", designed.max(), np.nan),
        ("ten random rows: worst draw", drawn.max(), np.nan),
        ("vTrain-single held out, best weighting", low, np.nan),
        ("vTrain-single held out, worst weighting", high, np.nan),
        ("all-reduce on A100 from 128 MiB, worst message", worst, 2.0),
        ("one fixed MFU, mean over sources", dense["constant_mfu_pct"].mean(), np.nan),
        ("three runs of the source as calibration", dense["few_shot_pct"].mean(), np.nan),
        ("locked test, mean", locked["held_out_pct"], np.nan),
        ("locked test, median", locked["held_out_median_pct"], np.nan),
    ]
    made = pd.DataFrame(lines, columns=["what", "measured", "promised_at_most"])
    return made.assign(kept=(made["measured"] <= made["promised_at_most"]).where(made["promised_at_most"].notna()))


def picture(table: pd.DataFrame) -> str:
    """Draw the errors of all sources as dots on one line each: an SVG that needs nothing else."""
    rows = table[table["kind"] == "dense"].sort_values("held_out_pct")
    marks = {
        "constant_mfu_pct": ("#999999", "one fixed MFU"),
        "calculon_pct": ("#D55E00", "Calculon"),
        "held_out_pct": ("#0072B2", "this model, held out"),
    }

    def x(value: float) -> float:
        return 230 + 9 * min(value, 60)

    height, out = 26 * len(rows) + 90, []
    for tick in (0, 10, 20, 30, 40, 50, 60):
        out.append(f'<line x1="{x(tick)}" x2="{x(tick)}" y1="40" y2="{height - 40}" stroke="#ddd"/>')
        out.append(
            f'<text x="{x(tick)}" y="{height - 20}" text-anchor="middle">{tick}{"+" if tick == 60 else ""}%</text>'
        )
    for place, (_, row) in enumerate(rows.iterrows()):
        y = 60 + 26 * place
        out.append(
            f'<text x="220" y="{y + 4}" text-anchor="end">{escape(str(row["source_group"]))} ({row["runs"]})</text>'
        )
        for name, (colour, _) in marks.items():
            if not np.isnan(row[name]):
                out.append(f'<circle cx="{x(row[name]):.1f}" cy="{y}" r="6" fill="{colour}"/>')
    for place, (colour, label) in enumerate(marks.values()):
        out.append(f'<circle cx="{240 + 180 * place}" cy="20" r="6" fill="{colour}"/>')
        out.append(f'<text x="{252 + 180 * place}" y="24">{label}</text>')
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 {height}" font-family="sans-serif" font-size="13"'
    label = "Mean error of each source: this model held out, Calculon, and one fixed MFU"
    return (
        f'{head} role="img" aria-label="{label}"><rect width="100%" height="100%" fill="white"/>{"".join(out)}</svg>\n'
    )


def markdown(tables: dict[str, tuple[pd.DataFrame, str]]) -> str:
    """Write the tables, each with what there is to say about it, as one Markdown page."""
    what = "Mean absolute error of the predicted step time, per cent. Written by `python -m benchmarks accuracy`."
    parts = ["# Accuracy of the training-efficiency model", what, "![Errors by source](accuracy.svg)"]
    for title, (table, about) in tables.items():
        shown = table.map(lambda v: "" if pd.isna(v) else f"{v:.2f}" if isinstance(v, float) else str(v))
        lines = [shown.columns.tolist(), ["---"] * shown.shape[1], *shown.to_numpy().tolist()]
        parts += [f"## {title}", *([about] if about else []), "\n".join(f"| {' | '.join(line)} |" for line in lines)]
    return "\n\n".join(parts) + "\n"


def main() -> bool:
    """Measure, write the results, print the promises; return whether all are kept."""
    runs = read_runs()
    runs = runs.take(runs.fittable)
    table = pd.concat([by_source(held_out(runs)), never_fitted()], ignore_index=True)
    collectives = all_reduce()
    kept, parts = promises(table, runs, collectives), worth_of_parts(runs)
    RESULTS.mkdir(exist_ok=True)
    results = {"": table, "_checks": kept, "_terms": parts, "_all_reduce": collectives}
    for name, made in results.items():
        made.to_csv(RESULTS / f"accuracy{name}.csv", index=False, float_format="%.3f", lineterminator="\n")
    titles = {
        "Promised and measured": (kept, DESIGN),
        "Source by source": (table, ""),
        "What each part is worth": (parts, ""),
        "An all-reduce in two numbers": (collectives, ALL_REDUCE),
    }
    (RESULTS / "accuracy.md").write_text(markdown(titles), encoding="utf-8")
    (RESULTS / "accuracy.svg").write_text(picture(table), encoding="utf-8")
    for _, line in kept.iterrows():
        bar = "" if np.isnan(line["promised_at_most"]) else f" (at most {line['promised_at_most']:g})"
        print(f"accuracy: {line['what']}: {line['measured']:.2f}{bar}")
    return bool(kept["kept"].dropna().all())


if __name__ == "__main__":
    sys.exit(not main())
