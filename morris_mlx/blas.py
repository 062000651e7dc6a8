"""A fast BLAS for MLX on Linux, loaded before MLX.

MLX's wheel for Linux links a reference BLAS of about 2 GFLOP/s. A library that is loaded first
with global symbols takes its place. The first of these that passes a check is used:

1. OpenBLAS or MKL of the system.
2. OpenBLAS of the package `scipy-openblas32`. Its symbols have the prefix `scipy_`, under which
   MLX does not look for them. `without_prefix` makes a copy in which they have their usual names;
   `load_blas` keeps the copy in the cache folder.

A process may fork after a library was loaded: OpenBLAS starts its threads again in the child.
MLX itself does not survive a fork, so Morris starts every child as a new process.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from morris_mlx.blas_symbols import without_prefix
from morris_mlx.errors import MorrisError
from morris_mlx.files import make_folder, morris_cache_folder, replacing

NOT_NEEDED = "not needed"
SYSTEM_LIBRARIES = ("libopenblas.so.0", "libopenblasp.so.0", "libmkl_rt.so.2", "libmkl_rt.so")
PACKAGE, PREFIX = "scipy_openblas32", b"scipy_"
HINT = (
    "No fast BLAS can be used, so matrix products are 10 to 50 times slower. Install Morris's "
    "packages again (`pip install scipy-openblas32`), or OpenBLAS with the system's package "
    "manager."
)
# The user's own settings of the number of threads, in OpenBLAS and in MKL.
THREAD_VARIABLES = (
    "OPENBLAS_NUM_THREADS",
    "GOTO_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
)
SIDE = 256  # of the measured product: 1 ms at 40 GFLOP/s, and large enough for several cores
TRIES = 3  # the first fills caches: the best counts
LEAST_GFLOPS = 1.0  # of one core; a slower library is no better than MLX's own
LARGEST_ERROR = 1e-3  # of a sum of up to 256 float32 products; a wrong library is off by 1 or more
OLD_COPY_SECONDS = 3600  # a younger file may be one that another process has just written
ROW_MAJOR, NO_TRANSPOSE, TRANSPOSE = 101, 111, 112  # as cblas.h numbers them


class UnusableError(Exception):
    """A library that cannot be used. The text says why."""


@dataclass(frozen=True, slots=True)
class Blas:
    """The loaded library. `name` is "" if MLX keeps its own; `refused` says why others failed.

    `core` is OpenBLAS's name of the processor, which determines its kernels; "" if not known.
    """

    name: str
    gflops: float = 0.0  # of one core, as measured when it was loaded
    threads: int = 0
    refused: tuple[str, ...] = ()
    core: str = ""


@cache
def load_blas() -> Blas:
    """Load a fast BLAS with global symbols. It works only before MLX is imported."""
    if sys.platform != "linux":
        return Blas(NOT_NEEDED)
    if "mlx.core" in sys.modules:
        return Blas("", refused=("MLX was imported before Morris could load a BLAS",))
    refused = []
    for name in SYSTEM_LIBRARIES:
        try:
            return _load(name, name)
        except UnusableError as error:
            refused.append(f"{name}: {error}")
        except OSError:  # not installed
            continue
    try:
        return _load_copy(tuple(refused))
    except (UnusableError, OSError) as error:
        refused.append(f"{PACKAGE}: {error}")
    return Blas("", refused=tuple(refused))


def expected_threads() -> int:
    """Return the number of threads that a library will use, without loading one."""
    for name in THREAD_VARIABLES:
        with suppress(ValueError):
            return max(1, int(os.environ.get(name, "")))
    return physical_cores()


_loaded: list[ctypes.CDLL] = []  # the library that `load_blas` chose


def blas_threads() -> int:
    """Return the number of threads that the loaded library uses; 0 without one."""
    return _thread_functions(_loaded[0])[1]() if _loaded else 0


def set_blas_threads(count: int) -> None:
    """Let the loaded library use `count` threads. Products that run already keep theirs."""
    if _loaded:
        _thread_functions(_loaded[0])[0](count)


def _thread_functions(library: ctypes.CDLL) -> tuple[Any, Any]:
    """Return the functions that set and get the number of threads."""
    if hasattr(library, "MKL_Set_Num_Threads"):
        return library.MKL_Set_Num_Threads, library.MKL_Get_Max_Threads
    return library.openblas_set_num_threads, library.openblas_get_num_threads


def physical_cores() -> int:
    """Return the number of cores without hyperthreads, at most as many as this process may use.

    Two threads on one core share its arithmetic units: a product gets slower, not faster.
    """
    import psutil

    allowed = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return min(psutil.cpu_count(logical=False) or allowed, allowed)


# --- loading ----------------------------------------------------------------------------
def _load(path: str, name: str, refused: tuple[str, ...] = ()) -> Blas:
    """Load a library, check it, and only then let MLX find its symbols.

    Raises OSError when it cannot be loaded, UnusableError when it is wrong or slow.
    """
    library = ctypes.CDLL(path)
    try:
        gflops, threads = check_library(library)
    except AttributeError as error:
        raise UnusableError(f"a function is missing ({error})") from error
    except ImportError as error:  # NumPy or psutil
        raise UnusableError(f"it cannot be checked ({error})") from error
    _loaded[:] = [ctypes.CDLL(path, mode=os.RTLD_GLOBAL)]  # the same library, visible to others
    return Blas(name, gflops, threads, refused, _core_name(library))


def _core_name(library: ctypes.CDLL) -> str:
    try:
        function = library.openblas_get_corename
    except AttributeError:  # MKL
        return ""
    function.restype = ctypes.c_char_p
    return str((function() or b"").decode("ascii", "replace"))


def _load_copy(refused: tuple[str, ...]) -> Blas:
    """Load the copy of the package's library, from the cache or, failing that, from memory."""
    spec = find_spec(PACKAGE)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    sources = [path for folder in folders for path in Path(folder).glob("lib/libscipy_openblas.so")]
    if not sources:
        raise UnusableError("the package is not installed")
    source = sources[0].read_bytes()
    try:
        copy = without_prefix(source, PREFIX)
    except ValueError as error:
        raise UnusableError(str(error)) from error
    try:
        path = keep_copy(copy, hashlib.sha256(source).hexdigest())
        return _load(str(path), "OpenBLAS of scipy-openblas32", refused)
    except (MorrisError, OSError, ImportError) as error:  # read-only, full, no code from there
        refused = (*refused, f"copy in the cache folder: {error}")
    handle = os.memfd_create("openblas") if sys.platform == "linux" else -1
    with os.fdopen(handle, "wb") as file:
        file.write(copy)
        file.flush()
        return _load(f"/proc/self/fd/{handle}", "OpenBLAS of scipy-openblas32, in memory", refused)


