"""Upper estimate of the activations of a block that is trained along the generic path.

mlx-lm's own layers keep more arrays than those of forward.py, and the number depends on the
architecture. The numbers below count arrays for each token, by their size. They are rounded up from
peaks that were measured on a CPU with toys of Qwen3, Gemma 2 and Gemma 3 in which one size was much
larger than the others. Attention is counted with its whole matrix of probabilities, although the
fused kernels of a GPU keep it only for some masks. A measured step corrects the plan before a
training begins.
"""

from __future__ import annotations

from dataclasses import dataclass

from morris_mlx.models.shape import ModelShape, adapted_linears
from morris_mlx.records.training import Recompute, TrainSettings

FLOAT = 4


@dataclass(frozen=True, slots=True)
class Arrays:
    """Numbers of arrays by their size; one of `pairs` has a value for each query, key and head."""

    hidden: float
    queries: float
    values: float
    inner: float
    pairs: float

    def numbers(self, shape: ModelShape, rows: int, width: int) -> tuple[float, float]:
        """Return the number of values in arrays of tokens, and in arrays of pairs of tokens."""
        token = (
            self.hidden * shape.hidden
            + self.queries * shape.q_size
            + self.values * shape.kv_size
            + self.inner * shape.intermediate
        )
        return rows * width * token, rows * width * width * shape.heads * self.pairs


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


def kept_by_block(
    shape: ModelShape, settings: TrainSettings, rows: int, width: int, number_bytes: int
) -> float:
    """Return the bytes that a block keeps for the backward pass until its turn."""
    tokens, pairs = KEPT[settings.recompute].numbers(shape, rows, width)
    kept = tokens * number_bytes + pairs * FLOAT
    if settings.recompute != "full":
        kept += _adapter_bytes(shape, settings, rows * width)
    return kept


def block_work(
    shape: ModelShape, settings: TrainSettings, rows: int, width: int, number_bytes: int
) -> float:
    """Return the peak of bytes that a block's backward pass needs besides those that were kept."""
    tokens, pairs = WORK[settings.recompute].numbers(shape, rows, width)
    work = tokens * number_bytes + pairs * FLOAT
    if settings.recompute == "full":
        work += _adapter_bytes(shape, settings, rows * width)
    return work


def _adapter_bytes(shape: ModelShape, settings: TrainSettings, places: int) -> float:
    """Return the bytes that the adapter's layers keep: inputs in float32 and low-rank values."""
    linears = adapted_linears(shape, settings)
    copies = 2 if settings.dropout > 0 else 1
    numbers = sum(copies * linear.inputs + settings.rank for linear in linears)
    if settings.fine_tune_type == "dora":
        numbers += sum(2 * linear.outputs for linear in linears)
        numbers += sum(3 * linear.weights for linear in linears) // places
    return float(places * numbers * FLOAT)
