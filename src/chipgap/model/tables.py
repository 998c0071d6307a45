"""From rows of a table of published runs to inputs of the model."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chipgap import data
from chipgap.model.inputs import (
    AMPERE,
    ASCEND,
    FULL_RECOMPUTE,
    HOPPER,
    NO_RECOMPUTE,
    SELECTIVE_RECOMPUTE,
    Array,
    Cluster,
    Layout,
    Run,
    Stack,
    Workload,
)
from chipgap.model.rules import ModelError, broken_rules

OTHER_NAMES = {
    "seq": "seq_tokens",
    "gbs_seq": "global_batch_seqs",
    "mbs": "micro_batch_seqs",
    "vpp": "interleave",
    "flash_attn": "flash_attention",
    "intra_GBps": "intra_node_gb_s",
    "inter_GBps": "inter_node_gb_s",
    "tok_s_chip": "tokens_per_s_chip",
    "topk": "experts_per_token",
    "moe_ffn": "expert_ffn",
    "notes": "note",
}
"""Names under which other collections of runs keep the same columns."""

NEEDED = ("chip", "layers", "hidden", "ffn", "heads", "vocab", "seq_tokens", "global_batch_seqs", "tp", "pp")

ALIKE = (
    (r"A100.*40", "A100 SXM 40GB", AMPERE),
    (r"A100", "A100 SXM 80GB", AMPERE),
    (r"A800", "A800 SXM 80GB", AMPERE),
    (r"V100", "V100 SXM2 32GB", AMPERE),
    (r"H100.*PCIe", "H100 PCIe", HOPPER),
    (r"H100", "H100 SXM", HOPPER),
    (r"H800", "H800 SXM", HOPPER),
    (r"H200", "H200 SXM", HOPPER),
    (r"H20", "H20 SXM", HOPPER),
    (r"910B1", "Ascend 910B1", ASCEND),
    (r"910B3", "Ascend 910B3", ASCEND),
    (r"910B", "Ascend 910B2", ASCEND),
)
"""Pattern of a chip's name, its row in the table ``chips``, and the family whose fitted share applies."""

RECOMPUTE = {"none": NO_RECOMPUTE, "selective": SELECTIVE_RECOMPUTE, "full": FULL_RECOMPUTE}
LARGEST_ASSUMED_MICRO_BATCH = 4.0
USUAL_POWER_W = 700.0


@dataclass(frozen=True)
class Runs:
    """Published runs, ready to be predicted."""

    table: pd.DataFrame
    """The rows, under the names of ``training_runs``."""
    run: Run
    seconds: Array
    """Measured seconds of one step; NaN where neither it nor a throughput was published."""
    kind: NDArray[np.object_]
    """"dense", "moe" or "fp8"."""
    unusable: NDArray[np.object_]
    """Why a row can't be predicted or compared, in words; "" where it can."""

    def take(self, index: NDArray[np.bool_] | NDArray[np.intp]) -> "Runs":
        """Return the rows that ``index`` selects."""
        table = self.table[index] if index.dtype == bool else self.table.iloc[index]
        return Runs(table, self.run.take(index), self.seconds[index], self.kind[index], self.unusable[index])

    @property
    def fittable(self) -> NDArray[np.bool_]:
        """Rows that may be used to fit: dense, complete, not set aside by the table and not locked."""
        locked = _flag(self.table, "locked_test", empty=False) > 0
        aside = _text(self.table, "not_scored_because") != ""
        return np.asarray((self.kind == "dense") & (self.unusable == "") & ~locked & ~aside, dtype=np.bool_)


def read_runs(table: pd.DataFrame | str | Path | None = None) -> Runs:
    """Read published runs: the course's own table, another data frame, or a CSV file with its columns.

    What a row does not tell is assumed as :data:`chipgap.model.CHOICES` says: no interleave, split
    transfers, and, without a pipeline, the largest micro-batch of 4, 2 and 1 that divides.

    Raises
    ------
    ModelError
        If a column without which nothing can be predicted is missing.
    """
    if table is None:
        table = data.load("training_runs")
    elif not isinstance(table, pd.DataFrame):
        table = pd.read_csv(table)
    known = {old: new for old, new in OTHER_NAMES.items() if old in table and new not in table}
    table = table.rename(columns=known).reset_index(drop=True)
    if missing := [name for name in NEEDED if name not in table]:
        raise ModelError(f"The table has no column {', '.join(missing)}; training_runs shows what is needed.")
    run = Run(_cluster(table), _workload(table), _layout(table), _stack(table))
    kind = np.where(_number(table, "n_experts", 1) > 1, "moe", np.where(run.stack.fp8 > 0, "fp8", "dense"))
    seconds = _seconds(table, run)
    return Runs(table, run, seconds, kind.astype(object), _unusable(table, run, seconds))


def _number(table: pd.DataFrame, name: str, empty: float = np.nan) -> Array:
    if name not in table:
        return np.full(len(table), empty)
    column = pd.to_numeric(table[name], errors="coerce").astype("Float64").fillna(empty)
    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))


def _text(table: pd.DataFrame, name: str) -> NDArray[np.str_]:
    if name not in table:
        return np.full(len(table), "", dtype=str)
    return table[name].astype("string").fillna("").to_numpy(dtype=str)


def _flag(table: pd.DataFrame, name: str, *, empty: bool) -> Array:
    words = {"true": 1.0, "1": 1.0, "1.0": 1.0, "false": 0.0, "0": 0.0, "0.0": 0.0}
    return np.array([words.get(word.lower(), float(empty)) for word in _text(table, name)])


def _says(text: NDArray[np.str_], word: str) -> Array:
    return (np.char.find(np.char.lower(text), word.lower()) >= 0).astype(np.float64)


