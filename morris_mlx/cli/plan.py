"""`morris plan`: estimate the memory and the time of a training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from morris_mlx.cli import train_options as option
from morris_mlx.cli.options import Json, ModelToPlan
from morris_mlx.cli.output import print_json, print_table
from morris_mlx.device import sold_size
from morris_mlx.errors import RefusedError
from morris_mlx.models.catalog import PRACTICE_MODEL
from morris_mlx.pipeline.disk_needs import describe_disk
from morris_mlx.pipeline.train_plan import (
    MemoryPlanRequest,
    plan_memory,
)
from morris_mlx.project.folder import current_project

if TYPE_CHECKING:
    from morris_mlx.train import MemoryPlan

TOKENS = 100_000  # about 75,000 words: the time is given for these if there is no dataset
PARTS = {
    "weights": "weights_gb",
    "adapter": "adapter_gb",
    "gradients, optimizer": "optimizer_gb",
    "activations": "activations_gb",
    "logits, loss": "loss_gb",
    "PEAK": "predicted_peak_gb",
    "cache": "cache_gb",
    "headroom": "headroom_gb",
    "NEEDED": "needed_gb",
    "usable": "usable_gb",
}


def plan(
    model: ModelToPlan = None,
    memory: Annotated[
        str | None,
        typer.Option(
            "--memory",
            metavar="SIZE",
            help="Memory to plan for, such as 8GB. Default: this machine's.",
        ),
    ] = None,
    data_free: Annotated[
        bool,
        typer.Option(
            "--data-free", help="Plan for rows as long as the window, not for those of the dataset."
        ),
    ] = False,
    window: Annotated[
        int | None,
        typer.Option("--window", "--max-seq-length", min=32, help="Maximum row length in tokens."),
    ] = None,
    bits: Annotated[
        int | None,
        typer.Option(
            "--bits",
            metavar="4|8|16",
            help="Bits per weight of the base. Default: those of --model.",
        ),
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
    packing: option.PackingOption = None,
    cache_limit_gb: option.CacheLimit = None,
    as_json: Json = False,
) -> None:
    """Estimate the memory, time and disk space of a training.

    Nothing is loaded or downloaded. Settings that cost no quality are lowered first: the cache,
    the rows in a batch, the stored activations. Fewer bits, shorter rows and fewer layers are only
    proposed. The exit code is 4 if nothing fits. A base that `morris train` refuses is refused
    here, too.

    \b
    Example:
        morris plan --model zephyr --memory 8GB
    """
    given: dict[str, Any] = {
        "fine_tune_type": fine_tune_type,
        "targets": targets,
        "layers": layers if layers is None else max(0, layers),  # mlx-lm's -1 means all
        "rank": rank,
        "dropout": dropout,
        "batch_size": batch_size,
        "accumulate": accumulate,
        "recompute": recompute,
        "packing": packing,
        "cache_limit_gb": cache_limit_gb,
    }
    changes = {key: value for key, value in given.items() if value is not None}
    request = MemoryPlanRequest(model, recipe, memory, data_free, window, bits, changes)
    planned = plan_memory(current_project(), request)
    made, base, rows = planned.plan, planned.base, planned.rows
    if as_json:
        values = {"model": base, "rows": rows, **asdict(made), "disk": asdict(planned.disk)}
        print_json(values | {"notes": list(planned.notes)})
    else:
        show(made, base, rows)
        if disk := describe_disk(planned.disk):
            print(disk)
        for note in planned.notes:
            print(f"→ {note}")
        if step := _next_step(made, request, base, rows, [*_flags(model, given)]):
            print(f"Next: {step}")
    if not made.fits:
        raise typer.Exit(RefusedError.exit_code)


def _flags(model: str | None, given: Mapping[str, Any]) -> Iterator[str]:
    """Yield the options of `morris train` that were given to the plan."""
    if model is not None:
        yield f"--model {model}"
    for name, value in given.items():
        if value is not None:
            yield f"--{name.replace('_', '-')} {value}"


def _next_step(
    plan: MemoryPlan, request: MemoryPlanRequest, base: str, rows: int, flags: Sequence[str]
) -> str:
    """Return the command after the plan, "" where nothing fits."""
    if not plan.fits or request.memory:  # or the plan is for another machine
        return ""
    if request.bits and base != PRACTICE_MODEL:  # that one is not converted
        return f"morris convert {base} --bits {request.bits}"
    if request.window:
        return f"morris prepare --model {base} --window {request.window}"
    if plan.proposals:
        return "the commands above, in this order, then morris train"
    return " ".join(["morris train", *flags]) if rows else f"morris prepare --model {base}"


def show(plan: MemoryPlan, base: str, rows: int) -> None:
    """Print the table, the verdict, changed and proposed settings, and the time."""
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
    size = sold_size(plan.memory_gb)
    if not plan.fits:
        return f"Does not fit on {size}, not even with" + (":" if plan.changes else " less.")
    if plan.proposals:
        return f"Does not fit on {size} as it is. It fits with:"
    return f"Fits on {size}" + (" with:" if plan.changes else ".")


def _time(plan: MemoryPlan) -> str:
    digits = 0 if plan.tokens_per_second >= 10 else 2
    speed = f"about {plan.tokens_per_second:,.{digits}f} tokens a second"
    if plan.seconds is None:
        seconds = TOKENS / plan.tokens_per_second
        return f"Speed, roughly: {speed}; {TOKENS:,} tokens take {_in_words(seconds)}."
    return f"Time, roughly: {_in_words(plan.seconds)} ({speed})."


def _in_words(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    if seconds < 5400:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"
