"""Examples → token rows → padded batches: bucketed by true length, each row once an epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import mlx.core as mx
import numpy as np

from morris_mlx.errors import MorrisError
from morris_mlx.prompt import ChatTokenizer
from morris_mlx.records import Example
from morris_mlx.settings import PAD_MULTIPLE


@dataclass(frozen=True, slots=True)
class Row:
    """Token ids and, of equal length, which of them are learned."""

    ids: tuple[int, ...]
    mask: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """`ids` int32 [B, L] and `mask` bool [B, L]; padding is id 0 and never learned."""

    ids: mx.array
    mask: mx.array
    supervised: int  # learned targets: the first position of a row is nobody's target


def rows_from_examples(
    examples: Sequence[Example], tokenizer: ChatTokenizer, window: int, place: str
) -> list[Row]:
    """Render every example. Raises MorrisError for a row too long or with nothing to learn."""
    rows = []
    for number, example in enumerate(examples, 1):
        rendered = tokenizer.render(example.messages)
        if len(rendered.ids) > window:
            raise MorrisError(
                f"{place}, row {number} has {len(rendered.ids)} tokens and the window is {window}. "
                "Run `morris prepare` again with this model and window: it splits long texts."
            )
        if not any(rendered.mask[1:]):
            raise MorrisError(
                f"{place}, row {number} has no assistant's answer to learn from. "
                "Run `morris prepare` again."
            )
        rows.append(Row(rendered.ids, rendered.mask))
    if not rows:
        raise MorrisError(f"{place} has no rows. Run `morris prepare` with more texts.")
    return rows


def batches(
    rows: Sequence[Row], batch_size: int, order: np.random.Generator | None
) -> Iterator[Batch]:
    """All rows, each once, neighbours in length together; `order` shuffles the batches.

    Rows of equal length are shuffled among themselves too, so that an epoch differs from the
    next one. Without `order` the sequence is fixed: for validation.
    """
    index = np.arange(len(rows))
    if order is not None:
        order.shuffle(index)
    index = index[np.argsort([len(rows[int(i)].ids) for i in index], kind="stable")]
    groups = [index[i : i + batch_size].tolist() for i in range(0, len(index), batch_size)]
    if order is not None:
        order.shuffle(groups)
    for group in groups:
        yield build_batch([rows[i] for i in group])


def build_batch(rows: Sequence[Row]) -> Batch:
    """Pad to the next multiple of PAD_MULTIPLE plus one: inputs and targets are one shorter."""
    longest = max(len(row.ids) for row in rows)
    width = -(-(longest - 1) // PAD_MULTIPLE) * PAD_MULTIPLE + 1
    ids = np.zeros((len(rows), width), dtype=np.int32)
    mask = np.zeros((len(rows), width), dtype=bool)
    for i, row in enumerate(rows):
        ids[i, : len(row.ids)] = row.ids
        mask[i, : len(row.ids)] = row.mask
    return Batch(mx.array(ids), mx.array(mask), int(mask[:, 1:].sum()))
