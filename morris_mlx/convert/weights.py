"""Weights are looked at before anything computes: architecture, shards, headers, shapes."""

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
from morris_mlx.models.config import CONFIG, read_config
from morris_mlx.models.converted import Precision
from morris_mlx.models.download import PICKLE_SUFFIXES
from morris_mlx.models.find import INDEX, WEIGHTS

# mlx-lm runs both with the same layers; the check of the logits knows these alone.
ARCHITECTURES = ("mistral", "llama")
FLOATS = ("BF16", "F16", "F32")
STORED_BYTES = {"F32": 4, "U32": 4, "BF16": 2, "F16": 2, "U8": 1}
SIZES = (
    *("hidden_size", "intermediate_size", "vocab_size"),
    *("num_hidden_layers", "num_attention_heads"),
)

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor as its file's header tells of it."""

    file: str
    shape: Shape
    kind: str  # safetensors' name of the number format, as "BF16"


@dataclass(frozen=True, slots=True)
class Weights:
    """A model's folder that was looked at; `shards` are the names of its weight files."""

    folder: Path
    config: Mapping[str, Any]
    shards: tuple[str, ...]
    tensors: Mapping[str, Tensor]

    @property
    def parameters(self) -> int:
        """Numbers in all tensors; of plain weights only, quantised ones are packed."""
        return sum(math.prod(tensor.shape) for tensor in self.tensors.values())

    @property
    def stored_bytes(self) -> int:
        return sum(math.prod(t.shape) * STORED_BYTES[t.kind] for t in self.tensors.values())


def read_weights(folder: Path) -> Weights:
    """Look at a model's folder. Raises MorrisError, MissingError or RefusedError by file."""
    config = read_config(folder)
    check_architecture(config, folder.name)
    _check_tokenizer(folder)
    tensors = _read_headers(folder)
    if is_ready_made(config):
        _check_packed(folder, tensors)
    else:
        _check_plain(folder, config, tensors)
    shards = tuple(sorted({tensor.file for tensor in tensors.values()}))
    return Weights(folder, config, shards, tensors)


def is_ready_made(config: Mapping[str, Any]) -> bool:
    """Whether the weights are MLX's own quantised ones: they need no conversion."""
    return isinstance(config.get("quantization"), dict)


def check_architecture(config: Mapping[str, Any], name: str) -> None:
    """Refuse what is not Mistral-shaped, or was quantised for another engine."""
    kind = config.get("model_type")
    if kind not in ARCHITECTURES:
        raise RefusedError(
            f"{name} is a model of the type {kind!r}. Morris converts "
            f"{' and '.join(ARCHITECTURES)} models, such as {ZEPHYR_MODEL}."
        )
    kinds: dict[str, type] = dict.fromkeys(SIZES, int) | {"rms_norm_eps": float}
    for key, kind in kinds.items():
        if not isinstance(config.get(key), kind) or not config[key] > 0:
            raise MorrisError(f"{CONFIG} of {name} gives no sound {key}. Get the model again.")
    other = config.get("quantization_config")
    if other and not is_ready_made(config):
        method = other.get("quant_method", "unknown") if isinstance(other, dict) else other
        raise RefusedError(
            f"{name} was quantised for another engine ({method}). "
            "Convert the repository with the full-precision weights instead."
        )


def check_precision(config: Mapping[str, Any], precision: Precision, name: str) -> None:
    """Weights are quantised in groups along a row: a row must hold whole groups."""
    for key in ("hidden_size", "intermediate_size"):
        if precision.group_size and config[key] % precision.group_size:
            raise RefusedError(
                f"{name} cannot be converted to {precision.name}: its {key} {config[key]} is no "
                f"multiple of {precision.group_size}. Use `--bits 16`."
            )


def _check_tokenizer(folder: Path) -> None:
    if not (folder / TOKENIZER_FILE).exists():
        raise MissingError(
            f"No {TOKENIZER_FILE} in {folder}. Get the model again, or a repository that has one."
        )
    path = folder / TOKENIZER_CONFIG
    try:
        wants_code = path.exists() and "auto_map" in json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise MorrisError(f"{path} is damaged ({error}). Get the model again.") from error
    if wants_code:
        raise RefusedError(f"{path} asks to run code of its own (auto_map). Morris never does.")


def refuse_pickle(name: str) -> RefusedError:
    return RefusedError(
        f"{name} has its weights only as pickle files (.bin): loading one can run any program "
        "that is hidden in it. Morris reads safetensors alone. Take a repository that has "
        "model.safetensors, or ask its owner to add it."
    )


