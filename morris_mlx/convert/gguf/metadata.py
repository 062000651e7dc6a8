"""The metadata of a GGUF file, read by key with a check of the type."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from morris_mlx.errors import MorrisError

Value = TypeVar("Value")
MISSING = object()


@dataclass(frozen=True, slots=True)
class Metadata:
    """The values of a file by key.

    Each method returns the value of a key, or the default if it is missing. It raises MorrisError
    for a value of another type, and for a missing one without a default.
    """

    path: Path
    values: Mapping[str, Any]

    def has(self, key: str) -> bool:
        """Return True if the file has the key."""
        return key in self.values

    def wrong(self, key: str, expected: str) -> MorrisError:
        """Return the error for a value that is missing or wrong."""
        found = f"is {str(self.values[key])[:60]!r}" if key in self.values else "is missing"
        return MorrisError(
            f"{self.path}: {key} {found}; it must be {expected}. Get the file again, or one that a "
            "newer program made."
        )

    def integer(self, key: str, default: int | None = None) -> int:
        """Return a whole number."""
        value = self.values.get(key, default)
        if type(value) is not int:
            raise self.wrong(key, "a whole number")
        return value

    def size(self, key: str, default: int | None = None) -> int:
        """Return a positive whole number. A list has one for each block, which must all be equal.

        Raises MorrisError also for blocks of different sizes.
        """
        value = self.values.get(key, default)
        if isinstance(value, list) and len(set(value)) == 1:
            value = value[0]
        if isinstance(value, list):
            raise MorrisError(
                f"{self.path}: {key} differs between the blocks, and Morris converts only models "
                "in which all blocks have the same sizes. Use another model."
            )
        if type(value) is not int or value <= 0:
            raise self.wrong(key, "a positive whole number")
        return value

    def number(self, key: str, default: float | None = None) -> float:
        """Return a finite number."""
        value = self.values.get(key, default)
        if type(value) not in (int, float) or not math.isfinite(value):
            raise self.wrong(key, "a number")
        return float(value)

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text."""
        value = self.values.get(key, default)
        if not isinstance(value, str):
            raise self.wrong(key, "a text")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false")
        return value

    def items(self, key: str, kind: type[Value], default: list[Value] | None = None) -> list[Value]:
        """Return a list whose items have one type."""
        value = self.values.get(key, default)
        # A file without entries of a list may store it as an empty list of any type.
        if not isinstance(value, list) or not all(type(item) is kind for item in value):
            raise self.wrong(key, f"a list of {kind.__name__}")
        return value
