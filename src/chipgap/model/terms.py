"""The terms of one training step: one function each, each a lesson.

All take numbers or arrays and broadcast. Times are seconds, sizes bytes, rates FLOP/s or byte/s.
"Source: count" means the number follows from writing down what is computed or moved.
"""

import numpy as np

from chipgap.model.inputs import Array

Number = float | Array


def layer_weights(hidden: Array, kv_share: Array, matrices: Number, ffn: Number) -> Array:
    r"""Weights of one layer that work on a token: :math:`w = 2h^2(1 + g/a) + k h f`.

    ``kv_share`` is key-value heads over heads, ``matrices`` k is 3 where the feed-forward part is gated,
    else 2; for a mixture of experts ``ffn`` f is experts per token x the size of one. Source: count.
    """
    return 2 * hidden * hidden * (1 + kv_share) + matrices * hidden * ffn


def gemm(tokens: Array, weights: Array, tensor: Array, flop_s: Array) -> Array:
    r"""Seconds of a layer's matrix products, forward: :math:`t = 2 T w / (t_p \, e P)`.

    ``flop_s`` is the rate reached (efficiency e x peak P). Backward takes twice as long: a product for
    the inputs, one for the weights. Source: count.
    """
    return 2 * tokens * weights / (tensor * flop_s)


def attention(tokens: Array, sequence: Array, hidden: Array, tensor: Array, flop_s: Array) -> Array:
    r"""Seconds of one layer's attention, forward, all of the s x s square: :math:`t = 4 T s h / (t_p \, e P)`.

    A fused causal kernel skips half: halve the result. Backward takes 2.5 times as long, since the
    fused kernel computes the scores again. Source: count.
    """
    return 4 * tokens * sequence * hidden / (tensor * flop_s)


def softmax(tokens: Array, sequence: Array, heads: Array, tensor: Array, byte_s: Array) -> Array:
    r"""Seconds to move the s x s scores of unfused attention, forward: :math:`8 T s a / (t_p \, \eta Q)`.

    Four passes of two bytes: written, read, written, read. Source: count.
    """
    return 8 * tokens * sequence * heads / (tensor * byte_s)


def memory_bound(tokens: Array, hidden: Array, inner: Array, tensor: Array, split: Array, byte_s: Array) -> Array:
    r"""Seconds of norms, residuals, activations, forward: :math:`2T [10h/t' + (4h + 1.8 k f)/t_p] / (\eta Q)`.

    ``inner`` is k f, ``split`` t' is the tensor-parallel size with sequence parallelism, else 1.
    Source: counting reads and writes of two bytes.
    """
    return 2 * tokens * (10 * hidden / split + (4 * hidden + 1.8 * inner) / tensor) / byte_s


def permutation(tokens: Array, hidden: Array, copies: Array, tensor: Array, byte_s: Array) -> Array:
    r"""Seconds to sort tokens by expert and back, forward: :math:`8 T k h / (t_p \, \eta Q)`; 0 where dense.

    Each of the k ``copies`` of a token is read and written before and after its expert, two bytes a
    number. Source: count.
    """
    return 8 * tokens * copies * hidden / (tensor * byte_s)


def host_floor(busy: Array, floor: Number) -> Array:
    r"""Seconds when the host may be slower than the chip: :math:`(x^3 + \tau^3)^{1/3}`, a smooth maximum.

    A layer cannot finish before the host has launched its kernels, which takes ``floor`` seconds, the
    same backward as forward (more kernels, launched faster). The third power was chosen among 2 to 6.
    """
    result: Array = np.cbrt(busy * busy * busy + floor**3)
    return result


def logits(
    tokens: Array, hidden: Array, vocab: Array, tensor: Array, flop_s: Number, second_per_logit: Number
) -> Array:
    r"""Seconds of the output layer and the loss, forward and backward: :math:`6ThV/(t_p P') + T V c / t_p`.

    One stage of a pipeline carries it, the others wait. ``second_per_logit`` c is bytes moved per logit
    over the memory bandwidth reached. Source: count.
    """
    return tokens * vocab / tensor * (6 * hidden / flop_s + second_per_logit)


