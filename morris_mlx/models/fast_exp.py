"""exp, softmax's and SiLU's cost: on MLX's CPU backend it goes one number at a time.

There the same function from additions, multiplications and shifts, which do run on vectors, takes
a third of the time; half of the training and of the reading of a long prompt on a CPU is
exponentials. A GPU uses its own.
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
LOWEST = -60.0  # nothing beside 1; and products with it stay normal numbers: others are slow
HIGHEST = 88.0  # e^89 is beyond float32
ROUND = float(3 * 2**22)  # adding it leaves a float32's nearest whole number in its lowest bits
MANTISSA_BITS = 23
CPU_TILE = 2**21  # numbers to compute at once: what a CPU's caches and allocator like


def exp(x: mx.array) -> mx.array:
    """e to the x, float32, for sums with terms near 1: never below e^-60, never above e^88.

    Not differentiable: its users know their own gradients.
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
