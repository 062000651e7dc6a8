"""dataset → adapter: LoRA fine-tuning on MLX, in mlx-lm's own adapter format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from morris_mlx.device import prepare_engine
from morris_mlx.models import ModelFiles
from morris_mlx.records import Example, TrainRun, TrainSettings

# Planning needs no engine: these leaves import nothing heavy.
from morris_mlx.train.budget import Machine, mac, memory_gb_from_text, this_machine
from morris_mlx.train.plan import (
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
from morris_mlx.train.shape import ModelShape, shape_from_config, zephyr_shape


@dataclass(frozen=True, slots=True)
class TrainJob:
    """What to learn from, on what, and where the adapter goes."""

    name: str
    model: ModelFiles
    train: Sequence[Example]
    valid: Sequence[Example]
    settings: TrainSettings
    window: int
    system_prompt: str
    dataset_digest: str
    folder: Path


@dataclass(frozen=True, slots=True)
class StepReport:
    """After an optimiser step: mean loss in nats, `tokens` supervised ones seen so far."""

    step: int
    steps: int
    loss: float
    tokens: int
    learning_rate: float
    gradient_norm: float
    tokens_per_second: float
    peak_memory_gb: float
    seconds_left: float


@dataclass(frozen=True, slots=True)
class ValidReport:
    """After a look at the validation set; `best` when no step before was as good."""

    step: int
    steps: int
    loss: float
    best: bool


Report = StepReport | ValidReport


def train_adapter(
    job: TrainJob,
    report: Callable[[Report], None] = lambda _: None,
    stopping: Callable[[], bool] = lambda: False,
) -> TrainRun:
    """Train and leave the best adapter with its run.json in `job.folder`.

    `stopping` is asked after every step; once it says True the run ends there, and
    `TrainRun.stopped` says so. Raises MorrisError for rows that cannot be learned from and for a
    loss that is not finite; what was saved before stays.
    """
    prepare_engine()
    from morris_mlx.train.loop import run_training

    return run_training(job, report, stopping)


__all__ = ["Report", "StepReport", "TrainJob", "ValidReport", "train_adapter"]
__all__ += ["Limits", "Machine", "ModelShape", "Plan", "RowLength", "Task"]
__all__ += ["corrected", "describe", "limits", "lower", "mac", "memory_gb_from_text"]
__all__ += ["plan_training", "shape_from_config", "this_machine", "zephyr_shape"]
