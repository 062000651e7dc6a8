"""dataset → adapter: LoRA fine-tuning on MLX, in mlx-lm's own adapter format."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from morris_mlx.device import prepare_engine
from morris_mlx.models.find import ModelFiles
from morris_mlx.models.shape import ModelShape, shape_from_config, zephyr_shape
from morris_mlx.records.corpus import Example
from morris_mlx.records.training import TrainRun, TrainSettings

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


@dataclass(frozen=True, slots=True)
class TrainJob:
    """What to learn from, on what, and where the adapter goes.

    With `resume` the last checkpoint in `folder` is gone on from; `change` says in words what
    was given up for memory since. Tokenised rows are kept in `token_cache`, where it is given.
    """

    name: str
    model: ModelFiles
    train: Sequence[Example]
    valid: Sequence[Example]
    settings: TrainSettings
    window: int
    system_prompt: str
    dataset_digest: str
    folder: Path
    resume: bool = False
    change: str = ""
    force: bool = False  # go on though the plan says that it does not fit
    token_cache: Path | None = None


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


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know while the training goes on."""

    text: str


Report = StepReport | ValidReport | Notice


@dataclass(frozen=True, slots=True)
class TrainHooks:
    """What a training asks of the outside.

    `report` hears of every step, validation and notice; once `stopping` says True the run ends
    after its step; `samples` writes a few texts with the model as it is: (prompt → text).
    """

    report: Callable[[Report], None] = lambda _: None
    stopping: Callable[[], bool] = lambda: False
    samples: Callable[[Any], Mapping[str, str]] | None = None


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
