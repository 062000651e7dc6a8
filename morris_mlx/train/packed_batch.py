"""Packed batches: rows one after the other without padding, divided into lanes of equal work.

Each row has its own positions and attends to its own tokens only, so the loss is the one of the
single rows. A row may continue in the next lane.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mlx.core as mx
import numpy as np

from morris_mlx.train.dataset import TokenRow

# Work in units of a token's work in the blocks. Attention's part grows with the tokens before it,
# the head's is that of supervised tokens only. Measured on SmolLM2; for larger models both are
# less, and unequal lanes only wait for each other.
WORK_PER_TOKEN_BEFORE, WORK_OF_HEAD = 1 / 700, 0.27
LEAST_TOKENS = 32  # of a lane: smaller products are slow
SNAP = 0.03  # a lane ends with a row if this share of all work is not divided better

Segment = tuple[int, int]  # the first token of a row in a lane, and the number of its tokens there
Layout = tuple[tuple[Segment, ...], ...]  # the segments of every lane
LaneArrays = tuple[mx.array, mx.array, mx.array]  # ids, positions, targets


@dataclass(frozen=True, slots=True)
class PackedBatch:
    """The inputs and targets of one forward pass over packed rows.

    `lanes` holds for each lane the ids int32 [n] of its tokens, the positions [t] of those after
    which a token is predicted, and these tokens [t]. `layout` says which tokens belong together.
    """

    lanes: tuple[LaneArrays, ...]
    layout: Layout
    supervised: int

    @property
    def arrays(self) -> tuple[Any, ...]:
        """Return the arguments of `packed.packed_loss`."""
        return self.lanes, self.layout

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return (rows, tokens, targets)."""
        tokens = sum(length for lane in self.layout for _, length in lane)
        rows = sum(start == 0 for lane in self.layout for start, _ in lane)
        return rows, tokens, self.supervised


def pack(rows: Sequence[TokenRow], lanes: int) -> PackedBatch:
    """Pack rows into at most `lanes` lanes; fewer if there are few tokens."""
    lengths = [len(row.ids) - 1 for row in rows]
    ids = np.concatenate([np.array(row.ids[:-1], dtype=np.int32) for row in rows])
    following = np.concatenate([np.array(row.ids[1:], dtype=np.int32) for row in rows])
    learned = np.concatenate([np.array(row.mask[1:], dtype=bool) for row in rows])
    lanes = max(1, min(lanes, len(ids) // LEAST_TOKENS))
    ends = _lane_ends(lengths, learned, lanes)
    arrays, layout = [], []
    for start, end in zip([0, *ends], [*ends, len(ids)], strict=True):
        positions = np.flatnonzero(learned[start:end])
        targets = following[start:end][positions]
        parts = ids[start:end], positions.astype(np.int32), targets
        arrays.append((mx.array(parts[0]), mx.array(parts[1]), mx.array(parts[2])))
        layout.append(_segments(lengths, start, end))
    return PackedBatch(tuple(arrays), tuple(layout), int(learned.sum()))


def _lane_ends(lengths: Sequence[int], learned: np.ndarray, lanes: int) -> list[int]:
    """Return the ends of all lanes but the last, so that the lanes have equal work."""
    before = np.concatenate([np.arange(length) for length in lengths])
    work = np.cumsum(1 + before * WORK_PER_TOKEN_BEFORE + learned * WORK_OF_HEAD)
    row_ends = np.cumsum(lengths)[:-1]
    ends: list[int] = []
    for lane in range(1, lanes):
        wanted = work[-1] * lane / lanes
        end = int(np.searchsorted(work, wanted)) + 1
        near = [int(e) for e in row_ends if abs(work[e - 1] - wanted) <= SNAP * work[-1]]
        end = min(near, key=lambda e: abs(e - end)) if near else end
        if (ends[-1] if ends else 0) < end < len(work):
            ends.append(end)
    return ends


def _segments(lengths: Sequence[int], start: int, end: int) -> tuple[Segment, ...]:
    """Return the segments of the packed tokens from `start` to `end`."""
    segments = []
    row_start = 0
    for length in lengths:
        first, last = max(start, row_start), min(end, row_start + length)
        if first < last:
            segments.append((first - row_start, last - first))
        row_start += length
    return tuple(segments)
