"""Each term against a sum worked out by hand."""

import numpy as np
import pytest

from chipgap.model import fit_all_reduce, terms
from chipgap.model.rules import ModelError


def test_layer_weights_of_gpt3_and_llama() -> None:
    assert terms.layer_weights(12288, 1, 2, 49152) == pytest.approx(12 * 12288**2)
    llama3_8b = 2 * 4096**2 * 1.25 + 3 * 4096 * 14336
    assert terms.layer_weights(4096, 8 / 32, 3, 14336) == pytest.approx(llama3_8b)


def test_a_layer_of_gpt3_is_six_flops_a_weight_and_token() -> None:
    weights = 12 * 12288**2
    forward = terms.gemm(2048, weights, 8, 1e12)
    assert forward == pytest.approx(2 * 2048 * weights / 8 / 1e12)


def test_attention_equals_the_weights_where_the_sequence_is_six_times_as_long_as_wide() -> None:
    # 4 s h = 2 x 12 h^2 at s = 6 h
    hidden, sequence = 1024, 6 * 1024
    assert terms.attention(sequence, sequence, hidden, 1, 1e12) == pytest.approx(
        terms.gemm(sequence, 12 * hidden**2, 1, 1e12)
    )


def test_scores_move_four_times_two_bytes() -> None:
    assert terms.softmax(2048, 2048, 96, 8, 1e12) == pytest.approx(4 * 2 * 2048 * 2048 * 12 / 1e12)


def test_sequence_parallelism_splits_the_norms() -> None:
    whole = terms.memory_bound(1, 1000, 0, 8, 1, 1.0)
    split = terms.memory_bound(1, 1000, 0, 8, 8, 1.0)
    assert whole - split == pytest.approx(2 * 10 * 1000 * 7 / 8)


@pytest.mark.parametrize(("busy", "expected"), [(0.0, 1.0), (1.0, 2 ** (1 / 3)), (100.0, 100.0)])
def test_host_floor_is_a_smooth_maximum(busy: float, expected: float) -> None:
    assert terms.host_floor(busy, 1.0) == pytest.approx(expected, rel=1e-6)


def test_ring_all_reduce_of_one_chip_is_free_and_of_many_nears_twice_the_data() -> None:
    assert terms.ring_all_reduce(1e9, 1, 1e9, 0.5) == 0
    assert terms.ring_all_reduce(1e9, 2, 1e9, 0.5) == pytest.approx(1.5)
    assert terms.ring_all_reduce(1e9, 1e6, 1e9, 0.0) == pytest.approx(2, rel=1e-5)


def test_all_to_all_within_a_node_never_leaves_it() -> None:
    inside = terms.all_to_all(8e9, 8, 8, 1e9, np.inf, 0.0)
    assert inside == pytest.approx(7.0)
    assert terms.all_to_all(8e9, 8, 8, 1e9, 1.0, 0.0) == pytest.approx(7.0)
    assert terms.all_to_all(8e9, 1, 1, 1e9, 1e9, 1.0) == 0


@pytest.mark.parametrize(
    ("overlap", "window", "expected"),
    [(0.0, 9.0, 4.0), (1.0, 9.0, 0.0), (1.0, 1.0, 3.0), (0.5, 9.0, 2.0), (0.5, 1.0, 3.0)],
)
def test_exposed_hides_what_both_overlap_and_window_allow(overlap: float, window: float, expected: float) -> None:
    assert terms.exposed(4.0, window, overlap) == pytest.approx(expected)


def test_bubble_is_an_eighth_of_the_fill_with_eight_chunks() -> None:
    assert terms.bubble(9, 1, 2.0) == pytest.approx(16)
    assert terms.bubble(9, 8, 2.0) == pytest.approx(2)


def test_ddp_and_fsdp_exchange_four_and_six_bytes_a_parameter() -> None:
    assert terms.gradient_exchange(1e9, 2, 4, 1e9) == pytest.approx(2.0)
    assert terms.gradient_exchange(1e9, 1, 6, 1e9) == 0


def test_stragglers_cost_the_same_with_every_doubling() -> None:
    assert terms.stragglers(100.0, 1, 0.01) == 0
    assert terms.stragglers(100.0, 8, 0.01) == pytest.approx(3)


def test_permutation_of_a_dense_model_is_nothing() -> None:
    assert terms.permutation(100, 10, 0, 1, 1.0) == 0
    assert terms.permutation(100, 10, 2, 1, 1.0) == pytest.approx(8 * 100 * 10 * 2)


def test_two_numbers_are_recovered_from_made_up_all_reduces() -> None:
    size = 2.0 ** np.arange(25, 31)
    fitted = fit_all_reduce(size, 50e-6 + 2 * 7 / 8 * size / 230e9, 8)
    assert fitted.latency_s == pytest.approx(50e-6)
    assert fitted.bus_byte_s == pytest.approx(230e9)
    assert fitted.seconds(2.0**20) == pytest.approx(50e-6 + 1.75 * 2**20 / 230e9)


@pytest.mark.parametrize(("size", "ranks"), [([1e6], 8), ([1e6, 1e6], 8), ([1e6, 2e6], 1)])
def test_two_numbers_need_two_sizes_and_two_chips(size: list[float], ranks: int) -> None:
    with pytest.raises(ModelError, match="two sizes"):
        fit_all_reduce(size, [1.0] * len(size), ranks)


def test_times_that_fall_with_size_are_refused() -> None:
    with pytest.raises(ModelError, match="do not grow"):
        fit_all_reduce([1e6, 2e6], [2.0, 1.0], 2)
