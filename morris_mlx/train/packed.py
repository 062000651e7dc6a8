"""Forward pass and loss of packed rows in lanes: the results of forward.py and loss.py.

The stages of recomputation are those of forward.py, with more to compute again at `attention`: of
each block it keeps the results of the matrix products and computes everything else again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import mlx.core as mx
from mlx.utils import tree_flatten, tree_unflatten

from morris_mlx.records.training import Recompute, TrainSettings
from morris_mlx.train.dropout import NO_DROPOUT, Dropout
from morris_mlx.train.forward import embedded, head, is_llama_shaped, linear
from morris_mlx.train.lanes import lane_count, lane_streams
from morris_mlx.train.loss import linear_cross_entropy, summed_loss
from morris_mlx.train.packed_attention import Heads, packed_attention
from morris_mlx.train.packed_batch import LaneArrays, Layout, Segment
from morris_mlx.train.swiglu import swiglu


def packed_lanes(model: Any, settings: TrainSettings) -> int:
    """Return the number of lanes to pack a model's batches into, or 0 for padded batches."""
    on_gpu = mx.default_device() == mx.Device(mx.gpu)
    return lane_count() if settings.packs(on_gpu) and is_llama_shaped(model) else 0


def batch_loss(
    model: Any, arrays: Sequence[Any], recompute: Recompute = "none", dropout: Dropout = NO_DROPOUT
) -> mx.array:
    """Return the summed loss of the arrays of a padded or of a packed batch."""
    loss: Callable[..., mx.array] = packed_loss if isinstance(arrays[0], tuple) else summed_loss
    return loss(model, *arrays, recompute, dropout)


class _Keep(NamedTuple):
    """The arrays of a block that the backward pass does not compute again."""

    probabilities: bool
    elementwise: bool  # norms, activations, and the inputs of the adapters


KEPT = {"none": _Keep(True, True), "attention": _Keep(False, False)}
KEPT_AGAIN = _Keep(False, True)  # while a whole block is computed again


def packed_loss(
    model: Any,
    lanes: Sequence[LaneArrays],
    layout: Layout,
    recompute: Recompute = "none",
    dropout: Dropout = NO_DROPOUT,
) -> mx.array:
    """Return the sum of -log p(target) in nats over the supervised targets of a packed batch."""
    in_body, in_head = dropout.split(2)
    streams = lane_streams(len(lanes))
    states = packed_states(model, [ids for ids, _, _ in lanes], layout, recompute, in_body)
    losses = []
    parts = zip(streams, states, lanes, in_head.split(len(lanes)), strict=True)
    for stream, lane_states, (_, positions, targets), lane_dropout in parts:
        if targets.shape[0]:
            with mx.stream(stream):
                logits, arrays = head(model, lane_dropout)
                learned = lane_states[positions]
                weights = mx.ones(targets.shape)
                losses.append(
                    linear_cross_entropy(logits, learned, arrays, targets, weights, stream)
                )
    return sum(losses[1:], losses[0])


def packed_states(
    model: Any,
    lanes: Sequence[mx.array],
    layout: Layout,
    recompute: Recompute = "none",
    dropout: Dropout = NO_DROPOUT,
) -> list[mx.array]:
    """Return the final hidden states [n, D] of the ids [n] of every lane."""
    streams = lane_streams(len(lanes))
    first, *dropouts = dropout.split(len(model.layers) + 1)
    states = []
    for stream, ids, drop in zip(streams, lanes, first.split(len(lanes)), strict=True):
        with mx.stream(stream):
            states.append(embedded(model.model.embed_tokens, ids, drop))
    for layer, drop in zip(model.layers, dropouts, strict=True):
        states = _aligned(states)
        if recompute == "full":
            states = _recomputed_block(layer, states, layout, streams, drop)
        else:
            states = _block(layer, states, layout, streams, drop, KEPT[recompute])
    results = []
    for stream, lane_states in zip(streams, states, strict=True):
        with mx.stream(stream):
            results.append(model.model.norm(lane_states))
    return results


