"""mlx-lm's own converter, given a folder that holds exactly the files it may see."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from pathlib import Path

import mlx.core as mx
from mlx_lm.convert import convert

from morris_mlx.convert.weights import Weights, is_tied
from morris_mlx.errors import MorrisError
from morris_mlx.models.config import CONFIG
from morris_mlx.models.converted import Precision
from morris_mlx.models.find import INDEX, TOKENIZER_PATTERNS

KEPT = ("tokenizer.model", "generation_config.json")


def convert_weights(source: Weights, folder: Path, precision: Precision) -> None:
    """Write the converted model into an empty folder.

    mlx-lm reads lazily and writes shards of at most 5 GB: no more of the result is in memory.
    Raises MorrisError.
    """
    staged, target = folder / "source", folder / "model"
    _stage(source, staged)
    quantised = precision.mode != "none"
    limit = mx.set_cache_limit(0)  # freed buffers would only pile up
    try:
        # What the converter says of itself is no product of ours.
        with contextlib.redirect_stdout(io.StringIO()):
            convert(
                str(staged),
                str(target),
                quantize=quantised,
                q_bits=precision.bits,
                q_group_size=precision.group_size,
                q_mode=precision.mode,
                dtype=_number_format(source),
                trust_remote_code=False,
            )
    except (ValueError, RuntimeError) as error:
        raise MorrisError(f"mlx-lm could not convert {source.folder}: {error}") from error
    finally:
        mx.set_cache_limit(limit)
    shutil.rmtree(staged)
    _take_over(target, folder)
    for name in _tokenizer_files(source.folder):
        shutil.copyfile(source.folder / name, folder / name)


def _stage(source: Weights, staged: Path) -> None:
    """Links to the shards of the index and to the tokenizer: no stray file gets in."""
    staged.mkdir()
    for name in {*source.shards, *_tokenizer_files(source.folder)}:
        (staged / name).symlink_to((source.folder / name).resolve())
    config = dict(source.config) | {
        # mlx-lm takes a config that does not say it for tied, and would drop the output layer.
        "tie_word_embeddings": is_tied(source.config),
        "torch_dtype": _number_format(source),
    }
    config.pop("dtype", None)  # the newer name of torch_dtype, which mlx-lm does not read
    (staged / CONFIG).write_text(json.dumps(config), encoding="utf-8")


def _tokenizer_files(folder: Path) -> set[str]:
    found = {p.name for pattern in TOKENIZER_PATTERNS for p in folder.glob(pattern)}
    return {name for name in found | set(KEPT) if (folder / name).is_file()} - {CONFIG}


def _number_format(source: Weights) -> str:
    """float16 stays; bfloat16 and float32 become bfloat16, which holds the range of both."""
    kinds = {tensor.kind for tensor in source.tensors.values()}
    return "float16" if kinds == {"F16"} else "bfloat16"


def _take_over(made: Path, folder: Path) -> None:
    """Weights and config are the converter's; the tokenizer's files the source's, byte by byte.

    A tokenizer that was saved again has another digest, and datasets are prepared for a digest.
    """
    for path in [made / CONFIG, made / INDEX, *made.glob("model*.safetensors")]:
        path.replace(folder / path.name)
    shutil.rmtree(made)
