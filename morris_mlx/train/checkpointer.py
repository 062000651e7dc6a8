"""Checkpointer: the files of a training, from metrics and events to checkpoints and adapters."""

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

from morris_mlx import files
from morris_mlx.defaults import ADAPTER_CONFIG, ADAPTER_WEIGHTS, LAST, RUN_FILE
from morris_mlx.models.adapters import require_alive
from morris_mlx.models.find_adapter import read_run, write_run
from morris_mlx.project.adapters import (
    CHECKPOINTS,
    EVENTS_FILE,
    METRICS_FILE,
    QUICK_REPORT_FILE,
    REPLACED,
)
from morris_mlx.project.datasets import PAGE_FILE, REPORT_FILE
from morris_mlx.records.training import UNFINISHED, LossPoint, TrainRun
from morris_mlx.train.checkpoint_files import Checkpoint, remove_newer, write_checkpoint
from morris_mlx.train.job import Notice, StepReport, TrainHooks, TrainJob, ValidReport
from morris_mlx.train.joined import JoinedArrays
from morris_mlx.train.lora import adapter_arrays, replacing_adapter, save_adapter
from morris_mlx.train.memory.plan import MemoryPlan
from morris_mlx.train.selection import (
    highest_voice_step,
    is_best,
    last_improvement,
    lowest_loss_step,
)
from morris_mlx.train.work_clock import WorkClock

LOG = logging.getLogger("morris_mlx.train")


