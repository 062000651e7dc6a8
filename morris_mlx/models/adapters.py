"""LoRA and DoRA adapters on an MLX model: loading, and checks that they fit and have an effect."""

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
    """Load the adapter in `folder` onto `model`.

    The folder holds mlx-lm's two files, with Morris's run.json or without. After an error the
    model may be adapted in part: load it again.

    Raises:
        MissingError: A file is missing.
        MorrisError: A file is damaged, the adapter belongs to another model, tensors are missing
            or not finite, or the adapter changes nothing.
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
    """Add new LoRA or DoRA layers where adapter_config.json's `config` names them.

    Raises MorrisError when the model lacks one of these layers, which mlx-lm would ignore.
    """
    from mlx_lm.tuner.utils import linear_to_lora_layers

    count, parameters = config["num_layers"], config["lora_parameters"]
    blocks = model.layers[-count:] if count > 0 else model.layers
    names = {name for block in blocks for name, _ in block.named_modules()}
    names |= {name for name, _ in model.named_modules()}
    require_keys(parameters.get("keys"), names)
    try:
        linear_to_lora_layers(model, count, parameters, config.get("fine_tune_type") == "dora")
    except ValueError as error:  # a layer that exists and is not linear
        raise MorrisError(f"{error}.") from error


def adapted_layers(model: nn.Module) -> dict[str, Any]:
    """Return the LoRA and DoRA layers on a model by their paths."""
    return {name: layer for name, layer in model.named_modules() if "lora_b" in layer}


def is_dora(layer: Any) -> bool:
    """Return True if an adapted layer has DoRA's magnitudes."""
    return "m" in layer


def require_alive(model: nn.Module, what: str) -> None:
    """Raise MorrisError, about `what`, when the adapter on `model` has no effect.

    An adapter has none when the logits on fixed prompts are exactly those of the base, and no
    layer's change is as large as float32's rounding of the weights it is added to. The second test
    is for real changes that vanish on these prompts: between bfloat16's steps, or in the embedding
    of another token. Logits that only the adapter makes infinite or NaN are an error too. The
    model is left as it was, and no random number is drawn.
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
    """Disable adapted layers in a `with` block, so that the model computes as its base does.

    A DoRA layer is not replaced by its base: the two round differently, so that even a DoRA layer
    without effect would seem to change something. It gets the magnitudes of a new one instead.
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
    """Return the dequantized weight under an adapted layer: [out, in] or [tokens, size]."""
    import mlx.core as mx

    base = layer.linear if "linear" in layer else layer.embedding
    weight: mx.array = base.weight
    if "scales" in base:
        scheme = {"group_size": base.group_size, "bits": base.bits, "mode": base.mode}
        weight = mx.dequantize(weight, base.scales, base.get("biases"), **scheme)
    return weight.astype(mx.float32)


def base_magnitudes(layer: Any) -> mx.array:
    """Return the magnitudes that mlx-lm gives a new DoRA layer."""
    import mlx.core as mx

    return mx.linalg.norm(base_weight(layer), axis=1)


def _changes_weights(layer: Any) -> bool:
    """Return True if a layer's largest change exceeds float32's rounding of its largest weight."""
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
    """Read and check the tensors of an adapter. MLX itself notices no changed bits."""
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
    """Read all arrays of a safetensors file now; mx.load would read them when they are used.

    Raises RuntimeError or ValueError for another kind of file. Changed bits are not noticed:
    compare hashes for that.
    """
    import mlx.core as mx

    arrays = mx.load(str(path))
    if not isinstance(arrays, dict):
        raise ValueError("not a file of named arrays")
    mx.eval(arrays)
    return arrays


def _require_fitting(model: nn.Module, weights: Mapping[str, mx.array]) -> None:
    """Raise MorrisError unless the tensors are exactly those of the adapted layers."""
    expected = {
        f"{path}.{name}": layer[name].shape
        for path, layer in adapted_layers(model).items()
        for name in ("lora_a", "lora_b", "m")
        if name in layer
    }
    require_tensors(expected, {name: tensor.shape for name, tensor in weights.items()})
