"""`morris jobs`: the next step of a job that has ended, by its last event."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from morris_mlx.cli.app import app
from morris_mlx.errors import MorrisError
from morris_mlx.jobs.events import Done, EventLog, Failed
from morris_mlx.jobs.record import new_job

KEPT_NOTHING = {"stopped": "", "failed": "No adapter was kept.", "advice": "Use a lower rate."}


def ended_job(project, event):
    """A job that has written its last event and ended."""
    words = ("train", "adapters/mine", ("train",), ("train",), Path("/nowhere"), "Resume.", "Talk.")
    with new_job(project, *words) as (job, _):
        EventLog(job.events)(event)
    return job


@pytest.mark.parametrize(
    ("event", "state", "step"),
    [
        (Done({"stopped": ""}), "ended", "Talk."),
        (Done({"stopped": "interrupted"}), "stopped", "morris jobs resume train-1"),
        (Done(KEPT_NOTHING), "failed", "No adapter was kept. Use a lower rate."),
        (Failed("failed", "Too bad.\nMore."), "failed", "Too bad. morris jobs resume train-1"),
    ],
)
def test_the_list_says_what_to_do_next(project, event, state, step):
    ended_job(project, event)
    lines = CliRunner().invoke(app, ["jobs"]).stdout.splitlines()
    assert lines[2].split()[:2] == ["train-1", state] and lines[-1] == f"train-1: {step}"


@pytest.mark.parametrize("result", [{"stopped": ""}, KEPT_NOTHING])
def test_a_training_that_came_to_its_end_is_not_resumed(project, result):
    ended_job(project, Done(result))
    outcome = CliRunner().invoke(app, ["jobs", "resume", "train-1"])
    assert isinstance(outcome.exception, MorrisError)
    assert "has ended, so there is nothing to resume" in str(outcome.exception)
