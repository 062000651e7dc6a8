"""The options of `morris train`: one for every field of TrainSettings, of the same name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from morris_mlx.defaults import ADAPTER_NAME
from morris_mlx.records.training import FINE_TUNE_TYPES, RECOMPUTE, TARGETS
from morris_mlx.train.recipes import RECIPES

NameOption = Annotated[
    str | None, typer.Option("--name", help=f"The adapter's name. Default: {ADAPTER_NAME}.")
]
RecipeOption = Annotated[
    str | None,
    typer.Option(
        "--recipe",
        metavar="|".join(RECIPES),
        help="Default: the one that fits base and dataset. The options from here on change it.",
    ),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        help="A YAML file with these settings, in mlx-lm's key names or in these. "
        "Options win over it.",
    ),
]
Epochs = Annotated[int | None, typer.Option("--epochs", help="Passes over all rows, at most.")]
FineTuneTypeOption = Annotated[
    str | None,
    typer.Option(
        "--fine-tune-type", metavar="|".join(FINE_TUNE_TYPES), help="The kind of adapter."
    ),
]
TargetsOption = Annotated[
    str | None,
    typer.Option(
        "--targets",
        metavar="|".join(TARGETS),
        help="What learns: attention's four linears, all seven of a block, or the head too.",
    ),
]
Layers = Annotated[
    int | None,
    typer.Option(
        "--layers", "--num-layers", help="How many of the last blocks learn; 0 or -1 is all."
    ),
]
Rank = Annotated[int | None, typer.Option("--rank", "-r", help="LoRA rank.")]
Alpha = Annotated[float | None, typer.Option("--alpha", help="LoRA alpha; scale is alpha / rank.")]
DropoutOption = Annotated[float | None, typer.Option("--dropout", help="LoRA dropout.")]
LearningRate = Annotated[
    float | None, typer.Option("--learning-rate", "--lr", help="The highest rate.")
]
Warmup = Annotated[
    float | None, typer.Option("--warmup", help="Share of the steps in which the rate rises.")
]
WeightDecay = Annotated[float | None, typer.Option("--weight-decay", help="AdamW's weight decay.")]
ClipNorm = Annotated[
    float | None, typer.Option("--clip-norm", help="Largest norm of a gradient; 0 is no limit.")
]
BatchSize = Annotated[int | None, typer.Option("--batch-size", help="Rows at once.")]
Accumulate = Annotated[
    int | None,
    typer.Option(
        "--accumulate", "--grad-accumulation-steps", help="Batches for one optimiser step."
    ),
]
ValidateEvery = Annotated[
    int | None,
    typer.Option(
        "--validate-every",
        "--steps-per-eval",
        help="Optimiser steps between looks at the held-out loss; 0 is twice an epoch.",
    ),
]
Patience = Annotated[
    int | None,
    typer.Option("--patience", help="End after so many looks without a better one; 0 is never."),
]
SaveEvery = Annotated[
    int | None,
    typer.Option("--save-every", help="Optimiser steps between checkpoints; 0 is at every look."),
]
RecomputeOption = Annotated[
    str | None,
    typer.Option(
        "--recompute",
        metavar="|".join(RECOMPUTE),
        help="What is computed twice to save memory; it changes no result.",
    ),
]
GradCheckpoint = Annotated[
    bool, typer.Option("--grad-checkpoint", help="The same as --recompute full.")
]
CacheLimit = Annotated[
    float | None,
    typer.Option("--cache-limit-gb", help="Memory kept for reuse; 0 is as planned."),
]
SeedOption = Annotated[
    int | None, typer.Option("--seed", help="Chooses the start, the order and the dropout.")
]
Force = Annotated[
    bool,
    typer.Option("--force", help="Train even though the plan says that it needs too much memory."),
]
Resume = Annotated[
    str | None,
    typer.Option(
        "--resume", metavar="NAME", help="Go on from the last checkpoint of this adapter's run."
    ),
]
Replace = Annotated[bool, typer.Option("--replace", help="Train over an adapter of the same name.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done; train and write nothing.")
]
Detach = Annotated[
    bool,
    typer.Option(
        "--detach", help="Start it as a job that goes on without the terminal: see `morris jobs`."
    ),
]
