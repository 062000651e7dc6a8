"""Recipes: training settings that go together, and the data they are meant for."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from morris_mlx.models.catalog import WINDOW
from morris_mlx.records.training import TrainSettings

# Long texts fill the window one by one; a writer's whole range takes all seven linears.
ARTICLES_RECIPE = TrainSettings(
    epochs=2, rank=16, alpha=32.0, dropout=0.1, learning_rate=1e-4, batch_size=1, accumulate=8
)
# Turns of a chat are short and many: more of them at once, fewer parameters against learning them
# by heart, and epochs until the held-out loss stops falling.
CHATS_RECIPE = TrainSettings(
    epochs=10,
    rank=8,
    alpha=32.0,
    dropout=0.05,
    learning_rate=2e-4,
    batch_size=4,
    accumulate=4,
    targets="attention",
    patience=3,  # looks: one epoch and a half without a better one
)
CHATS_WINDOW = 512  # tokens: some dozen turns; longer rows cost memory and add little
# A base a thousand times smaller knows a thousand times less: it needs a higher rate, smaller
# steps, and the output layer too, for words that its old books never had. One of several trials
# on the sample columns whose held-out losses were alike (one seed each); one epoch is what fits
# into the demo's minutes.
PRACTICE_RECIPE = TrainSettings(
    epochs=1,
    rank=16,
    alpha=32.0,
    dropout=0.05,
    learning_rate=4e-3,
    batch_size=1,
    accumulate=2,
    targets="all+head",
)
# The sample chats have fewer tokens than the columns, in two languages: more passes over them;
# six of them were no better on the test (one seed each).
PRACTICE_CHATS_RECIPE = replace(PRACTICE_RECIPE, epochs=4)
ARTICLES, CHATS, PRACTICE = "articles", "chats", "practice"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings that go together, and what they expect of base and dataset.

    `bits` a weight of the base (0 = any); `window` the longest row, in tokens, that the recipe is
    meant for (0 = the base's); `reason` says in words what it is for.
    """

    name: str
    settings: TrainSettings
    reason: str
    bits: int = 0
    window: int = 0


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(ARTICLES, ARTICLES_RECIPE, "long texts, one at a time", window=WINDOW),
        Recipe(CHATS, CHATS_RECIPE, "short turns, many at a time", bits=4, window=CHATS_WINDOW),
        Recipe(PRACTICE, PRACTICE_RECIPE, "the embedded practice base"),
    )
}


def steps_per_epoch(settings: TrainSettings, rows: int) -> int:
    """Optimiser steps that see every one of `rows` once; the last may be a smaller one."""
    return math.ceil(math.ceil(rows / settings.batch_size) / settings.accumulate)
