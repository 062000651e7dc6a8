"""Estimate of peak memory: the arrays that forward.py, loss.py and loop.py hold at one time.

The blocks of the generic path are estimated in generic_estimate.py.

Everything is counted in bytes. Numbers in a computation have `ComputeProfile.number_bytes` each;
those of the adapter, its gradients, the optimizer's moments and everything inside an exponential
have FLOAT. Where several arrays of one size are alive at the same time, their number is a constant
below, found by watching `mx.get_peak_memory()` while one size was made much larger than the others.
"""

from __future__ import annotations

from dataclasses import dataclass

from morris_mlx.models.families import Forward
from morris_mlx.models.shape import (
    ModelShape,
    adapted_layers,
    adapted_linears,
    head_parameters,
    trainable_parameters,
)
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.batch_shapes import JOINED_NUMBERS, PAD_MULTIPLE
from morris_mlx.train.memory.generic_estimate import block_work, counts_of, kept_by_block
from morris_mlx.train.memory.packed_estimate import (
    kept_by_packed_block,
    packed_block_work,
    packed_pairs,
    spared_in_last_block,
)

FLOAT = 4
MOST_QUERIES, FEWEST_QUERIES = 256, 32  # in a block of attention.py
UPDATE_ARRAYS = 3.7  # of JOINED_NUMBERS, measured
PACKED_CHUNK_ARRAYS, PACKED_CHUNKS_ARRAYS = 11, 13  # of logits, measured with two lanes
STATE_ARRAYS = 12  # of the hidden size, outside of attention and MLP


@dataclass(frozen=True, slots=True)
class ComputeProfile:
    """Sizes and numbers of arrays on a device.

    `number_bytes` is the size of a number that is not quantized, `tile_elements` the numbers in a
    tile. The other fields say how many float32 arrays are alive beside those that the backward
    pass needs: MLX starts some ten operations before the first of them is done, and their inputs
    and outputs are alive meanwhile. `mlp_arrays` have the inner size of an MLP, and so have
    `mlp_arrays_again` if the forward pass of the block is recomputed just before. `tile_arrays`
    hold the scores of one block of queries. `chunk_arrays` hold a chunk of logits;
    `two_chunks_arrays` count if another chunk follows, whose arrays are begun early. With `merges`
    a compiled step keeps equal arrays only once.
    """

    number_bytes: int
    tile_elements: int
    merges: bool
    mlp_arrays: int
    mlp_arrays_again: int
    tile_arrays: int
    chunk_arrays: int
    two_chunks_arrays: int
    lanes: int = 1  # of packed rows


# The tiles are those of swiglu.tile_elements(). The counts of a GPU were found with the step
# compiled, in bfloat16, on the CPU backend and with blockwise attention: the fused kernel of a Mac
# keeps less, so that there the attention counted here is an upper bound.
CPU = ComputeProfile(FLOAT, 2**21, False, 4, 11, 8, 6, 12)
GPU = ComputeProfile(2, 2**24, True, 5, 10, 5, 5, 7)


