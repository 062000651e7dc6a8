"""A model loaded by torch: its device, adapters and prompt caches, and the fallback to the CPU."""

from __future__ import annotations

import gc
import resource
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import torch

from morris_mlx.device import total_memory_gb
from morris_mlx.errors import OutOfMemoryError
from morris_mlx.generate.backend import ActiveAdapter
from morris_mlx.generate.prompt_cache import PrefixCache
from morris_mlx.generate.torch_backend.adapters import AdapterPool
from morris_mlx.generate.torch_backend.load_model import (
    choose_device,
    load_torch_model,
    precision_on,
)
from morris_mlx.generate.torch_backend.prompt_cache import TorchCaches
from morris_mlx.records.generation import Adapter

T = TypeVar("T")
BASE = ActiveAdapter(None, 0.0)
# Parts of the messages of torch's CPU allocator, which raises a plain RuntimeError.
NO_MEMORY = ("can't allocate memory", "not enough memory")


class CallbackGuard:
    """Calls to functions of the caller, whose errors are not torch's.

    `failed` is True when the last call ended in an error.
    """

    failed = False

    def call(self, callback: Callable[..., T], *args: object) -> T:
        """Return what the callback returns."""
        self.failed = True
        result = callback(*args)
        self.failed = False
        return result


class DeviceModel:
    """transformers' model on a device, with a pool of adapters and caches of prompts.

    `guarded` runs a step with them. On MPS and CUDA a step may fail because an operator or memory
    is missing; then the model is loaded again on the CPU and the step repeated there.
    """

    model: Any
    pool: AdapterPool
    caches: TorchCaches
    prefix_cache: PrefixCache

    def __init__(self, folder: Path, device: str | None, say: Callable[[str], None]) -> None:
        self.folder = folder
        self.say = say
        self.callbacks = CallbackGuard()
        self.active = BASE
        self.device = choose_device(device).type
        self.precision = ""
        self.model = None
        self.guarded(self._open)

    def _open(self) -> None:
        """Load the model on the device, unless that is done."""
        if self.model is not None:
            return
        device = torch.device(self.device)
        precision = precision_on(device)
        model = load_torch_model(self.folder, device, precision)
        self.pool, self.caches = AdapterPool(model), TorchCaches(model.config)
        self.prefix_cache = PrefixCache(self.caches, _memory_gb(device))
        self.precision = str(precision).removeprefix("torch.")
        self.model = model

    def activate(self, active: ActiveAdapter) -> None:
        """Load the adapter, if it is new, and activate it; after an error nothing has changed."""
        adapter, off = active.adapter, active.strength == 0.0
        if adapter is not None:
            self.guarded(lambda: self._load(adapter))
        self.guarded(lambda: self._activate(BASE if adapter is None or off else active))
        if adapter is not None:
            self.pool.keep(adapter)

    def _load(self, adapter: Adapter) -> None:
        try:
            self.pool.load(adapter)
        finally:
            self._activate(self.active)

    def _activate(self, active: ActiveAdapter) -> None:
        self.pool.activate(active.adapter, active.strength)
        self.active = active

    def guarded(self, step: Callable[[], T]) -> T:
        """Return the result of `step`; repeat it on the CPU when it fails on a GPU.

        `say` gets a remark about the failure. Raises OutOfMemoryError when the CPU's memory does
        not suffice. Other errors on the CPU, and those of the caller's functions, are passed on.
        """
        while True:
            self.callbacks.failed = False
            try:
                return step()
            except (RuntimeError, MemoryError) as error:
                if self.callbacks.failed:
                    raise
                if self.device == "cpu":
                    self._require_memory(error)
                    raise
                reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            # Outside the handler: the error holds references to the memory of the step.
            self._move_to_cpu(reason)

    def _require_memory(self, error: Exception) -> None:
        if isinstance(error, MemoryError) or any(words in str(error) for words in NO_MEMORY):
            raise OutOfMemoryError(
                f"The memory does not suffice for {self.folder} in torch on the CPU, where every "
                "weight takes 4 bytes. Close other programs, ask for less at once, or use a "
                "smaller model; the MLX engine takes quantized weights as they are."
            ) from error

    def _move_to_cpu(self, reason: str) -> None:
        self.say(
            f"torch failed on {self.device}: {reason}. It continues on the CPU in float32, which "
            "is slower."
        )
        adapters = self.pool.loaded if self.model is not None else {}
        self.close()
        self.device = "cpu"
        self.guarded(self._open)
        self.pool.add(adapters)
        self._activate(self.active)

    def memory_gb(self) -> tuple[float, float]:
        """Return (now, peak) in 1e9 bytes.

        CUDA counts both. MPS keeps no peak: it is the memory that Metal holds for this process. On
        the CPU the peak is that of the whole process.
        """
        if self.device == "cuda":
            now, peak = torch.cuda.memory_allocated(), torch.cuda.max_memory_allocated()
        elif self.device == "mps":
            now, peak = torch.mps.current_allocated_memory(), torch.mps.driver_allocated_memory()
        else:
            weights = sum(p.nbytes for p in self.model.parameters())
            now = weights + self.pool.bytes() + self.prefix_cache.bytes()
            used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            peak = used if sys.platform == "darwin" else used * 1024
        return now / 1e9, peak / 1e9

    def close(self) -> None:
        """Free the memory of model, adapters and caches."""
        if self.model is None:
            return
        self.model = None
        del self.pool, self.caches, self.prefix_cache
        gc.collect()
        with suppress(RuntimeError):  # a GPU that has failed may fail at this, too
            if self.device == "cuda":
                torch.cuda.empty_cache()
            elif self.device == "mps":
                torch.mps.empty_cache()


def _memory_gb(device: torch.device) -> float:
    """Return the memory of the device in 1e9 bytes; MPS shares the machine's."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory / 1e9
    return total_memory_gb()
