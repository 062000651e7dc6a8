"""Estimate of the activations of a block that is trained along the generic path.

mlx-lm's own layers keep more arrays than those of forward.py, and the number depends on the
architecture. `block_arrays.py` has the numbers that scripts/bench/block_arrays.py measured for the
common families: their memory is predicted within a tenth on a CPU. For other types it is estimated
with UPPER, whose numbers are rounded up. The scores of attention are counted as a tile, or as the
whole matrix for types and stages that compute it, although the fused kernels of a GPU keep it only
for some masks. A measured step corrects the plan before a training begins.
"""

from __future__ import annotations

from dataclasses import fields

from morris_mlx.models.shape import (
    BlockLayout,
    ModelShape,
    Part,
    PlacedLinear,
    adapted_linears,
)
from morris_mlx.records.training import Recompute, TrainSettings
from morris_mlx.train.memory.block_arrays import (
    FLOAT,
    MEASURED,
    SAME_BLOCKS,
    SLIDING_TYPES,
    Arrays,
    BlockArrays,
)

STATE_TOKENS = 16  # the fewest tokens in a chunk of gated_delta.py
MOST_QUERIES, FEWEST_QUERIES = 256, 32  # in a block of long_attention.py
# What dropout keeps for each adapted layer, in arrays of its input's size: the values after dropout
# and their mask, instead of the values before it, which several layers share.
DROPOUT_ARRAYS = 1.75
UPPER = BlockArrays(
    kept={
        "none": Arrays(
            hidden=10.5, queries=4.5, values=4.5, inner=7, routed=3.5, recurrent=4.5, pairs=2
        ),
        "attention": Arrays(
            hidden=10.5, queries=0.5, values=0.5, inner=6.5, routed=3.5, recurrent=0.5, pairs=0.2
        ),
        "full": Arrays(hidden=1),
    },
    work={
        "none": Arrays(
            hidden=17, queries=10, values=6, inner=6, routed=3, recurrent=10, pairs=3, states=1
        ),
        "attention": Arrays(
            hidden=17, queries=12, values=8, inner=6, routed=3, recurrent=12, pairs=4.5, tile=6
        ),
        "full": Arrays(
            hidden=31, queries=14, values=8, inner=14, routed=7, recurrent=14, pairs=6, tile=6
        ),
    },
    logits=None,
)
# For UPPER only: arrays of a recurrent state that exist while a chunk of tokens is computed.
STATES = 8


def is_measured(shape: ModelShape) -> bool:
    """Return True if the arrays of this type of model were measured."""
    return counts_of(shape) is not UPPER


def counts_of(shape: ModelShape) -> BlockArrays:
    """Return the numbers of arrays in a block of this type of model."""
    return MEASURED.get(_kind(shape), UPPER)


def _kind(shape: ModelShape) -> str:
    kind = shape.layout.model_type if shape.layout else ""
    return SAME_BLOCKS.get(kind, kind)


def is_sliding(shape: ModelShape, width: int) -> bool:
    """Return True if some blocks mask these rows for sliding attention, or may do so."""
    slides = _kind(shape) in SLIDING_TYPES or not is_measured(shape)
    return slides and shape.layout is not None and 0 < shape.layout.window < width


