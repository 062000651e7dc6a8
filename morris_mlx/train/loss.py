"""Next-token cross-entropy over supervised tokens in float32, one chunk of logits at a time.

The loss is a sum, so its gradient with respect to the hidden states depends on nothing that is
computed later. The forward pass therefore computes it chunk by chunk, while the logits of the chunk
are in memory. The exponentials are computed once, and the logits [N, V] never exist as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mlx.core as mx

from morris_mlx.models.fast_exp import exp
from morris_mlx.records.training import Recompute
from morris_mlx.train.dropout import NO_DROPOUT, Dropout
from morris_mlx.train.lanes import on_stream
from morris_mlx.train.paths import ModelPath, path_of
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
    path: ModelPath | None = None,
) -> mx.array:
    """Return the sum of -log p(target) in nats over the supervised targets of a batch's arrays.

    It is a sum and not a mean, so that the micro-batches of an optimizer step weigh by their
    tokens. Without `path` it is computed along the model's own.
    """
    path = path or path_of(model)
    in_body, in_head = dropout.split(2)
    states = path.hidden_states(model, ids, recompute, in_body)
    learned = states.reshape(-1, states.shape[-1])[positions]
    logits, arrays = path.head(model, in_head)
    return linear_cross_entropy(logits, learned, arrays, targets, weights)


def linear_cross_entropy(
    logits: Head,
    states: mx.array,
    arrays: Sequence[mx.array],
    targets: mx.array,
    weights: mx.array,
    stream: mx.Stream | None = None,
) -> mx.array:
    """Return the weighted sum of the cross-entropy of logits(states, *arrays) at the targets.

    `states` are [N, D], `targets` and `weights` [N]. The loss can be differentiated with respect
    to `states` and `arrays`; the gradients are computed along with it, on `stream` or else on the
    default stream.
    """
    vocabulary = logits(states[:1], *arrays).shape[-1]  # known without computing it

    @mx.custom_function
    def loss_and_gradients(states: mx.array, *arrays: mx.array) -> list[mx.array]:
        with on_stream(stream):
            total = mx.array(0.0)
            by_states: list[mx.array] = []
            by_arrays = [mx.zeros_like(a) for a in arrays]
            size = max(1, tile_elements() // vocabulary)
            for start in range(0, states.shape[0], size):
                part = slice(start, start + size)
                # One chunk after the other: all at once would need the memory of the whole logits.
                here = mx.depends(states[part], [total, *by_states[-1:], *by_arrays])
                loss, (by_state, *by_array) = _chunk(
                    logits, here, arrays, targets[part], weights[part]
                )
                total = total + loss
                by_states.append(by_state)
                by_arrays = [old + new for old, new in zip(by_arrays, by_array, strict=True)]
            return [total, mx.concatenate(by_states), *by_arrays]

    @loss_and_gradients.vjp
    def _(primals: Any, cotangents: Any, outputs: Any) -> Any:
        with on_stream(stream):
            return tuple((cotangents[0] * g).astype(g.dtype) for g in outputs[1:])

    outputs: Any = loss_and_gradients(states, *arrays)
    loss: mx.array = outputs[0]
    return loss


def matrix_cross_entropy(
    weight: mx.array, states: mx.array, targets: mx.array, stream: mx.Stream
) -> mx.array:
    """Return the sum of the cross-entropy of the logits x W' of states [N, D] at the targets [N].

    It is `linear_cross_entropy` for an output layer that is only a matrix W [V, D], with fewer
    passes over the logits: the target's part of the gradient is a row of W.
    """

    @mx.custom_function
    def loss_and_gradient(states: mx.array) -> list[mx.array]:
        with mx.stream(stream):
            total = mx.array(0.0)
            gradients: list[mx.array] = []
            size = max(1, tile_elements() // weight.shape[0])
            for start in range(0, states.shape[0], size):
                part = slice(start, start + size)
                # One chunk after the other: all at once would need the memory of all logits.
                here = mx.depends(states[part], [total, *gradients[-1:]])
                rows = weight[targets[part]]
                scores = (here @ weight.T).astype(mx.float32)
                top = scores.max(axis=-1, keepdims=True)
                exponentials = exp(scores - top)
                sums = exponentials.sum(axis=-1, keepdims=True)
                picked = (here * rows).astype(mx.float32).sum(axis=-1, keepdims=True)
                total = total + (mx.log(sums) + top - picked).sum()
                mean = (exponentials.astype(weight.dtype) @ weight) / sums
                gradients.append((mean - rows).astype(states.dtype))
            return [total, mx.concatenate(gradients)]

    @loss_and_gradient.vjp
    def _(primals: Any, cotangents: Any, outputs: Any) -> mx.array:
        with mx.stream(stream):
            by_states: mx.array = cotangents[0] * outputs[1]
            return by_states.astype(outputs[1].dtype)

    outputs: Any = loss_and_gradient(states)
    loss: mx.array = outputs[0]
    return loss


def _chunk(
    logits: Head,
    states: mx.array,
    arrays: Sequence[mx.array],
    targets: mx.array,
    weights: mx.array,
) -> tuple[mx.array, list[mx.array]]:
    """Return the loss of a chunk and its gradients with respect to states and arrays."""
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
    # The outputs of vjp are not used, so this forward pass is never computed.
    _, gradients = mx.vjp(logits, [states, *arrays], [gradient.astype(values.dtype)])
    return loss, gradients
