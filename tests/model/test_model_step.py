"""A whole step: known runs, parts that add up, arrays that agree with single numbers."""

from dataclasses import replace

import numpy as np
import pytest
from tests.model.examples import ASCEND_910B, MIXTRAL, run

from chipgap.model import HOPPER, PARTS, Parameters, predict, step, waterfall


def test_a_published_run_is_predicted_within_five_per_cent() -> None:
    # Korthikanti et al. 2022, table 5: 175B on 64 A100, full recompute 18.13 s, selective 13.75 s
    assert float(predict(run()).seconds) == pytest.approx(18.13, rel=0.05)
    selective = run(recompute=1, sequence_parallel=1)
    assert float(predict(selective).seconds) == pytest.approx(13.75, rel=0.05)


def test_mfu_and_throughput_follow_from_the_seconds() -> None:
    made = predict(run())
    tokens = 64 * 2048 / 64 / made.seconds
    weights = 96 * 12 * 12288**2 + 51200 * 12288
    assert made.tokens_per_s_chip == pytest.approx(tokens)
    assert made.mfu == pytest.approx((6 * weights + 12 * 96 * 12288 * 2048) * tokens / 312e12)


def many(count: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    return {
        "micro_batch_sequences": rng.choice([1.0, 2.0, 4.0], count),
        "batch_sequences": rng.choice([64.0, 128.0], count),
        "link_byte_s": rng.uniform(1e9, 9e11, count),
        "recompute": rng.choice([0.0, 1.0, 2.0], count),
        "flash_attention": rng.choice([0.0, 1.0], count),
        "zero_stage": rng.choice([0.0, 1.0, 2.0, 3.0], count),
        "data": rng.choice([1.0, 2.0, 8.0], count),
        "whole_transfers": rng.choice([0.0, 1.0], count),
        "overlap_tensor": rng.choice([0.0, 1.0], count),
    }


def test_the_parts_add_up_to_the_step() -> None:
    runs = run(**many(1000))
    made = predict(runs)
    total = sum(getattr(made.parts, name) for name in PARTS)
    np.testing.assert_allclose(total, made.seconds, rtol=1e-9)
    assert all((getattr(made.parts, name) >= 0).all() for name in PARTS)


def test_chunks_and_single_runs_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = run(**many(100))
    whole = predict(runs).seconds
    monkeypatch.setattr(step, "CHUNK", 7)
    np.testing.assert_array_equal(predict(runs).seconds, whole)
    singles = [float(predict(runs.take(i)).seconds) for i in range(100)]
    np.testing.assert_allclose(singles, whole, rtol=1e-12)


def test_parameters_may_be_arrays_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "CHUNK", 3)
    runs, shares = run(link_byte_s=np.full(10, 300e9)), np.linspace(0.3, 0.9, 10)
    together = waterfall(runs, Parameters(gemm_ampere=shares)).total
    alone = [float(waterfall(run(), Parameters(gemm_ampere=float(share))).total) for share in shares]
    np.testing.assert_allclose(together, alone)


def test_one_chip_waits_for_nobody() -> None:
    alone = predict(run(tensor=1, pipeline=1, interleave=1)).parts
    waits = ("tensor_parallel", "context_parallel", "expert_parallel", "imbalance", "stage_transfers")
    for name in (*waits, "engine", "bubble", "data_parallel", "stragglers"):
        assert getattr(alone, name) == 0, name


def parts(**changes: object) -> dict[str, float]:
    made = predict(run(**changes)).parts
    return {name: float(getattr(made, name)) for name in PARTS}


def test_recompute_costs_most_when_full_and_less_when_it_stops_early() -> None:
    full = parts()["recompute"]
    early = parts(recompute_stops_early=1)["recompute"]
    assert parts(recompute=0)["recompute"] == 0
    assert parts(recompute=1)["recompute"] < early < full
    third = predict(run()).parts.matrix_products / 9  # h f of 12 h^2 weights, one pass of three
    assert full - early == pytest.approx(float(third), rel=0.02)


def test_grouped_queries_and_flash_attention_save_time() -> None:
    assert parts(kv_heads=8)["matrix_products"] < parts()["matrix_products"]
    assert parts(flash_attention=1)["memory_bound"] < parts()["memory_bound"]