def _aligned(states: Sequence[mx.array]) -> list[mx.array]:
    """Return the states of the lanes; what follows them waits for all, in both directions.

    MLX starts operations in the order of their depth in the graph, and only some hundred before
    they are done. Lanes whose rows need different numbers of operations would drift apart by more
    than that from block to block, and then run one after the other.
    """
    if len(states) == 1:
        return list(states)

    @mx.custom_function
    def align(*lanes: mx.array) -> list[mx.array]:
        return [mx.depends([lane], list(lanes))[0] for lane in lanes]

    @align.vjp
    def _(primals: Any, cotangents: Any, outputs: Any) -> Any:
        return tuple(mx.depends([c], list(cotangents))[0] for c in cotangents)

    results: Any = align(*states)
    return list(results)


def _recomputed_block(
    layer: Any,
    states: Sequence[mx.array],
    layout: Layout,
    streams: Sequence[mx.Stream],
    dropout: Dropout,
) -> list[mx.array]:
    def run(*lanes: mx.array) -> list[mx.array]:
        return _block(layer, lanes, layout, streams, dropout, KEPT_AGAIN)

    return _recomputed(run, states, [layer], streams)


def _block(
    layer: Any,
    states: Sequence[mx.array],
    layout: Layout,
    streams: Sequence[mx.Stream],
    dropout: Dropout,
    keep: _Keep,
) -> list[mx.array]:
    """Return the output [n, D] of a block for every lane's states [n, D]."""
    attention = layer.self_attn
    heads = Heads(attention.n_heads, attention.n_kv_heads, attention.scale)
    drops = [drop.split(4) for drop in dropout.split(len(states))]
    projected = [
        _projections(layer, x, segments, stream, drop[0], keep)
        for x, segments, stream, drop in zip(states, layout, streams, drops, strict=True)
    ]
    mixed = []
    for lane, stream in enumerate(streams):
        q = projected[lane][0]
        with mx.stream(stream):
            k, v = (_with_earlier([p[i] for p in projected], layout, lane) for i in (1, 2))
        segments = layout[lane]
        mixed.append(packed_attention(q, k, v, segments, heads, not keep.probabilities, stream))
    states = [
        _add_attention(layer, result, x, stream, drop[1], keep)
        for result, x, stream, drop in zip(_aligned(mixed), states, streams, drops, strict=True)
    ]
    return _add_mlp(layer, _aligned(states), streams, drops, keep)


def _projections(
    layer: Any,
    states: mx.array,
    segments: Sequence[Segment],
    stream: mx.Stream,
    dropout: Dropout,
    keep: _Keep,
) -> list[mx.array]:
    """Return the rotated queries and keys and the values [n, heads * d] of a lane."""
    attention = layer.self_attn
    modules = [attention.q_proj, attention.k_proj, attention.v_proj]

    def run(x: mx.array) -> list[mx.array]:
        x = layer.input_layernorm(x)
        dropped = dropout(x)
        return [linear(module, x, dropped) for module in modules]

    q, k, v = _stage(run, [states], modules, stream, keep)
    with mx.stream(stream):
        q = _rotated(attention.rope, q, attention.n_heads, segments)
        k = _rotated(attention.rope, k, attention.n_kv_heads, segments)
    return [q, k, v]


def _rotated(rope: Any, x: mx.array, heads: int, segments: Sequence[Segment]) -> mx.array:
    """Return x [n, heads * d] with the rotations of each token's position in its row."""
    parts, start = [], 0
    for before, length in segments:
        part = x[start : start + length].reshape(1, length, heads, -1).transpose(0, 2, 1, 3)
        parts.append(rope(part, offset=before)[0].transpose(1, 0, 2).reshape(length, -1))
        start += length
    return mx.concatenate(parts) if len(parts) > 1 else parts[0]


def _with_earlier(lanes: Sequence[mx.array], layout: Layout, lane: int) -> mx.array:
    """Return a lane's keys or values, preceded by those of its first row in earlier lanes."""
    parts, missing = [lanes[lane]], layout[lane][0][0]
    for earlier in range(lane - 1, -1, -1):
        if missing == 0:
            break
        count = min(missing, layout[earlier][-1][1])
        parts.insert(0, lanes[earlier][-count:])
        missing -= count
    return mx.concatenate(parts) if len(parts) > 1 else parts[0]


