"""What a training leaves on the disk: metrics, events, checkpoints, the best adapter, run.json."""

from __future__ import annotations

import json
import logging
import shutil
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import numpy as np
from mlx.optimizers import Optimizer
from mlx.utils import tree_flatten

from morris_mlx import files
from morris_mlx.defaults import ADAPTER_CONFIG, ADAPTER_WEIGHTS, RUN_FILE
from morris_mlx.models.adapters import require_alive
from morris_mlx.project.adapters import (
    CHECKPOINTS,
    EVENTS_FILE,
    LAST,
    METRICS_FILE,
    REPLACED,
    write_run,
)
from morris_mlx.project.datasets import REPORT_FILE
from morris_mlx.records.training import LossPoint, TrainRun
from morris_mlx.train import Notice, StepReport, TrainHooks, TrainJob, ValidReport
from morris_mlx.train.checkpoint import Checkpoint, remove_newer, write_checkpoint
from morris_mlx.train.lora import adapter_arrays, replacing_adapter, save_adapter
from morris_mlx.train.memory.plan import Plan

UNFINISHED = "not finished"  # what run.json says while the training goes on
LOG = logging.getLogger("morris_mlx.train")


class Keeper:
    """Writes for one training. On machines that do not write, `writes` is False."""

    def __init__(
        self,
        job: TrainJob,
        hooks: TrainHooks,
        writes: bool,
        model: nn.Module,
        optimizer: Optimizer,
        config: dict[str, Any],
    ) -> None:
        self._job, self._hooks, self._writes = job, hooks, writes
        self._model, self._optimizer, self._config = model, optimizer, config
        self._began = time.monotonic()
        self._seconds_before, self._tokens_before = 0.0, 0
        self._train_losses: list[float] = []
        self._committed = -1
        self.run: TrainRun

    # --- beginnings ---------------------------------------------------------------------
    def start(self, run: TrainRun, steps: int) -> None:
        """A new run, at step 0, from which it can be resumed already."""
        self.run = replace(run, changes=(self._job.change,) if self._job.change else ())
        if self._writes:
            _keep_replaced(self._job.folder)  # here, where the adapter is not yet this run's own
            files.remove_folder(self._job.folder / CHECKPOINTS)
            for name in (METRICS_FILE, EVENTS_FILE):
                (self._job.folder / name).unlink(missing_ok=True)
            if not (self._job.folder / ADAPTER_WEIGHTS).exists():
                write_run(self._job.folder, self.run)  # from now on its dataset is needed
        self.event("started", settings=asdict(run.settings), dataset=run.dataset_digest)
        self.validated(0, steps, run.base_valid_loss)

    def go_on(self, found: Checkpoint) -> None:
        """The run of a checkpoint; what was written after it is forgotten."""
        change = (self._job.change,) if self._job.change else ()
        first = found.run.started_with or found.run.settings
        self.run = replace(
            found.run,
            settings=self._job.settings,
            started_with=first if self._job.settings != first else None,
            changes=(*found.run.changes, *change),
        )
        self._seconds_before = found.run.seconds
        self._tokens_before = found.run.supervised_tokens
        self._committed = found.step
        self._train_losses = list(found.train_losses)
        missing = 0
        if self._writes:
            missing = files.cut_log(self._job.folder / METRICS_FILE, found.metrics_bytes)
            files.cut_log(self._job.folder / EVENTS_FILE)
            remove_newer(self._job.folder / CHECKPOINTS, found.step)
        self.event("resumed", step=found.step, change=self._job.change)
        if missing:
            self.notice(f"{METRICS_FILE} is damaged: {missing} bytes of it are missing.")
        text = f"Going on from the checkpoint of step {found.step}."
        self.notice(f"{text} {self._job.change}".strip())

    def planned(self, plan: Plan) -> None:
        """What was planned against what was measured, and what the plan gave up."""
        measured = plan.measured_peak_gb or 0.0
        self.event(
            "plan",
            predicted_peak_gb=plan.predicted_peak_gb,
            measured_peak_gb=measured,
            usable_gb=plan.usable_gb,
            changes=plan.changes,
        )
        for change in plan.changes:
            self.notice(f"To fit into {plan.usable_gb:.1f} GB: {change}.")
        self._hooks.report(
            Notice(
                f"Memory at the peak: {plan.predicted_peak_gb:.2f} GB planned, {measured:.2f} GB "
                f"measured on the longest batch; this machine gives {plan.usable_gb:.1f} GB."
            )
        )

    # --- on the way ---------------------------------------------------------------------
    def stepped(self, report: StepReport) -> None:
        report = replace(report, tokens=self._tokens_before + report.tokens)
        self._train_losses.append(report.loss)
        self.run = replace(self.run, step=report.step, supervised_tokens=report.tokens)
        self._metric("train", report)
        self._hooks.report(report)

    def validated(self, step: int, steps: int, loss: float) -> None:
        """Keep the adapter if it is the best so far, write samples, commit a checkpoint."""
        best = step > 0 and (self.run.best_valid_loss is None or loss < self.run.best_valid_loss)
        report = ValidReport(step, steps, loss, best)
        mean = float(np.mean(self._train_losses)) if self._train_losses else None
        self._train_losses = []
        losses = (*self.run.losses, LossPoint(step, mean, loss))
        self.run = replace(self.run, losses=losses)
        self._metric("valid", report)
        if best:
            self._publish(step, loss)
        if self._writes and self._hooks.samples is not None:
            self.event("samples", step=step, texts=dict(self._hooks.samples(self._model)))
        self._hooks.report(report)
        self.commit()

    def commit(self) -> None:
        """A checkpoint of this step, unless it is there already."""
        if not self._writes or self._committed == self.run.step:
            return
        self._measure(UNFINISHED)
        metrics = self._job.folder / METRICS_FILE
        files.flush(metrics)
        began = time.monotonic()
        write_checkpoint(
            self._job.folder / CHECKPOINTS,
            Checkpoint(
                step=self.run.step,
                run=self.run,
                adapter=adapter_arrays(self._model),
                optimizer=dict(tree_flatten(self._optimizer.state)),
                metrics_bytes=metrics.stat().st_size,
                train_losses=tuple(self._train_losses),
            ),
        )
        self._committed = self.run.step
        took = round(time.monotonic() - began, 3)
        self.event("checkpoint", step=self.run.step, seconds=took)

    def is_stale(self) -> bool:
        """Whether the last `patience` validations were none the better."""
        since = [point for point in self.run.losses if point.step > self.run.best_step]
        patience = self.run.settings.patience
        return patience > 0 and len(since) >= patience

    def event(self, kind: str, **facts: Any) -> None:
        if self._writes:
            row = {"time": time.time(), "event": kind, **facts}
            files.append_jsonl(self._job.folder / EVENTS_FILE, row)
            if kind != "samples":  # nobody's text goes into a log
                LOG.info("%s %s", kind, json.dumps(facts))

    def notice(self, text: str) -> None:
        self.event("notice", text=text)
        self._hooks.report(Notice(text))

    def _metric(self, kind: str, report: StepReport | ValidReport) -> None:
        if self._writes:
            row = {"kind": kind, **asdict(report)}
            files.append_jsonl(self._job.folder / METRICS_FILE, row)

    # --- the adapter --------------------------------------------------------------------
    def _publish(self, step: int, loss: float | None) -> None:
        """The present adapter takes the place of the best one; never is half of one there."""
        if self._writes:
            folder = self._job.folder
            (folder / REPORT_FILE).unlink(missing_ok=True)  # of an earlier adapter
            with replacing_adapter(folder, self._model, self._config) as sha256:
                self.run = replace(
                    self.run,
                    best_step=step,
                    best_valid_loss=loss,
                    adapter_sha256=sha256,
                    adapter_sha256_before=_present_digest(folder),
                )
                self._measure(UNFINISHED)
                write_run(folder, self.run)
        else:
            self.run = replace(self.run, best_step=step, best_valid_loss=loss, adapter_sha256="-")

    def finish(self, stopped: str) -> TrainRun:
        """Leave run.json and the last adapter; checkpoints only of a run that was stopped."""
        folder = self._job.folder
        self.commit()
        if not self.run.adapter_sha256 and not (folder / ADAPTER_WEIGHTS).exists():
            self._publish(self.run.step, None)  # stopped before the first look at the valid set
        self._measure(stopped)
        if not self._writes:
            return self.run
        if not stopped:
            require_alive(self._model, f"The adapter trained into {folder}")
        last = save_adapter(folder / LAST, self._model, self._config)
        write_run(folder / LAST, replace(self.run, adapter_sha256=last))
        if self.run.adapter_sha256:  # else the adapter that was to be replaced is still there
            write_run(folder, self.run)
        self.event("finished", stopped=stopped, step=self.run.step)
        if not stopped:
            files.remove_folder(folder / CHECKPOINTS)
        return self.run

    def _measure(self, stopped: str) -> None:
        self.run = replace(
            self.run,
            seconds=round(self._seconds_before + time.monotonic() - self._began, 1),
            peak_memory_gb=round(mx.get_peak_memory() / 1e9, 3),
            stopped=stopped,
        )


def _keep_replaced(folder: Path) -> None:
    """Whoever trains over an adapter can still go back to it."""
    names = (ADAPTER_WEIGHTS, ADAPTER_CONFIG, RUN_FILE)
    present = [folder / name for name in names if (folder / name).exists()]
    if folder.joinpath(ADAPTER_WEIGHTS) in present:
        with files.replacing_folder(folder / REPLACED) as new:
            for path in present:
                shutil.copy(path, new / path.name)


def _present_digest(folder: Path) -> str:
    path = folder / ADAPTER_WEIGHTS
    return files.file_digest(path) if path.exists() else ""
