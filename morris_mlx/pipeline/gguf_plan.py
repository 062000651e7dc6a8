"""The family and shape of a GGUF file that is not converted yet, for plans and lists."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from morris_mlx.device import prepare_engine
from morris_mlx.errors import MorrisError, RefusedError
from morris_mlx.models.catalog import WINDOW
from morris_mlx.models.config import parse_config
from morris_mlx.models.families import require_trainable
from morris_mlx.models.gguf_files import model_name
from morris_mlx.models.judge import require_trainable_base
from morris_mlx.models.stores.gguf_header import read_gguf_header
from morris_mlx.models.stores.gguf_shape import shape_of_gguf
from morris_mlx.models.stores.record import printable

if TYPE_CHECKING:
    from morris_mlx.models.shape import ModelShape


@dataclass(frozen=True, slots=True)
class GGUFBase:
    """A model in a GGUF file. `shape` is that of its conversion, None if the header lacks it.

    `untrainable` is the reason why Morris does not train the family, "" if it does.
    """

    architecture: str
    precision: str
    window: int
    shape: ModelShape | None
    untrainable: str


def read_gguf_base(path: Path) -> GGUFBase:
    """Read the family, shape and precision from the header of a GGUF file.

    Raises RefusedError for an architecture that Morris does not convert, and MorrisError for a file
    that cannot be read.
    """
    from morris_mlx.convert.gguf.architectures import ARCHITECTURES

    header = read_gguf_header(path)
    row = next((row for row in ARCHITECTURES if row.name == header.architecture), None)
    if row is None:
        known = ", ".join(row.name for row in ARCHITECTURES)
        architecture = printable(header.architecture)
        raise RefusedError(
            f"{printable(str(path))} has the architecture {architecture!r}, which Morris does not "
            f"convert. Use a GGUF file of {known}."
        )
    reason = ""
    try:
        require_trainable(row.model_type)
    except MorrisError as error:
        reason = str(error)
    window = header.of_architecture("context_length", WINDOW)
    shape = shape_of_gguf(header, row.model_type)
    return GGUFBase(header.architecture, header.precision, window, shape, reason)


def trainable_gguf_shape(path: Path, name: str) -> tuple[ModelShape, int]:
    """Return the shape and the window that a GGUF base has after its conversion.

    Raises what the conversion and the training would raise, before any weight is read.
    """
    prepare_engine()
    from morris_mlx.convert.gguf.converter import (
        choose_precision,
        config_json,
        judge_tokenizer,
        read_source,
    )
    from morris_mlx.train import shape_from_config

    source = read_source(path)
    config = parse_config(config_json(source, choose_precision(source, None)))
    require_trainable_base(config, name)
    judge_tokenizer(source, model_name(path))
    return shape_from_config(config, name), config.window
