"""`morris jobs`: list, follow, stop and resume steps that run as processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from morris_mlx.cli.options import Json
from morris_mlx.cli.output import print_json, print_table, say
from morris_mlx.cli.train import finish
from morris_mlx.errors import MorrisError
from morris_mlx.jobs import runner
from morris_mlx.jobs.events import Done, Failed, Progress
from morris_mlx.jobs.progress_line import ProgressLine
from morris_mlx.jobs.record import Job, State, last_event, last_progress
from morris_mlx.project.folder import current_project

jobs = typer.Typer(
    help="List, follow, stop and resume jobs.\n\n`morris train` runs as a job; with --detach, "
    "in the background. Without a command, the jobs of this project are listed with their "
    "states and the next step of each.",
    invoke_without_command=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
JobId = Annotated[str, typer.Argument(metavar="ID", help="ID of a job, such as train-1.")]
# What a job's last event is shown by, by its step.
FINISH: Mapping[str, Callable[[Job, bool], None]] = {"train": finish}


@jobs.callback(invoke_without_command=True)
def list_jobs(ctx: typer.Context, as_json: Json = False) -> None:
    """List the jobs of this project with their states and the next step of each.

    \b
    Example:
        morris jobs
        morris jobs follow train-1
    """
    if ctx.invoked_subcommand is not None:
        return
    found = [(job, runner.state_of(job)) for job in runner.read_jobs(current_project())]
    if as_json:
        print_json({"jobs": [_as_json(job, state) for job, state in found]})
        return
    if not found:
        print("No jobs yet. Start one: morris train --detach")
        return
    rows = [
        (job.id, state, _how_far(job, state), job.started[:16], job.writes) for job, state in found
    ]
    print_table([("job", "state", "progress", "started (UTC)", "writes"), *rows])
    print()
    for job, state in found:
        print(f"{job.id}: {_next_step(job, state)}")


@jobs.command("follow")
def follow_job(job_id: JobId, as_json: Json = False) -> None:
    """Show a job's progress until it ends. Ctrl-C leaves the job running.

    It also shows what happened before, from the beginning of the job.

    \b
    Example:
        morris jobs follow train-1
    """
    job = runner.read_job(current_project(), job_id)
    if job.step not in FINISH:
        raise MorrisError(
            f"{job.id} is a job of another version of Morris (its step is {job.step}). Follow "
            "it with that version."
        )
    try:
        with ProgressLine(follows=True) as line:
            runner.follow(job, line)
    except KeyboardInterrupt:
        say(f"{job.id} is still running. Follow it again: morris jobs follow {job.id}")
        raise
    FINISH[job.step](job, as_json)


@jobs.command("stop")
def stop_job(job_id: JobId) -> None:
    """Stop a job after its current step and save it.

    A second call ends it at once.

    \b
    Example:
        morris jobs stop train-1
    """
    job = runner.read_job(current_project(), job_id)
    when = "at once" if runner.stop(job) else "after its current step"
    print(f"{job.id} stops {when}. Watch it: morris jobs follow {job.id}")


@jobs.command("resume")
def resume_job(job_id: JobId) -> None:
    """Continue a stopped, failed or killed job from its last checkpoint.

    This starts a new job in the background.

    \b
    Example:
        morris jobs resume train-1
    """
    project = current_project()
    job = runner.read_job(project, job_id)
    state = runner.state_of(job)
    if state in (State.running, State.stopping):
        raise MorrisError(f"{job.id} is still {state}. Follow it: morris jobs follow {job.id}")
    if isinstance(last_event(job), Done) and state is not State.stopped:
        raise MorrisError(
            f"{job.id} has ended, so there is nothing to resume. Next: {_next_step(job, state)}"
        )
    started = runner.resume(project, job)
    print(f"{started.id} continues {job.writes}. Follow it: morris jobs follow {started.id}")


def _as_json(job: Job, state: State) -> dict[str, Any]:
    progress = last_progress(job)
    return {
        "id": job.id,
        "step": job.step,
        "state": state,
        "writes": job.writes,
        "started": job.started,
        "done": progress.done if progress else 0,
        "total": progress.total if progress else 0,
        "next_step": _next_step(job, state),
        "log": str(job.events),
    }


def _how_far(job: Job, state: State) -> str:
    progress: Progress | None = last_progress(job)
    if progress is None:
        return "starting" if state is State.running else "–"
    if not progress.total:
        return progress.detail or progress.stage
    return f"{progress.done:,.0f} of {progress.total:,.0f}"


def _next_step(job: Job, state: State) -> str:
    if state in (State.running, State.stopping):
        return f"morris jobs follow {job.id}"
    if state is State.ended:
        return job.after
    reason = ""
    event = last_event(job)
    if isinstance(event, Done) and event.result.get("failed"):
        return f"{event.result['failed']} {event.result.get('advice', '')}".strip()
    if state is State.failed and isinstance(event, Failed):
        reason = f"{event.message.splitlines()[0]} "
    return f"{reason}morris jobs resume {job.id}"
