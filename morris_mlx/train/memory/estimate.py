"""What a training holds at its peak: a count of the arrays of forward.py, loss.py and loop.py.

Everything is counted in bytes. A number while computing has `Engine.number_bytes`; the adapter, its
gradients, its optimiser's moments and everything inside an exponential have FLOAT of them.
Where several arrays of one size are alive at once, the count is a constant below, found by
watching `mx.get_peak_memory()` while one size was made much larger than the others.
"""

from __future__ import annotations

from dataclasses import dataclass

from morris_mlx.models.shape import (
    ModelShape,
    adapted_layers,
    adapted_linears,
    head_parameters,
    trainable_parameters,
)
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.batch_shapes import PAD_MULTIPLE

FLOAT = 4
MOST_QUERIES, FEWEST_QUERIES = 256, 32  # attention.py's blocks of queries
STATE_ARRAYS = 12  # of the hidden size, outside the attention and the MLP


@dataclass(frozen=True, slots=True)
class Engine:
    """How the engine computes: bytes of a number that is not quantised, numbers in a tile.

    The others say how many float32 arrays are alive at once beside what the backward pass needs:
    MLX starts some ten operations before the first of them is done, and what they read and write
    is alive meanwhile. `mlp_arrays` have an MLP's inner size, and so have `mlp_arrays_again` when
    the block's forward pass is computed just before; `tile_arrays` are one block of queries'
    scores; `chunk_arrays` a chunk of logits, `two_chunks_arrays` when another one follows, whose
    arrays are begun already. `merges` says that a compiled step keeps equal arrays once.
    """

    number_bytes: int
    tile_elements: int
    merges: bool
    mlp_arrays: int
    mlp_arrays_again: int
    tile_arrays: int
    chunk_arrays: int
    two_chunks_arrays: int


# Tiles as exponential.tile_elements() has them. The counts were found by making one size much
# larger than the others; a GPU's with the step compiled, in bfloat16, on the CPU backend.
CPU = Engine(FLOAT, 2**21, False, 4, 11, 8, 6, 12)
GPU = Engine(2, 2**24, True, 5, 10, 5, 5, 7)


@dataclass(frozen=True, slots=True)
class BatchShape:
    """Rows, padded width, and targets that are learned: batches.Batch.shape."""

    rows: int
    width: int
    targets: int

    @property
    def places(self) -> int:
        return self.rows * self.width


@dataclass(frozen=True, slots=True)
class Parts:
    """The peak of one training, in bytes: these are there at the same moment, and add up.

    `optimizer` is its moments and the gradients; `activations` what is kept for the backward pass
    and what the worst block works with; `loss` what the chunks of logits need beyond that.
    """

    weights: float
    adapter: float
    optimizer: float
    activations: float
    loss: float

    @property
    def peak(self) -> float:
        return self.weights + self.adapter + self.optimizer + self.activations + self.loss


def training_parts(
    shape: ModelShape, settings: TrainSettings, batch: BatchShape, engine: Engine
) -> Parts:
    """The parts at the worst moment of a step, the second or a later one."""
    adapter = FLOAT * trainable_parameters(shape, settings)
    kept = _kept_in_all(shape, settings, batch, engine)
    loss = _loss_bytes(shape, settings, batch, engine)
    work = _block_work(shape, settings, batch, engine)
    # AdamW's two moments, and the step's clipped gradients, which live until the next ones come;
    # with accumulation the sum so far is beside them while a batch is computed.
    during = (3 if settings.accumulate == 1 else 4) * adapter
    # At the end all new gradients are there, and hardly any activations.
    end = during + adapter
    weights = shape.weight_bytes(engine.number_bytes)
    if max(kept + loss, kept + work) + during < end:
        return Parts(weights, adapter, end, 0.0, 0.0)
    if loss > work:
        return Parts(weights, adapter, during, kept, loss)
    return Parts(weights, adapter, during, kept + work, 0.0)


def _kept_in_all(
    shape: ModelShape, settings: TrainSettings, batch: BatchShape, engine: Engine
) -> float:
    """For the backward pass, when the forward pass has just ended."""
    learning = adapted_layers(shape, settings)
    if settings.recompute == "full":
        return learning * batch.places * shape.hidden * engine.number_bytes
    return learning * _kept_by_block(shape, settings, batch, engine)


def _kept_by_block(
    shape: ModelShape, settings: TrainSettings, batch: BatchShape, engine: Engine
) -> float:
    """What one block keeps. Per place, unless said otherwise:

    2 hidden: what comes into the block, and into its MLP. 2 queries: the queries, and attention's
    output. Keys and values. 3 inner: gate, up and the gate's sigmoid. What the adapter reads.
    """
    d, q, inner = shape.hidden, shape.q_size, shape.intermediate
    learning = adapted_linears(shape, settings)
    numbers = 2 * d + 2 * q + 2 * shape.kv_size + 3 * inner
    if settings.dropout > 0:
        numbers += _read_by_adapter(shape, settings, 1, 1)  # one mask for all that read the same
    # x A is computed in float32, so what it reads is converted, by each reader for itself unless
    # the engine sees that it is the same; as float32 it is the array that is there anyway.
    alone = engine.number_bytes < FLOAT and not engine.merges
    read = _read_by_adapter(shape, settings, *((3, 2) if alone else (1, 1)))
    floats = read + shape.heads + settings.rank * len(learning)  # log-sums; x A of every linear
    total = float(batch.places * (numbers * engine.number_bytes + floats * FLOAT))
    if settings.recompute == "none":
        total += _pairs(shape, batch, engine) * engine.number_bytes
    return total + _dora_bytes(shape, settings, batch, engine)


