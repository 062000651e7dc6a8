"""How much memory a machine has for a training, and how fast it may be: known without an engine."""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass, replace

from morris_mlx import device
from morris_mlx.errors import UsageError
from morris_mlx.models.shape import ModelShape
from morris_mlx.train.memory.estimate import CPU, GPU, Engine

SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:gi?b?)?", re.IGNORECASE)
# What Metal recommends to hold at once (recommendedMaxWorkingSetSize): two thirds of a small
# Mac's memory, three quarters of a larger one's. Newer systems name three quarters for small ones
# too, but macOS itself needs some 3 GB: on 8 GB that is what two thirds leave.
SMALL_MAC_GB, SMALL_MAC_SHARE, MAC_SHARE = 36.0, 2 / 3, 0.75
CPU_SHARE = 0.75  # as device.prepare_engine has it
# Useful operations a second while training 7 to 8 billion weights in 4 bits, from public reports:
# an M1 with 8 GB, 33 tokens/s; an M1 Max with 32 GB, 90 to 116 tokens/s.
MAC_FLOPS, LARGE_MAC_GB, LARGE_MAC_FLOPS = 1.0e12, 32.0, 3.5e12
# On two cores: scripts/bench/plan.py prints the rates of its runs.
CPU_FLOPS, CPU_QUANTISED_FLOPS = 10e9, 1.3e9


@dataclass(frozen=True, slots=True)
class Machine:
    """`memory_gb` and what of it a training may use, in 1e9 bytes; whether a GPU computes."""

    memory_gb: float
    usable_gb: float
    gpu: bool

    def engine(self, shape: ModelShape) -> Engine:
        """A GPU computes in the precision that the weights are stored in, the CPU in float32."""
        if not self.gpu:
            return CPU
        return replace(GPU, number_bytes=shape.stored_bytes)

    def flops(self, shape: ModelShape) -> float:
        if self.gpu:
            return LARGE_MAC_FLOPS if self.memory_gb >= LARGE_MAC_GB else MAC_FLOPS
        return CPU_QUANTISED_FLOPS if shape.quantised else CPU_FLOPS


def mac(memory_gb: float) -> Machine:
    share = SMALL_MAC_SHARE if memory_gb < SMALL_MAC_GB * 2**30 / 1e9 else MAC_SHARE
    return Machine(memory_gb, share * memory_gb, gpu=True)


def this_machine() -> Machine:
    memory = device.total_memory_gb()
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return mac(memory)
    return Machine(memory, CPU_SHARE * memory, gpu=False)


def machine_from_engine(engine: device.Device) -> Machine:
    """The machine as the engine that was made ready knows it."""
    return Machine(engine.memory_gb, engine.usable_gb, gpu=engine.name != "mlx-cpu")


def memory_gb_from_text(text: str) -> float:
    """ "8GB", "8 gb" or "8" → 8.59: the gigabytes that memory is sold in have 2^30 bytes.

    Raises UsageError for anything else.
    """
    match = SIZE.fullmatch(text.strip())
    size = float(match[1]) if match else 0.0
    if not 1 <= size <= 4096:
        raise UsageError(f"--memory is {text!r}; say it like 8GB or 24GB, from 1GB to 4096GB.")
    return size * 2**30 / 1e9
