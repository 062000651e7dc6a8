"""DoRA layers for generation, with everything that does not depend on the tokens precomputed.

mlx-lm's layers compute, for every token, the norm of each row of W + scale·(A B)ᵀ, and dequantize W
for it. These compute (m / that norm) once, when they are made. The formula: Liu et al. 2024, "DoRA:
Weight-Decomposed Low-Rank Adaptation".
"""

from __future__ import annotations

from typing import Any

import mlx.core as mx
import mlx.nn as nn

from morris_mlx.models.adapters import base_magnitudes, base_weight


def dora_at_strength(trained: Any, scale: float, strength: float) -> nn.Module:
    """Return a layer that computes like mlx-lm's DoRALinear or DoRAEmbedding at a strength s.

    W is changed by s·scale·A B, and the magnitudes are m_s = (1 - s)·m_base + s·m: at 1 the layer
    is exactly the trained one, and towards 0 it tends to the base. It shares its weights with
    `trained`.
    """
    layer = PrecomputedDoRALinear if "linear" in trained else PrecomputedDoRAEmbedding
    made = layer(trained, scale * strength, _factors(trained, scale * strength, strength))
    mx.eval(made.parameters())  # layer by layer: each needs a dense float32 W meanwhile
    return made


def _factors(trained: Any, scale: float, strength: float) -> mx.array:
    """Return m_s over the norm of each row of the changed weights, float32 [out] or [tokens]."""
    low_rank = trained.lora_a.astype(mx.float32) @ trained.lora_b.astype(mx.float32)
    change = low_rank.T if "linear" in trained else low_rank
    norms = mx.linalg.norm(base_weight(trained) + scale * change, axis=1)
    magnitudes = (1.0 - strength) * base_magnitudes(trained) + strength * trained.m
    factors: mx.array = magnitudes / norms
    return factors


class PrecomputedDoRALinear(nn.Module):
    """The layer x → f·(W x + scale·x A B) + bias, with one factor f for each output."""

    def __init__(self, trained: Any, scale: float, factors: mx.array) -> None:
        super().__init__()
        self.linear = trained.linear
        self.lora_a, self.lora_b = trained.lora_a, trained.lora_b
        self.scale = scale
        self.factors = factors
        if "bias" in trained.linear:
            # The base's own product, which may be a quantized one, has the bias in it already:
            # f·(W x + bias + …) + (1 - f)·bias.
            self.remainder = (1.0 - factors) * trained.linear.bias

    def __call__(self, x: mx.array) -> mx.array:
        """Map x [..., in] to [..., out], in x's precision."""
        low_rank = (x @ self.lora_a) @ self.lora_b
        changed = self.linear(x) + (self.scale * low_rank).astype(x.dtype)
        out: mx.array = self.factors.astype(x.dtype) * changed
        if "remainder" in self:
            out += self.remainder.astype(x.dtype)
        return out


class PrecomputedDoRAEmbedding(nn.Module):
    """An embedding with one factor for each token's row; `as_linear` is the tied output layer."""

    def __init__(self, trained: Any, scale: float, factors: mx.array) -> None:
        super().__init__()
        self.embedding = trained.embedding
        self.lora_a, self.lora_b = trained.lora_a, trained.lora_b
        self.scale = scale
        self.factors = factors

    def __call__(self, x: mx.array) -> mx.array:
        """Map ids [...] to [..., size] in the base's precision; mlx-lm's layer returns float32."""
        base = self.embedding(x)
        changed = base + (self.scale * self.lora_a[x] @ self.lora_b).astype(base.dtype)
        out: mx.array = self.factors[x][..., None].astype(base.dtype) * changed
        return out

    def as_linear(self, x: mx.array) -> mx.array:
        """Map x [..., size] to logits [..., tokens], in x's precision."""
        low_rank = (x @ self.lora_b.T) @ self.lora_a.T
        changed = self.embedding.as_linear(x) + (self.scale * low_rank).astype(x.dtype)
        out: mx.array = self.factors.astype(x.dtype) * changed
        return out
