"""The choice between the forward passes for training: Llama's fast one and the generic one."""

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

    `hidden_states(model, ids, recompute, dropout)` returns hidden states [B, L, D] for ids [B, L].
    `head(model, dropout)` returns a function and its trainable arrays. The function takes hidden
    states [N, D] and these arrays, and returns logits [N, V].
    """

    kind: Forward
    hidden_states: Callable[..., mx.array]
    head: Callable[..., tuple[Callable[..., mx.array], list[mx.array]]]


FAST = ModelPath(Forward.LLAMA, forward.hidden_states, forward.head)
GENERIC = ModelPath(Forward.GENERIC, generic.hidden_states, generic.head)


def path_of(model: Any) -> ModelPath:
    """Return the forward pass to train a model with.

    Raises:
        MorrisError: If Morris does not train models of this type.
    """
    if forward.is_llama_shaped(model):
        return FAST
    require_trainable(model_type(model))
    find_blocks(model)
    return GENERIC
