"""The shape of a model, from its config.json alone: numbers of weights, bytes and parameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from morris_mlx.errors import MorrisError
from morris_mlx.models.config import GROUP_SIZE, ModelConfig, ModelSizes
from morris_mlx.models.families import (
    LLAMA,
    Family,
    Forward,
    LinearLayer,
    find_family,
    forward_of,
)
from morris_mlx.records.training import EXPERTS, Targets, TrainSettings

STORED_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
# On a CPU, MLX multiplies by packed weights 20 to 50 times slower than by float32. So they are
# unpacked if all weights in float32 take at most this share of the machine's memory: a model of 1
# billion weights on 16 GB.
UNPACKED_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Linear:
    """The size of a linear layer."""

    inputs: int
    outputs: int

    @property
    def weights(self) -> int:
        """The number of its weights."""
        return self.inputs * self.outputs

    def low_rank(self, rank: int) -> int:
        """Return the number of parameters of LoRA's A and B on it."""
        return rank * (self.inputs + self.outputs)


class Part(StrEnum):
    """Parts of a block that its linear layers belong to."""

    ATTENTION = "attention"  # and other layers that mix tokens
    MLP = "mlp"
    EXPERTS = "experts"  # and what is trained only with them
    FIXED = "fixed"  # routers, which are not trained


@dataclass(frozen=True, slots=True)
class PlacedLinear:
    """A linear layer of a block. Experts are `copies` of it, and a token goes through `used`."""

    size: Linear
    part: Part
    copies: int = 1
    used: int = 1

    @property
    def weights(self) -> int:
        """The number of weights in all copies."""
        return self.copies * self.size.weights

    def learns(self, targets: Targets) -> bool:
        """Return True if the layer takes LoRA."""
        match self.part:
            case Part.ATTENTION:
                return True
            case Part.MLP:
                return targets != "attention"
            case Part.EXPERTS:
                return targets == EXPERTS
        return False


@dataclass(frozen=True, slots=True)
class BlockLayout:
    """The linear layers of a block, and the numbers in its recurrent state (0: it has none)."""

    linears: tuple[PlacedLinear, ...]
    state: int

    def learning(self, targets: Targets) -> tuple[PlacedLinear, ...]:
        """Return the layers that take LoRA."""
        return tuple(linear for linear in self.linears if linear.learns(targets))

    @property
    def used_weights(self) -> int:
        """The number of weights that a token is multiplied by."""
        return sum(linear.used * linear.size.weights for linear in self.linears)


@dataclass(frozen=True, slots=True)
class Layout:
    """The layers of a model that belongs to no family: its blocks, and all its matrices.

    `model_type` is that of the language model. With `whole_attention`, its attention is computed
    with the whole matrix of scores. `window` is that of sliding attention, 0 if there is none.
    """

    model_type: str
    window: int
    blocks: tuple[BlockLayout, ...]
    matrix_weights: int
    other_weights: int
    whole_attention: bool


@dataclass(frozen=True, slots=True)
class Packing:
    """A way to store matrices; with `bits` 16 or 32 they are not quantized."""

    bits: int
    group_size: int
    mode: str

    def bytes_of(self, weights: int, number_bytes: int) -> float:
        """Return the bytes of weights if an unquantized number has `number_bytes`.

        The scale and the bias of a quantized group have this size, too; mxfp4's scale has one byte.
        """
        if self.bits >= 16:
            return float(weights * number_bytes)
        group_bits = 8 if self.mode == "mxfp4" else 16 * number_bytes
        return weights * (self.bits + group_bits / self.group_size) / 8


