"""One training step put together from its terms: :func:`predict` and :func:`waterfall`."""

from dataclasses import dataclass, fields
from typing import NamedTuple

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


class _Rates(NamedTuple):
    """What the hardware reaches: peak x efficiency, FLOP/s or byte/s."""

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
    power = chips.power_share**p.power_exponent
    peak = chips.peak_flop_s * power
    share = np.where(ascend, p.gemm_ascend, np.where(hopper, p.gemm_hopper, p.gemm_ampere))
    fused = p.attention * np.where(hopper & (stack.native_attention == 0), p.hopper_attention, 1.0)
    mesh = chips.full_mesh > 0
    link = chips.link_byte_s * np.where(mesh, p.link_mesh, p.link_switch)
    return _Rates(
        gemm=np.where(stack.fp8 > 0, chips.fp8_flop_s * power, peak) * share,
        attention=peak * np.where(stack.flash_attention > 0, fused, p.attention_unfused),
        logits=peak * p.logits_gemm,
        memory=chips.memory_byte_s * p.memory * np.where(ascend, p.ascend_memory, 1.0),
        link=link,
        pair=np.where(mesh, link / (chips.node_chips - 1), link),
        network=chips.network_byte_s * p.network,
    )


def _ring_rate(run: Run, rates: _Rates, near: Array, ranks: Array) -> Array:
    """Byte/s of a ring with ``near`` of its ranks in each node: the links, or the way out where slower."""
    chips = run.cluster
    wires = np.where(chips.full_mesh > 0, np.maximum(near - 1, 1) / (chips.node_chips - 1), 1.0)
    return np.minimum(rates.link * wires, np.where(ranks > chips.node_chips, near * rates.network, np.inf))


class _Layer(NamedTuple):
    """Seconds of one layer for one micro-batch, forward and backward."""

    gemm: Array
    attention: Array
    moved: Array
    host: Array
    again: Array
    tensor: Array
    context: Array
    expert: Array

    @property
    def total(self) -> Array:
        return np.asarray(sum(self[1:], start=self[0]))


def _layer(run: Run, p: Parameters, rates: _Rates, tokens: Array) -> _Layer:
    work, stack, t = run.workload, run.stack, run.layout.tensor
    weights, floor, flash = active_weights(run), p.host_floor_s, stack.flash_attention > 0
    inner = weights - terms.layer_weights(work.hidden, work.kv_heads / work.heads, 0, 0)
    gemm = terms.gemm(tokens, weights, t, rates.gemm)
    square = terms.attention(tokens, work.sequence_tokens, work.hidden, t, rates.attention) * np.where(flash, 0.5, 1.0)
    scores = terms.softmax(tokens, work.sequence_tokens, work.heads, t, rates.memory) * ~flash
    split = np.where(run.layout.sequence_parallel > 0, t, 1.0)
    moved = terms.memory_bound(tokens, work.hidden, inner / work.hidden, t, split, rates.memory) + scores
    moved = moved + terms.permutation(tokens, work.hidden, work.experts_per_token, t, rates.memory)
    ring = _context_ring(run, p, rates, tokens)  # keys and values pass while attention works on the last ones
    late, late_back = terms.exposed(ring, square, 1.0), terms.exposed(2 * ring, 2.5 * square, 1.0)
    busy, back = gemm + square + moved + late, 2 * gemm + 2.5 * square + 2 * moved + late_back
    forward, backward = terms.host_floor(busy, floor), terms.host_floor(back, floor)
    spared = gemm * (stack.recompute_stops_early > 0) * inner / work.mlp_matrices / weights
    again = (stack.recompute == FULL_RECOMPUTE) * terms.host_floor(busy - spared, floor)
    again = again + (stack.recompute == SELECTIVE_RECOMPUTE) * (square + scores)
    tensor, expert = _layer_traffic(run, p, rates, tokens, forward + backward)
    host = forward - busy + backward - back
    return _Layer(3 * gemm, 3.5 * square, 3 * moved, host, again, tensor, late + late_back, expert)


def _context_ring(run: Run, p: Parameters, rates: _Rates, tokens: Array) -> Array:
    """Seconds in which keys and values go once round the chips that share a sequence, forward."""
    work, cut = run.workload, run.layout
    rate = np.where(cut.tensor * cut.context > run.cluster.node_chips, rates.network, rates.pair)
    keys = 4 * tokens * work.hidden * work.kv_heads / work.heads / cut.tensor
    return terms.ring_exchange(keys, cut.context, rate, p.latency_s)


