"""One transformer block of Llama's shape over packed rows in lanes, forward and backward.

The backward pass is written by hand, so that it decides what is kept and what is computed again:
norms and the products inside of the MLP always are. Each lane's operations run on its own stream.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import mlx.core as mx

from morris_mlx.records.training import Recompute
from morris_mlx.train.dropout import Dropout
from morris_mlx.train.packed_attention import (
    by_head,
    flat,
    packed_attention,
    packed_attention_gradients,
)
from morris_mlx.train.packed_batch import Segment
from morris_mlx.train.packed_keys import KeySources, with_earlier, without_earlier
from morris_mlx.train.packed_linears import LinearGroup, adapter_arrays, norm_and_gradient
from morris_mlx.train.rotations import Rotations
from morris_mlx.train.swiglu import sigmoid

WIDEST = 2  # of linear_groups: gate and up


class Lane(NamedTuple):
    """The tokens that one core computes, and the stream that it does that on."""

    stream: mx.Stream
    segments: Sequence[Segment]
    keys: Rotations  # of their heads' keys
    queries: Rotations  # with the scale of the scores
    sources: KeySources


class Kept(NamedTuple):
    """The arrays of a lane of n tokens that the backward pass of a block reads.

    `q`, `k`, `v` are [heads, n, d], the results of attention and of the first half of the block
    `mixed` and `middle` [n, D], and the parts of the MLP [n, I]. The `low` ones are the products
    x A [n, ...] of the adapters. `attention` has arrays for each block of queries.
    """

    q: mx.array
    k: mx.array
    v: mx.array
    mixed: mx.array
    middle: mx.array
    gate: mx.array
    up: mx.array
    sigmoid: mx.array  # of gate
    low: Sequence[mx.array | None]  # of each group of linear layers
    attention: Sequence[mx.array]

    def arrays(self) -> list[mx.array]:
        """Return the arrays in one list."""
        low = [part for part in self.low if part is not None]
        halves = [self.mixed, self.middle, self.gate, self.up, self.sigmoid]
        return [self.q, self.k, self.v, *halves, *low, *self.attention]

    def arranged(self, arrays: Iterator[mx.array]) -> Kept:
        """Return the arrays of such a list in the places of these."""
        q, k, v, mixed, middle, gate, up, share = (next(arrays) for _ in range(8))
        low = [None if part is None else next(arrays) for part in self.low]
        attention = [next(arrays) for _ in self.attention]
        return Kept(q, k, v, mixed, middle, gate, up, share, low, attention)


class _Projected(NamedTuple):
    """The rotated queries and keys and the values [heads, n, d] of a lane, and their x A."""

    q: mx.array
    k: mx.array
    v: mx.array
    low: mx.array | None


class PackedBlock:
    """A block of the model with the arrays of its adapters, for one forward or backward pass.

    Nothing that takes memory is computed before the first of the arrays `after` is there, which
    the pass begins with. With `positions` [m] of every lane, its output [m, D] is of these tokens
    alone: of the last block nothing else is used.
    """

    def __init__(
        self,
        layer: Any,
        arrays: Sequence[mx.array],
        dropout: Dropout,
        lanes: Sequence[Lane],
        recompute: Recompute,
        after: Sequence[mx.array],
        positions: Sequence[mx.array] = (),
    ) -> None:
        self._positions: Sequence[mx.array | None] = positions or [None] * len(lanes)
        self._keeps_probabilities = recompute != "attention"
        self._norms = layer.input_layernorm, layer.post_attention_layernorm
        self._heads = layer.self_attn.n_heads, layer.self_attn.n_kv_heads
        self._groups = []
        rest = iter(arrays)
        for number, modules in enumerate(linear_groups(layer)):
            # Bytes are unpacked once for all lanes: half of them are of the group of gate and up.
            with mx.stream(lanes[-1 if number == WIDEST else 0].stream):
                own = [next(rest) for _ in adapter_arrays(modules)]
                self._groups.append(LinearGroup(modules, own, after[:1]))
        self._dropout = dropout

    def forward(
        self, states: Sequence[mx.array], lanes: Sequence[Lane]
    ) -> tuple[list[mx.array], list[Kept]]:
        """Return the output [n, D] of every lane's states [n, D], and what to keep of it."""
        drops = self._drops(len(lanes))
        projected = [
            self._project(x, lane, drop[0])
            for x, lane, drop in zip(aligned(states, lanes), lanes, drops, strict=True)
        ]
        mixed, kept = [], []
        for number, lane in enumerate(lanes):
            with mx.stream(lane.stream):
                k = with_earlier([one.k for one in projected], lane.sources)
                v = with_earlier([one.v for one in projected], lane.sources)
                q = projected[number].q
                parts = packed_attention(q, k, v, lane.segments, self._keeps_probabilities)
                mixed.append(parts[0])
                kept.append(parts[1])
        outputs, halves = [], []
        everything = zip(aligned(mixed, lanes), states, self._positions, lanes, drops, strict=True)
        for number, (result, x, only, lane, drop) in enumerate(everything):
            with mx.stream(lane.stream):
                (added,), low_output = self._groups[1].forward(_at(result, only), drop[1])
                middle = _at(x, only) + added
                y, _ = norm_and_gradient(self._norms[1], middle)
                (gate, up), low_wide = self._groups[2].forward(y, drop[2])
                share = sigmoid(gate)
                inner = gate * share * up
                (added,), low_narrow = self._groups[3].forward(inner, drop[3])
                outputs.append(middle + added)
            q, k, v, low = projected[number]
            lows = low, low_output, low_wide, low_narrow
            halves.append(Kept(q, k, v, result, middle, gate, up, share, lows, kept[number]))
        return outputs, halves

    def backward(
        self,
        states: Sequence[mx.array],
        lanes: Sequence[Lane],
        kept: Sequence[Kept],
        by_outputs: Sequence[mx.array],
    ) -> tuple[list[mx.array], list[mx.array]]:
        """Return the gradients with respect to the states and, summed, to the arrays."""
        drops = self._drops(len(lanes))
        by_arrays: list[list[list[mx.array]]] = []  # of every lane and group
        by_mixed, by_middle = [], []
        everything = zip(
            aligned(by_outputs, lanes), self._positions, lanes, kept, drops, strict=True
        )
        for by_output, only, lane, parts, drop in everything:
            with mx.stream(lane.stream):
                by, more = self._by_middle(by_output, parts, drop)
                by_result, of_output = self._groups[1].backward(
                    _at(parts.mixed, only), parts.low[1], [by], drop[1]
                )
                length = len(parts.mixed)
                by_middle.append(_spread(by, only, length))
                by_mixed.append(_spread(by_result, only, length))
                by_arrays.append([of_output, *more])
        by_heads = self._by_heads(lanes, kept, aligned(by_mixed, lanes))
        by_states = []
        for number, (x, lane) in enumerate(zip(states, lanes, strict=True)):
            with mx.stream(lane.stream):
                y, norm_gradient = norm_and_gradient(self._norms[0], x)
                by_y, of_heads = self._groups[0].backward(
                    y, kept[number].low[0], by_heads[number], drops[number][0]
                )
                by_x = by_middle[number] + norm_gradient(by_y)
                by_arrays[number].insert(0, of_heads)
                own = [array for group in by_arrays[number] for array in group]
                # The arrays of this block are free when those of the block before are computed.
                by_states.append(mx.depends([by_x], own)[0] if own else by_x)
        flattened = [[a for group in groups for a in group] for groups in by_arrays]
        return by_states, [sum(same[1:], same[0]) for same in zip(*flattened, strict=True)]

    def _drops(self, lanes: int) -> list[Sequence[Dropout]]:
        return [drop.split(len(self._groups)) for drop in self._dropout.split(lanes)]

    def _project(self, x: mx.array, lane: Lane, dropout: Dropout) -> _Projected:
        with mx.stream(lane.stream):
            y, _ = norm_and_gradient(self._norms[0], x)
            (q, k, v), low = self._groups[0].forward(y, dropout)
            queries, keys = self._heads
            q = lane.queries.forward(by_head(q, queries))
            k = lane.keys.forward(by_head(k, keys))
            return _Projected(q, k, by_head(v, keys), low)

    def _by_middle(
        self, by_output: mx.array, kept: Kept, drop: Sequence[Dropout]
    ) -> tuple[mx.array, list[list[mx.array]]]:
        """Return the gradients with respect to the input of the MLP's norm and the MLP's arrays."""
        gate, up, share = kept.gate, kept.up, kept.sigmoid
        silu = gate * share
        by_inner, of_narrow = self._groups[3].backward(silu * up, kept.low[3], [by_output], drop[3])
        by_gate = by_inner * up * (share + silu - silu * share)
        y, norm_gradient = norm_and_gradient(self._norms[1], kept.middle)
        by_y, of_wide = self._groups[2].backward(
            y, kept.low[2], [by_gate, by_inner * silu], drop[2]
        )
        return by_output + norm_gradient(by_y), [of_wide, of_narrow]

    def _by_heads(
        self, lanes: Sequence[Lane], kept: Sequence[Kept], by_mixed: Sequence[mx.array]
    ) -> list[list[mx.array]]:
        """Return the gradients with respect to each lane's queries, keys and values [n, ...]."""
        by_q, by_k, by_v = [], [], []
        for lane, parts, by in zip(lanes, kept, by_mixed, strict=True):
            with mx.stream(lane.stream):
                k = with_earlier([one.k for one in kept], lane.sources)
                v = with_earlier([one.v for one in kept], lane.sources)
                q, *rest = packed_attention_gradients(
                    *(parts.q, k, v, lane.segments, parts.mixed, by, parts.attention),
                    self._keeps_probabilities,
                )
                by_q.append(flat(lane.queries.backward(q)))
                by_k.append(rest[0])
                by_v.append(rest[1])
        results = []
        for number, lane in enumerate(lanes):
            with mx.stream(lane.stream):
                length = kept[number].k.shape[1]
                sources = [other.sources for other in lanes]
                k = lane.keys.backward(without_earlier(by_k, sources, number, length))
                v = without_earlier(by_v, sources, number, length)
                results.append([by_q[number], flat(k), flat(v)])
        return results


