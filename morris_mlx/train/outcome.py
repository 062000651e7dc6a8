"""The verdict on a finished training by its losses, and advice on what to change."""

from __future__ import annotations

from enum import StrEnum

from morris_mlx.records.training import LossPoint, TrainRun
from morris_mlx.train.selection import LOSS_BOUND

# A change of the held-out loss below half a percent is within the noise of a small held-out set.
NOISE = 0.005
# The rows of the first steps may be harder than the held-out ones by as much, in a sound training.
HARDER_ROWS = 1.25
LOWER_RATE = 3.0  # the factor between two learning rates that are worth trying


class Outcome(StrEnum):
    """The result of a training, judged by its training loss and its held-out loss together."""

    LEARNED = "learned"  # the held-out loss fell below the base's
    UNCHANGED = "unchanged"  # it is the base's, but for noise
    MEMORIZED = "memorized"  # it rose, while the loss on the training rows fell
    DIVERGED = "diverged"  # both rose: the steps were too large
    UNMEASURED = "unmeasured"  # the training was stopped before its first validation


def judge_training(run: TrainRun) -> Outcome:
    """Return the verdict on a training. Step 0, the base alone, is what it has to improve on."""
    later = [point for point in run.losses if point.step > 0 and point.valid is not None]
    valid = [point.valid for point in later if point.valid is not None]
    if not valid:
        return Outcome.UNMEASURED
    base = run.base_valid_loss
    if min(valid) < base * (1 - NOISE):
        return Outcome.LEARNED
    if valid[-1] <= base * (1 + NOISE):
        return Outcome.UNCHANGED
    train = [point.train for point in later if point.train is not None]
    learned_rows = bool(train) and train[-1] < base and max(train) < HARDER_ROWS * base
    return Outcome.MEMORIZED if learned_rows else Outcome.DIVERGED


def selection_in_words(run: TrainRun) -> str:
    """Return the checkpoint that was kept and why; "" for a run that was selected by the loss."""
    if run.settings.select != "voice" or run.lowest_loss_step is None:
        return ""
    points = {point.step: point for point in run.losses}
    kept, by_loss, by_voice = run.best_step, run.lowest_loss_step, run.highest_voice_step
    if by_voice is None:
        return f"Kept: step {kept}, by the loss. The answers were too short to judge their voice."
    shown = f"Kept: step {kept} (loss {points[kept].valid:.4f}, voice {_voice(points[kept])})."
    if by_voice == by_loss:
        return f"{shown} Loss and voice agree."
    text = (
        f"{shown} Loss and voice disagree: the lowest loss is at step {by_loss} "
        f"({points[by_loss].valid:.4f}, voice {_voice(points[by_loss])})"
    )
    if kept == by_voice:
        return f"{text}."
    return (
        f"{text}, the best voice at step {by_voice} ({points[by_voice].valid:.4f}, voice "
        f"{_voice(points[by_voice])}), whose loss is more than {100 * LOSS_BOUND:.0f} % above the "
        "lowest one, or was not within it when the choice was made."
    )


def _voice(point: LossPoint) -> str:
    return "not judged" if point.voice is None else f"{point.voice:+.2f}"


def advice_for(run: TrainRun) -> str:
    """Return what to change for the next training, "" where the training went well."""
    settings = run.settings
    verdict = judge_training(run)
    if verdict is Outcome.UNCHANGED:
        higher = min(settings.learning_rate * LOWER_RATE, 1.0)
        return (
            f"It learned almost nothing: try a higher --learning-rate ({higher:.2g}), more "
            "--epochs, or collect more texts."
        )
    if verdict is Outcome.MEMORIZED:
        fewer = (
            f"fewer --epochs ({max(1, settings.epochs // 3)} instead of {settings.epochs})"
            if settings.epochs > 1
            else f"a lower --learning-rate ({settings.learning_rate / LOWER_RATE:.2g})"
        )
        return (
            "It memorized its rows: their loss fell while the held-out loss rose. Use "
            f"{fewer} and validate more often (--validate-every), or collect more texts."
        )
    if verdict is Outcome.DIVERGED:
        lower = settings.learning_rate / LOWER_RATE
        return (
            "Its steps were too large: the loss on its own rows rose, too. Use a lower "
            f"--learning-rate ({lower:.2g} instead of {settings.learning_rate:g})."
        )
    return ""
