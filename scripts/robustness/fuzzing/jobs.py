"""Files of a job: job.json, and the event log that followers and the list of jobs read."""

from __future__ import annotations

import json
from pathlib import Path

from fuzzing.target import Target, require_type, written
from morris_mlx.jobs.events import (
    Done,
    Event,
    EventReader,
    Failed,
    Metric,
    Note,
    Progress,
    Sample,
    event_to_json,
)
from morris_mlx.jobs.record import Job, last_event, last_progress, read_job, state_of
from morris_mlx.project.folder import Project

ID = "train-1"
JOB = {
    "step": "train",
    "writes": "adapters/mine",
    "arguments": ["train", "--name", "mine"],
    "resume_arguments": ["train", "--resume", "mine", "--force"],
    "checkpoints": "/nowhere",
    "started": "2026-01-02T03:04:05+00:00",
    "next_step": "Go on.",
    "after": "morris chat",
}
EVENTS: tuple[Event, ...] = (
    Note("remark", "Loading."),
    Progress("training", 1, 9),
    Metric(1, "loss", 2.5),
    Sample(1, "Say it.", "It."),
)


def job_file(data: bytes, folder: Path) -> None:
    """Read job.json: a job whose fields have their types, or an error that names the file."""
    written(folder / "data" / "jobs" / ID, "job.json", data)
    require_type(read_job(Project(folder), ID), Job)


def event_log(data: bytes, folder: Path) -> None:
    """Read a log as a follower does, from the start and in two halves, and decide the state."""
    place = folder / "data" / "jobs" / ID
    written(place, "job.json", json.dumps(JOB).encode())
    log = written(place, "events.jsonl", data)
    whole = list(EventReader(log).new_events())
    for event in whole:
        require_type(event, type(event))
    job = read_job(Project(folder), ID)
    assert state_of(job) and last_event(job) is not None
    last_progress(job)


def rows(*events: Event) -> bytes:
    return b"".join(json.dumps(event_to_json(event)).encode() + b"\n" for event in events)


def log_seeds() -> list[bytes]:
    return [rows(*EVENTS, Done({"stopped": ""})), rows(*EVENTS, Failed("refused", "No.")), rows()]


TARGETS = (
    Target("job", lambda: [json.dumps(JOB).encode()], job_file, "job.json"),
    Target("job-events", log_seeds, event_log, "", (b'"event": ["', b"\xff", b"NaN")),
)