@dataclass(frozen=True, slots=True)
class BatchShape:
    """The rows, the width and the targets of a batch.

    `width` is the padded one, or the longest of the `lengths` of packed rows.
    """

    rows: int
    width: int
    targets: int
    lengths: tuple[int, ...] = ()

    @property
    def places(self) -> int:
        """Return the tokens of the batch, padding included."""
        return sum(self.lengths) or self.rows * self.width


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a training's peak in bytes, all held at the same moment.

    `optimizer` counts the moments and the gradients, `activations` what is kept for the backward
    pass and what the largest block works with, `loss` what the chunks of logits add to that.
    """

    weights: float
    adapter: float
    optimizer: float
    activations: float
    loss: float

    @property
    def peak(self) -> float:
        """Return the sum of the parts."""
        return self.weights + self.adapter + self.optimizer + self.activations + self.loss


def training_parts(
    shape: ModelShape, settings: TrainSettings, batch: BatchShape, profile: ComputeProfile
) -> Parts:
    """Return the parts at the moment of a step with the most memory, after the first step."""
    adapter = FLOAT * trainable_parameters(shape, settings)
    loss = _loss_bytes(shape, settings, batch, profile)
    if shape.forward is Forward.GENERIC:
        sizes = (batch.rows, batch.width, profile.number_bytes)
        kept = adapted_layers(shape, settings) * kept_by_block(shape, settings, *sizes)
        work = block_work(shape, settings, *sizes, profile.tile_elements)
    elif batch.lengths:
        number = profile.number_bytes
        pairs = packed_pairs(shape.heads, batch.lengths)
        block = kept_by_packed_block(shape, settings, batch.places, pairs, number)
        kept_less, work_less = spared_in_last_block(
            shape, settings, batch.places, batch.targets, block, number
        )
        kept = adapted_layers(shape, settings) * block - kept_less
        work = packed_block_work(shape, settings, batch.places, batch.width, number) - work_less
    else:
        kept = _kept_in_all(shape, settings, batch, profile)
        work = _block_work(shape, settings, batch, profile)
    # AdamW's two moments, and with accumulation the sum of the gradients so far.
    during = (2 if settings.accumulate == 1 else 3) * adapter
    # At the end of a step there are the gradients and the old and the new adapter, with some copies
    # of one joined array, and hardly any activations.
    end = 4 * adapter + min(adapter, UPDATE_ARRAYS * JOINED_NUMBERS * FLOAT)
    weights = shape.weight_bytes(profile.number_bytes)
    if max(kept + loss, kept + work) + during < end:
        return Parts(weights, adapter, end, 0.0, 0.0)
    if loss > work:
        return Parts(weights, adapter, during, kept, loss)
    return Parts(weights, adapter, during, kept + work, 0.0)


def _kept_in_all(
    shape: ModelShape, settings: TrainSettings, batch: BatchShape, profile: ComputeProfile
) -> float:
    """Return what all blocks keep for the backward pass at the end of the forward pass."""
    learning = adapted_layers(shape, settings)
    if settings.recompute == "full":
        return learning * batch.places * shape.hidden * profile.number_bytes
    return learning * _kept_by_block(shape, settings, batch, profile)


def _kept_by_block(
    shape: ModelShape, settings: TrainSettings, batch: BatchShape, profile: ComputeProfile
) -> float:
    """Return what one block keeps for the backward pass.

    For each place: the inputs of the block and of its MLP (hidden size), queries and the output of
    attention (query size), keys and values, gate, up and the gate's sigmoid (inner size), and the
    inputs of the adapter.
    """
    d, q, inner = shape.hidden, shape.q_size, shape.intermediate
    learning = adapted_linears(shape, settings)
    numbers = 2 * d + 2 * q + 2 * shape.kv_size + 3 * inner
    if settings.dropout > 0:
        numbers += _read_by_adapter(shape, settings, 1, 1)  # layers with one input share a mask
    # x A is computed in float32, so x is converted, for each A separately unless the engine merges
    # equal arrays. If x is float32 already, no copy is made.
    alone = profile.number_bytes < FLOAT and not profile.merges
    read = _read_by_adapter(shape, settings, *((3, 2) if alone else (1, 1)))
    floats = read + shape.heads + settings.rank * len(learning)  # log-sums; x A of every layer
    total = float(batch.places * (numbers * profile.number_bytes + floats * FLOAT))
    if settings.recompute == "none":
        total += _pairs(shape, batch, profile) * profile.number_bytes
    return total + _dora_bytes(shape, settings, batch, profile)


def _read_by_adapter(shape: ModelShape, settings: TrainSettings, qkv: int, gate_up: int) -> int:
    """Return the numbers for each place that the A matrices read.

    `qkv` of the three projections and `gate_up` of the two hold a copy of their common input.
    """
    attention = qkv * shape.hidden + shape.q_size
    if settings.targets == "attention":
        return attention
    return attention + gate_up * shape.hidden + shape.intermediate


def _dora_bytes(
    shape: ModelShape, settings: TrainSettings, batch: BatchShape, profile: ComputeProfile
) -> float:
    """Return what DoRA keeps: every output before its norm is set, and dequantized weights."""
    if settings.fine_tune_type != "dora":
        return 0.0
    linears = adapted_linears(shape, settings)
    outputs = batch.places * sum(linear.outputs for linear in linears)
    unpacked = sum(linear.weights for linear in linears) if shape.quantized else 0
    return (outputs + unpacked) * profile.number_bytes


def _queries(shape: ModelShape, batch: BatchShape, profile: ComputeProfile) -> int:
    """Return the number of queries in one block of attention.py."""
    fitting = profile.tile_elements // (batch.places * shape.heads)
    return min(min(max(fitting, FEWEST_QUERIES), MOST_QUERIES), batch.width)


def _tiles(shape: ModelShape, batch: BatchShape, profile: ComputeProfile) -> list[int]:
    """Return the probabilities in each block: its queries with the keys up to its end."""
    size = _queries(shape, batch, profile)
    return [
        batch.rows * shape.heads * (end - start) * end
        for start in range(0, batch.width, size)
        for end in [min(start + size, batch.width)]
    ]


def _pairs(shape: ModelShape, batch: BatchShape, profile: ComputeProfile) -> int:
    """Return the probabilities in all blocks."""
    return sum(_tiles(shape, batch, profile))


def _block_work(
    shape: ModelShape, settings: TrainSettings, batch: BatchShape, profile: ComputeProfile
) -> float:
    """Return the most that the backward pass of one block needs beside what was kept."""
    places, number = batch.places, profile.number_bytes
    again = settings.recompute == "full"
    block = _kept_by_block(shape, settings, batch, profile) if again else 0.0
    arrays = profile.mlp_arrays_again if again else profile.mlp_arrays
    mlp = places * (arrays * shape.intermediate * FLOAT + STATE_ARRAYS / 2 * shape.hidden * number)
    tile = max(_tiles(shape, batch, profile))
    # The gradients with respect to the scores stay in all blocks until those of the keys are
    # computed, and so do the probabilities unless they were kept anyway.
    together = (1 if settings.recompute == "none" else 2) * _pairs(shape, batch, profile)
    attention = float(together * number + profile.tile_arrays * tile * FLOAT)
    attention += places * (2 * shape.q_size + shape.hidden * STATE_ARRAYS / 2) * number
    if not again:  # the arrays of the last block's MLP are free by then
        attention -= 4 * places * shape.intermediate * number
    states = places * shape.hidden * STATE_ARRAYS * number
    return block + max(mlp, attention, states) + _dora_work(shape, settings)


def _dora_work(shape: ModelShape, settings: TrainSettings) -> float:
    """Return the memory of an adapted weight's norm: the weight, its square, and A times B."""
    if settings.fine_tune_type != "dora":
        return 0.0
    largest = max(linear.weights for linear in adapted_linears(shape, settings))
    return 3.0 * largest * FLOAT


