"""Numbers of arrays that a block of a family holds while it is trained along the generic path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from morris_mlx.records.training import Recompute

FLOAT = 4


@dataclass(frozen=True, slots=True)
class Arrays:
    """Numbers of arrays, or bytes of arrays, by the size of the array.

    `routed` have the size of the outputs of a token's experts, `recurrent` that of a recurrence's
    inputs. Arrays of `pairs` have a value for each query, key and head, arrays of `tile` for each
    of one block of queries, and `states` hold the states between chunks of tokens.
    """

    hidden: float = 0.0
    queries: float = 0.0
    values: float = 0.0
    inner: float = 0.0
    routed: float = 0.0
    recurrent: float = 0.0
    pairs: float = 0.0
    tile: float = 0.0
    states: float = 0.0


@dataclass(frozen=True, slots=True)
class BlockArrays:
    """Arrays that a block keeps for the backward pass, and those that its backward pass adds.

    `logits` are the arrays of a chunk of logits, if it is the only one and if another follows; None
    stands for those of the device.
    """

    kept: Mapping[Recompute, Arrays]
    work: Mapping[Recompute, Arrays]
    logits: tuple[float, float] | None


# Types that have the blocks of another one, by their names in config.json.
SAME_BLOCKS: Mapping[str, str] = {"qwen3_5_text": "qwen3_5"}
# Measured types with sliding attention in some blocks, whose mask makes a tile as wide as the row.
SLIDING_TYPES = ("gemma3_text",)
# Printed by scripts/bench/block_arrays.py --fit.
MEASURED: Mapping[str, BlockArrays] = {
    "qwen3": BlockArrays(
        kept={
            "none": Arrays(hidden=4.29, queries=2.54, values=5.1, inner=4.57, pairs=1.02),
            "attention": Arrays(hidden=4.84, inner=4.9),
            "full": Arrays(hidden=1),
        },
        work={
            "none": Arrays(hidden=8.71, queries=5.22, inner=5.88, pairs=1.8),
            "attention": Arrays(hidden=0.23, queries=6.66, values=1.29, inner=3.6, tile=6.86),
            "full": Arrays(hidden=6.77, queries=13.73, values=7.44, inner=5.11, tile=8.58),
        },
        logits=(7.6, 7.7),
    ),  # 5% at most
    "gemma3_text": BlockArrays(
        kept={
            "none": Arrays(hidden=6.77, queries=2.99, values=3.69, inner=7.01, pairs=0.93),
            "attention": Arrays(hidden=5.34, inner=7.03),
            "full": Arrays(hidden=1),
        },
        work={
            "none": Arrays(hidden=1.47, queries=5.5, inner=2.59, pairs=1.96),
            "attention": Arrays(queries=2.62, values=10.16, tile=6.95),
            "full": Arrays(hidden=9.49, queries=8.57, values=15.67, inner=4.73, tile=8.93),
        },
        logits=(7.3, 8.6),
    ),  # 9% at most
    "qwen2": BlockArrays(
        kept={
            "none": Arrays(hidden=3.22, queries=3.22, values=2.42, inner=5.33, pairs=0.82),
            "attention": Arrays(hidden=2.1, queries=2.1, values=0.5, inner=5.01),
            "full": Arrays(hidden=1),
        },
        work={
            "none": Arrays(hidden=5.8, queries=5.79, inner=0.2, pairs=3.67),
            "attention": Arrays(hidden=4.09, queries=4.08, inner=2.85, tile=6.84),
            "full": Arrays(hidden=7, queries=6.76, values=6.26, inner=4.11, tile=11.02),
        },
        logits=(7.6, 8.0),
    ),  # 3% at most
    "granite": BlockArrays(
        kept={
            "none": Arrays(hidden=2.76, queries=2.75, values=3.58, inner=5.06, pairs=0.95),
            "attention": Arrays(hidden=1.94, queries=1.94, values=0.49, inner=5.18),
            "full": Arrays(hidden=1),
        },
        work={
            "none": Arrays(hidden=8.31, queries=8.29, inner=3.01, pairs=2.15),
            "attention": Arrays(hidden=7.19, queries=7.17, inner=0.37, tile=6.95),
            "full": Arrays(hidden=6.61, queries=6.39, values=8.29, inner=4.28, tile=10.92),
        },
        logits=(7.6, 8.0),
    ),  # 5% at most
    "gemma2": BlockArrays(
        kept={
            "none": Arrays(hidden=6.12, queries=2.38, values=2.4, inner=7.1, pairs=1.89),
            "attention": Arrays(hidden=5.6, inner=6.74),
            "full": Arrays(hidden=1),
        },
        work={
            "none": Arrays(hidden=5.74, queries=5.41, inner=1.86, pairs=1.93),
            "attention": Arrays(queries=10.77, values=9.24, pairs=4.63),
            "full": Arrays(hidden=4.23, queries=12.2, inner=10.39, pairs=5.35),
        },
        logits=(8.5, 8.5),
    ),  # 4% at most
    "phi3": BlockArrays(
        kept={
            "none": Arrays(hidden=5.03, queries=5.02, values=2.21, inner=4.61, pairs=0.98),
            "attention": Arrays(hidden=2.39, queries=2.39, values=0.23, inner=4.96),
            "full": Arrays(hidden=1),
        },
        work={
            "none": Arrays(values=6.43, inner=15.83, pairs=0.16),
            "attention": Arrays(hidden=4.37, queries=4.36, inner=7.74, tile=6.08),
            "full": Arrays(hidden=9.26, queries=9.07, values=12.93, inner=7.11, tile=11.01),
        },
        logits=(7.7, 8.7),
    ),  # 10% at most
    "olmo2": BlockArrays(
        kept={
            "none": Arrays(hidden=4.56, queries=3.75, values=1.3, inner=5.43, pairs=0.86),
            "attention": Arrays(hidden=3.33, queries=0.39, inner=5.04),
            "full": Arrays(hidden=1),
        },
        work={
            "none": Arrays(hidden=2.3, queries=3.52, values=19.25, pairs=3.03),
            "attention": Arrays(hidden=8.21, values=1.76, inner=2.07, tile=6.97),
            "full": Arrays(hidden=4.65, queries=13.66, values=9.35, inner=2.97, tile=10.02),
        },
        logits=(8.1, 8.2),
    ),  # 5% at most
    "qwen3_moe": BlockArrays(
        kept={
            "none": Arrays(
                hidden=3.62, queries=3.64, values=3.74, inner=4.22, routed=0.38, pairs=1.05
            ),
            "attention": Arrays(hidden=3.96, queries=0.08, inner=3.94, routed=1.12),
            "full": Arrays(hidden=1),
        },
        work={
            "none": Arrays(
                hidden=1.98, queries=3.45, values=4.07, inner=2, routed=4.21, pairs=1.71
            ),
            "attention": Arrays(queries=1.98, values=7.83, tile=7.32),
            "full": Arrays(hidden=3.89, queries=11.32, values=11.28, inner=0.23, tile=10.86),
        },
        logits=(8.3, 8.3),
    ),  # 5% at most
    "qwen3_5": BlockArrays(
        kept={
            "none": Arrays(
                hidden=6.31, values=1.43, inner=5.4, recurrent=2.55, pairs=0.57, states=0.88
            ),
            "attention": Arrays(hidden=4.31, inner=4.75, recurrent=0.21, states=0.41),
            "full": Arrays(hidden=1),
        },
        work={
            "none": Arrays(hidden=14.74, values=14.56, inner=5.36, recurrent=2.23, pairs=0.18),
            "attention": Arrays(queries=3.92, values=14.42, tile=6.79),
            "full": Arrays(queries=8.9, inner=15.16, recurrent=0.7, tile=4.18, states=1.55),
        },
        logits=(7.7, 7.7),
    ),  # 11% at most
    "smollm3": BlockArrays(
        kept={
            "none": Arrays(hidden=3.32, queries=3.28, values=0.91, inner=5.07, pairs=0.99),
            "attention": Arrays(hidden=4.36, inner=5),
            "full": Arrays(hidden=1),
        },
        work={
            "none": Arrays(hidden=16.06, queries=1, values=11.96, inner=2.19, pairs=1.72),
            "attention": Arrays(hidden=4.27, queries=5.16, values=3.27, inner=1.71, tile=7.04),
            "full": Arrays(hidden=6.49, queries=7.46, values=5.92, inner=4.15, tile=10.92),
        },
        logits=(7.6, 8.0),
    ),  # 4% at most
    "ministral3": BlockArrays(
        kept={
            "none": Arrays(hidden=5.35, queries=2.73, values=1, inner=4.37, pairs=1.05),
            "attention": Arrays(hidden=4.82, inner=4.89),
            "full": Arrays(hidden=1),
        },
        work={
            "none": Arrays(queries=3.32, values=15.61, inner=6.94, pairs=1.17),
            "attention": Arrays(hidden=0.35, queries=4.76, values=0.58, inner=3.66, tile=6.91),
            "full": Arrays(hidden=6.28, queries=7.69, values=8.46, inner=3.87, tile=10.88),
        },
        logits=(7.6, 8.0),
    ),  # 3% at most
}
