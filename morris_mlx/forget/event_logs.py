"""Removal of texts from event logs: those of jobs, and those of trainings in an adapter's folder.

A training answers held-out requests at each validation and logs request and answer. A removal takes
these samples out of the logs of all jobs: a log does not say which dataset its training read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from morris_mlx import files
from morris_mlx.forget.plan import working_folder
from morris_mlx.project.folder import JOB_EVENTS, JOB_LOCK, JOB_OUTPUT, Project

SAMPLE_EVENTS = frozenset(("sample", "samples"))  # in a job's log, in an adapter's own
FAILED, CRASHED = "failed", "crashed"  # the event and its kind that quote a job's output
QUOTED = "  "  # begins each line of output that such an event quotes


def count_job_logs(project: Project) -> int:
    """Return the number of jobs whose logs hold texts."""
    return sum(_has_texts(folder) for folder in _job_folders(project))


def require_no_running_job(project: Project) -> None:
    """Raise MorrisError while a job is running: it has rows that are about to be removed."""
    for lock in project.jobs.glob(f"*/{JOB_LOCK}"):
        with files.locked(lock, _busy(lock.parent)):
            pass


def remove_job_texts(project: Project) -> None:
    """Remove the samples from the event log of every job, and all of its captured output.

    Output may hold a traceback, and with it any text; the message of a job that crashed quotes its
    last lines, which go, too. The job's lock is held meanwhile: raises MorrisError where a job has
    begun to run, so that no event of it is lost.
    """
    for folder in _job_folders(project):
        if not _has_texts(folder):
            continue
        with files.locked(folder / JOB_LOCK, _busy(folder)):
            if (folder / JOB_OUTPUT).exists():
                os.truncate(folder / JOB_OUTPUT, 0)
            remove_samples(project, folder / JOB_EVENTS)


def remove_samples(project: Project, log: Path) -> None:
    """Rewrite an event log without texts, completely or not at all. Its other events stay.

    The new log is made in the removal's own folder, so that a kill leaves nothing beside the old.
    """
    if not log.exists():
        return
    lines = _lines(log)
    kept = [line for row in lines if (line := _without_texts(row))]
    if kept != lines:
        fresh = working_folder(project) / f"{log.parent.name}-{log.name}"
        files.write_text(fresh, "".join(f"{line}\n" for line in kept))
        fresh.replace(log)


def _job_folders(project: Project) -> Iterator[Path]:
    yield from sorted(path for path in project.jobs.glob("*/") if path.is_dir())


def _has_texts(folder: Path) -> bool:
    output, log = folder / JOB_OUTPUT, folder / JOB_EVENTS
    if output.exists() and output.stat().st_size:
        return True
    return log.exists() and any(_without_texts(line) != line for line in _lines(log))


def _lines(log: Path) -> list[str]:
    """Split at line feeds alone: JSON leaves U+2028 and other ends of lines inside a text."""
    content = log.read_text(encoding="utf-8", errors="replace")
    return [line for line in content.split("\n") if line]


def _without_texts(line: str) -> str:
    """Return an event's line without texts; "" for a sample, and for a line that a kill tore."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(row, dict) or str(row.get("event")) in SAMPLE_EVENTS:
        return ""
    message = row.get("message")
    if (row.get("event"), row.get("kind")) == (FAILED, CRASHED) and isinstance(message, str):
        kept = [part for part in message.split("\n") if not part.startswith(QUOTED)]
        if len(kept) < message.count("\n") + 1:
            return files.json_line(row | {"message": "\n".join(kept)}).rstrip("\n")
    return line


def _busy(folder: Path) -> str:
    return (
        f"The job {folder.name} is running, with rows that are about to be removed. Stop it with "
        f"`morris jobs stop {folder.name}` or wait until it has ended. Then run the same command "
        "again: it names the adapter that the job trained."
    )
