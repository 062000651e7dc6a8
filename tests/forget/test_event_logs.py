"""Samples of trainings leave the logs of all jobs when anything is forgotten."""

import json

import pytest
from support import forget_world as world
from support.forget_world import build, forget, forgotten, sentence

from morris_mlx import files
from morris_mlx.errors import MorrisError
from morris_mlx.jobs.record import is_running, new_job
from morris_mlx.project.folder import JOB_EVENTS, JOB_LOCK, JOB_OUTPUT


@pytest.fixture
def full(project, monkeypatch):
    monkeypatch.setattr(files, "flush", lambda _: None)
    return build(project.home)


def events(folder):
    return [json.loads(line) for line in (folder / JOB_EVENTS).read_text().split("\n") if line]


@pytest.mark.parametrize("words", [[world.OTHER], ["--person", "Anna"]], ids=["source", "person"])
def test_any_removal_takes_samples_and_output_out_of_all_job_logs(full, words):
    folder, untouched = full.jobs / "train-1", full.jobs / "train-2"
    before = {path: path.read_bytes() for path in untouched.iterdir()}
    assert forgotten(*words)["job_logs"] == 1
    kinds = [event["event"] for event in events(folder)]
    assert kinds == ["metric", "failed"]
    assert events(folder)[1]["message"] == "train-1 ended with exit code 1.\nRun it again."
    assert (folder / JOB_OUTPUT).read_bytes() == b""
    for name in ("w1", "c1", "a1"):
        assert sentence(name) not in "".join(p.read_text() for p in folder.iterdir())
    assert {path: path.read_bytes() for path in untouched.iterdir()} == before
    assert forgotten(world.ABOUT)["job_logs"] == 0


def test_rewritten_logs_stay_private(full):
    forgotten(world.OTHER)
    for path in (full.jobs / "train-1").iterdir():
        if path.name != JOB_LOCK:
            assert path.stat().st_mode & 0o077 == 0, path


def test_a_torn_line_goes_and_a_line_separator_in_a_text_tears_nothing(full):
    note = {"event": "note", "key": "k", "text": "one\u2028two"}
    folder = world.job(full, "train-3", [note])
    with (folder / JOB_EVENTS).open("a") as log:
        log.write('{"event": "sam')
    assert forgotten(world.OTHER)["job_logs"] == 2
    assert events(folder) == [note]


def test_nothing_is_removed_while_a_job_is_running(full):
    before = world.tree(full)
    with new_job(full, "train", "adapters/x", (), (), full.adapter("x"), "", "") as (job, _):
        running = pytest.raises(
            MorrisError, match=rf"{job.id} is running.*morris jobs stop {job.id}"
        )
        with running:
            forget(world.FEED, "--yes")
        assert is_running(job)
    for path in (full.data / ".forgetting.lock", full.jobs / JOB_LOCK, *job.folder.iterdir()):
        path.unlink()
    job.folder.rmdir()
    assert world.tree(full) == before
    forget(world.FEED, "--yes")


def test_a_job_that_begins_during_a_removal_loses_no_event(full, monkeypatch):
    """The removal ends with an error, and the same command finishes it when the job has ended."""
    folder = full.jobs / "train-1"
    log = (folder / JOB_EVENTS).read_bytes()
    monkeypatch.setattr("morris_mlx.forget.carry_out.require_no_running_job", lambda _: None)
    with files.locked(folder / JOB_LOCK, "busy"), pytest.raises(MorrisError, match="is running"):
        forget(world.FEED, "--yes")
    assert (folder / JOB_EVENTS).read_bytes() == log
    forget(world.OTHER, "--yes")  # finishes the first one
    assert [event["event"] for event in events(folder)] == ["metric", "failed"]


def test_the_count_of_job_logs_is_printed_before_anything_is_removed(full):
    shown = forget(world.OTHER, "--dry-run")
    [line] = [line for line in shown.splitlines() if "job logs" in line]
    assert line.rstrip().endswith("1")
    assert (full.jobs / "train-1" / JOB_OUTPUT).stat().st_size > 0
