"""The printed form of a training plan: `morris train --dry-run`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from morris_mlx.cli.output import print_json, print_table
from morris_mlx.pipeline.train_plan import TrainPlan


def plan_as_json(plan: TrainPlan) -> dict[str, Any]:
    """Return a plan as JSON values."""
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


def print_plan(plan: TrainPlan, as_json: bool) -> None:
    """Print every setting of a plan and its origin, the steps, and mlx-lm's nearest command."""
    if as_json:
        print_json(plan_as_json(plan))
        return
    settled, recipe = plan.settled, plan.settled.choice.recipe
    settings = settled.settings
    bits = f"{recipe.bits} bits" if recipe.bits else "any"
    window = f"up to {recipe.window} tokens" if recipe.window else "what the base reads"
    rows = ", ".join(f"{count} {split}" for split, count in plan.rows.items())
    print(f"Recipe   {recipe.name}: {recipe.reason} ({settled.choice.why})")
    print(f"Base     {plan.base} (the recipe wants: {bits})")
    print(f"Rows     {rows}; window {plan.window} tokens (the recipe wants: {window})")
    print(
        f"Steps    {settings.epochs} x {plan.steps_per_epoch} = {plan.steps} optimizer steps of "
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
