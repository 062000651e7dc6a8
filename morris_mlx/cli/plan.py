"""`morris plan`: whether a training fits into a machine, before anything is loaded or fetched."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from morris_mlx.cli import train_options as option
from morris_mlx.cli.options import Json, ModelToPlan
from morris_mlx.cli.output import print_json, print_table
from morris_mlx.errors import MissingError, RefusedError, UsageError
from morris_mlx.models.catalog import WINDOW, default_model
from morris_mlx.pipeline.train_plan import read_row_lengths, read_shape, recipe_settings
from morris_mlx.project.datasets import find_dataset, read_card
from morris_mlx.project.folder import Project, current_project
from morris_mlx.records.corpus import DatasetCard

if TYPE_CHECKING:
    from morris_mlx.train import MemoryPlan

PARTS = {
    "weights": "weights_gb",
    "adapter": "adapter_gb",
    "gradients, optimiser": "optimizer_gb",
    "activations": "activations_gb",
    "logits, loss": "loss_gb",
    "PEAK": "predicted_peak_gb",
    "cache": "cache_gb",
    "headroom": "headroom_gb",
    "NEEDED": "needed_gb",
    "usable": "usable_gb",
}
GIB = 2**30 / 1e9
BITS = (4, 8, 16)  # of a weight of the base


def plan(
    model: ModelToPlan = None,
    memory: Annotated[
        str | None,
        typer.Option(
            "--memory",
            metavar="SIZE",
            help="The memory to plan for, like 8GB. Default: this machine.",
        ),
    ] = None,
    data_free: Annotated[
        bool,
        typer.Option(
            "--data-free", help="Plan for rows as long as the window, not for the dataset's."
        ),
    ] = False,
    window: Annotated[
        int | None,
        typer.Option("--window", "--max-seq-length", min=32, help="Longest row in tokens."),
    ] = None,
    bits: Annotated[
        int | None,
        typer.Option("--bits", metavar="4|8|16", help="How many bits a weight of the base has."),
    ] = None,
    recipe: option.RecipeOption = None,
    fine_tune_type: option.FineTuneTypeOption = None,
    targets: option.TargetsOption = None,
    layers: option.Layers = None,
    rank: option.Rank = None,
    dropout: option.DropoutOption = None,
    batch_size: option.BatchSize = None,
    accumulate: option.Accumulate = None,
    recompute: option.RecomputeOption = None,
    cache_limit_gb: option.CacheLimit = None,
    as_json: Json = False,
) -> None:
    """Say whether a training fits, how long it may take, and which settings fit.

    Nothing is loaded or downloaded. What costs no quality is given up first: cache, rows at once,
    keeping what can be computed again. Fewer bits, shorter rows and fewer layers are proposed.
    Exits with 4 when nothing fits.

    \b
    Example:
        morris plan --model zephyr --memory 8GB
    """
    from morris_mlx.train import PlanRequest, mac, memory_gb_from_text, plan_training, this_machine

    project = current_project()
    card = None if data_free else _card(project)
    base = model or (card.model if card else default_model())
    given: dict[str, Any] = {
        "fine_tune_type": fine_tune_type,
        "targets": targets,
        "layers": layers if layers is None else max(0, layers),  # -1 is mlx-lm's word for all
        "rank": rank,
        "dropout": dropout,
        "batch_size": batch_size,
        "accumulate": accumulate,
        "recompute": recompute,
        "cache_limit_gb": cache_limit_gb,
    }
    changes = {key: value for key, value in given.items() if value is not None}
    settings = replace(recipe_settings(base, card, recipe), **changes)
    machine = mac(memory_gb_from_text(memory)) if memory else this_machine()
    shape, reach = read_shape(base)
    if bits is not None and bits != shape.bits:
        if bits not in BITS:
            raise UsageError(f"--bits is {bits}; it must be 4, 8 or 16.")
        shape = shape.with_bits(bits)
    if settings.layers > shape.layers:
        raise UsageError(f"--layers is {settings.layers} and {base} has {shape.layers} blocks.")
    if window is not None and window > reach:
        raise UsageError(f"--window is {window}, but {base} reads {reach} tokens.")
    window = window or (card.window if card else min(WINDOW, reach))
    rows = read_row_lengths(project, base, card) if card else ()
    made = plan_training(PlanRequest(shape, window, machine, rows, base), settings, propose=True)
    if as_json:
        print_json({"model": base, "rows": len(rows), **asdict(made)})
    else:
        show(made, base, len(rows))
    if not made.fits:
        raise typer.Exit(RefusedError.exit_code)


def _card(project: Project) -> DatasetCard | None:
    with suppress(MissingError):
        return read_card(find_dataset(project))
    return None


def show(plan: MemoryPlan, base: str, rows: int) -> None:
    """The table, the verdict, what was changed, what is proposed, and how long it may take."""
    settings = plan.settings
    what = f"{rows} rows of the dataset" if rows else f"rows of {plan.window} tokens"
    print(
        f"{base} in {plan.bits} bits, {what}; {settings.fine_tune_type} of rank {settings.rank} on "
        f"{settings.targets}: {plan.trainable_parameters:,} parameters\n"
    )
    print_table(
        [
            ("at the peak", "GB"),
            *((name, f"{getattr(plan, key):.2f}") for name, key in PARTS.items()),
        ]
    )
    if len(plan.buckets) > 1:
        print()
        print_table(
            [
                ("rows padded to", "peak GB"),
                *((f"{b.width} tokens", f"{b.peak_gb:.2f}") for b in plan.buckets),
            ]
        )
    print(f"\n{_verdict(plan)}")
    for line in (*plan.proposals, *plan.changes):
        print(f"  {line}")
    print(_time(plan))


def _verdict(plan: MemoryPlan) -> str:
    size = f"{plan.memory_gb / GIB:.3g} GB"
    if not plan.fits:
        return f"Does not fit on {size}, not even with" + (":" if plan.changes else " less.")
    if plan.proposals:
        return f"Does not fit on {size} as it is. It fits with:"
    return f"Fits on {size}" + (" with:" if plan.changes else ".")


def _time(plan: MemoryPlan) -> str:
    digits = 0 if plan.tokens_per_second >= 10 else 2
    speed = f"about {plan.tokens_per_second:,.{digits}f} tokens a second"
    if plan.seconds is None:
        return f"Speed, roughly: {speed}."
    if plan.seconds < 90:
        return f"Time, roughly: {plan.seconds:.0f} seconds ({speed})."
    if plan.seconds < 5400:
        return f"Time, roughly: {plan.seconds / 60:.0f} minutes ({speed})."
    return f"Time, roughly: {plan.seconds / 3600:.1f} hours ({speed})."
