"""The layers of a model as mlx-lm builds them from config.json, without its weights.

MLX computes arrays only when they are needed, so the model that is built here has shapes and takes
no memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from morris_mlx.device import prepare_engine
from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.models.config import ModelConfig
from morris_mlx.models.families import WHOLE_ATTENTION_TYPES, Forward
from morris_mlx.models.shape import (
    BlockLayout,
    Layout,
    Linear,
    ModelShape,
    Part,
    PlacedLinear,
    shape_from_config,
)
from morris_mlx.records.training import EXPERTS

USED_EXPERTS = (
    *("num_experts_per_tok", "num_experts_per_token", "moe_top_k", "moe_topk", "moe_k", "top_k"),
    *("top_k_experts", "num_experts_per_layer"),
)
# Attributes of mlx-lm's recurrent modules: heads, and the sizes of a head's keys and values.
STATE_SIZES = (
    ("num_v_heads", "num_heads"),
    ("head_k_dim", "ssm_state_size", "d_state", "head_dim"),
    ("head_v_dim", "head_dim"),
)
HEAD = "lm_head"
# What a type's own code may raise for a config that lacks something.
BUILD_ERRORS = (
    *(ArithmeticError, AttributeError, LookupError, RuntimeError, SystemExit, TypeError),
    ValueError,
)


def planned_shape(config: ModelConfig, name: str) -> ModelShape:
    """Return the shape of the model `name`, with its layout if the generic path trains it.

    Raises:
        MorrisError: If its config lacks a size, or mlx-lm cannot build the model.
    """
    shape = shape_from_config(config, name)
    if shape.forward is not Forward.GENERIC:
        return shape
    try:
        prepare_engine()
    except MissingError:  # planning needs no engine
        return shape
    return replace(shape, layout=read_layout(config, name))


def read_layout(config: ModelConfig, name: str) -> Layout:
    """Return the layers of the model that mlx-lm builds from a config.json.

    Raises:
        MorrisError: If mlx-lm cannot build it.
    """
    from morris_mlx.train.blocks import find_blocks

    try:
        model = _build(config.values)
    except BUILD_ERRORS as error:
        raise MorrisError(
            f"mlx-lm cannot build a {config.model_type!r} model from config.json of {name} "
            f"({error}). Get the model again, or use another one."
        ) from error
    if config.tied_in_mlx:
        remove_unused_head(model)
    used = config.count(*USED_EXPERTS, default=1)
    arrays = _arrays(model)
    matrices = sum(array.size for array in arrays if array.ndim > 1)
    return Layout(
        model_type=str(config.text.get("model_type")),
        window=config.count("sliding_window"),
        blocks=tuple(_block(block, used) for block in find_blocks(model).blocks),
        matrix_weights=matrices,
        other_weights=sum(array.size for array in arrays) - matrices,
        whole_attention=config.model_type in WHOLE_ATTENTION_TYPES,
    )


def _build(values: Mapping[str, Any]) -> Any:
    from mlx_lm.utils import _get_classes

    model_class, fields_class = _get_classes(dict(values))
    return model_class(fields_class.from_dict(dict(values)))


def remove_unused_head(model: Any) -> None:
    """Remove the output layer of a tied model whose class removes it when it loads the weights."""
    for module in model.modules():
        if HEAD in module and getattr(module, "tie_word_embeddings", None) is False:
            module.tie_word_embeddings = True
            module.pop(HEAD)


def _arrays(model: Any) -> list[Any]:
    from mlx.utils import tree_flatten

    return [array for _, array in tree_flatten(model.parameters())]


def _block(block: Any, used: int) -> BlockLayout:
    """Return the layers of one block."""
    from morris_mlx.train.blocks import is_expert, is_linear, learning_layers

    by_part = {
        Part.ATTENTION: learning_layers(block, "attention"),
        Part.MLP: learning_layers(block, "all"),
        Part.EXPERTS: learning_layers(block, EXPERTS),
    }
    linears = []
    for path, module in block.named_modules():
        if not is_linear(module):
            continue
        part = next((part for part, layers in by_part.items() if path in layers), Part.FIXED)
        *copies, outputs, inputs = module.weight.shape
        count = copies[0] if is_expert(module) else 1
        linears.append(PlacedLinear(Linear(inputs, outputs), part, count, min(count, used)))
    return BlockLayout(tuple(linears), sum(map(_state, block.modules())))


def _state(module: Any) -> int:
    """Return the numbers in the state of a recurrent module, 0 for any other."""
    if "A_log" not in module:
        return 0
    numbers = 1
    for names in STATE_SIZES:
        sizes = (getattr(module, name, None) for name in names)
        numbers *= next((size for size in sizes if isinstance(size, int)), 1)
    return numbers
