"""Batch sampler: padded or packed batches of rows, every row once an epoch."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import mlx.core as mx
import numpy as np

from morris_mlx.records.training import TrainSettings
from morris_mlx.train.batch_shapes import COUNT_LEVELS, MOST_SPREAD, PAD_MULTIPLE, WIDTH_LEVELS
from morris_mlx.train.dataset import TokenRow
from morris_mlx.train.packed_batch import PackedBatch, pack
from morris_mlx.train.recipes import steps_per_epoch


@dataclass(frozen=True, slots=True)
class Batch:
    """The inputs and targets of one forward pass.

    `ids` int32 [B, W] are padded with id 0 at the end of each row, where causal attention hides
    the padding from every supervised token. `positions`, `targets` and `weights` [N] give the
    places of the flattened ids after which a token is predicted, that token, and its weight in
    the loss. The last places may be padding with weight 0; `supervised` places are not.
    """

    ids: mx.array
    positions: mx.array
    targets: mx.array
    weights: mx.array
    supervised: int

    @property
    def arrays(self) -> tuple[mx.array, mx.array, mx.array, mx.array]:
        """Return ids, positions, targets and weights."""
        return self.ids, self.positions, self.targets, self.weights

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return (rows, width, targets): the shape that a step is compiled for."""
        rows, width = self.ids.shape
        return rows, width, self.targets.shape[0]


class BatchSampler:
    """The batches of every optimizer step, as a function of rows, settings and step alone.

    Each epoch the rows are shuffled and dealt out, `batch_size` times `accumulate` to a step; the
    last step of an epoch may have fewer, so no row is dropped or repeated. The micro-batches of a
    step hold at most `batch_size` rows each; padded ones hold rows of similar length. Rows are
    sorted only within their step: sorting all rows would save a little more padding, but steps of
    short rows alone learn worse.

    `lanes` is the number of lanes of packed batches; with 0 batches are padded.
    """

    def __init__(self, rows: Sequence[TokenRow], settings: TrainSettings, lanes: int = 0) -> None:
        self.rows = rows
        self.lanes = lanes
        self._settings = settings
        self._lengths = np.array([len(row.ids) - 1 for row in rows])
        self._widths = padding_levels([_padded(int(n)) for n in self._lengths], WIDTH_LEVELS)

    @property
    def steps_per_epoch(self) -> int:
        """Return the number of optimizer steps in an epoch."""
        return steps_per_epoch(self._settings, len(self.rows))

    @property
    def steps(self) -> int:
        """Return the number of optimizer steps in all epochs."""
        return self._settings.epochs * self.steps_per_epoch

    def micro_batches(self, start: int = 0) -> Iterator[list[list[TokenRow]]]:
        """Yield the rows of every step from `start` on, divided into micro-batches."""
        for epoch in range(start // self.steps_per_epoch, self._settings.epochs):
            done = max(0, start - epoch * self.steps_per_epoch)
            yield from islice(self._epoch(epoch), done, None)

    def build(self, rows: Sequence[TokenRow]) -> Batch | PackedBatch:
        """Build the batch of these rows: packed, or padded to one of the widths of this sampler."""
        return pack(rows, self.lanes) if self.lanes else build_batch(rows, self._widths)

    def longest(self, count: int) -> Batch | PackedBatch:
        """Build a batch of the `count` longest rows: the one that needs the most memory."""
        return self.build(sorted(self.rows, key=lambda row: len(row.ids))[-count:])

    def _epoch(self, epoch: int) -> Iterator[list[list[TokenRow]]]:
        order = np.random.default_rng([self._settings.seed, epoch])
        index = order.permutation(len(self.rows))
        # Two shuffles: rows of equal length among themselves, then all of them.
        index = index[np.argsort(self._lengths[index], kind="stable")]
        dealt = index.tolist()
        order.shuffle(dealt)
        size = self._settings.batch_size * self._settings.accumulate
        for i in range(0, len(dealt), size):
            yield self._split_step(dealt[i : i + size])

    def _split_step(self, step: list[int]) -> list[list[TokenRow]]:
        """Split the rows of a step, sorted by length, into micro-batches.

        A padded batch also ends where one more row would mean much padding.
        """
        if self._settings.batch_size == 1:
            return [[self.rows[n]] for n in step]
        batches: list[list[int]] = []
        for n in sorted(step, key=lambda n: int(self._lengths[n])):
            first = batches[-1][0] if batches else n
            similar = self._lengths[n] <= MOST_SPREAD * self._lengths[first] + PAD_MULTIPLE
            similar = similar or self.lanes > 0
            if batches and similar and len(batches[-1]) < self._settings.batch_size:
                batches[-1].append(n)
            else:
                batches.append([n])
        return [[self.rows[n] for n in batch] for batch in batches]


def validation_batches(
    rows: Sequence[TokenRow], batch_size: int, lanes: int = 0
) -> Iterator[Batch | PackedBatch]:
    """Yield every row once, always in the same batches, packed into `lanes` or padded."""
    by_length = sorted(rows, key=lambda row: len(row.ids))
    for i in range(0, len(rows), batch_size):
        batch = by_length[i : i + batch_size]
        yield pack(batch, lanes) if lanes else build_batch(batch)


def build_batch(rows: Sequence[TokenRow], widths: Sequence[int] = ()) -> Batch:
    """Build a batch padded to the next of `widths`, or else to a multiple of PAD_MULTIPLE.

    The number of targets is padded to one of COUNT_LEVELS shares of the batch's places.
    """
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
    )


def _padded(value: int) -> int:
    return -(-value // PAD_MULTIPLE) * PAD_MULTIPLE


def padding_levels(values: Sequence[int], limit: int) -> list[int]:
    """Choose at most `limit` of the values so that rounding all up to the next adds the least.

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
