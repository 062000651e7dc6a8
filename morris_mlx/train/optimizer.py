"""AdamW with torch's results, learning rate schedule, and clipping by the global norm."""

from __future__ import annotations

import math
from typing import Any

import mlx.core as mx
import mlx.optimizers as optimizers
import numpy as np
from mlx.utils import tree_flatten, tree_map

from morris_mlx.records.training import TrainSettings
from morris_mlx.train.recipes import FINAL_RATE


class AdamW(optimizers.AdamW):
    """MLX's AdamW with exact bias correction, as in torch, and weight decay for matrices only.

    MLX corrects the bias only on request, and computes 1 - beta^step in float32, which is 6e-6
    off. DoRA's magnitudes are a vector of norms: decay would pull every adapted weight to zero.
    Source of the update: Loshchilov and Hutter, 2019, algorithm 2.
    """

    def apply_gradients(self, gradients: Any, parameters: Any) -> Any:
        """Compute the corrections of this step in float64, then update all parameters."""
        step, (beta1, beta2) = int(np.array(self.step)) + 1, self.betas
        self._rate = float(np.array(self.learning_rate))
        self._size = self._rate / (1 - beta1**step)
        self._spread = 1 / math.sqrt(1 - beta2**step)
        return super().apply_gradients(gradients, parameters)

    def apply_single(
        self, gradient: mx.array, parameter: mx.array, state: dict[str, mx.array]
    ) -> mx.array:
        """Return the updated parameter."""
        beta1, beta2 = self.betas
        state["m"] = beta1 * state["m"] + (1 - beta1) * gradient
        state["v"] = beta2 * state["v"] + (1 - beta2) * mx.square(gradient)
        spread = mx.sqrt(state["v"]) * self._spread + self.eps
        decay = self.weight_decay if parameter.ndim > 1 else 0.0
        new: mx.array = parameter * (1 - self._rate * decay) - self._size * state["m"] / spread
        return new


def build_optimizer(settings: TrainSettings) -> AdamW:
    """Return the optimizer; the learning rate is set before each step."""
    return AdamW(learning_rate=settings.learning_rate, weight_decay=settings.weight_decay)


def learning_rate(settings: TrainSettings, step: int, steps: int) -> float:
    """Return the rate of a step (from 0): a linear warm-up, then a cosine down to FINAL_RATE."""
    warmup = max(1, round(settings.warmup * steps))
    if step < warmup:
        return settings.learning_rate * (step + 1) / warmup
    progress = (step - warmup) / max(1, steps - warmup)
    share = (1 + math.cos(math.pi * progress)) / 2
    return settings.learning_rate * (FINAL_RATE + (1 - FINAL_RATE) * share)


def scale_and_clip(gradients: Any, tokens: int, clip_norm: float) -> tuple[Any, mx.array]:
    """Divide summed gradients by tokens and clip them; return them and the norm before.

    The results are not computed before they are used: the norm alone needs no copy of them.
    """
    squares = (g.astype(mx.float32).square().sum() for _, g in tree_flatten(gradients))
    norm = mx.sqrt(sum(squares)) / tokens
    gradients = tree_map(lambda g: g / tokens, gradients)
    if clip_norm > 0:
        factor = mx.minimum(1.0, clip_norm / (norm + 1e-6))
        gradients = tree_map(lambda g: g * factor, gradients)
    return gradients, norm
