"""How many parameters work on a token, and how many a chip holds."""

import numpy as np

from chipgap.model import terms
from chipgap.model.inputs import Array, Run


def active_weights(run: Run) -> Array:
    """Weights of one layer that work on one token (a mixture of experts uses few of those it has)."""
    work = run.workload
    inner = np.where(work.experts > 0, work.experts_per_token * work.expert_ffn, work.ffn)
    return terms.layer_weights(work.hidden, work.kv_heads / work.heads, work.mlp_matrices, inner)


def held_parameters(run: Run) -> tuple[Array, Array]:
    """Parameters of the layers and embedding one chip works with: those all replicas share, its experts'.

    Splitting over replicas (ZeRO) is not counted here.
    """
    work, cut = run.workload, run.layout
    inner = np.where(work.experts > 0, 0.0, work.ffn)
    dense = terms.layer_weights(work.hidden, work.kv_heads / work.heads, work.mlp_matrices, inner)
    experts = work.experts * work.mlp_matrices * work.hidden * work.expert_ffn / cut.expert
    share = cut.tensor * cut.pipeline
    return (work.layers * dense + work.hidden * work.vocab) / share, work.layers * experts / share
