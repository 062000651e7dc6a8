"""The shape of a model in a GGUF file, from its header, to estimate memory before conversion."""

from __future__ import annotations

from morris_mlx.models.families import forward_of
from morris_mlx.models.shape import ModelShape
from morris_mlx.models.stores.gguf_header import GGUFHeader

KEPT_BITS = {"Q4_0": 4, "Q4_1": 4, "Q8_0": 8}  # quantizations that MLX computes with as they are
KEPT_GROUP = 32
MOST_TIED = 3072  # hidden size up to which models usually have one matrix for both (Llama 3.2 3B)


def shape_of_gguf(header: GGUFHeader, model_type: str = "llama") -> ModelShape | None:
    """Return the shape that a GGUF model has after conversion, None if the header lacks sizes.

    `model_type` is that of the converted model. Quantizations that MLX does not have become 16-bit
    floats. The list of tensors, which is not read, would show if embedding and output layer share
    one matrix: they are counted as one matrix for small models, where this is usual, and as two
    for others.
    """
    hidden = header.of_architecture("embedding_length")
    heads = header.of_architecture("attention.head_count")
    layers = header.of_architecture("block_count")
    inner = header.of_architecture("feed_forward_length")
    if not (hidden and heads and layers and inner and header.vocabulary):
        return None
    bits = KEPT_BITS.get(header.precision, 16)
    return ModelShape(
        hidden=hidden,
        intermediate=inner,
        layers=layers,
        heads=heads,
        kv_heads=header.of_architecture("attention.head_count_kv", heads) or heads,
        head_dim=header.of_architecture("attention.key_length", hidden // heads),
        vocabulary=header.vocabulary,
        tied=hidden <= MOST_TIED,
        bits=bits,
        group_size=KEPT_GROUP,
        forward=forward_of(model_type, None),
    )
