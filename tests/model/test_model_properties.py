"""What must hold for every configuration, tried on many made-up ones."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipgap.model import (
    AMPERE,
    ASCEND,
    FIT,
    HOPPER,
    Cluster,
    Layout,
    Parameters,
    Run,
    Stack,
    Workload,
    predict,
    waterfall,
)

flag = st.sampled_from([0.0, 1.0])
power = st.sampled_from([1.0, 2.0, 4.0, 8.0])


@st.composite
def runs(draw: st.DrawFn) -> Run:
    """Possible runs of dense models and mixtures, on switched and meshed nodes, in every layout."""
    layout = Layout(
        tensor=draw(st.sampled_from([1.0, 2.0, 4.0, 8.0, 16.0])),
        pipeline=draw(power),
        data=draw(st.sampled_from([1.0, 2.0, 8.0, 64.0])),
        context=draw(st.sampled_from([1.0, 2.0, 4.0])),
        micro_batch_sequences=draw(st.sampled_from([1.0, 2.0, 4.0])),
        sequence_parallel=draw(flag),
        zero_stage=draw(st.sampled_from([0.0, 1.0, 2.0, 3.0])),
    )
    moe = draw(st.booleans())
    work = Workload(
        layers=draw(st.sampled_from([8.0, 25.0, 96.0])),
        hidden=draw(st.sampled_from([512.0, 4096.0, 16384.0])),
        ffn=draw(st.sampled_from([2048.0, 14336.0])),
        heads=32.0,
        kv_heads=draw(st.sampled_from([2.0, 32.0])),
        vocab=draw(st.sampled_from([32000.0, 256000.0])),
        sequence_tokens=draw(st.sampled_from([1024.0, 8192.0, 131072.0])),
        batch_sequences=layout.data * layout.micro_batch_sequences * draw(st.sampled_from([1.0, 3.0, 64.0])),
        mlp_matrices=draw(st.sampled_from([2.0, 3.0])),
        experts=8.0 * moe,
        experts_per_token=2.0 * moe,
        expert_ffn=1024.0 * moe,
    )
    rate = st.floats(0.01, 100)
    cluster = Cluster(
        family=draw(st.sampled_from([AMPERE, HOPPER, ASCEND])),
        peak_flop_s=300e12 * draw(rate),
        memory_byte_s=2e12 * draw(rate),
        memory_bytes=80e9,
        link_byte_s=200e9 * draw(rate),
        network_byte_s=25e9 * draw(rate),
        full_mesh=draw(flag),
        fp8_flop_s=600e12,
    )
    names = [field.name for field in fields(Stack) if field.name != "recompute"]
    stack = Stack(recompute=draw(st.sampled_from([0.0, 1.0, 2.0])), **{name: draw(flag) for name in names})
    return Run(cluster, work, layout, stack)


def seconds(run: Run, parameters: Parameters = FIT) -> float:
    return float(waterfall(run, parameters).total)


FASTER = ("peak_flop_s", "fp8_flop_s", "memory_byte_s", "link_byte_s", "network_byte_s")


@settings(max_examples=150, deadline=None)
@given(run=runs(), better=st.sampled_from(FASTER), factor=st.floats(1, 1000))
def test_better_hardware_never_slows_a_run(run: Run, better: str, factor: float) -> None:
    improved = replace(run, cluster=replace(run.cluster, **{better: getattr(run.cluster, better) * factor}))
    assert seconds(improved) <= seconds(run) * (1 + 1e-12)


@settings(max_examples=100, deadline=None)
@given(run=runs(), name=st.sampled_from(["memory", "network", "overlap", "gemm_ampere", "gemm_hopper", "attention"]))
def test_better_software_never_slows_a_run(run: Run, name: str) -> None:
    improved = replace(FIT, **{name: getattr(FIT, name) * 1.2})
    assert seconds(run, improved) <= seconds(run) * (1 + 1e-12)


@settings(max_examples=100, deadline=None)
@given(run=runs(), name=st.sampled_from(["host_floor_s", "straggler", "engine_s", "latency_s", "logits_bytes"]))
def test_longer_waits_never_speed_a_run_up(run: Run, name: str) -> None:
    worse = replace(FIT, **{name: getattr(FIT, name) * 2})
    assert seconds(run, worse) >= seconds(run) * (1 - 1e-12)


@settings(max_examples=100, deadline=None)
@given(run=runs(), factor=st.sampled_from([2.0, 8.0]))
def test_a_smaller_batch_has_more_bubble_and_never_more_throughput(run: Run, factor: float) -> None:
    large = replace(run, workload=replace(run.workload, batch_sequences=run.workload.batch_sequences * factor))
    small, big = predict(run, check=False), predict(large, check=False)
    assert small.tokens_per_s_chip <= big.tokens_per_s_chip * (1 + 1e-12)
    assert small.parts.bubble / small.seconds >= big.parts.bubble / big.seconds - 1e-12


@settings(max_examples=100, deadline=None)
@given(run=runs())
def test_interleaving_never_slows_a_pipeline_whose_transfers_are_free(run: Run) -> None:
    free = replace(FIT, latency_s=0.0)
    run = replace(run, cluster=replace(run.cluster, link_byte_s=1e30, network_byte_s=1e30))
    chunks = replace(run, layout=replace(run.layout, interleave=4.0))
    assert seconds(chunks, free) <= seconds(run, free) * (1 + 1e-12)


@settings(max_examples=100, deadline=None)
@given(run=runs(), factor=st.floats(0.01, 100))
def test_hardware_k_times_as_fast_in_every_way_takes_a_kth_of_the_time(run: Run, factor: float) -> None:
    faster = {name: getattr(run.cluster, name) * factor for name in FASTER}
    waits = {name: getattr(FIT, name) / factor for name in ("host_floor_s", "engine_s", "latency_s")}
    scaled = replace(run, cluster=replace(run.cluster, **faster))
    assert seconds(scaled, replace(FIT, **waits)) * factor == pytest.approx(seconds(run), rel=1e-9)


@settings(max_examples=50, deadline=None)
@given(run=runs(), factor=st.floats(0.1, 10))
def test_other_units_of_work_change_nothing(run: Run, factor: float) -> None:
    # counting FLOPs by the kilo: peak rates and MFU's numerator shrink alike
    as_is = predict(run, check=False)
    assert as_is.mfu * run.cluster.peak_flop_s * run.layout.chips * as_is.seconds == pytest.approx(
        float(as_is.tokens_per_s_chip * run.layout.chips * as_is.seconds) * _flop_per_token(run), rel=1e-9
    )
    share = replace(FIT, gemm_ampere=FIT.gemm_ampere / factor, gemm_hopper=FIT.gemm_hopper / factor)
    share = replace(share, gemm_ascend=FIT.gemm_ascend / factor, attention=FIT.attention / factor)
    share = replace(share, attention_unfused=FIT.attention_unfused / factor, logits_gemm=FIT.logits_gemm / factor)
    chips = replace(
        run.cluster, peak_flop_s=run.cluster.peak_flop_s * factor, fp8_flop_s=run.cluster.fp8_flop_s * factor
    )
    assert seconds(replace(run, cluster=chips), share) == pytest.approx(float(as_is.seconds), rel=1e-9)


def _flop_per_token(run: Run) -> float:
    work = run.workload
    inner = work.experts_per_token * work.expert_ffn if work.experts > 0 else work.ffn
    layer = 2 * work.hidden**2 * (1 + work.kv_heads / work.heads) + work.mlp_matrices * work.hidden * inner
    weights = work.layers * layer + work.vocab * work.hidden
    return float(6 * weights + 12 * work.layers * work.hidden * work.sequence_tokens)


@settings(max_examples=100, deadline=None)
@given(run=runs())
def test_parts_are_never_negative_and_sum_to_the_step(run: Run) -> None:
    made = waterfall(run)
    values = np.array([getattr(made, field.name) for field in fields(made)])
    assert (values >= -1e-12 * values.max()).all()
    assert values.sum() == pytest.approx(float(made.total), rel=1e-9)
