"""A job's folder in a project: what runs, since when, and its state."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from morris_mlx.errors import MissingError, MorrisError, RefusedError
from morris_mlx.files import (
    PRIVATE_FILE,
    cannot_write,
    is_locked,
    make_folder,
    read_json,
    write_json,
)
from morris_mlx.jobs.events import KILLED, Done, EventLog, EventReader, Failed, Progress
from morris_mlx.jobs.supervisor import newest_checkpoint
from morris_mlx.project.folder import JOB_EVENTS, JOB_LOCK, JOB_OUTPUT, Project
from morris_mlx.typed_json import record_from_json

JOB_FILE, STOP = "job.json", "stop"
JOB_ID = re.compile(r"[a-z]+-\d+")
STOPPED_KIND = "stopped"  # the `kind` of StoppedError


class State(StrEnum):
    """The state of a job."""

    running = "running"
    stopping = "stopping"  # was asked to stop, and has not ended yet
    ended = "ended"
    stopped = "stopped"
    failed = "failed"
    killed = "killed"


@dataclass(frozen=True, slots=True)
class Job:
    """A step that runs, or ran, as a process of its own.

    `arguments` are those of `morris`; `resume_arguments` go on from the last checkpoint in the
    folder `checkpoints`. `writes` names what the job writes, such as "adapters/mine": two jobs
    that write the same thing are not run at once. `started` is the time of day in UTC, for people:
    nothing is decided by it. `next_step` is what to do when the job did not end by itself, `after`
    when it did.
    """

    id: str
    folder: Path
    step: str
    writes: str
    arguments: tuple[str, ...]
    resume_arguments: tuple[str, ...]
    checkpoints: str
    started: str
    next_step: str
    after: str

    @property
    def events(self) -> Path:
        """The job's event log."""
        return self.folder / JOB_EVENTS

    @property
    def output(self) -> Path:
        """The output of the job's process."""
        return self.folder / JOB_OUTPUT


@dataclass(frozen=True, slots=True)
class _JobFile:
    """The content of job.json: a job without its folder, which may be moved with the project.

    `checkpoints` is relative to the project.
    """

    step: str
    writes: str
    arguments: tuple[str, ...]
    resume_arguments: tuple[str, ...]
    checkpoints: str
    started: str
    next_step: str
    after: str


@contextmanager
def new_job(
    project: Project,
    step: str,
    writes: str,
    arguments: tuple[str, ...],
    resume_arguments: tuple[str, ...],
    checkpoints: Path,
    next_step: str,
    after: str,
) -> Iterator[tuple[Job, int]]:
    """Make a job and hold its lock. Yield the job and the lock's descriptor, for a child to share.

    The job runs as long as any process has the descriptor: whatever kills the processes frees the
    lock, and neither a clock nor a reused process ID can be mistaken for it. The job's number is
    the next free one. Raises RefusedError when a running job writes the same thing.
    """
    parent = make_folder(project.jobs)
    with _one_at_a_time(parent):
        refuse_conflict(project, writes)
        number = 1 + max((number_of(path.name) for path in parent.iterdir()), default=0)
        folder = make_folder(parent / f"{step}-{number}")
        descriptor = _open_lock(folder)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        started = datetime.now(UTC).isoformat(timespec="seconds")
        file = _JobFile(
            step, writes, arguments, resume_arguments, _inside(project, checkpoints), started,
            next_step, after,
        )  # fmt: skip
        write_json(folder / JOB_FILE, asdict(file))
    try:
        yield _job(project, folder, file), descriptor
    finally:
        os.close(descriptor)


def refuse_conflict(project: Project, writes: str) -> None:
    """Raise RefusedError if a running job writes the same thing."""
    for other in read_jobs(project):
        if other.writes == writes and is_running(other):
            raise RefusedError(
                f"{other.id} is running and writes {writes}, too. Wait for it "
                f"(`morris jobs follow {other.id}`) or stop it (`morris jobs stop {other.id}`)."
            )


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Wait for other processes that make a job in this project at this moment."""
    descriptor = _open_lock(folder)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _open_lock(folder: Path) -> int:
    """Return a descriptor of the folder's lock file. Raises MorrisError when it cannot be made."""
    path = folder / JOB_LOCK
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
    except OSError as error:
        raise cannot_write(path, error) from error


