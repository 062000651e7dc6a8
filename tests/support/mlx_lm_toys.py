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
YARN = {
    "type": "yarn",
    "factor": 4.0,
    "mscale": 1.0,
    "mscale_all_dim": 1.0,
    "original_max_position_embeddings": 64,
    "beta_fast": 32,
    "beta_slow": 1,
}
OWN: Mapping[str, Mapping[str, Any]] = {
    "afm7": {"num_kv_reuse_layers": 1},
    "afmoe": {"layer_types": SLIDING},
    "baichuan_m1": {"sliding_window_layers": [0], "conv_window": 2},
    "cohere2": {"num_hidden_layers": 4},
    "dbrx": {
        "ffn_config": {"ffn_hidden_size": 16, "moe_num_experts": 4, "moe_top_k": 2},
        "attn_config": {"kv_n_heads": 2, "clip_qkv": 8.0, "rope_theta": 10000.0},
    },
    "deepseek_v2": {"rope_scaling": YARN},
    "exaone_moe": {"layer_types": SLIDING, "is_moe_layer": [False, True, True]},
    "gear": {"layer_types": ["conv_mixer", "sliding_attention", "full_attention"]},
    "gemma3n": {
        "num_kv_shared_layers": 1,
        "vocab_size_per_layer_input": VOCABULARY,
        "rope_local_base_freq": 10000.0,
        "final_logit_softcapping": 30.0,
        "layer_types": ["sliding_attention", "full_attention", "full_attention"],
        "activation_sparsity_pattern": [0.5, 0.0, 0.0],
        "intermediate_size": [INNER] * LAYERS,
        "hidden_size_per_layer_input": 8,
        "altup_num_inputs": 2,
        "altup_coef_clip": 120.0,
        "altup_correct_scale": True,
        "altup_active_idx": 0,
        "laurel_rank": 4,
    },
    "gemma4_text": {
        "layer_types": [
            "sliding_attention",
            "full_attention",
            "sliding_attention",
            "full_attention",
        ],
        "num_hidden_layers": 4,
        "num_kv_shared_layers": 2,
        "hidden_size_per_layer_input": 8,
        "vocab_size_per_layer_input": VOCABULARY,
        "global_head_dim": 16,
    },
    "glm4_moe": {"rope_scaling": None},
    "glm_moe_dsa": {
        "index_head_dim": 8,
        "index_n_heads": 2,
        "index_topk": 4,
        "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"},
    },
    "gpt_neox": {"rotary_emb_base": 10000, "rotary_pct": 0.5},
    "granitemoehybrid": {
        "layer_types": ["mamba", "attention", "mamba"],
        "mamba_n_heads": 4,
        "mamba_d_head": 16,
        "mamba_d_state": 8,
        "mamba_d_conv": 3,
        "mamba_n_groups": 1,
    },
    "hunyuan": {"use_mixed_mlp_moe": True, "use_cla": True, "cla_share_factor": 2},
    "jamba": {
        "attn_layer_offset": 1,
        "attn_layer_period": 3,
        "expert_layer_offset": 1,
        "expert_layer_period": 2,
        "mamba_d_conv": 3,
        "mamba_d_state": 8,
        "mamba_expand": 2,
        "mamba_dt_rank": 4,
    },
    "kimi_linear": {
        "linear_attn_config": {
            "kda_layers": [1, 2],
            "full_attn_layers": [3],
            "num_heads": 4,
            "head_dim": 8,
            "short_conv_kernel_size": 3,
        },
    },
    "lfm2_moe": {
        "layer_types": ["conv", "full_attention", "conv"],
        "full_attn_idxs": [1],
        "use_expert_bias": True,
        "num_dense_layers": 1,
    },
    "lille-130m": {"layer_norm_eps": 1e-5},
    "llama4_text": {"intermediate_size_mlp": INNER, "no_rope_layers": [1, 1, 0]},
    "mamba": {"time_step_rank": 4},
    "mamba2": {"time_step_rank": 4, "time_step_limit": (0.0, 10.0), "num_heads": 8, "head_dim": 8},
    "mellum": {
        "layer_types": SLIDING,
        "rope_parameters": {
            kind: {"rope_theta": 10000.0} for kind in ("sliding_attention", "full_attention")
        },
    },
    "mimo_v2_flash": {
        "hybrid_layer_pattern": [1, 1, 0],
        "moe_layer_freq": [0, 1, 1],
        "add_swa_attention_sink_bias": True,
        "add_full_attention_sink_bias": False,
        "swa_rope_theta": 10000.0,
        "swa_num_attention_heads": HEADS,
        "swa_num_key_value_heads": KV_HEADS,
        "swa_head_dim": HEAD_SIZE,
        "swa_v_head_dim": HEAD_SIZE,
    },
    "minicpm3": {
        "rope_scaling": {
            "type": "longrope",
            "long_factor": [1.0, 1.0],
            "short_factor": [1.0, 1.0],
            "original_max_position_embeddings": 64,
        }
    },
    "nemotron": {"hidden_act": "relu2"},
    "nemotron_h": {
        "mamba_num_heads": 4,
        "mamba_head_dim": 8,
        "mamba_proj_bias": False,
        "ssm_state_size": 8,
        "hybrid_override_pattern": ["M", "*", "-"],
        "n_routed_experts": None,
    },
    "olmo3": {"layer_types": SLIDING},
    "olmo_hybrid": {"linear_allow_neg_eigval": True},
    "openelm": {
        "num_transformer_layers": LAYERS,
        "ffn_dim_divisor": 8,
        "num_query_heads": [4] * LAYERS,
        "num_kv_heads": [2] * LAYERS,
        "ffn_multipliers": [1.0, 1.5, 2.0],
    },
    "phi3small": {
        "dense_attention_every_n_layers": 2,
        "ff_intermediate_size": INNER,
        "gegelu_limit": 20.0,
    },
    "plamo": {"n_shared_head": 2},
    "qwen": {"kv_channels": HEAD_SIZE, "no_bias": True},
    "qwen3_5": {"num_hidden_layers": 4},
    "qwen3_5_moe": {"num_hidden_layers": 4},
    "qwen3_next": {"num_hidden_layers": 4},
    "recurrent_gemma": {
        "conv1d_width": 3,
        "logits_soft_cap": 30.0,
        "lru_width": 32,
        "block_types": ["recurrent", "recurrent", "attention"],
    },
    "rwkv7": {
        "a_low_rank_dim": 8,
        "v_low_rank_dim": 8,
        "gate_low_rank_dim": 8,
        "decay_low_rank_dim": 8,
    },
    "spark2_5": {
        "rope_parameters": {
            kind: {"rope_theta": 10000.0, "rope_type": "default"}
            for kind in ("sliding_attention", "full_attention")
        },
    },
    "step3p5": {"num_attention_groups": 2},
    "ministral3": {
        "layer_types": SLIDING,
        "rope_parameters": {
            "rope_theta": 10000.0,
            "llama_4_scaling_beta": 0.1,
            "original_max_position_embeddings": 8,
        },
    },
    "exaone4": {"sliding_window_pattern": "LLG", "rope_scaling": None},
    "gemma2": {"query_pre_attn_scalar": 8},
    "gemma3_text": {"query_pre_attn_scalar": 8, "sliding_window_pattern": 3},
    "lfm2": {
        "layer_types": ["conv", "full_attention", "conv"],
        "block_multiple_of": 8,
        "block_ffn_dim_multiplier": 1.0,
        "block_auto_adjust_ff_dim": True,
        "full_attn_idxs": [1],
    },
}
# Sizes of toys whose memory and speed mean something, by the size in COMMON.
LARGER: Mapping[int, int] = {HIDDEN: 256, INNER: 512, HEAD_SIZE: 64}
SIZE_KEYS = (
    *("hidden_size", "d_model", "n_embd", "hidden_dim", "model_dim", "block_dim"),
    *("intermediate_size", "mlp_hidden_size", "n_inner", "head_dim"),
)
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
    "kimi_k25": "deepseek_v3",
    "kimi_vl": "deepseek_v3",
    "lfm2-vl": "lfm2",
    "minimax_m3_vl": "minimax_m3_vl",
    "muse_spark": "muse_spark",
}


