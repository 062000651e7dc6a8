"""AdamW with bias correction, warm-up and cosine, clipping by the global norm."""

from __future__ import annotations

import math
from typing import Any

import mlx.core as mx
from mlx.optimizers import AdamW
from mlx.utils import tree_flatten, tree_map

from morris_mlx.records import TrainSettings
from morris_mlx.settings import FINAL_RATE


def build_optimizer(settings: TrainSettings) -> AdamW:
    """AdamW as torch has it: MLX leaves the bias correction out unless asked."""
    return AdamW(
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        bias_correction=True,
    )


def learning_rate(settings: TrainSettings, step: int, steps: int) -> float:
    """Rate for optimiser step `step` (from 0): linear warm-up, then cosine to FINAL_RATE of it."""
    warmup = max(1, round(settings.warmup * steps))
    if step < warmup:
        return settings.learning_rate * (step + 1) / warmup
    progress = (step - warmup) / max(1, steps - warmup)
    share = (1 + math.cos(math.pi * progress)) / 2
    return settings.learning_rate * (FINAL_RATE + (1 - FINAL_RATE) * share)


def scale_and_clip(gradients: Any, tokens: int, clip_norm: float) -> tuple[Any, mx.array]:
    """Summed gradients → mean per token, clipped by the global norm; (gradients, norm before)."""
    gradients = tree_map(lambda g: g / tokens, gradients)
    norm = mx.sqrt(sum((g.astype(mx.float32).square().sum() for _, g in tree_flatten(gradients))))
    if clip_norm > 0:
        factor = mx.minimum(1.0, clip_norm / (norm + 1e-6))
        gradients = tree_map(lambda g: g * factor, gradients)
    return gradients, norm