class Checkpointer:
    """The run record of one training and everything that is written for it.

    With `writes` False, as in all processes but the main one, the run is recorded in memory and
    no file is touched.
    """

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
        self._joined = JoinedArrays(model.trainable_parameters())
        self.clock = WorkClock()
        self._seconds_before, self._tokens_before = 0.0, 0
        self._train_losses: list[float] = []
        self._saved_step = -1
        self.run: TrainRun

    def start(self, run: TrainRun, steps: int) -> None:
        """Begin a new run and save step 0, so that it can be resumed from the first step on."""
        self.run = replace(run, changes=(self._job.change,) if self._job.change else ())
        if self._writes:
            # Only now: later the adapter in the folder may be one of this run.
            _keep_replaced(self._job.folder)
            files.remove_folder(self._job.folder / CHECKPOINTS)
            for name in (METRICS_FILE, EVENTS_FILE):
                (self._job.folder / name).unlink(missing_ok=True)
            if not (self._job.folder / ADAPTER_WEIGHTS).exists():
                write_run(self._job.folder, self.run)  # keeps its dataset from being removed
        self.log_event("started", settings=asdict(run.settings), dataset=run.dataset_digest)
        self.on_validation(0, steps, run.base_valid_loss)

    def resume(self, found: Checkpoint) -> None:
        """Continue the run of a checkpoint and remove what was written after it."""
        change = (self._job.change,) if self._job.change else ()
        first = found.run.started_with or found.run.settings
        self.run = replace(
            found.run,
            name=self._job.name,  # the folder may have been renamed
            settings=self._job.settings,
            started_with=first if self._job.settings != first else None,
            changes=(*found.run.changes, *change),
        )
        self._seconds_before = found.run.seconds
        self._tokens_before = found.run.supervised_tokens
        self._saved_step = found.step
        self._train_losses = list(found.train_losses)
        missing = 0
        if self._writes:
            missing = files.cut_log(self._job.folder / METRICS_FILE, found.metrics_bytes)
            files.cut_log(self._job.folder / EVENTS_FILE)
            remove_newer(self._job.folder / CHECKPOINTS, found.step)
        self.log_event("resumed", step=found.step, change=self._job.change)
        if missing:
            self.notify(f"{METRICS_FILE} is damaged: {missing} bytes of it are missing.")
        text = f"Resuming from the checkpoint of step {found.step}."
        self.notify(f"{text} {self._job.change}".strip())

    def on_plan(self, plan: MemoryPlan) -> None:
        """Report planned and measured memory, and the settings that the plan changed."""
        measured = plan.measured_peak_gb or 0.0
        self.log_event(
            "plan",
            predicted_peak_gb=plan.predicted_peak_gb,
            measured_peak_gb=measured,
            usable_gb=plan.usable_gb,
            changes=plan.changes,
        )
        for change in plan.changes:
            self.notify(f"To fit into {plan.usable_gb:.1f} GB: {change}.")
        self._hooks.report(
            Notice(
                f"Peak memory: {plan.predicted_peak_gb:.2f} GB planned, {measured:.2f} GB measured "
                f"on the longest batch; {plan.usable_gb:.1f} GB can be used on this machine."
            )
        )

    def on_step(self, report: StepReport) -> None:
        """Record and report an optimizer step."""
        report = replace(report, tokens=self._tokens_before + report.tokens)
        self._train_losses.append(report.loss)
        self.run = replace(self.run, step=report.step, supervised_tokens=report.tokens)
        self._write_metric("train", report)
        self._hooks.report(report)

    def on_validation(self, step: int, steps: int, loss: float) -> None:
        """Record a validation, publish the adapter if it is the best, and save a checkpoint."""
        voice = self._judge_voice(step)
        mean = float(np.mean(self._train_losses)) if self._train_losses else None
        self._train_losses = []
        point = LossPoint(step, mean, loss, voice)
        best = is_best(self.run, point)
        report = ValidReport(step, steps, loss, best, voice)
        self.run = replace(self.run, losses=(*self.run.losses, point))
        if self.run.settings.select == "voice":
            self.run = replace(
                self.run,
                lowest_loss_step=lowest_loss_step(self.run),
                highest_voice_step=highest_voice_step(self.run),
            )
        if step == 0:
            self.run = replace(self.run, best_step=0, best_valid_loss=loss)
        self._write_metric("valid", report)
        if best:
            self._publish(step, loss)
        if self._writes and self._hooks.samples is not None:
            self.log_event("samples", step=step, texts=dict(self._hooks.samples(self._model)))
        self._hooks.report(report)
        self.save()

    def _judge_voice(self, step: int) -> float | None:
        """Return the voice of a few answers and log them; None with the selection by loss."""
        if self.run.settings.select != "voice" or self._hooks.voice is None:
            return None
        found = self._hooks.voice(self._model)
        # As "samples", whose texts stay out of the log and are found by `morris forget`.
        self.log_event("samples", step=step, voice=found.score, texts=dict(found.texts))
        return found.score

    def save(self) -> None:
        """Save a checkpoint of the present step, unless it was saved before."""
        if not self._writes or self._saved_step == self.run.step:
            return
        self._update_totals(UNFINISHED)
        metrics = self._job.folder / METRICS_FILE
        files.flush(metrics)
        began = time.monotonic()
        write_checkpoint(
            self._job.folder / CHECKPOINTS,
            Checkpoint(
                step=self.run.step,
                run=self.run,
                adapter=adapter_arrays(self._model),
                optimizer=self._joined.saved_state(self._optimizer),
                metrics_bytes=metrics.stat().st_size,
                train_losses=tuple(self._train_losses),
            ),
        )
        self._saved_step = self.run.step
        took = round(time.monotonic() - began, 3)
        self.log_event("checkpoint", step=self.run.step, seconds=took)

    def is_out_of_patience(self) -> bool:
        """Return True if the last `patience` validations brought no improvement."""
        improved = last_improvement(self.run)
        since = [point for point in self.run.losses if point.step > improved]
        patience = self.run.settings.patience
        return patience > 0 and len(since) >= patience

    def finish(self, stopped: str) -> TrainRun:
        """Write the last adapter and run.json, and return the run.

        The checkpoints of a run that was stopped stay, so that it can be resumed. `stopped` is the
        reason, "" at the regular end. Without a validation below the base no adapter is kept in
        the folder itself; that of the last step is in last/ all the same.
        """
        folder = self._job.folder
        self.save()
        unmeasured = len(self.run.losses) == 1  # that of step 0
        if stopped and unmeasured and not (folder / ADAPTER_WEIGHTS).exists():
            self._publish(self.run.step, None)
        self._update_totals(stopped)
        if not self._writes:
            return self.run
        if not stopped:
            require_alive(self._model, f"The adapter trained into {folder}")
        last = save_adapter(folder / LAST, self._model, self._config)
        write_run(folder / LAST, replace(self.run, adapter_sha256=last))
        if not self.run.adapter_sha256 and not unmeasured:
            _remove_unmeasured(folder)
        if self.run.adapter_sha256 or not (folder / ADAPTER_WEIGHTS).exists():
            write_run(folder, self.run)  # otherwise the adapter to be replaced is still there
        self.log_event("finished", stopped=stopped, step=self.run.step)
        if not stopped:
            files.remove_folder(folder / CHECKPOINTS)
        return self.run

    def log_event(self, kind: str, **facts: Any) -> None:
        """Append an event to events.jsonl and to the log."""
        if self._writes:
            row = {"time": time.time(), "event": kind, **facts}
            files.append_jsonl(self._job.folder / EVENTS_FILE, row)
            if kind != "samples":  # private text stays out of the log
                LOG.info("%s %s", kind, json.dumps(facts))

    def notify(self, text: str) -> None:
        """Log a notice and report it to the user."""
        self.log_event("notice", text=text)
        self._hooks.report(Notice(text))

    def _write_metric(self, kind: str, report: StepReport | ValidReport) -> None:
        if self._writes:
            row = {"kind": kind, **asdict(report)}
            files.append_jsonl(self._job.folder / METRICS_FILE, row)

    def _publish(self, step: int, loss: float | None) -> None:
        """Replace the best adapter in the folder by the present one; a kill leaves one of them."""
        if self._writes:
            folder = self._job.folder
            for report in (
                REPORT_FILE,
                PAGE_FILE,
                QUICK_REPORT_FILE,
            ):  # they are about an earlier adapter
                (folder / report).unlink(missing_ok=True)
            with replacing_adapter(folder, self._model, self._config) as sha256:
                self.run = replace(
                    self.run,
                    best_step=step,
                    best_valid_loss=loss,
                    adapter_sha256=sha256,
                    adapter_sha256_before=_present_digest(folder),
                )
                self._update_totals(UNFINISHED)
                write_run(folder, self.run)
        else:
            self.run = replace(self.run, best_step=step, best_valid_loss=loss, adapter_sha256="-")

    def _update_totals(self, stopped: str) -> None:
        self.run = replace(
            self.run,
            seconds=round(self._seconds_before + self.clock.seconds(), 1),
            peak_memory_gb=round(mx.get_peak_memory() / 1e9, 3),
            stopped=stopped,
        )


def _keep_replaced(folder: Path) -> None:
    """Copy the adapter that is about to be trained over into its own folder."""
    names = (ADAPTER_WEIGHTS, ADAPTER_CONFIG, RUN_FILE)
    present = [folder / name for name in names if (folder / name).exists()]
    if folder.joinpath(ADAPTER_WEIGHTS) in present:
        with files.replacing_folder(folder / REPLACED) as new:
            for path in present:
                shutil.copy(path, new / path.name)


def _remove_unmeasured(folder: Path) -> None:
    """Remove the adapter of a stop before the first validation: it has proved no better."""
    if not all((folder / name).exists() for name in (ADAPTER_WEIGHTS, RUN_FILE)):
        return
    if read_run(folder).best_valid_loss is None:
        (folder / ADAPTER_WEIGHTS).unlink()
        (folder / ADAPTER_CONFIG).unlink(missing_ok=True)


def _present_digest(folder: Path) -> str:
    path = folder / ADAPTER_WEIGHTS
    return files.file_digest(path) if path.exists() else ""