@dataclass(frozen=True, slots=True)
class ModelShape:
    """The sizes that memory depends on, as counts of numbers.

    `bits` 16 or 32 is not quantized. `stored_bytes` is of a number that is not quantized.
    `uneven` counts the weights of matrices that are stored differently from most. A model that is
    trained along the generic path has a `layout` where mlx-lm is installed; else it is counted like
    a family.
    """

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
    stored_bytes: int = 2
    family: Family = LLAMA
    forward: Forward = Forward.LLAMA
    uneven: tuple[tuple[Packing, int], ...] = ()
    layout: Layout | None = None
    blocks_in_bytes: bool = False  # a byte for each weight, and a scale and a bias for each group

    @property
    def sizes(self) -> ModelSizes:
        """The sizes alone."""
        return ModelSizes(
            self.hidden,
            self.intermediate,
            self.layers,
            self.heads,
            self.kv_heads,
            self.head_dim,
            self.vocabulary,
        )

    @property
    def q_size(self) -> int:
        """Numbers in the queries of one token."""
        return self.heads * self.head_dim

    @property
    def kv_size(self) -> int:
        """Numbers in the keys, or in the values, of one token."""
        return self.kv_heads * self.head_dim

    @property
    def quantized(self) -> bool:
        """True if weights are stored in fewer than 16 bits."""
        return self.bits < 16

    @property
    def attention_linears(self) -> tuple[Linear, ...]:
        """The linear layers of a block's attention."""
        return self._linears(self.family.attention)

    @property
    def mlp_linears(self) -> tuple[Linear, ...]:
        """The linear layers of a block's MLP."""
        return self._linears(self.family.mlp)

    def _linears(self, layers: tuple[LinearLayer, ...]) -> tuple[Linear, ...]:
        width = self.sizes.width
        return tuple(Linear(width(layer.inputs), width(layer.outputs)) for layer in layers)

    @property
    def head(self) -> Linear:
        """The output layer."""
        return Linear(self.hidden, self.vocabulary)

    @property
    def block_weights(self) -> int:
        """The number of weights in the linear layers of one block."""
        return sum(linear.weights for linear in (*self.attention_linears, *self.mlp_linears))

    @property
    def matrix_weights(self) -> int:
        """The number of weights in all matrices: blocks, embedding, and an untied output layer."""
        if self.layout:
            return self.layout.matrix_weights
        tables = (1 if self.tied else 2) * self.head.weights
        return self.layers * self.block_weights + tables

    @property
    def norm_weights(self) -> int:
        """The number of weights in all normalization layers, and in other small arrays."""
        if self.layout:
            return self.layout.other_weights
        return (len(self.family.tensors.block_norms) * self.layers + 1) * self.hidden

    def weight_bytes(self, number_bytes: int) -> float:
        """Return the bytes in memory if an unquantized number has `number_bytes`."""
        common = Packing(self.bits, self.group_size, self.mode)
        even = self.matrix_weights - sum(count for _, count in self.uneven)
        matrices = common.bytes_of(even, number_bytes) + sum(
            packing.bytes_of(count, number_bytes) for packing, count in self.uneven
        )
        if self.blocks_in_bytes:
            weights = self.layers * self.block_weights
            matrices += weights * (1 + 2 * number_bytes / self.group_size - number_bytes)
        return matrices + self.norm_weights * number_bytes

    def loaded_on_cpu(self, memory_gb: float, in_bytes: bool = False) -> ModelShape:
        """Return the shape as a CPU engine loads it: small quantized models are unpacked.

        With `in_bytes`, the weights of their blocks are kept as bytes where that is possible.
        """
        plain = replace(self, bits=32, stored_bytes=STORED_BYTES["float32"], uneven=())
        small = is_unpacked(plain.weight_bytes(plain.stored_bytes), memory_gb)
        if not (self.quantized and small):
            return self
        kinds = [(self.bits, self.mode), *((kind.bits, kind.mode) for kind, _ in self.uneven)]
        possible = all(is_kept_as_bytes(*kind) for kind in kinds if kind[0] < 16)
        return replace(plain, blocks_in_bytes=in_bytes and possible)

    def with_bits(self, bits: int) -> ModelShape:
        """Return the shape that `morris convert --bits` would write."""
        return replace(self, bits=bits, group_size=GROUP_SIZE, mode="affine", uneven=())


def is_unpacked(float32_bytes: float, memory_gb: float) -> bool:
    """Return True if a CPU engine unpacks a quantized model of this size when it loads it."""
    return float32_bytes <= UNPACKED_SHARE * memory_gb * 1e9


def is_kept_as_bytes(bits: int, mode: str) -> bool:
    """Return True if weights of this quantization can be kept as bytes (byte_linear.py).

    Weights of other sizes cross the borders of the 32-bit words that MLX packs them in.
    """
    return bits in (2, 4, 8) and mode == "affine"


