"""Batches: every row once an epoch, neighbours in length together, padding never learned."""

import mlx.core as mx
import numpy as np
import pytest
from mlx_lm.tuner.datasets import CacheDataset
from mlx_lm.tuner.trainer import default_loss, iterate_batches

from morris_mlx.errors import MorrisError
from morris_mlx.records import Example, Message
from morris_mlx.train.batches import Row, batches, build_batch, rows_from_examples

ALL_LEARNED = [
    Row(tuple(range(5, 5 + n)), (True,) * n) for n in (7, 60, 33, 8, 61, 34, 90, 9, 35, 62, 10)
]


def padding(shapes_and_lengths):
    return sum(b * width - sum(lengths) for (b, width), lengths in shapes_and_lengths)


def test_every_row_comes_exactly_once_an_epoch_where_mlx_lm_drops_the_tail():
    seen = [
        tuple(ids[:n].tolist())
        for batch in batches(ALL_LEARNED, 4, np.random.default_rng(0))
        for ids, n in zip(np.array(batch.ids), np.array(batch.mask).sum(1), strict=True)
    ]
    assert sorted(seen) == sorted(row.ids for row in ALL_LEARNED)
    theirs = list(iterate_batches([(list(r.ids), 0) for r in ALL_LEARNED], 4, 128))
    assert sum(len(batch) for batch, _ in theirs) == 8  # of 11 rows


def test_rows_of_like_length_share_a_batch_where_mlx_lm_mixes_them():
    ours = [
        (batch.ids.shape, np.array(batch.mask).sum(1).tolist())
        for batch in batches(ALL_LEARNED[:8], 4, np.random.default_rng(0))
    ]

    class Rows:
        """Rows as mlx-lm's own datasets hold them: dicts that are encoded on demand."""

        def __getitem__(self, i):
            return {"messages": i}

        def __len__(self):
            return 8

        def process(self, row):
            return (list(ALL_LEARNED[row["messages"]].ids), 0)

    theirs = [
        (batch.shape, lengths[:, 1].tolist())
        for batch, lengths in iterate_batches(CacheDataset(Rows()), 4, 128)
    ]
    assert padding(theirs) > 1.3 * padding(ours)


def test_the_order_is_a_function_of_the_seed_alone_and_differs_between_epochs():
    def order(seed):
        return [b.ids.tolist() for b in batches(ALL_LEARNED, 2, np.random.default_rng(seed))]

    assert order([0, 1]) == order([0, 1])
    assert order([0, 1]) != order([0, 2])


def test_validation_batches_are_always_the_same():
    first, second = ([b.ids.tolist() for b in batches(ALL_LEARNED, 3, None)] for _ in range(2))
    assert first == second


def test_padding_is_not_learned_where_mlx_lm_learns_one_pad_token_a_row():
    rows = [Row((5, 6, 7, 8), (True,) * 4), Row((5, 6, 7), (True,) * 3)]
    batch = build_batch(rows)
    assert batch.supervised == 3 + 2
    assert np.array(batch.ids)[0, 4:].tolist() == [0] * (batch.ids.shape[1] - 4)
    their_batch, lengths = next(iterate_batches([([5, 6, 7, 8], 0), ([5, 6, 7], 0)], 2, 64))
    _, counted = default_loss(lambda x: mx.zeros((*x.shape, 16)), their_batch, lengths)
    assert int(counted.item()) == 3 + 2 + 2, "theirs teaches one pad token a row"


def test_a_row_that_fills_the_window_gets_no_padding():
    assert build_batch([Row((1,) * 65, (True,) * 65)]).ids.shape == (1, 65)


def test_a_row_longer_than_the_window_is_refused_by_name(tokenizer):
    row = Example((Message("user", "hi"), Message("assistant", "word " * 50)), "x", "t")
    with pytest.raises(
        MorrisError, match=r"train\.jsonl, row 2 has \d+ tokens and the window is 40"
    ):
        rows_from_examples([short_example(), row], tokenizer, 40, "train.jsonl")


def test_a_row_without_an_answer_is_refused_by_name(tokenizer):
    row = Example((Message("user", "hi"),), "x", "t")
    with pytest.raises(MorrisError, match=r"valid\.jsonl, row 1 has no assistant's answer"):
        rows_from_examples([row], tokenizer, 40, "valid.jsonl")


def test_no_rows_at_all_is_an_error(tokenizer):
    with pytest.raises(MorrisError, match="has no rows"):
        rows_from_examples([], tokenizer, 40, "train.jsonl")


def short_example():
    return Example((Message("user", "hi"), Message("assistant", "yes")), "x", "t")
