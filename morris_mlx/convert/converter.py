"""Conversion by mlx-lm, which is given a folder of exactly the files that it may read."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from pathlib import Path

import mlx.core as mx
from mlx_lm.convert import convert

from morris_mlx.convert.weights import Weights
from morris_mlx.errors import MorrisError
from morris_mlx.models.config import CONFIG, INDEX
from morris_mlx.models.converted import Precision
from morris_mlx.models.download import TOKENIZER_PATTERNS

KEPT = ("tokenizer.model", "generation_config.json")  # beside the tokenizer's files


def convert_weights(source: Weights, folder: Path, precision: Precision) -> None:
    """Write the converted model into an empty folder.

    mlx-lm reads lazily and writes shards of at most 5 GB, so that no more of the result is in
    memory. Raises MorrisError when mlx-lm fails.
    """
    staged, target = folder / "source", folder / "model"
    _stage(source, staged)
    quantized = precision.mode != "none"
    limit = mx.set_cache_limit(0)  # freed buffers would only pile up
    try:
        # The converter prints on stdout, which is kept for the command's result.
        with contextlib.redirect_stdout(io.StringIO()):
            convert(
                str(staged),
                str(target),
                quantize=quantized,
                q_bits=precision.bits,
                q_group_size=precision.group_size,
                q_mode=precision.mode,
                dtype=_number_format(source),
                trust_remote_code=False,
            )
    except (ValueError, RuntimeError) as error:
        raise MorrisError(
            f"mlx-lm could not convert {source.folder}: {str(error).rstrip('.')}. Get the model "
            "again, or use another one."
        ) from error
    finally:
        mx.set_cache_limit(limit)
    shutil.rmtree(staged)
    _move_converted(target, folder)
    for name in _tokenizer_files(source.folder):
        shutil.copyfile(source.folder / name, folder / name)


def _stage(source: Weights, staged: Path) -> None:
    """Make a folder of links to the shards and the tokenizer, so that no other file is read."""
    staged.mkdir()
    for name in {*source.shards, *_tokenizer_files(source.folder)}:
        (staged / name).symlink_to((source.folder / name).resolve())
    config = dict(source.config.values) | {
        # mlx-lm assumes a tied model where nothing is said, and would drop the output layer.
        "tie_word_embeddings": source.config.tied_in_torch,
        "torch_dtype": _number_format(source),
    }
    config.pop("dtype", None)  # the newer name of torch_dtype, which mlx-lm does not read
    (staged / CONFIG).write_text(json.dumps(config), encoding="utf-8")


def _tokenizer_files(folder: Path) -> set[str]:
    """Return the names of the files that are copied unchanged."""
    found = {p.name for pattern in TOKENIZER_PATTERNS for p in folder.glob(pattern)}
    return {name for name in found | set(KEPT) if (folder / name).is_file()} - {CONFIG}


def _number_format(source: Weights) -> str:
    """Return float16 for a source in it, else bfloat16, which has the range of float32."""
    kinds = {tensor.kind for tensor in source.tensors.values()}
    return "float16" if kinds == {"F16"} else "bfloat16"


def _move_converted(made: Path, folder: Path) -> None:
    """Move the weights and the config to `folder`, and remove the rest of `made`.

    The tokenizer's files are copied from the source, byte by byte: mlx-lm's copy has another
    digest, and datasets are prepared for a digest.
    """
    for path in [made / CONFIG, made / INDEX, *made.glob("model*.safetensors")]:
        path.replace(folder / path.name)
    shutil.rmtree(made)
