"""`morris train`: data/dataset/ → adapters/NAME/."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import typer

from morris_mlx.cli import train_options as option
from morris_mlx.cli.dry_run import print_plan
from morris_mlx.cli.options import Json, ModelToTrain
from morris_mlx.cli.output import event_sink, print_json, say
from morris_mlx.defaults import LAST
from morris_mlx.errors import MissingError, MorrisError, StoppedError, UsageError
from morris_mlx.jobs import runner
from morris_mlx.jobs.events import Done
from morris_mlx.jobs.progress_line import ProgressLine
from morris_mlx.jobs.record import Job, refuse_conflict
from morris_mlx.jobs.runner import JobRequest
from morris_mlx.jobs.supervisor import is_first_machine, is_launched, is_supervised
from morris_mlx.models.find import find_local
from morris_mlx.pipeline.train import ResumeRequest, TrainRequest, check_name
from morris_mlx.pipeline.train import resume as resume_training
from morris_mlx.pipeline.train import train as run_training
from morris_mlx.pipeline.train_plan import (
    TrainOptions,
    TrainPlan,
    plan_train,
    refuse_unfit,
    refuse_untrainable,
)
from morris_mlx.project.adapters import CHECKPOINTS, has_checkpoints
from morris_mlx.project.datasets import find_dataset, read_card, read_dataset
from morris_mlx.project.folder import Project, current_project
from morris_mlx.records.training import TrainRun, TrainSettings
from morris_mlx.train.outcome import advice_for, judge_training, selection_in_words

NOT_KEPT = "No adapter was kept: the held-out loss was never below that of the base alone."


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
    packing: option.PackingOption = None,
    select: option.SelectOption = None,
    cache_limit_gb: option.CacheLimit = None,
    seed: option.SeedOption = None,
    replace_adapter: option.Replace = False,
    resume: option.Resume = None,
    force: option.Force = False,
    dry_run: option.DryRun = False,
    detach: option.Detach = False,
    as_json: Json = False,
) -> None:
    """Fine-tune a LoRA adapter on the dataset.

    The adapter with the lowest held-out loss is kept, or, with --select voice, the one whose
    answers are most like you. Ctrl-C finishes the step, saves and exits with code 130; a second
    Ctrl-C stops at once. --resume NAME continues from the last checkpoint, also after a crash.
    --detach runs the training in the background: see `morris jobs`.

    Settings come from a recipe: articles (2 epochs, rank 16, alpha 32, dropout 0.1, learning rate
    1e-4, batch 1 x 8, all linear layers) or chats (at most 10 epochs, rank 8, alpha 32, dropout
    0.05, learning rate 2e-4, batch 4 x 4, attention layers), whichever fits most rows of the
    dataset. The practice base has a recipe of its own, practice, and SmolLM2 has smollm2 and
    smollm2-chats. --dry-run shows every setting and where it comes from.

    \b
    Example:
        morris train --name mine --model practice --epochs 2
        morris train --recipe chats --rank 16 --dry-run
        morris train --resume mine
        morris train --detach
    """
    project = current_project()
    # The options have the names of the fields; a field without an option would fail here.
    given = {f.name: ctx.params[f.name] for f in fields(TrainSettings)}
    flags = {key: value for key, value in given.items() if value is not None}
    if grad_checkpoint and flags.setdefault("recompute", "full") != "full":
        raise UsageError("--grad-checkpoint means --recompute full. Leave one of the two out.")
    if resume is not None:
        _resume(project, resume, ctx.params, flags)
        return
    card = read_card(find_dataset(project))
    plan = plan_train(project, card, TrainOptions(name, model, recipe, config, flags))
    if not dry_run and supervises():
        refuse_conflict(project, f"adapters/{plan.name}")
    check_name(project, plan.name, replace_adapter or dry_run)
    refuse_untrainable(plan)
    if dry_run:
        # What training refuses is refused here.
        read_dataset(find_dataset(project))
        if not force:
            refuse_unfit(plan, card.lengths.get("train", ()))
        print_plan(plan, as_json)
        return
    if supervises():
        announce(plan)
        if not force and find_local(plan.base) is None:
            refuse_unfit(plan, ())  # before a useless download
        start_job(project, plan.name, detach, as_json)
        return
    request = TrainRequest(plan.name, plan.base, plan.settled.settings, force)
    with event_sink() as sink:
        show_run(project, run_training(project, request, card, sink), as_json)


def _resume(
    project: Project, name: str, options: Mapping[str, Any], flags: Mapping[str, Any]
) -> None:
    """Resume a run with its own settings. Options may only repeat them."""
    alone = {"name", "model", "recipe", "config", "replace_adapter", "dry_run"}
    for other in sorted(alone & {key for key, value in options.items() if value}):
        option = other.removesuffix("_adapter").replace("_", "-")
        raise UsageError(f"--resume continues a run with its own settings. Leave --{option} out.")
    name = unicodedata.normalize("NFC", name)  # as the folder has it
    folder = project.adapter(name)
    if not folder.is_dir():
        raise MissingError(f"There is no adapter {name!r} in {project.adapters}. Train it first.")
    if supervises() and has_checkpoints(folder):
        start_job(project, name, options["detach"], options["as_json"])
        return
    request = ResumeRequest(name, flags, options["force"])
    with event_sink() as sink:
        show_run(project, resume_training(project, request, sink), options["as_json"])


def supervises() -> bool:
    """Return True unless this process is a job's child or one of several machines."""
    return not is_supervised() and not is_launched()


