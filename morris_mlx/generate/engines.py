"""The choice of an engine, and models loaded by it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from morris_mlx.device import prepare_engine
from morris_mlx.errors import MissingError, UsageError, check_choice
from morris_mlx.generate.backend import Backend
from morris_mlx.generate.scheduler import (
    InlineScheduler,
    Scheduler,
    acquire_scheduler,
    release_scheduler,
)
from morris_mlx.models.chat_formats.model_files import generation_end_ids
from morris_mlx.models.chat_tokenizer import ChatTokenizer, load_tokenizer
from morris_mlx.models.config import read_config
from morris_mlx.models.find import ModelFiles
from morris_mlx.models.find_adapter import find_base_model
from morris_mlx.records.generation import Adapter, GenerationSettings
from morris_mlx.torch_import import restore_torch

BACKENDS = ("auto", "mlx", "torch")


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model in an engine, with its tokenizer and the scheduler of the thread that it runs on.

    `release` cancels its replies and frees its memory.
    """

    backend: Backend
    tokenizer: ChatTokenizer
    files: ModelFiles
    end_ids: frozenset[int]
    scheduler: Scheduler | InlineScheduler
    release: Callable[[], None]


def print_remark(text: str) -> None:
    """Print a remark for the user on stderr."""
    print(text, file=sys.stderr, flush=True)


def load_backend(
    files: ModelFiles, backend: str, device: str | None, say: Callable[[str], None]
) -> Backend:
    """Load a model into an engine, and report to `say` which one and why.

    Call it on the model thread. "auto" takes MLX where it can compute and torch elsewhere; a device
    that only torch has selects torch. Raises MissingError for an engine or device that is missing.
    """
    check_choice("backend", backend, BACKENDS)
    chosen, reason = _choose(backend, device)
    loaded = (
        load_mlx_backend(files, device)
        if chosen == "mlx"
        else load_torch_backend(files, device, say)
    )
    name = files.folder.name if Path(files.name).is_absolute() else files.name
    say(f"{name} on {loaded.name}, {loaded.device}, {loaded.precision} ({reason}).")
    return loaded


def _choose(backend: str, device: str | None) -> tuple[str, str]:
    if backend != "auto":
        return backend, "as asked"
    if device in ("mps", "cuda"):
        return "torch", f"the device {device} is torch's"
    if find_spec("mlx") is None or find_spec("mlx_lm") is None:
        return "torch", "MLX is not installed"
    try:
        engine = prepare_engine()
    except MissingError:
        return "torch", "MLX has no backend here"
    if device is not None and device != _mlx_device():
        return "torch", f"MLX computes on the {_mlx_device()} here"
    return "mlx", engine.reason


def _mlx_device() -> str:
    return "cpu" if prepare_engine().name == "mlx-cpu" else "gpu"


def load_mlx_backend(files: ModelFiles, device: str | None) -> Backend:
    """Load a model into MLX. Raises UsageError for a device that MLX does not use here."""
    prepare_engine()
    if device is not None and device != _mlx_device():
        raise UsageError(
            f"MLX computes on the {_mlx_device()} here, not on {device}. Leave the device out, "
            "or use the torch backend."
        )
    from morris_mlx.generate.mlx_backend.backend import MLXBackend

    return MLXBackend(files)


def load_torch_backend(
    files: ModelFiles, device: str | None, say: Callable[[str], None]
) -> Backend:
    """Load a model into torch. Raises MissingError without torch or without the device."""
    if find_spec("torch") is None:
        raise MissingError("torch is not installed. Install it: pip install torch.")
    restore_torch()
    from morris_mlx.generate.torch_backend.backend import TorchBackend

    if device == "gpu":
        raise UsageError("torch does not know the device 'gpu'. Use the device mps or cuda.")
    return TorchBackend(files, device, say)


def open_model(
    settings: GenerationSettings,
    adapter: Adapter | None,
    backend: str,
    say: Callable[[str], None],
) -> LoadedModel:
    """Load the model that the settings name, or the base of the adapter, on the model thread."""
    files = find_base_model(settings.model_name, adapter)
    return load_model(files, backend, settings.device, say)


def load_model(
    files: ModelFiles, backend: str, device: str | None, say: Callable[[str], None]
) -> LoadedModel:
    """Load the model in `files` on the model thread. Raises MissingError, MorrisError."""
    return load_on_model_thread(files, lambda: load_backend(files, backend, device, say))


def load_on_model_thread(files: ModelFiles, load: Callable[[], Backend]) -> LoadedModel:
    """Return a model whose backend `load` makes on the model thread, where it is closed too."""
    tokenizer = load_tokenizer(files.folder)
    scheduler = acquire_scheduler()
    loaded: Backend | None = None

    def load_there() -> Backend:
        backend = load()
        # Registered here, not by the caller: after Ctrl-C the caller is gone, and the thread ends
        # all the same.
        scheduler.on_close(backend.release_thread)
        return backend

    try:
        backend = loaded = scheduler.call(load_there)
    finally:
        if loaded is None:
            release_scheduler()

    def release() -> None:
        if scheduler.is_forked:
            return  # the model belongs to the process that loaded it
        scheduler.cancel(backend)
        scheduler.call(backend.close)
        release_scheduler()

    return LoadedModel(backend, tokenizer, files, end_ids(files, tokenizer), scheduler, release)


def loaded_on_this_thread(backend: Backend, files: ModelFiles) -> LoadedModel:
    """Return a model whose backend is loaded already and belongs to the calling thread."""
    tokenizer = load_tokenizer(files.folder)
    ends = end_ids(files, tokenizer)
    return LoadedModel(backend, tokenizer, files, ends, InlineScheduler(), lambda: None)


def end_ids(files: ModelFiles, tokenizer: ChatTokenizer) -> frozenset[int]:
    """Return the ids that end a reply, from the chat format, config.json and generation_config.

    Many models name the end of a turn in only one of the two files.
    """
    config = read_config(files.folder).end_ids
    return tokenizer.end_ids | frozenset(config) | generation_end_ids(files.folder)
