"""Which recipe, changed by what: a training's settings before it begins, and mlx-lm's words for it.

A flag wins over the file, the file over the recipe.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from morris_mlx.cli.output import print_table
from morris_mlx.errors import UsageError
from morris_mlx.models.catalog import PRACTICE_MODEL
from morris_mlx.models.families import LLAMA
from morris_mlx.records.corpus import CHAT_TASK, MIX_TASK, DatasetCard
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.loop import VALIDATIONS_PER_EPOCH
from morris_mlx.train.optimizer import FINAL_RATE
from morris_mlx.train.recipe_file import RecipeFile
from morris_mlx.train.recipes import ARTICLES, CHATS, PRACTICE, RECIPES, Recipe, steps_per_epoch

ALL_LAYERS = -1  # mlx-lm's word for all blocks; 0 is ours


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


@dataclass(frozen=True, slots=True)
class TrainPlan:
    """What `morris train` is about to do; `notes` are remarks with a next step."""

    name: str
    folder: Path
    base: str
    settled: Settled
    rows: Mapping[str, int]
    window: int
    notes: tuple[str, ...]
    command: str

    @property
    def steps_per_epoch(self) -> int:
        return steps_per_epoch(self.settled.settings, self.rows["train"])

    @property
    def steps(self) -> int:
        return self.steps_per_epoch * self.settled.settings.epochs


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


def plan_as_json(plan: TrainPlan) -> dict[str, Any]:
    settled, recipe = plan.settled, plan.settled.choice.recipe
    values = asdict(settled.settings)
    return {
        "dry_run": True,
        "name": plan.name,
        "folder": str(plan.folder),
        "model": plan.base,
        "recipe": recipe.name,
        "recipe_reason": settled.choice.why,
        "recipe_bits": recipe.bits,
        "recipe_window": recipe.window,
        "window": plan.window,
        "settings": {k: {"value": v, "from": settled.origins[k]} for k, v in values.items()},
        "scale": settled.settings.scale,
        "rows": dict(plan.rows),
        "steps_per_epoch": plan.steps_per_epoch,
        "steps": plan.steps,
        "notes": list(plan.notes),
        "mlx_lm_command": plan.command,
    }


def print_plan(plan: TrainPlan) -> None:
    settled, recipe = plan.settled, plan.settled.choice.recipe
    settings = settled.settings
    bits = f"{recipe.bits} bits" if recipe.bits else "any"
    window = f"up to {recipe.window} tokens" if recipe.window else "what the base reads"
    rows = ", ".join(f"{count} {split}" for split, count in plan.rows.items())
    print(f"Recipe   {recipe.name}: {recipe.reason} ({settled.choice.why})")
    print(f"Base     {plan.base} (the recipe wants: {bits})")
    print(f"Rows     {rows}; window {plan.window} tokens (the recipe wants: {window})")
    print(
        f"Steps    {settings.epochs} x {plan.steps_per_epoch} = {plan.steps} optimiser steps of "
        f"{settings.batch_size} x {settings.accumulate} rows"
    )
    print(f"Adapter  {plan.folder}\n")
    values = [(k, _shown(v), settled.origins[k]) for k, v in asdict(settings).items()]
    scale = ("scale", _shown(settings.scale), "alpha / rank")
    print_table([("setting", "value", "from"), *values, scale])
    print()
    for note in plan.notes:
        print(f"→ {note}")
    print("Nothing was trained and nothing was written.\n\nNearest in mlx-lm:\n")
    print(plan.command)


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def mlx_lm_command(
    settings: TrainSettings,
    model: str,
    dataset_folder: Path,
    adapter_folder: Path,
    steps: int,
    window: int,
    tied: bool = False,
) -> str:
    """The `mlx_lm.lora` command nearest to a training of `steps` optimiser steps.

    It can be pasted into a shell: mlx-lm takes LoRA's parameters from a YAML file only, which is
    here its standard input. `tied`: embedding and output layer of the model are one.
    """
    import yaml

    config = {
        "model": model,
        "data": str(dataset_folder),
        "adapter_path": str(adapter_folder),
        **_lora_config(settings, tied),
        **_optimizer_config(settings, steps),
        **_loop_config(settings, steps),
        "max_seq_length": window,
        "mask_prompt": True,
        "seed": settings.seed,
    }
    text = yaml.safe_dump(
        config, sort_keys=False, allow_unicode=True, width=10_000, default_flow_style=None
    )
    remarks = "".join(f"# - {line}\n" for line in _differences(settings, steps))
    return (  # the remarks stand within: zsh takes a pasted # for a command
        f"mlx_lm.lora --train --config /dev/stdin <<'YAML'\n"
        f"# Not the same there:\n{remarks}{text}YAML"
    )


def _lora_config(settings: TrainSettings, tied: bool) -> dict[str, Any]:
    return {
        "fine_tune_type": settings.fine_tune_type,
        "num_layers": settings.layers or ALL_LAYERS,
        "lora_parameters": {
            "rank": settings.rank,
            "scale": settings.scale,
            "dropout": settings.dropout,
            "keys": LLAMA.adapted_keys(settings.targets, tied),
        },
    }


def _optimizer_config(settings: TrainSettings, steps: int) -> dict[str, Any]:
    """The trainer's rates in mlx-lm's words: its warm-up begins above 0, so it is a step less."""
    rate, warmup = settings.learning_rate, warmup_steps(settings, steps)
    return {
        "optimizer": "adamw",
        "optimizer_config": {
            "adamw": {"weight_decay": settings.weight_decay, "bias_correction": True}
        },
        "learning_rate": rate,
        "lr_schedule": {
            "name": "cosine_decay",
            "arguments": [rate, max(1, steps - warmup), rate * FINAL_RATE],
            "warmup": warmup - 1,
            "warmup_init": rate / warmup,
        },
    }


def _loop_config(settings: TrainSettings, steps: int) -> dict[str, Any]:
    """Counted in batches, as mlx-lm does, and not in optimiser steps."""
    many, per_epoch = settings.accumulate, math.ceil(steps / settings.epochs)
    look = settings.validate_every or max(1, math.ceil(per_epoch / VALIDATIONS_PER_EPOCH))
    return {
        "batch_size": settings.batch_size,
        "grad_accumulation_steps": many,
        "iters": steps * many,
        "steps_per_report": many,
        "steps_per_eval": look * many,
        "val_batches": -1,
        "save_every": (settings.save_every or look) * many,
        "grad_checkpoint": settings.recompute == "full",
    }


def warmup_steps(settings: TrainSettings, steps: int) -> int:
    return max(1, round(settings.warmup * steps))


def _differences(settings: TrainSettings, steps: int) -> Sequence[str]:
    lines = [
        "steps are counted in batches: an optimiser step is grad_accumulation_steps of them",
        "of a row it learns the last answer alone, and a padding token after it",
        "rows that fill no whole batch are left out, and batches count alike, whatever they hold",
        "the last adapter is kept, not the best one; a run cannot end early",
    ]
    if warmup_steps(settings, steps) == 1:
        lines.append("the rate falls one step earlier")
    if settings.clip_norm:
        lines.append(f"gradients are not clipped (clip_norm {settings.clip_norm:g} here)")
    if settings.recompute == "attention":
        lines.append("attention is not computed again in the backward pass, which takes memory")
    if settings.cache_limit_gb:
        lines.append(f"the cache has no limit (cache_limit_gb {settings.cache_limit_gb:g} here)")
    return lines
