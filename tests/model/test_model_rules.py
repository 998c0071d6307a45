"""Impossible input is refused by name; memory and attribution."""

import numpy as np
import pytest
from tests.model.examples import A100, MIXTRAL, run

from chipgap.model import (
    FIT,
    ImpossibleError,
    ModelError,
    Parameters,
    broken_rules,
    check_run,
    memory,
    predict,
    read_runs,
    shapley,
)

MOE = {**MIXTRAL, "tensor": 1, "pipeline": 1, "interleave": 1, "data": 16}


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("heads over tensor", {"heads": 12}),
        ("batch over replicas", {"data": 3}),
        ("batch over replicas", {"micro_batch_sequences": 128}),
        ("layers over stages", {"layers": 20}),
        ("interleave", {"pipeline": 1}),
        ("sequence split", {"context": 3}),
        ("sequence split", {"sequence_tokens": 2044, "sequence_parallel": 1, "context": 1}),
        ("fp8", {"fp8": 1}),
        ("expert parallel size", {**MOE, "expert": 32, "experts": 64}),
        ("experts over chips", {**MOE, "expert": 3}),
        ("experts over chips", {"expert": 2}),
        ("experts per token", {**MOE, "experts_per_token": 9}),
        ("layers known", {"layers": 0}),
        ("hidden known", {"hidden": np.nan}),
        ("network_byte_s known", {"network_byte_s": -1}),
    ],
)
def test_what_cannot_be_is_refused_by_its_rule(rule: str, changes: dict[str, float]) -> None:
    with pytest.raises(ImpossibleError, match=rule) as caught:
        predict(run(**changes))
    assert caught.value.rule == rule
    assert caught.value.index is None


def test_the_message_gives_the_numbers_and_the_place() -> None:
    runs = run(heads=np.array([96.0, 96.0, 12.0]))
    with pytest.raises(
        ImpossibleError, match=r"12 attention heads .* 8 tensor-parallel chips \(configuration 2\)"
    ) as e:
        check_run(runs)
    assert e.value.index == 2
    assert list(broken_rules(runs) != "") == [False, False, True]


def test_a_layout_must_use_the_chips_there_are() -> None:
    check_run(run(), chips=64)
    with pytest.raises(ImpossibleError, match="makes 64 chips, the cluster has 72"):
        check_run(run(), chips=72)


def test_175b_does_not_fit_on_eight_chips() -> None:
    check_run(run(), fits=True)
    with pytest.raises(ImpossibleError, match="Rule: memory"):
        check_run(run(pipeline=1, interleave=1), fits=True)


def test_activations_are_korthikantis_34_and_5_as_over_h() -> None:
    single = {"tensor": 1, "pipeline": 1, "interleave": 1, "recompute": 0, "layers": 1, "batch_sequences": 1}
    tokens, hidden, heads = 2048, 12288, 96
    flash, scores = memory(run(**single, flash_attention=1)), memory(run(**single))
    assert flash.activations == pytest.approx(34 * tokens * hidden)
    assert scores.activations == pytest.approx(tokens * hidden * (34 + 5 * heads * 2048 / hidden))
    split = memory(run(**{**single, "tensor": 8}, sequence_parallel=1, flash_attention=1))
    assert split.activations == pytest.approx(34 * tokens * hidden / 8)


def test_sixteen_bytes_a_parameter_split_further_with_every_zero_stage() -> None:
    base = {"tensor": 1, "pipeline": 1, "interleave": 1, "data": 8, "vocab": 1e-9}
    stages = [memory(run(**base, zero_stage=stage)) for stage in range(4)]
    weights = 96 * 12 * 12288**2
    states = [float(m.weights + m.gradients + m.optimizer) / weights for m in stages]
    assert states == pytest.approx([16, 4 + 12 / 8, 2 + 14 / 8, 16 / 8], rel=1e-6)


def test_published_runs_fit_their_chips_by_this_count() -> None:
    runs = read_runs()
    runs = runs.take(runs.fittable)
    share = memory(runs.run).total / runs.run.cluster.memory_bytes
    assert (share <= 1).mean() > 0.97
    assert share.max() < 1.06


def test_shapley_shares_the_whole_difference_whatever_the_order() -> None:
    before = run(link_byte_s=100e9, network_byte_s=5e9)
    after = run(flash_attention=1, recompute=0, interleave=1)
    old, new = Parameters(gemm_ampere=0.4), FIT
    changes = {
        "wires": ["cluster.link_byte_s", "cluster.network_byte_s"],
        "kernels": ["stack.flash_attention", "parameters.gemm_ampere"],
        "memory": ["stack.recompute"],
        "schedule": ["layout.interleave"],
    }
    shares = shapley(before, after, changes, (old, new))
    whole = float(predict(after, new).seconds - predict(before, old).seconds)
    assert sum(shares.values()) == pytest.approx(whole, rel=1e-9)
    assert shares["schedule"] > 0 > max(shares["wires"], shares["kernels"], shares["memory"])
    turned = shapley(before, after, dict(reversed(changes.items())), (old, new))
    assert turned == pytest.approx(shares)
    logs = shapley(before, after, changes, (old, new), as_log=True)
    assert sum(logs.values()) == pytest.approx(
        np.log(float(predict(after, new).seconds / predict(before, old).seconds))
    )


def test_equal_partners_share_equally_and_idlers_get_nothing() -> None:
    before, after = run(), run(link_byte_s=600e9, memory_bytes=1e12)
    shares = shapley(before, after, {"links": ["cluster.link_byte_s"], "room": ["cluster.memory_bytes"]})
    assert shares["room"] == 0
    assert shares["links"] < 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"a": ["cluster.nothing"]}, "No such field: cluster.nothing"),
        ({"a": ["cluster.link_byte_s"], "b": ["cluster.link_byte_s"]}, "named in two groups"),
        ({}, "No group of changes holds cluster.link_byte_s"),
        ({f"g{i}": [] for i in range(13)}, "12 is the most"),
    ],
)
def test_groups_of_changes_that_make_no_sense_are_refused(changes: dict[str, list[str]], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        shapley(run(), run(link_byte_s=2 * A100["link_byte_s"]), changes)
