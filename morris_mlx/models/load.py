"""Loading of a model into MLX, and the digest that identifies its weights."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from morris_mlx.device import prepare_engine
from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.models.config import CONFIG
from morris_mlx.models.converted import HASHED_BYTES
from morris_mlx.models.hub_cache import model_label
from morris_mlx.models.shape import STORED_BYTES, is_unpacked

if TYPE_CHECKING:
    import mlx.nn as nn


def model_digest(folder: Path) -> str:
    """Return the digest of a model: its config, file names and sizes, and small files' content."""
    total = hashlib.sha256((folder / CONFIG).read_bytes())
    for path in sorted(folder.glob("model*.safetensors")):
        size = path.stat().st_size
        total.update(f"{path.name} {size}".encode())
        if size <= HASHED_BYTES:
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def load_mlx_model(
    folder: Path, before_unpacking: Callable[[nn.Module], None] | None = None
) -> nn.Module:
    """Load a model with mlx-lm; on the CPU in float32.

    Quantized weights are unpacked on the CPU if the model stays small (`is_unpacked`).
    `before_unpacking` may replace some of its layers before.

    Raises MissingError without weights, and MorrisError when they cannot be loaded.
    """
    engine = prepare_engine()
    import mlx.core as mx
    import mlx_lm.utils

    try:
        model, _ = mlx_lm.utils.load_model(folder)
    except FileNotFoundError as error:
        raise MissingError(
            f"No weights (model*.safetensors) in {model_label(folder)}. Get the model again."
        ) from error
    except (ValueError, RuntimeError) as error:
        raise MorrisError(
            f"The model in {model_label(folder)} cannot be loaded: {str(error).rstrip('.')}. Get "
            "the model again, or use another one."
        ) from error
    if engine.precision == "float32":
        model.set_dtype(mx.float32)
        if is_unpacked(_float32_bytes(model), engine.memory_gb):
            if before_unpacking is not None:
                before_unpacking(model)
            mlx_lm.utils.dequantize_model(model)
            model.set_dtype(mx.float32)  # weights that were packed with scales of one byte
        mx.eval(model.parameters())
    return model


def _float32_bytes(model: nn.Module) -> int:
    """Return the bytes of all weights in float32, with quantized ones unpacked."""
    from mlx.utils import tree_flatten

    total: int = sum(array.size for _, array in tree_flatten(model.parameters()))
    for module in model.modules():
        if "scales" in module:
            groups = module.scales.size
            packed = module.weight.size + groups + (groups if "biases" in module else 0)
            total += groups * module.group_size - packed
    return STORED_BYTES["float32"] * total