def _read_by_adapter(shape: ModelShape, settings: TrainSettings, qkv: int, gate_up: int) -> int:
    """Numbers a place that the A matrices read, when so many of them have an array of their own."""
    attention = qkv * shape.hidden + shape.q_size
    if settings.targets == "attention":
        return attention
    return attention + gate_up * shape.hidden + shape.intermediate


def _dora_bytes(
    shape: ModelShape, settings: TrainSettings, batch: BatchShape, engine: Engine
) -> float:
    """DoRA keeps every output before its length is set, and a quantised weight unpacked."""
    if settings.fine_tune_type != "dora":
        return 0.0
    linears = adapted_linears(shape, settings)
    outputs = batch.places * sum(linear.outputs for linear in linears)
    unpacked = sum(linear.weights for linear in linears) if shape.quantized else 0
    return (outputs + unpacked) * engine.number_bytes


def _queries(shape: ModelShape, batch: BatchShape, engine: Engine) -> int:
    """In one block of attention.py."""
    fitting = engine.tile_elements // (batch.places * shape.heads)
    return min(min(max(fitting, FEWEST_QUERIES), MOST_QUERIES), batch.width)


def _pairs(shape: ModelShape, batch: BatchShape, engine: Engine) -> int:
    """Probabilities in all blocks of queries: each query with the keys up to its block's end."""
    size = _queries(shape, batch, engine)
    pairs = sum(
        (min(start + size, batch.width) - start) * min(start + size, batch.width)
        for start in range(0, batch.width, size)
    )
    return batch.rows * shape.heads * pairs


def _block_work(
    shape: ModelShape, settings: TrainSettings, batch: BatchShape, engine: Engine
) -> float:
    """The most that the backward pass of one block has beside what was kept."""
    places, number = batch.places, engine.number_bytes
    again = settings.recompute == "full"
    block = _kept_by_block(shape, settings, batch, engine) if again else 0.0
    arrays = engine.mlp_arrays_again if again else engine.mlp_arrays
    mlp = places * (arrays * shape.intermediate * FLOAT + STATE_ARRAYS / 2 * shape.hidden * number)
    tile = batch.rows * shape.heads * _queries(shape, batch, engine) * batch.width
    # All blocks' gradients by the scores stay until the keys' turn comes, and the probabilities
    # with them unless they were kept anyway.
    together = (1 if settings.recompute == "none" else 2) * _pairs(shape, batch, engine)
    attention = float(together * number + engine.tile_arrays * tile * FLOAT)
    attention += places * (2 * shape.q_size + shape.hidden * STATE_ARRAYS / 2) * number
    if not again:  # the last block's MLP has been gone through
        attention -= 4 * places * shape.intermediate * number
    states = places * shape.hidden * STATE_ARRAYS * number
    return block + max(mlp, attention, states) + _dora_work(shape, settings)


def _dora_work(shape: ModelShape, settings: TrainSettings) -> float:
    """The norm of an adapted weight takes the weight, its square and the product of A and B."""
    if settings.fine_tune_type != "dora":
        return 0.0
    largest = max(linear.weights for linear in adapted_linears(shape, settings))
    return 3.0 * largest * FLOAT


def _loss_bytes(
    shape: ModelShape, settings: TrainSettings, batch: BatchShape, engine: Engine
) -> float:
    """The chunks of logits, the learned places' states and their gradients, the head's."""
    chunk = min(batch.targets, max(1, engine.tile_elements // shape.vocabulary))
    arrays = engine.chunk_arrays
    beside = 3.0 * batch.targets * shape.hidden * engine.number_bytes
    again = settings.recompute == "full"
    if settings.targets == "all+head":
        # A chunk waits for the one before, to add to the head's gradients: their sum, the
        # chunk's own, and what the backward pass makes of them.
        arrays += 2 if batch.targets > chunk else 1
        beside += 3 * FLOAT * head_parameters(shape, settings)
    elif batch.targets > chunk:
        arrays = engine.two_chunks_arrays
    else:  # so small that the last MLP's arrays are still there
        arrays += 0 if again else 1
        beside += batch.places * (8 if again else 4) * shape.intermediate * engine.number_bytes
    return arrays * chunk * shape.vocabulary * FLOAT + beside


def padded(value: int) -> int:
    return -(-value // PAD_MULTIPLE) * PAD_MULTIPLE


def matrix_flops(shape: ModelShape, settings: TrainSettings) -> float:
    """Multiplications and additions a token: forward, backward by the inputs, and again.

    The base's weights are frozen: nothing is computed by them. Blocks below the first that learns
    have no backward pass; the head works for learned tokens, here for all.
    """
    learning = adapted_layers(shape, settings)
    forward = shape.layers * shape.block_weights
    times = 2 if settings.recompute == "full" else 1
    return 2.0 * (forward + times * learning * shape.block_weights + 2 * shape.head.weights)
