"""Jobs: killed followers, killed jobs, a clock that is set, two jobs at once, a face restarted."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.workspace import done, morris, prepare_home

from morris_mlx.errors import MissingError, MorrisError, RefusedError, StoppedError
from morris_mlx.jobs import record, runner
from morris_mlx.jobs.events import Done, EventLog, EventReader, Failed, Note, Progress
from morris_mlx.jobs.record import (
    State,
    how_to_continue,
    new_job,
    read_job,
    read_jobs,
    state_of,
)
from morris_mlx.jobs.runner import JobRequest
from morris_mlx.models.find_adapter import read_run
from morris_mlx.project.folder import Project

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="finds processes through /proc")


@pytest.fixture(scope="module")
def home(tmp_path_factory, tiny_folder):
    return prepare_home(tmp_path_factory.mktemp("jobs"), tiny_folder)


def wait_for(condition, seconds=180):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


def start_process(home, *words):
    return subprocess.Popen(
        [sys.executable, "-m", "morris_mlx", *words],
        env=os.environ | {"MORRIS_HOME": str(home), "COLUMNS": "100"},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def detach(home, name, *words):
    """The ID of a detached training that has written its first checkpoint."""
    out = done("train", "--name", name, "--detach", "--json", "--save-every", 1, *words, home=home)
    checkpoints = home / "adapters" / name / "checkpoints"
    wait_for(lambda: list(checkpoints.glob("0*[1-9]")))
    return json.loads(out)["job"]


def processes_of(project, job_id):
    """Process IDs of the supervisor and of its child, through the job's folder in /proc."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().decode().split("\0")
            environment = (folder / "environ").read_bytes().decode()
        except OSError:
            continue
        if job_id in words or f"MORRIS_JOB={project.jobs / job_id}\0" in environment:
            found.append(int(folder.name))
    return found


# --- real trainings -----------------------------------------------------------------------
@LINUX
def test_a_killed_follower_leaves_the_job_and_another_sees_the_same_run(home):
    job_id = detach(home, "followed", "--epochs", 5)
    follower = start_process(home, "jobs", "follow", job_id)
    follower.stderr.readline()  # a validation, so it reads the log
    follower.kill()
    follower.communicate()
    second = done("jobs", "follow", job_id, home=home)
    assert "Adapter:" in second and "Next: morris chat --adapter followed" in second
    assert second == done("jobs", "follow", job_id, home=home), "whoever reads again sees the same"
    assert (
        read_run(home / "adapters" / "followed").stopped is None
        or not read_run(home / "adapters" / "followed").stopped
    )
    listed = json.loads(done("jobs", "--json", home=home))["jobs"]
    job = next(row for row in listed if row["id"] == job_id)
    assert (job["state"], job["next_step"]) == ("ended", "morris chat --adapter followed")
    assert job["done"] == job["total"] > 0
    table = done("jobs", home=home)
    assert job_id in table and "ended" in table


@LINUX
def test_a_killed_job_says_so_in_its_log_and_can_be_resumed(home):
    project = Project(home)
    job_id = detach(home, "killed", "--epochs", 40)
    for process in processes_of(project, job_id):
        os.kill(process, signal.SIGKILL)
    job = read_job(project, job_id)
    wait_for(lambda: not runner.is_running(job))
    result = morris("jobs", "follow", job_id, home=home)
    assert result.returncode == 1
    assert f"The processes of {job_id} were killed" in result.stderr
    assert "morris train --resume killed" in result.stderr
    last = json.loads(job.events.read_text().splitlines()[-1])
    assert (last["event"], last["kind"]) == ("failed", "killed")
    before = job.events.read_bytes()
    assert "killed" in done("jobs", home=home) and job.events.read_bytes() == before
    out = done("jobs", "resume", job_id, home=home)
    resumed = runner.read_jobs(project)[-1]
    assert resumed.id in out and resumed.id != job_id
    wait_for(lambda: runner.is_running(resumed) and resumed.events.exists())
    assert "stops after its current step" in done("jobs", "stop", resumed.id, home=home)
    wait_for(lambda: not runner.is_running(resumed))
    assert state_of(resumed) is State.stopped
    again = morris("jobs", "stop", resumed.id, home=home)
    assert again.returncode == 1 and f"{resumed.id} is not running: it was stopped" in again.stderr
    followed = morris("jobs", "follow", resumed.id, home=home)
    assert followed.returncode == 130 and "morris train --resume killed" in followed.stderr


