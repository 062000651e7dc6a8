"""`morris train`: data/dataset/ → adapters/NAME/."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from morris_mlx.cli import train_options as option
from morris_mlx.cli.options import Json, ModelToTrain
from morris_mlx.cli.output import print_json, say
from morris_mlx.cli.training import describe, figures, resume_training, run_training
from morris_mlx.defaults import ADAPTER_NAME, ADAPTER_WEIGHTS, SAMPLE_ADAPTER
from morris_mlx.errors import MissingError, RefusedError, StoppedError, UsageError
from morris_mlx.jobs.supervisor import is_wanted, supervise, talks
from morris_mlx.models.catalog import PRACTICE_MODEL
from morris_mlx.project.adapters import CHECKPOINTS, has_checkpoints
from morris_mlx.project.datasets import find_dataset, read_card, read_dataset
from morris_mlx.project.folder import Project, current_project
from morris_mlx.records.corpus import DatasetCard
from morris_mlx.records.training import TrainRun, TrainSettings
from morris_mlx.train.recipes import Recipe, steps_per_epoch

if TYPE_CHECKING:
    from morris_mlx.cli.recipe import TrainPlan
    from morris_mlx.models.find import ModelFiles

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def train(
    ctx: typer.Context,
    name: option.NameOption = None,
    model: ModelToTrain = None,
    recipe: option.RecipeOption = None,
    config: option.ConfigOption = None,
    epochs: option.Epochs = None,
    fine_tune_type: option.FineTuneTypeOption = None,
    targets: option.TargetsOption = None,
    layers: option.Layers = None,
    rank: option.Rank = None,
    alpha: option.Alpha = None,
    dropout: option.DropoutOption = None,
    learning_rate: option.LearningRate = None,
    warmup: option.Warmup = None,
    weight_decay: option.WeightDecay = None,
    clip_norm: option.ClipNorm = None,
    batch_size: option.BatchSize = None,
    accumulate: option.Accumulate = None,
    validate_every: option.ValidateEvery = None,
    patience: option.Patience = None,
    save_every: option.SaveEvery = None,
    recompute: option.RecomputeOption = None,
    grad_checkpoint: option.GradCheckpoint = False,
    cache_limit_gb: option.CacheLimit = None,
    seed: option.SeedOption = None,
    replace_adapter: option.Replace = False,
    resume: option.Resume = None,
    force: option.Force = False,
    dry_run: option.DryRun = False,
    as_json: Json = False,
) -> None:
    """Fine-tune a LoRA adapter on the dataset; the best one by held-out loss is kept.

    Ctrl-C finishes the step, saves and exits with 130; a second one stops at once. --resume NAME
    goes on from the last checkpoint as if nothing had happened, after a crash too. Settings come
    from a recipe: articles (2 epochs, rank 16, alpha 32, dropout 0.1, learning rate 1e-4,
    batch 1 x 8, all linears), chats (at most 10 epochs, rank 8, alpha 32,
    dropout 0.05, learning rate 2e-4, batch 4 x 4, attention) or practice, the practice base's own.
    --dry-run shows every setting and where it comes from.

    \b
    Example:
        morris train --name mine --model practice --epochs 2
        morris train --recipe chats --rank 16 --dry-run
        morris train --resume mine
    """
    project = current_project()
    # The options have the names of the fields; a field without an option would fail here.
    given = {f.name: ctx.params[f.name] for f in fields(TrainSettings)}
    flags = {key: value for key, value in given.items() if value is not None}
    if grad_checkpoint and flags.setdefault("recompute", "full") != "full":
        raise UsageError("--grad-checkpoint is --recompute full. Keep one of the two.")
    if resume is not None:
        finish_resumed(project, resume, ctx.params, flags)
        return
    card = read_card(find_dataset(project))
    plan = make_plan(project, card, ctx.params, flags)
    check_name(project, plan.name, replace_adapter or dry_run)
    if dry_run:
        read_dataset(find_dataset(project))  # what training refuses is refused here
        show_plan(plan, as_json)
        return
    if is_wanted():
        announce(plan)
        if not force:
            refuse_a_download_in_vain(plan)
        watch(plan.folder, as_json)
    settings = plan.settled.settings
    show_run(project, run_training(project, plan.name, plan.base, card, settings, force), as_json)


def refuse_a_download_in_vain(plan: TrainPlan) -> None:
    """Weights that are still to be fetched are planned with before that, by their shape alone.

    Raises RefusedError when no training on them fits into this machine.
    """
    from morris_mlx.cli.plan import read_shape
    from morris_mlx.models.find import find_local
    from morris_mlx.train import PlanRequest, plan_training, this_machine

    if find_local(plan.base) is not None:
        return  # the training plans with its rows
    try:
        shape, _ = read_shape(plan.base)
    except MissingError:
        return  # a shape that is known only after the download
    task = PlanRequest(shape, plan.window, this_machine(), model=plan.base)
    planned = plan_training(task, plan.settled.settings)
    if not planned.fits:
        raise RefusedError(
            f"Training {plan.base} needs {planned.needed_gb:.1f} GB and this machine gives "
            f"{planned.usable_gb:.1f}; nothing was fetched. `morris plan --model {plan.base}` "
            "proposes what fits; --force tries it all the same."
        )


def finish_resumed(
    project: Project, name: str, options: Mapping[str, Any], flags: Mapping[str, Any]
) -> None:
    """`--resume NAME`: the run's own settings; flags may only repeat them."""
    for other in ("name", "model", "recipe", "config", "replace_adapter", "dry_run"):
        if options[other]:
            raise UsageError(
                f"--resume goes on with the run as it is; leave out --{other.replace('_', '-')}."
            )
    folder = project.adapter(name)
    if not folder.is_dir():
        raise MissingError(f"No adapter {name!r} in {project.adapters}. Train it first.")
    if is_wanted() and has_checkpoints(folder):
        watch(folder, options["as_json"])
    show_run(project, resume_training(project, name, flags, options["force"]), options["as_json"])


