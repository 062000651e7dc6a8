"""Loss and LoRA gradients along a forward pass for training, compared with mlx-lm's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import numpy as np
from mlx.utils import tree_flatten

from morris_mlx.models.adapters import add_layers
from morris_mlx.train.batch_sampler import build_batch
from morris_mlx.train.blocks import adapted_keys
from morris_mlx.train.dataset import TokenRow
from morris_mlx.train.loss import summed_loss


def toy_rows(vocabulary: int = 96) -> list[TokenRow]:
    """Return two rows of different lengths, so that their batch has padding."""
    rng = np.random.default_rng(0)
    return [
        TokenRow(
            tuple(rng.integers(3, vocabulary, n).tolist()), tuple(i > n // 3 for i in range(n))
        )
        for n in (9, 21)
    ]


def add_random_adapter(model: Any, targets: str = "all") -> None:
    """Add LoRA layers whose B is not zero, so that no gradient is."""
    model.freeze()
    parameters = {"rank": 2, "scale": 2.0, "dropout": 0.0, "keys": adapted_keys(model, targets)}
    add_layers(model, {"num_layers": len(model.layers), "lora_parameters": parameters})
    mx.random.seed(3)
    for _, module in model.named_modules():
        if "lora_b" in module:
            module.lora_b = mx.random.normal(module.lora_b.shape) * 0.1


def plain_loss(model: Any, rows: Sequence[TokenRow]) -> mx.array:
    """Return the loss by the textbook formula, through mlx-lm's own forward pass."""
    total = mx.array(0.0)
    for row in rows:
        ids = mx.array([row.ids])
        losses = nn.losses.cross_entropy(model(ids[:, :-1]), ids[:, 1:], reduction="none")
        total = total + (losses * mx.array([row.mask[1:]])).sum()
    return total


def largest_difference(model: Any, path: Any, stages: Sequence[str], targets: str = "all") -> float:
    """Return the largest difference of the loss or of a gradient, relative to its size."""
    add_random_adapter(model, targets)
    rows = toy_rows()
    batch = build_batch(rows)
    loss, gradients = nn.value_and_grad(model, lambda m: plain_loss(m, rows))(model)
    expected = dict(tree_flatten(gradients))
    mx.eval(loss, expected)
    worst = 0.0
    for stage in stages:
        value, ours = nn.value_and_grad(
            model, lambda m, stage=stage: summed_loss(m, *batch.arrays, stage, path=path)
        )(model)
        found = dict(tree_flatten(ours))
        assert found.keys() == expected.keys()
        mx.eval(value, found)
        worst = max(worst, abs(value.item() / loss.item() - 1))
        for name, gradient in expected.items():
            size = max(mx.abs(gradient).max().item(), 1e-3)
            difference = mx.abs(found[name] - gradient).max().item() / size
            worst = max(worst, difference) if np.isfinite(difference) else np.inf
    return worst
