"""A model's shape from its config.json alone: how many weights, how many bytes, what can learn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from morris_mlx.errors import MorrisError
from morris_mlx.records.training import TrainSettings

GROUP_SIZE = 64  # of mlx-lm's affine quantisation, and of what `morris convert` writes
STORED_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}


@dataclass(frozen=True, slots=True)
class Linear:
    """A linear layer: `inputs` numbers become `outputs`."""

    inputs: int
    outputs: int

    @property
    def weights(self) -> int:
        return self.inputs * self.outputs

    def low_rank(self, rank: int) -> int:
        return rank * (self.inputs + self.outputs)


@dataclass(frozen=True, slots=True)
class ModelShape:
    """What memory depends on. `bits` 16 or 32 is not quantised; sizes are counts of numbers."""

    hidden: int
    intermediate: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    vocabulary: int
    tied: bool
    bits: int
    group_size: int = GROUP_SIZE
    mode: str = "affine"
    stored_bytes: int = 2  # of a number that is not quantised

    @property
    def q_size(self) -> int:
        return self.heads * self.head_dim

    @property
    def kv_size(self) -> int:
        return self.kv_heads * self.head_dim

    @property
    def quantised(self) -> bool:
        return self.bits < 16

    @property
    def attention_linears(self) -> tuple[Linear, ...]:
        q, kv = Linear(self.hidden, self.q_size), Linear(self.hidden, self.kv_size)
        return q, kv, kv, Linear(self.q_size, self.hidden)

    @property
    def mlp_linears(self) -> tuple[Linear, ...]:
        into = Linear(self.hidden, self.intermediate)
        return into, into, Linear(self.intermediate, self.hidden)

    @property
    def head(self) -> Linear:
        return Linear(self.hidden, self.vocabulary)

    @property
    def block_weights(self) -> int:
        return sum(linear.weights for linear in (*self.attention_linears, *self.mlp_linears))

    @property
    def matrix_weights(self) -> int:
        """Of all matrices: the blocks', the embedding's, and the head's unless they are one."""
        tables = (1 if self.tied else 2) * self.head.weights
        return self.layers * self.block_weights + tables

    @property
    def norm_weights(self) -> int:
        return (2 * self.layers + 1) * self.hidden

    def weight_bytes(self, number_bytes: int) -> float:
        """In memory, when what is not quantised has `number_bytes` each.

        A quantised group's scale and bias have them too (mxfp4's scale has one byte always).
        """
        norms = self.norm_weights * number_bytes
        if not self.quantised:
            return float(self.matrix_weights * number_bytes + norms)
        group_bits = 8 if self.mode == "mxfp4" else 16 * number_bytes
        return self.matrix_weights * (self.bits + group_bits / self.group_size) / 8 + norms

    def with_bits(self, bits: int) -> ModelShape:
        """As `morris convert --bits` would write it."""
        return replace(self, bits=bits, group_size=GROUP_SIZE, mode="affine")


def adapted_linears(shape: ModelShape, settings: TrainSettings) -> tuple[Linear, ...]:
    """The linears of one block that learn."""
    mlp = () if settings.targets == "attention" else shape.mlp_linears
    return *shape.attention_linears, *mlp


def adapted_layers(shape: ModelShape, settings: TrainSettings) -> int:
    return min(settings.layers or shape.layers, shape.layers)


def trainable_parameters(shape: ModelShape, settings: TrainSettings) -> int:
    """Of the adapter: A and B of every linear that learns; DoRA adds a length for each output."""
    linears = adapted_linears(shape, settings)
    block = sum(linear.low_rank(settings.rank) for linear in linears)
    if settings.fine_tune_type == "dora":
        block += sum(linear.outputs for linear in linears)
    return adapted_layers(shape, settings) * block + head_parameters(shape, settings)


def head_parameters(shape: ModelShape, settings: TrainSettings) -> int:
    return shape.head.low_rank(settings.rank) if settings.targets == "all+head" else 0


def shape_from_config(config: Mapping[str, Any], name: str) -> ModelShape:
    """Of a Llama-shaped model's config.json. Raises MorrisError when it lacks what is needed."""
    packing = config.get("quantization") or config.get("quantization_config") or {}
    dtype = config.get("dtype") or config.get("torch_dtype") or "bfloat16"
    try:
        hidden, heads = int(config["hidden_size"]), int(config["num_attention_heads"])
        stored = STORED_BYTES[dtype]
        return ModelShape(
            hidden=hidden,
            intermediate=int(config["intermediate_size"]),
            layers=int(config["num_hidden_layers"]),
            heads=heads,
            kv_heads=int(config.get("num_key_value_heads") or heads),
            head_dim=int(config.get("head_dim") or hidden // heads),
            vocabulary=int(config["vocab_size"]),
            tied=bool(config.get("tie_word_embeddings", True)),  # what mlx-lm takes it for
            bits=int(packing.get("bits", 8 * stored)),
            group_size=int(packing.get("group_size", GROUP_SIZE)),
            mode=str(packing.get("mode", "affine")),
            stored_bytes=stored,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise MorrisError(
            f"The config.json of {name} does not say what its memory depends on ({error}). "
            "Use a model of Mistral's or Llama's shape."
        ) from error


def zephyr_shape(bits: int = 16) -> ModelShape:
    """Zephyr-7B-beta's, from its config.json: known without a download."""
    return ModelShape(
        hidden=4096,
        intermediate=14336,
        layers=32,
        heads=32,
        kv_heads=8,
        head_dim=128,
        vocabulary=32000,
        tied=False,
        bits=bits,
    )
