"""Adapters on a model, as mlx-lm has them: loaded whole, fitting and alive, or refused by name."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from morris_mlx import files
from morris_mlx.errors import MissingError, MorrisError
from morris_mlx.records import FINE_TUNE_TYPES
from morris_mlx.store import ADAPTER_CONFIG, ADAPTER_WEIGHTS, RUN_FILE

if TYPE_CHECKING:
    import mlx.core as mx
    import mlx.nn as nn

# Token ids that any vocabulary has; several at once, or queries and keys would not matter. Short:
# on a CPU a model of seven billion parameters takes seconds for each token.
ALIVE_PROMPTS = ((1, 5, 9, 13, 17, 21), (1, 30, 26, 22, 18, 14), (1, 6, 7, 6, 7, 6))
ROUNDING = 2.0**-24  # of float32: a change that is smaller, next to the weights, is none anywhere
MOST_RANK = 1_000_000
MOST_NAMED = 3  # of many layers or tensors in an error

OTHER_MODEL = "Use the model that it was trained on (run.json names it)."
TRAIN_AGAIN = "Take a whole copy of it, or train it again with `morris train`."


def load_adapter(model: nn.Module, folder: Path) -> None:
    """Put the adapter in `folder` (mlx-lm's two files, with our run.json or without) on `model`.

    Raises MissingError for a missing file; MorrisError for a damaged one, for an adapter of
    another model, with tensors missing or not finite, and for one that changes nothing. After an
    error the model may be half adapted: load it again.
    """
    for name in (ADAPTER_WEIGHTS, ADAPTER_CONFIG):
        if not (folder / name).exists():
            raise MissingError(f"No {name} in {folder}. Train it with `morris train`.")
    config = _read_config(folder / ADAPTER_CONFIG)
    weights = _read_weights(folder)
    try:
        add_layers(model, config)
        _require_fitting(model, weights)
    except MorrisError as error:
        raise MorrisError(
            f"The adapter in {folder} does not fit this model: {error} {OTHER_MODEL}"
        ) from error
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
    missing = [key for key in parameters.get("keys") or () if key not in names]
    if missing:
        raise MorrisError(f"the model has no {_few(missing)} to adapt.")
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
                raise MorrisError(
                    f"{what} makes the model's numbers infinite. Train it again with a lower "
                    "--learning-rate (a third of it)."
                )
            if not mx.array_equal(adapted, base, equal_nan=True).item():
                return
    if not any(_changes_weights(layer) for layer in layers.values()):
        raise MorrisError(
            f"{what} changes nothing: on {len(ALIVE_PROMPTS)} prompts the model computes the same "
            f"with it and without it ({len(layers)} adapted layers). Train it again, with more "
            "steps or a higher --learning-rate."
        )


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


def _read_config(path: Path) -> dict[str, Any]:
    """What mlx-lm reads of adapter_config.json, checked: types, and nothing missing."""
    config = files.read_json(path)
    parameters = config.get("lora_parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    kind, keys = config.get("fine_tune_type", "lora"), parameters.get("keys")
    if kind == "full":
        raise MorrisError(
            f"{path} is of a model that was trained whole (fine_tune_type full), not of an "
            "adapter. Join it with its base with `mlx_lm.fuse` and give that folder as --model."
        )
    sound = {
        "fine_tune_type": kind in FINE_TUNE_TYPES,
        "num_layers": _is_number(config.get("num_layers"), int),
        "rank": _is_number(parameters.get("rank"), int) and 1 <= parameters["rank"] <= MOST_RANK,
        "scale": _is_number(parameters.get("scale"), int | float),
        "dropout": _is_number(parameters.get("dropout"), int | float)
        and 0 <= parameters["dropout"] < 1,
        "keys": keys is None or (isinstance(keys, list) and all(isinstance(k, str) for k in keys)),
    }
    wrong = [name for name, right in sound.items() if not right]
    if wrong:
        raise MorrisError(
            f"{path} is not the configuration of an adapter: {_few(wrong)} missing or wrong. "
            f"{TRAIN_AGAIN}"
        )
    return config


def _is_number(value: object, kind: Any) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool) and math.isfinite(value)


def _read_weights(folder: Path) -> dict[str, mx.array]:
    """The tensors, in memory: MLX reads lazily, and takes flipped bits as they come."""
    import mlx.core as mx

    path = folder / ADAPTER_WEIGHTS
    if (folder / RUN_FILE).exists():
        run = files.read_json(folder / RUN_FILE)
        # The second is of the moment when a better adapter was about to take its place.
        known = (run.get("adapter_sha256"), run.get("adapter_sha256_before"))
        if files.file_digest(path) not in known:
            raise MorrisError(
                f"{path} is damaged, or another adapter's: it is not the file that {RUN_FILE} "
                f"beside it was written for (adapter_sha256). {TRAIN_AGAIN}"
            )
    try:
        weights = load_arrays(path)
    except (RuntimeError, ValueError) as error:
        raise MorrisError(f"{path} is damaged ({error}). {TRAIN_AGAIN}") from error
    wrong = [
        name
        for name, weight in weights.items()
        if not (mx.issubdtype(weight.dtype, mx.floating) and _is_finite(weight))
    ]
    if wrong:
        raise MorrisError(
            f"{path} holds values that are no finite numbers, in {_few(wrong)}. {TRAIN_AGAIN}"
        )
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
    if not expected:
        raise MorrisError("its configuration names no layer of it.")
    lacking = [name for name in weights if name not in expected]
    if lacking:
        raise MorrisError(f"it has tensors for {_few(lacking)}, where nothing is adapted.")
    missing = [name for name in expected if name not in weights]
    if missing:
        raise MorrisError(f"it lacks the tensors {_few(missing)}.")
    for name, shape in expected.items():
        if weights[name].shape != shape:
            raise MorrisError(f"{name} has the shape {weights[name].shape} and needs {shape}.")


def _few(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
