"""Attention masks of batches, in the shape that mlx-lm's Gemma 2 needs.

Its attention adds an axis to the scores, [B, G, H / G, L, K], but not to the mask of a batch,
[B, 1, L, K]. The mask of one reply would count for a group of heads of all replies.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import mlx.nn as nn

MODULES = ("mlx_lm.models.gemma2",)
NAME = "create_attention_mask"  # called by mlx-lm's models, each in its own module
BATCH_AXES = 4  # of a mask with one part for each reply


@contextmanager
def grouped_masks(model: nn.Module) -> Iterator[None]:
    """Inside, give masks of batches to `model` with an axis for the heads of a group.

    The function in mlx-lm's module is replaced, as in `attention.quick_attention`.
    """
    module: Any = sys.modules[type(model).__module__]
    arguments: Any = getattr(model, "args", None)
    if (
        module.__name__ not in MODULES
        or arguments.num_attention_heads == arguments.num_key_value_heads
    ):
        yield
        return
    theirs = getattr(module, NAME)

    def mask_of(*given: Any, **more: Any) -> Any:
        mask = theirs(*given, **more)
        return mask[:, :, None] if getattr(mask, "ndim", 0) == BATCH_AXES else mask

    setattr(module, NAME, mask_of)
    try:
        yield
    finally:
        setattr(module, NAME, theirs)