def watch(folder: Path, as_json: bool) -> NoReturn:
    """This process only watches from here on; the training runs in a child."""
    resumed = ["train", "--resume", folder.name, "--force", *(["--json"] if as_json else [])]
    raise typer.Exit(supervise(sys.argv[1:], resumed, folder / CHECKPOINTS))


def show_run(project: Project, run: TrainRun, as_json: bool) -> None:
    folder = project.adapter(run.name)
    if not talks():
        return
    if as_json:
        print_json({"folder": str(folder), **figures(run)})
    else:
        print(describe(run, project))
    if run.stopped:
        raise StoppedError(
            f"Stopped before the end; the best adapter so far is in {folder}. "
            f"Go on with `morris train --resume {run.name}`."
        )


def make_plan(
    project: Project, card: DatasetCard, options: Mapping[str, Any], flags: Mapping[str, Any]
) -> TrainPlan:
    """What the options come to; looks for the base on this disk and fetches nothing."""
    from morris_mlx.cli.recipe import TrainPlan, choose_recipe, mlx_lm_command, settle
    from morris_mlx.models.config import read_config
    from morris_mlx.models.find import find_local
    from morris_mlx.train.recipe_file import RecipeFile, read_recipe_file

    config = options["config"]
    file = read_recipe_file(config) if config else RecipeFile({})
    name = options["name"] or file.name or ADAPTER_NAME
    base = options["model"] or file.model or card.model
    choice = choose_recipe(base, card, options["recipe"] or file.recipe)
    settled = settle(choice, file, flags)
    rows = {split: len(made) for split, made in card.rows.items()}
    steps = steps_per_epoch(settled.settings, rows["train"]) * settled.settings.epochs
    local = find_local(base)
    tied = local is not None and read_config(local.folder).get("tie_word_embeddings", True)
    folder = project.adapter(name)
    command = mlx_lm_command(
        settled.settings,
        name_for_mlx_lm(base, local),
        project.dataset,
        project.adapter(f"{name}-mlx-lm"),  # a paste must not write over our own
        steps,
        card.window,
        tied,
    )
    notes = [*notes_on_base(base, local, choice.recipe)]
    notes += notes_on_dataset(base, card, choice.recipe)
    if (folder / ADAPTER_WEIGHTS).exists():
        notes.append(f"{folder} exists: --replace trains over it, another --name beside it.")
    return TrainPlan(name, folder, base, settled, rows, card.window, tuple(notes), command)