def _read_headers(folder: Path) -> dict[str, Tensor]:
    index = _read_index(folder)
    names = sorted(set(index.values())) or [WEIGHTS]
    if not index and not (folder / WEIGHTS).exists():
        if any(path.suffix in PICKLE_SUFFIXES for path in folder.iterdir()):
            raise refuse_pickle(str(folder))
        raise MissingError(f"No weights ({WEIGHTS}) in {folder}. Get the model again.")
    tensors: dict[str, Tensor] = {}
    for name in names:
        with _opened(folder / name) as file:
            for key in file.keys():  # noqa: SIM118
                part = file.get_slice(key)
                if key in tensors or index.get(key, name) != name:
                    raise MorrisError(
                        f"{folder / name} holds {key}, which is another file's. "
                        "Get the model again."
                    )
                tensors[key] = Tensor(name, tuple(part.get_shape()), part.get_dtype())
    for key, name in index.items():
        if key not in tensors:
            raise MorrisError(f"{folder / name} lacks {key}. Get the model again.")
    return tensors


def _read_index(folder: Path) -> dict[str, str]:
    """Tensor → file; empty for weights in one file."""
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
    """The file with its header checked: its size, offsets and overlaps."""
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
            f"{CONFIG} in {folder} calls the weights quantised and they are not. "
            "Get the model again."
        )


def _check_plain(folder: Path, config: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
    expected = expected_shapes(config)
    for name, shape in expected.items():
        if name not in tensors:
            raise MorrisError(
                f"{folder} lacks the tensor {name}, which {CONFIG} asks for. Get the model again."
            )
        found = tensors[name]
        if found.shape != shape:
            raise MorrisError(
                f"{folder / found.file}: {name} has the shape {list(found.shape)}, and {CONFIG} "
                f"asks for {list(shape)}. Weights and {CONFIG} belong to different models."
            )
        if found.kind not in FLOATS:
            raise RefusedError(
                f"{folder / found.file}: {name} is stored as {found.kind}; Morris converts "
                f"{', '.join(FLOATS)}. Take the model's full-precision weights."
            )
    spare = sorted(n for n in set(tensors) - set(expected) if not _may_be_left(n, config))
    if spare:
        raise RefusedError(
            f"{folder / tensors[spare[0]].file} holds {spare[0]}, which a "
            f"{config['model_type']} model of this {CONFIG} has not: it is another architecture."
        )


def _may_be_left(name: str, config: Mapping[str, Any]) -> bool:
    """Tensors that mlx-lm drops by itself, and rightly."""
    return "rotary_emb.inv_freq" in name or (name == "lm_head.weight" and is_tied(config))


def is_tied(config: Mapping[str, Any]) -> bool:
    """Whether the output layer is the embedding. Left out it means no, as in transformers."""
    return config.get("tie_word_embeddings", False) is True


def expected_shapes(config: Mapping[str, Any]) -> dict[str, Shape]:
    """The tensors of a Mistral or Llama of this config, in the order of the layers."""
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    heads = config["num_attention_heads"]
    width = config.get("head_dim") or hidden // heads
    queries, values = heads * width, (config.get("num_key_value_heads") or heads) * width
    vocabulary = (config["vocab_size"], hidden)
    attention, mlp = config.get("attention_bias", False), config.get("mlp_bias", False)
    linears = {
        "self_attn.q_proj": ((queries, hidden), attention),
        "self_attn.k_proj": ((values, hidden), attention),
        "self_attn.v_proj": ((values, hidden), attention),
        "self_attn.o_proj": ((hidden, queries), attention),
        "mlp.gate_proj": ((inner, hidden), mlp),
        "mlp.up_proj": ((inner, hidden), mlp),
        "mlp.down_proj": ((hidden, inner), mlp),
    }
    shapes: dict[str, Shape] = {"model.embed_tokens.weight": vocabulary}
    for layer in range(config["num_hidden_layers"]):
        block = f"model.layers.{layer}."
        for linear, (shape, biased) in linears.items():
            shapes[f"{block}{linear}.weight"] = shape
            if biased:
                shapes[f"{block}{linear}.bias"] = shape[:1]
        for norm in ("input_layernorm", "post_attention_layernorm"):
            shapes[f"{block}{norm}.weight"] = (hidden,)
    shapes["model.norm.weight"] = (hidden,)
    if not is_tied(config):
        shapes["lm_head.weight"] = vocabulary
    return shapes