def _loss_bytes(
    shape: ModelShape, settings: TrainSettings, batch: BatchShape, profile: ComputeProfile
) -> float:
    """Return the memory of the loss.

    It holds chunks of logits, the hidden states of the targets with their gradients, and the
    gradients of the head.
    """
    chunk = min(batch.targets, max(1, profile.tile_elements // shape.vocabulary))
    arrays: float = profile.chunk_arrays
    beside = 3.0 * batch.targets * shape.hidden * profile.number_bytes
    again = settings.recompute == "full"
    if batch.lengths and profile.lanes > 1:  # each lane has chunks of its own
        one_each = batch.targets <= profile.lanes * chunk
        chunk = min(chunk, -(-batch.targets // profile.lanes))
        arrays = PACKED_CHUNK_ARRAYS if one_each else PACKED_CHUNKS_ARRAYS - (3 if again else 0)
        if settings.targets == "all+head":
            beside += 3 * FLOAT * head_parameters(shape, settings)
    elif settings.targets == "all+head":
        # A chunk waits for the one before and adds to its gradients of the head: their sum, those
        # of the chunk, and the results of the backward pass.
        arrays += 2 if batch.targets > chunk else 1
        beside += 3 * FLOAT * head_parameters(shape, settings)
    elif shape.forward is Forward.GENERIC and (measured := counts_of(shape).logits):
        arrays = measured[batch.targets > chunk]
    elif batch.targets > chunk:
        arrays = profile.two_chunks_arrays
        if batch.lengths:  # matrix_cross_entropy has fewer arrays
            arrays -= 4 if again else 2
    elif not batch.lengths:  # the loss is so small that the arrays of the last MLP are still there
        arrays += 0 if again else 1
        beside += batch.places * (8 if again else 4) * shape.intermediate * profile.number_bytes
    return arrays * chunk * shape.vocabulary * FLOAT + beside


def padded(value: int) -> int:
    """Return the value rounded up to a multiple of PAD_MULTIPLE."""
    return -(-value // PAD_MULTIPLE) * PAD_MULTIPLE


def matrix_flops(shape: ModelShape, settings: TrainSettings) -> float:
    """Return the multiplications and additions for a token, recomputation included.

    The weights of the base are frozen, so the backward pass computes gradients with respect to
    inputs only, and it ends at the first adapted block. The head computes supervised tokens only;
    all tokens are counted here.
    """
    times = 2 if settings.recompute == "full" else 1
    if shape.layout:
        used = [block.used_weights for block in shape.layout.blocks]
        forward, backward = sum(used), sum(used[-settings.layers :])
    else:
        forward = shape.layers * shape.block_weights
        backward = adapted_layers(shape, settings) * shape.block_weights
    return 2.0 * (forward + times * backward + 2 * shape.head.weights)
