"""Configurations a second: the whole prediction with its waterfall, on one core, beside a plain loop."""

import sys
import time

import numpy as np

from chipgap.model import Cluster, Layout, Run, Stack, Workload, predict

COUNT, LOOPED, REPEATS = 200_000, 300, 5
TARGET = 1e6
CALCULON = 140
"""Evaluations a second of Calculon, measured warm on a machine of two cores."""


def random_runs(count: int) -> Run:
    """Make possible configurations in which every input differs from one to the next."""
    rng = np.random.default_rng(0)

    def any_of(*values: float) -> np.ndarray:
        return rng.choice(np.array(values, dtype=float), count)

    micro, replicas = any_of(1, 2, 4), any_of(4, 16, 64)
    cluster = Cluster(
        family=any_of(0, 1, 2),
        peak_flop_s=any_of(312e12, 989e12),
        memory_byte_s=any_of(2e12, 3e12),
        memory_bytes=any_of(80e9),
        link_byte_s=any_of(2e11, 3e11),
        network_byte_s=any_of(25e9, 50e9),
        full_mesh=any_of(0, 1),
    )
    work = Workload(
        layers=any_of(48, 96),
        hidden=any_of(8192, 12288),
        ffn=any_of(32768, 49152),
        heads=any_of(64, 128),
        vocab=any_of(51200, 128000),
        sequence_tokens=any_of(2048, 4096),
        batch_sequences=micro * replicas * 48,
        mlp_matrices=any_of(2, 3),
        kv_heads=any_of(8, 64),
    )
    layout = Layout(
        tensor=any_of(1, 2, 4, 8),
        pipeline=any_of(1, 4, 12),
        data=replicas,
        context=any_of(1, 2),
        micro_batch_sequences=micro,
        sequence_parallel=any_of(0, 1),
        zero_stage=any_of(0, 1, 3),
    )
    flags = ("flash_attention", "recompute_stops_early", "overlap_data", "overlap_tensor", "whole_transfers")
    return Run(cluster, work, layout, Stack(recompute=any_of(0, 1, 2), **{name: any_of(0, 1) for name in flags}))


def rate(runs: Run, singly: int = 0) -> float:
    """Measure configurations a second of processor time, best of several; ``singly``: so many in a plain loop."""
    best = np.inf
    for _ in range(REPEATS):
        start = time.process_time()
        if singly:
            for i in range(singly):
                predict(runs.take(i))
        else:
            predict(runs)
        best = min(best, time.process_time() - start)
    return (singly or runs.shape[0]) / best


def main() -> bool:
    """Print the rates; return whether the target is met."""
    runs = random_runs(COUNT)
    together, alone = rate(runs), rate(runs, LOOPED)
    print(f"model_speed: {together / 1e6:.2f} million configurations a second with waterfall and checks")
    print(
        f"model_speed: {alone:,.0f} a second one by one; Calculon about {CALCULON} (target: {TARGET / 1e6:g} million)"
    )
    return together >= TARGET


if __name__ == "__main__":
    sys.exit(not main())
