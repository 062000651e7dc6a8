"""The device that MLX computes on: its precision, its memory, and the reason for the choice.

`prepare_engine` must run before any import of MLX: on Linux it loads a fast BLAS, which replaces
the slow one of MLX's wheel only if it is loaded first.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

from morris_mlx.blas import load_blas
from morris_mlx.errors import MissingError
from morris_mlx.streams import open_closed_streams
from morris_mlx.torch_import import import_mlx_lm

REPORTED_PACKAGES = ("morris-mlx", "mlx", "mlx-lm", "transformers", "tokenizers", "numpy", "torch")


@dataclass(frozen=True, slots=True)
class Device:
    """The device that computes. `memory_gb` is the memory of the machine, in units of 1e9 bytes."""

    name: str  # "mlx-metal", "mlx-cuda" or "mlx-cpu"
    reason: str
    precision: str  # of the weights in computations; "as stored" on a GPU
    blas: str  # the loaded library, "" if none was found, or "not needed"
    memory_gb: float
    usable_gb: float  # what MLX may hold at once without swapping


@cache
def keep_freed_memory() -> None:
    """On Linux, let the C library keep what MLX frees instead of giving it back each time.

    Every operation allocates and frees arrays of some megabytes, and fetching new pages from the
    kernel takes longer than adding such arrays.
    """
    trim_threshold, mmap_threshold = -1, -3  # from glibc's malloc.h
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library than glibc
            libc = ctypes.CDLL("libc.so.6")
            libc.mallopt(trim_threshold, 2**31 - 1)
            libc.mallopt(mmap_threshold, 2**25)  # the maximum


@cache
def prepare_engine() -> Device:
    """Prepare MLX and mlx-lm and return the device. Call it before importing them.

    Raises MissingError when MLX has no backend on this machine.
    """
    open_closed_streams()
    blas = load_blas().name
    keep_freed_memory()
    quiet_environment()
    try:
        import mlx.core as mx
    except ImportError as error:
        raise MissingError(
            f"MLX cannot be loaded on this machine ({error}). Install it again: on Linux with "
            "`pip install 'mlx[cpu]'`, on a Mac with `pip install mlx`."
        ) from error
    _import_mlx_lm()
    memory = total_memory_gb()
    if mx.metal.is_available():
        info: dict[str, Any] = dict(mx.device_info())
        usable = info.get("max_recommended_working_set_size", 0.75e9 * memory) / 1e9
        return Device("mlx-metal", "Apple GPU found", "as stored", "not needed", memory, usable)
    if mx.default_device() == mx.Device(mx.gpu):
        return Device("mlx-cuda", "NVIDIA GPU found", "as stored", "not needed", memory, memory)
    # Compiling C++ kernels costs more than they save at these sizes.
    mx.disable_compile()
    reason = "no GPU that MLX can use"
    return Device("mlx-cpu", reason, "float32", blas, memory, 0.75 * memory)


def quiet_environment() -> None:
    """Turn off telemetry and update checks of libraries, and warnings that no user can act on."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_UPDATE_CHECK", "1")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def start_many_operations() -> None:
    """Let MLX start the operations of several streams in turn; call it before its first operation.

    It does so while a graph has fewer branches than this number, which is 20 if it is not set. The
    gradients of an adapter are some 60 branches, and the lanes of a training step would be computed
    one after the other. With one stream it would only need more memory.
    """
    os.environ.setdefault("MLX_BFS_MAX_WIDTH", "80")


def _import_mlx_lm() -> None:
    """Import mlx_lm.utils without letting it lower the process's limit of open files."""
    set_limit = resource.setrlimit
    resource.setrlimit = lambda *_: None
    try:
        import_mlx_lm()
    finally:
        resource.setrlimit = set_limit


def total_memory_gb() -> float:
    """Return the memory of the machine in units of 1e9 bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def sold_size(memory_gb: float) -> str:
    """Return a machine's memory as it is sold: 17.2e9 bytes are the "16 GB" of 2^30 bytes each."""
    return f"{memory_gb * 1e9 / 2**30:.3g} GB"


def machine_name() -> str:
    """Return the system and the processor, without host or user names."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def versions() -> dict[str, str]:
    """Return the versions of Python and of installed packages, for run.json and `morris doctor`."""
    from importlib import metadata  # takes a tenth of the time of `morris --help`

    found = {"python": platform.python_version()}
    for package in REPORTED_PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
