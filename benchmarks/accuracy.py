"""How far the training-efficiency model is off on runs it never saw, beside two simpler answers.

Writes ``results/accuracy.csv`` (one row a source), ``accuracy_terms.csv`` (what each part is worth),
``accuracy_checks.csv`` (the promises), and the same as ``accuracy.md`` and ``accuracy.svg``.
"""

import sys
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from chipgap import data
from chipgap.model import PARTS, Runs, cross_validate, fit, predict, predicted_seconds, read_runs, score

RESULTS = Path(__file__).parent / "results"
APART = "vTrain-single"
SHOTS, DRAWS = 3, 200
CALIBRATION_ROWS, CALIBRATION_DRAWS = 10, 40


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


def calibrated(runs: Runs) -> float:
    """Error on vTrain's single-node runs with ten of them, and nothing else of vTrain, in the fit."""
    rng, group = np.random.default_rng(0), runs.table["loso_group"].to_numpy(dtype=str)
    others, own = np.flatnonzero(group != "vTrain"), np.flatnonzero(runs.table["source_group"] == APART)
    errors = []
    for _ in range(CALIBRATION_DRAWS):
        order = rng.permutation(own)
        ten, rest = order[:CALIBRATION_ROWS], runs.take(order[CALIBRATION_ROWS:])
        made = predicted_seconds(rest, fit(runs.take(np.concatenate([others, ten]))))
        errors.append(np.abs(made / rest.seconds - 1).mean())
    return 100 * float(np.mean(errors))


def undetermined(runs: Runs) -> tuple[float, float]:
    """Least and greatest held-out error of vTrain's single node over five weightings of the sources."""
    errors = []
    for most_rows in (5.0, 10.0, 20.0, 40.0, 60.0):
        rows = cross_validate(runs, most_rows=most_rows)
        own = rows[rows["source_group"] == APART]
        errors.append(100 * float((own["held_out_s"] / own["measured_s"] - 1).abs().mean()))
    return min(errors), max(errors)


def promises(table: pd.DataFrame, runs: Runs) -> pd.DataFrame:
    """Set what was promised beside what was measured."""
    dense = table[(table["kind"] == "dense") & (table["source_group"] != APART)].set_index("source_group")
    error, both = dense["held_out_pct"], dense.dropna(subset="calculon_pct")
    ascend = error[error.index.str.startswith("Ascend")]
    low, high = undetermined(runs)
    locked = table[table["kind"] == "locked dense"].iloc[0]
    lines = [
        ("mean over sources, held out", error.mean(), 7.5),
        ("worst source with 8 runs or more", error[dense["runs"] >= 8].max(), 15.0),
        ("vTrain-multi, held out", error["vTrain-multi"], 12.0),
        ("Ascend, held out, mean of two sources", ascend.mean(), 9.0),
        ("Ascend-ModelLink alone, held out", error["Ascend-ModelLink"], 9.0),
        ("Korthikanti, held out", error["Korthikanti2022"], 4.5),
        ("Calculon's sources: ours over theirs", both["held_out_pct"].mean() / both["calculon_pct"].mean(), 0.5),
        ("vTrain-single with ten calibration rows", calibrated(runs), 8.0),
        ("vTrain-single held out, best weighting", low, np.nan),
        ("vTrain-single held out, worst weighting", high, np.nan),
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


def markdown(tables: dict[str, pd.DataFrame]) -> str:
    """Write the tables as one Markdown page."""
    what = "Mean absolute error of the predicted step time, per cent. Written by `python -m benchmarks accuracy`."
    parts = ["# Accuracy of the training-efficiency model", what, "![Errors by source](accuracy.svg)"]
    for title, table in tables.items():
        shown = table.map(lambda v: "" if pd.isna(v) else f"{v:.2f}" if isinstance(v, float) else str(v))
        lines = [shown.columns.tolist(), ["---"] * shown.shape[1], *shown.to_numpy().tolist()]
        parts += [f"## {title}", "\n".join(f"| {' | '.join(line)} |" for line in lines)]
    return "\n\n".join(parts) + "\n"


def main() -> bool:
    """Measure, write the results, print the promises; return whether all are kept."""
    runs = read_runs()
    runs = runs.take(runs.fittable)
    table = pd.concat([by_source(held_out(runs)), never_fitted()], ignore_index=True)
    kept, parts = promises(table, runs), worth_of_parts(runs)
    RESULTS.mkdir(exist_ok=True)
    for name, made in {"accuracy": table, "accuracy_checks": kept, "accuracy_terms": parts}.items():
        made.to_csv(RESULTS / f"{name}.csv", index=False, float_format="%.3f", lineterminator="\n")
    titles = {"Promised and measured": kept, "Source by source": table, "What each part is worth": parts}
    (RESULTS / "accuracy.md").write_text(markdown(titles), encoding="utf-8")
    (RESULTS / "accuracy.svg").write_text(picture(table), encoding="utf-8")
    for _, line in kept.iterrows():
        bar = "" if np.isnan(line["promised_at_most"]) else f" (at most {line['promised_at_most']:g})"
        print(f"accuracy: {line['what']}: {line['measured']:.2f}{bar}")
    return bool(kept["kept"].dropna().all())


if __name__ == "__main__":
    sys.exit(not main())
