"""The weights of a converted model, written a few rows at a time."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from morris_mlx.convert.gguf.packing import KEPT_BITS, KEPT_GROUP, Parts, keep, quantize
from morris_mlx.convert.gguf.tensors import GgufModel, TargetTensor
from morris_mlx.errors import MorrisError
from morris_mlx.models.converted import AS_STORED, Precision

CHUNK_NUMBERS = 8_000_000  # unpacked at a time: 32 MB in float32
WIDTHS = {"U32": 4, "U8": 1, "F16": 2, "BF16": 2}  # bytes, by safetensors' name of a format


@dataclass(frozen=True, slots=True)
class Packing:
    """A quantization of one tensor, as MLX names it in config.json."""

    bits: int
    group_size: int
    mode: str = "affine"
    kept: bool = False  # packed in the file already

    @property
    def entry(self) -> dict[str, Any]:
        """The entry in config.json."""
        return {"group_size": self.group_size, "bits": self.bits, "mode": self.mode}


def choose_packing(target: TargetTensor, precision: Precision) -> Packing | None:
    """Return the quantization of a converted tensor, None for one that is stored as floats."""
    if not target.is_matrix:
        return None
    if precision.name == AS_STORED:
        bits = KEPT_BITS.get(target.source.kind)
        return None if bits is None else Packing(bits, KEPT_GROUP, kept=True)
    if precision.mode == "none":
        return None
    return Packing(precision.bits, precision.group_size, precision.mode)


def quantization_config(model: GgufModel, precision: Precision) -> dict[str, Any]:
    """Return the entry `quantization` of config.json, empty if nothing is quantized.

    It has the packing of most weights, and after that the modules with another packing.
    """
    packings = {t.module: choose_packing(t, precision) for t in model.targets if t.is_matrix}
    shares: dict[Packing, int] = {}
    for target in model.targets:
        if target.is_matrix and (packing := packings[target.module]):
            shares[packing] = shares.get(packing, 0) + math.prod(target.shape)
    if not shares:
        return {}
    common = max(shares, key=lambda packing: shares[packing])
    others = {
        module: packing.entry if packing else False
        for module, packing in packings.items()
        if packing != common
    }
    return common.entry | others


def written_bytes(model: GgufModel, precision: Precision) -> int:
    """Return the size of all converted tensors."""
    return sum(part.size for _, parts in _layout(model, precision) for part in parts.values())


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A tensor of the written file: its format, its shape, and where it begins in the data."""

    name: str
    kind: str
    shape: tuple[int, ...]
    start: int = 0

    @property
    def size(self) -> int:
        """The size in bytes."""
        return WIDTHS[self.kind] * math.prod(self.shape)


def write_weights(
    model: GgufModel,
    precision: Precision,
    path: Path,
    on_bytes: Callable[[int, int], None],
) -> None:
    """Write all tensors into a safetensors file.

    Only some rows of one tensor are in memory at a time, so a model of any size needs little.

    Args:
        model: The model in its GGUF file.
        precision: The way to store the weights.
        path: The file to write.
        on_bytes: Called with the number of bytes written so far and the total.

    Raises:
        MorrisError: A number of the source is not finite, or too large for 16 bits.
    """
    layout = dict(_layout(model, precision))
    total = sum(part.size for parts in layout.values() for part in parts.values())
    header = {part.name: _entry(part) for parts in layout.values() for part in parts.values()}
    start = json.dumps({"__metadata__": {"format": "mlx"}, **header}).encode()
    start += b" " * (-len(start) % 8)  # so that the data are aligned
    done = 0
    with path.open("wb") as file:
        file.write(len(start).to_bytes(8, "little") + start)
        for target in model.targets:
            parts = layout[target.name]
            for rows, made in _chunks(model, target, precision):
                for ending, array in made.items():
                    _write_rows(file, 8 + len(start), parts[ending], rows, array)
                    done += array.nbytes
                on_bytes(done, total)


def _layout(model: GgufModel, precision: Precision) -> Iterator[tuple[str, dict[str, StoredPart]]]:
    """Yield the parts of each tensor by their endings, one after the other in the data."""
    floats = "BF16" if model.number_format == "bfloat16" else "F16"
    place = 0
    for target in model.targets:
        packing = choose_packing(target, precision)
        if packing is None:
            parts = {target.part: StoredPart(target.name, floats, target.shape, place)}
        else:
            rows, columns = target.shape
            packed = (rows, columns * packing.bits // 32)
            groups = (rows, columns // packing.group_size)
            scales = "U8" if packing.mode == "mxfp4" else "F16"
            parts = {"weight": StoredPart(target.name, "U32", packed, place)}
            for ending in ("scales", "biases")[: 1 if packing.mode == "mxfp4" else 2]:
                place += next(reversed(parts.values())).size
                parts[ending] = StoredPart(f"{target.module}.{ending}", scales, groups, place)
        place += next(reversed(parts.values())).size
        yield target.name, parts


def _entry(part: StoredPart) -> dict[str, Any]:
    end = part.start + part.size
    return {"dtype": part.kind, "shape": list(part.shape), "data_offsets": [part.start, end]}


def _chunks(
    model: GgufModel, target: TargetTensor, precision: Precision
) -> Iterator[tuple[int, Parts]]:
    """Yield the parts of some rows at a time, with the number of the first row."""
    packing = choose_packing(target, precision)
    order = target.row_order()
    step = max(1, CHUNK_NUMBERS // math.prod(target.shape[1:]))
    for row in range(0, target.shape[0], step):
        if packing is not None and packing.kept:
            made = keep(target.source.rows()[order[row : row + step]], target.source.kind)
            _check_finite(target, made["scales"], made["biases"])
        else:
            values = target.values(slice(row, row + step))
            if packing is None:
                made = {target.part: _floats(target, values, model.number_format)}
            else:
                _floats(target, values, "float16")
                made = quantize(values, packing.bits, packing.group_size, packing.mode)
        yield row, made


def _floats(target: TargetTensor, values: Any, number_format: str) -> Any:
    if number_format == "float16":
        with np.errstate(over="ignore"):
            short = values.astype(np.float16)
        _check_finite(target, short)
        return short
    _check_finite(target, values)
    bits = np.ascontiguousarray(values).view(np.uint32)
    # Rounded to the nearest value, and to the even one in a tie.
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def _check_finite(target: TargetTensor, *arrays: Any) -> None:
    if not all(np.isfinite(array).all() for array in arrays):
        raise MorrisError(
            f"{target.source.path} is damaged: {target.source.name} holds numbers that are not "
            "finite, or too large for 16 bits. Get the file again."
        )


def _write_rows(file: IO[bytes], data: int, part: StoredPart, row: int, array: Any) -> None:
    """Write rows of a part at their place."""
    row_bytes = WIDTHS[part.kind] * math.prod(part.shape[1:])
    file.seek(data + part.start + row * row_bytes)
    file.write(np.ascontiguousarray(array).tobytes())