def array_bytes(
    shape: ModelShape,
    stage: Recompute,
    rows: int,
    width: int,
    number_bytes: int,
    tile_elements: int,
    sliding: bool,
) -> Arrays:
    """Return the bytes of one array of each kind. `tile_elements` are the numbers in a tile.

    A token's experts count as one MLP. `sliding` is that of `is_sliding`.
    """
    places = rows * width * number_bytes
    inner, routed, recurrent, state = _layout_sizes(shape)
    whole = stage == "none" or shape.layout is None or shape.layout.whole_attention
    scores = rows * shape.heads * FLOAT
    tile = _tile(rows * shape.heads, width, tile_elements, sliding)
    return Arrays(
        hidden=places * shape.hidden,
        queries=places * shape.q_size,
        values=places * shape.kv_size,
        inner=places * inner,
        routed=places * routed,
        recurrent=places * recurrent,
        pairs=scores * width**2 if whole else 0.0,
        tile=0.0 if whole else float(scores * tile),
        states=float(rows * -(-width // STATE_TOKENS) * state * FLOAT),
    )


def _tile(heads: int, width: int, tile_elements: int, sliding: bool) -> int:
    """Return the scores of the largest block of queries, for each row and head."""
    fitting = tile_elements // (heads * width)
    size = min(max(fitting, FEWEST_QUERIES), MOST_QUERIES)
    if sliding:
        return min(size, width) * width
    return max(
        (min(start + size, width) - start) * min(start + size, width)
        for start in range(0, width, size)
    )


def _layout_sizes(shape: ModelShape) -> tuple[int, int, int, int]:
    """Return sizes for a token: the MLP's, its experts' outputs, a recurrence's, and its state.

    The size of a recurrence is that of its outputs beyond queries, keys and values.
    """
    if shape.layout is None:
        return shape.intermediate, 0, 0, 0
    blocks = shape.layout.blocks
    mixed = max(_mixed(block) for block in blocks)
    return (
        max(_inner(block, shape) for block in blocks),
        max(_routed(block, shape.hidden) for block in blocks),
        max(0, mixed - shape.hidden - 2 * shape.kv_size - shape.q_size),
        max(block.state for block in blocks),
    )


def _mixed(block: BlockLayout) -> int:
    return sum(one.size.outputs for one in block.linears if one.part is Part.ATTENTION)


def _inner(block: BlockLayout, shape: ModelShape) -> int:
    """Return the inputs of the layers at the end of a block's MLP."""
    ends = [
        one
        for one in block.linears
        if one.part in (Part.MLP, Part.EXPERTS) and one.size.outputs == shape.hidden
    ]
    if not any(one.copies > 1 for one in block.linears):
        return shape.intermediate
    return sum(one.used * one.size.inputs for one in ends)


def _routed(block: BlockLayout, hidden: int) -> int:
    """Return the numbers in the outputs of a token's experts."""
    experts = [one for one in block.linears if one.copies > 1 and one.size.outputs == hidden]
    return sum(one.used * hidden for one in experts)


def kept_by_block(
    shape: ModelShape, settings: TrainSettings, rows: int, width: int, number_bytes: int
) -> float:
    """Return the bytes that a block keeps for the backward pass until its turn."""
    sizes = array_bytes(shape, settings.recompute, rows, width, number_bytes, 1, False)
    kept = total_bytes(counts_of(shape).kept[settings.recompute], sizes)
    if settings.recompute == "none" and not is_measured(shape):
        kept += sizes.states
    if settings.recompute != "full":
        kept += _adapter_bytes(shape, settings, rows * width, number_bytes)
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
    of_tile = tile_elements, is_sliding(shape, width)
    sizes = array_bytes(shape, settings.recompute, rows, width, number_bytes, *of_tile)
    work = total_bytes(counts_of(shape).work[settings.recompute], sizes)
    if not is_measured(shape):
        work += STATES * rows * _layout_sizes(shape)[3] * FLOAT
        work += sizes.states if settings.recompute != "none" else 0.0
    if settings.recompute == "full":
        work += _adapter_bytes(shape, settings, rows * width, number_bytes)
    return work


def total_bytes(counts: Arrays, sizes: Arrays) -> float:
    """Return the bytes of these numbers of arrays."""
    return float(
        sum(getattr(counts, one.name) * getattr(sizes, one.name) for one in fields(Arrays))
    )


def _adapter_bytes(
    shape: ModelShape, settings: TrainSettings, places: int, number_bytes: int
) -> float:
    """Return the bytes that a block keeps for its adapter, beside those that every adapter keeps.

    These are the low-rank values, the inputs after dropout and, where x is not in float32, the
    inputs in float32. Inputs of layers that do not learn are not kept.
    """
    linears = _learning(shape, settings)
    if settings.recompute == "attention":  # those of attention are not kept
        linears = tuple(one for one in linears if one.part is not Part.ATTENTION)
    inputs = sum(one.used * one.size.inputs for one in linears)
    numbers = float(settings.rank * sum(one.used for one in linears) * FLOAT)
    if settings.dropout > 0:
        numbers += (DROPOUT_ARRAYS * inputs - _distinct(linears)) * number_bytes
    if number_bytes < FLOAT or not is_measured(shape):
        numbers += inputs * FLOAT
    total = float(places * numbers)
    if is_measured(shape) and settings.targets == "attention":
        total -= places * (shape.hidden + shape.intermediate) * number_bytes
    if settings.fine_tune_type == "dora":
        total += FLOAT * places * sum(2 * one.size.outputs for one in linears)
        total += FLOAT * sum(3 * one.size.weights for one in linears)
    return total


def _distinct(linears: tuple[PlacedLinear, ...]) -> int:
    """Return the inputs without those that layers share: the last layer of a part has its own."""
    count = 0
    for part in Part:
        own = [one.used * one.size.inputs for one in linears if one.part is part]
        count += sum(own if len(own) < 2 else (own[0], own[-1]))
    return count


def _learning(shape: ModelShape, settings: TrainSettings) -> tuple[PlacedLinear, ...]:
    """Return the layers of a block that learn: those of the block with the most inputs."""
    if shape.layout is None:
        attention = len(shape.attention_linears)
        return tuple(
            PlacedLinear(linear, Part.ATTENTION if place < attention else Part.MLP)
            for place, linear in enumerate(adapted_linears(shape, settings))
        )
    blocks = [block.learning(settings.targets) for block in shape.layout.blocks]
    return max(blocks, key=lambda block: sum(one.used * one.size.inputs for one in block))
