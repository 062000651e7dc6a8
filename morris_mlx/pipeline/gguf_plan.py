"""A GGUF file as a base that is not converted yet: its family and shape, for plans and lists."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from morris_mlx.errors import MorrisError, RefusedError
from morris_mlx.models.catalog import WINDOW
from morris_mlx.models.families import require_trainable
from morris_mlx.models.stores.gguf_header import read_gguf_header
from morris_mlx.models.stores.gguf_shape import shape_of_gguf
from morris_mlx.models.stores.record import printable

if TYPE_CHECKING:
    from morris_mlx.models.shape import ModelShape


@dataclass(frozen=True, slots=True)
class GGUFBase:
    """A model in a GGUF file. `shape` is that of its conversion, None where it is not told.

    `untrainable` is the reason why Morris does not train the family, "" if it does.
    """

    architecture: str
    precision: str
    window: int
    shape: ModelShape | None
    untrainable: str


def read_gguf_base(path: Path) -> GGUFBase:
    """Read what the header of a GGUF file tells.

    Raises RefusedError for an architecture that Morris does not convert, and MorrisError for a file
    that cannot be read.
    """
    from morris_mlx.convert.gguf.architectures import ARCHITECTURES

    header = read_gguf_header(path)
    row = next((row for row in ARCHITECTURES if row.name == header.architecture), None)
    if row is None:
        known = ", ".join(row.name for row in ARCHITECTURES)
        architecture = printable(header.architecture)
        raise RefusedError(f"Morris converts GGUF files of {known}, and this is {architecture!r}.")
    reason = ""
    try:
        require_trainable(row.model_type, None)
    except MorrisError as error:
        reason = str(error)
    window = header.of_architecture("context_length", WINDOW)
    shape = shape_of_gguf(header)
    return GGUFBase(header.architecture, header.precision, window, shape, reason)


def trainable_gguf_shape(path: Path, name: str) -> tuple[ModelShape, int]:
    """Return the shape and the window of a GGUF base. Raises MorrisError if it is not trained."""
    base = read_gguf_base(path)
    if base.untrainable:
        raise MorrisError(base.untrainable)
    if base.shape is None:
        raise MorrisError(
            f"The header of {name} does not tell its sizes. Convert it and plan again."
        )
    return base.shape, base.window
