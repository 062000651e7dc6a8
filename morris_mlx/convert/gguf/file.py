"""The content of a GGUF file, checked before use: metadata, and the place of each tensor."""

from __future__ import annotations

import math
import mmap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

from morris_mlx.convert.gguf.bytes_reader import BytesReader
from morris_mlx.convert.gguf.metadata import Metadata
from morris_mlx.errors import MissingError, MorrisError, RefusedError
from morris_mlx.models.gguf_files import MAGIC, PART, all_parts

VERSIONS = (2, 3)
MOST_ENTRIES = 65_536  # metadata values or tensors; big models have some 2,000 tensors
MOST_DIMENSIONS = 4
ALIGNMENT, LARGEST_ALIGNMENT = 32, 65_536  # bytes
MODEL = "model"  # the value of general.type


@dataclass(frozen=True, slots=True)
class GgufTensor:
    """A tensor as the header describes it.

    `shape` has the rows first, as in NumPy. `start` and `size` are in bytes of the file `path`.
    """

    name: str
    kind: GGMLQuantizationType
    shape: tuple[int, ...]
    path: Path
    start: int
    size: int

    @property
    def row_bytes(self) -> int:
        """The size of a row."""
        return self.size // math.prod(self.shape[:-1])

    def rows(self) -> npt.NDArray[np.uint8]:
        """Return the stored bytes, one row each, mapped and not read."""
        shape = (math.prod(self.shape[:-1]), self.row_bytes)
        return np.memmap(self.path, np.uint8, "r", self.start, shape)


@dataclass(frozen=True, slots=True)
class GgufFile:
    """The content of a GGUF file, or of all parts of a split one."""

    path: Path
    metadata: Metadata
    tensors: Mapping[str, GgufTensor]

    @property
    def stored_bytes(self) -> int:
        """The size of all tensors."""
        return sum(tensor.size for tensor in self.tensors.values())


def read_gguf(path: Path) -> GgufFile:
    """Read and check the header of a model's file, and of the other parts of a split one.

    Raises MissingError for a missing file or part, RefusedError for a file without a model or of an
    unsupported version, and MorrisError for a damaged one.
    """
    first = _read_part(path)
    parts = first.metadata.integer("split.count", default=0)
    if parts > 1:
        return _join(path, parts)
    _check_kind(first)
    return first


def _check_kind(file: GgufFile) -> None:
    kind = file.metadata.text("general.type", default=MODEL)
    if kind != MODEL:
        what = "a LoRA adapter" if kind == "adapter" else f"of the type {kind[:60]!r}"
        raise RefusedError(
            f"{file.path} is {what} (general.type), not a language model. Give the GGUF file of "
            "the model itself."
        )


def _join(path: Path, count: int) -> GgufFile:
    """Read all parts of a split model."""
    match = PART.fullmatch(path.name)
    if match is None or int(match["count"]) != count:
        raise MorrisError(
            f"{path} is a part of a model in {count} files, and its name does not say which one. "
            f"Give the files their names back: NAME-00001-of-{count:05}.gguf and so on."
        )
    paths = all_parts(path)
    if missing := [place.name for place in paths if not place.is_file()]:
        raise MissingError(
            f"{path.parent} lacks {', '.join(missing[:3])}: the model has {count} files. Put all "
            "of them into one folder."
        )
    files = [_read_part(place) for place in paths]
    tensors: dict[str, GgufTensor] = {}
    for number, file in enumerate(files):
        if file.metadata.integer("split.no", default=-1) != number:
            raise MorrisError(
                f"{file.path} is not part {number + 1} of its model: its split.no is different. "
                "Get the files again."
            )
        if twice := tensors.keys() & file.tensors.keys():
            raise MorrisError(
                f"{file.path} and another part both contain {min(twice)}. Get the files again."
            )
        tensors |= file.tensors
    _check_kind(files[0])
    return replace(files[0], tensors=tensors)


