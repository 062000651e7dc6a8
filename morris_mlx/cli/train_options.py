"""Options of `morris train`: one for each field of TrainSettings, with the same name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from morris_mlx.defaults import ADAPTER_NAME
from morris_mlx.records.training import FINE_TUNE_TYPES, PACKING, RECOMPUTE, SELECT, TARGETS
from morris_mlx.train.recipes import RECIPES

NameOption = Annotated[
    str | None, typer.Option("--name", help=f"The adapter's name. Default: {ADAPTER_NAME}.")
]
RecipeOption = Annotated[
    str | None,
    typer.Option(
        "--recipe",
        metavar="|".join(RECIPES),
        help="Preset of the settings below. Default: the one for the base and the dataset.",
    ),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        help="YAML file with settings, under these names or mlx-lm's. Options override it.",
    ),
]
Epochs = Annotated[
    int | None, typer.Option("--epochs", help="Maximum number of passes over all rows.")
]
FineTuneTypeOption = Annotated[
    str | None,
    typer.Option("--fine-tune-type", metavar="|".join(FINE_TUNE_TYPES), help="Type of adapter."),
]
TargetsOption = Annotated[
    str | None,
    typer.Option(
        "--targets",
        metavar="|".join(TARGETS),
        help="Layers that get LoRA: those of attention; all linear layers of a block; these and "
        "the output layer; or these and the experts of a model that has some.",
    ),
]
Layers = Annotated[
    int | None,
    typer.Option(
        "--layers",
        "--num-layers",
        help="Number of blocks that get LoRA, counted from the last; 0 or -1: all.",
    ),
]
Rank = Annotated[
    int | None, typer.Option("--rank", "-r", help="LoRA rank: size of the adapter's matrices.")
]
Alpha = Annotated[float | None, typer.Option("--alpha", help="LoRA alpha; scale is alpha / rank.")]
DropoutOption = Annotated[float | None, typer.Option("--dropout", help="LoRA dropout, 0 to 0.95.")]
LearningRate = Annotated[
    float | None, typer.Option("--learning-rate", "--lr", help="Peak learning rate.")
]
Warmup = Annotated[
    float | None,
    typer.Option("--warmup", help="Share of steps with a rising learning rate, 0 to 1."),
]
WeightDecay = Annotated[float | None, typer.Option("--weight-decay", help="AdamW's weight decay.")]
ClipNorm = Annotated[
    float | None, typer.Option("--clip-norm", help="Maximum gradient norm; 0: no limit.")
]
BatchSize = Annotated[int | None, typer.Option("--batch-size", help="Rows in a batch.")]
Accumulate = Annotated[
    int | None,
    typer.Option("--accumulate", "--grad-accumulation-steps", help="Batches in an optimizer step."),
]
ValidateEvery = Annotated[
    int | None,
    typer.Option(
        "--validate-every",
        "--steps-per-eval",
        help="Optimizer steps between validations; 0: two validations an epoch.",
    ),
]
Patience = Annotated[
    int | None,
    typer.Option(
        "--patience", help="Stop after this many validations without improvement; 0: never."
    ),
]
SaveEvery = Annotated[
    int | None,
    typer.Option(
        "--save-every", help="Optimizer steps between checkpoints; 0: at every validation."
    ),
]
RecomputeOption = Annotated[
    str | None,
    typer.Option(
        "--recompute",
        metavar="|".join(RECOMPUTE),
        help="Activations to recompute in the backward pass, to save memory. Same results.",
    ),
]
PackingOption = Annotated[
    str | None,
    typer.Option(
        "--packing",
        metavar="|".join(PACKING),
        help="Compute the rows of a batch one after the other, without padding. Same results. "
        "auto: on a CPU.",
    ),
]
SelectOption = Annotated[
    str | None,
    typer.Option(
        "--select",
        metavar="|".join(SELECT),
        help="The validation whose adapter is kept: that with the lowest held-out loss, or that "
        "whose answers are most like you, if its loss is at most 2 % above the lowest. Default: "
        "loss.",
    ),
]
GradCheckpoint = Annotated[
    bool, typer.Option("--grad-checkpoint", help="The same as --recompute full.")
]
CacheLimit = Annotated[
    float | None,
    typer.Option("--cache-limit-gb", help="Limit of MLX's memory cache in GB; 0: as planned."),
]
SeedOption = Annotated[
    int | None,
    typer.Option(
        "--seed", help="Random seed of the initial weights, the order of rows and the dropout."
    ),
]
Force = Annotated[
    bool,
    typer.Option("--force", help="Train even if the plan says that there is too little memory."),
]
Resume = Annotated[
    str | None,
    typer.Option(
        "--resume",
        metavar="NAME",
        help="Resume the training of this adapter from its last checkpoint.",
    ),
]
Replace = Annotated[bool, typer.Option("--replace", help="Replace an adapter of the same name.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print the settings and the steps, and train nothing.")
]
Detach = Annotated[
    bool,
    typer.Option("--detach", help="Run in the background and return; see `morris jobs`."),
]
