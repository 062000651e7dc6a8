"""Checks of a model's weights before they are loaded: architecture, shards, headers, shapes."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from morris_mlx.errors import MissingError, MorrisError, RefusedError
from morris_mlx.models.catalog import ZEPHYR_MODEL
from morris_mlx.models.chat_tokenizer import TOKENIZER_CONFIG, TOKENIZER_FILE
from morris_mlx.models.config import CONFIG, INDEX, WEIGHTS, ModelConfig, read_config
from morris_mlx.models.converted import Precision
from morris_mlx.models.download import PICKLE_SUFFIXES, refuse_pickle
from morris_mlx.models.families import family_of, find_family, model_types
from morris_mlx.models.hub_cache import model_label
from morris_mlx.models.judge import foreign
from morris_mlx.models.old_weights import OLD_NAMES
from morris_mlx.models.sentencepiece_model import tokenizer_file

FLOATS = ("BF16", "F16", "F32")
STORED_BYTES = {"F32": 4, "U32": 4, "BF16": 2, "F16": 2, "U8": 1}
Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor as its file's header describes it."""

    file: str
    shape: Shape
    kind: str  # safetensors' name of the number format, such as "BF16"


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights in a model's folder; `shards` are the names of their files."""

    folder: Path
    config: ModelConfig
    shards: tuple[str, ...]
    tensors: Mapping[str, Tensor]

    @property
    def parameters(self) -> int:
        """The number of weights. Only for weights that are not quantized: those are packed."""
        return sum(math.prod(tensor.shape) for tensor in self.tensors.values())

    @property
    def stored_bytes(self) -> int:
        """The size of all tensors in their files."""
        return sum(math.prod(t.shape) * STORED_BYTES[t.kind] for t in self.tensors.values())


def read_weights(folder: Path) -> Weights:
    """Check the weights in a model's folder, by their headers.

    Raises MissingError for a missing file, MorrisError for a damaged one, and RefusedError for
    weights that Morris does not convert; each names the file.
    """
    config = read_config(folder)
    check_architecture(config, model_label(folder))
    _check_tokenizer(folder)
    tensors = _read_headers(folder)
    if config.quantization:
        _check_packed(folder, tensors)
    else:
        _check_plain(folder, config, tensors)
    shards = tuple(sorted({tensor.file for tensor in tensors.values()}))
    return Weights(folder, config, shards, tensors)


def check_architecture(config: ModelConfig, name: str) -> None:
    """Raise an error for a model that cannot be converted.

    RefusedError for an unknown family and for weights that were quantized for another engine,
    MorrisError for a config that lacks a size.
    """
    if find_family(config.model_type) is None:
        raise RefusedError(
            f"{name} is a model of the type {config.model_type!r}. Morris converts "
            f"{' and '.join(model_types())} models, such as {ZEPHYR_MODEL}."
        )
    config.sizes(name)
    epsilon = config.values.get("rms_norm_eps")
    if not isinstance(epsilon, float) or not epsilon > 0:
        raise MorrisError(
            f"{CONFIG} of {name} must have rms_norm_eps, a positive number. Get the model again."
        )
    if config.foreign_quantization:
        raise foreign(name, config.foreign_quantization)


def check_precision(config: ModelConfig, precision: Precision, name: str) -> None:
    """Raise RefusedError when a row of weights does not hold whole groups of the precision."""
    for key in ("hidden_size", "intermediate_size"):
        if precision.group_size and config.values[key] % precision.group_size:
            raise RefusedError(
                f"{name} cannot be converted to {precision.name}: its {key} {config.values[key]} "
                f"is no multiple of {precision.group_size}. Use `--bits 16`."
            )


def _check_tokenizer(folder: Path) -> None:
    if not tokenizer_file(folder, TOKENIZER_FILE).exists():
        raise MissingError(
            f"No {TOKENIZER_FILE} in {model_label(folder)}. Get the model again, or a repository "
            "that has one."
        )
    path = folder / TOKENIZER_CONFIG
    try:
        wants_code = path.exists() and "auto_map" in json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise MorrisError(f"{path} is damaged ({error}). Get the model again.") from error
    if wants_code:
        raise RefusedError(
            f"{TOKENIZER_CONFIG} of {model_label(folder)} asks to run code of its own (auto_map), "
            "which Morris never runs. Use another model."
        )


