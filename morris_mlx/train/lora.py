"""LoRA and DoRA layers of a model, and the adapter in mlx-lm's two files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx.utils import tree_flatten

from morris_mlx import files
from morris_mlx.defaults import ADAPTER_CONFIG, ADAPTER_WEIGHTS
from morris_mlx.errors import MorrisError
from morris_mlx.models.adapters import add_layers
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.blocks import adapted_keys


def adapter_config(model: nn.Module, settings: TrainSettings) -> dict[str, Any]:
    """Return adapter_config.json in mlx-lm's format, without any path of this machine.

    Raises:
        MorrisError: If the settings adapt more blocks than the model has.
    """
    blocks = len(model.layers)
    if settings.layers > blocks:
        raise MorrisError(
            f"layers is {settings.layers}, but the model has {blocks} blocks. Use --layers "
            f"{blocks} or fewer, or 0 for all."
        )
    return {
        "fine_tune_type": settings.fine_tune_type,
        "num_layers": settings.layers or blocks,
        "lora_parameters": {
            "rank": settings.rank,
            "scale": settings.scale,
            "dropout": settings.dropout,
            "keys": adapted_keys(model, settings.targets, settings.layers),
        },
        "lora_alpha": settings.alpha,
    }


def add_adapter(model: nn.Module, config: dict[str, Any]) -> int:
    """Freeze the base, add LoRA or DoRA layers, and return the number of trainable parameters.

    Raises:
        MorrisError: If the model lacks one of the layers in the config.
    """
    model.freeze()
    try:
        add_layers(model, config)
    except MorrisError as error:
        raise MorrisError(f"This model cannot be trained: {error} Use another one.") from error
    return sum(int(weight.size) for _, weight in tree_flatten(model.trainable_parameters()))


def save_adapter(folder: Path, model: nn.Module, config: dict[str, Any]) -> str:
    """Write the adapter's two files and return the SHA-256 of its weights."""
    with replacing_adapter(folder, model, config) as sha256:
        return sha256


@contextmanager
def replacing_adapter(folder: Path, model: nn.Module, config: dict[str, Any]) -> Iterator[str]:
    """Write the adapter's two files, but move the weights into place at the end of the block.

    The block gets the SHA-256 of the new weights, so that run.json can record it beforehand. Two
    files cannot be replaced at once: if the config changes, the old weights are removed first.
    """
    files.make_folder(folder)
    weights, path = folder / ADAPTER_WEIGHTS, folder / ADAPTER_CONFIG
    with files.replacing(weights) as temporary:
        save_arrays(temporary, adapter_arrays(model))
        yield files.file_digest(temporary)
        text = files.json_text(config)
        if not path.exists() or path.read_bytes() != text.encode():
            with files.replacing(path) as new:
                new.write_text(text, encoding="utf-8", newline="\n")
                weights.unlink(missing_ok=True)


def adapter_arrays(model: nn.Module) -> dict[str, mx.array]:
    """Return every trainable array by its name in mlx-lm's file."""
    return dict(tree_flatten(model.trainable_parameters()))


def save_arrays(path: Path, arrays: Mapping[str, mx.array]) -> None:
    """Write a safetensors file.

    Raises:
        OSError: If the disk is full or cannot be written.
    """
    try:
        mx.save_safetensors(str(path), dict(arrays))
    except RuntimeError as error:  # MLX raises this for any failed write
        raise OSError(None, f"the disk is full or cannot be written ({error})") from error
