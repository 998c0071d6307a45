"""One training step put together from its terms: :func:`predict` and :func:`waterfall`."""

from dataclasses import dataclass, fields

import numpy as np

from chipgap.model import terms
from chipgap.model.inputs import ASCEND, FULL_RECOMPUTE, HOPPER, SELECTIVE_RECOMPUTE, Array, Run
from chipgap.model.parameters import Parameters
from chipgap.model.rules import check_run
from chipgap.model.sizes import active_weights, held_parameters

CHUNK = 8192
"""Configurations worked on at a time: their columns fit the processor's cache."""


@dataclass(frozen=True)
class Waterfall:
    """Where the seconds of one step go; the parts add up to the whole step.

    Matrix products, attention and memory-bound work are those the model needs; everything after them
    is what a chip without neighbours, host or memory limit would not spend.
    """

    matrix_products: Array
    attention: Array
    memory_bound: Array
    host: Array
    recompute: Array
    tensor_parallel: Array
    context_parallel: Array
    expert_parallel: Array
    imbalance: Array
    stage_transfers: Array
    engine: Array
    bubble: Array
    data_parallel: Array
    optimizer: Array
    stragglers: Array

    @property
    def total(self) -> Array:
        """Seconds of the whole step."""
        parts = [getattr(self, name) for name in PARTS]
        return np.asarray(sum(parts[1:], start=parts[0]))


PARTS = tuple(field.name for field in fields(Waterfall))
"""Names of the parts of a waterfall, in order."""


@dataclass(frozen=True)
class Prediction:
    """How fast a configuration trains, and where its time goes."""

    seconds: Array
    """Seconds of one step."""
    tokens_per_s_chip: Array
    """Tokens a second that one chip gets through."""
    mfu: Array
    """(6 N + 12 L h s) x tokens per second and chip / peak; N: weights that work on a token."""
    parts: Waterfall


def predict(run: Run, parameters: Parameters | None = None, *, check: bool = True) -> Prediction:
    """Predict the step time of every configuration in ``run``.

    Parameters
    ----------
    run
        One configuration or an array of them.
    parameters
        The constants of the model; the published fit where None.
    check
        Refuse configurations that can't exist (see :func:`chipgap.model.check_run`).

    Raises
    ------
    ImpossibleError
        Naming the first configuration that breaks a rule, and the rule.
    """
    if check:
        check_run(run)
    seconds = (parts := waterfall(run, parameters or FIT)).total
    work, chips = run.workload, run.layout.chips
    tokens = work.batch_sequences * work.sequence_tokens / (chips * seconds)
    weights = work.layers * active_weights(run) + work.vocab * work.hidden
    flop = 6 * weights + 12 * work.layers * work.hidden * work.sequence_tokens
    return Prediction(seconds, tokens, flop * tokens / run.cluster.peak_flop_s, parts)


def waterfall(run: Run, parameters: Parameters | None = None) -> Waterfall:
    """Split the step of every configuration into parts that add up to it; no checks.

    Returns
    -------
    Waterfall
        Arrays of seconds, in the shape that the fields of ``run`` broadcast to.
    """
    parameters = parameters or FIT
    if len(run.shape) != 1 or run.shape[0] <= CHUNK:
        return Waterfall(*np.broadcast_arrays(*_parts(run, parameters)))
    count = run.shape[0]
    columns = np.empty((len(PARTS), count))
    for start in range(0, count, CHUNK):
        piece = slice(start, start + CHUNK)
        for column, part in zip(columns, _parts(run.take(piece), _take(parameters, piece)), strict=True):
            column[piece] = part
    return Waterfall(*columns)


FIT = Parameters()
"""The published fit: what :func:`predict` uses unless told otherwise."""


def _take(p: Parameters, piece: slice) -> Parameters:
    arrays = {f.name: v[piece] for f in fields(p) if np.ndim(v := getattr(p, f.name)) == 1}
    return Parameters(**{**vars(p), **arrays}) if arrays else p


@dataclass(frozen=True)
class _Rates:
    """What the hardware reaches: peak x efficiency."""

    gemm: Array
    attention: Array
    logits: Array
    memory: Array
    link: Array
    pair: Array
    network: Array


def _rates(run: Run, p: Parameters) -> _Rates:
    chips, stack = run.cluster, run.stack
    hopper, ascend = chips.family == HOPPER, chips.family == ASCEND
    peak = chips.peak_flop_s * chips.power_share**p.power_exponent
    matrix = np.where(stack.fp8 > 0, chips.fp8_flop_s * (peak / chips.peak_flop_s), peak)
    share = np.where(ascend, p.gemm_ascend, np.where(hopper, p.gemm_hopper, p.gemm_ampere))
    fused = p.attention * np.where(hopper & (stack.native_attention == 0), p.hopper_attention, 1.0)
    mesh = chips.full_mesh > 0
    link = chips.link_byte_s * np.where(mesh, p.link_mesh, p.link_switch)
    return _Rates(
        gemm=matrix * share,
        attention=peak * np.where(stack.flash_attention > 0, fused, p.attention_unfused),
        logits=peak * p.logits_gemm,
        memory=chips.memory_byte_s * p.memory * np.where(ascend, p.ascend_memory, 1.0),
        link=link,
        pair=np.where(mesh, link / (chips.node_chips - 1), link),
        network=chips.network_byte_s * p.network,
    )


def _group_rate(run: Run, rates: _Rates, near: Array, crosses: Array) -> Array:
    """Byte/s of a ring whose node holds ``near`` of its ranks; slower of the links and the way out."""
    chips = run.cluster
    mesh_share = np.maximum(near - 1, 1) / (chips.node_chips - 1)
    inside = rates.link * np.where(chips.full_mesh > 0, mesh_share, 1.0)
    return np.where(crosses, np.minimum(inside, near * rates.network), inside)


