"""Next-token cross-entropy over the learned tokens, in float32."""

from __future__ import annotations

import mlx.core as mx
import mlx.nn as nn


def summed_loss(model: nn.Module, ids: mx.array, mask: mx.array) -> mx.array:
    """Sum of -log p(target) in nats over the learned targets of ids [B, L], mask [B, L].

    The sum, not the mean: micro-batches of one optimiser step then weigh by their tokens.
    """
    logits = model(ids[:, :-1]).astype(mx.float32)
    losses = nn.losses.cross_entropy(logits, ids[:, 1:], reduction="none")
    total: mx.array = (losses * mask[:, 1:]).sum()
    return total
