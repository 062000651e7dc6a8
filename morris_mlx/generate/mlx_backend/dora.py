"""DoRA layers to generate with: what does not depend on the tokens is computed once.

mlx-lm's own compute, for every token, the norm of each row of W + scale·(A B)ᵀ, and dequantise W
for it. These compute (m / that norm) when they are made. The formula: Liu et al. 2024, "DoRA:
Weight-Decomposed Low-Rank Adaptation".
"""

from __future__ import annotations

from typing import Any

import mlx.core as mx
import mlx.nn as nn

from morris_mlx.models.adapters import base_magnitudes, base_weight


def worn_dora(trained: Any, scale: float, strength: float) -> nn.Module:
    """A layer that computes as mlx-lm's DoRALinear or DoRAEmbedding `trained`, at a strength s.

    W is changed by s·scale·A B, and the magnitudes are m_s = (1 - s)·m_base + s·m: 1 is exactly
    what was trained, and towards 0 it tends to the base. Its weights are shared with `trained`.
    """
    layer = WornDoRALinear if "linear" in trained else WornDoRAEmbedding
    worn = layer(trained, scale * strength, _factors(trained, scale * strength, strength))
    mx.eval(worn.parameters())  # layer by layer: each passes through a dense float32 W
    return worn


def _factors(trained: Any, scale: float, strength: float) -> mx.array:
    """float32 [out] or [words]: m_s over the norm of each row of the changed weights."""
    low_rank = trained.lora_a.astype(mx.float32) @ trained.lora_b.astype(mx.float32)
    change = low_rank.T if "linear" in trained else low_rank
    norms = mx.linalg.norm(base_weight(trained) + scale * change, axis=1)
    magnitudes = (1.0 - strength) * base_magnitudes(trained) + strength * trained.m
    factors: mx.array = magnitudes / norms
    return factors


class WornDoRALinear(nn.Module):
    """x → f·(W x + scale·x A B) + bias, f one factor for each output."""

    def __init__(self, trained: Any, scale: float, factors: mx.array) -> None:
        super().__init__()
        self.linear = trained.linear
        self.lora_a, self.lora_b = trained.lora_a, trained.lora_b
        self.scale = scale
        self.factors = factors
        if "bias" in trained.linear:
            # The base's own product, which may be a quantised one, has the bias in it already:
            # f·(W x + bias + …) + (1 - f)·bias.
            self.remainder = (1.0 - factors) * trained.linear.bias

    def __call__(self, x: mx.array) -> mx.array:
        """x [..., in] → [..., out], both of x's precision."""
        low_rank = (x @ self.lora_a) @ self.lora_b
        changed = self.linear(x) + (self.scale * low_rank).astype(x.dtype)
        out: mx.array = self.factors.astype(x.dtype) * changed
        if "remainder" in self:
            out += self.remainder.astype(x.dtype)
        return out


class WornDoRAEmbedding(nn.Module):
    """An embedding of which each word's row has its factor; `as_linear` is the tied head."""

    def __init__(self, trained: Any, scale: float, factors: mx.array) -> None:
        super().__init__()
        self.embedding = trained.embedding
        self.lora_a, self.lora_b = trained.lora_a, trained.lora_b
        self.scale = scale
        self.factors = factors

    def __call__(self, x: mx.array) -> mx.array:
        """ids [...] → [..., size] at the base's precision; mlx-lm's own turns it into float32."""
        base = self.embedding(x)
        changed = base + (self.scale * self.lora_a[x] @ self.lora_b).astype(base.dtype)
        out: mx.array = self.factors[x][..., None].astype(base.dtype) * changed
        return out

    def as_linear(self, x: mx.array) -> mx.array:
        """x [..., size] → logits [..., words], both of x's precision."""
        low_rank = (x @ self.lora_b.T) @ self.lora_a.T
        changed = self.embedding.as_linear(x) + (self.scale * low_rank).astype(x.dtype)
        out: mx.array = self.factors.astype(x.dtype) * changed
        return out
