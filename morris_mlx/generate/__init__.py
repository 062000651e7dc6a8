"""request → text: one generator over every engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from morris_mlx.device import prepare_engine
from morris_mlx.generate.backend import TokenRequest
from morris_mlx.generate.base import BaseLLM
from morris_mlx.generate.engines import BACKENDS, Engine, engine_around, engine_for, tell
from morris_mlx.generate.generator import AdapterFinder, Generator
from morris_mlx.generate.reply import Reply, first_of
from morris_mlx.models.find import ModelFiles
from morris_mlx.models.find_adapter import find_adapter
from morris_mlx.records.generation import GenerationSettings


def load_generator(
    model: str | ModelFiles | None = None,
    adapter: str | Path | None = None,
    backend: str = "auto",
    say: Callable[[str], None] = tell,
    find_adapter: AdapterFinder = find_adapter,
    **settings: Any,
) -> Generator:
    """Return a generator whose model is loaded: the base, and the adapter by name or folder.

    `backend` "auto" takes MLX where it can compute, else torch; the choice and its reason go to
    `say`, by default to stderr. `find_adapter` resolves names of adapters: without one only the
    built-in sample and folders are known, no project. `settings` are those of `Generator`. Raises
    MissingError or MorrisError when model or adapter cannot be loaded.
    """
    settings |= {"adapter": None if adapter is None else str(adapter), "find_adapter": find_adapter}
    if isinstance(model, ModelFiles):
        generator = generator_for(model, backend, say, **settings)
    else:
        generator = Generator(model, backend=backend, say=say, **settings)
    with ExitStack() as undo:
        undo.callback(generator.close)
        generator.prepare()
        undo.pop_all()
    return generator


def generator_for(
    files: ModelFiles, backend: str = "auto", say: Callable[[str], None] = tell, **settings: Any
) -> Generator:
    """A generator over a model that is found already; it is loaded when it is first needed."""

    def open_files(chosen: GenerationSettings) -> Engine:
        return engine_for(files, backend, chosen.device, say)

    return Generator(files.name, opener=open_files, **settings)


def generator_around(model: Any, files: ModelFiles, **settings: Any) -> Generator:
    """A generator over an MLX model that is loaded already, as it is at each call.

    It computes on the thread that asks, which must be the one that the model belongs to.
    """
    prepare_engine()
    from morris_mlx.generate.mlx_backend.backend import MLXBackend

    engine = engine_around(MLXBackend(files, loaded=model), files)
    return Generator(files.name, opener=lambda _: engine, **settings)


def scripted_generator(
    script: Iterable[str] | Callable[[TokenRequest], str],
    model: ModelFiles,
    seconds_per_token: float = 0.0,
    **settings: Any,
) -> Generator:
    """A generator that gives the replies in turn, or those of a function of the request.

    For tests and for building an interface: all but the model is real, the tokenizer of `model`
    and the model thread too.
    """
    from morris_mlx.generate.scripted_backend import scripted_engine

    def open_script(_: GenerationSettings) -> Engine:
        return scripted_engine(script, model, seconds_per_token)

    return Generator(model.name, opener=open_script, **settings)


__all__ = [
    "BACKENDS",
    "AdapterFinder",
    "BaseLLM",
    "Generator",
    "Reply",
    "first_of",
    "generator_around",
    "generator_for",
    "load_generator",
    "scripted_generator",
]
