"""MLX's quantized weights for torch: unpacked and dequantized without MLX.

MLX packs the codes of a row one after the other, the lowest bits first, into 32-bit words. A group
of consecutive codes shares a scale (and in the mode "affine" a bias): value = scale * code + bias.
In the other modes the codes are small floating-point numbers themselves (OCP Microscaling Formats
1.0; nvfp4 has scales of e4m3 instead of powers of two). The results equal those of `mx.dequantize`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from morris_mlx.errors import MorrisError

AFFINE = "affine"
AFFINE_BITS = (2, 3, 4, 5, 6, 8)
AFFINE_DEFAULTS = (4, 64)  # bits and group size where an entry has null
# mode → its only bits and group size
FLOAT_MODES = {"mxfp4": (4, 32), "mxfp8": (8, 32), "nvfp4": (4, 16)}
E2M1 = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)  # the sign is the fourth bit
ROWS_AT_ONCE = 1024  # so that the unpacked codes of a large matrix are never in memory at once


@dataclass(frozen=True, slots=True)
class Scheme:
    """The quantization of a matrix: bits of a code, codes of a group, MLX's mode."""

    bits: int
    group_size: int
    mode: str


def find_scheme(
    name: str, quantization: Mapping[str, Any], packed: Tensor, scales: Tensor, columns: int
) -> Scheme:
    """Return the scheme of the layer `name`, [rows, columns] when unpacked, as mlx-lm finds it.

    That is the layer's own entry in config.json's `quantization`; without one it follows from the
    shapes, because the general entry may be another layer's. Raises MorrisError when they disagree.
    """
    own = quantization.get(name)
    if own is True:
        own = quantization
    if isinstance(own, Mapping):
        mode = own.get("mode") or AFFINE
        usual = FLOAT_MODES.get(mode, AFFINE_DEFAULTS)
        bits, group = (_whole(own, key, usual[n]) for n, key in enumerate(("bits", "group_size")))
        scheme = Scheme(bits, group, mode)
    else:
        scheme = _inferred(packed, scales, columns)
    bits, group, mode = scheme.bits, scheme.group_size, scheme.mode
    known = bits in AFFINE_BITS if mode == AFFINE else FLOAT_MODES.get(mode) == (bits, group)
    fitting = (
        known
        and group > 0
        and packed.dtype == torch.uint32
        and packed.shape[1] * 32 == columns * bits
        and scales.shape == (packed.shape[0], columns // group)
        and scales.is_floating_point() == (mode == AFFINE)
    )
    if not fitting:
        raise MorrisError(
            f"{name} is quantized in a way that torch cannot read here: {mode}, {bits} bits, "
            f"groups of {group}, {tuple(packed.shape)} words and {tuple(scales.shape)} scales for "
            f"{columns} columns. Use the original weights, or the MLX engine."
        )
    return scheme


def _whole(entry: Mapping[str, Any], key: str, usual: int) -> int:
    """Return an integer of an entry; null is the mode's usual value, as in `mx.quantize`."""
    value = entry.get(key)
    if value is None:
        return usual
    return value if isinstance(value, int) else 0


def _inferred(packed: Tensor, scales: Tensor, columns: int) -> Scheme:
    bits = packed.shape[1] * 32 // columns
    group = columns // max(scales.shape[1], 1)
    if scales.is_floating_point():
        return Scheme(bits, group, AFFINE)
    modes = [mode for mode, shape in FLOAT_MODES.items() if shape == (bits, group)]
    return Scheme(bits, group, modes[0] if modes else "unknown")


def dequantize(packed: Tensor, scales: Tensor, biases: Tensor | None, scheme: Scheme) -> Tensor:
    """Return float32 [rows, columns] of uint32 [rows, columns * bits / 32].

    `scales` and `biases` are [rows, columns / group_size]. The arithmetic is float32 whatever
    the type of the scales, so that nothing is rounded twice.
    """
    rows = packed.shape[0]
    values = torch.empty(rows, packed.shape[1] * 32 // scheme.bits, dtype=torch.float32)
    for start in range(0, rows, ROWS_AT_ONCE):
        part = slice(start, min(start + ROWS_AT_ONCE, rows))
        codes = unpack(packed[part], scheme.bits)
        grouped = _numbers(codes, scheme).view(len(codes), -1, scheme.group_size)
        result = grouped * _scales(scales[part], scheme.mode)[..., None]
        if biases is not None:
            result += biases[part].float()[..., None]
        values[part] = result.flatten(1)
    return values


def unpack(packed: Tensor, bits: int) -> Tensor:
    """Return the codes, uint8 [rows, columns], of uint32 words [rows, words]."""
    raw = packed.contiguous().view(torch.uint8)
    if 8 % bits == 0:  # no code crosses a byte
        shifts = torch.arange(0, 8, bits, dtype=torch.uint8)
        codes: Tensor = (raw[..., None] >> shifts) & (2**bits - 1)
        return codes.flatten(1)
    # Eight codes are `bits` bytes, joined here to one number of 48 bits at most.
    bytes_of_eight = raw.view(len(raw), -1, bits).to(torch.int64)
    joined = (bytes_of_eight << torch.arange(0, 8 * bits, 8)).sum(-1)
    codes = (joined[..., None] >> torch.arange(0, 8 * bits, bits)) & (2**bits - 1)
    return codes.flatten(1).to(torch.uint8)


def _numbers(codes: Tensor, scheme: Scheme) -> Tensor:
    """Return the float32 value of each code, before its scale."""
    if scheme.mode == AFFINE:
        return codes.float()
    if scheme.bits == 8:
        return codes.view(torch.float8_e4m3fn).float()
    table = torch.tensor([*E2M1, *(-value for value in E2M1)])
    return table[codes.int()]


def _scales(scales: Tensor, mode: str) -> Tensor:
    if mode == "nvfp4":
        return scales.contiguous().view(torch.float8_e4m3fn).float()
    if mode == AFFINE:
        return scales.float()
    return torch.exp2(scales.float() - 127.0)  # e8m0: the exponent of a power of two
