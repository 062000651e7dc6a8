"""Batch sampler: every row once an epoch, similar lengths together, padding not supervised."""

import itertools
from dataclasses import replace

import mlx.core as mx
import numpy as np
import pytest
from mlx_lm.tuner.datasets import CacheDataset
from mlx_lm.tuner.trainer import default_loss, iterate_batches

from morris_mlx.errors import MorrisError
from morris_mlx.records.corpus import Example, Message
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.batch_sampler import (
    BatchSampler,
    build_batch,
    padding_levels,
    validation_batches,
)
from morris_mlx.train.batch_shapes import COUNT_LEVELS, WIDTH_LEVELS
from morris_mlx.train.dataset import TokenRow, tokenize_rows

ALL_LEARNED = [
    TokenRow(tuple(range(5, 5 + n)), (True,) * n) for n in (7, 60, 33, 8, 61, 34, 90, 9, 35, 62, 10)
]


SETTINGS = TrainSettings(
    epochs=2,
    rank=4,
    alpha=8.0,
    dropout=0.0,
    learning_rate=1e-3,
    batch_size=4,
    accumulate=2,
)


def sampler(rows, **changes):
    return BatchSampler(rows, replace(SETTINGS, **changes))


def groups_of_ids(sampler, start=0):
    return [
        [[row.ids for row in batch] for batch in group] for group in sampler.micro_batches(start)
    ]


def padding(shapes_and_lengths):
    return sum(b * width - sum(lengths) for (b, width), lengths in shapes_and_lengths)


def test_every_row_comes_exactly_once_an_epoch_where_mlx_lm_drops_the_tail():
    made = sampler(ALL_LEARNED)
    assert made.steps_per_epoch == 2 and made.steps == 4
    groups = groups_of_ids(made)
    for epoch in (groups[:2], groups[2:]):
        seen = [ids for group in epoch for batch in group for ids in batch]
        assert sorted(seen) == sorted(row.ids for row in ALL_LEARNED)
    theirs = list(iterate_batches([(list(r.ids), 0) for r in ALL_LEARNED], 4, 128))
    assert sum(len(batch) for batch, _ in theirs) == 8  # of 11 rows


def test_rows_of_similar_length_share_a_batch_where_mlx_lm_mixes_them():
    ours = [
        ((len(batch), max(map(len, batch))), [len(ids) for ids in batch])
        for group in groups_of_ids(sampler(ALL_LEARNED[:8], epochs=1))
        for batch in group
    ]

    class Rows:
        """Rows in the form of mlx-lm's datasets: dicts that are encoded on demand."""

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
    first = groups_of_ids(sampler(ALL_LEARNED, batch_size=1, accumulate=1))
    assert first == groups_of_ids(sampler(ALL_LEARNED, batch_size=1, accumulate=1))
    assert first != groups_of_ids(sampler(ALL_LEARNED, batch_size=1, accumulate=1, seed=1))
    assert first[:11] != first[11:]


@pytest.mark.parametrize("start", range(13))
def test_a_sampler_that_starts_later_yields_the_remaining_steps(start):
    made = sampler(ALL_LEARNED, batch_size=2, accumulate=1)
    assert groups_of_ids(made, start) == groups_of_ids(made)[start:]


def test_validation_batches_are_always_the_same():
    first, second = ([b.ids.tolist() for b in validation_batches(ALL_LEARNED, 3)] for _ in range(2))
    assert first == second and len(first) == 4


def test_padding_is_not_learned_where_mlx_lm_learns_one_pad_token_a_row():
    rows = [TokenRow((5, 6, 7, 8), (True,) * 4), TokenRow((5, 6, 7), (True,) * 3)]
    batch = build_batch(rows)
    assert batch.supervised == 3 + 2 == batch.weights.sum().item()
    assert np.array(batch.ids)[0, 3:].tolist() == [0] * (batch.ids.shape[1] - 3)
    their_batch, lengths = next(iterate_batches([([5, 6, 7, 8], 0), ([5, 6, 7], 0)], 2, 64))
    _, counted = default_loss(lambda x: mx.zeros((*x.shape, 16)), their_batch, lengths)
    assert int(counted.item()) == 3 + 2 + 2, "theirs teaches one pad token a row"


def test_each_supervised_token_is_predicted_at_the_position_before_it():
    rows = [
        TokenRow((5, 6, 7, 8), (False, True, False, True)),
        TokenRow((9, 10, 11), (False, False, True)),
    ]
    batch = build_batch(rows)
    width = batch.ids.shape[1]
    asked = list(zip(batch.positions.tolist(), batch.targets.tolist(), strict=True))
    assert asked[: batch.supervised] == [(0, 6), (2, 8), (width + 1, 11)]
    assert batch.weights.tolist() == [1.0] * 3 + [0.0] * (len(asked) - 3)


def test_a_row_that_fills_the_window_gets_no_padding():
    assert build_batch([TokenRow((1,) * 65, (True,) * 65)]).ids.shape == (1, 64)


def test_the_number_of_batch_shapes_is_bounded_for_any_lengths():
    rng = np.random.default_rng(0)
    rows = [
        TokenRow((5,) * n, tuple(bool(b) for b in rng.random(n) < rng.random()))
        for n in rng.integers(4, 2048, 1500).tolist()
    ]
    made = sampler(rows, epochs=1)
    shapes = {made.build(batch).shape for group in made.micro_batches() for batch in group}
    assert len({width for _, width, _ in shapes}) <= WIDTH_LEVELS
    assert len(shapes) <= SETTINGS.batch_size * WIDTH_LEVELS * COUNT_LEVELS


def test_padding_levels_add_the_least_padding_of_all_choices():
    rng = np.random.default_rng(1)
    for limit in (1, 2, 3):
        values = rng.integers(1, 12, 9).tolist()

        def cost(chosen, values=values):
            return sum(min(c for c in chosen if c >= v) for v in values)

        every = [
            chosen
            for size in range(1, limit + 1)
            for chosen in itertools.combinations(sorted(set(values)), size)
            if chosen[-1] == max(values)
        ]
        assert cost(padding_levels(values, limit)) == min(map(cost, every))


def test_a_row_longer_than_the_window_is_refused_by_name(tokenizer):
    row = Example((Message("user", "hi"), Message("assistant", "word " * 50)), "x", "t")
    with pytest.raises(
        MorrisError, match=r"train\.jsonl, row 2 has \d+ tokens and the window is 40"
    ):
        tokenize_rows([short_example(), row], tokenizer, 40, "train.jsonl")


def test_a_row_without_an_answer_is_refused_by_name(tokenizer):
    row = Example((Message("user", "hi"),), "x", "t")
    with pytest.raises(MorrisError, match=r"valid\.jsonl, row 1 has no assistant's answer"):
        tokenize_rows([row], tokenizer, 40, "valid.jsonl")


def test_a_split_without_rows_is_an_error(tokenizer):
    with pytest.raises(MorrisError, match="has no rows"):
        tokenize_rows([], tokenizer, 40, "train.jsonl")


def short_example():
    return Example((Message("user", "hi"), Message("assistant", "yes")), "x", "t")
