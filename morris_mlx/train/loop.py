"""The training loop: whole epochs, token-weighted steps, a fixed validation set."""

from __future__ import annotations

import math
import time
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
from morris_mlx.train import StepReport
from morris_mlx.train.batch_sampler import Schedule, build_batch, in_order
from morris_mlx.train.dataset import Row
from morris_mlx.train.distributed import Peers
from morris_mlx.train.forward import Dropout
from morris_mlx.train.loss import summed_loss
from morris_mlx.train.optimizer import learning_rate, scale_and_clip
from morris_mlx.train.recipes import VALIDATIONS_PER_EPOCH

begin: Callable[..., None] = mx.async_eval  # whose own signature has no types
MicroStep = Callable[..., tuple[mx.array, Any]]


def training_steps(
    model: nn.Module,
    optimizer: Optimizer,
    rows: Sequence[Row],
    settings: TrainSettings,
    start: int = 0,
    started_with: TrainSettings | None = None,
    peers: Peers | None = None,
) -> Iterator[StepReport]:
    """Train `model` in place from step `start` on and yield after every optimiser step.

    Which rows a step learns from follows `started_with` where it is given: `settings` may then
    compute them in smaller batches. Raises MorrisError as soon as a loss or gradient is not
    finite, before the step is taken.
    """
    peers = peers or Peers()
    schedule = Schedule(rows, started_with or settings)
    micro_step = compiled_micro_step(model, settings)
    began, tokens_done = time.monotonic(), 0
    for step, group in enumerate(schedule.groups(start), start):
        optimizer.learning_rate = learning_rate(settings, step, schedule.steps)
        key = mx.random.key(settings.seed * 2**32 + step * peers.size + peers.rank)
        mine = _pieces(peers.share(group), settings.batch_size)
        part, gradients = _summed_gradients(model, micro_step, schedule, mine, key)
        loss, gradients = peers.add_up((part, gradients))
        tokens = sum(sum(row.mask[1:]) for batch in group for row in batch)
        gradients, norm = scale_and_clip(gradients, tokens, settings.clip_norm)
        mean = as_float(loss) / tokens
        if not (math.isfinite(mean) and math.isfinite(as_float(norm))):
            raise not_finite(model, [row for batch in group for row in batch], step + 1)
        optimizer.update(model, gradients)
        mx.eval(model.trainable_parameters(), optimizer.state)
        tokens_done += tokens
        seconds = time.monotonic() - began
        yield StepReport(
            step=step + 1,
            steps=schedule.steps,
            loss=mean,
            tokens=tokens_done,
            learning_rate=as_float(optimizer.learning_rate),
            gradient_norm=as_float(norm),
            tokens_per_second=tokens_done / seconds,
            peak_memory_gb=mx.get_peak_memory() / 1e9,
            seconds_left=seconds / (step + 1 - start) * (schedule.steps - step - 1),
        )


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


def _pieces(batches: Sequence[Sequence[Row]], size: int) -> list[Sequence[Row]]:
    """Batches of at most `size` rows."""
    return [batch[i : i + size] for batch in batches for i in range(0, len(batch), size)]


def _summed_gradients(
    model: nn.Module,
    micro_step: MicroStep,
    schedule: Schedule,
    batches: Sequence[Sequence[Row]],
    key: mx.array,
) -> tuple[mx.array, Any]:
    """(summed loss, summed gradients) over the batches of one optimiser step.

    While one batch computes, the next is put together; more than one at once would add up to
    more memory than planned.
    """
    loss, gradients = mx.array(0.0), None
    for rows, batch_key in zip(batches, mx.random.split(key, max(1, len(batches))), strict=False):
        arrays = schedule.build(rows).arrays
        mx.eval(loss, gradients)
        part, new = micro_step(*arrays, batch_key)
        loss = loss + part
        gradients = new if gradients is None else tree_map(mx.add, gradients, new)
        begin(loss, gradients)
    if gradients is None:  # more machines than batches
        gradients = tree_map(lambda p: mx.zeros(p.shape), model.trainable_parameters())
    return loss, gradients


def validate_every(rows: Sequence[Row], settings: TrainSettings) -> int:
    """Optimiser steps between two looks at the validation set."""
    per_epoch = Schedule(rows, settings).steps_per_epoch
    return settings.validate_every or max(1, math.ceil(per_epoch / VALIDATIONS_PER_EPOCH))


def validate(
    model: nn.Module, rows: Sequence[Row], batch_size: int, peers: Peers | None = None
) -> float:
    """Mean loss in nats over all supervised tokens of all rows: the same set at every call."""
    peers = peers or Peers()
    total = mx.array(0.0)
    for batch in in_order(rows[peers.rank :: peers.size], batch_size):
        total = total + summed_loss(model, *batch.arrays)
        mx.eval(total)
    loss = as_float(peers.add_up([total])[0]) / sum(sum(row.mask[1:]) for row in rows)
    if not math.isfinite(loss):
        raise not_finite(model, rows, None)
    return loss


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
