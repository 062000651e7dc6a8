"""What is set on the page: read and checked before anything runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from morris_mlx.errors import MissingError, UsageError
from morris_mlx.records.generation import RANGES, SAMPLING
from morris_mlx.records.generation import STRENGTH as FULL_STRENGTH

BASE = ""  # the choice "no adapter"


@dataclass(frozen=True, slots=True)
class Field:
    """A number of the page. `name` is that of GenerationSettings; `start` None begins empty."""

    name: str
    label: str
    info: str
    start: float | None

    @property
    def range(self) -> tuple[float, float]:
        low, high = RANGES[self.name]
        return (1, high) if self.name == "max_tokens" else (low, high)  # 0 would say nothing


STRENGTH = Field("strength", "Strength", "0: the base, 1: as trained", FULL_STRENGTH)
SAMPLING_FIELDS = (
    Field("temperature", "Temperature", "0: the likeliest word", SAMPLING.temp),
    Field("top_p", "Top p", "Likeliest share kept; 1: all", SAMPLING.top_p),
    Field("top_k", "Top k", "Likeliest words kept; 0: all", SAMPLING.top_k),
    Field("min_p", "Min p", "Least share of the best; 0: off", SAMPLING.min_p),
    Field(
        "repetition_penalty",
        "Repetition penalty",
        "Above 1: repeats less",
        SAMPLING.repetition_penalty,
    ),
    Field("max_tokens", "Longest reply", "In tokens", SAMPLING.max_tokens),
    Field("seed", "Seed", "Empty: a new one each time", None),
)


@dataclass(frozen=True, slots=True)
class Form:
    """A checked page. `overrides` holds fields of GenerationSettings, without the adapter's."""

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
    """The values of the page, `sampling` in the order of SAMPLING_FIELDS. Raises MorrisError."""
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
    how_much = read_number(STRENGTH, strength)
    if how_much is None:
        raise UsageError(f"{STRENGTH.label} is empty; it must be {_span(STRENGTH)}.")
    prompt = system_prompt.strip() if isinstance(system_prompt, str) else ""
    return Form(chosen, bool(compare), prompt, how_much, overrides)


def read_number(field: Field, value: object) -> float | int | None:
    """None where it was left empty. Raises UsageError, with the range."""
    if isinstance(value, str):
        value = _number_in(value.strip())
    if value is None or value == "":
        return None
    low, high = field.range
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise UsageError(f"{field.label} is {value!r}; it must be {_span(field)}.")
    if not low <= value <= high or (_is_whole(field) and value != int(value)):
        raise UsageError(f"{field.label} is {value:,}; it must be {_span(field)}.")
    return int(value) if _is_whole(field) else float(value)


def _number_in(text: str) -> float | int | str:
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text


def _is_whole(field: Field) -> bool:
    return all(isinstance(end, int) for end in field.range)


def _span(field: Field) -> str:
    low, high = field.range
    if _is_whole(field):
        return f"a whole number from {low:,} to {high:,}"
    return f"a number from {low:g} to {high:g}" if low else f"a number from 0 to {high:g}"