@LINUX
def test_a_job_whose_supervisor_is_killed_saves_ends_and_says_so(home):
    project = Project(home)
    job_id = detach(home, "orphan", "--epochs", 500)
    supervisor = min(processes_of(project, job_id))
    os.kill(supervisor, signal.SIGKILL)
    job = read_job(project, job_id)
    wait_for(lambda: not runner.is_running(job))
    assert state_of(job) is State.stopped
    assert read_run(home / "adapters" / "orphan").stopped == "interrupted"


@LINUX
def test_the_second_job_that_writes_the_same_adapter_is_refused_by_name(home):
    job_id = detach(home, "twice", "--epochs", 500)
    words = ("train", "--name", "twice", "--replace")
    for more in ((), ("--detach",)):
        second = morris(*words, *more, home=home)
        assert second.returncode == 4
        assert f"{job_id} is running and writes adapters/twice" in second.stderr
    other = json.loads(
        done("train", "--name", "beside", "--epochs", 1, "--detach", "--json", home=home)
    )
    done("jobs", "stop", job_id, home=home)
    assert "Adapter:" in done("jobs", "follow", other["job"], home=home)
    wait_for(lambda: not runner.is_running(read_job(Project(home), job_id)))


STUDIO = """
import sys, time
from pathlib import Path
from morris_mlx.jobs import runner
from morris_mlx.project.folder import Project
home, name = sys.argv[1:]
project = Project(Path(home))
resumed = ("train", "--resume", name, "--force")
request = runner.JobRequest("train", f"adapters/{name}", ("train", "--name", name, "--epochs", "4"),
                            resumed, project.adapter(name) / "checkpoints")
print(runner.start(project, request).id, flush=True)
time.sleep(600)
"""