def _read_part(path: Path) -> GgufFile:
    with _mapped(path) as data:
        reader = BytesReader(path, data)
        tensor_count, value_count = _read_start(reader)
        metadata = Metadata(path, dict(_read_values(reader, value_count)))
        alignment = metadata.integer("general.alignment", default=ALIGNMENT)
        if not 0 < alignment <= LARGEST_ALIGNMENT or alignment & (alignment - 1):
            raise reader.damaged(f"general.alignment is {alignment}, which is not a power of two")
        tensors = [_read_tensor(reader, number) for number in range(tensor_count)]
        start = -(-reader.position // alignment) * alignment
        placed = [replace(tensor, start=tensor.start + start) for tensor in tensors]
        _check_places(reader, placed, alignment, len(data))
    return GgufFile(path, metadata, {tensor.name: tensor for tensor in placed})


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap]:
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield data
    except FileNotFoundError:
        raise MissingError(f"There is no file {path}. Check its name.") from None
    except (OSError, ValueError) as error:  # ValueError: an empty file cannot be mapped
        if path.is_file() and path.stat().st_size == 0:
            raise MorrisError(f"{path} is empty. Get the file again.") from None
        raise MorrisError(f"{path} cannot be read ({error}). Get the file again.") from error


def _read_start(reader: BytesReader) -> tuple[int, int]:
    """Return the numbers of tensors and of metadata values."""
    if reader.take(4, "the first four bytes") != MAGIC:
        raise MorrisError(
            f"{reader.path} is not a GGUF file: it does not begin with {MAGIC.decode()}. Give a "
            "GGUF file, or a model's folder."
        )
    version = reader.u32("the version")
    if version and not version & 0xFFFF:
        raise RefusedError(
            f"{reader.path} was written for a big-endian machine. Get the ordinary GGUF file of "
            "the model."
        )
    if version not in VERSIONS:
        raise RefusedError(
            f"{reader.path} has version {version} of the GGUF format, and Morris reads versions 2 "
            "and 3. Get a newer file of the model."
        )
    counts = reader.u64("the number of tensors"), reader.u64("the number of metadata values")
    for count, what in zip(counts, ("tensors", "metadata values"), strict=True):
        if count > MOST_ENTRIES:
            raise reader.damaged(f"it claims {count:,} {what}; at most {MOST_ENTRIES:,} are read")
    return counts


def _read_values(reader: BytesReader, count: int) -> Iterator[tuple[str, Any]]:
    known: set[str] = set()
    for number in range(count):
        key = reader.string(f"the key of metadata value {number + 1}")
        if key in known:
            raise reader.damaged(f"the metadata key {key[:80]!r} occurs twice")
        known.add(key)
        yield key, reader.value(repr(key[:80]))


def _read_tensor(reader: BytesReader, number: int) -> GgufTensor:
    """Return a tensor whose place is still relative to the beginning of the data."""
    name = reader.string(f"the name of tensor {number + 1}")
    shown = f"tensor {name[:80]!r}"
    dimensions = reader.u32(f"the number of dimensions of {shown}")
    if not 0 < dimensions <= MOST_DIMENSIONS:
        raise reader.damaged(f"{shown} has {dimensions} dimensions")
    shape = tuple(reader.u64(f"the shape of {shown}") for _ in range(dimensions))[::-1]
    code = reader.u32(f"the type of {shown}")
    if code not in set(GGMLQuantizationType):
        raise RefusedError(
            f"{reader.path} stores {shown} in a format with the number {code}, which Morris does "
            "not know. Get the model in another quantization, such as Q8_0 or Q4_K_M."
        )
    kind = GGMLQuantizationType(code)
    numbers, size = GGML_QUANT_SIZES[kind]
    if not all(shape) or shape[-1] % numbers:
        raise reader.damaged(
            f"{shown} has the shape {list(shape)}, which is not a whole number of blocks"
        )
    return GgufTensor(
        name,
        kind,
        shape,
        reader.path,
        reader.u64(f"the place of {shown}"),
        math.prod(shape) // numbers * size,
    )


def _check_places(
    reader: BytesReader, tensors: list[GgufTensor], alignment: int, file_size: int
) -> None:
    """Check that every tensor is aligned and within the file, and that no two overlap."""
    names = [tensor.name for tensor in tensors]
    if len(set(names)) < len(names):
        raise reader.damaged("two tensors have the same name")
    for tensor in tensors:
        if tensor.start % alignment or tensor.start + tensor.size > file_size:
            raise reader.damaged(
                f"tensor {tensor.name[:80]!r} would take bytes {tensor.start:,} to "
                f"{tensor.start + tensor.size:,}, and the file has {file_size:,}"
            )
    for before, after in pairwise(sorted(tensors, key=lambda tensor: tensor.start)):
        if before.start + before.size > after.start:
            raise reader.damaged(
                f"the tensors {before.name[:80]!r} and {after.name[:80]!r} overlap"
            )
