"""The training loop: whole epochs, token-weighted steps, a fixed validation set, the best kept."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import numpy as np
from mlx.optimizers import Optimizer
from mlx.utils import tree_map

from morris_mlx import files, store
from morris_mlx.device import machine_name, versions
from morris_mlx.errors import MorrisError
from morris_mlx.models import load_mlx_model, model_digest
from morris_mlx.prompt import load_tokenizer
from morris_mlx.records import LossPoint, TrainRun, TrainSettings
from morris_mlx.settings import VALIDATIONS_PER_EPOCH
from morris_mlx.train import Report, StepReport, TrainJob, ValidReport
from morris_mlx.train.adapter import adapter_config, add_adapter, save_adapter
from morris_mlx.train.batches import Row, Schedule, build_batch, in_order, rows_from_examples
from morris_mlx.train.forward import Dropout, require_llama_shape
from morris_mlx.train.loss import summed_loss
from morris_mlx.train.optimizer import build_optimizer, learning_rate, scale_and_clip

INTERRUPTED = "interrupted"
UNFINISHED = "not finished"  # what run.json says while the training goes on


def run_training(
    job: TrainJob, report: Callable[[Report], None], stopping: Callable[[], bool]
) -> TrainRun:
    """Load the base, train, and keep the adapter of the best validation in `job.folder`."""
    tokenizer = load_tokenizer(job.model.folder)
    train_rows = rows_from_examples(job.train, tokenizer, job.window, "train.jsonl")
    valid_rows = rows_from_examples(job.valid, tokenizer, job.window, "valid.jsonl")
    settings = job.settings
    mx.random.seed(settings.seed)
    model = load_mlx_model(job.model.folder)
    require_llama_shape(model)
    config = adapter_config(model, settings)
    parameters = add_adapter(model, config)
    files.make_folder(job.folder)
    (job.folder / store.METRICS_FILE).unlink(missing_ok=True)
    mx.reset_peak_memory()

    base_loss = validate(model, valid_rows, settings.batch_size)
    keeper = _Keeper(job, model, config, _new_run(job, base_loss, parameters))
    steps, every = Schedule(train_rows, settings).steps, validate_every(train_rows, settings)
    keeper.note(report, ValidReport(0, steps, base_loss, best=False))
    for step in training_steps(model, build_optimizer(settings), train_rows, settings):
        keeper.note(report, step)
        if stopping():
            return keeper.finish(INTERRUPTED)
        if step.step % every == 0 or step.step == steps:
            loss = validate(model, valid_rows, settings.batch_size)
            keeper.note(report, ValidReport(step.step, steps, loss, keeper.is_best(loss)))
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


def training_steps(
    model: nn.Module,
    optimizer: Optimizer,
    rows: Sequence[Row],
    settings: TrainSettings,
    start: int = 0,
) -> Iterator[StepReport]:
    """Train `model` in place from step `start` on and yield after every optimiser step.

    Raises MorrisError as soon as a loss or gradient is not finite, before the step is taken.
    """
    schedule = Schedule(rows, settings)
    micro_step = compiled_micro_step(model, settings)
    began, tokens_done = time.monotonic(), 0
    for step, group in enumerate(schedule.groups(start), start):
        optimizer.learning_rate = learning_rate(settings, step, schedule.steps)
        loss, gradients, tokens = _gradients(micro_step, schedule, group, settings, step)
        gradients, norm = scale_and_clip(gradients, tokens, settings.clip_norm)
        mean = as_float(loss) / tokens
        if not (math.isfinite(mean) and math.isfinite(as_float(norm))):
            raise not_finite(model, [row for batch in group for row in batch], step + 1)
        optimizer.update(model, gradients)
        mx.eval(model.trainable_parameters(), optimizer.state)
        tokens_done += tokens
        seconds = time.monotonic() - began
        done = step + 1 - start
        yield StepReport(
            step=step + 1,
            steps=schedule.steps,
            loss=mean,
            tokens=tokens_done,
            learning_rate=as_float(optimizer.learning_rate),
            gradient_norm=as_float(norm),
            tokens_per_second=tokens_done / seconds,
            peak_memory_gb=mx.get_peak_memory() / 1e9,
            seconds_left=seconds / done * (schedule.steps - step - 1),
        )


MicroStep = Callable[..., tuple[mx.array, Any]]


def compiled_micro_step(model: nn.Module, settings: TrainSettings) -> MicroStep:
    """(batch's arrays, dropout key) → (summed loss, gradients by the trainable parameters)."""

    def loss(model: nn.Module, *arrays: mx.array) -> mx.array:
        ids, positions, targets, weights, key = arrays
        dropout = Dropout(settings.dropout, key)
        return summed_loss(model, ids, positions, targets, weights, settings.recompute, dropout)

    gradient = nn.value_and_grad(model, loss)
    # The model is an output too: differentiating puts its weights back in place while traced.
    state = [model.state]
    step: MicroStep = partial(mx.compile, inputs=state, outputs=state)(
        lambda *arrays: gradient(model, *arrays)
    )
    return step


def _gradients(
    micro_step: MicroStep,
    schedule: Schedule,
    group: Sequence[Sequence[Row]],
    settings: TrainSettings,
    step: int,
) -> tuple[mx.array, Any, int]:
    """(summed loss, summed gradients, learned tokens) of one optimiser step.

    While one batch computes, the next is put together; more than one at once would add up to
    more memory than planned.
    """
    loss, gradients, tokens = mx.array(0.0), None, 0
    keys = mx.random.split(mx.random.key(settings.seed * 2**32 + step), len(group))
    for rows, key in zip(group, keys, strict=True):
        batch = schedule.build(rows)
        mx.eval(loss, gradients)
        part, new = micro_step(*batch.arrays, key)
        loss = loss + part
        gradients = new if gradients is None else tree_map(mx.add, gradients, new)
        mx.async_eval(loss, gradients)  # type: ignore[no-untyped-call]
        tokens += batch.supervised
    return loss, gradients, tokens


def validate_every(rows: Sequence[Row], settings: TrainSettings) -> int:
    per_epoch = Schedule(rows, settings).steps_per_epoch
    return settings.validate_every or max(1, math.ceil(per_epoch / VALIDATIONS_PER_EPOCH))


def validate(model: nn.Module, rows: Sequence[Row], batch_size: int) -> float:
    """Mean loss in nats over all supervised tokens of all rows: the same set at every call."""
    total, tokens = 0.0, 0
    for batch in in_order(rows, batch_size):
        total += as_float(summed_loss(model, *batch.arrays))
        tokens += batch.supervised
    if not math.isfinite(total):
        raise not_finite(model, rows, None)
    return total / tokens


def not_finite(model: nn.Module, rows: Sequence[Row], step: int | None) -> MorrisError:
    """What to say when a number is gone, with the row where that can be told."""
    names = (
        row.name or "a row"
        for row in rows
        if not math.isfinite(as_float(summed_loss(model, *build_batch([row]).arrays)))
    )
    row = next(names, "")
    where = f"at step {step}" if step else "on the held-out rows"
    return MorrisError(
        f"The loss or its gradient {where} is not a finite number"
        + (f" ({row})" if row else "")
        + "; nothing of that step was kept. Lower --learning-rate (a third of it) and train again"
        + (", or look at that row." if row else ".")
    )


def as_float(value: mx.array) -> float:
    """The number in a real array of one element."""
    return float(np.array(value))


class _Keeper:
    """Writes what the run leaves behind: metrics as they come, the best adapter, run.json."""

    def __init__(
        self, job: TrainJob, model: nn.Module, config: dict[str, Any], run: TrainRun
    ) -> None:
        self._job, self._run, self._model, self._config = job, run, model, config
        self._began = time.monotonic()
        self._losses: list[LossPoint] = []
        self._train_losses: list[float] = []
        self._step = self._tokens = 0

    def is_best(self, loss: float) -> bool:
        best = self._run.best_valid_loss
        return best is None or loss < best

    def note(self, report: Callable[[Report], None], event: Report) -> None:
        kind = "valid" if isinstance(event, ValidReport) else "train"
        files.append_jsonl(self._job.folder / store.METRICS_FILE, {"kind": kind, **asdict(event)})
        if isinstance(event, StepReport):
            self._train_losses.append(event.loss)
            self._step = event.step
            self._tokens = event.tokens
        else:
            mean = float(np.mean(self._train_losses)) if self._train_losses else None
            self._losses.append(LossPoint(event.step, mean, event.loss))
            self._train_losses = []
            if event.best:
                self._save(event.step, event.loss)
        report(event)

    def _save(self, step: int, loss: float | None) -> None:
        (self._job.folder / store.REPORT_FILE).unlink(missing_ok=True)  # of an earlier adapter
        digest = save_adapter(self._job.folder, self._model, self._config)
        self._run = replace(self._run, best_step=step, best_valid_loss=loss, adapter_sha256=digest)
        self._write(UNFINISHED)

    def _write(self, stopped: str) -> None:
        self._run = replace(
            self._run,
            losses=tuple(self._losses),
            seconds=round(time.monotonic() - self._began, 1),
            supervised_tokens=self._tokens,
            peak_memory_gb=round(mx.get_peak_memory() / 1e9, 3),
            stopped=stopped,
        )
        store.write_run(self._job.folder, self._run)

    def finish(self, stopped: str) -> TrainRun:
        if self._run.adapter_sha256:
            self._write(stopped)
        elif not (self._job.folder / store.ADAPTER_WEIGHTS).exists():
            self._save(self._step, None)  # stopped before the first look at the validation set
            self._write(stopped)
        else:  # the adapter that was to be replaced is better than one nobody has looked at
            self._run = replace(self._run, stopped=stopped)
        return self._run