def test_a_studio_that_is_restarted_finds_and_follows_its_job(home):
    """A page starts a job in a server process, which is killed; the next process follows it."""
    words = [sys.executable, "-c", STUDIO, str(home), "paged"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as studio:
        assert studio.stdout is not None
        job_id = studio.stdout.readline().strip()
        studio.kill()
    job = next(job for job in read_jobs(Project(home)) if job.id == job_id)
    assert state_of(job) is State.running
    seen = []
    runner.follow(job, seen.append)
    assert isinstance(seen[-1], Done) and seen[-1].result["name"] == "paged"
    assert state_of(job) is State.ended


def test_the_foreground_is_a_job_that_another_terminal_can_follow(home):
    process = start_process(home, "train", "--name", "attached", "--epochs", "3")
    project = Project(home)
    job = wait_for(lambda: [j for j in read_jobs(project) if j.writes == "adapters/attached"])[0]
    followed = done("jobs", "follow", job.id, home=home)
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    assert followed == out


# --- without a training -------------------------------------------------------------------
@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def request(writes="adapters/mine", step="train"):
    words = ("train",)
    return JobRequest(step, writes, words, words, Path("/nowhere"), "Resume it.", "Talk to it.")


@pytest.fixture
def scripted(monkeypatch):
    """Jobs whose child is a function of the job's log and returns the exit code."""

    def use(child):
        def supervise(arguments, resumed, checkpoints, note, options):
            code = child(EventLog(Path(options.environment[runner.JOB_FOLDER]) / "events.jsonl"))
            options.tick()
            return code

        monkeypatch.setattr(runner, "supervise", supervise)

    return use


def test_events_of_a_job_in_this_process_reach_the_sink_in_order(project, scripted):
    events = [Progress("training", 1, 2), Note("remark", "hm"), Done({"stopped": ""})]
    scripted(lambda log: [log(event) for event in events] and 0)
    seen = []
    job = runner.run(project, request(), seen.append)
    assert seen == events and runner.result_of(job) == events[-1]
    assert state_of(job) is State.ended


def test_an_error_in_the_child_is_the_error_of_the_job(project, scripted):
    scripted(lambda log: log(Failed("refused", "Not today.")) or 4)
    job = runner.run(project, request(), lambda event: None)
    assert state_of(job) is State.failed
    with pytest.raises(RefusedError, match="Not today"):
        runner.result_of(job)


def test_a_child_that_crashes_without_a_word_is_quoted_in_the_last_event(project, scripted):
    def crash(log):
        (project.jobs / "train-1" / "output.log").write_text(
            "Traceback\n  …\nZeroDivisionError: x\n"
        )
        return 1

    scripted(crash)
    job = runner.run(project, request(), lambda event: None)
    with pytest.raises(MorrisError, match=r"exit code 1 and no result.*(?s:.*)ZeroDivisionError"):
        runner.result_of(job)
    assert state_of(job) is State.failed


def test_jobs_that_write_the_same_thing_are_refused_while_one_runs(project, scripted):
    def child(log):
        with pytest.raises(RefusedError, match=r"train-1 is running and writes adapters/mine"):
            runner.start(project, request())
        with new_job(project, "train", "adapters/other", (), (), Path(), "", "") as (other, _):
            assert other.id == "train-2" and state_of(other) is State.running
        log(Done())
        return 0

    scripted(child)
    runner.run(project, request(), lambda event: None)
    scripted(lambda log: log(Done()) or 0)
    assert runner.run(project, request(), lambda event: None).id == "train-3"


@pytest.mark.parametrize("year", [1970, 2099])
def test_a_clock_that_is_set_changes_no_state_order_or_number(project, scripted, monkeypatch, year):
    scripted(lambda log: log(Done()) or 0)
    first = runner.run(project, request(), lambda event: None)

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(year, 1, 1, tzinfo=UTC)

    monkeypatch.setattr(record, "datetime", Clock)
    monkeypatch.setattr("morris_mlx.jobs.events.datetime", Clock)
    monkeypatch.setattr(time, "time", lambda: float((year - 1970) * 3.15e7))

    def child(log):
        log(Progress("training", 1, 2))
        (job,) = [j for j in read_jobs(project) if j.id == "train-2"]
        assert state_of(job) is State.running and job.started.startswith(str(year))
        monkeypatch.undo()  # the clock is set back while the job runs
        log(Progress("training", 2, 2))
        log(Done())
        return 0

    scripted(child)
    second = runner.run(project, request(), lambda event: None)
    assert [job.id for job in read_jobs(project)] == [first.id, second.id] == ["train-1", "train-2"]
    assert [state_of(job) for job in read_jobs(project)] == [State.ended, State.ended]
    seen = []
    runner.follow(second, seen.append)
    assert [type(event) for event in seen] == [Progress, Progress, Done]


def test_stop_requests_are_passed_on_as_signals_once_each(project, monkeypatch):
    signals = []
    monkeypatch.setattr(runner.signal, "raise_signal", signals.append)

    def supervise(arguments, resumed, checkpoints, note, options):
        job = read_job(project, "train-1")
        options.tick()
        assert signals == []
        runner.stop(job)
        options.tick()
        options.tick()
        assert signals == [signal.SIGTERM]
        runner.stop(job)
        options.tick()
        assert signals == [signal.SIGTERM] * 2
        EventLog(job.events)(Done({"stopped": "interrupted"}))
        return 0

    monkeypatch.setattr(runner, "supervise", supervise)
    job = runner.run(project, request(), lambda event: None)
    assert state_of(job) is State.stopped
    with pytest.raises(MorrisError, match="train-1 is not running: it was stopped"):
        runner.stop(job)


def test_an_unknown_job_is_an_error_that_lists_the_jobs(project, scripted):
    with pytest.raises(MissingError, match=r"no job 'train-9'.*none yet"):
        read_job(project, "train-9")
    scripted(lambda log: log(Done()) or 0)
    runner.run(project, request(), lambda event: None)
    for name in ("train-9", "../../etc", "train-1/.."):
        with pytest.raises(MissingError, match="Jobs: train-1"):
            read_job(project, name)


def test_a_damaged_job_is_left_out_of_the_list_and_named_when_it_is_asked_for(project, scripted):
    scripted(lambda log: log(Done()) or 0)
    job = runner.run(project, request(), lambda event: None)
    (job.folder / "job.json").write_text("{}")
    assert read_jobs(project) == []
    with pytest.raises(MorrisError, match=r"job\.json is damaged"):
        read_job(project, job.id)


def test_job_files_are_private(project, scripted):
    scripted(lambda log: log(Done()) or 0)
    job = runner.run(project, request(), lambda event: None)
    for path in (job.folder, *job.folder.iterdir()):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_last_line_is_added_once_for_a_killed_job(project):
    with new_job(project, "train", "w", (), (), Path(), "Resume it.", "") as (job, _):
        assert state_of(job) is State.running
    assert [state_of(job), state_of(job)] == [State.killed, State.killed]
    (event,) = EventReader(job.events).new_events()
    assert isinstance(event, Failed) and event.message.endswith("starts it again.")


def test_a_job_that_was_stopped_at_once_is_stopped_and_has_not_crashed(project, scripted):
    scripted(lambda log: 130)
    job = runner.run(project, request(), lambda event: None)
    assert state_of(job) is State.stopped
    with pytest.raises(StoppedError, match=r"train-1 was stopped at once\. Nothing was saved"):
        runner.result_of(job)


def test_two_readers_at_once_do_not_take_each_other_for_the_job(project, scripted):
    scripted(lambda log: log(Done()) or 0)
    job = runner.run(project, request(), lambda event: None)
    with (job.folder / ".lock").open() as other:
        fcntl.flock(other, fcntl.LOCK_SH)  # as is_running holds it for a moment
        assert not runner.is_running(job)


def test_a_killed_job_is_known_as_such_where_nothing_can_be_written(project, monkeypatch):
    with new_job(project, "train", "w", (), (), Path(), "Resume it.", "") as (job, _):
        pass
    real = os.open

    def read_only(path, flags, *more, **options):
        if flags & (os.O_RDWR | os.O_WRONLY):
            raise OSError(30, "Read-only file system")
        return real(path, flags, *more, **options)

    def refuse(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "open", read_only)
    monkeypatch.setattr(Path, "touch", refuse)
    assert state_of(job) is State.killed
    runner.follow(job, lambda event: None)
    with pytest.raises(MorrisError, match=r"processes of train-1 were killed\. Nothing was"):
        runner.result_of(job)
    with pytest.raises(MorrisError, match=r"Cannot write .*Read-only file system"):
        runner.start(project, request())


def test_a_stop_that_cannot_be_written_is_an_error_in_words(project):
    with new_job(project, "train", "w", (), (), Path(), "", "") as (job, _):
        (job.folder / "stop").mkdir()
        with pytest.raises(MorrisError, match=r"Cannot write .*stop: Is a directory"):
            runner.stop(job)


def test_a_job_without_a_checkpoint_is_resumed_from_its_beginning(project, monkeypatch):
    started = []
    monkeypatch.setattr(runner, "start", lambda project, request: started.append(request))
    checkpoints = project.adapter("mine") / "checkpoints"
    words, resumed = ("train", "--name", "mine"), ("train", "--resume", "mine")
    with new_job(project, "train", "w", words, resumed, checkpoints, "", "") as (job, _):
        pass
    runner.resume(project, job)
    (checkpoints / "00000004").mkdir(parents=True)
    runner.resume(project, job)
    assert [request.arguments for request in started] == [words, resumed]


def test_only_a_job_with_a_checkpoint_is_said_to_be_resumed(project):
    checkpoints = project.adapter("mine") / "checkpoints"
    with new_job(project, "train", "w", (), (), checkpoints, "Resume it.", "") as (job, _):
        pass
    again = "Nothing was saved yet: `morris jobs resume train-1` starts it again."
    assert how_to_continue(job) == again
    (checkpoints / "00000004").mkdir(parents=True)
    assert how_to_continue(job) == "Resume it."


def test_a_training_that_kept_no_adapter_has_failed(project, scripted):
    scripted(lambda log: log(Done({"stopped": "", "failed": "No adapter was kept."})) or 1)
    job = runner.run(project, request(), lambda event: None)
    assert state_of(job) is State.failed
    assert runner.result_of(job).result["failed"] == "No adapter was kept."


def test_the_checkpoints_of_a_moved_project_are_found(tmp_path):
    old = Project(tmp_path / "old")
    checkpoints = old.adapter("mine") / "checkpoints"
    with new_job(old, "train", "w", (), (), checkpoints, "", "") as (job, _):
        assert job.checkpoints == str(checkpoints)
    old.home.rename(tmp_path / "new")
    (moved,) = read_jobs(Project(tmp_path / "new"))
    assert moved.checkpoints == str(tmp_path / "new" / "adapters" / "mine" / "checkpoints")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda job: job.events.write_text('{"event": "done"}\n'), "events.jsonl is damaged"),
        (
            lambda job: job.events.write_text("[" * 100_000 + "\n"),
            "processes of train-1 were killed",
        ),
        (
            lambda job: (job.folder / "job.json").write_text(
                (job.folder / "job.json").read_text().replace('"train"', '"fly"', 1)
            ),
            "its step is fly",
        ),
    ],
)
def test_following_a_damaged_job_is_an_error_in_words(project, damage, words):
    with new_job(project, "train", "w", (), (), Path(), "", "") as (job, _):
        pass
    damage(job)
    followed = morris("jobs", "follow", job.id, home=project.home)
    assert followed.returncode == 1 and words in followed.stderr, followed.stderr
    assert "Traceback" not in followed.stderr


def test_a_log_that_cannot_be_read_is_an_error_in_words(project):
    with new_job(project, "train", "w", (), (), Path(), "", "") as (job, _):
        pass
    job.events.mkdir()
    with pytest.raises(MorrisError, match=r"Cannot read .*events\.jsonl: Is a directory"):
        state_of(job)
