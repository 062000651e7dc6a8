"""A faster exponential for MLX's CPU backend, which computes `mx.exp` one number at a time.

Additions, multiplications and shifts run on vectors there, and the same function made of them takes
a third of the time. Exponentials, of softmax and SiLU, are half of the time of training and of
prompt processing on a CPU. A GPU uses its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import mlx.core as mx

# 2^f for |f| <= 1/2, highest power first: least relative error of its degree, 7.5e-8.
POLYNOMIAL = (
    0.0013276471280221167,
    0.009675541328880322,
    0.055507132757025804,
    0.24022119723979052,
    0.6931469670634085,
    1.0000000716546413,
)
LOG2_E = 1.4426950408889634
LOWEST = -60.0  # negligible beside 1; products with it stay normal numbers, others are slow
HIGHEST = 88.0  # e^89 is beyond float32
ROUND = float(3 * 2**22)  # adding it leaves a float32's nearest whole number in its lowest bits
MANTISSA_BITS = 23
CPU_TILE = 2**21  # numbers to compute at once: suits a CPU's caches and allocator


def exp(x: mx.array) -> mx.array:
    """Return e^x in float32, limited to the range e^-60 to e^88.

    It suits sums with terms near 1. It is not differentiable: callers compute their gradients.
    """
    import mlx.core as mx

    if mx.default_device() == mx.Device(mx.gpu):
        return mx.exp(x)
    scaled = mx.clip(x, LOWEST, HIGHEST) * LOG2_E
    shifted = scaled + ROUND
    fraction = scaled - (shifted - ROUND)
    power = fraction * POLYNOMIAL[0] + POLYNOMIAL[1]
    for coefficient in POLYNOMIAL[2:]:
        power = power * fraction + coefficient
    exponent = mx.left_shift(shifted.view(mx.int32), MANTISSA_BITS)
    return (power.view(mx.int32) + exponent).view(mx.float32)
