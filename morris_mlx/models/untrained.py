"""Reasons why Morris does not train some of mlx-lm's model types."""

from __future__ import annotations

from collections.abc import Mapping

_STATE = "its recurrence keeps a state for each token, far beyond any memory plan"
_UNVERIFIED = "its loss and gradients have not been compared with mlx-lm's"
UNTRAINED: Mapping[str, str] = {
    "afm7": "some of its blocks use the keys and values of others, and are in a list of their own",
    "bailing_moe_linear": _STATE,
    "bitnet": "its linear layers have weights of three values, which take no LoRA",
    "deepseek_v41": "its blocks pass on several streams, not hidden states alone",
    "gemma3n": "its blocks pass on several streams, not hidden states alone",
    "hunyuan": "its blocks pass on keys and values, not hidden states alone",
    "jamba": _STATE,
    "kimi_k3": _UNVERIFIED,
    "lille-130m": _UNVERIFIED,
    "llama4": _UNVERIFIED,
    "longcat_flash": _UNVERIFIED,
    "longcat_flash_ngram": _UNVERIFIED,
    "mamba": _STATE,
    "minimax_m3_vl": _UNVERIFIED,
    "mistral4": _UNVERIFIED,
    "muse_spark": _UNVERIFIED,
    "nemotron-nas": _UNVERIFIED,
    "olmo": "mlx-lm needs a package for it that Morris does not install",
    "phi3small": "its block-sparse attention corrupts memory on a CPU",
    "plamo": "its blocks are not where mlx-lm adds LoRA layers",
    "prism_hadamard_qwen35": _UNVERIFIED,
    "recurrent_gemma": _UNVERIFIED,
    "rwkv7": _STATE,
    "step3p5": _UNVERIFIED,
}
