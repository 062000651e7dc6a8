"""Measurements of a model's condition that need the model: ends, neutral text, plain tasks."""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from morris_mlx.records.corpus import Example, Message
from morris_mlx.text.words import PROSE_WORD

if TYPE_CHECKING:
    from morris_mlx.generate import Generator

MOST_ENDS = 16  # held-out rows of which the end is scored: one forward pass each
NEUTRAL_TEXTS = 10
NEUTRAL_REQUEST = "Write a short news item."
PROBE_TOKENS = 48
FRUITS = frozenset(
    [
        "apple",
        "apples",
        "apricot",
        "avocado",
        "banana",
        "bananas",
        "berry",
        "blackberry",
        "blueberries",
        "blueberry",
        "cherries",
        "cherry",
        "coconut",
        "cranberry",
        "fig",
        "figs",
        "grape",
        "grapefruit",
        "grapes",
        "guava",
        "kiwi",
        "lemon",
        "lemons",
        "lime",
        "limes",
        "mango",
        "mangoes",
        "mangos",
        "melon",
        "nectarine",
        "orange",
        "oranges",
        "papaya",
        "peach",
        "peaches",
        "pear",
        "pears",
        "pineapple",
        "pineapples",
        "plum",
        "plums",
        "pomegranate",
        "raspberry",
        "strawberries",
        "strawberry",
        "tangerine",
        "watermelon",
    ]
)


@dataclass(frozen=True, slots=True)
class PlainTask:
    """A request that a usable model answers, and the check of the answer."""

    request: str
    is_done: Callable[[str], bool]


def _names_fruits(text: str) -> bool:
    return len({w.casefold() for w in PROSE_WORD.findall(text)} & FRUITS) >= 3


def _says_yes_or_no(text: str) -> bool:
    return re.match(r"\W*(yes|no)\b", text, re.IGNORECASE) is not None


def _copies(line: str) -> Callable[[str], bool]:
    return lambda text: " ".join(line.casefold().split()) in " ".join(text.casefold().split())


COPIED_LINE = "The blue cup is on the second shelf."
PLAIN_TASKS = (
    PlainTask("Name three fruits.", _names_fruits),
    PlainTask("Is ice cold? Answer only with yes or no.", _says_yes_or_no),
    PlainTask(f"Copy this line exactly: {COPIED_LINE}", _copies(COPIED_LINE)),
)


def end_probability(generator: Generator, test: Sequence[Example], strength: float) -> float:
    """Return the median probability of an end after a held-out answer that is complete.

    Only the last row of each text counts, because others are continued in another row.
    """
    generator.strength = strength
    last = {e.source_id: e for e in test}
    rows = list(last.values())[:MOST_ENDS]
    losses = [generator.score(row.messages, only_end=True)[0] for row in rows]
    return math.exp(-statistics.median(losses))


def neutral_loss(generator: Generator, texts: Sequence[str], strength: float) -> float | None:
    """Return the loss per token on texts by other people, None without texts."""
    generator.strength = strength
    total, tokens = 0.0, 0
    for text in texts[:NEUTRAL_TEXTS]:
        messages = (Message("user", NEUTRAL_REQUEST), Message("assistant", text))
        loss, count = generator.score(messages)
        total, tokens = total + loss, tokens + count
    return total / tokens if tokens else None


def try_plain_tasks(generator: Generator, strength: float) -> list[bool]:
    """Return for each plain task whether the model does it, with greedy decoding."""
    tasks = [[Message("user", task.request)] for task in PLAIN_TASKS]
    results = generator.generate_many(
        tasks,
        [0] * len(tasks),
        max_tokens=PROBE_TOKENS,
        temperature=0.0,
        strength=strength,
    )
    return [task.is_done(r.text) for task, r in zip(PLAIN_TASKS, results, strict=True)]
