"""Fitting, holding out, scoring; and the promises about accuracy."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from chipgap import data
from chipgap.model import (
    CHOICES,
    FIT,
    FITTED,
    GUESS,
    ModelError,
    Parameters,
    Runs,
    cross_validate,
    fit,
    fit_all_reduce,
    predicted_seconds,
    read_runs,
    score,
)


@pytest.fixture(scope="module")
def fittable() -> Runs:
    runs = read_runs()
    return runs.take(runs.fittable)


@pytest.fixture(scope="module")
def held_out(fittable: Runs) -> pd.DataFrame:
    made = cross_validate(fittable)
    return made.assign(error=100 * (made["held_out_s"] / made["measured_s"] - 1).abs())


def test_twelve_fitted_numbers_at_most_and_the_published_ones_are_what_a_fit_gives(fittable: Runs) -> None:
    assert len(FITTED) <= 12
    again = fit(fittable)
    np.testing.assert_allclose(again.values(FITTED), FIT.values(FITTED), rtol=2e-3)


def test_numbers_that_made_the_data_are_found_again(fittable: Runs) -> None:
    truth = replace(FIT, gemm_ampere=0.6, attention=0.25, overlap=0.4, host_floor_s=2e-3, engine_s=0.02)
    made_up = replace(fittable, seconds=predicted_seconds(fittable, truth))
    np.testing.assert_allclose(fit(made_up).values(FITTED), truth.values(FITTED), rtol=1e-3)


def test_one_wild_row_hardly_moves_the_fit(fittable: Runs) -> None:
    wild = fittable.seconds.copy()
    wild[np.flatnonzero(fittable.table["source_group"] == "vTrain-multi")[0]] *= 50
    moved = fit(replace(fittable, seconds=wild)).values(FITTED) / FIT.values(FITTED)
    assert np.abs(moved - 1).max() < 0.05


def test_a_group_held_out_does_not_touch_its_own_prediction(fittable: Runs, held_out: pd.DataFrame) -> None:
    group = fittable.table["loso_group"] == "Korthikanti2022"
    wrong = replace(fittable, seconds=np.where(group, 9 * fittable.seconds, fittable.seconds))
    again = cross_validate(wrong)
    own = group.to_numpy()
    np.testing.assert_allclose(again.loc[own, "held_out_s"], held_out.loc[own, "held_out_s"], rtol=1e-6)
    assert (np.abs(again.loc[~own, "held_out_s"] / held_out.loc[~own, "held_out_s"] - 1) > 1e-4).any()


def test_held_out_sources_are_predicted_as_promised(held_out: pd.DataFrame) -> None:
    by_source = held_out.groupby("source_group")["error"].agg(["mean", "size"])
    others = by_source.drop("vTrain-single")
    assert others["mean"].mean() <= 6.5
    assert others.loc[others["size"] >= 8, "mean"].max() <= 15
    assert others.loc["vTrain-multi", "mean"] <= 12
    assert others.loc["Korthikanti2022", "mean"] <= 4.5
    assert others.loc[others.index.str.startswith("Ascend"), "mean"].mean() <= 9


def test_held_out_rows_calculon_can_run_are_predicted_twice_as_well(held_out: pd.DataFrame) -> None:
    both = held_out.merge(data.load("calculon_predictions")[["run_id", "predicted_iter_s"]], on="run_id")
    both = both[both["source_group"] != "vTrain-single"]
    both["theirs"] = 100 * (both["predicted_iter_s"] / both["measured_s"] - 1).abs()
    means = both.groupby("source_group")[["error", "theirs"]].mean().mean()
    assert len(both) > 250
    assert 2 * means["error"] <= means["theirs"]


def test_no_locked_or_set_aside_row_is_ever_fitted(fittable: Runs) -> None:
    assert not fittable.table["locked_test"].any()
    assert fittable.table["not_scored_because"].isna().all()
    assert (fittable.kind == "dense").all()
    locked = read_runs()
    locked = locked.take(np.flatnonzero(locked.table["locked_test"].to_numpy(dtype=bool)))
    assert len(locked.table) == 58
    assert not locked.fittable.any()


@pytest.mark.parametrize("count", [0, 9])
def test_too_few_rows_are_refused(fittable: Runs, count: int) -> None:
    with pytest.raises(ModelError, match="10 numbers can't be fitted"):
        fit(fittable.take(np.arange(count)))


def test_rows_that_cannot_be_predicted_are_refused() -> None:
    with pytest.raises(ModelError, match=r"runs\.fittable"):
        fit(read_runs())


def test_score_judges_a_csv_file_of_others(tmp_path: Path) -> None:
    table = data.load("training_runs")
    table = table[table["source_group"] == "Korthikanti2022"]
    path = tmp_path / "runs.csv"
    table.to_csv(path, index=False)
    made = score(path)
    assert len(made.rows) == 8
    assert made.error_pct == pytest.approx(made.rows["error_pct"].abs().mean())
    assert made.sources["runs"].tolist() == [8]
    assert score(path, Parameters(gemm_ampere=0.5)).error_pct > 20


def test_score_knows_the_other_names_of_columns_and_what_it_may_assume(tmp_path: Path) -> None:
    row = {
        "run_id": "x", "source_group": "new", "chip": "H100-SXM-80G (500W)", "n_chips": 16, "layers": 32, "hidden": 4096,
        "ffn": 14336, "gated_mlp": 1, "heads": 32, "kv_heads": 8, "vocab": 128256, "seq": 8192, "gbs_seq": 64, "mbs": None,
        "tp": 1, "pp": 1, "zero_stage": 3, "flash_attn": 1, "recompute": "full", "overlap_dp": 1, "tok_s_chip": 8000.0,
    }  # fmt: skip
    path = tmp_path / "runs.csv"
    pd.DataFrame([row]).to_csv(path, index=False)
    runs = read_runs(path)
    assert runs.unusable[0] == ""
    assert runs.run.layout.data[0] == 16
    assert runs.run.layout.micro_batch_sequences[0] == 4
    assert runs.run.cluster.power_share[0] == pytest.approx(5 / 7)
    assert runs.run.stack.recompute_stops_early[0] == 1
    assert runs.seconds[0] == pytest.approx(64 * 8192 / 16 / 8000)
    assert np.isfinite(score(path).rows["error_pct"]).all()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"chip": "TPU v5p", "chip_as_printed": "TPU v5p"}, "no run of a chip like this"),
        ({"tp": 3}, "heads over tensor"),
        ({"dp": 0}, "data known"),
        ({"n_chips": 4096}, "layout size"),
        ({"iter_s": None, "tokens_per_s_chip": None}, "no measured speed"),
        ({"recompute": "partial"}, "only part of the layers"),
        ({"hidden": None}, "hidden known"),
    ],
)
def test_a_row_that_cannot_be_predicted_says_why(changes: dict[str, object], reason: str) -> None:
    table = data.load("training_runs")
    table = table[table["source_group"] == "Korthikanti2022"].head(2).astype(object)
    for name, value in changes.items():
        table.iloc[0, table.columns.get_loc(name)] = value
    made = score(table).rows
    assert reason in made["unusable"].iloc[0]
    assert np.isnan(made["predicted_s"].iloc[0])
    assert made["unusable"].iloc[1] == ""


def test_a_table_without_a_needed_column_is_refused() -> None:
    with pytest.raises(ModelError, match="no column layers"):
        read_runs(data.load("training_runs").drop(columns="layers"))


def test_mixtures_and_fp8_are_scored_beside_and_never_in_the_mean() -> None:
    made = score()
    kinds = set(zip(made.sources["kind"], made.sources["locked_test"], strict=True))
    assert {("moe", False), ("fp8", False), ("dense", True)} <= kinds
    dense = made.sources[(made.sources["kind"] == "dense") & ~made.sources["locked_test"]]
    assert made.error_pct == pytest.approx(dense["mean_abs_pct"].mean())


def all_reduce_errors(from_bytes: int) -> list[float]:
    """Mean relative error of the two-number fit, for 2 to 8 A100, over messages of ``from_bytes`` and more."""
    table = data.load("allreduce")
    table = table[(table["chip"] == "A100 SXM 80GB") & (table["message_bytes"] >= from_bytes)]
    errors = []
    for ranks, rows in table.groupby("n_gpus"):
        size, time = (rows[name].to_numpy(dtype=float) for name in ("message_bytes", "time_us"))
        fitted = fit_all_reduce(size, time * 1e-6, int(ranks))
        assert 0.6 < fitted.bus_byte_s / 300e9 < 0.8
        errors.append(float(np.abs(fitted.seconds(size) / (time * 1e-6) - 1).mean()))
    return errors


def test_two_numbers_describe_large_all_reduces_and_only_those() -> None:
    assert len(all_reduce_errors(2**27)) == 7
    assert max(all_reduce_errors(2**27)) <= 0.01
    assert np.mean(all_reduce_errors(2**25)) <= 0.02
    assert max(all_reduce_errors(2**20)) > 0.05


def test_leaving_a_part_out_makes_held_out_runs_worse(fittable: Runs, held_out: pd.DataFrame) -> None:
    poorer = cross_validate(fittable, without=("tensor_parallel",))
    poorer["error"] = 100 * (poorer["held_out_s"] / poorer["measured_s"] - 1).abs()
    means = [table.groupby("source_group")["error"].mean().drop("vTrain-single").mean() for table in (held_out, poorer)]
    assert means[1] > 1.3 * means[0]
    with pytest.raises(ModelError, match="No such part: magic"):
        predicted_seconds(fittable, without=("magic",))


def test_choices_name_numbers_of_the_model() -> None:
    named = {choice.touches for choice in CHOICES}
    beforehand = {name for name in vars(GUESS) if name not in FITTED}
    assert beforehand <= named | {"latency_s"}
    assert any(choice.looked_at_residuals for choice in CHOICES)