def _add_attention(
    layer: Any,
    mixed: mx.array,
    states: mx.array,
    stream: mx.Stream,
    dropout: Dropout,
    keep: _Keep,
) -> mx.array:
    output = layer.self_attn.o_proj

    def run(mixed: mx.array, states: mx.array) -> list[mx.array]:
        return [states + linear(output, mixed, dropout(mixed))]

    return _stage(run, [mixed, states], [output], stream, keep)[0]


def _add_mlp(
    layer: Any,
    states: Sequence[mx.array],
    streams: Sequence[mx.Stream],
    drops: Sequence[Sequence[Dropout]],
    keep: _Keep,
) -> list[mx.array]:
    mlp = layer.mlp
    wide = [mlp.gate_proj, mlp.up_proj]

    def widen(dropout: Dropout, x: mx.array) -> list[mx.array]:
        x = layer.post_attention_layernorm(x)
        dropped = dropout(x)
        return [linear(module, x, dropped) for module in wide]

    def narrow(
        dropout: Dropout, stream: mx.Stream, gate: mx.array, up: mx.array, states: mx.array
    ) -> list[mx.array]:
        inner = swiglu(gate, up, stream)
        return [states + linear(mlp.down_proj, inner, dropout(inner))]

    inner = [
        _stage(partial(widen, drop[2]), [x], wide, stream, keep)
        for x, stream, drop in zip(states, streams, drops, strict=True)
    ]
    gates = _aligned([gate for gate, _ in inner])
    return [
        _stage(partial(narrow, drop[3], stream), [gate, up, x], [mlp.down_proj], stream, keep)[0]
        for gate, (_, up), x, stream, drop in zip(gates, inner, states, streams, drops, strict=True)
    ]


def _stage(
    run: Callable[..., list[mx.array]],
    inputs: Sequence[mx.array],
    modules: Sequence[Any],
    stream: mx.Stream,
    keep: _Keep,
) -> list[mx.array]:
    """Run a part of a block on a lane's stream; keep only its inputs if that is wanted."""

    def on_stream(*arrays: mx.array) -> list[mx.array]:
        with mx.stream(stream):
            return run(*arrays)

    if keep.elementwise:
        return on_stream(*inputs)
    return _recomputed(on_stream, inputs, modules, [stream])


def _recomputed(
    run: Callable[..., list[mx.array]],
    inputs: Sequence[mx.array],
    modules: Sequence[Any],
    streams: Sequence[mx.Stream],
) -> list[mx.array]:
    """Return run(*inputs), of which the backward pass keeps the inputs and computes the rest again.

    `modules` have the trainable arrays that `run` reads. `mx.checkpoint` would do the same, but
    would hold up the other lanes: its operations wait in the default stream.
    """
    count = len(inputs)
    trees = [module.trainable_parameters() for module in modules]
    flat = [tree_flatten(tree) for tree in trees]

    def run_with(*arrays: mx.array) -> list[mx.array]:
        rest = iter(arrays[count:])
        for module, names in zip(modules, flat, strict=True):
            module.update(tree_unflatten([(name, next(rest)) for name, _ in names]))
        try:
            return run(*arrays[:count])
        finally:
            for module, tree in zip(modules, trees, strict=True):
                module.update(tree)

    function = mx.custom_function(run_with)

    @function.vjp
    def _(primals: Any, cotangents: Any, outputs: Any) -> Any:
        if isinstance(primals, mx.array):  # MLX passes a single argument as it is
            primals = (primals,)
        later = []  # each lane waits for the gradients of its own output
        for i, array in enumerate(primals[:count]):
            own = cotangents if len(streams) == 1 else cotangents[i : i + 1]
            later += mx.depends([array], list(own))
        return mx.vjp(run_with, [*later, *primals[count:]], list(cotangents))[1]

    results: Any = function(*inputs, *(array for names in flat for _, array in names))
    return list(results)
