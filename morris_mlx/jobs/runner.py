"""Steps of the pipeline as jobs: start, run, list, follow, stop and resume.

A job is a supervisor process and its child, which runs `morris` with the job's arguments and
writes events to the job's log. Followers read that log and touch nothing: killing one leaves the
job as it is, and whoever reads the log again sees the same run.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from morris_mlx.errors import MorrisError, error_of_kind
from morris_mlx.files import PRIVATE_FILE, cannot_write
from morris_mlx.jobs.events import CRASHED, Done, EventLog, EventReader, Failed, Note, Sink
from morris_mlx.jobs.record import (
    STOP,
    STOPPED_KIND,
    Job,
    State,
    how_to_continue,
    is_running,
    killed_event,
    last_event,
    new_job,
    read_job,
    read_jobs,
    state_of,
)
from morris_mlx.jobs.supervisor import (
    INTERRUPTED,
    TICK_SECONDS,
    ChildOptions,
    newest_checkpoint,
    supervise,
)
from morris_mlx.project.folder import Project

JOB_FOLDER = "MORRIS_JOB"  # set in a job's child: the folder whose event log it writes
PROCESS_NOTE = "process"  # the key of the supervisor's remarks
END_SECONDS = 10.0  # after the last event a process of the job may still be closing files
LAST_LINES = 3  # of a crashed child's output that its last event quotes


@dataclass(frozen=True, slots=True)
class JobRequest:
    """A step to run as a job: the fields are those of `record.Job`."""

    step: str
    writes: str
    arguments: tuple[str, ...]
    resume_arguments: tuple[str, ...]
    checkpoints: Path
    next_step: str = ""
    after: str = ""


def job_log() -> EventLog | None:
    """Return the event log of the job that this process is the child of, or None."""
    folder = os.environ.get(JOB_FOLDER)
    return EventLog(Path(folder) / "events.jsonl") if folder else None


def start(project: Project, request: JobRequest) -> Job:
    """Start a job that goes on without this process, and return at once.

    Raises RefusedError when a running job writes the same thing.
    """
    with _new_job(project, request) as (job, lock), _output_of(job) as output:
        subprocess.Popen(
            [sys.executable, "-m", "morris_mlx.jobs.runner", str(project.home), job.id, str(lock)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=[lock],
            start_new_session=True,
        )
        return job


def run(project: Project, request: JobRequest, sink: Sink) -> Job:
    """Run a job with this process as its supervisor; its events go to `sink`, too.

    Signals are passed on to the child. Raises RefusedError as `start` does.
    """
    with _new_job(project, request) as (job, lock):
        reader = EventReader(job.events)

        def show() -> None:
            for event in reader.new_events():
                sink(event)

        _supervise(project, job, lock, show)
        show()
        return job


def resume(project: Project, job: Job) -> Job:
    """Start a job that goes on from another job's last checkpoint, or anew if there is none."""
    begun = newest_checkpoint(Path(job.checkpoints)) >= 0
    return start(
        project,
        JobRequest(
            job.step,
            job.writes,
            job.resume_arguments if begun else job.arguments,
            job.resume_arguments,
            Path(job.checkpoints),
            job.next_step,
            job.after,
        ),
    )


def follow(job: Job, sink: Sink) -> None:
    """Give every event of a job to `sink`, from the first one, until the job has ended."""
    reader = EventReader(job.events)
    ended: float | None = None
    while True:
        for event in reader.new_events():
            sink(event)
            if isinstance(event, Done | Failed):
                ended = time.monotonic()
        if not is_running(job) or (ended and time.monotonic() - ended > END_SECONDS):
            break
        time.sleep(TICK_SECONDS)
    state_of(job)  # a job that was killed gets its last line here
    for event in reader.new_events():
        sink(event)


def stop(job: Job) -> bool:
    """Ask a running job to finish its step, save and end; asked twice, it ends at once.

    Return True if it was asked before.

    Raises MorrisError when the job is not running or its folder cannot be written.
    """
    if not is_running(job):
        state = state_of(job)
        step = f"Next: {job.after}" if state is State.ended else how_to_continue(job)
        raise MorrisError(f"{job.id} is not running: it {_WORDS[state]}. {step}")
    path = job.folder / STOP
    again = path.exists()
    try:
        path.touch(mode=PRIVATE_FILE)
        with path.open("a") as file:
            file.write("stop\n")
    except OSError as error:
        raise cannot_write(path, error) from error
    return again


def result_of(job: Job) -> Done:
    """Return the last event of a job that came to an end. Raises the error that it ended with."""
    event = last_event(job) or killed_event(job)
    if isinstance(event, Done):
        return event
    raise error_of_kind(event.kind, event.message)


_WORDS = {
    State.ended: "has ended",
    State.stopped: "was stopped",
    State.failed: "failed",
    State.killed: "was killed",
    State.running: "is ending",
    State.stopping: "is ending",
}


def _new_job(project: Project, request: JobRequest) -> AbstractContextManager[tuple[Job, int]]:
    return new_job(
        project,
        request.step,
        request.writes,
        request.arguments,
        request.resume_arguments,
        request.checkpoints,
        request.next_step,
        request.after,
    )


def _output_of(job: Job) -> BinaryIO:
    try:
        job.output.touch(mode=PRIVATE_FILE)
        return job.output.open("ab")
    except OSError as error:
        raise cannot_write(job.output, error) from error


def _supervise(project: Project, job: Job, lock: int, tick: Callable[[], None]) -> int:
    """Run the job's child to its end and ensure that the log has a last event."""
    log = EventLog(job.events)
    asked = 0

    def tick_and_pass_stops_on() -> None:
        nonlocal asked
        tick()
        with suppress(FileNotFoundError):
            wanted = len((job.folder / STOP).read_text().splitlines())
            while asked < wanted:
                asked += 1
                signal.raise_signal(signal.SIGTERM)  # the handler of supervise() passes it on

    with _output_of(job) as output:
        code = supervise(
            job.arguments,
            job.resume_arguments,
            Path(job.checkpoints),
            lambda text: log(Note(PROCESS_NOTE, text)),
            ChildOptions(
                {JOB_FOLDER: str(job.folder), "MORRIS_HOME": str(project.home)},
                (lock,),
                output.fileno(),
                tick_and_pass_stops_on,
            ),
        )
    if last_event(job) is None:
        stopped = f"{job.id} was stopped at once. {how_to_continue(job)}".strip()
        interrupted = code == INTERRUPTED
        end = Failed(STOPPED_KIND, stopped) if interrupted else Failed(CRASHED, _crash(job, code))
        try:
            log(end)
        except MorrisError as error:  # such as a full disk, which is likely the cause
            raise MorrisError(f"{error} {how_to_continue(job)}".strip()) from error
    return code


def _crash(job: Job, code: int) -> str:
    lines = job.output.read_text(errors="replace").strip().splitlines()[-LAST_LINES:]
    quoted = "".join(f"\n  {line}" for line in lines)
    then = how_to_continue(job)
    return f"{job.id} ended with exit code {code} and no result.{quoted}\n{then}".strip()


def main(words: list[str]) -> None:
    """Run as the supervisor of a started job: its project, its ID, and the lock it inherits."""
    home, job_id, lock = words
    project = Project(Path(home))
    _supervise(project, read_job(project, job_id), int(lock), lambda: None)


if __name__ == "__main__":
    main(sys.argv[1:])

__all__ = [
    "Job",
    "JobRequest",
    "State",
    "follow",
    "is_running",
    "job_log",
    "read_job",
    "read_jobs",
    "result_of",
    "resume",
    "run",
    "start",
    "state_of",
    "stop",
]
