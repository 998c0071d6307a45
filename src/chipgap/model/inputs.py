"""What a prediction needs to know: the cluster, the workload, the layout and the software.

Every field is a number or an array of numbers; all of them broadcast against each other, so one
:class:`Run` can hold a single configuration or a million. Nothing here was measured on the run
that is to be predicted.
"""

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

AMPERE, HOPPER, ASCEND = 0, 1, 2
"""Families of chips whose share of the peak was fitted: A100/A800/V100, H100/H800/H200, Ascend 910B."""

NO_RECOMPUTE, SELECTIVE_RECOMPUTE, FULL_RECOMPUTE = 0, 1, 2


class Arrays:
    """Base of the inputs: turns every field into a NumPy array and can be taken apart by index."""

    def __post_init__(self) -> None:
        """Turn numbers, lists and columns into arrays of float64."""
        for field in fields(self):  # type: ignore[arg-type]  # every subclass is a dataclass
            value = getattr(self, field.name)
            if not is_dataclass(value):
                object.__setattr__(self, field.name, np.asarray(value, dtype=np.float64))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape that all fields broadcast to: ``()`` for one configuration."""
        return np.broadcast_shapes(*(getattr(self, field.name).shape for field in fields(self)))  # type: ignore[arg-type]

    def take(self, index: int | slice | NDArray[np.bool_] | NDArray[np.intp]) -> Self:
        """Return the configurations that ``index`` (an integer, slice or mask) selects; scalars stay."""
        picked = {
            field.name: value.take(index) if isinstance(value, Arrays) else value[index] if value.ndim else value
            for field in fields(self)  # type: ignore[arg-type]
            for value in (getattr(self, field.name),)
        }
        return replace(self, **picked)  # type: ignore[type-var]


@dataclass(frozen=True)
class Cluster(Arrays):
    """The chips and the wires between them.

    Parameters
    ----------
    family
        :data:`AMPERE`, :data:`HOPPER` or :data:`ASCEND`: which fitted share of the peak applies.
    peak_flop_s
        Dense BF16/FP16 peak of one chip, FLOP/s.
    memory_byte_s, memory_bytes
        Bandwidth and size of one chip's memory.
    link_byte_s
        All links of one chip to the others of its node, one way, byte/s.
    network_byte_s
        One chip's way out of the node, one way, byte/s.
    full_mesh
        1: every pair of chips has its own wire, so a pair sees a (node_chips - 1)-th of ``link_byte_s``;
        0: a switch.
    fp8_flop_s
        Dense FP8 peak, FLOP/s (NaN: the chip has none).
    power_share
        Power limit over the usual one (500 W on a 700 W part: 0.714).
    """

    family: Array
    peak_flop_s: Array
    memory_byte_s: Array
    memory_bytes: Array
    link_byte_s: Array
    network_byte_s: Array
    full_mesh: Array = 0.0  # type: ignore[assignment]  # numbers become arrays in __post_init__
    fp8_flop_s: Array = np.nan  # type: ignore[assignment]
    power_share: Array = 1.0  # type: ignore[assignment]
    node_chips: Array = 8.0  # type: ignore[assignment]


@dataclass(frozen=True)
class Workload(Arrays):
    """The model that is trained and one step's batch.

    ``mlp_matrices`` is 3 for a gated feed-forward part, else 2. ``batch_sequences`` counts the whole
    step over all chips. A mixture of experts has ``experts`` of inner size ``expert_ffn``, of which
    ``experts_per_token`` work on a token; a dense model leaves them at 0.
    """

    layers: Array
    hidden: Array
    ffn: Array
    heads: Array
    vocab: Array
    sequence_tokens: Array
    batch_sequences: Array
    mlp_matrices: Array = 2.0  # type: ignore[assignment]
    kv_heads: Array = np.nan  # type: ignore[assignment]
    experts: Array = 0.0  # type: ignore[assignment]
    experts_per_token: Array = 0.0  # type: ignore[assignment]
    expert_ffn: Array = 0.0  # type: ignore[assignment]

    def __post_init__(self) -> None:
        """Give every head its own key and value where ``kv_heads`` is not told."""
        super().__post_init__()
        object.__setattr__(self, "kv_heads", np.where(np.isnan(self.kv_heads), self.heads, self.kv_heads))


@dataclass(frozen=True)
class Layout(Arrays):
    """How the work is cut: chips = tensor x pipeline x data x context.

    ``interleave`` is the number of layer chunks a pipeline stage holds (1: plain), ``zero_stage`` what
    is split over the replicas (0 nothing, 1 optimizer, 2 and gradients, 3 and weights, as FSDP does),
    ``expert`` how many chips share the experts of a layer.
    """

    tensor: Array = 1.0  # type: ignore[assignment]
    pipeline: Array = 1.0  # type: ignore[assignment]
    data: Array = 1.0  # type: ignore[assignment]
    context: Array = 1.0  # type: ignore[assignment]
    expert: Array = 1.0  # type: ignore[assignment]
    micro_batch_sequences: Array = 1.0  # type: ignore[assignment]
    interleave: Array = 1.0  # type: ignore[assignment]
    sequence_parallel: Array = 0.0  # type: ignore[assignment]
    zero_stage: Array = 0.0  # type: ignore[assignment]

    @property
    def chips(self) -> Array:
        """Number of chips the layout uses."""
        return self.tensor * self.pipeline * self.data * self.context


@dataclass(frozen=True)
class Stack(Arrays):
    """What the training software does; each flag is 1 (yes) or 0 (no).

    ``recompute`` is :data:`NO_RECOMPUTE`, :data:`SELECTIVE_RECOMPUTE` (attention) or
    :data:`FULL_RECOMPUTE`. ``recompute_stops_early``: the last matrix product of a layer is not
    computed again (PyTorch's checkpointing). ``whole_transfers``: every tensor-parallel chip sends the
    whole activation to the next stage, the mark of DeepSpeed's pipeline engine. ``gathers_each_weight``:
    weights split over replicas are fetched one by one over a flat ring (DeepSpeed's ZeRO-3).
    ``native_attention``: the attention kernel uses the matrix instructions that came with H100, not
    those of A100's days.
    """

    flash_attention: Array = 1.0  # type: ignore[assignment]
    native_attention: Array = 0.0  # type: ignore[assignment]
    recompute: Array = 0.0  # type: ignore[assignment]
    recompute_stops_early: Array = 0.0  # type: ignore[assignment]
    fp8: Array = 0.0  # type: ignore[assignment]
    overlap_data: Array = 0.0  # type: ignore[assignment]
    overlap_tensor: Array = 0.0  # type: ignore[assignment]
    whole_transfers: Array = 0.0  # type: ignore[assignment]
    gathers_each_weight: Array = 0.0  # type: ignore[assignment]


@dataclass(frozen=True)
class Run(Arrays):
    """One training configuration, or an array of them: what :func:`chipgap.model.predict` takes."""

    cluster: Cluster
    workload: Workload
    layout: Layout
    stack: Stack
