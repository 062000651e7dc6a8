"""Linear layers for generation on a CPU: a few rows times a large matrix, block by block.

For such a product, OpenBLAS first copies the whole matrix into another order, which takes longer
than the product itself. For small matrices it has kernels that copy nothing, so the matrix is
divided into small blocks. These kernels compute a row in the same way for any number of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import mlx.core as mx
import mlx.nn as nn

from morris_mlx.blas import load_blas
from morris_mlx.generate.backend import BATCH_SIZE

# OpenBLAS's names of the processors that have these kernels: those with AVX-512.
SMALL_KERNEL_CORES = frozenset({"SkylakeX", "Cooperlake", "SapphireRapids"})
# OpenBLAS's limits for these kernels, for a product of the transposed matrix.
MOST_RESULTS = 1200
MOST_MULTIPLICATIONS = 100**3
FEWEST_INPUTS = 32
BLOCKS = (64, 48, 32)  # rows of the matrix; with 64 the products of SmolLM2-135M are fastest


@contextmanager
def quick_linear() -> Iterator[None]:
    """Let the linear layers use `times_matrix` in a `with` block, on a CPU with such kernels.

    The methods of mlx.nn's classes are replaced and then restored, because the layers call no
    smaller function that could be replaced. Only one thread generates, so no other code calls them
    meanwhile.
    """
    on_cpu = mx.default_device() == mx.Device(mx.cpu)
    if not on_cpu or load_blas().core not in SMALL_KERNEL_CORES:
        yield
        return
    theirs = [(layer, name, getattr(layer, name)) for layer, name, _ in REPLACED]
    _set_methods(REPLACED)
    try:
        yield
    finally:
        _set_methods(theirs)


def times_matrix(x: mx.array, weight: mx.array) -> mx.array:
    """Return x [..., in] times the transposed weight [out, in]; by blocks for up to 8 rows."""
    outputs, inputs = weight.shape
    rows = x.size // inputs
    block = block_of(outputs, inputs) if rows <= BATCH_SIZE and x.dtype == mx.float32 else 0
    if block == 0:
        return x @ weight.T
    blocks = weight.reshape(outputs // block, block, inputs).swapaxes(-1, -2)
    product = x.reshape(1, rows, inputs) @ blocks
    return product.swapaxes(0, 1).reshape(*x.shape[:-1], outputs)


def block_of(outputs: int, inputs: int) -> int:
    """Return the rows of a block of a matrix [outputs, inputs]; 0: multiply the whole matrix.

    The size does not depend on the number of rows of the other factor, so rounding does not either.
    """
    if inputs < FEWEST_INPUTS:
        return 0
    most = min(MOST_RESULTS, MOST_MULTIPLICATIONS // inputs) // BATCH_SIZE
    return next((block for block in BLOCKS if block <= most and outputs % block == 0), 0)


def _linear(layer: nn.Linear, x: mx.array) -> mx.array:
    product = times_matrix(x, layer.weight)
    return product + layer.bias if "bias" in layer else product


def _as_linear(layer: nn.Embedding, x: mx.array) -> mx.array:
    return times_matrix(x, layer.weight)


REPLACED = ((nn.Linear, "__call__", _linear), (nn.Embedding, "as_linear", _as_linear))


def _set_methods(methods: Iterable[tuple[type, str, Callable[..., mx.array]]]) -> None:
    for layer, name, method in methods:
        setattr(layer, name, method)
