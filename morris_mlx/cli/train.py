"""`morris train`: data/dataset/ → adapters/NAME/."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, Any

import typer

from morris_mlx import store
from morris_mlx.cli.options import Json, ModelToTrain
from morris_mlx.cli.output import print_json
from morris_mlx.cli.training import describe, figures, run_training
from morris_mlx.errors import RefusedError, StoppedError, UsageError
from morris_mlx.settings import ADAPTER_NAME, SAMPLE_ADAPTER, Project, current_project, recipe_for

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
FROM_RECIPE = "Default: the model's recipe."


def train(
    name: Annotated[str, typer.Option("--name", help="The adapter's name.")] = ADAPTER_NAME,
    model: ModelToTrain = None,
    epochs: Annotated[int | None, typer.Option(help=f"Passes over the rows. {FROM_RECIPE}")] = None,
    rank: Annotated[
        int | None, typer.Option("--rank", "-r", help=f"LoRA rank. {FROM_RECIPE}")
    ] = None,
    alpha: Annotated[
        float | None, typer.Option(help=f"LoRA alpha; scale is alpha / rank. {FROM_RECIPE}")
    ] = None,
    dropout: Annotated[float | None, typer.Option(help=f"LoRA dropout. {FROM_RECIPE}")] = None,
    learning_rate: Annotated[
        float | None, typer.Option("--learning-rate", "--lr", help=f"Highest rate. {FROM_RECIPE}")
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option("--batch-size", help=f"Rows at once. {FROM_RECIPE}")
    ] = None,
    accumulate: Annotated[
        int | None,
        typer.Option(
            "--accumulate",
            "--grad-accumulation-steps",
            help=f"Batches for one optimiser step. {FROM_RECIPE}",
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Of the start, the order and the dropout.")
    ] = None,
    replace_adapter: Annotated[
        bool, typer.Option("--replace", help="Train over an adapter of the same name.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Fine-tune a LoRA adapter on the dataset; the best one by held-out loss is kept.

    Ctrl-C finishes the step, keeps the best adapter so far and exits with 130; a second one
    stops at once. The recipe for Zephyr: 2 epochs, rank 16, alpha 32, dropout 0.1, learning rate
    1e-4, batch 1 x 8.

    \b
    Example:
        morris train --name mine --model practice --epochs 2
    """
    project = current_project()
    folder = store.find_dataset(project)
    card = store.read_card(folder)
    base = model or card.model
    given: dict[str, Any] = {
        "epochs": epochs,
        "rank": rank,
        "alpha": alpha,
        "dropout": dropout,
        "learning_rate": learning_rate,
        "batch_size": batch_size,
        "accumulate": accumulate,
        "seed": seed,
    }
    chosen = {key: value for key, value in given.items() if value is not None}
    settings = replace(recipe_for(base), **chosen)
    check_name(project, name, replace_adapter)
    run = run_training(project, name, base, card, settings)
    if as_json:
        print_json({"folder": str(project.adapter(name)), **figures(run)})
    else:
        print(describe(run, project))
    if run.stopped:
        raise StoppedError(
            f"Stopped before the end; the best adapter so far is in {project.adapter(name)}."
        )


def check_name(project: Project, name: str, replace_adapter: bool) -> None:
    if not NAME.fullmatch(name):
        raise UsageError(f"--name is {name!r}; use letters, digits, '.', '_' and '-' (at most 64).")
    if name == SAMPLE_ADAPTER:
        raise UsageError(
            f"{SAMPLE_ADAPTER!r} is the built-in adapter's name. Choose another --name."
        )
    if (project.adapter(name) / store.ADAPTER_WEIGHTS).exists() and not replace_adapter:
        raise RefusedError(
            f"{project.adapter(name)} exists. Choose another --name, or --replace to train over it."
        )
