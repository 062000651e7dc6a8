"""LoRA layers on a model, and the adapter as mlx-lm's two files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx.utils import tree_flatten
from mlx_lm.tuner.utils import linear_to_lora_layers

from morris_mlx import files, store
from morris_mlx.errors import MorrisError
from morris_mlx.records import Targets, TrainSettings
from morris_mlx.settings import LORA_KEYS, TIED_HEAD, UNTIED_HEAD


def adapter_config(model: nn.Module, settings: TrainSettings) -> dict[str, Any]:
    """adapter_config.json as mlx-lm reads it; no path of this machine in it."""
    return {
        "fine_tune_type": "lora",
        "num_layers": len(model.layers),
        "lora_parameters": {
            "rank": settings.rank,
            "scale": settings.scale,
            "dropout": settings.dropout,
            "keys": _keys(model, settings.targets),
        },
        "lora_alpha": settings.alpha,
    }


def _keys(model: nn.Module, targets: Targets) -> list[str]:
    if targets == "all":
        return list(LORA_KEYS)
    return [*LORA_KEYS, UNTIED_HEAD if "lm_head" in model else TIED_HEAD]


def add_lora(model: nn.Module, config: dict[str, Any]) -> int:
    """Freeze the base and put LoRA on its linears; the number of trainable parameters.

    Raises MorrisError when the model has none of the linears that the config names.
    """
    model.freeze()
    linear_to_lora_layers(model, config["num_layers"], config["lora_parameters"])
    trainable = sum(weight.size for _, weight in tree_flatten(model.trainable_parameters()))
    if trainable == 0:
        raise MorrisError(
            "The model has none of the layers to adapt "
            f"({', '.join(config['lora_parameters']['keys'])}). Use a Mistral-shaped model."
        )
    return int(trainable)


def save_adapter(folder: Path, model: nn.Module, config: dict[str, Any]) -> str:
    """Write both files, each atomically; the SHA-256 of the weights."""
    files.make_folder(folder)
    files.write_json(folder / store.ADAPTER_CONFIG, config)
    path = folder / store.ADAPTER_WEIGHTS
    weights = dict(tree_flatten(model.trainable_parameters()))
    with files.replacing(path) as temporary:
        mx.save_safetensors(str(temporary), weights)
    return files.file_digest(path)
