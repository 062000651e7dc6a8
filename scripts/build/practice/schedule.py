"""Stages of training: how many steps, at which rates, on which rows. No torch in here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

SHORT, LONG = 512, 1024  # most steps run short; the last ones teach the full window
STEP_TOKENS = 8192


@dataclass(frozen=True, slots=True)
class Stage:
    """One stretch of training. `progress` below is the share of its steps that are done."""

    name: str
    steps: int
    matrix_lr: float  # Muon, scaled to AdamW's update size
    other_lr: float  # AdamW: embedding (tied to the head) and norms
    warmup: float = 0.02
    decay: float = 0.5  # the last share of the steps goes linearly to zero
    long_from: float = 0.75  # from here on rows of LONG tokens

    def lr_scale(self, step: int) -> float:
        progress = step / self.steps
        if progress < self.warmup:
            return (progress + 1 / self.steps) / self.warmup
        return min(1.0, (1 - progress) / self.decay)

    def length(self, step: int) -> int:
        return LONG if step / self.steps >= self.long_from else SHORT


def blocks(
    tokens: np.ndarray, length: int, rows: int, seed: int, skip: int
) -> Iterator[np.ndarray]:
    """Endless [rows, length + 1] blocks: every epoch a new phase and a new order."""
    epoch = 0
    while True:
        rng = np.random.default_rng([seed, length, epoch])
        starts = np.arange(rng.integers(length), len(tokens) - length - 1, length)
        rng.shuffle(starts)
        for i in range(0, len(starts) - rows + 1, rows):
            if skip > 0:
                skip -= 1
                continue
            yield np.stack([tokens[s : s + length + 1] for s in starts[i : i + rows]])
        epoch += 1


def text_batches(tokens: np.ndarray, stage: Stage, start: int, seed: int) -> Iterator:
    """(ids, targets) for each step of a stage from plain text; repeats exactly after a resume."""
    first_long = next(
        s for s in range(stage.steps + 1) if stage.length(s) == LONG or s == stage.steps
    )
    for length, begin, end in ((SHORT, 0, first_long), (LONG, first_long, stage.steps)):
        done = max(0, start - begin)
        stream = blocks(tokens, length, STEP_TOKENS // length, seed, done)
        for _ in range(begin + done, end):
            block = next(stream).astype(np.int64)
            yield block[:, :-1], block[:, 1:]
