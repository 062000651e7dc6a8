"""The policy of prompt caches, the same for every engine: what is reused, kept and dropped.

A cache holds the keys and values of the ids that a model has read. The next turn of a conversation
begins with these ids, so only the rest of its prompt has to be computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from morris_mlx.generate.backend import ActiveAdapter

MOST_KEPT = 4  # conversations; each cache costs as much memory as a batch row of its length
# Share of the memory that an engine may use. The rest is for the model and the running replies.
MEMORY_SHARE = 0.1
# Share of a kept cache that must be reused: the rest of it is cut off, so a prompt that shares less
# is taken as another conversation, and the cache stays whole.
LEAST_SHARED = 1 / 2


class CacheOperations(Protocol):
    """The operations of an engine on its own kind of caches."""

    def new(self) -> Any:
        """Return an empty cache."""
        ...

    def can_trim(self, cache: Any) -> bool:
        """Return True if the cache still holds all that it has read, and its end can be cut off."""
        ...

    def trim(self, cache: Any, count: int) -> None:
        """Cut the last `count` ids off a cache, in place."""
        ...

    def bytes(self, cache: Any) -> int:
        """Return the memory of a cache."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    active: ActiveAdapter
    ids: tuple[int, ...]
    cache: Any


class PrefixCache:
    """The caches of the last few conversations, each with the adapter that it was computed with.

    The next turn takes a cache out and puts it back longer. A copy, as mlx-lm's LRUPromptCache
    makes, would take twice the memory: half a gigabyte more for a long conversation with Zephyr.
    """

    def __init__(self, operations: CacheOperations, memory_gb: float) -> None:
        """Keep caches of the engine within MEMORY_SHARE of its memory, in 1e9 bytes."""
        self._operations = operations
        self._most_bytes = MEMORY_SHARE * memory_gb * 1e9
        self._kept: list[_Kept] = []  # the latest last

    def take(
        self, active: ActiveAdapter, ids: Sequence[int], recomputed: int = 1
    ) -> tuple[Any, int]:
        """Return (cache, number of leading `ids` in it), the longest match or an empty cache.

        The last `recomputed` ids are never in it. The cache belongs to the caller from now on.
        """
        best, shared = None, 0
        for kept in self._kept:
            same = shared_length(kept.ids, ids) if kept.active == active else 0
            if same >= max(shared, LEAST_SHARED * len(kept.ids), 1):
                best, shared = kept, same
        shared = min(shared, len(ids) - recomputed)
        if best is None or shared < 1:
            return self._operations.new(), 0
        self._kept.remove(best)
        self._operations.trim(best.cache, len(best.ids) - shared)
        return best.cache, shared

    def keep(self, active: ActiveAdapter, ids: Sequence[int], cache: Any) -> None:
        """Keep a cache that holds exactly `ids`. The oldest go when there are too many."""
        if not ids or not self._operations.can_trim(cache):
            return
        self._kept.append(_Kept(active, tuple(ids), cache))
        while len(self._kept) > 1 and (
            len(self._kept) > MOST_KEPT or self.bytes() > self._most_bytes
        ):
            del self._kept[0]

    def clear(self) -> None:
        """Drop all caches."""
        self._kept.clear()

    def bytes(self) -> int:
        """Return the memory of all kept caches."""
        return sum(self._operations.bytes(kept.cache) for kept in self._kept)


def shared_length(one: Sequence[int], other: Sequence[int]) -> int:
    """Return the length of the longest common beginning."""
    for at, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return at
    return min(len(one), len(other))
