"""Forward pass and loss of packed rows in lanes: the results of forward.py and loss.py.

The stages of recomputation are those of forward.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mlx.core as mx

from morris_mlx.records.training import Recompute, TrainSettings
from morris_mlx.train.byte_linear import keep_blocks_as_bytes
from morris_mlx.train.dropout import NO_DROPOUT, Dropout
from morris_mlx.train.forward import embedded, head, is_llama_shaped, output_weight
from morris_mlx.train.lanes import lane_count, lane_streams
from morris_mlx.train.loss import linear_cross_entropy, matrix_cross_entropy, summed_loss
from morris_mlx.train.packed_batch import LaneArrays, Layout
from morris_mlx.train.packed_block import Kept, Lane, PackedBlock, linear_groups
from morris_mlx.train.packed_keys import key_sources
from morris_mlx.train.packed_linears import adapter_arrays
from morris_mlx.train.rotations import rotations


def packed_lanes(model: Any, settings: TrainSettings) -> int:
    """Return the number of lanes to pack a model's batches into, or 0 for padded batches."""
    on_gpu = mx.default_device() == mx.Device(mx.gpu)
    return lane_count() if settings.packs(on_gpu) and is_llama_shaped(model) else 0


def keep_bytes(model: Any, settings: TrainSettings) -> None:
    """Keep the quantized weights of a loaded model as bytes if that saves memory.

    It does with packed rows on a CPU; a training that keeps everything (`none`) is faster without.
    """
    on_gpu = mx.default_device() == mx.Device(mx.gpu)
    if settings.keeps_bytes(on_gpu) and is_llama_shaped(model):
        keep_blocks_as_bytes(model)


def batch_loss(
    model: Any, arrays: Sequence[Any], recompute: Recompute = "none", dropout: Dropout = NO_DROPOUT
) -> mx.array:
    """Return the summed loss of the arrays of a padded or of a packed batch."""
    loss: Callable[..., mx.array] = packed_loss if isinstance(arrays[0], tuple) else summed_loss
    return loss(model, *arrays, recompute, dropout)


def packed_loss(
    model: Any,
    lanes: Sequence[LaneArrays],
    layout: Layout,
    shared: int,
    recompute: Recompute = "none",
    dropout: Dropout = NO_DROPOUT,
) -> mx.array:
    """Return the sum of -log p(target) in nats over the supervised targets of a packed batch."""
    in_body, in_head = dropout.split(2)
    ids, positions, targets = zip(*lanes, strict=True)
    states = packed_states(model, ids, layout, shared, recompute, in_body, positions)
    losses = []
    parts = zip(lane_streams(len(lanes)), states, targets, in_head.split(len(lanes)), strict=True)
    for stream, learned, lane_targets, lane_dropout in parts:
        if lane_targets.shape[0]:
            with mx.stream(stream):
                losses.append(_loss(model, learned, lane_targets, lane_dropout, stream))
    return sum(losses[1:], losses[0]) if losses else mx.array(0.0)


def _loss(
    model: Any, states: mx.array, targets: mx.array, dropout: Dropout, stream: mx.Stream
) -> mx.array:
    logits, arrays = head(model, dropout)
    weight = output_weight(model)
    if weight is not None:
        return matrix_cross_entropy(weight, states, targets, stream)
    return linear_cross_entropy(logits, states, arrays, targets, mx.ones(targets.shape), stream)


def packed_states(
    model: Any,
    ids: Sequence[mx.array],
    layout: Layout,
    shared: int,
    recompute: Recompute = "none",
    dropout: Dropout = NO_DROPOUT,
    positions: Sequence[mx.array] = (),
) -> list[mx.array]:
    """Return the final hidden states [n, D] of the ids [n] of every lane.

    With `positions` [m] of every lane, only those of these tokens are computed and returned.
    """
    lanes = _lanes(model, layout, shared)
    first, *dropouts = dropout.split(len(model.layers) + 1)
    states = []
    for lane, lane_ids, drop in zip(lanes, ids, first.split(len(lanes)), strict=True):
        with mx.stream(lane.stream):
            states.append(embedded(model.model.embed_tokens, lane_ids, drop))
    for layer, drop in zip(model.layers, dropouts, strict=True):
        only = positions if layer is model.layers[-1] else ()
        states = _block(layer, states, lanes, recompute, drop, only)
    results = []
    for lane, lane_states in zip(lanes, states, strict=True):
        with mx.stream(lane.stream):
            results.append(model.model.norm(lane_states))
    return results


def _lanes(model: Any, layout: Layout, shared: int) -> list[Lane]:
    attention = model.layers[0].self_attn
    size = model.args.head_dim or model.args.hidden_size // attention.n_heads
    lanes = []
    parts = zip(lane_streams(len(layout)), layout, key_sources(layout, shared), strict=True)
    for stream, segments, sources in parts:
        with mx.stream(stream):
            keys = rotations(attention.rope, size, segments)
            lanes.append(Lane(stream, segments, keys, keys.scaled(attention.scale), sources))
    return lanes


def _block(
    layer: Any,
    states: Sequence[mx.array],
    lanes: Sequence[Lane],
    recompute: Recompute,
    dropout: Dropout,
    positions: Sequence[mx.array],
) -> list[mx.array]:
    """Return the output of a block for every lane's states [n, D]: all, or those at `positions`.

    `full` keeps only the states, and computes the rest again in the backward pass.
    """
    count = len(lanes)
    modules = [module for group in linear_groups(layer) for module in group]
    kept_before: list[Kept] = []  # how the outputs after the first are arranged

    @mx.custom_function
    def block(*inputs: mx.array) -> list[mx.array]:
        states, arrays = inputs[:count], inputs[count:]
        packed = PackedBlock(layer, arrays, dropout, lanes, recompute, states, positions)
        outputs, kept = packed.forward(states, lanes)
        if recompute == "full":
            return outputs
        kept_before[:] = kept
        return [*outputs, *(array for lane_kept in kept for array in lane_kept.arrays())]

    @block.vjp
    def _(inputs: Any, by_outputs: Any, outputs: Any) -> Any:
        if isinstance(inputs, mx.array):  # MLX passes a single argument as it is
            inputs = (inputs,)
        states, by_outputs = list(inputs[:count]), list(by_outputs[:count])
        packed = PackedBlock(
            layer, inputs[count:], dropout, lanes, recompute, by_outputs, positions
        )
        if recompute == "full":
            states = [mx.depends([x], [by])[0] for x, by in zip(states, by_outputs, strict=True)]
            kept = packed.forward(states, lanes)[1]
        else:
            rest = iter(outputs[count:])
            kept = [lane_kept.arranged(rest) for lane_kept in kept_before]
        by_states, by_arrays = packed.backward(states, lanes, kept, by_outputs)
        return (*by_states, *by_arrays)

    results: Any = block(*states, *adapter_arrays(modules))
    return list(results[:count])
