"""Passages that a model knows by heart, from its probabilities."""

import math

import numpy as np
import pytest

from morris_mlx.audit.memorization import (
    DISCOVERABLE,
    PASSAGE_TOKENS,
    TOP_K,
    RecitedRow,
    RowLosses,
    Suspect,
    check_passages,
    mean_loss,
    measure_row,
    tries_needed,
)
from morris_mlx.records.audit import CheckStatus

VOCABULARY = 100
LOSSES = RowLosses(4.0, 3.5, 4.0, 3.8)


def row_of(certain, tokens=70, prompt=5):
    """A row whose token at each answer place has the logit `certain[place]`, all others 0."""
    ids = np.arange(prompt + tokens) % VOCABULARY
    mask = [False] * prompt + [True] * tokens
    logits = np.zeros((len(ids), VOCABULARY), dtype=np.float32)
    for place in range(tokens):
        logits[prompt + place - 1, ids[prompt + place]] = certain[place]
    return list(ids), mask, logits


def test_loss_span_and_recall_are_told_apart():
    ids, mask, logits = row_of([20.0] * 10 + [-1.0] + [20.0] * 59)
    found = measure_row(ids, mask, logits)
    assert (found.tokens, found.longest_run, found.run_start) == (70, 59, 11)
    assert found.is_recalled and found.is_discoverable
    assert found.passage == pytest.approx(0, abs=1e-4) and found.passage_start >= 11
    assert found.loss == pytest.approx(math.log(99 + math.exp(-1)) + 1, abs=1e-3)


def test_the_probability_of_a_passage_is_that_of_sampling_the_most_likely_tokens():
    each = 3.0
    ids, mask, logits = row_of([each] * 70)
    found = measure_row(ids, mask, logits)
    log_p = each - math.log(math.exp(each) + TOP_K - 1)
    assert found.passage == pytest.approx(PASSAGE_TOKENS * log_p, abs=1e-3)
    assert found.is_recalled and not found.is_discoverable  # greedy finds it, sampling does not


def test_a_passage_with_a_token_that_is_never_sampled_is_not_discoverable():
    certain = [20.0] * 70
    certain[35] = -1.0  # below 99 others
    found = measure_row(*row_of(certain))
    assert found.passage == -math.inf and found.longest_run == 35


def test_an_answer_shorter_than_a_passage_has_none():
    found = measure_row(*row_of([20.0] * 20, tokens=20))
    assert found.passage == -math.inf and found.longest_run == 20 and not found.is_recalled
    assert measure_row([1, 2], [False, False], np.zeros((2, 5), np.float32)).tokens == 0


def test_the_limit_is_an_even_chance_in_a_hundred_tries():
    assert tries_needed(DISCOVERABLE) == pytest.approx(100)
    assert tries_needed(0.0) == 1 and tries_needed(-math.inf) == math.inf
    assert math.exp(DISCOVERABLE) == pytest.approx(1 / 144.8, rel=1e-3)


def recited(run=60, passage=-1.0, tokens=80):
    return RecitedRow(10.0, tokens, run, 0, passage, 0)


def test_a_recited_row_fails_the_check_unless_the_base_knows_it_or_the_writer_repeats_it():
    rows = [recited(), recited(run=5, passage=-200.0)]
    guilty = check_passages(rows, [Suspect(7, rows[0], False, False)], LOSSES)
    assert guilty.status == CheckStatus.failed
    assert "row 7 of train" in guilty.problems[0] and guilty.advice
    for known, repeated in ((True, False), (False, True)):
        found = check_passages(rows, [Suspect(7, rows[0], known, repeated)], LOSSES)
        assert found.status == CheckStatus.passed and "did not count" in found.remarks[0]
    sampled = check_passages(rows, [Suspect(3, recited(run=4), False, False)], LOSSES)
    assert "after 2 tries" in sampled.problems[0]


def test_rows_of_short_messages_have_no_passages():
    found = check_passages([recited(run=4, tokens=12)], [], LOSSES)
    assert found.status == CheckStatus.not_applicable


def test_the_mean_loss_counts_tokens():
    assert mean_loss([(10.0, 5), (2.0, 1)]) == 2.0
    assert math.isnan(mean_loss([]))