def number_of(name: str) -> int:
    """Return the number in a job's ID, 0 for another name."""
    return int(name.rpartition("-")[2]) if JOB_ID.fullmatch(name) else 0


def read_jobs(project: Project) -> list[Job]:
    """Return a project's jobs, the oldest first. A damaged job is left out."""
    found = []
    if project.jobs.is_dir():
        names = [path.name for path in project.jobs.iterdir() if number_of(path.name)]
        for name in sorted(names, key=number_of):
            try:
                found.append(read_job(project, name))
            except MorrisError:
                continue  # its folder was just made, or its file was edited
    return found


def read_job(project: Project, job_id: str) -> Job:
    """Return one job. Raises MissingError for an unknown ID, with the IDs that there are."""
    folder = project.jobs / job_id
    if not JOB_ID.fullmatch(job_id) or not (folder / JOB_FILE).exists():
        names = [p.name for p in project.jobs.glob("*") if (p / JOB_FILE).exists()]
        known = ", ".join(sorted(names, key=number_of)) or "none yet"
        raise MissingError(f"There is no job {job_id!r} in this project. Jobs: {known}.")
    try:
        file = record_from_json(_JobFile, read_json(folder / JOB_FILE))
    except MorrisError as error:
        raise MorrisError(
            f"{folder / JOB_FILE} is damaged: {error} Delete {folder}: it is only the record of "
            "a job."
        ) from error
    return _job(project, folder, file)


def _job(project: Project, folder: Path, file: _JobFile) -> Job:
    checkpoints = str(project.home / file.checkpoints)
    return Job(id=folder.name, folder=folder, **(asdict(file) | {"checkpoints": checkpoints}))


def _inside(project: Project, path: Path) -> str:
    """Return a path in the project relative to it, since the project may be moved."""
    return str(path.relative_to(project.home) if path.is_relative_to(project.home) else path)


def is_running(job: Job) -> bool:
    """Return True while a process of the job holds its lock."""
    return is_locked(job.folder / JOB_LOCK)


def state_of(job: Job) -> State:
    """Return a job's state. A job that ended without a last event was killed; its log then says so.

    The line is added to the log here, by the first reader, since nothing of the job was left to
    write it. Where the log cannot be written, the state is known without the line.
    """
    if is_running(job):
        return State.stopping if (job.folder / STOP).exists() else State.running
    last = last_event(job)
    if last is None:
        with suppress(MorrisError):
            EventLog(job.events)(killed_event(job))
        return State.killed
    if isinstance(last, Done):
        if last.result.get("stopped"):
            return State.stopped
        return State.failed if last.result.get("failed") else State.ended
    states = {KILLED: State.killed, STOPPED_KIND: State.stopped}
    return states.get(last.kind, State.failed)


def killed_event(job: Job) -> Failed:
    """Return the last event of a job that was killed before it could write one."""
    return Failed(KILLED, f"The processes of {job.id} were killed. {how_to_continue(job)}".strip())


def how_to_continue(job: Job) -> str:
    """Return what to do with a job that did not end by itself.

    Without a checkpoint its own next step, which resumes it, would be refused.
    """
    if not job.next_step or newest_checkpoint(Path(job.checkpoints)) >= 0:
        return job.next_step
    return f"Nothing was saved yet: `morris jobs resume {job.id}` starts it again."


def last_event(job: Job) -> Done | Failed | None:
    """Return the event that ended a job, or None."""
    event = EventReader(job.events).newest(Done, Failed)
    return event if isinstance(event, Done | Failed) else None


def last_progress(job: Job) -> Progress | None:
    """Return how far a job has come, or None."""
    event = EventReader(job.events).newest(Progress)
    return event if isinstance(event, Progress) else None
