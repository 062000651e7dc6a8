"""The forward pass that a model is trained with: the fast one of its shape, or the generic one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mlx.core as mx

from morris_mlx.models.families import Forward, require_trainable
from morris_mlx.train import forward, generic
from morris_mlx.train.blocks import find_blocks, model_type


@dataclass(frozen=True, slots=True)
class ModelPath:
    """A forward pass for training.

    `hidden_states(model, ids, recompute, dropout)` returns [B, L, D] of ids [B, L].
    `head(model, dropout)` returns a function of hidden states [N, D] and trainable arrays, which
    returns logits [N, V], and these arrays.
    """

    kind: Forward
    hidden_states: Callable[..., mx.array]
    head: Callable[..., tuple[Callable[..., mx.array], list[mx.array]]]


FAST = ModelPath(Forward.LLAMA, forward.hidden_states, forward.head)
GENERIC = ModelPath(Forward.GENERIC, generic.hidden_states, generic.head)


def path_of(model: Any) -> ModelPath:
    """Return the forward pass to train a model with.

    Raises:
        MorrisError: If neither has been found to give mlx-lm's gradients for its type.
    """
    if forward.is_llama_shaped(model):
        return FAST
    require_trainable(model_type(model))
    find_blocks(model)
    return GENERIC