def _parts(run: Run, p: Parameters) -> tuple[Array, ...]:
    work, cut, stack, node = run.workload, run.layout, run.stack, run.cluster.node_chips
    t, stages, replicas = cut.tensor, cut.pipeline, cut.data * cut.context
    rates = _rates(run, p)
    full, flash = stack.recompute == FULL_RECOMPUTE, stack.flash_attention > 0
    tokens = cut.micro_batch_sequences * work.sequence_tokens / cut.context
    steps = work.batch_sequences / (cut.data * cut.micro_batch_sequences)
    activation = 2 * tokens * work.hidden
    # one layer, one micro-batch
    weights, moe = active_weights(run), work.experts > 0
    inner = np.where(moe, work.experts_per_token * work.expert_ffn, work.ffn) * work.mlp_matrices
    gemm = terms.gemm(tokens, weights, t, rates.gemm)
    square = terms.attention(tokens, work.sequence_tokens, work.hidden, t, rates.attention) * np.where(flash, 0.5, 1.0)
    scores = terms.softmax(tokens, work.sequence_tokens, work.heads, t, rates.memory) * ~flash
    split = np.where(cut.sequence_parallel > 0, t, 1.0)
    moved = terms.memory_bound(tokens, work.hidden, inner, t, split, rates.memory) + scores
    moved = moved + terms.permutation(tokens, work.hidden, work.experts_per_token, t, rates.memory)
    busy, busy_back = gemm + square + moved, 2 * gemm + 2.5 * square + 2 * moved
    forward, backward = terms.host_floor(busy, p.host_floor_s), terms.host_floor(busy_back, 1.6 * p.host_floor_s)
    kept = 1 - np.where(stack.recompute_stops_early > 0, work.hidden * inner / work.mlp_matrices / weights, 0.0)
    again = full * terms.host_floor(gemm * kept + square + moved, p.host_floor_s)
    again = again + (stack.recompute == SELECTIVE_RECOMPUTE) * (square + scores)
    # its communication
    tp_rate = _group_rate(run, rates, np.minimum(t, node), t > node)
    reduces = (4 + 2 * full + 0.5 * (cut.sequence_parallel > 0)) * terms.ring_all_reduce(
        activation, t, tp_rate, p.latency_s
    )
    tensor = terms.exposed(reduces, 3 * gemm, p.overlap * stack.overlap_tensor)
    cp_rate = np.where(t * cut.context > node, rates.network, rates.pair)
    keys = 2 * activation * work.kv_heads / work.heads / t
    rings = 3 * terms.ring_exchange(keys, cut.context, cp_rate, p.latency_s)
    context = terms.exposed(rings, 3.5 * square, np.asarray(1.0))
    near_experts = np.minimum(cut.expert, np.maximum(node / t, 1))
    routed = activation * work.experts_per_token / t
    trips = moe * (4 + 2 * full)
    expert = trips * terms.all_to_all(routed, cut.expert, near_experts, rates.link, rates.network, p.latency_s)
    # the stage, and what the slowest one adds
    share = work.layers / stages
    layer = forward + backward + again + tensor + context + expert
    head = terms.logits(tokens, work.hidden, work.vocab, t, rates.logits, p.logits_bytes / rates.memory)
    mean = share * layer + head / stages
    slowest = np.where(stages > 1, np.maximum(np.ceil(share) * layer, share * layer + head), mean)
    # the pipeline
    outside = t * replicas >= node
    whole = stack.whole_transfers > 0
    hop = terms.stage_transfer(
        activation, np.where(whole, 1.0, t), np.where(outside, rates.network, rates.pair), p.latency_s
    )
    transfer = (stages > 1) * cut.interleave * hop
    engine = (stages > 1) * whole * p.engine_s
    idle = terms.bubble(stages, cut.interleave, mean + transfer + engine)
    beat = steps * (slowest + transfer + engine)
    # the replicas
    shared, experts = held_parameters(run)
    zero3 = cut.zero_stage >= 3
    near = np.where(stack.gathers_each_weight > 0, 1.0, np.minimum(np.maximum(node // t, 1), replicas))
    dp_rate = _group_rate(run, rates, near, t * replicas > node)
    passes = np.where(zero3, (6 + 2 * full * stack.gathers_each_weight) * steps, 4.0)
    swap = terms.gradient_exchange(shared, replicas, passes, dp_rate)
    swap = swap + terms.gradient_exchange(experts, np.maximum(replicas / cut.expert, 1), passes, dp_rate)
    window = np.where(zero3, steps, 1.0) * slowest
    data = terms.exposed(swap, window, p.overlap * np.where(zero3, 1.0, stack.overlap_data))
    local = (shared + experts) / np.where(cut.zero_stage >= 1, replicas, 1.0)
    per_step = steps * share
    return (
        per_step * 3 * gemm + steps / stages * terms.gemm(tokens, 3 * work.hidden * work.vocab, t, rates.logits),
        per_step * 3.5 * square,
        per_step * 3 * moved + steps / stages * tokens * work.vocab / t * p.logits_bytes / rates.memory,
        per_step * (forward - busy + backward - busy_back),
        per_step * again,
        per_step * tensor,
        per_step * context,
        per_step * expert,
        steps * (slowest - mean),
        steps * transfer,
        steps * engine,
        idle,
        data,
        terms.optimizer(local, rates.memory),
        terms.stragglers(beat + idle, replicas, p.straggler),
    )
