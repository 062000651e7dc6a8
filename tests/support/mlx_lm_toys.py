"""Toys of the architectures of mlx-lm: random models of a few blocks, from their own ModelArgs.

`toy_config` returns the config.json of a toy. Most architectures take their sizes from the common
keys; OWN has what an architecture needs beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

VOCABULARY = 96
LAYERS = 3
HIDDEN, HEADS, KV_HEADS, HEAD_SIZE, INNER = 32, 4, 2, 8, 48
WINDOW = 8  # shorter than the rows, so that sliding windows hide something
EXPERTS = {
    "num_experts": 4,
    "num_local_experts": 4,
    "n_routed_experts": 4,
    "moe_num_experts": 4,
    "num_experts_per_tok": 2,
    "moe_k": 2,
    "moe_topk": 2,
    "moe_intermediate_size": 16,
    "shared_expert_intermediate_size": 16,
    "shared_intermediate_size": 16,
    "n_shared_experts": 1,
    "num_shared_experts": 1,
    "num_shared_expert": 1,
    "first_k_dense_replace": 1,
    "routed_scaling_factor": 1.0,
    "norm_topk_prob": True,
    "decoder_sparse_step": 1,
    "mlp_only_layers": [],
    "n_group": 1,
    "topk_group": 1,
    "scoring_func": "sigmoid",
    "topk_method": "noaux_tc",
    "moe_layer_freq": 1,
}
COMMON: Mapping[str, Any] = EXPERTS | {
    "vocab_size": VOCABULARY,
    "embedding_size": VOCABULARY,
    "hidden_size": HIDDEN,
    "d_model": HIDDEN,
    "n_embd": HIDDEN,
    "hidden_dim": HIDDEN,
    "model_dim": HIDDEN,
    "block_dim": HIDDEN,
    "intermediate_size": INNER,
    "mlp_hidden_size": INNER,
    "n_inner": INNER,
    "num_hidden_layers": LAYERS,
    "num_layers": LAYERS,
    "n_layers": LAYERS,
    "n_layer": LAYERS,
    "num_attention_heads": HEADS,
    "num_heads": HEADS,
    "n_heads": HEADS,
    "n_head": HEADS,
    "num_key_value_heads": KV_HEADS,
    "num_kv_heads": KV_HEADS,
    "n_kv_heads": KV_HEADS,
    "head_dim": HEAD_SIZE,
    "rms_norm_eps": 1e-5,
    "norm_eps": 1e-5,
    "layer_norm_eps": 1e-5,
    "layer_norm_epsilon": 1e-5,
    "layernorm_epsilon": 1e-5,
    "max_position_embeddings": 128,
    "model_max_length": 128,
    "n_positions": 128,
    "n_ctx": 128,
    "block_size": 128,
    "rope_theta": 10000.0,
    "partial_rotary_factor": 0.5,
    "rotary_dim": 4,
    "attention_bias": False,
    "mlp_bias": False,
    "use_bias": False,
    "use_qkv_bias": True,
    "tie_word_embeddings": False,
    "sliding_window": WINDOW,
    "sliding_window_size": WINDOW,
    "attention_window_size": WINDOW,
    "use_qk_norm": True,
    "qk_norm": True,
    "post_norm": False,
    # Granite's and MiniCPM's multipliers
    "logits_scaling": 2.0,
    "attention_multiplier": 0.3,
    "embedding_multiplier": 1.5,
    "residual_multiplier": 0.7,
    "dim_model_base": 16,
    "scale_depth": 1.4,
    "scale_emb": 2.0,
    # low-rank attention
    "q_lora_rank": 16,
    "kv_lora_rank": 16,
    "qk_rope_head_dim": 4,
    "qk_nope_head_dim": 8,
    "v_head_dim": 8,
    # recurrences
    "conv_kernel": 3,
    "use_conv_bias": True,
    "conv_bias": False,
    "conv_L_cache": 3,
    "state_size": 8,
    "n_groups": 1,
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 2,
    "linear_key_head_dim": 8,
    "linear_value_head_dim": 8,
    "linear_conv_kernel_dim": 3,
    "layer_group_size": 3,
    "group_norm_size": 2,
}
SLIDING = ["sliding_attention", "sliding_attention", "full_attention"]
OWN: Mapping[str, Mapping[str, Any]] = {
    "ministral3": {
        "layer_types": SLIDING,
        "rope_parameters": {
            "rope_theta": 10000.0,
            "llama_4_scaling_beta": 0.1,
            "original_max_position_embeddings": 8,
        },
    },
    "exaone4": {"sliding_window_pattern": "LLG", "rope_scaling": None},
    "gemma2": {"query_pre_attn_scalar": 8.0},
    "gemma3_text": {"query_pre_attn_scalar": 8.0, "sliding_window_pattern": 3},
    "lfm2": {
        "layer_types": ["conv", "full_attention", "conv"],
        "block_multiple_of": 8,
        "block_ffn_dim_multiplier": 1.0,
        "block_auto_adjust_ff_dim": True,
        "full_attn_idxs": [1],
    },
}
# The language model inside of an architecture that also reads pictures.
NESTED: Mapping[str, str] = {
    "gemma3": "gemma3_text",
    "gemma4": "gemma4_text",
    "llama4": "llama4_text",
    "mistral3": "ministral3",
    "pixtral": "llama",
    "qwen2_vl": "qwen2",
    "qwen3_vl": "qwen3",
    "qwen3_vl_moe": "qwen3_moe",
    "qwen3_5": "qwen3_5",
    "qwen3_5_moe": "qwen3_5_moe",
    "gemma3n": "gemma3n",
}


def model_types() -> list[str]:
    """Return every architecture of mlx-lm, by the name of its module."""
    import mlx_lm.models

    folder = Path(mlx_lm.models.__path__[0])
    sources = {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))}
    return [name for name, source in sources.items() if "\nclass Model(" in source]


def toy_config(model_type: str) -> dict[str, Any]:
    """Return the config.json of a toy of this type."""
    inner = NESTED.get(model_type, model_type)
    config = {**COMMON, **OWN.get(inner, {}), "model_type": model_type}
    if model_type in NESTED:
        config["text_config"] = {**config, "model_type": inner}
    return config


def make_toy(model_type: str, **changes: Any) -> Any:
    """Return a random model of this type, the same at each call."""
    import mlx.core as mx
    from mlx.utils import tree_map
    from mlx_lm.utils import _get_classes

    config = toy_config(model_type) | changes
    model_class, args_class = _get_classes(config)
    mx.random.seed(7)
    model = model_class(args_class.from_dict(config))
    # Zeros and ones of fresh norms and biases would hide a mistake.
    model.update(
        tree_map(
            lambda a: a + 0.1 * mx.random.normal(a.shape) if mx.issubdtype(a.dtype, mx.floating) else a,
            model.parameters(),
        )
    )
    model.set_dtype(mx.float32)
    mx.eval(model.parameters())
    return model.eval()
