"""Recipes: training settings that go together, and the data they are meant for."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from morris_mlx.errors import UsageError
from morris_mlx.models.catalog import PRACTICE_MODEL, WINDOW
from morris_mlx.records.corpus import CHAT_TASK, MIX_TASK, DatasetCard
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.recipe_file import RecipeFile

ALL_LAYERS = -1  # mlx-lm's word for all blocks; 0 is ours
VALIDATIONS_PER_EPOCH = 2
FINAL_RATE = 0.1  # share of the learning rate that the cosine ends at

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


@dataclass(frozen=True, slots=True)
class Choice:
    """A recipe and, in words, why it is this one."""

    recipe: Recipe
    why: str


@dataclass(frozen=True, slots=True)
class Settled:
    """The settings of a training, and of each field where it came from."""

    choice: Choice
    settings: TrainSettings
    origins: Mapping[str, str]


def choose_recipe(base: str, card: DatasetCard, wanted: str = "") -> Choice:
    """The recipe that was asked for, else the practice base's own, else the one of most rows."""
    if wanted:
        if wanted not in RECIPES:
            near = difflib.get_close_matches(wanted, RECIPES, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise UsageError(f"No recipe {wanted!r}. There is: {', '.join(RECIPES)}.{hint}")
        return Choice(RECIPES[wanted], "asked for")
    if base == PRACTICE_MODEL:
        return Choice(RECIPES[PRACTICE], "the practice base has its own")
    # What was mixed in against forgetting says nothing about the writer's rows.
    tasks = [task for _, task in card.rows.get("train", ()) if task != MIX_TASK]
    chats = tasks.count(CHAT_TASK)
    name, count = (CHATS, chats) if 2 * chats > len(tasks) else (ARTICLES, len(tasks) - chats)
    return Choice(RECIPES[name], f"{count:,} of {len(tasks):,} rows to learn are of {name}")


def settle(choice: Choice, file: RecipeFile, flags: Mapping[str, Any]) -> Settled:
    """The recipe with the file's settings over it and the flags over both.

    A file's scale stays as it is when a flag changes the rank, unless a flag gives alpha.
    """
    given = {**file.settings, **flags}
    if file.scale is not None and "alpha" not in flags:
        given["alpha"] = file.scale * float(given.get("rank", choice.recipe.settings.rank))
    if given.get("layers") == ALL_LAYERS:
        given["layers"] = 0
    origins = dict.fromkeys((field.name for field in fields(TrainSettings)), "recipe")
    origins |= dict.fromkeys(given, "file") | dict.fromkeys(flags, "flag")
    return Settled(choice, replace(choice.recipe.settings, **given), origins)


def window_note(recipe: Recipe, window: int) -> str:
    if not recipe.window or window <= recipe.window:
        return ""
    return (
        f"Recipe {recipe.name} is meant for rows of up to {recipe.window} tokens; the dataset's "
        f"may have {window}. For shorter ones: `morris prepare --max-seq-length {recipe.window}`."
    )
