"""The arrays of an adapter joined into few long ones, for the optimizer.

An adapter has hundreds of small arrays. On a CPU, starting an operation for each of them takes more
time than the arithmetic: a twentieth of a training step on chats with SmolLM2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, groupby
from typing import Any, NamedTuple

import mlx.core as mx
import mlx.nn as nn
from mlx.optimizers import Optimizer
from mlx.utils import tree_flatten, tree_unflatten

from morris_mlx.train.batch_shapes import JOINED_NUMBERS

JOINED = "joined"  # the name of the joined arrays in the optimizer's state


class _Array(NamedTuple):
    """An array of the adapter, as it is without being joined."""

    name: str
    shape: tuple[int, ...]
    size: int
    dtype: mx.Dtype


class JoinedArrays:
    """The places of a tree's arrays in longer ones.

    Matrices are joined into arrays [1, n] and vectors into arrays [n], because the optimizer's
    weight decay is for matrices only.
    """

    def __init__(self, parameters: Any) -> None:
        arrays = [_Array(n, a.shape, a.size, a.dtype) for n, a in tree_flatten(parameters)]
        self._groups = list(_groups(arrays))

    def join(self, tree: Any) -> dict[str, list[mx.array]]:
        """Return the joined arrays of a tree with the same names as the parameters."""
        arrays = dict(tree_flatten(tree))
        return {JOINED: [_joined(group, arrays) for group in self._groups]}

    def split(self, joined: dict[str, Sequence[mx.array]]) -> Any:
        """Return the tree of the joined arrays."""
        return tree_unflatten(list(self._named(joined[JOINED])))

    def update(self, model: nn.Module, optimizer: Optimizer, gradients: Any) -> None:
        """Update the model by its joined gradients, one joined array after the other.

        All at once would need the memory of the whole adapter ten times.
        """
        before = self.join(model.trainable_parameters())
        after = optimizer.apply_gradients(gradients, before)
        del before
        for whole, state in zip(after[JOINED], optimizer.state[JOINED], strict=True):
            mx.eval(whole, state)
        model.update(self.split(after))
        mx.eval(model.trainable_parameters())

    def saved_state(self, optimizer: Optimizer) -> dict[str, mx.array]:
        """Return the state of the optimizer of the joined arrays, by the names of single ones."""
        state = dict(optimizer.state)
        joined = state.pop(JOINED)
        for kind in joined[0]:
            for name, array in self._named([group[kind] for group in joined]):
                state[f"{name}.{kind}"] = array
        return state

    def restore(self, optimizer: Optimizer, saved: Mapping[str, mx.array]) -> None:
        """Give the optimizer a saved state."""
        kinds = sorted({name.rsplit(".", 1)[1] for name in saved if "." in name})
        state: dict[str, Any] = {name: array for name, array in saved.items() if "." not in name}
        state[JOINED] = [
            {
                kind: _joined(group, {a.name: saved[f"{a.name}.{kind}"] for a in group})
                for kind in kinds
            }
            for group in self._groups
        ]
        optimizer.state = state

    def _named(self, joined: Sequence[mx.array]) -> Iterator[tuple[str, mx.array]]:
        for group, whole in zip(self._groups, joined, strict=True):
            ends = list(accumulate(array.size for array in group))
            parts = mx.split(whole.reshape(-1), ends[:-1]) if len(group) > 1 else [whole]
            for array, part in zip(group, parts, strict=True):
                yield array.name, part.reshape(array.shape)


def _groups(arrays: Sequence[_Array]) -> Iterator[list[_Array]]:
    """Yield the arrays that are joined with each other."""

    def kind(array: _Array) -> tuple[bool, str]:
        return len(array.shape) > 1, str(array.dtype)

    for _, same in groupby(sorted(arrays, key=kind), key=kind):
        group: list[_Array] = []
        size = 0
        for array in same:
            if group and size + array.size > JOINED_NUMBERS:
                yield group
                group, size = [], 0
            group.append(array)
            size += array.size
        yield group


def _joined(group: Sequence[_Array], arrays: dict[str, mx.array]) -> mx.array:
    parts = [arrays[array.name].reshape(-1) for array in group]
    whole = mx.concatenate(parts) if len(parts) > 1 else parts[0]
    return whole[None] if len(group[0].shape) > 1 else whole
