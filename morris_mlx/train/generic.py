"""Forward pass for training any architecture of mlx-lm, through its own modules.

The model itself is called, so masks, positions, sliding windows and scales are the architecture's
own. During the call its blocks are replaced by calls that the backward pass computes again. The
hidden states are the result of the inner module, which holds the blocks. For the logits of some
hidden states, the model is called again with the inner module replaced by these states, so soft
caps, logit scales and tied heads are the architecture's own, too. `light_functions.py` replaces
some functions of mlx-lm, attention for one, by functions that need less memory.

The stages of recomputation are those of `forward.py`: `attention` does not keep the values inside a
block's attention modules, and `full` keeps only the inputs of the blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import mlx.core as mx
from mlx.utils import tree_flatten, tree_unflatten

from morris_mlx.models.adapters import adapted_layers
from morris_mlx.models.families import untrainable
from morris_mlx.records.training import Recompute
from morris_mlx.train.blocks import attention_parts, find_blocks, model_type
from morris_mlx.train.dropout import NO_DROPOUT, Dropout
from morris_mlx.train.light_functions import LightFunctions

DROPOUT = "dropout"  # the attribute of mlx-lm's LoRA and DoRA layers
Dropouts = Mapping[int, Dropout]  # by the id of the adapted layer


def hidden_states(
    model: Any, ids: mx.array, recompute: Recompute, dropout: Dropout = NO_DROPOUT
) -> mx.array:
    """Return the final hidden states [B, L, D] of ids [B, L], as the inner module returns them.

    Raises:
        MorrisError: If the inner module returns anything else.
    """
    place = find_blocks(model)
    dropouts, functions = _split(model, dropout), LightFunctions(model, recompute)
    with ExitStack() as stack:
        stack.enter_context(functions.used())
        stack.enter_context(_drops(model, dropouts))
        if recompute == "full":
            blocks = [_Recomputed(block, dropouts, functions) for block in place.blocks]
            stack.enter_context(_replaced(place.owner, place.key, blocks))
        elif recompute == "attention":
            for block in place.blocks:
                for name in attention_parts(block):
                    part = _Recomputed(block[name], dropouts, functions)
                    stack.enter_context(_replaced(block, name, part))
        noted = _Noted(place.owner)
        stack.enter_context(_replaced(place.parent, place.name, noted))
        model(ids)  # the logits are not used, so MLX does not compute them
    states = noted.result
    if not isinstance(states, mx.array) or states.shape[:2] != ids.shape or states.ndim != 3:
        raise untrainable(model_type(model))
    return states


def head(
    model: Any, dropout: Dropout = NO_DROPOUT
) -> tuple[Callable[..., mx.array], list[mx.array]]:
    """Return the part of the model after its inner module as a function, and its trainable arrays.

    The function takes hidden states [N, D] and these arrays and returns logits [N, V].
    """
    place = find_blocks(model)
    dropouts = _split(model, dropout)
    learning = tree_flatten(model.trainable_parameters())
    outside = [(name, array) for name, array in learning if not name.startswith(place.prefix)]
    names = [name for name, _ in outside]

    def logits(states: mx.array, *arrays: mx.array) -> mx.array:
        given = _Given(place.owner, states[None])
        ids = mx.zeros((1, states.shape[0]), dtype=mx.int32)
        with (
            _parameters(model, tree_unflatten(list(zip(names, arrays, strict=True)))),
            _drops(model, dropouts),
            _replaced(place.parent, place.name, given),
        ):
            result: mx.array = model(ids)[0]
            return result

    return logits, [array for _, array in outside]


class _Stand:
    """A substitute for a module, with the module's attributes."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    def __contains__(self, name: str) -> bool:
        return name in self._module


class _Recomputed(_Stand):
    """A module that keeps only the inputs of a call, and computes it again in the backward pass.

    All trainable arrays are arguments of the checkpointed function, because arrays that it only
    refers to would get no gradient. The function itself sets parameters, dropouts and functions,
    because it runs a second time after the forward pass.
    """

    def __init__(self, module: Any, dropouts: Dropouts, functions: LightFunctions) -> None:
        super().__init__(module)
        self._dropouts = dropouts
        self._functions = functions

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        def run(parameters: Any, *args: Any, **kwargs: Any) -> Any:
            with (
                self._functions.used(),
                _parameters(self._module, parameters),
                _drops(self._module, self._dropouts),
            ):
                return self._module(*args, **kwargs)

        checkpointed: Callable[..., Any] = mx.checkpoint(run)
        return checkpointed(self._module.trainable_parameters(), *args, **kwargs)


class _Noted(_Stand):
    """A module that keeps the result of its last call."""

    result: Any = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.result = self._module(*args, **kwargs)
        return self.result


class _Given(_Stand):
    """A module with a known result."""

    def __init__(self, module: Any, states: mx.array) -> None:
        super().__init__(module)
        self._states = states

    def __call__(self, *args: Any, **kwargs: Any) -> mx.array:
        return self._states


def _split(model: Any, dropout: Dropout) -> Dropouts:
    """Return a dropout with its own mask for each adapted layer."""
    layers = adapted_layers(model).values()
    return dict(zip(map(id, layers), dropout.split(max(1, len(layers))), strict=False))


@contextmanager
def _drops(module: Any, dropouts: Dropouts) -> Iterator[None]:
    """Give the adapted layers in `module` these dropouts in a `with` block.

    Their own dropouts use the global random generator, and would drop other values in the
    recomputation.
    """
    with ExitStack() as stack:
        for layer in adapted_layers(module).values():
            stack.enter_context(_replaced(layer, DROPOUT, dropouts[id(layer)]))
        yield


@contextmanager
def _parameters(module: Any, parameters: Any) -> Iterator[None]:
    """Give the module these trainable parameters in a `with` block."""
    before = module.trainable_parameters()
    module.update(parameters)
    try:
        yield
    finally:
        module.update(before)


@contextmanager
def _replaced(module: Any, name: str, value: Any) -> Iterator[None]:
    """Replace an attribute of a module in a `with` block, by a value that is no module."""
    before = module[name]
    module[name] = value
    try:
        yield
    finally:
        module[name] = before
