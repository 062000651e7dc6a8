"""Trainer: a training from its start or its last checkpoint to the best adapter on disk."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx.optimizers import Optimizer
from mlx.utils import tree_unflatten

from morris_mlx import files
from morris_mlx.defaults import LAST
from morris_mlx.device import machine_name, versions
from morris_mlx.errors import MorrisError, RefusedError, StoppedError, UsageError
from morris_mlx.models.chat_formats import ZEPHYR
from morris_mlx.models.chat_tokenizer import load_tokenizer
from morris_mlx.models.load import load_mlx_model, model_digest
from morris_mlx.project.adapters import ADAPTER_LOCK, CHECKPOINTS
from morris_mlx.records.corpus import ChatTemplate
from morris_mlx.records.training import UNFINISHED, TrainRun, TrainSettings
from morris_mlx.train.batch_sampler import BatchSampler
from morris_mlx.train.checkpoint_files import Checkpoint, has_checkpoints, read_newest
from morris_mlx.train.checkpointer import Checkpointer
from morris_mlx.train.dataset import TokenRow, load_rows
from morris_mlx.train.distributed import ProcessGroup
from morris_mlx.train.job import StepReport, TrainHooks, TrainJob
from morris_mlx.train.joined import JoinedArrays
from morris_mlx.train.loop import training_steps, validate, validation_interval
from morris_mlx.train.lora import adapter_config, add_adapter
from morris_mlx.train.memory.check import apply_limits, check_plan, plan_job
from morris_mlx.train.memory.plan import MEMORY_SETTINGS
from morris_mlx.train.optimizer import build_optimizer
from morris_mlx.train.packed import keep_bytes, packed_lanes
from morris_mlx.train.paths import path_of

INTERRUPTED = "interrupted"  # TrainRun.stopped after a stop by the user


class Trainer:
    """The batch sampler, model, optimizer and checkpointer of one training.

    `run` takes the training from the checkpointer's present step to its end. To watch or drive it
    step by step, call `step` and `validate_if_due` instead.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        sampler: BatchSampler,
        valid_rows: Sequence[TokenRow],
        checkpointer: Checkpointer,
        hooks: TrainHooks,
        processes: ProcessGroup,
    ) -> None:
        self.checkpointer = checkpointer
        self._model, self._sampler, self._valid_rows = model, sampler, valid_rows
        self._hooks, self._processes = hooks, processes
        run = checkpointer.run
        self._settings = run.settings
        # A smaller batch size, chosen to save memory, does not move the validations.
        self._interval = validation_interval(sampler, run.started_with or run.settings)
        self._reports = training_steps(
            model, optimizer, sampler, run.settings, run.step, processes, checkpointer.clock
        )

    @property
    def is_finished(self) -> bool:
        """Return True after the last step, or when the patience has run out."""
        at_end = self.checkpointer.run.step >= self._sampler.steps
        return at_end or self.checkpointer.is_out_of_patience()

    def run(self) -> TrainRun:
        """Train until the end, a stop by the user or the end of patience, and return the run."""
        # A resumed run may have stopped just before a validation.
        if self.checkpointer.run.step > 0 and not self.validate_if_due():
            return self.checkpointer.finish(INTERRUPTED)
        while not self.is_finished:
            self.step()
            if self._processes.any(self._hooks.stopping()) or not self.validate_if_due():
                return self.checkpointer.finish(INTERRUPTED)
            self.save_if_due()
        return self.checkpointer.finish("")

    def step(self) -> StepReport:
        """Take one optimizer step and record it.

        Raises:
            MorrisError: If the loss or a gradient is not finite. The step is not taken then.
        """
        report = next(self._reports)
        self.checkpointer.on_step(report)
        return report

    def validate_if_due(self) -> bool:
        """Validate at every interval and after the last step; keep the adapter if it is better.

        Return False if the validation was broken off by a stop: a resumed run repeats it.
        """
        run, steps = self.checkpointer.run, self._sampler.steps
        due = run.step % self._interval == 0 or run.step == steps
        if not due or run.losses[-1].step >= run.step:
            return True
        size, stopping = self._settings.batch_size, self._hooks.stopping
        lanes = self._sampler.lanes
        loss = validate(self._model, self._valid_rows, size, self._processes, stopping, lanes)
        if loss is None:
            return False
        self.checkpointer.on_validation(run.step, steps, loss)
        if self.checkpointer.is_out_of_patience():
            count = self._settings.patience
            better = "a better voice or " if self._settings.select == "voice" else ""
            self.checkpointer.notify(
                f"Stopped early: {count} validations without {better}a lower held-out loss."
            )
        return True

    def save_if_due(self) -> None:
        """Save a checkpoint every `save_every` steps."""
        every = self._settings.save_every
        if every and self.checkpointer.run.step % every == 0:
            self.checkpointer.save()


