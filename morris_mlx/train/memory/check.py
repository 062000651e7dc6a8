"""The plan of one training against the machine: before anything is loaded, and after a first look.

The longest batch is computed twice without a step being taken: what memory that took corrects the
plan while there is still nothing to lose.
"""

from __future__ import annotations

from collections.abc import Sequence

import mlx.core as mx
import mlx.nn as nn
from mlx.utils import tree_map

from morris_mlx.device import prepare_engine
from morris_mlx.errors import RefusedError
from morris_mlx.models.config import read_config
from morris_mlx.models.shape import shape_from_config
from morris_mlx.records.training import TrainSettings
from morris_mlx.train.batch_sampler import Schedule
from morris_mlx.train.dataset import Row
from morris_mlx.train.job import TrainJob
from morris_mlx.train.loop import compiled_micro_step
from morris_mlx.train.memory.machine import machine_from_engine
from morris_mlx.train.memory.plan import (
    Plan,
    RowLength,
    Task,
    corrected,
    describe,
    limits,
    plan_training,
)

MEASURED_STEPS = 2  # the second one has the first one's gradients beside it


def plan_job(job: TrainJob, rows: Sequence[Row]) -> Plan:
    """The plan for these rows; a run that is resumed keeps its settings.

    Raises RefusedError when it cannot fit, unless the job is forced.
    """
    task = Task(
        shape=shape_from_config(read_config(job.model.folder), job.model.name),
        window=job.window,
        machine=machine_from_engine(prepare_engine()),
        rows=tuple(RowLength(len(row.ids), sum(row.mask[1:])) for row in rows),
        model=job.model.name,
    )
    plan = (describe if job.resume else plan_training)(task, job.settings)
    _require_fit(plan, job)
    return plan


def check_plan(plan: Plan, job: TrainJob, model: nn.Module, rows: Sequence[Row]) -> Plan:
    """The plan corrected by the real peak of the longest batch. Raises RefusedError as above."""
    plan = corrected(plan, _peak_of_longest_gb(model, rows, plan.settings))
    _require_fit(plan, job)
    return plan


def hold_to(plan: Plan) -> None:
    """Keep a GPU's allocator within the plan: it would take what the system needs."""
    if prepare_engine().name == "mlx-cpu":
        return
    held = limits(plan)
    mx.set_memory_limit(held.memory)
    mx.set_cache_limit(held.cache)
    if mx.metal.is_available():
        mx.set_wired_limit(held.wired)


def _peak_of_longest_gb(model: nn.Module, rows: Sequence[Row], settings: TrainSettings) -> float:
    longest = sorted(rows, key=lambda row: len(row.ids))[-settings.batch_size :]
    batch = Schedule(rows, settings).build(longest)
    micro_step = compiled_micro_step(model, settings)
    gradients = None
    mx.reset_peak_memory()
    for step in range(MEASURED_STEPS if settings.accumulate > 1 else 1):
        _, new = micro_step(*batch.arrays, mx.random.key(step))
        gradients = new if gradients is None else tree_map(mx.add, gradients, new)
        mx.eval(gradients)
    return mx.get_peak_memory() / 1e9


def _require_fit(plan: Plan, job: TrainJob) -> None:
    if plan.fits or job.force:
        return
    seen = "measured" if plan.measured_peak_gb else "planned"
    raise RefusedError(
        f"This training needs {plan.needed_gb:.1f} GB ({seen}) and this machine gives "
        f"{plan.usable_gb:.1f} of its {plan.memory_gb:.0f} GB. `morris plan --model "
        f"{job.model.name}` proposes what fits; --force tries it all the same."
    )
