"""Estimate of the memory that the blocks need for packed rows: the arrays of packed.py."""

from __future__ import annotations

from dataclasses import replace

from morris_mlx.models.shape import ModelShape, adapted_linears
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.batch_shapes import QUERIES_IN_BLOCK, query_blocks

FLOAT = 4
# Arrays that are alive at the same moment, as in estimate.py: found by watching the peak.
MLP_ARRAYS, TILE_ARRAYS, STATE_ARRAYS = 8, 6, 12
BLOCKS_AGAIN = 2  # the next block is computed again before one is done


def kept_by_packed_block(
    shape: ModelShape, settings: TrainSettings, tokens: int, pairs: int, number: int
) -> float:
    """Return what one block keeps for the backward pass, for `tokens` tokens and `pairs` scores.

    For each token: the inputs of the block and of its MLP, queries, keys, values and the result of
    attention, gate and its sigmoid, up, and what the A matrices of the adapters give. With "none"
    also the probabilities, otherwise the sum of exponentials of each head.
    """
    d, q, inner = shape.hidden, shape.q_size, shape.intermediate
    if settings.recompute == "full":
        return float(tokens * d * number)
    numbers = 2 * d + 2 * q + 2 * shape.kv_size + 3 * inner
    floats = settings.rank * len(adapted_linears(shape, settings))
    if settings.recompute == "attention":
        return float(tokens * (numbers * number + (floats + shape.heads) * FLOAT))
    return float(tokens * (numbers * number + floats * FLOAT) + pairs * number)


def spared_in_last_block(
    shape: ModelShape, settings: TrainSettings, tokens: int, targets: int, kept: float, number: int
) -> tuple[float, float]:
    """Return how much less the last block keeps than the others, and its backward pass needs.

    Its MLP computes the targets alone. `kept` is what another block keeps. What the last one keeps
    is free when the others work.
    """
    if settings.recompute == "full":
        return 0.0, 0.0
    inner = shape.intermediate
    less = float((tokens - targets) * (shape.hidden + 3 * inner) * number)
    work = float((tokens - targets) * MLP_ARRAYS * inner * number)
    return less, min(work, kept - less)


def packed_block_work(
    shape: ModelShape, settings: TrainSettings, tokens: int, longest: int, number: int
) -> float:
    """Return the most that the backward pass of one block needs beside what was kept."""
    mlp = MLP_ARRAYS * shape.intermediate
    tile = TILE_ARRAYS * shape.heads * min(QUERIES_IN_BLOCK, longest) * longest * FLOAT
    work = tokens * (mlp + STATE_ARRAYS / 2 * shape.hidden) * number + tile
    if settings.recompute != "full":
        return work
    block = kept_by_packed_block(shape, replace(settings, recompute="none"), tokens, 0, number)
    return BLOCKS_AGAIN * (block + work)


def packed_pairs(heads: int, lengths: tuple[int, ...]) -> int:
    """Return the scores that are computed of rows of these lengths."""
    return heads * sum(
        (end - start) * end for length in lengths for start, end in query_blocks(length)
    )
