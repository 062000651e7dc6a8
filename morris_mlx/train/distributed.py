"""Data-parallel training: the processes of a run, their shares of a step and their sums.

Every process holds the whole model and the same rows and computes a share of each optimizer step.
Gradients are sums over tokens, so adding those of all processes gives the step that a single
process would take over all rows.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from typing import Any

import mlx.core as mx
import numpy as np
from mlx.utils import tree_flatten, tree_unflatten

from morris_mlx.train.dataset import TokenRow


def is_launched() -> bool:
    """Return True if `mlx.launch` started this process as one of several."""
    return "MLX_RANK" in os.environ


class ProcessGroup:
    """The processes of one training; without `mlx.launch` this process alone."""

    def __init__(self) -> None:
        self._group = mx.distributed.init(strict=True) if is_launched() else None
        self.rank = self._group.rank() if self._group else 0
        self.size = self._group.size() if self._group else 1

    @property
    def is_main(self) -> bool:
        """Return True if this process writes files and reports progress."""
        return self.rank == 0

    def share(self, batches: Sequence[Sequence[TokenRow]]) -> list[Sequence[TokenRow]]:
        """Return this process's part of a step; every row is in exactly one share.

        The rows of a batch are dealt out. Batches with fewer rows than there are processes go
        whole to one process each.
        """
        own = []
        for number, batch in enumerate(batches):
            if len(batch) >= self.size:
                own.append(batch[self.rank :: self.size])
            elif number % self.size == self.rank:
                own.append(batch)
        return own

    def all_sum(self, tree: Any) -> Any:
        """Return the tree with each array summed over all processes in float32, in one message."""
        if self._group is None:
            return tree
        names, arrays = zip(*tree_flatten(tree), strict=True)
        flat = mx.concatenate([array.reshape(-1).astype(mx.float32) for array in arrays])
        flat = mx.distributed.all_sum(flat, group=self._group, stream=mx.cpu)
        sums, start = [], 0
        for array in arrays:
            sums.append(flat[start : start + array.size].reshape(array.shape))
            start += array.size
        return tree_unflatten(list(zip(names, sums, strict=True)))

    def all_equal(self, text: str) -> bool:
        """Return True if all processes pass the same text, compared by its hash."""
        digest = hashlib.sha256(text.encode()).digest()
        own = np.frombuffer(digest, dtype=np.uint8).astype(np.float32)
        total = self.all_sum([mx.array(own)])[0]
        return self.size == 1 or bool((np.array(total) == self.size * own).all())

    def any(self, flag: bool) -> bool:
        """Return True if any process passes True, so that all stop at the same step."""
        if self._group is None:
            return flag
        return bool(np.array(self.all_sum([mx.array(float(flag))])[0]) > 0)
