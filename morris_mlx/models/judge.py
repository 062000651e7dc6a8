"""Checks whether a base can be run and trained, by its small files, before weights are read.

`judge_base` needs a folder with config.json and the tokenizer's files. The weights may be missing.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from morris_mlx.errors import MissingError, MorrisError, RefusedError
from morris_mlx.models.catalog import ZEPHYR_MODEL
from morris_mlx.models.config import ModelConfig, read_config
from morris_mlx.models.families import require_trainable
from morris_mlx.models.hub_cache import model_label
from morris_mlx.models.torch_types import torch_type
from morris_mlx.models.weight_count import describe_weights

# Methods of other engines whose weights mlx-lm repacks when it loads them.
READ_BY_MLX = ("awq", "gptq", "mxfp4", "mxfp8", "bitnet", "compressed-tensors", "modelopt")


def judge_base(folder: Path) -> None:
    """Refuse a base that no engine can run, or whose chat format is not known.

    Raises MissingError, RefusedError or MorrisError with the reason.
    """
    from morris_mlx.models.chat_tokenizer import load_tokenizer  # 20 ms, for every `--help`

    require_runnable(read_config(folder), model_label(folder))
    load_tokenizer(folder)


def require_runnable(config: ModelConfig, name: str) -> None:
    """Raise RefusedError for a model that neither mlx-lm nor torch runs here."""
    method = config.foreign_quantization
    if method and method not in READ_BY_MLX:
        raise foreign(name, method)
    if torch_type(config) is None and not is_known_to_mlx(config.model_type):
        raise RefusedError(
            f"{name} is a model of the type {config.model_type!r}, which no engine on this machine "
            f"runs. Use another model, such as {ZEPHYR_MODEL}."
        )


def require_trainable_base(config: ModelConfig, name: str) -> None:
    """Raise an error, with the size of the base, if Morris cannot train it.

    Raises RefusedError for weights that were quantized for another engine, and MorrisError for a
    family that Morris does not train.
    """
    size = describe_weights(config, name)
    about = f" {name} has {size}." if size else ""
    if config.foreign_quantization:
        raise RefusedError(f"{foreign(name, config.foreign_quantization)}{about}")
    try:
        require_trainable(config.model_type)
    except MorrisError as error:
        runs = (
            " `morris generate` and `morris chat` run it."
            if is_known_to_mlx(config.model_type)
            else ""
        )
        raise MorrisError(f"{error}{about}{runs}") from None


def foreign(name: str, method: str) -> RefusedError:
    """Return the error for weights that were quantized for another engine."""
    return RefusedError(
        f"{name} was quantized for another engine ({method}). Use the repository with the "
        "full-precision weights instead, and convert it with `morris convert`."
    )


@cache
def is_known_to_mlx(model_type: str | None) -> bool:
    """Return True if mlx-lm is installed and has the architecture."""
    spec = find_spec("mlx_lm")
    if spec is None or not spec.submodule_search_locations:
        return False
    if not model_type or not model_type.replace("-", "_").isidentifier():
        return False
    models = Path(spec.submodule_search_locations[0]) / "models"
    if (models / f"{model_type}.py").is_file():
        return True
    from morris_mlx.device import prepare_engine

    try:
        prepare_engine()
    except MissingError:
        return False
    from mlx_lm.utils import MODEL_REMAPPING

    return model_type in MODEL_REMAPPING
