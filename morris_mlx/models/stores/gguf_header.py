"""The header of a GGUF file: the few values with the model's family, sizes and precision.

The file is read up to these values only; the tensors, up to 40 GB, are not read. Every length is
checked, because a header may be damaged or malicious.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from morris_mlx.errors import MorrisError
from morris_mlx.models.gguf_files import MAGIC

VERSIONS = (2, 3)
MOST_VALUES, MOST_TEXT, MOST_ITEMS = 100_000, 1 << 20, 1 << 24
# Formats of single values by GGUF's type number; 7 is a boolean.
NUMBERS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
TEXT, ARRAY = 8, 9
TOKENS = "tokenizer.ggml.tokens"
# Names of llama.cpp's file types (general.file_type).
FILE_TYPES = {
    0: "F32",
    1: "F16",
    2: "Q4_0",
    3: "Q4_1",
    7: "Q8_0",
    8: "Q5_0",
    9: "Q5_1",
    10: "Q2_K",
    11: "Q3_K_S",
    12: "Q3_K_M",
    13: "Q3_K_L",
    14: "Q4_K_S",
    15: "Q4_K_M",
    16: "Q5_K_S",
    17: "Q5_K_M",
    18: "Q6_K",
    19: "IQ2_XXS",
    20: "IQ2_XS",
    21: "Q2_K_S",
    22: "IQ3_XS",
    23: "IQ3_XXS",
    24: "IQ1_S",
    25: "IQ4_NL",
    26: "IQ3_S",
    27: "IQ3_M",
    28: "IQ2_S",
    29: "IQ2_M",
    30: "IQ4_XS",
    31: "IQ1_M",
    32: "BF16",
    36: "TQ1_0",
    37: "TQ2_0",
    38: "MXFP4",
}


@dataclass(frozen=True, slots=True)
class GGUFHeader:
    """The header of a GGUF file: its single values by key, and the number of its tokens."""

    values: Mapping[str, Any]
    vocabulary: int

    @property
    def architecture(self) -> str:
        """The architecture's name in llama.cpp, "" if the header has none."""
        value = self.values.get("general.architecture")
        return value if isinstance(value, str) else ""

    @property
    def precision(self) -> str:
        """The name of the file's quantization, such as "Q4_K_M"; "" for an unknown one."""
        return FILE_TYPES.get(self.size("general.file_type", -1), "")

    @property
    def is_adapter(self) -> bool:
        """True for a LoRA adapter instead of a model."""
        return self.values.get("general.type") == "adapter"

    def size(self, key: str, default: int = 0) -> int:
        """Return a value that is a whole number, else the default.

        Models with layers of several sizes have an array there, which gives the default.
        """
        value = self.values.get(key)
        return value if type(value) is int and value >= 0 else default

    def of_architecture(self, key: str, default: int = 0) -> int:
        """Return a size that is stored under the architecture's name."""
        return self.size(f"{self.architecture}.{key}", default)


def read_gguf_header(path: Path) -> GGUFHeader:
    """Read the header of a GGUF file. Raises MorrisError for a damaged or another kind of file."""
    try:
        with path.open("rb") as file:
            return _read(file)
    except (OSError, ValueError, struct.error, MemoryError) as error:
        reason = getattr(error, "strerror", None) or error
        raise MorrisError(
            f"{path} is not a GGUF file that can be read ({reason}). Get it again."
        ) from error


def _read(file: BinaryIO) -> GGUFHeader:
    if file.read(len(MAGIC)) != MAGIC:
        raise ValueError("it does not begin with GGUF")
    version, _, count = struct.unpack("<IQQ", _exactly(file, 20))
    if version not in VERSIONS:
        raise ValueError(f"version {version & 0xFFFFFFFF} is not known")
    if count > MOST_VALUES:
        raise ValueError(f"{count:,} values are more than a header has")
    values: dict[str, Any] = {}
    vocabulary = 0
    for _ in range(count):
        key = _text(file)
        (kind,) = struct.unpack("<I", _exactly(file, 4))
        if key == TOKENS and kind == ARRAY:
            _, vocabulary = struct.unpack("<IQ", _exactly(file, 12))
            if vocabulary > MOST_ITEMS:
                raise ValueError(f"{vocabulary:,} tokens are more than a model has")
            break  # the rest is the tokenizer: megabytes without a value that is needed
        values[key] = _value(file, kind)
    return GGUFHeader(values, vocabulary)


def _value(file: BinaryIO, kind: int) -> Any:
    """Return the next value; None in place of an array."""
    if kind in NUMBERS:
        form = "<" + NUMBERS[kind]
        return struct.unpack(form, _exactly(file, struct.calcsize(form)))[0]
    if kind == TEXT:
        return _text(file)
    if kind != ARRAY:
        raise ValueError(f"a value has the unknown type {kind}")
    items, length = struct.unpack("<IQ", _exactly(file, 12))
    if length > MOST_ITEMS:
        raise ValueError(f"an array has {length:,} items")
    if items in NUMBERS:
        _exactly(file, length * struct.calcsize("<" + NUMBERS[items]))
    elif items == TEXT:
        for _ in range(length):
            _text(file)
    else:
        raise ValueError(f"an array has items of the unknown type {items}")
    return None


def _text(file: BinaryIO) -> str:
    (length,) = struct.unpack("<Q", _exactly(file, 8))
    if length > MOST_TEXT:
        raise ValueError(f"a text has {length:,} bytes")
    return _exactly(file, length).decode("utf-8", "replace")


def _exactly(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise ValueError("it is cut off")
    return data
