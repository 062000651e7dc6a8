"""Comparison of converted weights with their source, by the logits of both on a few prompts.

The models run layer by layer, so that a model of any size fits: one layer's weights of each model
are in memory at a time, in float32. Quantized weights are unpacked, which gives the numbers that
quantized arithmetic computes with. Only the hidden states are kept from layer to layer.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx_lm.models.base import create_attention_mask
from tokenizers import Tokenizer

from morris_mlx.convert.weights import Weights
from morris_mlx.errors import MorrisError
from morris_mlx.models.chat_tokenizer import TOKENIZER_FILE
from morris_mlx.models.converted import LogitsCheck
from morris_mlx.models.families import family_of

CHECK_PROMPTS = (  # whole sentences of several kinds, after which the next token is clear
    "The committee met on Tuesday and agreed that nothing could be agreed.",
    "Dear Anna, thank you for your letter. I am writing to you from the train to",
    "To make bread you need flour, water, salt and",
)
# A larger divergence means another model. A model of random weights in Zephyr's shape has 0.61 at
# 4 bits (scripts/bench/convert.py).
MAX_KL_NATS = 2.0


def compare_logits(
    source: Weights, converted: Weights, on_layer: Callable[[int, int], None]
) -> LogitsCheck:
    """Run both models on the prompts and compare their logits.

    Args:
        source: The original weights.
        converted: The converted weights.
        on_layer: Called after every layer, with the number done and the number of layers.

    Raises:
        MorrisError: The logits differ so much that the conversion must have failed.
    """
    prompts = prompt_ids(source.folder)
    readers = [LayerReader(source), LayerReader(converted)]
    blocks = [reader.new_block() for reader in readers]
    states = [reader.embed(prompts) for reader in readers]
    layers = readers[0].arguments.num_hidden_layers
    for layer in range(layers):
        for i, (reader, block) in enumerate(zip(readers, blocks, strict=True)):
            block.load_weights(list(reader.tensors(reader.names.block(layer)).items()))
            states[i] = [block(h, create_attention_mask(h, None)) for h in states[i]]
            mx.eval(states[i])
            mx.clear_cache()
        on_layer(layer + 1, layers)
    expected, found = (r.logits(state) for r, state in zip(readers, states, strict=True))
    return measure_logits(expected, found, source.folder.name)


def prompt_ids(folder: Path) -> list[mx.array]:
    """Return the ids of the prompts, each of shape (1, tokens)."""
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
    return [mx.array([tokenizer.encode(prompt).ids]) for prompt in CHECK_PROMPTS]


class LayerReader:
    """A reader of one model's tensors, a few at a time, in float32."""

    def __init__(self, weights: Weights) -> None:
        config = weights.config
        family = family_of(config.model_type)
        self._module: Any = importlib.import_module(f"mlx_lm.models.{family.mlx_module}")
        values = {**config.values, "tie_word_embeddings": config.tied_in_torch}
        self.arguments: Any = self._module.ModelArgs.from_dict(values)
        self.names = family.tensors
        self._packing = config.quantization
        self._weights = weights

    def new_block(self) -> Any:
        """Return mlx-lm's module for one block, with random weights."""
        return self._module.TransformerBlock(self.arguments)

    def embed(self, prompts: Sequence[mx.array]) -> list[mx.array]:
        """Return the embedded prompts."""
        table = self.tensors(self.names.embedding)["weight"]
        states = [table[ids] for ids in prompts]
        mx.eval(states)
        return states

    def logits(self, states: Sequence[mx.array]) -> mx.array:
        """Return logits of shape (positions of all prompts, vocabulary)."""
        norm = nn.RMSNorm(self.arguments.hidden_size, eps=self.arguments.rms_norm_eps)
        norm.load_weights(list(self.tensors(self.names.norm).items()))
        tied = self.arguments.tie_word_embeddings
        head = self.tensors(self.names.embedding if tied else self.names.head)["weight"]
        found = norm(mx.concatenate(list(states), axis=1)[0]) @ head.T
        return mx.array(found)

    def tensors(self, module: str) -> dict[str, mx.array]:
        """Return the tensors of a module by their names in it, unpacked; read when evaluated."""
        prefix, computed = f"{module}.", self.names.computed
        names = [n for n in self._weights.tensors if n.startswith(prefix) and computed not in n]
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
        if biases is not None:  # float32 before the product, as in quantized arithmetic
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


def measure_logits(source: mx.array, converted: mx.array, name: str) -> LogitsCheck:
    """Compare logits, both of shape (positions, vocabulary), of the model `name`.

    Raises MorrisError when they differ so much that the conversion must have failed.
    """
    difference = mx.abs(source - converted)
    expected = source - mx.logsumexp(source, axis=-1, keepdims=True)
    found = converted - mx.logsumexp(converted, axis=-1, keepdims=True)
    divergence = (mx.exp(expected) * (expected - found)).sum(axis=-1)
    same = mx.argmax(source, axis=-1) == mx.argmax(converted, axis=-1)
    check = LogitsCheck(
        positions=source.shape[0],
        max_difference=float(difference.max()),
        mean_difference=float(difference.mean()),
        kl_nats=float(divergence.mean()),
        same_choice=float(same.mean()),
    )
    # Written so that NaN is refused too.
    if not (check.kl_nats <= MAX_KL_NATS and math.isfinite(check.max_difference)):
        raise MorrisError(
            f"The converted weights of {name} give other results than their source "
            f"({check.kl_nats:.2f} nats apart), so they were deleted. Try more bits, "
            "or get the source again."
        )
    return check
