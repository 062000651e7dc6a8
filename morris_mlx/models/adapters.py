"""Adapters on a model, as mlx-lm has them: loaded whole, fitting and alive, or refused by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from morris_mlx.errors import MorrisError
from morris_mlx.models.adapter_files import (
    ALIVE_PROMPTS,
    ROUNDING,
    changes_nothing,
    checked_weights,
    damaged,
    makes_infinite,
    not_fitting,
    read_adapter_config,
    require_keys,
    require_numbers,
    require_tensors,
)

if TYPE_CHECKING:
    import mlx.core as mx
    import mlx.nn as nn


def load_adapter(model: nn.Module, folder: Path) -> None:
    """Put the adapter in `folder` (mlx-lm's two files, with our run.json or without) on `model`.

    Raises MissingError for a missing file; MorrisError for a damaged one, for an adapter of
    another model, with tensors missing or not finite, and for one that changes nothing. After an
    error the model may be half adapted: load it again.
    """
    config = read_adapter_config(folder)
    weights = _read_weights(folder)
    try:
        add_layers(model, config)
        _require_fitting(model, weights)
    except MorrisError as error:
        raise not_fitting(folder, error) from error
    model.load_weights(list(weights.items()), strict=False)
    require_alive(model, f"The adapter in {folder}")


def add_layers(model: nn.Module, config: Mapping[str, Any]) -> None:
    """Put new LoRA or DoRA layers on the linears that adapter_config.json's `config` names.

    Raises MorrisError when the model lacks one of them: mlx-lm would pass over it in silence.
    """
    from mlx_lm.tuner.utils import linear_to_lora_layers

    count, parameters = config["num_layers"], config["lora_parameters"]
    blocks = model.layers[-count:] if count > 0 else model.layers
    names = {name for block in blocks for name, _ in block.named_modules()}
    names |= {name for name, _ in model.named_modules()}
    require_keys(parameters.get("keys"), names)
    try:
        linear_to_lora_layers(model, count, parameters, config.get("fine_tune_type") == "dora")
    except ValueError as error:  # a layer that is there, but no linear
        raise MorrisError(f"{error}.") from error


def adapted_layers(model: nn.Module) -> dict[str, Any]:
    """Path names → the LoRA and DoRA layers on a model, of any of mlx-lm's kinds."""
    return {name: layer for name, layer in model.named_modules() if "lora_b" in layer}


def is_dora(layer: Any) -> bool:
    return "m" in layer


def require_alive(model: nn.Module, what: str) -> None:
    """Raises MorrisError, about `what`, when the layers that `model` wears change nothing.

    Dead is an adapter with which the logits on fixed prompts are exactly those of the base, and
    in which no layer's change is as large as float32's rounding of the weights it is added to.
    The second half is for changes that are real and vanish on these prompts: between bfloat16's
    steps, or in the embedding of another word. Logits that the adapter alone makes infinite or
    not a number are an error too. Afterwards the model is as it was; no random number is drawn.
    """
    import mlx.core as mx

    layers = adapted_layers(model)
    with _without_dropout(model):
        for prompt in ALIVE_PROMPTS:
            ids = mx.array([prompt])
            adapted = model(ids)
            with switched_off(layers):
                base = model(ids)
                mx.eval(base)
            if _is_finite(base) and not _is_finite(adapted):
                raise makes_infinite(what)
            if not mx.array_equal(adapted, base, equal_nan=True).item():
                return
    if not any(_changes_weights(layer) for layer in layers.values()):
        raise changes_nothing(what, len(layers))


@contextmanager
def switched_off(layers: Mapping[str, Any]) -> Iterator[None]:
    """Inside, the model computes as its base does; afterwards, also on an error, as before.

    A DoRA layer gets the magnitudes of its base back, as when it was new: it rounds otherwise
    than the plain linear in it, so that one would differ from a DoRA layer that changes nothing.
    """
    kept = [(layer, layer.scale, layer.get("m")) for layer in layers.values()]
    try:
        for layer, _, magnitudes in kept:
            layer.scale = 0.0
            if magnitudes is not None:
                layer.m = base_magnitudes(layer)
        yield
    finally:
        for layer, scale, magnitudes in kept:
            layer.scale = scale
            if magnitudes is not None:
                layer.m = magnitudes


@contextmanager
def _without_dropout(model: nn.Module) -> Iterator[None]:
    import mlx.nn as nn

    active = [m for m in model.modules() if isinstance(m, nn.Dropout) and m.training]
    try:
        for dropout in active:
            dropout.train(False)
        yield
    finally:
        for dropout in active:
            dropout.train(True)


def base_weight(layer: Any) -> mx.array:
    """[out, in] or [words, size] of what an adapted layer was put on, dequantised."""
    import mlx.core as mx

    base = layer.linear if "linear" in layer else layer.embedding
    weight: mx.array = base.weight
    if "scales" in base:
        scheme = {"group_size": base.group_size, "bits": base.bits, "mode": base.mode}
        weight = mx.dequantize(weight, base.scales, base.get("biases"), **scheme)
    return weight.astype(mx.float32)


def base_magnitudes(layer: Any) -> mx.array:
    """As mlx-lm's DoRA layers compute them: what they are before any training."""
    import mlx.core as mx

    return mx.linalg.norm(base_weight(layer), axis=1)


def _changes_weights(layer: Any) -> bool:
    """Whether a layer's largest change is above float32's rounding of its largest weight."""
    import mlx.core as mx

    weight = base_weight(layer)
    first, second = layer.lora_a.astype(mx.float32), layer.lora_b.astype(mx.float32)
    low_rank = first @ second if first.ndim == 2 else second @ first  # mlx-lm's layers of experts
    changes = [(layer.scale * low_rank, weight)]
    if is_dora(layer):
        magnitudes = base_magnitudes(layer)
        changes.append((layer.m - magnitudes, magnitudes))
    return any(
        bool((mx.abs(change).max() > ROUNDING * mx.abs(before).max()).item())
        for change, before in changes
    )


def _is_finite(values: mx.array) -> bool:
    import mlx.core as mx

    return bool(mx.isfinite(values).all().item())


def _read_weights(folder: Path) -> dict[str, mx.array]:
    """The tensors, in memory: MLX reads lazily, and takes flipped bits as they come."""
    import mlx.core as mx

    path = checked_weights(folder)
    try:
        weights = load_arrays(path)
    except (RuntimeError, ValueError) as error:
        raise damaged(path, error) from error
    wrong = [
        name
        for name, weight in weights.items()
        if not (mx.issubdtype(weight.dtype, mx.floating) and _is_finite(weight))
    ]
    require_numbers(path, wrong)
    return weights


def load_arrays(path: Path) -> dict[str, mx.array]:
    """All arrays of a safetensors file, read now: mx.load reads later, whatever it holds by then.

    Raises RuntimeError or ValueError for a file that is none. Flipped bits pass: compare hashes.
    """
    import mlx.core as mx

    arrays = mx.load(str(path))
    if not isinstance(arrays, dict):
        raise ValueError("not a file of named arrays")
    mx.eval(arrays)
    return arrays


def _require_fitting(model: nn.Module, weights: Mapping[str, mx.array]) -> None:
    """Raises MorrisError unless the tensors are exactly those of the adapted layers."""
    expected = {
        f"{path}.{name}": layer[name].shape
        for path, layer in adapted_layers(model).items()
        for name in ("lora_a", "lora_b", "m")
        if name in layer
    }
    require_tensors(expected, {name: tensor.shape for name, tensor in weights.items()})
