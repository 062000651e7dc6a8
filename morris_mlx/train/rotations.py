"""Rotary positions as two tables, for all tokens of a lane at once.

MLX's operation computes sines and cosines for one run of positions at every call. Here they are
computed once for a batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import mlx.core as mx

from morris_mlx.train.packed_batch import Segment


class Rotations(NamedTuple):
    """The rotations of the tokens of a lane: tables [n, d] for heads of d numbers.

    Each number of a head is multiplied by `cosines`, and its partner in the pair by `sines`.
    """

    cosines: mx.array
    sines: mx.array
    neighbors: bool  # the pairs are of neighboring numbers, not of the two halves of a head

    def scaled(self, factor: float) -> Rotations:
        """Return these rotations, followed by a multiplication."""
        return self._replace(cosines=self.cosines * factor, sines=self.sines * factor)

    def forward(self, x: mx.array) -> mx.array:
        """Return the rotated heads x [H, n, d]."""
        return (x * self.cosines + self._partners(x) * self.sines).astype(x.dtype)

    def backward(self, by_rotated: mx.array) -> mx.array:
        """Return the gradient with respect to the heads [H, n, d] before their rotation."""
        by_own, by_partner = by_rotated * self.cosines, by_rotated * self.sines
        return (by_own + self._partners(by_partner)).astype(by_rotated.dtype)

    def _partners(self, x: mx.array) -> mx.array:
        """Return x with the two numbers of every pair exchanged."""
        if self.neighbors:
            return x.reshape(*x.shape[:-1], -1, 2)[..., ::-1].reshape(x.shape)
        half = x.shape[-1] // 2
        return mx.concatenate([x[..., half:], x[..., :half]], axis=-1)


def rotations(rope: Any, size: int, segments: Sequence[Segment]) -> Rotations:
    """Return the rotations that `rope` gives the tokens of these segments, in heads of `size`.

    It is linear, so its results for the first and for the second numbers of all pairs tell them.
    """
    neighbors = bool(getattr(rope, "traditional", False))
    place = mx.arange(size)
    is_first = place % 2 == 0 if neighbors else place < size // 2
    probes = mx.stack([is_first, ~is_first]).astype(mx.float32)[None, :, None]
    parts = [
        rope(mx.broadcast_to(probes, (1, 2, length, size)), offset=before)[0]
        for before, length in segments
    ]
    by_first, by_second = mx.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]
    cosines = mx.where(is_first, by_first, by_second)
    return Rotations(cosines, mx.where(is_first, by_second, by_first), neighbors)
