"""The choice of the kept checkpoint: by the loss, or by the voice with the loss as guard."""

import json
from dataclasses import replace

import mlx.core as mx
import pytest
from mlx.utils import tree_flatten
from support.selected_runs import BASE, run_of
from support.training_job import curve, job

from morris_mlx.errors import UsageError
from morris_mlx.models.find_adapter import read_run
from morris_mlx.train import TrainHooks, VoiceSample, train_adapter
from morris_mlx.train import selection as module
from morris_mlx.train.outcome import selection_in_words
from morris_mlx.train.selection import last_improvement


@pytest.mark.parametrize(
    ("points", "kept"),
    [
        # Within the bound the voice decides, in both directions.
        ([(3.50, 0.2), (3.48, 0.1), (3.49, 0.3)], 3),
        ([(3.50, 0.3), (3.48, 0.1)], 1),
        # A loss beyond the bound is never chosen, whether it comes later or earlier.
        ([(3.50, 0.2), (3.60, 0.9)], 1),
        ([(3.60, 0.9), (3.50, 0.2)], 2),
        ([(3.60, 0.9), (3.55, 0.8), (3.40, 0.1)], 3),
        # Neither is a loss above the base's, nor one that is not a number.
        ([(4.00, 0.9), (4.01, 0.9), (float("nan"), 0.9)], 0),
        ([(float("nan"), 0.9), (3.9, 0.1)], 2),
        # Without scores the loss decides; a score counts more than none.
        ([(3.50, None), (3.49, None), (3.51, None)], 2),
        ([(3.50, None), (3.51, 0.1), (3.49, None)], 2),
    ],
)
def test_the_voice_decides_within_the_bound_of_the_loss(points, kept):
    run = run_of(*points)
    assert run.best_step == kept
    if kept:
        lowest = min(loss for loss, _ in points if loss < BASE)
        assert run.best_valid_loss <= lowest * (1 + module.LOSS_BOUND)


def test_with_the_selection_by_loss_the_voice_is_ignored():
    points = [(3.6, 0.1), (3.5, 0.2), (3.55, 0.9), (3.45, None)]
    run = run_of(*points, select="loss")
    assert run.best_step == 4 and last_improvement(run) == 4
    assert selection_in_words(run) == ""


def test_a_lower_loss_counts_as_an_improvement_for_the_patience():
    run = run_of((3.50, 0.9), (3.49, 0.1), (3.52, 0.1))
    assert run.best_step == 1 and last_improvement(run) == 2


def test_the_choice_is_said_in_words():
    agree = selection_in_words(run_of((3.5, 0.1), (3.4, 0.2)))
    assert agree == "Kept: step 2 (loss 3.4000, voice +0.20). Loss and voice agree."
    differ = selection_in_words(run_of((3.45, 0.5), (3.44, 0.2)))
    assert differ == (
        "Kept: step 1 (loss 3.4500, voice +0.50). Loss and voice disagree: the lowest loss is at "
        "step 2 (3.4400, voice +0.20)."
    )
    guarded = selection_in_words(run_of((3.6, 0.9), (3.4, 0.2)))
    assert "Kept: step 2" in guarded and "the best voice at step 1" in guarded
    assert "too short" in selection_in_words(run_of((3.5, None)))
    assert selection_in_words(run_of((4.5, 0.9))) == ""


# --- in a training ------------------------------------------------------------------------


def voice_of(model):
    """Score the model by its weights: the less it has learned, the better."""
    size = sum(float(mx.abs(v).sum()) for n, v in tree_flatten(model.trainable_parameters()))
    return VoiceSample(-round(size, 6), {"Say it.": "I said it."})


HOOKS = TrainHooks(voice=voice_of)


@pytest.fixture
def wide(monkeypatch):
    """A bound that lets the voice alone decide."""
    monkeypatch.setattr(module, "LOSS_BOUND", 10.0)


def by_voice(tiny, folder):
    return job(tiny, folder, select="voice", validate_every=2)


def test_a_training_keeps_the_checkpoint_with_the_best_voice(tiny, tmp_path, wide):
    run = train_adapter(by_voice(tiny, tmp_path), HOOKS)
    assert (run.best_step, run.highest_voice_step, run.lowest_loss_step) == (2, 2, 6)
    assert run.best_valid_loss == run.losses[1].valid < run.base_valid_loss
    assert read_run(tmp_path) == run and run.settings.select == "voice"
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    scored = [row for row in events if row["event"] == "samples"]
    assert [row["voice"] for row in scored] == [point.voice for point in run.losses]
    assert scored[0]["texts"] == {"Say it.": "I said it."}
    metrics = (tmp_path / "metrics.jsonl").read_text().splitlines()
    found = [row["voice"] for row in map(json.loads, metrics) if row["kind"] == "valid"]
    assert found == [point.voice for point in run.losses]


def test_the_guard_keeps_the_lowest_loss_where_the_voice_is_far_above_it(tiny, tmp_path):
    run = train_adapter(by_voice(tiny, tmp_path), HOOKS)
    assert run.highest_voice_step == 2 and run.best_step == run.lowest_loss_step == 6
    assert run.losses[1].valid > run.losses[3].valid * (1 + module.LOSS_BOUND)


def test_a_resumed_run_keeps_the_same_checkpoint_bit_for_bit(tiny, tmp_path, wide):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    run = train_adapter(by_voice(tiny, whole), HOOKS)
    asked = []

    def stopping():
        asked.append(None)
        return len(asked) > 3  # after the validation of step 2, whose checkpoint is kept

    wanted = by_voice(tiny, parts)
    stopped = train_adapter(wanted, replace(HOOKS, stopping=stopping))
    assert stopped.stopped and stopped.step < run.step
    again = train_adapter(replace(wanted, resume=True), HOOKS)
    for name in ("adapters.safetensors", "last/adapters.safetensors"):
        assert (parts / name).read_bytes() == (whole / name).read_bytes()
    assert curve(parts) == curve(whole)
    names = ("losses", "best_step", "lowest_loss_step", "highest_voice_step", "adapter_sha256")
    assert all(getattr(again, name) == getattr(run, name) for name in names)


def test_a_selection_without_a_judge_is_refused(tiny, tmp_path):
    with pytest.raises(UsageError, match="or select by the loss"):
        train_adapter(by_voice(tiny, tmp_path))