def _layer_traffic(run: Run, p: Parameters, rates: _Rates, tokens: Array, window: Array) -> tuple[Array, Array]:
    """Seconds a layer waits for the chips that share its weights and for those that hold its experts."""
    work, cut, stack, node = run.workload, run.layout, run.stack, run.cluster.node_chips
    t, full, activation = cut.tensor, 2 * (stack.recompute == FULL_RECOMPUTE), 2 * tokens * work.hidden
    reduce = terms.ring_all_reduce(activation, t, _ring_rate(run, rates, np.minimum(t, node), t), p.latency_s)
    reduces = (4 + full + 0.5 * (cut.sequence_parallel > 0)) * reduce
    tensor = terms.exposed(reduces, window, p.overlap * stack.overlap_tensor)
    near = np.minimum(cut.expert, np.maximum(node / t, 1))
    routed = activation * work.experts_per_token / t
    trip = terms.all_to_all(routed, cut.expert, near, rates.link, rates.network, p.latency_s)
    return tensor, (work.experts > 0) * (4 + full) * trip


def _replicas(run: Run, p: Parameters, rates: _Rates, steps: Array, stage: Array) -> tuple[Array, Array]:
    """Seconds of data-parallel traffic that stay exposed, and of the optimizer."""
    cut, stack, node = run.layout, run.stack, run.cluster.node_chips
    replicas, zero3 = cut.data * cut.context, cut.zero_stage >= 3
    shared, experts = held_parameters(run)
    near = np.minimum(np.maximum(node // cut.tensor, 1), replicas)
    near = np.where(stack.gathers_each_weight > 0, 1.0, near)
    rate = _ring_rate(run, rates, near, cut.tensor * replicas)
    passes = np.where(zero3, (6 + 2 * (stack.recompute == FULL_RECOMPUTE) * stack.gathers_each_weight) * steps, 4.0)
    swap = terms.gradient_exchange(shared, replicas, passes, rate)
    swap = swap + terms.gradient_exchange(experts, np.maximum(replicas / cut.expert, 1), passes, rate)
    window = np.where(zero3, steps, 1.0) * stage
    data = terms.exposed(swap, window, p.overlap * np.where(zero3, 1.0, stack.overlap_data))
    local = (shared + experts) / np.where(cut.zero_stage >= 1, replicas, 1.0)
    return data, terms.optimizer(local, rates.memory)


def _parts(run: Run, p: Parameters) -> tuple[Array, ...]:
    """Seconds of every part of a step, in the order of :class:`Waterfall`."""
    work, cut, t = run.workload, run.layout, run.layout.tensor
    rates, stages = _rates(run, p), cut.pipeline
    tokens = cut.micro_batch_sequences * work.sequence_tokens / cut.context
    steps = work.batch_sequences / (cut.data * cut.micro_batch_sequences)
    layer, share = _layer(run, p, rates, tokens), work.layers / stages
    head = terms.logits(tokens, work.hidden, work.vocab, t, rates.logits, 0)
    loss = terms.logits(tokens, work.hidden, work.vocab, t, np.inf, p.logits_bytes / rates.memory)
    whole = layer.total
    mean = share * whole + (head + loss) / stages
    slowest = np.where(stages > 1, np.maximum(np.ceil(share) * whole, share * whole + head + loss), mean)
    sent_whole = run.stack.whole_transfers > 0
    way = np.where(t * cut.data * cut.context >= run.cluster.node_chips, rates.network, rates.pair)
    hop = terms.stage_transfer(2 * tokens * work.hidden, np.where(sent_whole, 1.0, t), way, p.latency_s)
    transfer = (stages > 1) * cut.interleave * hop
    engine = (stages > 1) * sent_whole * p.engine_s
    idle = terms.bubble(stages, cut.interleave, mean + transfer + engine)
    beat = steps * (slowest + transfer + engine) + idle
    kinds = [steps * share * seconds for seconds in layer]
    kinds[0] = kinds[0] + steps * head / stages
    kinds[2] = kinds[2] + steps * loss / stages
    pipeline = (steps * (slowest - mean), steps * transfer, steps * engine, idle)
    late = terms.stragglers(beat, cut.data * cut.context, p.straggler)
    return (*kinds, *pipeline, *_replicas(run, p, rates, steps, slowest), late)
