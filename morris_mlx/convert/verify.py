"""The converted weights against their source: the logits of both after a few prompts.

Layer by layer, so that a model of any size fits: of each model one layer's weights are in memory
at a time, in float32 (quantised ones are unpacked, which gives the numbers that quantised
arithmetic computes with), and only the hidden states go on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx_lm.models.base import create_attention_mask
from mlx_lm.models.llama import ModelArgs, TransformerBlock
from tokenizers import Tokenizer

from morris_mlx.convert.weights import Weights, is_tied
from morris_mlx.errors import MorrisError
from morris_mlx.models.chat_tokenizer import TOKENIZER_FILE
from morris_mlx.models.converted import LogitsCheck

CHECK_PROMPTS = (  # plain English of several manners: whole sentences, so that choices are clear
    "The committee met on Tuesday and agreed that nothing could be agreed.",
    "Dear Anna, thank you for your letter. I am writing to you from the train to",
    "To make bread you need flour, water, salt and",
)
# Beyond it the converted model is another one. At 4 bits a model of random weights in Zephyr's
# shape comes to 0.61 (scripts/bench/convert.py).
MAX_KL_NATS = 2.0

EMBEDDING, NORM, HEAD = "model.embed_tokens", "model.norm", "lm_head"
ROPE = "rotary_emb"  # of old files; mlx-lm computes it


def compare_logits(
    source: Weights, converted: Weights, on_layer: Callable[[int, int], None]
) -> LogitsCheck:
    """Run both models over the check's prompts; `on_layer` hears (layers done, layers).

    Raises MorrisError when the converted model answers like another one.
    """
    prompts = _prompt_ids(source.folder)
    readers = [LayerReader(source), LayerReader(converted)]
    blocks = [TransformerBlock(reader.arguments) for reader in readers]
    states = [reader.embed(prompts) for reader in readers]
    layers = readers[0].arguments.num_hidden_layers
    for layer in range(layers):
        for i, (reader, block) in enumerate(zip(readers, blocks, strict=True)):
            block.load_weights(list(reader.tensors(f"model.layers.{layer}").items()))
            states[i] = [block(h, create_attention_mask(h, None)) for h in states[i]]
            mx.eval(states[i])
            mx.clear_cache()
        on_layer(layer + 1, layers)
    check = _measure(*(reader.logits(state) for reader, state in zip(readers, states, strict=True)))
    # Written so that a difference which is no number is refused too.
    if not (check.kl_nats <= MAX_KL_NATS and math.isfinite(check.max_difference)):
        raise MorrisError(
            f"The converted weights of {source.folder.name} answer differently from their source "
            f"({check.kl_nats:.2f} nats apart), so they were thrown away. Try more bits, "
            "or get the source again."
        )
    return check


def _prompt_ids(folder: Path) -> list[mx.array]:
    """Ids of the check's prompts, each of shape (1, tokens)."""
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
    return [mx.array([tokenizer.encode(prompt).ids]) for prompt in CHECK_PROMPTS]


class LayerReader:
    """The tensors of one model, a few at a time, in float32."""

    def __init__(self, weights: Weights) -> None:
        config = dict(weights.config) | {"tie_word_embeddings": is_tied(weights.config)}
        self.arguments = ModelArgs.from_dict(config)
        self._packing: dict[str, Any] = config.get("quantization") or {}
        self._weights = weights

    def embed(self, prompts: Sequence[mx.array]) -> list[mx.array]:
        table = self.tensors(EMBEDDING)["weight"]
        states = [table[ids] for ids in prompts]
        mx.eval(states)
        return states

    def logits(self, states: Sequence[mx.array]) -> mx.array:
        """Of shape (positions of all prompts, vocabulary)."""
        norm = nn.RMSNorm(self.arguments.hidden_size, eps=self.arguments.rms_norm_eps)
        norm.load_weights(list(self.tensors(NORM).items()))
        head = self.tensors(EMBEDDING if self.arguments.tie_word_embeddings else HEAD)["weight"]
        found = norm(mx.concatenate(list(states), axis=1)[0]) @ head.T
        return mx.array(found)

    def tensors(self, module: str) -> dict[str, mx.array]:
        """The tensors below a module by their names within it, unpacked; read when evaluated."""
        prefix = f"{module}."
        names = [n for n in self._weights.tensors if n.startswith(prefix) and ROPE not in n]
        stored: dict[str, mx.array] = {}
        for file in sorted({self._weights.tensors[name].file for name in names}):
            loaded = mx.load(str(self._weights.folder / file))
            assert isinstance(loaded, dict)
            stored |= loaded
        packed = {n.removesuffix(".scales") for n in names if n.endswith(".scales")}
        found = {}
        for name in names:
            owner, _, part = name.rpartition(".")
            if owner not in packed:
                found[name.removeprefix(prefix)] = stored[name].astype(mx.float32)
            elif part == "weight":
                found[name.removeprefix(prefix)] = self._unpack(owner, stored)
        return found

    def _unpack(self, module: str, stored: Mapping[str, mx.array]) -> mx.array:
        own = self._packing.get(module)
        packing = own if isinstance(own, dict) else self._packing
        scales, biases = stored[f"{module}.scales"], stored.get(f"{module}.biases")
        if biases is not None:  # float32 before the product, as quantised arithmetic has it
            scales, biases = scales.astype(mx.float32), biases.astype(mx.float32)
        plain = mx.dequantize(
            stored[f"{module}.weight"],
            scales,
            biases,
            group_size=packing["group_size"],
            bits=packing["bits"],
            mode=packing.get("mode", "affine"),
        )
        return plain.astype(mx.float32)


def _measure(source: mx.array, converted: mx.array) -> LogitsCheck:
    """Both of shape (positions, vocabulary)."""
    difference = mx.abs(source - converted)
    expected = source - mx.logsumexp(source, axis=-1, keepdims=True)
    found = converted - mx.logsumexp(converted, axis=-1, keepdims=True)
    divergence = (mx.exp(expected) * (expected - found)).sum(axis=-1)
    same = mx.argmax(source, axis=-1) == mx.argmax(converted, axis=-1)
    return LogitsCheck(
        positions=source.shape[0],
        max_difference=float(difference.max()),
        mean_difference=float(difference.mean()),
        kl_nats=float(divergence.mean()),
        same_choice=float(same.mean()),
    )
