"""Optimizer steps and validation: the computation of a training, without its files."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import numpy as np
from mlx.optimizers import Optimizer
from mlx.utils import tree_map

from morris_mlx.errors import MorrisError
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.batch_sampler import BatchSampler, build_batch, validation_batches
from morris_mlx.train.dataset import TokenRow
from morris_mlx.train.distributed import ProcessGroup
from morris_mlx.train.dropout import Dropout
from morris_mlx.train.job import StepReport
from morris_mlx.train.joined import JoinedArrays
from morris_mlx.train.lanes import one_thread_each
from morris_mlx.train.loss import summed_loss
from morris_mlx.train.optimizer import learning_rate, scale_and_clip
from morris_mlx.train.packed import batch_loss
from morris_mlx.train.recipes import VALIDATIONS_PER_EPOCH
from morris_mlx.train.work_clock import WorkClock

async_eval: Callable[..., None] = mx.async_eval  # its own signature has no types
MicroStep = Callable[..., tuple[mx.array, Any]]


def training_steps(
    model: nn.Module,
    optimizer: Optimizer,
    sampler: BatchSampler,
    settings: TrainSettings,
    start: int = 0,
    processes: ProcessGroup | None = None,
    clock: WorkClock | None = None,
) -> Iterator[StepReport]:
    """Train `model` in place from step `start` on and yield a report after each optimizer step.

    The sampler decides which rows a step learns from. `settings` may have a smaller batch size
    than those of the sampler: the rows of a step are then computed in smaller batches. `clock` is
    one that leaves out the time that the machine slept.

    Raises:
        MorrisError: If a loss or gradient is not finite. The step is not taken then.
    """
    # Python's search for unused objects would look at everything that exists, many times a step.
    gc.freeze()
    try:
        yield from _steps(
            model,
            optimizer,
            sampler,
            settings,
            start,
            processes or ProcessGroup(),
            clock or WorkClock(),
        )
    finally:
        gc.unfreeze()


def _steps(
    model: nn.Module,
    optimizer: Optimizer,
    sampler: BatchSampler,
    settings: TrainSettings,
    start: int,
    processes: ProcessGroup,
    clock: WorkClock,
) -> Iterator[StepReport]:
    micro_step = compiled_micro_step(model, settings)
    joined = JoinedArrays(model.trainable_parameters())
    began, tokens_done = clock.seconds(), 0
    for step, batches in enumerate(sampler.micro_batches(start), start):
        optimizer.learning_rate = learning_rate(settings, step, sampler.steps)
        key = mx.random.key(settings.seed * 2**32 + step * processes.size + processes.rank)
        own = _split_batches(processes.share(batches), settings.batch_size)
        with one_thread_each(sampler.lanes):
            sums = _summed_gradients(model, micro_step, joined, sampler, own, key)
            mx.eval(sums)
        loss, gradients = processes.all_sum(sums)
        del sums  # each array of the gradients is free when it was scaled
        tokens = sum(row.supervised for batch in batches for row in batch)
        gradients, norm = scale_and_clip(gradients, tokens, settings.clip_norm)
        mean = as_float(loss) / tokens
        if not (math.isfinite(mean) and math.isfinite(as_float(norm))):
            raise non_finite_error(model, [row for batch in batches for row in batch], step + 1)
        joined.update(model, optimizer, gradients)
        del gradients  # before the next ones are computed
        tokens_done += tokens
        seconds = clock.seconds() - began
        yield StepReport(
            step=step + 1,
            steps=sampler.steps,
            loss=mean,
            tokens=tokens_done,
            learning_rate=as_float(optimizer.learning_rate),
            gradient_norm=as_float(norm),
            tokens_per_second=tokens_done / seconds,
            peak_memory_gb=mx.get_peak_memory() / 1e9,
            seconds_left=seconds / (step + 1 - start) * (sampler.steps - step - 1),
        )


def compiled_micro_step(model: nn.Module, settings: TrainSettings) -> MicroStep:
    """Compile a function of (the arrays of a batch, dropout key).

    It returns the summed loss and its gradients with respect to the trainable parameters.
    """

    def loss(model: nn.Module, *inputs: Any) -> mx.array:
        *arrays, key = inputs
        return batch_loss(model, arrays, settings.recompute, Dropout(settings.dropout, key))

    gradient = nn.value_and_grad(model, loss)
    # The model is an output too: differentiating puts its weights back in place while traced.
    state = [model.state]
    step: MicroStep = partial(mx.compile, inputs=state, outputs=state)(
        lambda *arrays: gradient(model, *arrays)
    )
    return step


def _split_batches(batches: Sequence[Sequence[TokenRow]], size: int) -> list[Sequence[TokenRow]]:
    """Split each batch into batches of at most `size` rows."""
    return [batch[i : i + size] for batch in batches for i in range(0, len(batch), size)]


def _summed_gradients(
    model: nn.Module,
    micro_step: MicroStep,
    joined: JoinedArrays,
    sampler: BatchSampler,
    batches: Sequence[Sequence[TokenRow]],
    key: mx.array,
) -> tuple[mx.array, Any]:
    """Return the loss and the joined gradients, summed over the batches of one optimizer step.

    The next batch is built while one is computed; more than one at a time would need more memory
    than planned.
    """
    loss, gradients = mx.array(0.0), None
    for rows, batch_key in zip(batches, mx.random.split(key, max(1, len(batches))), strict=False):
        arrays = sampler.build(rows).arrays
        mx.eval(loss, gradients)
        part, new = micro_step(*arrays, batch_key)
        loss, new = loss + part, joined.join(new)
        gradients = new if gradients is None else tree_map(mx.add, gradients, new)
        async_eval(loss, gradients)
    if gradients is None:  # there are more processes than batches
        gradients = tree_map(mx.zeros_like, joined.join(model.trainable_parameters()))
    return loss, gradients


def validation_interval(sampler: BatchSampler, settings: TrainSettings) -> int:
    """Return the number of optimizer steps between two validations."""
    default = math.ceil(sampler.steps_per_epoch / VALIDATIONS_PER_EPOCH)
    return settings.validate_every or max(1, default)


def validate(
    model: nn.Module,
    rows: Sequence[TokenRow],
    batch_size: int,
    processes: ProcessGroup | None = None,
    stopping: Callable[[], bool] = lambda: False,
    lanes: int = 0,
) -> float | None:
    """Return the mean loss in nats over all supervised tokens of all rows, packed into `lanes`.

    `stopping` is polled before each batch; once it is True the result is None. Several machines
    have different numbers of batches and must agree, so there a validation is always completed.

    Raises:
        MorrisError: If the loss is not finite.
    """
    processes = processes or ProcessGroup()
    total = mx.array(0.0)
    for batch in validation_batches(rows[processes.rank :: processes.size], batch_size, lanes):
        if processes.size == 1 and stopping():
            return None
        with one_thread_each(lanes):
            total = total + batch_loss(model, batch.arrays)
            mx.eval(total)
    loss = as_float(processes.all_sum([total])[0]) / sum(row.supervised for row in rows)
    if not math.isfinite(loss):
        raise non_finite_error(model, rows, None)
    return loss


def non_finite_error(model: nn.Module, rows: Sequence[TokenRow], step: int | None) -> MorrisError:
    """Return an error that names the first row whose own loss is not finite, if there is one."""
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
        + ". Nothing of that step was kept. Lower --learning-rate to a third and train again"
        + (", or check that row." if row else ".")
    )


def as_float(value: mx.array) -> float:
    """Return the number in a real array of one element."""
    return float(np.array(value))