def _cluster(table: pd.DataFrame) -> Cluster:
    facts = data.load("chips").set_index("chip")
    names = [
        chip or printed for chip, printed in zip(*(_text(table, n) for n in ("chip", "chip_as_printed")), strict=True)
    ]
    found = [next((row for row in ALIKE if re.search(row[0], name)), (name, name, np.nan)) for name in names]
    chips = facts.reindex([chip for _, chip, _ in found])

    def fact(column: str) -> Array:
        return chips[column].to_numpy(dtype=np.float64, na_value=np.nan)

    peak = _number(table, "peak_bf16_tflops")
    link, network = _number(table, "intra_node_gb_s"), _number(table, "inter_node_gb_s")
    power = [re.search(r"(\d{3}) ?W\b", f"{n} {note}") for n, note in zip(names, _text(table, "note"), strict=True)]
    return Cluster(
        family=np.array([family for *_, family in found]),
        peak_flop_s=np.where(np.isnan(peak), fact("bf16_dense_tflops"), peak) * 1e12,
        memory_byte_s=fact("memory_bandwidth_gb_s") * 1e9,
        memory_bytes=fact("memory_gb") * 1e9,
        link_byte_s=np.where(np.isnan(link), fact("link_total_gb_s") / 2, link) * 1e9,
        network_byte_s=np.where(np.isnan(network), fact("network_gbit_s") / 8, network) * 1e9,
        full_mesh=(fact("link_pair_gb_s") < fact("link_total_gb_s")).astype(float),
        fp8_flop_s=fact("fp8_dense_tflops") * 1e12,
        power_share=np.array([min(float(m[1]) / USUAL_POWER_W, 1) if m and "H100" in m.string else 1 for m in power]),
    )


def _workload(table: pd.DataFrame) -> Workload:
    experts = _number(table, "n_experts", 0)
    moe = experts > 1
    return Workload(
        layers=_number(table, "layers"),
        hidden=_number(table, "hidden"),
        ffn=_number(table, "ffn"),
        heads=_number(table, "heads"),
        vocab=_number(table, "vocab"),
        sequence_tokens=_number(table, "seq_tokens"),
        batch_sequences=_number(table, "global_batch_seqs"),
        mlp_matrices=2 + _flag(table, "gated_mlp", empty=False),
        kv_heads=_number(table, "kv_heads"),
        experts=np.where(moe, experts, 0),
        experts_per_token=np.where(moe, _number(table, "experts_per_token", 0), 0),
        expert_ffn=np.where(moe, _number(table, "expert_ffn", 0), 0),
    )


def _layout(table: pd.DataFrame) -> Layout:
    tensor, pipeline, context = _number(table, "tp"), _number(table, "pp"), _number(table, "cp", 1)
    data_size = _number(table, "dp")
    data_size = np.where(np.isnan(data_size), _number(table, "n_chips") / (tensor * pipeline * context), data_size)
    micro, status = _number(table, "micro_batch_seqs"), _text(table, "micro_batch_status")
    unknown = np.isnan(micro) | (status == "assumed")
    each = _number(table, "global_batch_seqs") / np.where(data_size > 0, data_size, np.nan)
    largest = np.select([each % 4 == 0, each % 2 == 0], [LARGEST_ASSUMED_MICRO_BATCH, 2.0], 1.0)
    return Layout(
        tensor=tensor,
        pipeline=pipeline,
        data=data_size,
        context=context,
        expert=_number(table, "ep", 1),
        micro_batch_sequences=np.where(unknown & (pipeline == 1), largest, np.where(np.isnan(micro), 1.0, micro)),
        interleave=_number(table, "interleave", 1),
        sequence_parallel=_flag(table, "seq_parallel", empty=False),
        zero_stage=_number(table, "zero_stage", 0),
    )


def _stack(table: pd.DataFrame) -> Stack:
    engine, split = _text(table, "engine"), _number(table, "zero_stage", 0) >= 3
    torch = np.maximum(_says(engine, "FSDP"), _says(engine, "torchtitan"))
    return Stack(
        flash_attention=_flag(table, "flash_attention", empty=True),
        native_attention=_says(_text(table, "kernels"), "flash 2025"),
        recompute=np.array([RECOMPUTE.get(word or "none", np.nan) for word in _text(table, "recompute")]),
        recompute_stops_early=np.maximum(torch, ((engine == "") & split).astype(float)),
        fp8=_says(_text(table, "precision"), "fp8"),
        overlap_data=_flag(table, "overlap_dp", empty=False),
        overlap_tensor=_flag(table, "overlap_tp", empty=False),
        whole_transfers=1 - _flag(table, "p2p_sharded", empty=True),
        gathers_each_weight=_says(engine, "DeepSpeed ZeRO-3"),
    )


def _seconds(table: pd.DataFrame, run: Run) -> Array:
    work, measured = run.workload, _number(table, "iter_s")
    tokens = work.batch_sequences * work.sequence_tokens
    per_chip = _number(table, "tokens_per_s_chip") * _number(table, "n_chips")
    return np.where(np.isnan(measured), tokens / per_chip, measured)


def _unusable(table: pd.DataFrame, run: Run, seconds: Array) -> NDArray[np.object_]:
    why = broken_rules(run)
    size, uses = _number(table, "n_chips"), run.layout.chips
    why = np.where(
        (why == "") & (np.abs(size - uses) > 0.01 * size), "layout size: the layout does not use these chips", why
    )
    why = np.where((why == "") & np.isnan(seconds), "no measured speed", why)
    why = np.where((why == "") & np.isnan(run.stack.recompute), "recompute: only part of the layers", why)
    chip = np.where(np.isnan(run.cluster.family), "chip: no run of a chip like this was fitted", "")
    return np.where(chip != "", chip, why).astype(object)