def start_job(project: Project, name: str, detach: bool, as_json: bool) -> None:
    """Train in a job: followed to its end, or left to itself with `detach`."""
    folder = project.adapter(name)
    arguments = tuple(word for word in sys.argv[1:] if word != "--detach")
    request = JobRequest(
        step="train",
        writes=f"adapters/{name}",
        arguments=arguments,
        resume_arguments=("train", "--resume", name, "--force"),
        checkpoints=folder / CHECKPOINTS,
        next_step=f"Continue with `morris train --resume {name}`.",
        after=f"morris chat --adapter {name}",
    )
    if not detach:
        with ProgressLine() as line:
            job = runner.run(project, request, line)
        finish(job, as_json)
        return
    job = runner.start(project, request)
    if as_json:
        print_json({"job": job.id, "log": str(job.events)})
        return
    print(f"Job {job.id} is training {name} in the background.")
    print(f"Next: morris jobs follow {job.id}")


def finish(job: Job, as_json: bool) -> None:
    """Print the result of a training job. Raises the error that it ended with."""
    result = runner.result_of(job).result
    try:
        text = describe(result)
    except (KeyError, TypeError, ValueError) as error:  # the log was edited
        raise MorrisError(
            f"The last event in {job.events} is damaged ({error!r}). The result of the training "
            f"is in {job.writes}."
        ) from error
    if as_json:
        print_json(result)
    else:
        print(text)
    _exit_unless_done(result)


def show_run(project: Project, run: TrainRun, as_json: bool) -> None:
    """Print a training's result, or report it to the job that this process is the child of."""
    result = figures(project, run)
    log = runner.job_log()
    if log is not None:
        log(Done(result))
        return
    if not is_first_machine():
        return
    if as_json:
        print_json(result)
    else:
        print(describe(result))
    _exit_unless_done(result)


def _exit_unless_done(result: Mapping[str, Any]) -> None:
    """Raise StoppedError after a stop; exit with code 1 if no adapter was kept."""
    if result["stopped"]:
        which = "adapter" if result["best_valid_loss"] is None else "best adapter"
        kept = f"the {which} so far is in {result['folder']}"
        if not result.get("kept", True):
            kept = "no validation was below the base so far, so no adapter was kept yet"
        raise StoppedError(
            f"The training was stopped; {kept}. Continue with `morris train --resume "
            f"{result['name']}`."
        )
    if result.get("failed"):
        raise typer.Exit(MorrisError.exit_code)


def announce(plan: TrainPlan) -> None:
    """Say what is about to happen, on stderr."""
    choice = plan.settled.choice
    say(f"Recipe {choice.recipe.name}: {choice.why}; {plan.steps} optimizer steps.")
    for note in plan.notes:
        say(f"→ {note}")


def describe(result: Mapping[str, Any]) -> str:
    """Return a training's result in words, with the next step; a failure comes first."""
    lines = [result["failed"]] if result.get("failed") else []
    lines.append(
        f"{result['trainable_parameters']:,} parameters (scale {result['scale']:g}) trained on "
        f"{result['supervised_tokens']:,} tokens in {result['seconds']:.0f} s, "
        f"peak memory {result['peak_memory_gb']:.1f} GB"
    )
    lines.append(_held_out(result))
    if result.get("selection"):
        lines.append(result["selection"])
    if result.get("advice"):
        lines.append(result["advice"])
    if not result.get("kept", True):
        last = f"{result['name']}/{LAST}"
        lines.append(f"To try the adapter of the last step: morris chat --adapter {last}")
        return "\n".join(lines)
    lines.append(f"Adapter: {result['folder']}")
    if not result["stopped"]:
        lines.append(f"Next: morris chat --adapter {result['name']}")
    return "\n".join(lines)


def _held_out(result: Mapping[str, Any]) -> str:
    base, best = result["base_valid_loss"], result["best_valid_loss"]
    lowest = result.get("lowest_valid_loss", best)
    if best is None or lowest is None:
        return "No held-out loss was measured before the stop."
    drop = 100 * (1 - lowest / base)
    step = result.get("lowest_step", result["best_step"])
    return (
        f"Held-out loss {base:.4f} → {lowest:.4f} "
        f"({abs(drop):.1f} % {'lower' if drop >= 0 else 'higher'}) at step {step}"
    )


def figures(project: Project, run: TrainRun) -> dict[str, Any]:
    """Return a training's result as JSON values.

    `kept` is False if no adapter was kept, and `failed` then says why if the training has ended.
    The lowest loss is that of all validations but the base's, None if there was none.
    """
    measured = [(point.valid, point.step) for point in run.losses if point.step and point.valid]
    lowest, step = min(measured, default=(None, None))
    kept = bool(run.adapter_sha256)
    return {
        "folder": str(project.adapter(run.name)),
        "name": run.name,
        "base_model": run.base_model,
        "scale": run.settings.scale,
        "trainable_parameters": run.trainable_parameters,
        "supervised_tokens": run.supervised_tokens,
        "base_valid_loss": run.base_valid_loss,
        "best_valid_loss": run.best_valid_loss,
        "best_step": run.best_step,
        "lowest_valid_loss": lowest,
        "lowest_step": step,
        "lowest_loss_step": run.lowest_loss_step,
        "highest_voice_step": run.highest_voice_step,
        "selection": selection_in_words(run),
        "verdict": judge_training(run),
        "advice": advice_for(run),
        "kept": kept,
        "failed": "" if kept or run.stopped else NOT_KEPT,
        "seconds": run.seconds,
        "peak_memory_gb": run.peak_memory_gb,
        "stopped": run.stopped,
    }
