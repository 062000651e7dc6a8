"""Packed batches: rows one after the other without padding, divided into lanes of equal work.

Each row has its own positions and attends to its own tokens only, so the loss is the one of the
single rows. A row may continue in the next lane. If all rows begin with the same tokens, such as a
system prompt, these are computed only once, with the first row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import mlx.core as mx
import numpy as np

from morris_mlx.train.dataset import TokenRow

# Work in units of a token's work in the blocks. Attention's part grows with the tokens before it,
# the head's is that of supervised tokens only. Measured on SmolLM2; for larger models both are
# less, and unequal lanes only wait for each other.
WORK_PER_TOKEN_BEFORE, WORK_OF_HEAD = 1 / 700, 0.27
LEAST_TOKENS = 32  # of a lane: smaller products are slow
LEAST_SHARED = 8  # tokens at the beginning of all rows: fewer are not worth a segment
SNAP = 0.03  # a lane ends with a row if this share of all work is not divided better

Segment = tuple[int, int]  # the first token of a row in a lane, and the number of its tokens there
Layout = tuple[tuple[Segment, ...], ...]  # the segments of every lane
LaneArrays = tuple[mx.array, mx.array, mx.array]  # ids, positions, targets


@dataclass(frozen=True, slots=True)
class PackedBatch:
    """The inputs and targets of one forward pass over packed rows.

    `lanes` holds for each lane the ids int32 [n] of its tokens, the positions [t] of those after
    which a token is predicted, and these tokens [t]. `layout` says which tokens belong together.
    The first `shared` tokens of the batch are those of all rows; only the first row has them.
    """

    lanes: tuple[LaneArrays, ...]
    layout: Layout
    shared: int
    rows: int
    supervised: int

    @property
    def arrays(self) -> tuple[Any, ...]:
        """Return the arguments of `packed.packed_loss`."""
        return self.lanes, self.layout, self.shared

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return (rows, tokens, targets)."""
        tokens = sum(length for lane in self.layout for _, length in lane)
        return self.rows, tokens, self.supervised


class _Run(NamedTuple):
    """A run of tokens of a row."""

    first: int  # its position in the row
    ids: Sequence[int]
    following: Sequence[int]
    learned: np.ndarray


def pack(rows: Sequence[TokenRow], lanes: int) -> PackedBatch:
    """Pack rows into at most `lanes` lanes; fewer if there are few tokens."""
    shared = _shared_tokens(rows)
    runs = [_run(row, shared if number else 0) for number, row in enumerate(rows)]
    ids = np.concatenate([np.array(run.ids, dtype=np.int32) for run in runs])
    following = np.concatenate([np.array(run.following, dtype=np.int32) for run in runs])
    learned = np.concatenate([run.learned for run in runs])
    lanes = max(1, min(lanes, len(ids) // LEAST_TOKENS))
    ends = _lane_ends(runs, learned, lanes)
    arrays, layout = [], []
    for start, end in zip([0, *ends], [*ends, len(ids)], strict=True):
        positions = np.flatnonzero(learned[start:end])
        targets = following[start:end][positions]
        parts = ids[start:end], positions.astype(np.int32), targets
        arrays.append((mx.array(parts[0]), mx.array(parts[1]), mx.array(parts[2])))
        layout.append(_segments(runs, start, end))
    return PackedBatch(tuple(arrays), tuple(layout), shared, len(rows), int(learned.sum()))


def _shared_tokens(rows: Sequence[TokenRow]) -> int:
    """Return the number of first tokens that all rows have, before any supervised token.

    Each row keeps at least one token of its own.
    """
    if len(rows) < 2:
        return 0
    most = max(0, min(min(len(row.ids) - 2, _first_learned(row)) for row in rows))
    first = np.array([row.ids[:most] for row in rows])
    different = np.flatnonzero((first != first[0]).any(axis=0))
    shared = int(different[0]) if len(different) else most
    return shared if shared >= LEAST_SHARED else 0


def _first_learned(row: TokenRow) -> int:
    """Return the position after which the first supervised token is predicted."""
    return next((i for i, learned in enumerate(row.mask[1:]) if learned), len(row.ids) - 1)


def _run(row: TokenRow, first: int) -> _Run:
    """Return the tokens of a row from the one at `first` on."""
    learned = np.array(row.mask[first + 1 :], dtype=bool)
    return _Run(first, row.ids[first:-1], row.ids[first + 1 :], learned)


def _lane_ends(runs: Sequence[_Run], learned: np.ndarray, lanes: int) -> list[int]:
    """Return the ends of all lanes but the last, so that the lanes have equal work."""
    before = np.concatenate([run.first + np.arange(len(run.ids)) for run in runs])
    work = np.cumsum(1 + before * WORK_PER_TOKEN_BEFORE + learned * WORK_OF_HEAD)
    run_ends = np.cumsum([len(run.ids) for run in runs])[:-1]
    ends: list[int] = []
    for lane in range(1, lanes):
        wanted = work[-1] * lane / lanes
        end = int(np.searchsorted(work, wanted)) + 1
        near = [int(e) for e in run_ends if abs(work[e - 1] - wanted) <= SNAP * work[-1]]
        end = min(near, key=lambda e: abs(e - end)) if near else end
        if (ends[-1] if ends else 0) < end < len(work):
            ends.append(end)
    return ends


def _segments(runs: Sequence[_Run], start: int, end: int) -> tuple[Segment, ...]:
    """Return the segments of the packed tokens from `start` to `end`."""
    segments = []
    place = 0
    for run in runs:
        first, last = max(start, place), min(end, place + len(run.ids))
        if first < last:
            segments.append((run.first + first - place, last - first))
        place += len(run.ids)
    return tuple(segments)