def ring_all_reduce(size: Array, ranks: Array, byte_s: Array, latency: Number) -> Array:
    r"""Seconds of an all-reduce of ``size`` bytes: :math:`\alpha + 2 (q-1)/q \; S / (\eta W)`; 0 for one rank.

    Two rounds of a ring, each of which passes (q-1)/q of the data through every link.
    Source: the alpha-beta model; alpha and eta from the measured table ``allreduce``.
    """
    result: Array = (ranks > 1) * (latency + 2 * (ranks - 1) / ranks * size / byte_s)
    return result


def ring_exchange(size: Array, ranks: Array, byte_s: Array, latency: Number) -> Array:
    r"""Seconds to pass keys and values once round a ring of chips that share a sequence.

    :math:`(c - 1)(\alpha + S / (\eta W))`, with ``size`` S the bytes one chip holds. Source: count.
    """
    result: Array = (ranks - 1) * (latency + size / byte_s)
    return result


def all_to_all(
    size: Array, ranks: Array, near: Array, link_byte_s: Array, network_byte_s: Array, latency: Number
) -> Array:
    r"""Seconds to send tokens to their experts: :math:`\alpha + S [(1 - r/q)/(\eta_x W_x) + ((r-1)/q)/(\eta W)]`.

    ``near`` r of the ``ranks`` q sit in the sender's own node. Every copy travels: a token wanted by two
    experts of one far node is sent twice (a smarter exchange would send it once). 0 for one rank.
    """
    far = (1 - near / ranks) / network_byte_s
    result: Array = (ranks > 1) * (latency + size * (far + (near - 1) / ranks / link_byte_s))
    return result


def exposed(seconds: Array, window: Array, overlap: Number) -> Array:
    r"""Seconds of a collective that computation cannot hide: :math:`(1-o) C + \max(0, o C - window)`.

    ``overlap`` o is the share that can run beside computation, ``window`` the computation there is.
    """
    hidden = overlap * seconds
    return seconds - hidden + np.maximum(0.0, hidden - window)


def stage_transfer(size: Array, share: Array, byte_s: Array, latency: Number) -> Array:
    r"""Seconds a micro-batch spends between two stages, there and back: :math:`2 (\alpha + S / (q \, \eta W_x))`.

    ``share`` q is the number of chips that split the activation of ``size`` bytes; 1 where each sends
    all of it. Times the interleave. Source: count.
    """
    return 2 * (latency + size / (share * byte_s))


def bubble(stages: Array, interleave: Array, stage: Array) -> Array:
    r"""Seconds a pipeline idles while it fills and drains: :math:`(p - 1)/v \cdot t_{stage}`.

    ``stage`` is the time of one micro-batch on one stage, forward and backward. Source: the 1F1B schedule.
    """
    return (stages - 1) / interleave * stage


def gradient_exchange(parameters: Array, replicas: Array, bytes_each: Array, byte_s: Array) -> Array:
    r"""Seconds to exchange gradients and weights between replicas: :math:`B N (d-1)/d / (\eta W)`.

    ``parameters`` N is what one chip holds. B: 4 bytes once a step (2-byte gradients scattered, 2-byte
    weights gathered); 6 bytes per micro-batch where the weights are split too (gathered twice).
    """
    return bytes_each * parameters * (replicas - 1) / replicas / byte_s


def optimizer(parameters: Array, byte_s: Array) -> Array:
    r"""Seconds of Adam's update: :math:`30 N / (\eta Q)`. 30 bytes are read and written per parameter."""
    return 30 * parameters / byte_s


def stragglers(seconds: Array, replicas: Array, share: Number) -> Array:
    r"""Seconds lost waiting for the slowest replica: :math:`j \log_2(d) \; t`; nothing with one replica."""
    result: Array = share * np.log2(replicas) * seconds
    return result
