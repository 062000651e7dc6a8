"""The memory plan of a job, checked before the weights are loaded and again by a measurement.

The longest batch is computed twice without a step being taken. The memory that this takes corrects
the plan while there is still nothing to lose.
"""

from __future__ import annotations

from collections.abc import Sequence

import mlx.core as mx
import mlx.nn as nn
from mlx.utils import tree_map

from morris_mlx.device import prepare_engine, sold_size
from morris_mlx.errors import RefusedError
from morris_mlx.models.config import read_config
from morris_mlx.records.corpus import RowLength
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.batch_sampler import BatchSampler
from morris_mlx.train.job import TrainJob
from morris_mlx.train.lanes import one_thread_each
from morris_mlx.train.layout import planned_shape
from morris_mlx.train.loop import compiled_micro_step
from morris_mlx.train.memory.machine import machine_from_engine
from morris_mlx.train.memory.plan import (
    MemoryPlan,
    Workload,
    correct_plan,
    estimate_plan,
    memory_limits,
    plan_training,
)

MEASURED_STEPS = 2  # the second one holds the gradients of the first too


def plan_job(job: TrainJob, rows: Sequence[RowLength]) -> MemoryPlan:
    """Plan the memory of a job on rows of these lengths; a run that is resumed keeps its settings.

    Raises:
        RefusedError: If it cannot fit and the job is not forced.
    """
    workload = Workload(
        shape=planned_shape(read_config(job.model.folder), job.model.name),
        window=job.window,
        machine=machine_from_engine(prepare_engine()),
        rows=tuple(rows),
        model=job.model.name,
    )
    plan = (estimate_plan if job.resume else plan_training)(workload, job.settings)
    _require_fit(plan, job)
    return plan


def check_plan(
    plan: MemoryPlan, job: TrainJob, model: nn.Module, sampler: BatchSampler
) -> MemoryPlan:
    """Correct the plan by the measured peak of the longest batch.

    Raises:
        RefusedError: If the training does not fit and the job is not forced.
    """
    plan = correct_plan(plan, _peak_of_longest_gb(model, sampler, plan.settings))
    _require_fit(plan, job)
    return plan


def apply_limits(plan: MemoryPlan) -> None:
    """Limit a GPU's allocator to the plan, so that it leaves the system enough memory."""
    if prepare_engine().name == "mlx-cpu":
        return
    limits = memory_limits(plan)
    mx.set_memory_limit(limits.memory)
    mx.set_cache_limit(limits.cache)
    if mx.metal.is_available():
        mx.set_wired_limit(limits.wired)


def _peak_of_longest_gb(model: nn.Module, sampler: BatchSampler, settings: TrainSettings) -> float:
    batch = sampler.longest(settings.batch_size)
    micro_step = compiled_micro_step(model, settings)
    gradients = None
    mx.reset_peak_memory()
    for step in range(MEASURED_STEPS if settings.accumulate > 1 else 1):
        _, new = micro_step(*batch.arrays, mx.random.key(step))
        gradients = new if gradients is None else tree_map(mx.add, gradients, new)
        with one_thread_each(sampler.lanes):
            mx.eval(gradients)
    return mx.get_peak_memory() / 1e9


def _require_fit(plan: MemoryPlan, job: TrainJob) -> None:
    if plan.fits or job.force:
        return
    source = "measured" if plan.measured_peak_gb else "planned"
    raise RefusedError(
        f"This training needs {plan.needed_gb:.1f} GB ({source}) and may use "
        f"{plan.usable_gb:.1f} of the {sold_size(plan.memory_gb)} of this machine. `morris plan "
        f"--model {job.model.name}` proposes settings that fit; --force trains anyway."
    )
