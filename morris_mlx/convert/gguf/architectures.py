"""Architectures of GGUF files that Morris converts, one row of a table for each.

A row describes how llama.cpp's converter changed the model, so that the change can be undone:
names, the order of rows in queries and keys, and norms that were stored with 1 added.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from morris_mlx.convert.gguf.metadata import Metadata
from morris_mlx.convert.gguf.rope import (
    TEMPERATURE,
    Factors,
    read_longrope,
    read_mistral3_rope,
    read_rope,
)
from morris_mlx.errors import RefusedError

EMBEDDING, NORM, HEAD = "token_embd", "output_norm", "output"
MODULES = {EMBEDDING: "model.embed_tokens", NORM: "model.norm", HEAD: "lm_head"}
BLOCKS, MLX_BLOCKS = "blk", "model.layers"  # each followed by a number
QUERIES, KEYS = "attn_q", "attn_k"

LLAMA_BLOCK = {
    "attn_norm": "input_layernorm",
    QUERIES: "self_attn.q_proj",
    KEYS: "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
HEAD_NORMS = {"attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm"}
GEMMA_NORMS = {
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
}
PHI3_BLOCK = {
    "attn_norm": "input_layernorm",
    "attn_qkv": "self_attn.qkv_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_up": "mlp.gate_up_proj",
    "ffn_down": "mlp.down_proj",
}


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes that all architectures have in common."""

    hidden: int
    inner: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int


Settings = Callable[["Metadata", Sizes], dict[str, Any]]


def _nothing(metadata: Metadata, sizes: Sizes) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True, eq=False)
class Architecture:
    """An architecture with its names in llama.cpp, mlx-lm and transformers.

    `block` maps the names of modules in a block. `interleaved` is True if rows of queries and keys
    were reordered for llama.cpp's rotation of adjacent pairs. `norm_shift` was added to the
    weights of all norms. `settings` returns the values of config.json that only this architecture
    has. `rope` reads the rotary embedding.
    """

    name: str
    model_type: str
    torch_class: str
    block: Mapping[str, str]
    interleaved: bool = False
    norm_shift: float = 0.0
    settings: Settings = _nothing
    rope: Callable[[Metadata, Factors], dict[str, Any]] = read_rope


def _mistral3(metadata: Metadata, sizes: Sizes) -> dict[str, Any]:
    """Return the settings of Ministral 3; earlier Mistral models are of Llama's shape."""
    if metadata.has(TEMPERATURE):
        return {}
    return {"model_type": "mistral", "architectures": ["MistralForCausalLM"]}


def _gemma3(metadata: Metadata, sizes: Sizes) -> dict[str, Any]:
    # Gemma 3 27B is recognized by its number of blocks, as in llama.cpp. It is the only one that
    # does not scale its queries by the size of a head.
    scalar = sizes.hidden // sizes.heads if sizes.layers == 62 else sizes.head_dim
    local = metadata.number("gemma3.rope.freq_base_swa", default=10_000.0)
    # Raises an error for Ollama's own files, which have another key and other differences.
    metadata.number("gemma3.rope.freq_base")
    if metadata.number("gemma3.final_logit_softcapping", default=0.0):
        raise RefusedError(
            f"{metadata.path} is a Gemma 3 model with capped logits, which mlx-lm does not "
            "support. Use Google's own Gemma 3."
        )
    return {
        "sliding_window": metadata.size("gemma3.attention.sliding_window"),
        "sliding_window_pattern": 6,  # fixed in llama.cpp, too
        "query_pre_attn_scalar": scalar,
        "rope_local_base_freq": local,
        "hidden_activation": "gelu_pytorch_tanh",
    }


def _phi3(metadata: Metadata, sizes: Sizes) -> dict[str, Any]:
    rotated = metadata.size("phi3.rope.dimension_count", default=sizes.head_dim)
    return {"partial_rotary_factor": rotated / sizes.head_dim}


def _smollm3(metadata: Metadata, sizes: Sizes) -> dict[str, Any]:
    return {"no_rope_layer_interval": 4}  # fixed in llama.cpp, too


ARCHITECTURES = (
    Architecture("llama", "llama", "LlamaForCausalLM", LLAMA_BLOCK, interleaved=True),
    Architecture(
        "mistral3",
        "ministral3",
        "Ministral3ForCausalLM",
        LLAMA_BLOCK,
        interleaved=True,
        settings=_mistral3,
        rope=read_mistral3_rope,
    ),
    Architecture(
        "smollm3",
        "smollm3",
        "SmolLM3ForCausalLM",
        LLAMA_BLOCK,
        interleaved=True,
        settings=_smollm3,
    ),
    Architecture("qwen2", "qwen2", "Qwen2ForCausalLM", LLAMA_BLOCK),
    Architecture("qwen3", "qwen3", "Qwen3ForCausalLM", LLAMA_BLOCK | HEAD_NORMS),
    Architecture(
        "gemma3",
        "gemma3_text",
        "Gemma3ForCausalLM",
        LLAMA_BLOCK | HEAD_NORMS | GEMMA_NORMS,
        norm_shift=1.0,
        settings=_gemma3,
    ),
    Architecture("phi3", "phi3", "Phi3ForCausalLM", PHI3_BLOCK, settings=_phi3, rope=read_longrope),
)


def find_architecture(metadata: Metadata) -> Architecture:
    """Return the row of a file. Raises RefusedError for an architecture without one."""
    name = metadata.text("general.architecture")
    found = next((row for row in ARCHITECTURES if row.name == name), None)
    known = ", ".join(row.name for row in ARCHITECTURES)
    if found is None:
        raise RefusedError(
            f"{metadata.path} has the architecture {name[:60]!r}, which Morris does not convert. "
            f"Use a GGUF file of one of these: {known}; or the model's Hugging Face repository."
        )
    if metadata.integer(f"{name}.expert_count", default=0):
        raise RefusedError(
            f"{metadata.path} is a mixture of experts, which Morris does not convert. Use a model "
            f"without experts, of one of the architectures {known}."
        )
    return found
