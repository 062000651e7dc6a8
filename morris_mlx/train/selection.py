"""The choice of the validation whose adapter is kept: by the held-out loss, or by the voice.

The voice is judged on a few short answers, so it is noisy, and text that has gone wrong may sound
right. The loss is the guard: a checkpoint must be below the base, and its loss may be higher than
the lowest one by at most LOSS_BOUND. Only one adapter is kept, so the choice is made at every
validation, between the new checkpoint and the kept one. A kept checkpoint that a later loss leaves
outside of the bound is replaced by the one with that loss.
"""

from __future__ import annotations

from morris_mlx.records.training import LossPoint, TrainRun

# A training that is worth keeping lowers the loss by 3 % or more, and 0.5 % are noise.
LOSS_BOUND = 0.02


def is_best(run: TrainRun, point: LossPoint) -> bool:
    """Return True if the adapter of a validation is to replace the one that is kept.

    `run.losses` has the validations before this one.
    """
    if point.step == 0 or point.valid is None or not point.valid < run.base_valid_loss:
        return False  # a loss that is not a number is not below the base's either
    if run.settings.select == "loss":
        return run.best_valid_loss is None or point.valid < run.best_valid_loss
    lower = [p.valid for p in _below_base(run) if p.valid is not None]
    limit = min([*lower, point.valid]) * (1 + LOSS_BOUND)
    if point.valid > limit:
        return False
    kept = next((p for p in run.losses if 0 < p.step == run.best_step), None)
    if kept is None or kept.valid is None or kept.valid > limit:
        return True
    if point.voice is None or kept.voice is None:
        return kept.voice is None and (point.voice is not None or point.valid < kept.valid)
    return point.voice > kept.voice


def lowest_loss_step(run: TrainRun) -> int | None:
    """Return the step of the validation with the lowest loss below the base's, None without one."""
    found = [(p.valid, p.step) for p in _below_base(run) if p.valid is not None]
    return min(found)[1] if found else None


def highest_voice_step(run: TrainRun) -> int | None:
    """Return the step with the best voice of the validations below the base, None without one."""
    found = [(-p.voice, p.step) for p in _below_base(run) if p.voice is not None]
    return min(found)[1] if found else None


def last_improvement(run: TrainRun) -> int:
    """Return the step of the last validation that was an improvement, 0 without one.

    With the selection by voice, a lower loss is one, too: the voice is too noisy to end a training.
    """
    if run.settings.select == "loss":
        return run.best_step
    return max(run.best_step, lowest_loss_step(run) or 0)


def _below_base(run: TrainRun) -> list[LossPoint]:
    base = run.base_valid_loss
    return [p for p in run.losses if p.step > 0 and p.valid is not None and p.valid < base]
