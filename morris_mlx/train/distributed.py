"""Training on several machines at once: who computes what, and the sums over all of them.

Every process has the whole model and the same rows; of each optimiser step it takes a share. The
gradients are sums over tokens, so adding them up gives the step of one process over all rows.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from typing import Any

import mlx.core as mx
import numpy as np
from mlx.utils import tree_flatten, tree_unflatten

from morris_mlx.train.dataset import Row


def launched() -> bool:
    """Whether `mlx.launch` started this process as one of several."""
    return "MLX_RANK" in os.environ


class Peers:
    """The processes of one training; without `mlx.launch` this one alone."""

    def __init__(self) -> None:
        self._group = mx.distributed.init(strict=True) if launched() else None
        self.rank = self._group.rank() if self._group else 0
        self.size = self._group.size() if self._group else 1

    @property
    def first(self) -> bool:
        """Whether this process writes and talks."""
        return self.rank == 0

    def share(self, batches: Sequence[Sequence[Row]]) -> list[Sequence[Row]]:
        """This process's part of a step's batches: rows of each, or whole ones when they are few.

        Every row is in exactly one share.
        """
        mine = []
        for number, batch in enumerate(batches):
            if len(batch) >= self.size:
                mine.append(batch[self.rank :: self.size])
            elif number % self.size == self.rank:
                mine.append(batch)
        return mine

    def add_up(self, tree: Any) -> Any:
        """The sum over all processes of every array (float32) of the tree, in one message."""
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

    def agree(self, text: str) -> bool:
        """Whether all processes have the same text: compared by its hash."""
        digest = hashlib.sha256(text.encode()).digest()
        own = np.frombuffer(digest, dtype=np.uint8).astype(np.float32)
        total = self.add_up([mx.array(own)])[0]
        return self.size == 1 or bool((np.array(total) == self.size * own).all())

    def any(self, flag: bool) -> bool:
        """Whether one of the processes says True: all must stop at the same step."""
        if self._group is None:
            return flag
        return bool(np.array(self.add_up([mx.array(float(flag))])[0]) > 0)
