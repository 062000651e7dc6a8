"""Estimate of the memory that the blocks need for packed rows: the arrays of packed.py."""

from __future__ import annotations

from dataclasses import replace

from morris_mlx.models.shape import ModelShape, adapted_linears
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.batch_shapes import QUERIES_IN_BLOCK

FLOAT = 4
# Arrays that are alive at the same moment, as in estimate.py: found by watching the peak.
MLP_ARRAYS, MLP_ARRAYS_AGAIN, STATE_ARRAYS = 8, 8, 12
TILE_ARRAYS, TILE_ARRAYS_AGAIN = 4, 6  # less if the probabilities were kept


def kept_by_packed_block(
    shape: ModelShape, settings: TrainSettings, tokens: int, pairs: int, number: int
) -> float:
    """Return what one block keeps for the backward pass, for `tokens` tokens and `pairs` scores.

    For each token: the inputs of the block and of its MLP, queries, keys, values and the result of
    attention, gate and up. With "none" also the gate's sigmoid, what the adapter reads, and the
    probabilities.
    """
    d, q, inner = shape.hidden, shape.q_size, shape.intermediate
    if settings.recompute == "full":
        return float(tokens * d * number)
    numbers = 2 * d + 2 * q + 2 * shape.kv_size + 2 * inner
    if settings.recompute == "attention":
        return float(tokens * (numbers * number + shape.heads * FLOAT))
    read = d if settings.targets == "attention" else 2 * d + inner
    masks = read + q if settings.dropout > 0 else 0
    numbers += inner + read + masks
    floats = settings.rank * len(adapted_linears(shape, settings))
    return float(tokens * (numbers * number + floats * FLOAT) + pairs * number)


def packed_block_work(
    shape: ModelShape, settings: TrainSettings, tokens: int, longest: int, number: int
) -> float:
    """Return the most that the backward pass of one block needs beside what was kept."""
    again = settings.recompute == "full"
    mlp = (MLP_ARRAYS_AGAIN if again else MLP_ARRAYS) * shape.intermediate
    block = 0.0
    if again:
        keeping = replace(settings, recompute="none")
        block = kept_by_packed_block(shape, keeping, tokens, 0, number)
    arrays = TILE_ARRAYS if settings.recompute == "none" else TILE_ARRAYS_AGAIN
    tile = arrays * FLOAT * shape.heads * max(_tiles(longest))
    return block + tokens * (mlp + STATE_ARRAYS / 2 * shape.hidden) * number + tile


def packed_pairs(heads: int, lengths: tuple[int, ...]) -> int:
    """Return the scores that are computed of rows of these lengths."""
    return heads * sum(sum(_tiles(length)) for length in lengths)


def _tiles(length: int) -> list[int]:
    """Return the scores of each block of a row's queries, for one head."""
    ends = [*range(QUERIES_IN_BLOCK, length, QUERIES_IN_BLOCK), length]
    starts = [0, *ends[:-1]]
    return [(end - start) * end for start, end in zip(starts, ends, strict=True)]
