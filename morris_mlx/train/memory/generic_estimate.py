"""Upper estimate of the activations of a block that is trained along the generic path.

mlx-lm's own layers keep more arrays than those of forward.py, and the number depends on the
architecture. The numbers below count arrays for each token, by their size. They are rounded up from
peaks that were measured on a CPU with toys of Qwen3, Gemma 2 and Gemma 3 in which one size was much
larger than the others. The scores of attention are counted as a tile, or as the whole matrix for
types and stages that compute it, although the fused kernels of a GPU keep it only for some masks. A
measured step corrects the plan before a training begins.
"""

from __future__ import annotations

from dataclasses import dataclass

from morris_mlx.models.shape import (
    BlockLayout,
    ModelShape,
    Part,
    PlacedLinear,
    adapted_linears,
)
from morris_mlx.records.training import Recompute, TrainSettings

FLOAT = 4
STATE_TOKENS = 16  # the fewest tokens in a chunk of gated_delta.py


@dataclass(frozen=True, slots=True)
class Arrays:
    """Numbers of arrays by their size; one of `pairs` has a value for each query, key and head."""

    hidden: float
    queries: float
    values: float
    inner: float
    pairs: float

    def numbers(self, sizes: BlockSizes, rows: int, width: int) -> float:
        """Return the number of values in arrays of tokens."""
        token = (
            self.hidden * sizes.hidden
            + self.queries * sizes.queries
            + self.values * sizes.values
            + self.inner * sizes.inner
        )
        return rows * width * token


@dataclass(frozen=True, slots=True)
class BlockSizes:
    """The sizes of a block that its arrays have; `state` is 0 without a recurrence."""

    hidden: int
    queries: int
    values: int
    inner: int
    heads: int
    state: int


def block_sizes(shape: ModelShape) -> BlockSizes:
    """Return the largest sizes of any block. A token's experts count as one MLP."""
    plain = BlockSizes(
        shape.hidden, shape.q_size, shape.kv_size, shape.intermediate, shape.heads, 0
    )
    if shape.layout is None:
        return plain
    blocks = shape.layout.blocks
    mixed = max(_outputs(block, mixing=True) for block in blocks)
    return BlockSizes(
        hidden=plain.hidden,
        queries=max(plain.queries, mixed - plain.hidden - 2 * plain.values),
        values=plain.values,
        inner=max(_outputs(block, mixing=False) for block in blocks) // 2,
        heads=plain.heads,
        state=max(block.state for block in blocks),
    )


def _outputs(block: BlockLayout, mixing: bool) -> int:
    """Return the outputs of the layers that mix tokens, or of all others."""
    return sum(
        linear.used * linear.size.outputs
        for linear in block.linears
        if (linear.part is Part.ATTENTION) is mixing
    )


KEPT: dict[Recompute, Arrays] = {
    "none": Arrays(hidden=7, queries=4.5, values=4.5, inner=7, pairs=2),
    "attention": Arrays(hidden=7, queries=0.5, values=0.5, inner=6.5, pairs=0.2),
    "full": Arrays(hidden=1, queries=0, values=0, inner=0, pairs=0),
}
WORK: dict[Recompute, Arrays] = {
    "none": Arrays(hidden=14, queries=10, values=6, inner=6, pairs=3),
    "attention": Arrays(hidden=14, queries=12, values=8, inner=6, pairs=4.5),
    "full": Arrays(hidden=24, queries=14, values=8, inner=14, pairs=6),
}


# Arrays of the size of a recurrent state that exist while a chunk of tokens is computed.
STATES = 8
TILES = 6  # arrays of the size of a tile of scores


def kept_by_block(
    shape: ModelShape, settings: TrainSettings, rows: int, width: int, number_bytes: int
) -> float:
    """Return the bytes that a block keeps for the backward pass until its turn."""
    sizes = block_sizes(shape)
    arrays = KEPT[settings.recompute]
    kept = arrays.numbers(sizes, rows, width) * number_bytes
    if _keeps_whole_matrix(shape, settings):
        kept += arrays.pairs * rows * width * width * sizes.heads * FLOAT
    if settings.recompute == "none":
        kept += _state_bytes(sizes, rows, width)
    if settings.recompute != "full":
        kept += _adapter_bytes(shape, settings, rows * width)
    return kept


def block_work(
    shape: ModelShape,
    settings: TrainSettings,
    rows: int,
    width: int,
    number_bytes: int,
    tile_elements: int,
) -> float:
    """Return the peak of bytes that a block's backward pass needs besides those that were kept.

    `tile_elements` are the numbers in the scores of a block of queries.
    """
    sizes = block_sizes(shape)
    arrays = WORK[settings.recompute]
    work = arrays.numbers(sizes, rows, width) * number_bytes
    work += STATES * rows * sizes.state * FLOAT
    pairs = rows * width * width * sizes.heads
    if _keeps_whole_matrix(shape, settings):
        work += arrays.pairs * pairs * FLOAT
    else:
        work += TILES * min(pairs, tile_elements) * FLOAT
    if settings.recompute != "none":
        work += _state_bytes(sizes, rows, width)
    if settings.recompute == "full":
        work += _adapter_bytes(shape, settings, rows * width)
    return work


def _keeps_whole_matrix(shape: ModelShape, settings: TrainSettings) -> bool:
    """Return True if a block's attention is computed with the whole matrix of scores."""
    whole = shape.layout is None or shape.layout.whole_attention
    return whole or settings.recompute == "none"


def _state_bytes(sizes: BlockSizes, rows: int, width: int) -> float:
    """Return the bytes of a recurrence's states between chunks."""
    return float(rows * -(-width // STATE_TOKENS) * sizes.state * FLOAT)


def _adapter_bytes(shape: ModelShape, settings: TrainSettings, places: int) -> float:
    """Return the bytes that the adapter's layers keep: inputs in float32 and low-rank values."""
    copies = 2 if settings.dropout > 0 else 1
    linears = _learning(shape, settings)
    numbers = sum(one.used * (copies * one.size.inputs + settings.rank) for one in linears)
    if settings.fine_tune_type == "dora":
        numbers += sum(2 * one.size.outputs for one in linears)
        numbers += sum(3 * one.size.weights for one in linears) // places
    return float(places * numbers * FLOAT)


def _learning(shape: ModelShape, settings: TrainSettings) -> tuple[PlacedLinear, ...]:
    """Return the layers of a block that learn: those of the block with the most inputs."""
    if shape.layout is None:
        linears = adapted_linears(shape, settings)
        return tuple(PlacedLinear(linear, Part.MLP) for linear in linears)
    blocks = [block.learning(settings.targets) for block in shape.layout.blocks]
    return max(blocks, key=lambda block: sum(one.used * one.size.inputs for one in block))
