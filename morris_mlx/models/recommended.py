"""Bases to recommend beside Zephyr, by the memory of a Mac.

Their families, licences and languages are those of the models' cards. A base is recommended for a
size of memory if the plan of a training with 4 bits and rows of 2,048 tokens leaves room there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RecommendedBase:
    """A base for Macs with `memory_gb` or more, a number as it is sold."""

    repository: str
    memory_gb: int


# The smallest memory first.
RECOMMENDED: Sequence[RecommendedBase] = (
    RecommendedBase("Qwen/Qwen3-1.7B", 8),
    RecommendedBase("Qwen/Qwen3-4B-Instruct-2507", 16),
    RecommendedBase("Qwen/Qwen3-8B", 24),
    RecommendedBase("Qwen/Qwen3-14B", 64),
)


def recommended_base(memory_gb: float) -> RecommendedBase | None:
    """Return the largest base for this memory in 1e9 bytes, None if it is too small for all."""
    sold = round(memory_gb * 1e9 / 2**30)
    fitting = [base for base in RECOMMENDED if base.memory_gb <= sold]
    return fitting[-1] if fitting else None
