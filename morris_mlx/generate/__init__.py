"""Text generation: one generator over every engine.

with load_generator("practice", adapter="sample", max_tokens=60) as llm:
    print(llm.run("Tell me about the sea."))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from morris_mlx.device import prepare_engine
from morris_mlx.generate.backend import TokenRequest
from morris_mlx.generate.base import BaseLLM
from morris_mlx.generate.engines import (
    BACKENDS,
    LoadedModel,
    load_model,
    loaded_on_this_thread,
    print_remark,
)
from morris_mlx.generate.generator import Generator
from morris_mlx.generate.reply import Reply, with_alternatives
from morris_mlx.models.find import ModelFiles
from morris_mlx.models.find_adapter import AdapterFinder
from morris_mlx.records.generation import GenerationSettings


def load_generator(
    model: str | Path | ModelFiles | None = None,
    adapter: str | Path | None = None,
    backend: str = "auto",
    say: Callable[[str], None] = print_remark,
    find_adapter: AdapterFinder | None = None,
    **settings: Any,
) -> Generator:
    """Return a generator whose model is loaded: the base, and the adapter by name or folder.

    `backend` "auto" takes MLX where it can compute, else torch; the choice and its reason go to
    `say`, by default to stderr. `find_adapter` resolves names of adapters; None is as for
    `Generator`. `settings` are those of `Generator`. Raises
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
    files: ModelFiles,
    backend: str = "auto",
    say: Callable[[str], None] = print_remark,
    **settings: Any,
) -> Generator:
    """Return a generator over the model in `files`, which is loaded when it is first needed."""

    def open_files(chosen: GenerationSettings) -> LoadedModel:
        return load_model(files, backend, chosen.device, say)

    return Generator(files.name, opener=open_files, say=say, **settings)


def generator_for_loaded(model: Any, files: ModelFiles, **settings: Any) -> Generator:
    """Return a generator over an MLX model in memory, with its weights as they are at each call.

    It computes on the calling thread, which must be the one that the model belongs to.
    """
    prepare_engine()
    from morris_mlx.generate.mlx_backend.backend import MLXBackend

    loaded = loaded_on_this_thread(MLXBackend(files, loaded=model), files)
    return Generator(files.name, opener=lambda _: loaded, **settings)


def scripted_generator(
    script: Iterable[str] | Callable[[TokenRequest], str],
    model: ModelFiles,
    seconds_per_token: float = 0.0,
    **settings: Any,
) -> Generator:
    """Return a generator whose replies come from a list, or from a function of the request.

    For tests and for building an interface: everything but the model is real, the tokenizer of
    `model` and the model thread too. Loops in a reply are not prevented unless `prevent_loops` is
    True.
    """
    from morris_mlx.generate.scripted_backend import load_script

    def open_script(_: GenerationSettings) -> LoadedModel:
        return load_script(script, model, seconds_per_token)

    return Generator(model.name, opener=open_script, **{"prevent_loops": False} | settings)


__all__ = [
    "BACKENDS",
    "AdapterFinder",
    "BaseLLM",
    "Generator",
    "Reply",
    "generator_for",
    "generator_for_loaded",
    "load_generator",
    "scripted_generator",
    "with_alternatives",
]
