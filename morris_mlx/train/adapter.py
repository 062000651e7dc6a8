"""LoRA layers on a model, and the adapter as mlx-lm's two files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx.utils import tree_flatten

from morris_mlx import files, store
from morris_mlx.adapters import add_layers
from morris_mlx.errors import MorrisError
from morris_mlx.records import Targets, TrainSettings
from morris_mlx.settings import ATTENTION_KEYS, LORA_KEYS, TIED_HEAD, UNTIED_HEAD


def adapter_config(model: nn.Module, settings: TrainSettings) -> dict[str, Any]:
    """adapter_config.json as mlx-lm reads it; no path of this machine in it.

    Raises MorrisError when the model has fewer blocks than the settings want to adapt.
    """
    blocks = len(model.layers)
    if settings.layers > blocks:
        raise MorrisError(
            f"layers is {settings.layers} and the model has {blocks} blocks. Use --layers {blocks} "
            "or fewer, or 0 for all."
        )
    return {
        "fine_tune_type": settings.fine_tune_type,
        "num_layers": settings.layers or blocks,
        "lora_parameters": {
            "rank": settings.rank,
            "scale": settings.scale,
            "dropout": settings.dropout,
            "keys": adapted_keys(settings.targets, tied="lm_head" not in model),
        },
        "lora_alpha": settings.alpha,
    }


def adapted_keys(targets: Targets, tied: bool) -> list[str]:
    """mlx-lm's names of what learns: within a block, and of the output layer."""
    head = [TIED_HEAD if tied else UNTIED_HEAD] if targets == "all+head" else []
    return [*(ATTENTION_KEYS if targets == "attention" else LORA_KEYS), *head]


def add_adapter(model: nn.Module, config: dict[str, Any]) -> int:
    """Freeze the base and put LoRA or DoRA on its linears; the number of trainable parameters.

    Raises MorrisError when the model lacks one of the layers that the config names.
    """
    model.freeze()
    try:
        add_layers(model, config)
    except MorrisError as error:
        raise MorrisError(
            f"Nothing can be learned here: {error} Use a Mistral-shaped model."
        ) from error
    return sum(int(weight.size) for _, weight in tree_flatten(model.trainable_parameters()))


def save_adapter(folder: Path, model: nn.Module, config: dict[str, Any]) -> str:
    """Write both files, each atomically; the SHA-256 of the weights."""
    files.make_folder(folder)
    files.write_json(folder / store.ADAPTER_CONFIG, config)
    path = folder / store.ADAPTER_WEIGHTS
    weights = dict(tree_flatten(model.trainable_parameters()))
    with files.replacing(path) as temporary:
        mx.save_safetensors(str(temporary), weights)
    return files.file_digest(path)