def run_training(job: TrainJob, hooks: TrainHooks) -> TrainRun:
    """Load the base, train, and keep the adapter of the best validation in `job.folder`."""
    processes = ProcessGroup()
    if not processes.is_main:
        return build_trainer(job, TrainHooks(stopping=hooks.stopping), processes).run()
    files.make_folder(job.folder)
    busy = f"Another training writes to {job.folder}. Wait for it, or choose another --name."
    with files.locked(job.folder / ADAPTER_LOCK, busy):
        _remove_unfinished(job.folder)
        try:
            return build_trainer(job, hooks, processes).run()
        except OSError as error:
            place = error.filename or job.folder
            reason = error.strerror or error
            raise MorrisError(f"Cannot read or write {place}: {reason}. {_after(job)}") from error


def _after(job: TrainJob) -> str:
    """Return how a training that could not write is continued or started again."""
    if has_checkpoints(job.folder / CHECKPOINTS):
        return f"Correct this, then continue with `morris train --resume {job.name}`."
    return "Nothing of this training was saved. Correct this, then start it again."


def newest_run(folder: Path) -> TrainRun | None:
    """Return the run of the newest intact checkpoint in an adapter's folder, or None.

    Temporary files of a training that was killed are removed, unless one is running.
    """
    if (folder / ADAPTER_LOCK).exists():
        with suppress(MorrisError), files.locked(folder / ADAPTER_LOCK, "a training is running"):
            _remove_unfinished(folder)
    found = read_newest(folder / CHECKPOINTS, [])
    return found.run if found else None


def _remove_unfinished(folder: Path) -> None:
    for place in (folder, folder / CHECKPOINTS, folder / LAST):
        files.remove_unfinished(place)


def build_trainer(job: TrainJob, hooks: TrainHooks, processes: ProcessGroup) -> Trainer:
    """Plan the memory, load the model and start the run, or restore it from its checkpoint."""
    _check_selection(job, hooks, processes)
    damaged: list[str] = []
    tokenizer = load_tokenizer(job.model.folder)
    template = tokenizer.chat_format.template
    found = _find_checkpoint(job, template, damaged) if job.resume else None
    plan = plan_job(job, job.lengths) if job.lengths else None
    rows, valid_rows = (
        load_rows(examples, tokenizer, job.window, place, job.token_cache)
        for examples, place in ((job.train, "train.jsonl"), (job.valid, "valid.jsonl"))
    )
    plan = plan or plan_job(job, [row.length for row in rows])
    asked, job = job.settings, replace(job, settings=plan.settings)
    if not processes.all_equal(f"{job.dataset_digest} {model_digest(job.model.folder)} {asked}"):
        raise MorrisError(
            "The machines do not have the same dataset, base and settings. Copy the project from "
            "the first one and start again."
        )
    # The rows of a step stay those of the settings that the run was first asked for.
    dealt = found.run.started_with or found.run.settings if found else asked
    model, optimizer, config, parameters = _load_model(job)
    sampler = BatchSampler(rows, dealt, packed_lanes(model, job.settings))
    apply_limits(plan)
    mx.eval(model.parameters(), optimizer.state)
    plan = check_plan(plan, job, model, sampler)
    mx.reset_peak_memory()

    checkpointer = Checkpointer(job, hooks, processes.is_main, model, optimizer, config)
    if found is None:
        size = job.settings.batch_size
        loss = validate(model, valid_rows, size, processes, hooks.stopping, sampler.lanes)
        if loss is None:
            raise StoppedError(
                "Stopped before the first step, so nothing was saved. Start the training of "
                f"{job.name} again as before."
            )
        run = replace(_new_run(job, loss, parameters), chat_template=template)
        if asked != job.settings:
            run = replace(run, started_with=asked)
        checkpointer.start(run, sampler.steps)
    else:
        _restore(found, model, optimizer)
        checkpointer.resume(found)
    checkpointer.on_plan(plan)
    for text in damaged:
        checkpointer.notify(f"A damaged checkpoint was ignored: {text}.")
    return Trainer(model, optimizer, sampler, valid_rows, checkpointer, hooks, processes)


