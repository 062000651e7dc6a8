"""Token rows → padded batches of few shapes: like lengths together, each row once an epoch."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import mlx.core as mx
import numpy as np

from morris_mlx.records.training import TrainSettings
from morris_mlx.train.batch_shapes import COUNT_LEVELS, MOST_SPREAD, PAD_MULTIPLE, WIDTH_LEVELS
from morris_mlx.train.dataset import Row
from morris_mlx.train.recipes import steps_per_epoch


@dataclass(frozen=True, slots=True)
class Batch:
    """What one forward pass reads and what it is asked for.

    `ids` int32 [B, W], padded with id 0 at the end, where no learned token looks; `positions`,
    `targets` and `weights` [N]: at which places of the flattened ids which token is to be
    predicted; the last places may be padding, of weight 0. `supervised` targets are learned.
    """

    ids: mx.array
    positions: mx.array
    targets: mx.array
    weights: mx.array
    supervised: int
    rows: tuple[Row, ...] = ()

    @property
    def arrays(self) -> tuple[mx.array, mx.array, mx.array, mx.array]:
        return self.ids, self.positions, self.targets, self.weights

    @property
    def shape(self) -> tuple[int, int, int]:
        """(rows, width, targets): what a compiled step is compiled for."""
        rows, width = self.ids.shape
        return rows, width, self.targets.shape[0]


class Schedule:
    """Which rows each optimiser step learns from: a function of rows, settings and step alone.

    Each epoch the rows are shuffled and dealt out, `batch_size` times `accumulate` to a step; an
    epoch's last step may have fewer: no row is dropped and none is repeated. What a step computes
    at once are rows of like length among its own, at most `batch_size`: sorting all rows would
    spare a little more padding, but steps of short rows alone learn worse.
    """

    def __init__(self, rows: Sequence[Row], settings: TrainSettings) -> None:
        self._rows, self._settings = rows, settings
        self._lengths = np.array([len(row.ids) - 1 for row in rows])
        self._widths = levels([_padded(int(length)) for length in self._lengths], WIDTH_LEVELS)

    @property
    def steps_per_epoch(self) -> int:
        return steps_per_epoch(self._settings, len(self._rows))

    @property
    def steps(self) -> int:
        return self._settings.epochs * self.steps_per_epoch

    def groups(self, start: int = 0) -> Iterator[list[list[Row]]]:
        """For each step from `start` on, its batches of rows."""
        for epoch in range(start // self.steps_per_epoch, self._settings.epochs):
            done = max(0, start - epoch * self.steps_per_epoch)
            yield from islice(self._epoch(epoch), done, None)

    def _epoch(self, epoch: int) -> Iterator[list[list[Row]]]:
        order = np.random.default_rng([self._settings.seed, epoch])
        index = order.permutation(len(self._rows))
        # Two shuffles: rows of equal length among themselves, then all of them.
        index = index[np.argsort(self._lengths[index], kind="stable")]
        dealt = index.tolist()
        order.shuffle(dealt)
        size = self._settings.batch_size * self._settings.accumulate
        for i in range(0, len(dealt), size):
            yield self._batches(dealt[i : i + size])

    def _batches(self, step: list[int]) -> list[list[Row]]:
        """The rows of a step, by length, cut where one more row would mean much padding."""
        if self._settings.batch_size == 1:
            return [[self._rows[n]] for n in step]
        batches: list[list[int]] = []
        for n in sorted(step, key=lambda n: int(self._lengths[n])):
            first = batches[-1][0] if batches else n
            like = self._lengths[n] <= MOST_SPREAD * self._lengths[first] + PAD_MULTIPLE
            if batches and like and len(batches[-1]) < self._settings.batch_size:
                batches[-1].append(n)
            else:
                batches.append([n])
        return [[self._rows[n] for n in batch] for batch in batches]

    def build(self, rows: Sequence[Row]) -> Batch:
        return build_batch(rows, self._widths)


def in_order(rows: Sequence[Row], batch_size: int) -> Iterator[Batch]:
    """All rows, each once, always in the same batches: for validation."""
    by_length = sorted(rows, key=lambda row: len(row.ids))
    for i in range(0, len(rows), batch_size):
        yield build_batch(by_length[i : i + batch_size])


def build_batch(rows: Sequence[Row], widths: Sequence[int] = ()) -> Batch:
    """Pad to the next of `widths`, or of PAD_MULTIPLE; the number of targets to COUNT_LEVELS."""
    width = _padded(max(len(row.ids) for row in rows) - 1)
    width = min((w for w in widths if w >= width), default=width)
    ids = np.zeros((len(rows), width), dtype=np.int32)
    positions: list[int] = []
    targets: list[int] = []
    for i, row in enumerate(rows):
        ids[i, : len(row.ids) - 1] = row.ids[:-1]
        learned = np.flatnonzero(np.array(row.mask[1:]))
        positions += (i * width + learned).tolist()
        targets += np.array(row.ids)[learned + 1].tolist()
    supervised = len(targets)
    step = _padded(math.ceil(ids.size / COUNT_LEVELS))
    missing = max(step, -(-supervised // step) * step) - supervised
    return Batch(
        mx.array(ids),
        mx.array(positions + [0] * missing, dtype=mx.int32),
        mx.array(targets + [0] * missing, dtype=mx.int32),
        mx.array([1.0] * supervised + [0.0] * missing),
        supervised,
        tuple(rows),
    )


def _padded(value: int) -> int:
    return -(-value // PAD_MULTIPLE) * PAD_MULTIPLE


def levels(values: Sequence[int], limit: int) -> list[int]:
    """At most `limit` of the values, so that rounding all up to the next one adds the least.

    Dynamic programming over the distinct values: best[i] is the least sum of the first i when
    the i-th is a level.
    """
    distinct, counts = np.unique(np.asarray(values), return_counts=True)
    size = len(distinct)
    total = np.concatenate([[0], np.cumsum(counts)])
    best = np.array([0.0] + [math.inf] * size)
    choices = []
    for _ in range(min(limit, size)):
        new, choice = np.full(size + 1, math.inf), np.zeros(size + 1, dtype=int)
        for i in range(1, size + 1):
            costs = best[:i] + distinct[i - 1] * (total[i] - total[:i])
            choice[i] = int(costs.argmin())
            new[i] = costs[choice[i]]
        choices.append(choice)
        best = new
    chosen, i = [], size
    for choice in reversed(choices):
        chosen.append(int(distinct[i - 1]))
        i = int(choice[i])
    return chosen[::-1]
