"""What can't be, said by the rule it breaks."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipgap.errors import ChipgapError
from chipgap.model.inputs import Array, Run
from chipgap.model.memory import memory


class ModelError(ChipgapError):
    """The model was asked for something it doesn't know or can't do; the message says what."""


class ImpossibleError(ModelError):
    """A configuration that can't exist.

    Attributes
    ----------
    rule
        Short name of the rule that is broken.
    index
        Position of the first configuration that breaks it; None where there is only one.
    """

    def __init__(self, rule: str, message: str, index: int | None) -> None:
        self.rule = rule
        self.index = index
        where = "" if index is None else f" (configuration {index})"
        super().__init__(f"{message}{where}. Rule: {rule}.")


class _Rule(NamedTuple):
    name: str
    broken: NDArray[np.bool_]
    message: str
    values: tuple[Array, ...]

    def says(self, place: tuple[int, ...], shape: tuple[int, ...]) -> str:
        """Return the rule's message for the run at ``place``, with that run's own values."""
        return self.message.format(*(f"{float(np.broadcast_to(v, shape)[place]):.6g}" for v in self.values))


def check_run(run: Run, *, chips: float | None = None, fits: bool = False) -> None:
    """Refuse a run that can't exist; silent where all is well.

    Parameters
    ----------
    run
        One configuration or an array of them.
    chips
        Size of the cluster: the layout must use exactly these chips.
    fits
        Also demand that a chip's memory holds its share (:func:`chipgap.model.memory`).

    Raises
    ------
    ImpossibleError
        For the first rule broken, with its name and the position of the first offender.
    """
    for rule in _rules(run, chips, fits=fits):
        if rule.broken.any():
            place = tuple(int(i) for i in np.argwhere(np.broadcast_to(rule.broken, run.shape))[0])
            raise ImpossibleError(rule.name, rule.says(place, run.shape), place[0] if place else None)


def broken_rules(run: Run, *, fits: bool = False) -> NDArray[np.object_]:
    """Return what is wrong with each configuration, in words; "" where nothing is."""
    found = np.full(run.shape, "", dtype=object)
    for rule in _rules(run, None, fits=fits):
        for spot in np.argwhere(np.broadcast_to(rule.broken, run.shape)):
            place = tuple(int(i) for i in spot)
            found[place] = found[place] or f"{rule.name}: {rule.says(place, run.shape)}"
    return found


def _rules(run: Run, chips: float | None, *, fits: bool) -> Iterator[_Rule]:
    work, cut, node = run.workload, run.layout, run.cluster
    yield from _known(run)
    text = "{} attention heads can't be shared evenly by {} tensor-parallel chips"
    yield _Rule("heads over tensor", work.heads % cut.tensor != 0, text, (work.heads, cut.tensor))
    at_once = cut.data * cut.micro_batch_sequences
    text = "a batch of {} sequences does not divide into {} replicas of {} sequences at a time"
    steps = work.batch_sequences / np.where(at_once > 0, at_once, np.nan)
    uneven = np.abs(np.rint(steps) - steps) > 1e-9
    values = (work.batch_sequences, cut.data, cut.micro_batch_sequences)
    yield _Rule("batch over replicas", uneven | (steps < 1), text, values)
    text = "{} layers can't fill {} pipeline stages of {} chunks"
    chunks = cut.pipeline * cut.interleave
    yield _Rule("layers over stages", work.layers < chunks, text, (work.layers, cut.pipeline, cut.interleave))
    text = "an interleave of {} needs a pipeline, and there is one stage"
    yield _Rule("interleave", (cut.interleave > 1) & (cut.pipeline == 1), text, (cut.interleave,))
    text = "a sequence of {} tokens can't be split evenly over {} chips"
    pieces = cut.context * np.where(cut.sequence_parallel > 0, cut.tensor, 1.0)
    yield _Rule("sequence split", work.sequence_tokens % pieces != 0, text, (work.sequence_tokens, pieces))
    yield from _expert_rules(run)
    text = "FP8 was asked of a chip whose FP8 peak is {}"
    yield _Rule("fp8", (run.stack.fp8 > 0) & ~(node.fp8_flop_s > 0), text, (node.fp8_flop_s,))
    if chips is not None:
        text, given = "tensor x pipeline x data x context makes {} chips, the cluster has {}", np.asarray(float(chips))
        yield _Rule("layout size", cut.chips != given, text, (cut.chips, given))
    if fits:
        text, need = "a chip would need {} bytes of memory and has {}", memory(run).total
        yield _Rule("memory", need > node.memory_bytes, text, (need, node.memory_bytes))


def _known(run: Run) -> Iterator[_Rule]:
    groups = {"cluster": run.cluster, "workload": run.workload, "layout": run.layout}
    may_be_zero = {"family", "full_mesh", "fp8_flop_s", "memory_bytes", "experts", "experts_per_token", "expert_ffn"}
    may_be_zero |= {"sequence_parallel", "zero_stage"}
    for group, part in groups.items():
        for name, value in vars(part).items():
            if name not in may_be_zero:
                text = f"{group}.{name} must be known and above zero, and is {{}}"
                yield _Rule(f"{name} known", ~(value > 0) | np.isinf(value), text, (value,))


def _expert_rules(run: Run) -> Iterator[_Rule]:
    work, cut = run.workload, run.layout
    values = (work.experts, cut.expert)
    uneven = np.where(work.experts > 0, work.experts % cut.expert != 0, cut.expert > 1)
    yield _Rule("experts over chips", uneven, "{} experts can't be shared evenly by {} chips", values)
    values = (work.experts_per_token, work.experts)
    few = (work.experts > 0) & ((work.experts_per_token < 1) | (work.experts_per_token > work.experts))
    yield _Rule("experts per token", few, "a token can't go to {} of {} experts", values)
    text = "{} chips share the experts, but a pipeline stage has only {}"
    room = cut.chips / cut.pipeline
    yield _Rule("expert parallel size", cut.expert > room, text, (cut.expert, room))
