"""Bounds on the shapes of arrays, shared by the trainer and the memory estimate."""

from __future__ import annotations

from itertools import pairwise

PAD_MULTIPLE = 32  # rows are padded to a multiple of it: few distinct shapes, little waste
MOST_SPREAD = 1.25  # of lengths in a batch: beyond, padding costs more than another batch
WIDTH_LEVELS = 16  # distinct batch widths: a GPU compiles a kernel for each
QUERIES_IN_BLOCK = 128  # of packed attention: fewer start many operations, more compute much masked
COUNT_LEVELS = 16  # distinct numbers of targets, as shares of a batch's places
JOINED_NUMBERS = 2**18  # at most in an array for the optimizer, joined from those of an adapter


def query_blocks(length: int, size: int = QUERIES_IN_BLOCK) -> list[tuple[int, int]]:
    """Return the first queries and the ends of equal blocks of about `size` of `length` queries."""
    count = max(1, round(length / size))
    edges = [length * number // count for number in range(count + 1)]
    return list(pairwise(edges))
