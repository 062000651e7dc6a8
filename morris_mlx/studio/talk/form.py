"""The settings on the page, read and checked before a request is made."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from morris_mlx.errors import MissingError, UsageError
from morris_mlx.records.generation import RANGES, SAMPLING
from morris_mlx.records.generation import STRENGTH as FULL_STRENGTH

BASE = ""  # the value of the choice without an adapter


@dataclass(frozen=True, slots=True)
class Field:
    """A number on the page.

    `name` is its name in GenerationSettings. `default` None leaves the field empty at first.
    """

    name: str
    label: str
    info: str
    default: float | None

    @property
    def range(self) -> tuple[float, float]:
        """The lowest and the highest value. Integers when only integers are allowed."""
        low, high = RANGES[self.name]
        return (1, high) if self.name == "max_tokens" else (low, high)  # 0 gives an empty reply


STRENGTH = Field("strength", "Strength", "0: base model, 1: as trained", FULL_STRENGTH)
SAMPLING_FIELDS = (
    Field("temperature", "Temperature", "0: always the likeliest token", SAMPLING.temp),
    Field("top_p", "Top p", "Share of likely tokens kept; 1: all", SAMPLING.top_p),
    Field("top_k", "Top k", "Number of likely tokens kept; 0: all", SAMPLING.top_k),
    Field("min_p", "Min p", "Least probability, relative to the best; 0: off", SAMPLING.min_p),
    Field(
        "repetition_penalty",
        "Repetition penalty",
        "1: off; higher values suppress common words",
        SAMPLING.repetition_penalty,
    ),
    Field("max_tokens", "Max tokens", "Longest reply", SAMPLING.max_tokens),
    Field("seed", "Seed", "Empty: random", None),
)


@dataclass(frozen=True, slots=True)
class Form:
    """Checked settings. `overrides` are fields of GenerationSettings other than the adapter's."""

    adapter: str | None
    compare: bool
    system_prompt: str
    strength: float
    overrides: dict[str, Any]


def read_form(
    adapters: Sequence[str],
    adapter: object,
    compare: object,
    strength: object,
    system_prompt: object,
    *sampling: object,
) -> Form:
    """Check the values of the page; `sampling` are those of SAMPLING_FIELDS, in their order.

    Raises MissingError for an unknown adapter, UsageError for a value out of its range.
    """
    if adapter not in (None, BASE, *adapters):
        raise MissingError(f"There is no adapter {adapter!r} any more. Press Refresh.")
    chosen = str(adapter) if adapter else None
    if compare and chosen is None:
        raise UsageError("Choose an adapter to compare with the base.")
    overrides = {
        field.name: number
        for field, value in zip(SAMPLING_FIELDS, sampling, strict=True)
        if (number := read_number(field, value)) is not None
    }
    checked_strength = read_number(STRENGTH, strength)
    if checked_strength is None:
        raise UsageError(f"{STRENGTH.label} is empty; it must be {_range_text(STRENGTH)}.")
    prompt = system_prompt.strip() if isinstance(system_prompt, str) else ""
    return Form(chosen, bool(compare), prompt, checked_strength, overrides)


def read_number(field: Field, value: object) -> float | int | None:
    """Return the number, None for an empty field. Raises UsageError with the allowed range."""
    if isinstance(value, str):
        value = _parse_number(value.strip())
    if value is None or value == "":
        return None
    low, high = field.range
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise UsageError(f"{field.label} is {value!r}; it must be {_range_text(field)}.")
    if not low <= value <= high or (_is_integer(field) and value != int(value)):
        raise UsageError(f"{field.label} is {value:,}; it must be {_range_text(field)}.")
    return int(value) if _is_integer(field) else float(value)


def _parse_number(text: str) -> float | int | str:
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text


def _is_integer(field: Field) -> bool:
    return all(isinstance(end, int) for end in field.range)


def _range_text(field: Field) -> str:
    low, high = field.range
    if _is_integer(field):
        return f"a whole number from {low:,} to {high:,}"
    return f"a number from {low:g} to {high:g}" if low else f"a number from 0 to {high:g}"
