"""Which engine answers, and why; and the engine with a model in it."""

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
    CallingThread,
    ModelThread,
    join_model_thread,
    leave_model_thread,
)
from morris_mlx.models.chat_tokenizer import ChatTokenizer, load_tokenizer
from morris_mlx.models.config import read_config
from morris_mlx.models.find import ModelFiles
from morris_mlx.project.adapters import find_voice
from morris_mlx.project.folder import current_project
from morris_mlx.records.generation import GenerationSettings

BACKENDS = ("auto", "mlx", "torch")


@dataclass(frozen=True, slots=True)
class Engine:
    """A loaded model, the tokenizer it reads with, and the thread that both belong to."""

    backend: Backend
    tokenizer: ChatTokenizer
    files: ModelFiles
    end_ids: frozenset[int]
    thread: ModelThread | CallingThread
    release: Callable[[], None]  # stops what it says, and gives the memory back


def tell(text: str) -> None:
    """A remark to the person, on stderr."""
    print(text, file=sys.stderr, flush=True)


def load_backend(
    files: ModelFiles, backend: str, device: str | None, say: Callable[[str], None]
) -> Backend:
    """The engine for a model; says on stderr which it is and why. Call it on the model thread.

    "auto" takes MLX where it can compute and torch elsewhere; a device that only torch has
    decides for it. Raises MissingError for an engine or device that is not there.
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
    prepare_engine()
    if device is not None and device != _mlx_device():
        raise UsageError(
            f"MLX computes on the {_mlx_device()} here, not on {device}. Leave the device out, or "
            "take the torch backend."
        )
    from morris_mlx.generate.mlx_backend.backend import MLXBackend

    return MLXBackend(files)


def load_torch_backend(
    files: ModelFiles, device: str | None, say: Callable[[str], None]
) -> Backend:
    if find_spec("torch") is None:
        raise MissingError("torch is not installed. Install it: pip install torch.")
    from morris_mlx.generate.torch_backend.backend import TorchBackend

    if device == "gpu":
        raise UsageError("torch names its GPUs: give the device mps or cuda.")
    return TorchBackend(files, device, say)


def open_engine(settings: GenerationSettings, backend: str, say: Callable[[str], None]) -> Engine:
    """The engine that the settings ask for, on the process's model thread."""
    voice = find_voice(current_project(), settings.model_name, settings.adapter, None)
    return engine_for(voice.model, backend, settings.device, say)


def engine_for(
    files: ModelFiles, backend: str, device: str | None, say: Callable[[str], None]
) -> Engine:
    """Loads a model on the model thread. Raises MissingError, MorrisError."""
    return on_model_thread(files, lambda: load_backend(files, backend, device, say))


def on_model_thread(files: ModelFiles, load: Callable[[], Backend]) -> Engine:
    """An engine whose backend is made on the model thread, and closed there."""
    tokenizer = load_tokenizer(files.folder)
    thread = join_model_thread()
    loaded: Backend | None = None

    def load_there() -> Backend:
        backend = load()
        # Here, not by whoever waits: after Ctrl-C nobody does, and the thread ends all the same.
        thread.at_end(backend.leave_thread)
        return backend

    try:
        backend = loaded = thread.call(load_there)
    finally:
        if loaded is None:
            leave_model_thread()

    def release() -> None:
        thread.drop(backend)
        thread.call(backend.close)
        leave_model_thread()

    return Engine(backend, tokenizer, files, end_ids(files, tokenizer), thread, release)


def engine_around(backend: Backend, files: ModelFiles) -> Engine:
    """An engine whose backend is loaded already and belongs to whoever asks."""
    tokenizer = load_tokenizer(files.folder)
    ends = end_ids(files, tokenizer)
    return Engine(backend, tokenizer, files, ends, CallingThread(), lambda: None)


def end_ids(files: ModelFiles, tokenizer: ChatTokenizer) -> frozenset[int]:
    """What ends a reply: the chat format's own end token, and what the model's config adds."""
    configured = read_config(files.folder).get("eos_token_id")
    listed = configured if isinstance(configured, list) else [configured]
    return frozenset({tokenizer.end_id, *(i for i in listed if isinstance(i, int))})
