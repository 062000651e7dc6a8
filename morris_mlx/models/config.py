"""The reader of a model's config.json."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import Any

from morris_mlx.errors import MissingError, MorrisError, RefusedError
from morris_mlx.models.catalog import WINDOW
from morris_mlx.models.families import Width
from morris_mlx.models.hub_cache import model_label

CONFIG = "config.json"
INDEX, WEIGHTS = "model.safetensors.index.json", "model.safetensors"
WINDOW_KEYS = ("max_position_embeddings", "sliding_window")  # in tokens
LAYER_KEYS = ("layer_types", "sliding_window_pattern")  # define which layers are sliding
PACKING_KEYS = ("quantization", "quantization_config")  # mlx-lm's, and everybody's
CODE_KEYS = ("model_file", "auto_map")  # name Python files to run
TEXT_KEY = "text_config"  # the language model of a model that also reads pictures or sound
# Bits of a weight by quantization method, for configs of other engines that give no number.
FOREIGN_BITS = {"fp8": 8, "fbgemm_fp8": 8, "mxfp8": 8, "mxfp4": 4, "nvfp4": 4, "bitnet": 2}
# Names of the sizes in configs of other libraries.
OTHER_KEYS: Mapping[str, Sequence[str]] = {
    "hidden_size": ("n_embd", "d_model", "model_dim"),
    "num_attention_heads": ("n_head", "n_heads", "num_heads", "num_query_heads"),
    "num_hidden_layers": ("n_layer", "n_layers", "num_layers", "num_transformer_layers"),
    "num_key_value_heads": ("num_kv_heads",),
    "intermediate_size": ("n_inner",),
    "vocab_size": ("embedding_size",),
}
# Types whose MLP has four times the hidden size unless their config says otherwise; that of OpenELM
# has at most so much, and those of Mamba 2 and DBRX are not an MLP's.
FOURFOLD_TYPES = ("gpt2", "gpt_bigcode", "gptj", "openelm", "mamba2", "dbrx", "phixtral")
GROUP_SIZE = 64  # of mlx-lm's affine quantization, and of what `morris convert` writes
NUMBER_FORMAT = "bfloat16"  # where a config names none


@dataclass(frozen=True, slots=True)
class ModelSizes:
    """The sizes of a model, as counts of numbers."""

    hidden: int
    intermediate: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    vocabulary: int

    def width(self, width: Width) -> int:
        """Return the size of a layer's inputs or outputs."""
        return {
            Width.HIDDEN: self.hidden,
            Width.INNER: self.intermediate,
            Width.QUERIES: self.heads * self.head_dim,
            Width.VALUES: self.kv_heads * self.head_dim,
        }[width]


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """A config.json whose values were checked where Morris uses them.

    `values` is all of it, for the libraries that build a model. `text` is the part about the
    language model, which models for pictures nest. `window` is in tokens. `bits`,
    `group_size` and `mode` say how weights are stored: 16 or 32 bits are not quantized.
    `quantization` is MLX's own entry, empty where there is none; `foreign_quantization` names the
    method of another engine. `tied` is None where the config does not say.
    """

    values: Mapping[str, Any]
    text: Mapping[str, Any]
    model_type: str | None
    window: int
    bits: int
    group_size: int
    mode: str
    number_format: str
    quantization: Mapping[str, Any]
    foreign_quantization: str
    tied: bool | None
    end_ids: tuple[int, ...]

    @property
    def tied_in_mlx(self) -> bool:
        """True if the output layer is the embedding; mlx-lm assumes so where nothing is said."""
        return self.tied is not False

    @property
    def tied_in_torch(self) -> bool:
        """True if the output layer is the embedding; transformers assumes not."""
        return self.tied is True

    def sizes(self, name: str) -> ModelSizes:
        """Return the sizes; raise MorrisError, about the model `name`, for one that is missing."""
        hidden, heads = self._size("hidden_size", name), self._size("num_attention_heads", name)
        return ModelSizes(
            hidden=hidden,
            intermediate=self._size("intermediate_size", name, self._usual_intermediate(hidden)),
            layers=self._size("num_hidden_layers", name),
            heads=heads,
            kv_heads=self._size("num_key_value_heads", name, heads),
            head_dim=self._size("head_dim", name, hidden // heads),
            vocabulary=self._size("vocab_size", name),
        )

    def _size(self, key: str, name: str, default: int | None = None) -> int:
        keys = (key, *OTHER_KEYS.get(key, ()))
        value = next((self.text[k] for k in keys if self.text.get(k)), default)
        if isinstance(value, list) and all(type(one) is int for one in value):
            value = max(value, default=0)  # the size differs from layer to layer
        if type(value) is not int or value <= 0:
            raise MorrisError(
                f"{CONFIG} of {name} must have {key}, a positive integer. Get the model again, or "
                "use a Mistral or Llama model."
            )
        return value

    def _usual_intermediate(self, hidden: int) -> int | None:
        """Return the size of an MLP that a config leaves out, None if its type must name it."""
        return 4 * hidden if self.model_type in FOURFOLD_TYPES else None

    def count(self, *keys: str, default: int = 0) -> int:
        """Return the first of several values that is a positive integer, else the default."""
        values = (self.text.get(key) for key in keys)
        return next((v for v in values if type(v) is int and v > 0), default)


def read_config(folder: Path) -> ModelConfig:
    """Read and check the config.json of a model's folder.

    Raises MissingError when there is none, MorrisError for a damaged one, and RefusedError for
    one that asks to run code.
    """
    path = folder / CONFIG
    try:
        config = parse_config(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise MissingError(
            f"No {CONFIG} in {model_label(folder)}: it is not a model's folder. Give the folder "
            f"that contains {CONFIG} and the weights, or a repository's name."
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise MorrisError(f"{path} is damaged ({error}). Get the model again.") from error
    for key in CODE_KEYS:
        if key in config.values:
            raise RefusedError(
                f"{CONFIG} of {model_label(folder)} asks to run code of its own ({key}), which "
                "Morris never runs. Use another model."
            )
    return config


def parse_config(values: object) -> ModelConfig:
    """Check a config's JSON value. Raises ValueError with the key that is wrong."""
    if not isinstance(values, dict):
        raise ValueError("it must hold an object")
    _require(values, TEXT_KEY, (dict, NoneType), "an object")
    text = {**values, **(values.get(TEXT_KEY) or {})}
    for key in WINDOW_KEYS:
        _require(text, key, (int, NoneType), "an integer")
    _require(values, "model_type", (str, NoneType), "a string")
    _require(text, "tie_word_embeddings", (bool, NoneType), "true or false")
    for key in PACKING_KEYS:
        _require_packing(text, key)
    quantization = text.get("quantization") or {}
    packing = quantization or text.get("quantization_config") or {}
    foreign = "" if quantization or not packing else str(packing.get("quant_method", "unknown"))
    number_format = str(text.get("dtype") or text.get("torch_dtype") or NUMBER_FORMAT)
    end = text.get("eos_token_id")
    stored = 32 if number_format == "float32" else 16
    return ModelConfig(
        values=values,
        text=text,
        model_type=values.get("model_type"),
        window=_window(text),
        bits=packing.get("bits") or (_foreign_bits(packing) if foreign else 0) or stored,
        group_size=packing.get("group_size") or GROUP_SIZE,
        mode=str(packing.get("mode", "affine")),
        number_format=number_format,
        quantization=quantization,
        foreign_quantization=foreign,
        tied=text.get("tie_word_embeddings"),
        end_ids=tuple(i for i in (end if isinstance(end, list) else [end]) if type(i) is int),
    )


def _require(values: Mapping[str, Any], key: str, kinds: tuple[type, ...], kind: str) -> None:
    """Raise ValueError unless a value, which may be left out, has one of the types."""
    if type(values.get(key)) not in kinds:
        raise ValueError(f"{key} must be {kind}")


def _require_packing(values: Mapping[str, Any], key: str) -> None:
    packing = values.get(key)
    if packing is None:
        return
    if not isinstance(packing, dict) or type(packing.get("bits")) not in (int, NoneType):
        raise ValueError(f"{key} must be an object with an integer 'bits'")
    if type(packing.get("group_size")) not in (int, NoneType):
        raise ValueError(f"{key} must have an integer 'group_size'")


def _foreign_bits(packing: Mapping[str, Any]) -> int:
    """Return the bits of a weight that was quantized for another engine, 0 if they are unknown."""
    for key, bits in (("load_in_4bit", 4), ("load_in_8bit", 8)):  # bitsandbytes
        if packing.get(key) is True:
            return bits
    given = packing.get("w_bit")
    return given if type(given) is int else FOREIGN_BITS.get(str(packing.get("quant_method")), 0)


def _window(values: Mapping[str, Any]) -> int:
    # mlx-lm runs Mistral with full attention: beyond the sliding window it differs from training.
    # If only some layers are sliding, mlx-lm applies the window to these; the others read all.
    by_layer = any(values.get(key) for key in LAYER_KEYS)
    unused = values.get("use_sliding_window") is False
    sizes = (values.get(key) for key in WINDOW_KEYS[: 1 if by_layer or unused else None])
    return min((size for size in sizes if size and size > 0), default=WINDOW)
