"""Reader of a model's config.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import NoneType
from typing import Any

from morris_mlx.errors import MissingError, MorrisError, RefusedError
from morris_mlx.models.catalog import WINDOW

CONFIG = "config.json"
WINDOW_KEYS = ("max_position_embeddings", "sliding_window")  # of a config, in tokens


def read_config(folder: Path) -> dict[str, Any]:
    path = folder / CONFIG
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MissingError(f"No {CONFIG} in {folder}: it is not a model's folder.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise MorrisError(f"{path} is damaged ({error}). Get the model again.") from error
    if wrong := _wrong(config):
        raise MorrisError(f"{path} is damaged ({wrong}). Get the model again.")
    for key in ("model_file", "auto_map"):
        if key in config:
            raise RefusedError(f"{path} asks to run code of its own ({key}). Morris never does.")
    return dict(config)


def _wrong(config: object) -> str:
    """What of the little that Morris itself reads of a config cannot be so, or ""."""
    if not isinstance(config, dict):
        return "not an object"
    for key in WINDOW_KEYS:
        if type(config.get(key)) not in (int, NoneType):
            return f"{key} is no whole number"
    for key in ("quantization", "quantization_config"):
        value = config.get(key)
        whole = isinstance(value, dict) and type(value.get("bits")) in (int, NoneType)
        if value is not None and not whole:
            return f"{key} is not as one is written"
    return ""


def bits_of(config: Mapping[str, Any]) -> int:
    """Bits a weight in a model with this config: 4 or 8 where quantised, else 16 or 32."""
    quantised = config.get("quantization") or config.get("quantization_config") or {}
    full = 32 if config.get("torch_dtype", config.get("dtype")) == "float32" else 16
    return int(quantised.get("bits") or full)


def _window(config: dict[str, Any]) -> int:
    # mlx-lm runs Mistral with full attention: beyond the sliding window it differs from training.
    sizes = (config.get(key) for key in WINDOW_KEYS)
    return min((s for s in sizes if s and s > 0), default=WINDOW)
