"""dataset → adapter: LoRA fine-tuning on MLX, in mlx-lm's own adapter format."""

from __future__ import annotations

from pathlib import Path

from morris_mlx.device import prepare_engine
from morris_mlx.models.shape import ModelShape, shape_from_config, zephyr_shape
from morris_mlx.records.training import TrainRun
from morris_mlx.train.job import Notice, Report, StepReport, TrainHooks, TrainJob, ValidReport

# Planning needs no engine: these leaves import nothing heavy.
from morris_mlx.train.memory.machine import (
    Machine,
    mac,
    machine_from_engine,
    memory_gb_from_text,
    this_machine,
)
from morris_mlx.train.memory.plan import (
    Limits,
    Plan,
    RowLength,
    Task,
    corrected,
    describe,
    limits,
    lower,
    plan_training,
)


def train_adapter(job: TrainJob, hooks: TrainHooks | None = None) -> TrainRun:
    """Train and leave the best adapter with its run.json in `job.folder`, the last one in last/.

    Once `hooks.stopping` says True the run ends after its step with a checkpoint, and
    `TrainRun.stopped` says so. Raises MorrisError for rows that cannot be learned from, for a
    loss that is not finite and for a disk that is full; RefusedError for a resume with other
    data or settings. What was saved before stays.
    """
    prepare_engine()
    from morris_mlx.train.trainer import run_training

    return run_training(job, hooks or TrainHooks())


def unfinished_run(folder: Path) -> TrainRun | None:
    """The run that the newest whole checkpoint in an adapter's folder belongs to, if any."""
    prepare_engine()
    from morris_mlx.train.trainer import newest_run

    return newest_run(folder)


__all__ = [
    "Notice",
    "Report",
    "StepReport",
    "TrainHooks",
    "TrainJob",
    "ValidReport",
    "train_adapter",
    "unfinished_run",
]
__all__ += ["Limits", "Machine", "ModelShape", "Plan", "RowLength", "Task"]
__all__ += ["corrected", "describe", "limits", "lower", "mac"]
__all__ += ["machine_from_engine", "memory_gb_from_text"]
__all__ += ["plan_training", "shape_from_config", "this_machine", "zephyr_shape"]
