"""Loading of a model into MLX, and the digest that identifies its weights."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from morris_mlx.device import prepare_engine
from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.models.config import CONFIG
from morris_mlx.models.converted import HASHED_BYTES
from morris_mlx.models.hub_cache import model_label

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


def load_mlx_model(folder: Path) -> nn.Module:
    """Load a model with mlx-lm; on the CPU in float32, except for quantized weights.

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
            f"The model in {model_label(folder)} cannot be loaded: {error}"
        ) from error
    if engine.precision == "float32":
        model.set_dtype(mx.float32)
        mx.eval(model.parameters())
    return model
