"""Names and aliases of the models that Morris knows."""

from __future__ import annotations

import platform

from morris_mlx.defaults import PACKAGE
from morris_mlx.records.training import Targets

PRACTICE_MODEL = "practice"  # embedded, offline, a toy: see its card
ZEPHYR_MODEL = "HuggingFaceH4/zephyr-7b-beta"
MODEL_ALIASES = {"zephyr": ZEPHYR_MODEL}
PRACTICE_FOLDER = PACKAGE / "practice"
WINDOW = 2048  # tokens: Zephyr was tuned on 2,048; a longer row costs memory, not voice
# mlx-lm's path names of a block's linears.
ATTENTION_KEYS = (
    "self_attn.q_proj",
    "self_attn.k_proj",
    "self_attn.v_proj",
    "self_attn.o_proj",
)
LORA_KEYS = (*ATTENTION_KEYS, "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")
UNTIED_HEAD, TIED_HEAD = "lm_head", "model.embed_tokens"


def default_model() -> str:
    """Zephyr where it runs well, else the practice base."""
    apple = platform.system() == "Darwin" and platform.machine() == "arm64"
    return "zephyr" if apple else PRACTICE_MODEL


def adapted_keys(targets: Targets, tied: bool) -> list[str]:
    """mlx-lm's names of what learns: within a block, and of the output layer."""
    head = [TIED_HEAD if tied else UNTIED_HEAD] if targets == "all+head" else []
    return [*(ATTENTION_KEYS if targets == "attention" else LORA_KEYS), *head]
