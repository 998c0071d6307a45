"""What takes the room in a chip's memory, and whether it fits."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipgap.model.inputs import FULL_RECOMPUTE, SELECTIVE_RECOMPUTE, Array, Run
from chipgap.model.sizes import held_parameters


@dataclass(frozen=True)
class Memory:
    """Bytes on the fullest chip, part by part."""

    weights: Array
    gradients: Array
    optimizer: Array
    activations: Array
    logits: Array
    fits: NDArray[np.bool_]
    """True where the sum is no more than the chip's memory."""

    @property
    def total(self) -> Array:
        """Bytes of all parts."""
        return self.weights + self.gradients + self.optimizer + self.activations + self.logits


def memory(run: Run) -> Memory:
    """Count the bytes one chip holds while it trains with Adam in mixed precision.

    Two bytes per weight, two per gradient, twelve for the optimizer (a 4-byte copy and two moments);
    ZeRO splits them over the replicas from the last to the first. Activations follow Korthikanti et
    al. (2022): per layer and token 10 h bytes that sequence parallelism splits, and 8 h + 4 f (6 f
    where gated) that tensor parallelism splits, with 5 bytes per score of unfused attention. A stage
    holds as many micro-batches as the pipeline is deep. Buffers and fragments are not counted, so a
    run that "fits" with little to spare may still fail.

    Returns
    -------
    Memory
        Bytes, in the shape that the fields of ``run`` broadcast to.
    """
    cut, stage = run.layout, run.layout.zero_stage
    replicas = cut.data * cut.context
    shared, experts = held_parameters(run)
    far = np.maximum(replicas / cut.expert, 1)

    def held(bytes_each: float, split_from: int) -> Array:
        split = stage >= split_from
        return bytes_each * (shared / np.where(split, replicas, 1.0) + experts / np.where(split, far, 1.0))

    work, tokens = run.workload, cut.micro_batch_sequences * run.workload.sequence_tokens / cut.context
    logits = 6 * tokens * work.vocab / cut.tensor
    parts = np.broadcast_arrays(held(2, 3), held(2, 2), held(12, 1), _activations(run, tokens), logits)
    weights, gradients, adam, activations, logits = parts
    fits = np.asarray(sum(parts[1:], start=parts[0]) <= run.cluster.memory_bytes)
    return Memory(weights, gradients, adam, activations, logits, fits)


def _activations(run: Run, tokens: Array) -> Array:
    work, cut, stack = run.workload, run.layout, run.stack
    split = np.where(cut.sequence_parallel > 0, cut.tensor, 1.0)
    inner = np.where(work.experts > 0, work.experts_per_token * work.expert_ffn, work.ffn)
    layer = 10 * work.hidden / split + (8 * work.hidden + 2 * work.mlp_matrices * inner) / cut.tensor
    keeps_scores = (stack.flash_attention == 0) & (stack.recompute != SELECTIVE_RECOMPUTE)
    layer = layer + keeps_scores * 5 * work.heads * work.sequence_tokens / cut.tensor
    kept = np.where(stack.recompute == FULL_RECOMPUTE, 2 * work.hidden / split, layer)
    steps = work.batch_sequences / (cut.data * cut.micro_batch_sequences)
    depth = np.minimum(steps, cut.pipeline)
    waiting = np.where(cut.interleave > 1, 1 + (cut.pipeline - 1) / (cut.pipeline * cut.interleave), 1.0)
    held = np.ceil(work.layers / cut.pipeline) * depth * waiting
    working = np.where(stack.recompute == FULL_RECOMPUTE, layer, 0.0)  # the layer that is being computed again
    return np.asarray(tokens * (held * kept + working))
