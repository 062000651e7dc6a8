"""Next-token cross-entropy over the learned tokens, in float32, without a row's logits in memory.

The loss is a sum, so the gradient by the hidden states needs nothing from later on: it is
computed chunk by chunk in the forward pass, while the chunk's logits are there anyway. The
exponentials are computed once, and of the logits [N, V] only a chunk of rows exists at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mlx.core as mx

from morris_mlx.models.fast_exp import exp
from morris_mlx.records.training import Recompute
from morris_mlx.train.forward import NO_DROPOUT, Dropout, head, hidden_states
from morris_mlx.train.swiglu import tile_elements

Head = Callable[..., mx.array]


def summed_loss(
    model: Any,
    ids: mx.array,
    positions: mx.array,
    targets: mx.array,
    weights: mx.array,
    recompute: Recompute = "none",
    dropout: Dropout = NO_DROPOUT,
) -> mx.array:
    """Sum of -log p(target) in nats over the learned targets of a Batch's arrays.

    The sum, not the mean: micro-batches of one optimiser step then weigh by their tokens.
    """
    in_body, in_head = dropout.split(2)
    states = hidden_states(model, ids, recompute, in_body)
    learned = states.reshape(-1, states.shape[-1])[positions]
    logits, arrays = head(model, in_head)
    return linear_cross_entropy(logits, learned, arrays, targets, weights, model.args.vocab_size)


def linear_cross_entropy(
    logits: Head,
    states: mx.array,
    arrays: Sequence[mx.array],
    targets: mx.array,
    weights: mx.array,
    vocabulary: int,
) -> mx.array:
    """Sum of weights [N] times the cross-entropy of logits(states [N, D], *arrays) at targets [N].

    Differentiable by `states` and `arrays`; the gradient is ready when the loss is.
    """

    @mx.custom_function
    def loss_and_gradients(states: mx.array, *arrays: mx.array) -> list[mx.array]:
        total = mx.array(0.0)
        by_states: list[mx.array] = []
        by_arrays = [mx.zeros_like(a) for a in arrays]
        size = max(1, tile_elements() // vocabulary)
        for start in range(0, states.shape[0], size):
            part = slice(start, start + size)
            # One chunk after the other: side by side they would need the memory of a whole row.
            here = mx.depends(states[part], [total, *by_states[-1:], *by_arrays])
            loss, (by_state, *by_array) = _chunk(logits, here, arrays, targets[part], weights[part])
            total = total + loss
            by_states.append(by_state)
            by_arrays = [old + new for old, new in zip(by_arrays, by_array, strict=True)]
        return [total, mx.concatenate(by_states), *by_arrays]

    @loss_and_gradients.vjp
    def _(primals: Any, cotangents: Any, outputs: Any) -> Any:
        return tuple((cotangents[0] * g).astype(g.dtype) for g in outputs[1:])

    outputs: Any = loss_and_gradients(states, *arrays)
    loss: mx.array = outputs[0]
    return loss


def _chunk(
    logits: Head,
    states: mx.array,
    arrays: Sequence[mx.array],
    targets: mx.array,
    weights: mx.array,
) -> tuple[mx.array, list[mx.array]]:
    """(loss, its gradients by states and arrays)."""
    values = logits(states, *arrays)
    scores = values.astype(mx.float32)
    top = scores.max(axis=-1, keepdims=True)
    exponentials = exp(scores - top)
    total = exponentials.sum(axis=-1, keepdims=True)
    picked = mx.take_along_axis(scores, targets[:, None], axis=-1)
    loss = ((mx.log(total) + top - picked)[:, 0] * weights).sum()
    share = weights[:, None] / total
    rows = mx.arange(targets.shape[0])
    gradient = (exponentials * share).at[rows, targets].add(-weights)
    # The forward pass inside vjp is never asked for, so it is never computed.
    _, gradients = mx.vjp(logits, [states, *arrays], [gradient.astype(values.dtype)])
    return loss, gradients