def keep_copy(copy: bytes, digest: str) -> Path:
    """Return the file in the cache that holds `copy`; write it if it is not there or damaged.

    Every start compares the whole file, because a truncated library would crash the process.
    Several processes may do this at once: each puts a whole file in place. Raises MorrisError
    when the folder cannot be written.
    """
    folder = make_folder(morris_cache_folder() / "blas")
    path = folder / f"openblas-{digest[:16]}.so"
    with suppress(OSError):
        if path.read_bytes() == copy:
            return path
    with replacing(path) as temporary:
        temporary.write_bytes(copy)
    for old in folder.iterdir():  # of other versions, and of processes that were killed
        with suppress(OSError):
            if old != path and time.time() - old.stat().st_mtime > OLD_COPY_SECONDS:
                old.unlink()
    return path


def check_library(library: Any) -> tuple[float, int]:
    """Return the speed of one core in GFLOP/s, and the number of threads that was set.

    Products are compared with NumPy's, on one core and on all. The speed is one core's, in
    processor time, so that a busy machine is no reason to refuse a library. Raises UnusableError
    when a product is wrong or the library is slow, AttributeError when it lacks a function.
    """
    set_threads, get_threads = _thread_functions(library)
    chosen = any(os.environ.get(name) for name in THREAD_VARIABLES)
    threads = get_threads() if chosen else physical_cores()
    set_threads(1)
    _measure_product(library, 67, 33, 129)  # sides that no block of a kernel divides
    speed = max(_measure_product(library, SIDE, SIDE, SIDE) for _ in range(TRIES))
    if speed < LEAST_GFLOPS:
        raise UnusableError(f"it is slow ({speed:.2g} GFLOP/s); it is not used")
    set_threads(threads)
    _measure_product(library, SIDE, SIDE, SIDE)
    return speed, get_threads()


def _measure_product(library: Any, rows: int, columns: int, depth: int) -> float:
    """Return the GFLOP/s of this thread in one product.

    Raises UnusableError when the product differs from NumPy's.
    """
    import numpy as np

    random = np.random.default_rng(1)
    left = random.standard_normal((rows, depth), dtype=np.float32)
    right = random.standard_normal((columns, depth), dtype=np.float32)
    product = np.full((rows, columns), np.nan, dtype=np.float32)
    begin = time.thread_time()
    library.cblas_sgemm(
        *(ROW_MAJOR, NO_TRANSPOSE, TRANSPOSE, rows, columns, depth, ctypes.c_float(1)),
        *(left.ctypes.data_as(ctypes.c_void_p), depth),
        *(right.ctypes.data_as(ctypes.c_void_p), depth, ctypes.c_float(0)),
        *(product.ctypes.data_as(ctypes.c_void_p), columns),
    )
    seconds = time.thread_time() - begin
    error = float(np.abs(product - left @ right.T).max())
    if not error <= LARGEST_ERROR:  # also true for NaN
        raise UnusableError(f"its products are wrong (by {error:.2g}); it is not used")
    return 2e-9 * rows * columns * depth / seconds
