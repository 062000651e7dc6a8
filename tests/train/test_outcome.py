"""The verdict on a training follows from its training loss and its held-out loss together."""

from dataclasses import replace

import pytest
from support.training_job import SETTINGS

from morris_mlx.records.training import LossPoint, TrainRun
from morris_mlx.train.outcome import Outcome, advice_for, judge_training


def run(*losses, base=4.5, **settings):
    """Return a run with these pairs of (training loss, held-out loss), one an epoch."""
    points = [LossPoint(0, None, base)]
    points += [LossPoint(n, train, valid) for n, (train, valid) in enumerate(losses, 1)]
    return TrainRun(
        name="t",
        base_model="practice",
        base_digest="",
        dataset_digest="",
        system_prompt="",
        window=64,
        settings=replace(SETTINGS, **settings),
        losses=tuple(points),
        best_step=0,
        best_valid_loss=base,
        base_valid_loss=base,
        trainable_parameters=1,
        supervised_tokens=1,
        seconds=1.0,
        peak_memory_gb=0.1,
        adapter_sha256="",
        versions={},
        machine="",
    )


@pytest.mark.parametrize(
    ("losses", "verdict"),
    [
        ([(4.4, 4.4)], Outcome.LEARNED),
        ([(4.4, 4.3), (2.0, 5.9)], Outcome.LEARNED),  # it rose later: the best one is kept
        ([(4.5, 4.499)], Outcome.UNCHANGED),
        ([(4.5, 4.501)], Outcome.UNCHANGED),
        ([(9.8, 23.7), (66.4, 77.6), (41.1, 33.1)], Outcome.DIVERGED),
        ([(9.0, 20.0), (7.0, 9.0), (4.2, 6.0)], Outcome.DIVERGED),  # it has begun to recover
        ([(4.6, 4.7)], Outcome.DIVERGED),
        ([(4.2, 4.6), (1.0, 5.0), (0.046, 5.3)], Outcome.MEMORIZED),
        ([(4.8, 4.6), (0.5, 5.3)], Outcome.MEMORIZED),  # rows harder than the held-out ones
        ([], Outcome.UNMEASURED),
    ],
)
def test_the_verdict_reads_both_losses(losses, verdict):
    assert judge_training(run(*losses)) is verdict


def test_what_diverged_is_advised_a_third_of_its_rate_and_never_a_higher_one():
    text = advice_for(run((9.8, 23.7), (66.4, 77.6), learning_rate=0.1))
    assert "lower --learning-rate (0.033 instead of 0.1)" in text and "higher" not in text


def test_what_was_memorized_is_advised_fewer_epochs_and_never_a_higher_rate():
    text = advice_for(run((4.2, 4.6), (0.05, 5.3), epochs=30))
    assert "fewer --epochs (10 instead of 30)" in text and "--validate-every" in text
    assert "higher" not in text
    once = advice_for(run((4.2, 4.6), epochs=1, learning_rate=3e-4))
    assert "lower --learning-rate (0.0001)" in once and "--epochs" not in once


def test_what_learned_nothing_is_advised_a_higher_rate_and_what_learned_nothing_at_all():
    assert "higher --learning-rate (0.0003)" in advice_for(run((4.5, 4.5), learning_rate=1e-4))
    assert "higher --learning-rate (1)" in advice_for(run((4.5, 4.5), learning_rate=0.9))
    assert advice_for(run((4.4, 4.0))) == advice_for(run()) == ""
