"""The transformer blocks of an mlx-lm model: their place, and their layers that take LoRA."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mlx.nn as nn

from morris_mlx.errors import MorrisError
from morris_mlx.models.families import find_family, no_experts, untrainable
from morris_mlx.records.training import EXPERTS, Targets

LINEARS = (nn.Linear, nn.QuantizedLinear)
EMBEDDINGS = (nn.Embedding, nn.QuantizedEmbedding)
# In the class names of mlx-lm's modules that mix tokens.
MIXERS = ("attention", "deltanet", "mamba", "mixer")
SWITCH = "Switch"  # in the class names of mlx-lm's modules of experts
ROUTER = "router"  # in the paths of routers that have a module of their own
EXPERT_LAYERS = ("SwitchLinear", "QuantizedSwitchLinear")


@dataclass(frozen=True, slots=True)
class BlocksPlace:
    """The module that runs the blocks of a model.

    `owner` holds the list of blocks under `key`, and is itself held by `parent` under `name`.
    `path` is the owner's path in the model.
    """

    owner: Any
    key: str
    parent: Any
    name: str
    path: str

    @property
    def blocks(self) -> list[Any]:
        """Return the blocks."""
        blocks: list[Any] = self.owner[self.key]
        return blocks

    @property
    def prefix(self) -> str:
        """Return the beginning of the names of the blocks' arrays."""
        return f"{self.path}.{self.key}."


def find_blocks(model: Any) -> BlocksPlace:
    """Return the place of `model.layers`.

    Raises:
        MorrisError: If the blocks are not in a list of an inner module, which returns the hidden
            states of all tokens. Such a model cannot be trained by the generic path.
    """
    blocks = model.layers
    modules = dict(model.named_modules())
    for path, owner in modules.items():
        for key, value in owner.items():
            if path and isinstance(value, list) and _same(value, blocks):
                above, _, name = path.rpartition(".")
                return BlocksPlace(owner, key, modules[above], name, path)
    raise untrainable(model_type(model))


def _same(first: Sequence[Any], second: Sequence[Any]) -> bool:
    """Return True if both have the same objects, which need not be the same list."""
    return len(first) == len(second) and all(map(operator.is_, first, second))


def model_type(model: Any) -> str:
    """Return the model type of a loaded model, or the name of its module in mlx-lm."""
    module = type(model).__module__.rsplit(".", 1)[-1]
    return str(getattr(getattr(model, "args", None), "model_type", None) or module)


def attention_parts(block: Any) -> list[str]:
    """Return the names of a block's own modules that mix tokens: attention, and recurrences."""
    return [
        name
        for name, child in block.children().items()
        if isinstance(child, nn.Module)
        and any(part in type(child).__name__.lower() for part in MIXERS)
    ]


def adapted_keys(model: Any, targets: Targets, blocks: int = 0) -> list[str]:
    """Return mlx-lm's keys of the layers that learn in the last `blocks` blocks (0: all).

    The families in the table have fixed keys. In other models the layers are searched for: those of
    attention are in a module whose class is named so; the output layer is the linear layer outside
    of the blocks' module, or else the embedding.

    Raises:
        MorrisError: If the model has no such layer.
    """
    family = find_family(model_type(model))
    if family is not None:
        return family.adapted_keys(targets, family.tensors.head not in model)
    keys: dict[str, Any] = {}
    for block in find_blocks(model).blocks[-blocks:]:
        keys |= learning_layers(block, targets)
    if targets == EXPERTS and not any(map(is_expert, keys.values())):
        raise no_experts(model_type(model))
    if not keys:
        raise MorrisError(
            f"This model has no linear layer for --targets {targets}. Use --targets all, or "
            "another model."
        )
    return [*sorted(keys), *([_head_key(model)] if targets == "all+head" else [])]


def learning_layers(block: Any, targets: Targets) -> dict[str, Any]:
    """Return the linear layers of a block that learn, by their paths in the block.

    Modules with experts hold their router themselves, and shared experts in modules of their own.
    """
    parts = attention_parts(block) if targets == "attention" else list(block.children())
    holders = _expert_holders(block)
    found: dict[str, Any] = {}
    for path, module in block.named_modules():
        within = path.startswith(tuple(f"{holder}." for holder in holders))
        beside = path.rpartition(".")[0] in holders and not is_expert(module)
        router = beside or ROUTER in path
        left_out = router or ((within or is_expert(module)) and targets != EXPERTS)
        if is_linear(module) and path.partition(".")[0] in parts and not left_out:
            found[path] = module
    return found


def is_linear(module: Any) -> bool:
    """Return True for a linear layer, or a layer of experts that are linear."""
    return isinstance(module, LINEARS) or is_expert(module)


def is_expert(module: Any) -> bool:
    """Return True for a layer of experts that are linear."""
    return type(module).__name__ in EXPERT_LAYERS


def _expert_holders(block: Any) -> tuple[str, ...]:
    """Return the paths of the modules that hold experts, routers and shared experts."""
    return tuple(
        path
        for path, module in block.named_modules()
        if any(
            SWITCH in type(child).__name__ and not is_expert(child)
            for child in module.children().values()
        )
    )


def _head_key(model: Any) -> str:
    """Return the path of the output layer, or of the embedding if the two are one."""
    place = find_blocks(model)
    inside = f"{place.path}."
    outside: list[str] = [
        path
        for path, module in model.named_modules()
        if isinstance(module, LINEARS) and not path.startswith(inside)
    ]
    tables: list[str] = [
        path for path, module in model.named_modules() if isinstance(module, EMBEDDINGS)
    ]
    if len(outside) == 1:
        return outside[0]
    if not outside and len(tables) == 1:
        return tables[0]
    raise MorrisError(
        f"The output layer of a {model_type(model)!r} model is not known. Use --targets all."
    )
