"""Training recipes: settings that belong together, and how the settings of a run are chosen."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from morris_mlx.errors import UsageError
from morris_mlx.models.catalog import MODEL_ALIASES, PRACTICE_MODEL, SMOLLM2_MODEL, WINDOW
from morris_mlx.records.corpus import CHAT_TASK, NOT_BY_THE_WRITER, DatasetCard
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.recipe_file import RecipeFile

ALL_LAYERS = -1  # mlx-lm's number for all blocks; Morris's is 0
VALIDATIONS_PER_EPOCH = 2
FINAL_RATE = 0.1  # the share of the learning rate at the end of the cosine

# Long texts fill the window one by one; a writer's whole range needs all seven linear layers.
ARTICLES_RECIPE = TrainSettings(
    epochs=2,
    rank=16,
    alpha=32.0,
    dropout=0.1,
    learning_rate=1e-4,
    batch_size=1,
    accumulate=8,
    packing="auto",
)
# The turns of a chat are short and many: larger batches, fewer parameters against memorization, and
# epochs until the held-out loss stops falling.
CHATS_RECIPE = TrainSettings(
    epochs=10,
    rank=8,
    alpha=32.0,
    dropout=0.05,
    learning_rate=2e-4,
    batch_size=4,
    accumulate=4,
    targets="attention",
    patience=3,  # validations: an epoch and a half without improvement
    packing="auto",
)
CHATS_WINDOW = 512  # tokens, some dozen turns; longer rows need memory and add little
# A base a thousand times smaller has learned much less: it needs a higher rate, smaller steps, and
# the output layer too, for words that its old books do not have. Several trials on sample columns
# had similar held-out losses (one seed each); one epoch fits into the minutes of the demo.
PRACTICE_RECIPE = TrainSettings(
    epochs=1,
    rank=16,
    alpha=32.0,
    dropout=0.05,
    learning_rate=4e-3,
    batch_size=1,
    accumulate=2,
    targets="all+head",
    packing="auto",
)
# The sample chats have fewer tokens than the columns, in two languages, so they get more epochs;
# six were no better on the test rows (one seed each).
PRACTICE_CHATS_RECIPE = replace(PRACTICE_RECIPE, epochs=4)
# Found with scripts/bench/recipes.py, which prints the table of what was tried.
SMOLLM2_RECIPE = TrainSettings(
    epochs=1,
    rank=8,
    alpha=16.0,
    dropout=0.05,
    learning_rate=2e-3,
    batch_size=1,
    accumulate=2,
    recompute="none",  # the model is small enough
    packing="auto",
)
SMOLLM2_CHATS_RECIPE = replace(SMOLLM2_RECIPE, epochs=2, batch_size=4, accumulate=1)
ARTICLES, CHATS, PRACTICE = "articles", "chats", "practice"
SMOLLM2, SMOLLM2_CHATS = "smollm2", "smollm2-chats"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings that belong together, and the base and dataset that they are meant for.

    `bits` is the precision of the base's weights (0: any), `window` the longest row in tokens (0:
    the window of the base), and `reason` describes the use of the recipe.
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
        Recipe(SMOLLM2, SMOLLM2_RECIPE, "texts on SmolLM2", window=WINDOW),
        Recipe(SMOLLM2_CHATS, SMOLLM2_CHATS_RECIPE, "chats on SmolLM2", window=CHATS_WINDOW),
    )
}


def steps_per_epoch(settings: TrainSettings, rows: int) -> int:
    """Return the optimizer steps in which every row is used once; the last may be smaller."""
    return math.ceil(math.ceil(rows / settings.batch_size) / settings.accumulate)


@dataclass(frozen=True, slots=True)
class Choice:
    """A recipe and the reason for choosing it, for the user."""

    recipe: Recipe
    why: str


@dataclass(frozen=True, slots=True)
class Settled:
    """The settings of a training, and the origin of each field."""

    choice: Choice
    settings: TrainSettings
    origins: Mapping[str, str]


def choose_recipe(base: str, card: DatasetCard, wanted: str = "") -> Choice:
    """Return the requested recipe, or the one for the base and for most rows of the dataset.

    Raises:
        UsageError: If there is no recipe of this name.
    """
    if wanted:
        if wanted not in RECIPES:
            near = difflib.get_close_matches(wanted, RECIPES, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise UsageError(
                f"There is no recipe {wanted!r}. Choose one of: {', '.join(RECIPES)}.{hint}"
            )
        return Choice(RECIPES[wanted], "asked for")
    if base == PRACTICE_MODEL:
        return Choice(RECIPES[PRACTICE], "the practice base has its own")
    # General rows, mixed in against forgetting, and planted ones do not count as the writer's.
    rows = card.rows.get("train", ())
    tasks = [task for _, task in rows if task not in NOT_BY_THE_WRITER]
    chats = tasks.count(CHAT_TASK)
    name, count = (CHATS, chats) if 2 * chats > len(tasks) else (ARTICLES, len(tasks) - chats)
    why = f"{count:,} of {len(tasks):,} rows to learn are of {name}"
    if is_smollm2(base):
        own = SMOLLM2_CHATS if name == CHATS else SMOLLM2
        return Choice(RECIPES[own], f"SmolLM2 has its own, and {why}")
    return Choice(RECIPES[name], why)


def is_smollm2(base: str) -> bool:
    """Return True for the names of SmolLM2-135M-Instruct: alias, repository, folder or file."""
    name = SMOLLM2_MODEL.rpartition("/")[2]
    return name.casefold() in MODEL_ALIASES.get(base, base).casefold()


def settle(choice: Choice, file: RecipeFile, flags: Mapping[str, Any]) -> Settled:
    """Return the recipe's settings, overridden by those of the file and then by the flags.

    The scale of a file stays the same if a flag changes the rank, unless a flag sets alpha.
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
    """Return a remark if the dataset's window is longer than the recipe's, or ""."""
    if not recipe.window or window <= recipe.window:
        return ""
    return (
        f"Recipe {recipe.name} is meant for rows of up to {recipe.window} tokens; the dataset's "
        f"may have {window}. For shorter ones: `morris prepare --max-seq-length {recipe.window}`."
    )