def linear_groups(layer: Any) -> list[list[Any]]:
    """Return the linear layers of a block, those with the same input together."""
    attention, mlp = layer.self_attn, layer.mlp
    return [
        [attention.q_proj, attention.k_proj, attention.v_proj],
        [attention.o_proj],
        [mlp.gate_proj, mlp.up_proj],
        [mlp.down_proj],
    ]


def _at(x: mx.array, positions: mx.array | None) -> mx.array:
    """Return the rows of x [n, D] at the positions [m], or all."""
    return x if positions is None else x[positions]


def _spread(rows: mx.array, positions: mx.array | None, length: int) -> mx.array:
    """Return the gradient [n, D] with respect to the x of `_at` for that to its rows."""
    if positions is None:
        return rows
    return mx.zeros((length, rows.shape[1]), rows.dtype).at[positions].add(rows)


def aligned(arrays: Sequence[mx.array], lanes: Sequence[Lane]) -> list[mx.array]:
    """Return the arrays of the lanes; what follows them waits for all.

    MLX starts operations in the order of their depth in the graph, and only some hundred before
    they are done. Lanes whose rows need different numbers of operations would drift apart by more
    than that from block to block, and then run one after the other.
    """
    if len(arrays) == 1:
        return list(arrays)
    results = []
    for array, lane in zip(arrays, lanes, strict=True):
        with mx.stream(lane.stream):
            results.append(mx.depends([array], list(arrays))[0])
    return results
