"""The conversion of a GGUF file into a folder that mlx-lm and Hugging Face's libraries read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from morris_mlx.convert.gguf.file import read_gguf
from morris_mlx.convert.gguf.packing import KEPT_BITS
from morris_mlx.convert.gguf.tensors import GgufModel, read_model
from morris_mlx.convert.gguf.tokenizer import (
    Vocabulary,
    generation_config,
    read_vocabulary,
    write_tokenizer,
)
from morris_mlx.convert.gguf.write import (
    choose_packing,
    quantization_config,
    write_weights,
    written_bytes,
)
from morris_mlx.errors import RefusedError
from morris_mlx.files import write_json
from morris_mlx.models.chat_tokenizer import load_tokenizer
from morris_mlx.models.config import CONFIG, WEIGHTS
from morris_mlx.models.converted import KEPT_PRECISIONS, PRECISIONS, Precision


@dataclass(frozen=True, slots=True)
class GgufSource:
    """A GGUF file that can be converted: its model and its tokenizer."""

    model: GgufModel
    vocabulary: Vocabulary


def read_source(path: Path) -> GgufSource:
    """Read a GGUF file and check that it can be converted; only its header is read.

    Raises MissingError, RefusedError and MorrisError, each with the value that is wrong.
    """
    model = read_model(read_gguf(path))
    vocabulary = read_vocabulary(model.file.metadata, model.config["vocab_size"])
    return GgufSource(model, vocabulary)


def choose_precision(source: GgufSource, wanted: Precision | None) -> Precision:
    """Return the precision to convert to. If none is wanted, weights are kept where possible.

    Raises RefusedError when a row of weights does not hold whole groups of the precision.
    """
    if wanted is None:
        return _as_stored(source.model)
    for target in source.model.targets:
        packing = choose_packing(target, wanted)
        if packing and target.shape[1] % packing.group_size:
            raise RefusedError(
                f"{source.model.file.path} cannot be converted to {wanted.name}: the rows of "
                f"{target.source.name} have {target.shape[1]} numbers, which is not a multiple of "
                f"{packing.group_size}. Use `--bits 16`."
            )
    return wanted


def _as_stored(model: GgufModel) -> Precision:
    shares = dict.fromkeys((precision.bits for precision in KEPT_PRECISIONS), 0)
    for target in model.targets:
        if target.is_matrix and (bits := KEPT_BITS.get(target.source.kind)):
            shares[bits] += target.source.size
    bits = max(shares, key=lambda bits: shares[bits])
    if shares[bits]:
        return next(precision for precision in KEPT_PRECISIONS if precision.bits == bits)
    return next(precision for precision in PRECISIONS if precision.mode == "none")


def converted_size(source: GgufSource, precision: Precision) -> int:
    """Return the size of the converted weights in bytes."""
    return written_bytes(source.model, precision)


def judge_tokenizer(source: GgufSource, name: str) -> None:
    """Raise MorrisError or RefusedError if the model's chat format makes it unusable."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary) / name  # its name appears in the error
        folder.mkdir()
        write_tokenizer(source.vocabulary, folder, source.model.config["max_position_embeddings"])
        load_tokenizer(folder)


def write_model(
    source: GgufSource,
    precision: Precision,
    folder: Path,
    on_bytes: Callable[[int, int], None],
) -> None:
    """Write weights, config and tokenizer into an empty folder.

    Args:
        source: The GGUF file.
        precision: The way to store the weights.
        folder: The folder to write to.
        on_bytes: Called with the number of bytes written so far and the total.

    Raises:
        MorrisError: The tokenizer cannot be built, or a number is not finite.
    """
    write_json(folder / CONFIG, config_json(source, precision))
    window = source.model.config["max_position_embeddings"]
    write_tokenizer(source.vocabulary, folder, window)
    write_weights(source.model, precision, folder / WEIGHTS, on_bytes)


def config_json(source: GgufSource, precision: Precision) -> Mapping[str, Any]:
    """Return the content of config.json."""
    packed = quantization_config(source.model, precision)
    ends = {k: v for k, v in generation_config(source.vocabulary).items() if k != "pad_token_id"}
    return {
        **source.model.config,
        **ends,
        "torch_dtype": source.model.number_format,
        **({"quantization": packed, "quantization_config": packed} if packed else {}),
    }
