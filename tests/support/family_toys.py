"""Toys of the families that Morris names: two small blocks, and the chat format of the family."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from support.chat_families import family_folder
from support.mlx_lm_toys import NESTED, toy_config
from support.workspace import change_tensors, make_tiny_model

SIZES: Mapping[str, Any] = {
    "num_hidden_layers": 2,
    "max_position_embeddings": 512,
    "head_dim": 16,
    "hidden_size": 64,  # MLX quantizes in groups of 32 and more
    "intermediate_size": 96,
    "moe_intermediate_size": 32,
    "linear_key_head_dim": 16,
    "linear_value_head_dim": 16,
    "sliding_window": None,
    "tie_word_embeddings": True,
}
SLIDING = ["sliding_attention", "full_attention"]
WINDOW = 24  # shorter than the texts


@dataclass(frozen=True)
class FamilyToy:
    """A model type, its chat format in `chat_families`, and changes of its config."""

    model_type: str
    chat: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    targets: str = "all"


FAMILY_TOYS = {
    "llama": FamilyToy("llama", "llama-3.2", {"tie_word_embeddings": False}),
    "mistral": FamilyToy("mistral", "mistral-v3"),
    "qwen2": FamilyToy("qwen2", "qwen-2.5"),
    "qwen3": FamilyToy("qwen3", "qwen-3"),
    "qwen3_5": FamilyToy(
        "qwen3_5",
        "qwen-3.5",
        {
            "num_experts": 0,
            "full_attention_interval": 2,
            "rope_theta": None,
            "partial_rotary_factor": None,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 10000.0,
                "partial_rotary_factor": 0.5,
                "mrope_section": [2, 1, 1],
            },
        },
    ),
    "qwen3_moe": FamilyToy("qwen3_moe", "qwen-3-2507", targets="all+experts"),
    "gemma2": FamilyToy("gemma2", "gemma-2", {"sliding_window": WINDOW, "layer_types": SLIDING}),
    "gemma3": FamilyToy(
        "gemma3", "gemma-3", {"sliding_window": WINDOW, "sliding_window_pattern": 2}, "all+head"
    ),
    "phi3": FamilyToy("phi3", "phi-3.5", {"partial_rotary_factor": 0.5}),
    "smollm3": FamilyToy("smollm3", "smollm-3", {"no_rope_layers": [1, 0]}),
    "granite": FamilyToy("granite", "smollm-2", {}, "all+head"),
    "olmo2": FamilyToy("olmo2", "olmo-2", {"tie_word_embeddings": False}),
    "mistral3": FamilyToy("mistral3", "ministral-3", {"layer_types": None}),
}


def make_family_toy(name: str, folder: Path) -> Path:
    """Write a random model of a family with its tokenizer, in mlx-lm's layout."""
    toy = FAMILY_TOYS[name]
    tokens = family_folder(toy.chat, folder.parent / f"{folder.name}-tokenizer")
    vocabulary = Tokenizer.from_file(str(tokens / "tokenizer.json")).get_vocab_size()
    config = toy_config(toy.model_type) | SIZES | toy.changes | {"vocab_size": vocabulary}
    config = {key: value for key, value in config.items() if value is not None}
    if toy.model_type in NESTED:
        inner = {**config, "model_type": NESTED[toy.model_type]}
        del inner["text_config"]
        config = {"model_type": toy.model_type, "vocab_size": vocabulary, "text_config": inner}
    make_tiny_model(folder, **config)
    if toy.model_type == "gemma3":  # mlx-lm ties it if the files have no output layer
        change_tensors(
            folder / "model.safetensors", lambda w: w.pop("language_model.lm_head.weight")
        )
    for file in tokens.iterdir():
        shutil.copy(file, folder)
    return folder
