"""Model types that the torch engine runs: transformers' classes for each, and config values.

A type is here if its logits, its replies and its adapters in torch were compared with MLX's, on a
random toy (tests/generate/torch_backend/test_families.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from morris_mlx.models.config import TEXT_KEY, ModelConfig

# mlx-lm ignores a missing sliding window; transformers would assume 4,096 tokens.
NO_WINDOW: Mapping[str, Any] = {"sliding_window": None, "use_sliding_window": False}


@dataclass(frozen=True, slots=True)
class TorchClasses:
    """Names of transformers' classes, and how a config is read for them.

    `defaults` are config values to use where a config has none, `fixed` are used in place of those
    of the config. `full_attention` is True for types whose sliding attention mlx-lm does not
    compute: adapters are trained with layers that read everything, so torch must have them, too.
    `may_slide` is True for types whose config may name layers with sliding attention, which then
    only mlx-lm computes. `rounded_scale` is True for types whose embedding mlx-lm multiplies by a
    number in bfloat16. `shifted_norms` is True for types whose norms mlx-lm stores with 1 added
    (and their convolutions with the last two axes exchanged).
    """

    config: str
    model: str
    defaults: Mapping[str, Any] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    full_attention: bool = False
    may_slide: bool = False
    rounded_scale: bool = False
    shifted_norms: bool = False


def _full(stem: str, **more: Any) -> TorchClasses:
    """Return classes of a type whose layers all read everything."""
    return _classes(stem, full_attention=True, fixed=NO_WINDOW, **more)


def _classes(stem: str, **more: Any) -> TorchClasses:
    """Return the classes whose names begin with `stem`, as most of transformers' do."""
    return TorchClasses(f"{stem}Config", f"{stem}ForCausalLM", **more)


TORCH_TYPES: Mapping[str, TorchClasses] = {
    "mistral": _classes("Mistral", defaults={"sliding_window": None}, may_slide=True),
    "llama": _classes("Llama", may_slide=True),
    "gemma2": _classes("Gemma2", full_attention=True),
    "gemma3_text": TorchClasses("Gemma3TextConfig", "Gemma3ForCausalLM", rounded_scale=True),
    "granite": _classes("Granite"),
    "ministral3": _full("Ministral3", may_slide=True),
    "olmo2": _classes("Olmo2"),
    "phi3": _full("Phi3"),
    "qwen2": _full("Qwen2"),
    "qwen3": _full("Qwen3"),
    "qwen3_moe": _full("Qwen3Moe"),
    "qwen3_5_text": TorchClasses("Qwen3_5TextConfig", "Qwen3_5ForCausalLM", shifted_norms=True),
    "smollm3": _full("SmolLM3", may_slide=True),
}
# Types of models that contain a language model, and its type if the nested config names none.
NESTED_TYPES: Mapping[str, str] = {
    "gemma3": "gemma3_text",
    "mistral3": "mistral",
    "qwen3_5": "qwen3_5_text",
}


def torch_type(config: ModelConfig) -> str | None:
    """Return the type of the language model in TORCH_TYPES, None if torch does not run it."""
    kind = config.model_type
    if kind is not None and kind in NESTED_TYPES:
        nested = config.values.get(TEXT_KEY) or {}
        inner = nested.get("model_type")
        kind = NESTED_TYPES[kind] if inner in (None, kind) else inner
    return kind if kind in TORCH_TYPES else None


def torch_names() -> str:
    """Return the types that torch runs, for an error."""
    return ", ".join(sorted(set(TORCH_TYPES) | set(NESTED_TYPES)))