# Types that are not tried, because they end the process.
CRASHES = ("phi3small",)


def model_types() -> list[str]:
    """Return every architecture of mlx-lm, by the name of its module."""
    import mlx_lm.models

    folder = Path(mlx_lm.models.__path__[0])
    sources = {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))}
    return [name for name, source in sources.items() if "\nclass Model(" in source]


def toy_config(model_type: str, larger: bool = False) -> dict[str, Any]:
    """Return the config.json of a toy of this type."""
    inner = NESTED.get(model_type, model_type)
    sizes = {key: LARGER[COMMON[key]] for key in SIZE_KEYS} if larger else {}
    config = {**COMMON, **sizes, **OWN.get(inner, {}), "model_type": model_type}
    if model_type in NESTED:
        config["text_config"] = {**config, "model_type": inner}
    return config


def make_toy(model_type: str, larger: bool = False, **changes: Any) -> Any:
    """Return a random model of this type, the same at each call."""
    import mlx.core as mx
    from mlx.utils import tree_map
    from mlx_lm.utils import _get_classes

    config = toy_config(model_type, larger) | changes
    model_class, args_class = _get_classes(config)
    mx.random.seed(7)
    model = model_class(args_class.from_dict(config))
    # Zeros and ones of fresh norms and biases would hide a mistake.
    model.update(
        tree_map(
            lambda a: (
                a + 0.1 * mx.random.normal(a.shape) if mx.issubdtype(a.dtype, mx.floating) else a
            ),
            model.parameters(),
        )
    )
    model.set_dtype(mx.float32)
    mx.eval(model.parameters())
    return model.eval()
