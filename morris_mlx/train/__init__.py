"""LoRA fine-tuning on MLX: from a dataset to an adapter in mlx-lm's format.

Example:
    run = train_adapter(job, TrainHooks(report=print))
    print(run.best_valid_loss)
"""

from __future__ import annotations

from pathlib import Path

from morris_mlx.device import prepare_engine, start_many_operations
from morris_mlx.models.config import read_config
from morris_mlx.models.families import Forward, forward_of
from morris_mlx.models.shape import ModelShape, shape_from_config, zephyr_shape
from morris_mlx.records.training import TrainRun
from morris_mlx.train.job import (
    Notice,
    Report,
    StepReport,
    TrainHooks,
    TrainJob,
    ValidReport,
    VoiceSample,
)
from morris_mlx.train.layout import planned_shape

# Planning needs no engine: these modules import nothing heavy.
from morris_mlx.train.memory.generic_estimate import is_measured
from morris_mlx.train.memory.machine import (
    Machine,
    mac,
    machine_from_engine,
    memory_gb_from_text,
    this_machine,
)
from morris_mlx.train.memory.plan import (
    MemoryLimits,
    MemoryPlan,
    Workload,
    correct_plan,
    estimate_plan,
    memory_limits,
    plan_training,
    reduce_memory,
)


def train_adapter(job: TrainJob, hooks: TrainHooks | None = None) -> TrainRun:
    """Train an adapter; write the best one and run.json to `job.folder`, the last one to last/.

    Once `hooks.stopping` returns True the run ends after its step with a checkpoint, and the
    reason is in `TrainRun.stopped`. After an error everything that was saved before stays.

    Raises:
        MorrisError: If a row cannot be learned from, the loss is not finite or the disk is full.
        RefusedError: If a run is resumed with other data or settings, or does not fit into memory.
    """
    on_gpu = prepare_engine().name != "mlx-cpu"
    config = read_config(job.model.folder)
    forward = forward_of(config.model_type, config.text.get("layer_types"))
    if not on_gpu and forward is Forward.LLAMA and job.settings.packs(on_gpu):
        start_many_operations()  # in several lanes
    from morris_mlx.train.trainer import run_training

    return run_training(job, hooks or TrainHooks())


def unfinished_run(folder: Path) -> TrainRun | None:
    """Return the run of the newest intact checkpoint in an adapter's folder, or None."""
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
    "VoiceSample",
    "train_adapter",
    "unfinished_run",
]
__all__ += ["Machine", "MemoryLimits", "MemoryPlan", "ModelShape", "Workload"]
__all__ += ["correct_plan", "estimate_plan", "mac", "machine_from_engine", "memory_gb_from_text"]
__all__ += ["is_measured", "memory_limits", "plan_training", "planned_shape", "reduce_memory"]
__all__ += ["shape_from_config", "this_machine", "zephyr_shape"]
