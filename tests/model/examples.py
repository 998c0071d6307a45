"""Configurations that several tests start from."""

from typing import Any

from chipgap.model import AMPERE, ASCEND, Cluster, Layout, Run, Stack, Workload

A100 = {
    "family": AMPERE,
    "peak_flop_s": 312e12,
    "memory_byte_s": 2039e9,
    "memory_bytes": 80e9,
    "link_byte_s": 300e9,
    "network_byte_s": 25e9,
}
ASCEND_910B = {
    "family": ASCEND,
    "peak_flop_s": 353.9e12,
    "memory_byte_s": 1600e9,
    "memory_bytes": 64e9,
    "link_byte_s": 196e9,
    "network_byte_s": 25e9,
    "full_mesh": 1,
}
GPT_175B = {
    "layers": 96,
    "hidden": 12288,
    "ffn": 49152,
    "heads": 96,
    "vocab": 51200,
    "sequence_tokens": 2048,
    "batch_sequences": 64,
}
MIXTRAL = {
    "layers": 32,
    "hidden": 4096,
    "ffn": 14336,
    "heads": 32,
    "kv_heads": 8,
    "vocab": 32000,
    "sequence_tokens": 4096,
    "batch_sequences": 256,
    "mlp_matrices": 3,
    "experts": 8,
    "experts_per_token": 2,
    "expert_ffn": 14336,
}


def run(**changes: Any) -> Run:
    """GPT-3 175B on 64 A100, 8 x 8; any field of any part may be changed by its name."""
    parts = {
        Cluster: A100,
        Workload: GPT_175B,
        Layout: {"tensor": 8, "pipeline": 8, "interleave": 3},
        Stack: {"flash_attention": 0, "recompute": 2},
    }
    made = {}
    for kind, start in parts.items():
        own = {name: value for name, value in changes.items() if name in kind.__dataclass_fields__}
        made[kind.__name__.lower()] = kind(**{**start, **own})
    unknown = set(changes) - {name for kind in parts for name in kind.__dataclass_fields__}
    assert not unknown, unknown
    return Run(**made)
