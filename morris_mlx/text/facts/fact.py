"""The record of a fact: an item of a text that a paraphrase must keep unchanged."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FactKind(StrEnum):
    """Kinds of facts, as messages name them."""

    LINK = "link"
    EMAIL = "e-mail address"
    QUOTATION = "quotation"
    DATE = "date"
    TIME = "time"
    PERCENT = "percentage"
    MONEY = "amount of money"
    NUMBER = "number"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Fact:
    """An item at `start:end` of a text, written as `text`.

    Two facts are the same if they share one of their `keys`: "3/4/2024" has a key for each of the
    two days that it may mean. A `weak` fact ("both", which may stand for two) can be the same as
    another one, but is itself neither lost nor added. An `unsure` fact is a word that may be a name
    or only begins a sentence.
    """

    kind: FactKind
    text: str
    keys: frozenset[str]
    start: int
    end: int
    weak: bool = False
    unsure: bool = False


def month_key(month: int) -> str:
    """Return the key of a month."""
    return f"month {month}"


def day_key(month: int, day: int) -> str:
    """Return the key of a day of a year."""
    return f"day {month}-{day}"


def time_key(hour: int, minute: int = 0) -> str:
    """Return the key of a time of day, with the hour from 0 to 24."""
    return f"time {hour % 24}:{minute:02}"


def amount_key(value: float, unit: str = "") -> str:
    """Return the key of a number with its unit; a year is a number without one."""
    return f"amount {value:.10g} {unit}"
