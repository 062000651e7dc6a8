"""The adapters that an engine keeps in memory: the last ones used, one version of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from morris_mlx.records.generation import Adapter

# Beside the base. One of rank 16 on all linear layers of Zephyr is 42 million float32 numbers,
# 0.17 GB: four of them are less than a fifth of the base at 4 bits.
MOST_LOADED = 4

T = TypeVar("T")


class RecentAdapters(Generic[T]):
    """Loaded adapters by their records, the least recently used first."""

    def __init__(self) -> None:
        self._loaded: dict[Adapter, T] = {}

    def get(self, adapter: Adapter) -> T | None:
        """Return a loaded adapter, or None. It does not count as a use."""
        return self._loaded.get(adapter)

    def use(self, adapter: Adapter, loaded: T) -> None:
        """Keep an adapter as the most recently used one.

        The least recently used ones beyond MOST_LOADED are dropped, and so are earlier versions of
        this one, from before its files changed.
        """
        for known in [other for other in self._loaded if other.folder == adapter.folder]:
            del self._loaded[known]
        self._loaded[adapter] = loaded
        while len(self._loaded) > MOST_LOADED:
            del self._loaded[next(iter(self._loaded))]

    def items(self) -> Iterator[tuple[Adapter, T]]:
        """Yield the adapters and what is loaded of them, the least recently used first."""
        yield from self._loaded.items()
