"""The engine that computes: its precision, how much memory it may use, and why it was chosen.

`prepare_engine` must run before anything else imports MLX: on Linux it loads a fast BLAS, which
takes the place of MLX's slow one only if it is there first.
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
from importlib import metadata
from typing import Any

from morris_mlx.blas import load_blas
from morris_mlx.errors import MissingError

REPORTED_PACKAGES = ("morris-mlx", "mlx", "mlx-lm", "transformers", "tokenizers", "numpy", "torch")


@dataclass(frozen=True, slots=True)
class Engine:
    """The engine that will compute. `memory_gb` is the machine's, in 1e9 bytes."""

    name: str  # "mlx-metal", "mlx-cuda" or "mlx-cpu"
    reason: str
    precision: str  # of the weights while computing; "as stored" on a GPU
    blas: str  # the library that was loaded, "" if none was found, "not needed"
    memory_gb: float
    usable_gb: float  # what MLX may hold at once without swapping


@cache
def keep_freed_memory() -> None:
    """On Linux, let the C library keep what MLX frees instead of giving it back each time.

    Arrays of some megabytes are made and freed at every operation; fetching fresh pages for
    them from the kernel takes longer than adding them up.
    """
    trim_threshold, mmap_threshold = -1, -3  # from glibc's malloc.h
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library than glibc
            libc = ctypes.CDLL("libc.so.6")
            libc.mallopt(trim_threshold, 2**31 - 1)
            libc.mallopt(mmap_threshold, 2**25)  # the most that it takes


@cache
def prepare_engine() -> Engine:
    """Make MLX and mlx-lm ready and say what was chosen. Call it before importing them.

    Raises MissingError when MLX has no backend on this machine.
    """
    blas = load_blas().name
    keep_freed_memory()
    quiet_environment()
    try:
        import mlx.core as mx
    except ImportError as error:
        raise MissingError(
            f"MLX cannot be loaded here ({error}). Install it again: on Linux with "
            "`pip install 'mlx[cpu]'`, on a Mac with `pip install mlx`."
        ) from error
    _import_mlx_lm()
    memory = total_memory_gb()
    if mx.metal.is_available():
        info: dict[str, Any] = dict(mx.device_info())
        usable = info.get("max_recommended_working_set_size", 0.75e9 * memory) / 1e9
        return Engine("mlx-metal", "Apple GPU found", "as stored", "not needed", memory, usable)
    if mx.default_device() == mx.Device(mx.gpu):
        return Engine("mlx-cuda", "NVIDIA GPU found", "as stored", "not needed", memory, memory)
    # Compiling C++ kernels costs more than they save at these sizes.
    mx.disable_compile()
    reason = "no GPU that MLX can use"
    return Engine("mlx-cpu", reason, "float32", blas, memory, 0.75 * memory)


def quiet_environment() -> None:
    """Nothing leaves the machine but the downloads a user asked for."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_UPDATE_CHECK", "1")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def _import_mlx_lm() -> None:
    """Import mlx_lm.utils without letting it lower the process's limit of open files."""
    set_limit = resource.setrlimit
    resource.setrlimit = lambda *_: None
    try:
        import mlx_lm.utils  # noqa: F401
    finally:
        resource.setrlimit = set_limit


def total_memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def machine_name() -> str:
    """System and processor, without host or user names."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def versions() -> dict[str, str]:
    """Versions of what computes, for run.json and the doctor; absent packages are left out."""
    found = {"python": platform.python_version()}
    for package in REPORTED_PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
