"""Forward pass of a Llama-shaped model for training: mlx-lm's results with less memory.

It runs over mlx-lm's own modules and weights. What a stage of recomputation does not keep, the
backward pass computes again:

- `none` keeps everything.
- `attention` does not keep attention's probabilities, which grow with the square of the length.
- `full` keeps only the input of each transformer block.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx_lm.models import llama
from mlx_lm.tuner.dora import DoRALinear
from mlx_lm.tuner.lora import LoRAEmbedding, LoRALinear

from morris_mlx.models.families import Forward, find_family
from morris_mlx.records.training import Recompute
from morris_mlx.train.attention import causal_attention
from morris_mlx.train.blocks import model_type
from morris_mlx.train.dropout import NO_DROPOUT, Dropout
from morris_mlx.train.swiglu import swiglu

MODELS = {Forward.LLAMA: llama.Model}  # mlx-lm's class whose forward pass is computed here


def is_llama_shaped(model: Any) -> bool:
    """Return True if the forward pass of a model is the one of this module."""
    family = find_family(model_type(model))
    known = family is not None and isinstance(model, MODELS[family.forward])
    return known and model.model.swa_idx is None


def hidden_states(
    model: Any, ids: mx.array, recompute: Recompute, dropout: Dropout = NO_DROPOUT
) -> mx.array:
    """Return the final hidden states [B, L, D] of ids [B, L], as `model.model(ids)` does."""
    first, *dropouts = dropout.split(len(model.layers) + 1)
    states = embedded(model.model.embed_tokens, ids, first)
    block = _recomputed_block if recompute == "full" else _block
    for layer, layer_dropout in zip(model.layers, dropouts, strict=True):
        states = block(layer, states, layer_dropout, recompute != "none")
    normalized: mx.array = model.model.norm(states)
    return normalized


def head(
    model: Any, dropout: Dropout = NO_DROPOUT
) -> tuple[Callable[..., mx.array], list[mx.array]]:
    """Return the output layer as a function, and its trainable arrays.

    The function takes hidden states [N, D] and these arrays and returns logits [N, V]. The arrays
    are arguments so that the caller can differentiate with respect to them.
    """
    tied = bool(model.args.tie_word_embeddings)
    module: Any = model.model.embed_tokens if tied else model.lm_head
    if not isinstance(module, LoRALinear | LoRAEmbedding):
        plain = module.as_linear if tied else module
        return lambda states: plain(states), []
    base = module.embedding.as_linear if tied else module.linear

    def logits(states: mx.array, lora_a: mx.array, lora_b: mx.array) -> mx.array:
        into, out = (lora_b.T, lora_a.T) if tied else (lora_a, lora_b)
        return _with_low_rank(base(states), dropout(states), into, out, module.scale)

    return logits, [module.lora_a, module.lora_b]


def output_weight(model: Any) -> mx.array | None:
    """Return the matrix [V, D] of an output layer that is nothing but that, or None."""
    tied = bool(model.args.tie_word_embeddings)
    module: Any = model.model.embed_tokens if tied else model.lm_head
    plain = type(module) is (nn.Embedding if tied else nn.Linear) and "bias" not in module
    return module.weight if plain else None


def embedded(module: Any, ids: mx.array, dropout: Dropout) -> mx.array:
    """Return the embeddings [..., D] of ids [...]."""
    if not isinstance(module, LoRAEmbedding):
        rows: mx.array = module(ids)
        return rows
    low = dropout(module.lora_a[ids] @ module.lora_b)
    base = module.embedding(ids)
    adapted: mx.array = base + (module.scale * low).astype(base.dtype)
    return adapted


def _recomputed_block(layer: Any, states: mx.array, dropout: Dropout, recompute: bool) -> mx.array:
    def run(params: Any, x: mx.array) -> mx.array:
        layer.update(params)
        return _block(layer, x, dropout, recompute)

    params = layer.trainable_parameters()
    result: mx.array = mx.checkpoint(run)(params, states)
    layer.update(params)
    return result


def _block(layer: Any, states: mx.array, dropout: Dropout, recompute: bool) -> mx.array:
    drop = dropout.split(4)
    attention, mlp = layer.self_attn, layer.mlp
    batch, length, _ = states.shape

    x = layer.input_layernorm(states)
    dropped = drop[0](x)
    q, k, v = (
        linear(projection, x, dropped).reshape(batch, length, heads, -1).transpose(0, 2, 1, 3)
        for projection, heads in (
            (attention.q_proj, attention.n_heads),
            (attention.k_proj, attention.n_kv_heads),
            (attention.v_proj, attention.n_kv_heads),
        )
    )
    mixed = causal_attention(attention.rope(q), attention.rope(k), v, attention.scale, recompute)
    mixed = mixed.transpose(0, 2, 1, 3).reshape(batch, length, -1)
    states = states + linear(attention.o_proj, mixed, drop[1](mixed))

    x = layer.post_attention_layernorm(states)
    dropped = drop[2](x)
    inner = swiglu(linear(mlp.gate_proj, x, dropped), linear(mlp.up_proj, x, dropped))
    return states + linear(mlp.down_proj, inner, drop[3](inner))


def linear(module: Any, x: mx.array, dropped: mx.array) -> mx.array:
    """Apply a linear layer to x [..., in], and its low-rank part to x after dropout."""
    if isinstance(module, LoRALinear):
        plain = module.linear(x)
        return _with_low_rank(plain, dropped, module.lora_a, module.lora_b, module.scale)
    if isinstance(module, DoRALinear):
        weight = module._dequantized_weight()
        adapted = weight + (module.scale * module.lora_b.T) @ module.lora_a.T
        norm = mx.stop_gradient(mx.linalg.norm(adapted, axis=1))
        arrays = dropped, module.lora_a, module.lora_b, module.scale
        out: mx.array = _with_low_rank(x @ weight.T, *arrays) * (module.m / norm).astype(x.dtype)
        return out + module.linear.bias if "bias" in module.linear else out
    plain_output: mx.array = module(x)
    return plain_output


def _with_low_rank(
    plain: mx.array, dropped: mx.array, into: mx.array, out: mx.array, scale: float
) -> mx.array:
    low = dropped @ into
    if plain.dtype == low.dtype:
        return mx.addmm(plain, low, scale * out)
    return plain + (low @ (scale * out)).astype(plain.dtype)
