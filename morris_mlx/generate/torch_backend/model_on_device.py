"""A model in torch's hands: where it lies, what it wears, its caches, and what when a GPU fails."""

from __future__ import annotations

import gc
import resource
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import torch

from morris_mlx.errors import OutOfMemoryError
from morris_mlx.generate.backend import ActiveAdapter
from morris_mlx.generate.torch_backend.adapters import Wardrobe
from morris_mlx.generate.torch_backend.load_model import (
    choose_device,
    load_torch_model,
    precision_on,
)
from morris_mlx.generate.torch_backend.prompt_cache import PrefixCaches
from morris_mlx.records.generation import Adapter

T = TypeVar("T")
BASE = ActiveAdapter(None, 0.0)
# What torch's CPU allocator says, in a plain RuntimeError.
NO_MEMORY = ("can't allocate memory", "not enough memory")


class Caller:
    """Who asked for the work. Errors from there are theirs, and none of torch's.

    `failed` is True when the last question ended in an error.
    """

    failed = False

    def ask(self, question: Callable[..., T], *args: object) -> T:
        self.failed = True
        answer = question(*args)
        self.failed = False
        return answer


class LoadedModel:
    """transformers' model on a device, with a wardrobe of adapters and caches of prompts.

    `guarded` does a step with them. On MPS and CUDA a step may fail for want of an operator or of
    memory; then the model is loaded again for the CPU and the step done there.
    """

    model: Any
    wardrobe: Wardrobe
    caches: PrefixCaches

    def __init__(self, folder: Path, device: str | None, say: Callable[[str], None]) -> None:
        self.folder = folder
        self.say = say
        self.caller = Caller()
        self.worn = BASE
        self.device = choose_device(device).type
        self.precision = ""
        self.model = None
        self.guarded(self._open)

    def _open(self) -> None:
        """Load the model for the device, unless that is done."""
        if self.model is not None:
            return
        device = torch.device(self.device)
        precision = precision_on(device)
        model = load_torch_model(self.folder, device, precision)
        self.wardrobe, self.caches = Wardrobe(model), PrefixCaches(model.config)
        self.precision = str(precision).removeprefix("torch.")
        self.model = model

    def wear(self, active: ActiveAdapter) -> None:
        """Load the adapter, if it is new, and put it on; after an error what was worn is worn."""
        adapter, off = active.adapter, active.strength == 0.0
        if adapter is not None:
            self.guarded(lambda: self._load(adapter))
        self.guarded(lambda: self._put_on(BASE if adapter is None or off else active))
        if adapter is not None:
            self.wardrobe.drop_earlier_versions(adapter)

    def _load(self, adapter: Adapter) -> None:
        try:
            self.wardrobe.load(adapter)
        finally:
            self._put_on(self.worn)

    def _put_on(self, active: ActiveAdapter) -> None:
        self.wardrobe.wear(active.adapter, active.strength)
        self.worn = active

    def guarded(self, step: Callable[[], T]) -> T:
        """What `step` returns; on the CPU when it failed on a GPU, which `say` is told.

        Raises OutOfMemoryError when the CPU's memory does not suffice. Whatever else fails there,
        or in the caller's own functions, is passed on as it is.
        """
        while True:
            self.caller.failed = False
            try:
                return step()
            except (RuntimeError, MemoryError) as error:
                if self.caller.failed:
                    raise
                if self.device == "cpu":
                    self._require_memory(error)
                    raise
                reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            # Not before here: the error holds on to what the step had in memory.
            self._move_to_cpu(reason)

    def _require_memory(self, error: Exception) -> None:
        if isinstance(error, MemoryError) or any(words in str(error) for words in NO_MEMORY):
            raise OutOfMemoryError(
                f"The memory does not suffice for {self.folder} in torch on the CPU, where every "
                "weight takes 4 bytes. Close other programs, ask for less at once, or use a "
                "smaller model; the MLX engine takes quantised weights as they are."
            ) from error

    def _move_to_cpu(self, reason: str) -> None:
        self.say(
            f"torch failed on {self.device}: {reason}. It goes on on the CPU in float32, which "
            "is slower."
        )
        adapters = self.wardrobe.loaded if self.model is not None else {}
        self.close()
        self.device = "cpu"
        self.guarded(self._open)
        self.wardrobe.add(adapters)
        self._put_on(self.worn)

    def memory_gb(self) -> tuple[float, float]:
        """(now, peak) in 1e9 bytes.

        CUDA counts both. MPS keeps no peak: it is what Metal holds for this process. On the CPU
        the peak is the whole process's.
        """
        if self.device == "cuda":
            now, peak = torch.cuda.memory_allocated(), torch.cuda.max_memory_allocated()
        elif self.device == "mps":
            now, peak = torch.mps.current_allocated_memory(), torch.mps.driver_allocated_memory()
        else:
            weights = sum(p.nbytes for p in self.model.parameters())
            now = weights + self.wardrobe.bytes() + self.caches.bytes()
            used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            peak = used if sys.platform == "darwin" else used * 1024
        return now / 1e9, peak / 1e9

    def close(self) -> None:
        """Give the memory back."""
        if self.model is None:
            return
        self.model = None
        del self.wardrobe, self.caches
        gc.collect()
        with suppress(RuntimeError):  # a GPU that has failed may fail at this, too
            if self.device == "cuda":
                torch.cuda.empty_cache()
            elif self.device == "mps":
                torch.mps.empty_cache()