def _read_headers(folder: Path) -> dict[str, Tensor]:
    """Return every tensor by its name; check that each is in the file that the index names."""
    index = _read_index(folder)
    single = [WEIGHTS] if (folder / WEIGHTS).exists() else []
    old = sorted(path.name for path in folder.glob(f"model-{OLD_NAMES}"))  # see old_weights
    names = sorted(set(index.values())) or [*single, *old]
    if not names:
        if any(path.suffix in PICKLE_SUFFIXES for path in folder.iterdir()):
            raise refuse_pickle(str(folder))
        raise MissingError(f"No weights ({WEIGHTS}) in {model_label(folder)}. Get the model again.")
    tensors: dict[str, Tensor] = {}
    for name in names:
        with _opened(folder / name) as file:
            for key in file.keys():  # noqa: SIM118
                part = file.get_slice(key)
                if key in tensors or index.get(key, name) != name:
                    raise MorrisError(
                        f"{folder / name} holds {key}, which belongs to another file. "
                        "Get the model again."
                    )
                tensors[key] = Tensor(name, tuple(part.get_shape()), part.get_dtype())
    for key, name in index.items():
        if key not in tensors:
            raise MorrisError(f"{folder / name} lacks {key}. Get the model again.")
    return tensors


def _read_index(folder: Path) -> dict[str, str]:
    """Return the file of each tensor; empty for weights in one file."""
    path = folder / INDEX
    if not path.exists():
        return {}
    try:
        index = json.loads(path.read_text(encoding="utf-8"))["weight_map"]
        files = set(index.values())
        sound = bool(files) and all(Path(f).name == f and f.startswith("model") for f in files)
    except (ValueError, KeyError, TypeError, AttributeError):
        sound = False
    if not sound:
        raise MorrisError(f"{path} is damaged. Get the model again.")
    for name in sorted(files):
        if not (folder / name).exists():
            raise MissingError(
                f"{folder / name} is missing: the weights are partial. Get the model again, whole."
            )
    return dict(index)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a safetensors file. The library checks its header: size, offsets and overlaps."""
    try:
        with safe_open(path, framework="numpy") as file:
            yield file
    except SafetensorError as error:
        raise MorrisError(
            f"{path} is damaged or was cut off ({error}). Delete {path.resolve()} and get the "
            "model again."
        ) from error


def _check_packed(folder: Path, tensors: Mapping[str, Tensor]) -> None:
    if not any(name.endswith(".scales") for name in tensors):
        raise MorrisError(
            f"{CONFIG} in {model_label(folder)} says that the weights are quantized and they are "
            "not. Get the model again."
        )


def _check_plain(folder: Path, config: ModelConfig, tensors: Mapping[str, Tensor]) -> None:
    """Check that the tensors are exactly those of the config, in formats that can be converted."""
    expected = expected_shapes(config)
    for name, shape in expected.items():
        if name not in tensors:
            raise MorrisError(
                f"{model_label(folder)} lacks the tensor {name}, which {CONFIG} asks for. Get the "
                "model again."
            )
        found = tensors[name]
        if found.shape != shape:
            raise MorrisError(
                f"{folder / found.file}: {name} has the shape {list(found.shape)}, and {CONFIG} "
                f"asks for {list(shape)}. Weights and {CONFIG} belong to different models. Get "
                "both from one repository."
            )
        if found.kind not in FLOATS:
            raise RefusedError(
                f"{folder / found.file}: {name} is stored as {found.kind}; Morris converts "
                f"{', '.join(FLOATS)}. Take the model's full-precision weights."
            )
    spare = sorted(n for n in set(tensors) - set(expected) if not _is_redundant(n, config))
    if spare:
        raise RefusedError(
            f"{folder / tensors[spare[0]].file} holds {spare[0]}, which a "
            f"{config.model_type} model of this {CONFIG} does not have: it is another "
            "architecture. Use another model."
        )


def _is_redundant(name: str, config: ModelConfig) -> bool:
    """Return True for a tensor that mlx-lm leaves out, as it may."""
    names = family_of(config.model_type).tensors
    return names.computed in name or (config.tied_in_torch and name == names.weight(names.head))


def expected_shapes(config: ModelConfig) -> dict[str, Shape]:
    """Return the shapes of a model's tensors by name, in the order of the layers."""
    family, sizes = family_of(config.model_type), config.sizes(str(config.model_type))
    names, width = family.tensors, sizes.width
    vocabulary = (sizes.vocabulary, sizes.hidden)
    shapes: dict[str, Shape] = {names.weight(names.embedding): vocabulary}
    for number in range(sizes.layers):
        block = names.block(number)
        for layer in (*family.attention, *family.mlp):
            shape = (width(layer.outputs), width(layer.inputs))
            shapes[f"{block}.{layer.path}.weight"] = shape
            if config.values.get(layer.bias_key, False):
                shapes[f"{block}.{layer.path}.bias"] = shape[:1]
        for norm in names.block_norms:
            shapes[f"{block}.{norm}.weight"] = (sizes.hidden,)
    shapes[names.weight(names.norm)] = (sizes.hidden,)
    if not config.tied_in_torch:
        shapes[names.weight(names.head)] = vocabulary
    return shapes