def adapted_linears(shape: ModelShape, settings: TrainSettings) -> tuple[Linear, ...]:
    """Return the linear layers of one block that learn."""
    mlp = () if settings.targets == "attention" else shape.mlp_linears
    return *shape.attention_linears, *mlp


def adapted_layers(shape: ModelShape, settings: TrainSettings) -> int:
    """Return the number of blocks that learn."""
    return min(settings.layers or shape.layers, shape.layers)


def trainable_parameters(shape: ModelShape, settings: TrainSettings) -> int:
    """Return the adapter's number of parameters: A and B; DoRA adds a magnitude per output."""
    if shape.layout:
        learning = [
            linear
            for block in shape.layout.blocks[-settings.layers :]
            for linear in block.learning(settings.targets)
        ]
        count = sum(one.copies * one.size.low_rank(settings.rank) for one in learning)
        if settings.fine_tune_type == "dora":
            count += sum(one.size.outputs for one in learning)
        return count + head_parameters(shape, settings)
    linears = adapted_linears(shape, settings)
    block = sum(linear.low_rank(settings.rank) for linear in linears)
    if settings.fine_tune_type == "dora":
        block += sum(linear.outputs for linear in linears)
    return adapted_layers(shape, settings) * block + head_parameters(shape, settings)


def head_parameters(shape: ModelShape, settings: TrainSettings) -> int:
    """Return the number of parameters of the adapter's layer at the output."""
    return shape.head.low_rank(settings.rank) if settings.targets == "all+head" else 0


def shape_from_config(config: ModelConfig, name: str) -> ModelShape:
    """Return the shape of the model `name`. Raises MorrisError when its config lacks a size.

    A model of a type that has no family is counted like Llama, which most resemble: its sizes are
    then an estimate.
    """
    sizes = config.sizes(name)
    stored = STORED_BYTES.get(config.number_format)
    if stored is None:
        raise MorrisError(
            f"config.json of {name} has the number format {config.number_format!r}; Morris knows "
            f"{', '.join(STORED_BYTES)}. Use a Mistral or Llama model."
        )
    shape = ModelShape(
        hidden=sizes.hidden,
        intermediate=sizes.intermediate,
        layers=sizes.layers,
        heads=sizes.heads,
        kv_heads=sizes.kv_heads,
        head_dim=sizes.head_dim,
        vocabulary=sizes.vocabulary,
        tied=config.tied_in_mlx,
        bits=config.bits,
        group_size=config.group_size,
        mode=config.mode,
        stored_bytes=stored,
        family=find_family(config.model_type) or LLAMA,
        forward=forward_of(config.model_type, config.text.get("layer_types")),
    )
    return replace(shape, uneven=tuple(_uneven(config, shape).items()))


def _uneven(config: ModelConfig, shape: ModelShape) -> dict[Packing, int]:
    """Return the numbers of weights in matrices whose packing in config.json is not the usual."""
    counts: dict[Packing, int] = {}
    for module, weights in _matrices(shape):
        own = config.quantization.get(module)
        if own is False:
            packing = Packing(16, shape.group_size, shape.mode)
        elif isinstance(own, dict):
            bits, group = own.get("bits"), own.get("group_size", shape.group_size)
            if type(bits) is not int or type(group) is not int or min(bits, group) <= 0:
                continue  # mlx-lm will refuse it
            packing = Packing(bits, group, str(own.get("mode", shape.mode)))
        else:
            continue
        counts[packing] = counts.get(packing, 0) + weights
    return counts


def _matrices(shape: ModelShape) -> Iterator[tuple[str, int]]:
    """Yield the module and the number of weights of every matrix."""
    names, family = shape.family.tensors, shape.family
    yield names.embedding, shape.head.weights
    if not shape.tied:
        yield names.head, shape.head.weights
    linears = (*shape.attention_linears, *shape.mlp_linears)
    for number in range(shape.layers):
        for layer, linear in zip((*family.attention, *family.mlp), linears, strict=True):
            yield f"{names.block(number)}.{layer.path}", linear.weights


def zephyr_shape(bits: int = 16) -> ModelShape:
    """Return the shape of Zephyr-7B-beta, as its config.json has it, without a download."""
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