def _check_selection(job: TrainJob, hooks: TrainHooks, processes: ProcessGroup) -> None:
    """Raise UsageError if the run is to be selected by voice and cannot be."""
    if job.settings.select != "voice":
        return
    if processes.size > 1:
        raise UsageError(
            "The voice is judged on one machine alone, and this training runs on "
            f"{processes.size}. Select by the loss."
        )
    if hooks.voice is None:
        raise UsageError(
            "The selection by voice needs a function that scores answers (TrainHooks.voice). Give "
            "one, or select by the loss."
        )


def _load_model(job: TrainJob) -> tuple[nn.Module, Optimizer, dict[str, Any], int]:
    """Return the model with its adapter, its optimizer, the adapter's config and its size."""
    model = load_mlx_model(job.model.folder, partial(keep_bytes, settings=job.settings))
    path_of(model)  # refuses a model that no path computes
    config = adapter_config(model, job.settings)
    mx.random.seed(job.settings.seed)  # of the adapter: loading a model draws numbers too
    parameters = add_adapter(model, config)
    optimizer = build_optimizer(job.settings)
    parts = model.trainable_parameters()
    optimizer.init(JoinedArrays(parts).join(parts))
    model.eval()  # for the samples: the trainer's own dropout ignores the mode
    return model, optimizer, config, parameters


def _restore(found: Checkpoint, model: nn.Module, optimizer: Optimizer) -> None:
    model.update(tree_unflatten(list(found.adapter.items())))
    JoinedArrays(model.trainable_parameters()).restore(optimizer, found.optimizer)
    mx.eval(model.trainable_parameters(), optimizer.state)


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


def _find_checkpoint(job: TrainJob, template: ChatTemplate, damaged: list[str]) -> Checkpoint:
    """Return the newest intact checkpoint; the damaged ones are listed in `damaged`.

    Raises:
        MorrisError: If there is none.
        RefusedError: If it belongs to a run on other data, another base or other settings.
    """
    folder = job.folder / CHECKPOINTS
    found = read_newest(folder, damaged)
    if found is None and not has_checkpoints(folder):
        raise MorrisError(f"There is no checkpoint in {folder}. Train without --resume.")
    if found is None:
        raise MorrisError(
            f"Every checkpoint in {folder} is damaged ({'; '.join(damaged)}). The best adapter so "
            "far is intact: keep it, or start again with --replace."
        )
    if differences := _differences(job, template, found.run):
        raise RefusedError(
            f"The training in {job.folder} cannot be resumed, because something has changed: "
            f"{'; '.join(differences)}. Undo the change, or choose another --name."
        )
    return found


def _differences(job: TrainJob, template: ChatTemplate, run: TrainRun) -> list[str]:
    """Describe what keeps a run from being resumed: other data, another base, other settings."""
    trained = run.chat_template or ZEPHYR.template
    pairs = [
        ("base model", run.base_digest[:12], model_digest(job.model.folder)[:12]),
        ("dataset", run.dataset_digest[:12], job.dataset_digest[:12]),
        ("chat template", trained.structure[:12], template.structure[:12]),
        ("window", run.window, job.window),
        ("system prompt", run.system_prompt, job.system_prompt),
    ]
    for field in fields(TrainSettings):
        if field.name not in MEMORY_SETTINGS:
            then, now = getattr(run.settings, field.name), getattr(job.settings, field.name)
            pairs.append((field.name, then, now))
    return [f"{name} was {then} and is {now}" for name, then, now in pairs if then != now]
