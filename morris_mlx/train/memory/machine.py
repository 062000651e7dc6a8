"""Memory and speed of a machine for training, known without loading an engine."""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass, replace

from morris_mlx import device
from morris_mlx.blas import expected_threads
from morris_mlx.defaults import MOST_LANES
from morris_mlx.errors import UsageError
from morris_mlx.models.families import Forward
from morris_mlx.models.shape import ModelShape
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.memory.estimate import CPU, GPU, ComputeProfile

SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:gi?b?)?", re.IGNORECASE)
# Metal's recommendedMaxWorkingSetSize: two thirds of a small Mac's memory, three quarters of a
# larger one's. Newer systems give three quarters on small ones too, but macOS itself needs some
# 3 GB: on 8 GB two thirds are what that leaves.
SMALL_MAC_GB, SMALL_MAC_SHARE, MAC_SHARE = 36.0, 2 / 3, 0.75
CPU_SHARE = 0.75  # the same as in device.prepare_engine
# Useful operations a second while training 7 to 8 billion weights in 4 bits, from public reports:
# an M1 with 8 GB, 33 tokens/s; an M1 Max with 32 GB, 90 to 116 tokens/s.
MAC_FLOPS, LARGE_MAC_GB, LARGE_MAC_FLOPS = 1.0e12, 32.0, 3.5e12
# On two cores: scripts/bench/plan.py prints the rates of its runs. The second is that of
# scripts/bench/shapes.py for Qwen3-4B and Gemma 3 4B.
CPU_FLOPS, CPU_QUANTIZED_FLOPS = 10e9, 4e9


@dataclass(frozen=True, slots=True)
class Machine:
    """The memory of a machine in 1e9 bytes, the part a training may use, and if it has a GPU."""

    memory_gb: float
    usable_gb: float
    gpu: bool

    def loaded(self, shape: ModelShape, settings: TrainSettings | None = None) -> ModelShape:
        """Return the shape of a model when a training loads its weights on this machine."""
        if self.gpu:
            return shape
        in_bytes = settings is not None and settings.keeps_bytes(on_gpu=False)
        return shape.loaded_on_cpu(
            self.memory_gb, in_bytes and shape.forward is not Forward.GENERIC
        )

    def compute_profile(self, shape: ModelShape) -> ComputeProfile:
        """Return how this machine computes: a GPU in the stored precision, a CPU in float32."""
        if not self.gpu:
            return replace(CPU, lanes=min(MOST_LANES, expected_threads()))
        return replace(GPU, number_bytes=shape.stored_bytes)

    def flops(self, shape: ModelShape) -> float:
        """Return the useful operations a second to expect, roughly."""
        if self.gpu:
            return LARGE_MAC_FLOPS if self.memory_gb >= LARGE_MAC_GB else MAC_FLOPS
        return CPU_QUANTIZED_FLOPS if shape.quantized else CPU_FLOPS


def mac(memory_gb: float) -> Machine:
    """Return a Mac with Apple silicon and this much memory in 1e9 bytes."""
    share = SMALL_MAC_SHARE if memory_gb < SMALL_MAC_GB * 2**30 / 1e9 else MAC_SHARE
    return Machine(memory_gb, share * memory_gb, gpu=True)


def this_machine() -> Machine:
    """Return the machine that runs this process."""
    memory = device.total_memory_gb()
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return mac(memory)
    return Machine(memory, CPU_SHARE * memory, gpu=False)


def machine_from_engine(engine: device.Device) -> Machine:
    """Return the machine as described by an engine that was prepared on it."""
    return Machine(engine.memory_gb, engine.usable_gb, gpu=engine.name != "mlx-cpu")


def memory_gb_from_text(text: str) -> float:
    """Parse "8GB", "8 gb" or "8" as 8.59: a gigabyte of memory as it is sold has 2^30 bytes.

    Raises:
        UsageError: If the text is anything else.
    """
    match = SIZE.fullmatch(text.strip())
    size = float(match[1]) if match else 0.0
    if not 1 <= size <= 4096:
        raise UsageError(f"--memory is {text!r}. Write it like 8GB or 24GB, from 1GB to 4096GB.")
    return size * 2**30 / 1e9
