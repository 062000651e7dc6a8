"""request → text: one generator over every engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from morris_mlx.device import prepare_engine
from morris_mlx.generate.backend import Backend
from morris_mlx.generate.generator import Generator
from morris_mlx.models import ModelFiles
from morris_mlx.prompt import load_tokenizer
from morris_mlx.settings import STRENGTH


def load_generator(
    model: ModelFiles, adapter: Path | None = None, strength: float = STRENGTH
) -> Generator:
    """A generator over MLX: the base, with `adapter` (mlx-lm's folder) at `strength` 0 to 1.5.

    Raises MissingError or MorrisError when model or adapter cannot be loaded.
    """
    prepare_engine()
    from morris_mlx.generate.mlx_backend import MLXBackend

    backend = MLXBackend(model, adapter)
    backend.set_strength(strength)
    return Generator(backend, load_tokenizer(model.folder))


def generator_around(model: Any, files: ModelFiles) -> Generator:
    """A generator over an MLX model that is loaded already, as it is at each call."""
    prepare_engine()
    from morris_mlx.generate.mlx_backend import MLXBackend

    return Generator(MLXBackend(files, loaded=model), load_tokenizer(files.folder))


def scripted_generator(replies: Sequence[str], model: ModelFiles) -> Generator:
    """A generator that gives the replies in turn: for tests and for building an interface."""
    from morris_mlx.generate.scripted_backend import ScriptedBackend

    tokenizer = load_tokenizer(model.folder)
    return Generator(ScriptedBackend(replies, tokenizer, model.window), tokenizer)


__all__ = ["Backend", "Generator", "generator_around", "load_generator", "scripted_generator"]
