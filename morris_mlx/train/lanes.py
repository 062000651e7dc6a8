"""Lanes: the parts of a batch that a CPU computes at the same time, each on a core of its own.

MLX computes on one core per stream, except for what its BLAS divides: on several cores, nearly half
of the time of a training step would pass on one of them. Here each lane has a stream, and a product
is computed by the lane's own core. A GPU has one lane.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import mlx.core as mx

from morris_mlx.blas import blas_threads, load_blas, set_blas_threads
from morris_mlx.defaults import MOST_LANES

_streams = threading.local()  # a stream belongs to the thread that made it


def lane_count() -> int:
    """Return the number of lanes of this device: on a CPU the threads that its BLAS may use."""
    if mx.default_device() == mx.Device(mx.gpu):
        return 1
    return max(1, min(load_blas().threads, MOST_LANES))


def lane_streams(count: int) -> list[mx.Stream]:
    """Return `count` streams of the default device, the first of which is its default stream."""
    device = mx.default_device()
    made: list[mx.Stream] = _streams.__dict__.setdefault(str(device), [])
    while len(made) < count - 1:
        made.append(mx.new_stream(device))
    return [mx.default_stream(device), *made[: count - 1]]


def on_stream(stream: mx.Stream | None) -> AbstractContextManager[Any]:
    """Return a context in which operations run on `stream`, or else on the default stream."""
    return nullcontext() if stream is None else mx.stream(stream)


@contextmanager
def one_thread_each(lanes: int) -> Iterator[None]:
    """With several lanes, let the BLAS use one thread in each. Evaluate the results inside."""
    threads = blas_threads()
    if threads < 2 or lanes < 2:
        yield
        return
    set_blas_threads(1)
    try:
        yield
    finally:
        set_blas_threads(threads)
