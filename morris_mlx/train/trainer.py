"""A training from its start, or from its last checkpoint, to the best adapter on the disk."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path

import mlx.core as mx
import mlx.nn as nn
from mlx.optimizers import Optimizer
from mlx.utils import tree_unflatten

from morris_mlx import files
from morris_mlx.device import machine_name, versions
from morris_mlx.errors import MorrisError, RefusedError
from morris_mlx.models.chat_tokenizer import load_tokenizer
from morris_mlx.models.load import load_mlx_model, model_digest
from morris_mlx.project.adapters import ADAPTER_LOCK, CHECKPOINTS, LAST
from morris_mlx.records.training import TrainRun, TrainSettings
from morris_mlx.train.batch_sampler import Schedule
from morris_mlx.train.checkpoint import Checkpoint, has_checkpoints, read_newest
from morris_mlx.train.checkpointer import UNFINISHED, Keeper
from morris_mlx.train.dataset import Row, token_rows
from morris_mlx.train.distributed import Peers
from morris_mlx.train.forward import require_llama_shape
from morris_mlx.train.job import TrainHooks, TrainJob
from morris_mlx.train.loop import training_steps, validate, validate_every
from morris_mlx.train.lora import adapter_config, add_adapter
from morris_mlx.train.memory.check import check_plan, hold_to, plan_job
from morris_mlx.train.memory.plan import MEMORY_SETTINGS
from morris_mlx.train.optimizer import build_optimizer

INTERRUPTED = "interrupted"


def run_training(job: TrainJob, hooks: TrainHooks) -> TrainRun:
    """Load the base, train, and keep the adapter of the best validation in `job.folder`."""
    peers = Peers()
    if not peers.first:
        return _run(job, TrainHooks(stopping=hooks.stopping), peers)
    files.make_folder(job.folder)
    busy = f"Another training writes to {job.folder}. Wait for it, or choose another --name."
    with files.locked(job.folder / ADAPTER_LOCK, busy):
        _clear_away(job.folder)
        try:
            return _run(job, hooks, peers)
        except OSError as error:
            place = error.filename or job.folder
            reason = error.strerror or error
            raise MorrisError(f"Cannot read or write {place}: {reason}.") from error


def newest_run(folder: Path) -> TrainRun | None:
    """The run of the newest whole checkpoint of an adapter's folder, if there is any.

    What a killed training left unfinished there is cleared away, unless one is at work.
    """
    if (folder / ADAPTER_LOCK).exists():
        with suppress(MorrisError), files.locked(folder / ADAPTER_LOCK, "at work"):
            _clear_away(folder)
    found = read_newest(folder / CHECKPOINTS, [])
    return found.run if found else None


def _clear_away(folder: Path) -> None:
    for place in (folder, folder / CHECKPOINTS, folder / LAST):
        files.remove_unfinished(place)


def _run(job: TrainJob, hooks: TrainHooks, peers: Peers) -> TrainRun:
    tokenizer = load_tokenizer(job.model.folder)
    train_rows = token_rows(job.train, tokenizer, job.window, "train.jsonl", job.token_cache)
    valid_rows = token_rows(job.valid, tokenizer, job.window, "valid.jsonl", job.token_cache)
    damaged: list[str] = []
    found = _checkpoint(job, damaged) if job.resume else None
    plan = plan_job(job, train_rows)
    asked, job = job.settings, replace(job, settings=plan.settings)
    if not peers.agree(f"{job.dataset_digest} {model_digest(job.model.folder)} {asked}"):
        raise MorrisError(
            "The machines do not have the same dataset, base and settings. Copy the project from "
            "the first one and start again."
        )
    mx.random.seed(job.settings.seed)
    model = load_mlx_model(job.model.folder)
    require_llama_shape(model)
    config = adapter_config(model, job.settings)
    parameters = add_adapter(model, config)
    optimizer = build_optimizer(job.settings)
    optimizer.init(model.trainable_parameters())
    hold_to(plan)
    model.eval()  # for the samples: the trainer's own dropout does not look at the mode
    mx.eval(model.parameters(), optimizer.state)
    plan = check_plan(plan, job, model, train_rows)
    mx.reset_peak_memory()

    keeper = Keeper(job, hooks, peers.first, model, optimizer, config)
    if found is None:
        loss = validate(model, valid_rows, job.settings.batch_size, peers)
        run = _new_run(job, loss, parameters)
        if asked != plan.settings:  # which rows a step learns from stays as it was asked for
            run = replace(run, started_with=asked)
        keeper.start(run, Schedule(train_rows, asked).steps)
    else:
        model.update(tree_unflatten(list(found.adapter.items())))
        optimizer.state = tree_unflatten(list(found.optimizer.items()))
        mx.eval(model.trainable_parameters(), optimizer.state)
        keeper.go_on(found)
    keeper.planned(plan)
    for text in damaged:
        keeper.notice(f"A checkpoint is damaged and was left out: {text}.")
    return _train(job, hooks, peers, keeper, model, optimizer, train_rows, valid_rows)


def _train(
    job: TrainJob,
    hooks: TrainHooks,
    peers: Peers,
    keeper: Keeper,
    model: nn.Module,
    optimizer: Optimizer,
    train_rows: Sequence[Row],
    valid_rows: Sequence[Row],
) -> TrainRun:
    settings, first = job.settings, keeper.run.started_with or job.settings
    steps, every = Schedule(train_rows, first).steps, validate_every(train_rows, first)

    def look(step: int) -> bool:
        """Validate where it is due; whether the run has seen no better one for too long."""
        if (step % every == 0 or step == steps) and keeper.run.losses[-1].step < step:
            loss = validate(model, valid_rows, settings.batch_size, peers)
            keeper.validated(step, steps, loss)
        return keeper.is_stale()

    start = keeper.run.step
    if start and look(start):
        return keeper.finish("")
    for report in training_steps(model, optimizer, train_rows, settings, start, first, peers):
        keeper.stepped(report)
        if peers.any(hooks.stopping()):
            return keeper.finish(INTERRUPTED)
        if look(report.step):
            keeper.notice(f"No better held-out loss in {settings.patience} looks: stopped early.")
            break
        if settings.save_every and report.step % settings.save_every == 0:
            keeper.commit()
    return keeper.finish("")


def _new_run(job: TrainJob, base_loss: float, parameters: int) -> TrainRun:
    return TrainRun(
        name=job.name,
        base_model=job.model.name,
        base_digest=model_digest(job.model.folder),
        dataset_digest=job.dataset_digest,
        system_prompt=job.system_prompt,
        window=job.window,
        settings=job.settings,
        losses=(),
        best_step=0,
        best_valid_loss=None,
        base_valid_loss=base_loss,
        trainable_parameters=parameters,
        supervised_tokens=0,
        seconds=0.0,
        peak_memory_gb=0.0,
        adapter_sha256="",
        versions=versions(),
        machine=machine_name(),
        stopped=UNFINISHED,
    )


def _checkpoint(job: TrainJob, damaged: list[str]) -> Checkpoint:
    """The newest whole one. Raises MorrisError for none, RefusedError for another run's."""
    folder = job.folder / CHECKPOINTS
    found = read_newest(folder, damaged)
    if found is None and not has_checkpoints(folder):
        raise MorrisError(f"There is no checkpoint in {folder}. Train without --resume.")
    if found is None:
        raise MorrisError(
            f"Every checkpoint in {folder} is damaged ({'; '.join(damaged)}). The best adapter so "
            "far is not: keep it, or train anew with --replace."
        )
    if differences := _differences(job, found.run):
        raise RefusedError(
            f"{job.folder} was trained otherwise: {'; '.join(differences)}. Resume with the same, "
            "or choose another --name."
        )
    return found


def _differences(job: TrainJob, run: TrainRun) -> list[str]:
    """In words, what keeps a run from going on: other data, another base, other settings."""
    pairs = [
        ("base model", run.base_digest[:12], model_digest(job.model.folder)[:12]),
        ("dataset", run.dataset_digest[:12], job.dataset_digest[:12]),
        ("window", run.window, job.window),
        ("system prompt", run.system_prompt, job.system_prompt),
    ]
    for field in fields(TrainSettings):
        if field.name not in MEMORY_SETTINGS:
            then, now = getattr(run.settings, field.name), getattr(job.settings, field.name)
            pairs.append((field.name, then, now))
    return [f"{name} was {then} and is {now}" for name, then, now in pairs if then != now]