@pytest.mark.parametrize(("ranks", "wires"), [(2, 7), (4, 7 / 3), (8, 1)])
def test_a_full_mesh_gives_a_group_only_the_wires_between_its_chips(ranks: int, wires: float) -> None:
    no_start = Parameters(latency_s=0.0)
    mesh = {**ASCEND_910B, "interleave": 1, "pipeline": 1, "tensor": ranks}
    slow = waterfall(run(**mesh), no_start).tensor_parallel
    fast = waterfall(run(**{**mesh, "full_mesh": 0}), no_start).tensor_parallel
    assert slow / fast == pytest.approx(wires * no_start.link_switch / no_start.link_mesh)


def test_tensor_parallelism_across_nodes_is_held_up_by_the_network() -> None:
    inside, across = parts(tensor=8, pipeline=1, interleave=1), parts(tensor=16, pipeline=1, interleave=1)
    assert across["tensor_parallel"] > 1.2 * inside["tensor_parallel"]


def test_context_parallelism_hides_its_ring_behind_long_sequences_only() -> None:
    long = {"context": 4, "tensor": 2, "pipeline": 1, "interleave": 1, "batch_sequences": 8}
    slow_wires = {**long, "link_byte_s": 1e9}
    assert parts(**long, sequence_tokens=131072)["context_parallel"] == 0
    assert parts(**slow_wires, sequence_tokens=4096)["context_parallel"] > 0


def test_whole_transfers_cost_more_than_split_ones() -> None:
    split, whole = parts(), parts(whole_transfers=1)
    assert whole["stage_transfers"] > 4 * split["stage_transfers"]
    assert whole["engine"] == pytest.approx(64 * Parameters().engine_s)
    assert split["engine"] == 0


def test_zero3_moves_weights_every_micro_batch() -> None:
    base = {"tensor": 1, "pipeline": 1, "interleave": 1, "data": 64, "batch_sequences": 256, "flash_attention": 1}
    assert parts(**base, zero_stage=3)["data_parallel"] > 1.2 * parts(**base, zero_stage=1)["data_parallel"]
    flat = parts(**base, zero_stage=3, gathers_each_weight=1)["data_parallel"]
    assert flat > 5 * parts(**base, zero_stage=3)["data_parallel"]
    assert parts(**base, zero_stage=1)["optimizer"] == pytest.approx(parts(**base)["optimizer"] / 64)


def test_a_mixture_of_experts_sends_tokens_about_and_computes_few() -> None:
    moe = {**MIXTRAL, "tensor": 1, "pipeline": 1, "interleave": 1, "data": 16, "flash_attention": 1, "recompute": 0}
    dense = {**moe, "experts": 0, "experts_per_token": 0, "expert_ffn": 0, "ffn": 2 * 14336}
    assert parts(**moe, expert=8)["matrix_products"] == pytest.approx(parts(**dense)["matrix_products"])
    assert parts(**moe, expert=1)["expert_parallel"] == 0
    inside, across = parts(**moe, expert=8), parts(**{**moe, "experts": 16}, expert=16)
    assert 0 < inside["expert_parallel"] < across["expert_parallel"]


def test_fp8_doubles_the_matrix_products_only() -> None:
    h100 = {"family": HOPPER, "peak_flop_s": 989.5e12, "fp8_flop_s": 1979e12, "vocab": 1e-9}
    slow, fast = parts(**h100), parts(**h100, fp8=1)
    assert slow["matrix_products"] == pytest.approx(2 * fast["matrix_products"], rel=1e-3)
    assert slow["attention"] == fast["attention"]


def test_kernels_for_hopper_and_less_power_change_the_rates() -> None:
    h100 = {"family": HOPPER, "peak_flop_s": 989.5e12, "flash_attention": 1, "recompute": 0}
    old, new = parts(**h100)["attention"], parts(**h100, native_attention=1)["attention"]
    assert new / old == pytest.approx(Parameters().hopper_attention)
    weak = parts(**h100, power_share=500 / 700)["matrix_products"]
    assert parts(**h100)["matrix_products"] / weak == pytest.approx(0.9, abs=0.01)


def test_inputs_cannot_be_changed_in_place() -> None:
    with pytest.raises(AttributeError):
        run().layout.tensor = 4  # type: ignore[misc]
    assert replace(run().layout, tensor=4).tensor == 4
