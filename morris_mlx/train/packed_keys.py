"""The keys and values that the tokens of a lane attend to, some of which other lanes compute."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import mlx.core as mx

from morris_mlx.train.packed_batch import Layout

KeySources = tuple[tuple[int, int, int], ...]  # (lane, start, end) of runs of tokens


def key_sources(layout: Layout, shared: int) -> list[KeySources]:
    """Return where the keys of each lane come from, in the order of packed_attention.py.

    Before the tokens of each segment come those of its row in earlier lanes. The first row is the
    only one to have the `shared` first tokens of all rows, and so they come before the others.
    """
    sizes = [sum(length for _, length in lane) for lane in layout]
    starts = [sum(sizes[:number]) for number in range(len(sizes))]
    sources = []
    place = row_start = row_first = 0
    for lane in layout:
        found: list[tuple[int, int, int]] = []
        for before, length in lane:
            if place == 0 or before == shared:
                row_start, row_first = place, before
            for start, end in ((0, row_first), (row_start, place + length)):
                found += _in_lanes(start, end, starts, sizes)
            place += length
        sources.append(_merged(found))
    return sources


def with_earlier(lanes: Sequence[mx.array], sources: KeySources) -> mx.array:
    """Return the keys or values [G, m, d] for a lane from those [G, n, d] of all lanes."""
    parts = [_part(lanes[lane], start, end) for lane, start, end in sources]
    return mx.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]


def without_earlier(
    gradients: Sequence[mx.array], sources: Sequence[KeySources], lane: int, length: int
) -> mx.array:
    """Return the gradient [G, n, d] of a lane's `length` keys from those [G, m, d] of all lanes.

    Keys that several segments attend to have the sum of the gradients.
    """
    parts = []  # (first token, end, gradient)
    for gradient, runs in zip(gradients, sources, strict=True):
        place = 0
        for source, start, end in runs:
            if source == lane:
                parts.append((start, end, _part(gradient, place, place + end - start)))
            place += end - start
    cuts = sorted({0, length} | {edge for start, end, _ in parts for edge in (start, end)})
    sums = []
    for start, end in pairwise(cuts):
        same = [_part(g, start - a, end - a) for a, b, g in parts if a <= start and end <= b]
        sums.append(sum(same[1:], same[0]))
    return mx.concatenate(sums, axis=1) if len(sums) > 1 else sums[0]


def _part(x: mx.array, start: int, end: int) -> mx.array:
    return x if (start, end) == (0, x.shape[1]) else x[:, start:end]


def _in_lanes(
    start: int, end: int, starts: Sequence[int], sizes: Sequence[int]
) -> list[tuple[int, int, int]]:
    """Return the runs in lanes of the tokens of a batch from `start` to `end`."""
    runs = []
    for lane, (first, size) in enumerate(zip(starts, sizes, strict=True)):
        low, high = max(start, first), min(end, first + size)
        if low < high:
            runs.append((lane, low - first, high - first))
    return runs


def _merged(runs: Sequence[tuple[int, int, int]]) -> KeySources:
    """Return the runs, those that follow each other as one."""
    merged: list[tuple[int, int, int]] = []
    for lane, start, end in runs:
        if merged and merged[-1][0] == lane and merged[-1][2] == start:
            lane, start, _ = merged.pop()
        merged.append((lane, start, end))
    return tuple(merged)