def name_for_mlx_lm(base: str, local: ModelFiles | None) -> str:
    """A repository's name, or the folder of what is in none."""
    from morris_mlx.models.converted import converted_folder
    from morris_mlx.models.find import is_folder, repository_of

    if local is None:
        return repository_of(base)
    own = base == PRACTICE_MODEL or is_folder(base)
    if own or local.folder.is_relative_to(converted_folder()):
        return str(local.folder)
    return repository_of(base)


def notes_on_base(base: str, local: ModelFiles | None, recipe: Recipe) -> Iterator[str]:
    from morris_mlx.models.config import bits_of, read_config

    if local is None:
        yield f"The weights of {base} are not on this machine: training fetches them first."
    if not recipe.bits or base == PRACTICE_MODEL:
        return
    bits = bits_of(read_config(local.folder)) if local else None
    if bits != recipe.bits:
        has = f"; this one has {bits}" if bits else ""
        yield (
            f"Recipe {recipe.name} wants a base of {recipe.bits} bits{has}. To get it: "
            f"`morris convert {base} --bits {recipe.bits}`."
        )


def notes_on_dataset(base: str, card: DatasetCard, recipe: Recipe) -> Iterator[str]:
    from morris_mlx.cli.recipe import window_note
    from morris_mlx.models.chat_tokenizer import load_tokenizer
    from morris_mlx.models.find import find_local

    note = window_note(recipe, card.window)
    if note:
        yield note
    files = find_local(base, tokenizer_only=True)
    if files is None:
        return
    again = f"Training will refuse the dataset: run `morris prepare --model {base}` first."
    if load_tokenizer(files.folder).digest != card.tokenizer:
        yield f"It was made for the tokenizer of {card.model}, and {base} has another. {again}"
    elif card.window > files.window:
        yield f"Its rows may have {card.window} tokens, and {base} reads {files.window}. {again}"


def show_plan(plan: TrainPlan, as_json: bool) -> None:
    from morris_mlx.cli.recipe import plan_as_json, print_plan

    if as_json:
        print_json(plan_as_json(plan))
    else:
        print_plan(plan)


def announce(plan: TrainPlan) -> None:
    """What is about to happen, on stderr, with the nearest command of mlx-lm."""
    choice = plan.settled.choice
    say(f"Recipe {choice.recipe.name}: {choice.why}; {plan.steps} optimiser steps.")
    for note in plan.notes:
        say(f"→ {note}")
    say(f"Nearest in mlx-lm:\n\n{plan.command}\n")


def check_name(project: Project, name: str, replace_adapter: bool) -> None:
    if not NAME.fullmatch(name):
        raise UsageError(f"--name is {name!r}; use letters, digits, '.', '_' and '-' (at most 64).")
    if name == SAMPLE_ADAPTER:
        raise UsageError(
            f"{SAMPLE_ADAPTER!r} is the built-in adapter's name. Choose another --name."
        )
    if replace_adapter:
        return
    if has_checkpoints(project.adapter(name)):
        raise RefusedError(
            f"A training of {name} has not come to its end. Go on with `morris train --resume "
            f"{name}`, or --replace to begin anew."
        )
    if (project.adapter(name) / ADAPTER_WEIGHTS).exists():
        raise RefusedError(
            f"{project.adapter(name)} exists. Choose another --name, or --replace to train over it."
        )
