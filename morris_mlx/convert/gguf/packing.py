"""Tensors of GGUF in MLX's formats: kept as they are, quantized again, or as floats.

MLX's affine quantization computes `scale · q + bias` for each group of weights. Three of GGUF's
formats are of that form, in groups of 32 and with scales in float16, so they are kept exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from gguf.constants import GGMLQuantizationType as Kind
from gguf.quants import dequantize

if TYPE_CHECKING:
    import mlx.core as mx

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Parts = dict[str, npt.NDArray[Any]]  # by the ending of their names in MLX

KEPT_BITS = {Kind.Q4_0: 4, Kind.Q4_1: 4, Kind.Q8_0: 8}
KEPT_GROUP = 32  # weights in a block of these formats
UNSIGNED = 128  # added to q8_0's signed numbers


def is_readable(kind: Kind) -> bool:
    """Return True if the gguf package can unpack a format."""
    try:
        dequantize(np.zeros((0, 0), np.uint8), kind)
    except NotImplementedError:
        return False
    except ValueError:  # the shape is wrong, but the format is known
        return True
    return True


def unpack(rows: Bytes, kind: Kind) -> Floats:
    """Return stored rows as numbers, of shape (rows, columns)."""
    found = dequantize(np.ascontiguousarray(rows), kind)
    return np.asarray(found, np.float32).reshape(len(rows), -1)


def keep(rows: Bytes, kind: Kind) -> Parts:
    """Return stored rows in MLX's affine format: weight, scales and biases.

    The numbers of a block are stored in another order: byte i of q4 holds the weights i and
    i + 16, byte i of MLX the weights 2i and 2i + 1.
    """
    blocks = rows.reshape(len(rows), -1, {Kind.Q4_0: 18, Kind.Q4_1: 20, Kind.Q8_0: 34}[kind])
    scales = _half_floats(blocks, 0)
    biases: npt.NDArray[Any]
    if kind is Kind.Q8_0:
        numbers = blocks[:, :, 2:] ^ UNSIGNED  # of the sign bit: the same as adding 128
        biases = -UNSIGNED * scales.astype(np.float32)
    else:
        start = 4 if kind is Kind.Q4_1 else 2
        nibbles = blocks[:, :, start:]
        numbers = np.concatenate([nibbles & 15, nibbles >> 4], axis=2)
        numbers = numbers[:, :, 0::2] | numbers[:, :, 1::2] << 4
        biases = _half_floats(blocks, 2) if kind is Kind.Q4_1 else -8 * scales.astype(np.float32)
    packed = np.ascontiguousarray(numbers.reshape(len(rows), -1)).view(np.uint32)
    return {"weight": packed, "scales": scales, "biases": biases.astype(np.float16)}


def _half_floats(blocks: Bytes, start: int) -> npt.NDArray[np.float16]:
    """Return the 16-bit number at a byte of each block."""
    return np.ascontiguousarray(blocks[:, :, start : start + 2]).view(np.float16)[:, :, 0]


def quantize(values: Floats, bits: int, group_size: int, mode: str) -> Parts:
    """Return numbers quantized by MLX, with scales in float16."""
    import mlx.core as mx

    packed = mx.quantize(
        mx.array(values).astype(mx.float16), group_size=group_size, bits=bits, mode=mode
    )
    names = ("weight", "scales", "biases")
    return {name: np.array(part) for name, part in zip(names, packed, strict=False)}


def restore(parts: dict[str, mx.array], bits: int, group_size: int, mode: str) -> mx.array:
    """Return MLX's packed weights as numbers in float32."""
    import mlx.core as mx

    biases = parts.get("biases")
    found = mx.dequantize(
        parts["weight"],
        parts["scales"] if biases is None else parts["scales"].astype(mx.float32),
        None if biases is None else biases.astype(mx.float32),
        group_size=group_size,
        bits=bits,
        mode=mode,
    )
    return found.astype(mx.float32)
