"""The number of a model's weights and their bytes on disk, from its config.json alone.

It covers models that Morris does not train, too: those with experts, with a nested config, and
those that were quantized for another engine.
"""

from __future__ import annotations

from dataclasses import dataclass

from morris_mlx.errors import MorrisError
from morris_mlx.models.config import ModelConfig

EXPERTS = ("num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts")
EXPERT_SIZE = ("moe_intermediate_size", "expert_ffn_hidden_size", "intermediate_size")
SHARED_SIZE = ("shared_expert_intermediate_size", "moe_shared_expert_intermediate_size")
EXPERTS_ALONE = ("mxfp4",)  # methods that quantize the experts and leave the rest in 16 bits
# Bits of a group's scale (and bias) for each weight: 8 in 32 for the mx formats, else 32 in 64.
MX_OVERHEAD, GROUP_OVERHEAD = 8 / 32, 32 / 64


@dataclass(frozen=True, slots=True)
class WeightCount:
    """Numbers of weights: in the experts, in the embedding and the output layer, and elsewhere."""

    experts: int
    tables: int
    others: int

    @property
    def total(self) -> int:
        """The number of all weights."""
        return self.experts + self.tables + self.others


def count_weights(config: ModelConfig, name: str) -> WeightCount:
    """Count the weights in the matrices of a model. Raises MorrisError for a missing size.

    An MLP is counted with three matrices (gate, up, down), as in nearly every model since 2023.
    """
    sizes = config.sizes(name)
    attention = 2 * sizes.hidden * (sizes.heads + sizes.kv_heads) * sizes.head_dim
    number = config.count(*EXPERTS)
    sparse = _sparse_layers(config, sizes.layers) if number > 1 else 0
    expert = 3 * sizes.hidden * config.count(*EXPERT_SIZE)
    shared = config.count(*SHARED_SIZE) or (
        config.count("n_shared_experts", "num_shared_experts") * config.count(*EXPERT_SIZE)
    )
    beside = sizes.hidden * number + 3 * sizes.hidden * shared  # the router, shared experts
    dense = 3 * sizes.hidden * sizes.intermediate
    return WeightCount(
        experts=sparse * number * expert,
        tables=(1 if config.tied_in_mlx else 2) * sizes.hidden * sizes.vocabulary,
        others=sizes.layers * attention + sparse * beside + (sizes.layers - sparse) * dense,
    )


def stored_bytes(config: ModelConfig, name: str) -> float:
    """Return the bytes of a model's weights files, as its config describes their precision."""
    count = count_weights(config, name)
    quantized = config.bits < 16
    if not quantized:
        return count.total * config.bits / 8
    mx = config.mode.startswith("mx") or config.foreign_quantization in EXPERTS_ALONE
    bits = config.bits + (MX_OVERHEAD if mx else GROUP_OVERHEAD)
    if config.foreign_quantization in EXPERTS_ALONE:
        return (count.experts * bits + (count.tables + count.others) * 16) / 8
    if config.foreign_quantization:  # other engines leave embedding and output layer in 16 bits
        return ((count.experts + count.others) * bits + count.tables * 16) / 8
    return count.total * bits / 8


def describe_weights(config: ModelConfig, name: str) -> str:
    """Return a description of the size of a model, "" if its config lacks the sizes."""
    try:
        count = count_weights(config, name)
    except MorrisError:
        return ""
    experts = config.count(*EXPERTS)
    among = f" in {experts} experts a layer" if count.experts else ""
    precision = f"{config.bits} bits" if config.bits >= 16 else _precision(config)
    size = f"{stored_bytes(config, name) / 1e9:.1f} GB in {precision}"
    return f"{count.total / 1e9:.1f} billion weights{among}, {size}"


def _precision(config: ModelConfig) -> str:
    method = config.foreign_quantization
    return f"{config.bits} bits" + (f" ({method})" if method else "")


def _sparse_layers(config: ModelConfig, layers: int) -> int:
    """Return the number of layers with experts; the others have one MLP."""
    first_dense = config.count("first_k_dense_replace")
    step = config.count("decoder_sparse_step", "moe_layer_freq", default=1)
    listed = config.text.get("mlp_only_layers")
    dense = set(listed) if isinstance(listed, list) else set()
    places = range(first_dense, layers)
    return sum(1 for place in places if place not in dense and (place + 1) % step == 0)
