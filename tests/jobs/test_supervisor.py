"""Tests of the supervisor: what it reports when a training process dies, and how it resumes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.workspace import done, morris, prepare_home, train_here

from morris_mlx.errors import is_out_of_memory
from morris_mlx.jobs import supervisor
from morris_mlx.jobs.supervisor import (
    INTERRUPTED,
    MAX_RESTARTS,
    OUT_OF_MEMORY,
    ChildOptions,
    cause,
    supervise,
)
from morris_mlx.models.find_adapter import read_run


@pytest.fixture(scope="module")
def prepared(tmp_path_factory, tiny_folder):
    return prepare_home(tmp_path_factory.mktemp("supervised"), tiny_folder)


def start(home, *words):
    return subprocess.Popen(
        [sys.executable, "-m", "morris_mlx", "train", *words],
        env=os.environ | {"MORRIS_HOME": str(home)},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def wait_for(condition, seconds=180):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


def children(pid):
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def curve(folder):
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [(row["kind"], row["step"], row["loss"]) for row in rows]


SETTINGS = ("--epochs", "4", "--save-every", "1", "--dropout", "0.1", "--seed", "5")


@pytest.mark.skipif(sys.platform != "linux", reason="finds the child through /proc")
def test_a_killed_child_is_started_again_and_the_run_is_the_same(prepared):
    train_here("--name", "whole", *SETTINGS, home=prepared)
    process = start(prepared, "--name", "killed", *SETTINGS)
    folder = prepared / "adapters" / "killed"
    wait_for(lambda: list((folder / "checkpoints").glob("0000000[3-9]")))
    os.kill(children(process.pid)[0], signal.SIGKILL)
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    assert "The training process died: it was killed" in err
    assert "Restarting it from the checkpoint of step" in err
    assert "Adapter:" in out
    whole = prepared / "adapters" / "whole"
    assert curve(folder) == curve(whole)
    name = "adapters.safetensors"
    assert (folder / name).read_bytes() == (whole / name).read_bytes()
    assert read_run(folder).changes == ()


@pytest.mark.skipif(sys.platform != "linux", reason="finds the child through /proc")
def test_a_child_whose_parent_is_gone_saves_and_ends(prepared):
    process = start(prepared, "--name", "orphan", "--epochs", "500", "--save-every", "1")
    folder = prepared / "adapters" / "orphan"
    wait_for(lambda: list((folder / "checkpoints").glob("0*[1-9]")))
    child = children(process.pid)[0]
    process.kill()
    process.communicate()
    wait_for(lambda: not Path(f"/proc/{child}").exists())
    assert read_run(folder).stopped == "interrupted"


def test_sigterm_saves_and_resume_goes_on_to_the_end(prepared):
    process = start(prepared, "--name", "term", "--epochs", "5", "--save-every", "1")
    folder = prepared / "adapters" / "term"
    wait_for(lambda: list((folder / "checkpoints").glob("0*[1-9]")))
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=240)
    assert process.returncode == 130, err
    assert "morris train --resume term" in err
    refused = morris("train", "--name", "term", home=prepared)
    assert refused.returncode == 4 and "There is an unfinished training" in refused.stderr
    other = morris("train", "--resume", "term", "--rank", 8, home=prepared)
    assert other.returncode == 4 and "rank was 16 and is 8" in other.stderr
    assert "Adapter:" in done("train", "--resume", "term", home=prepared)
    again = morris("train", "--resume", "term", "--json", home=prepared)
    assert again.returncode == 0 and "nothing to resume" in again.stderr
    assert json.loads(again.stdout)["name"] == "term"
    events = [json.loads(x)["event"] for x in (folder / "events.jsonl").read_text().splitlines()]
    assert events[0] == "started" and "resumed" in events and events[-1] == "finished"
    samples = [json.loads(x) for x in (folder / "events.jsonl").read_text().splitlines()]
    samples = [row["texts"] for row in samples if row["event"] == "samples"]
    assert len(samples) > 2 and all(row.keys() == samples[0].keys() for row in samples)
    log = (folder / "morris_bot.log").read_text()
    assert "checkpoint" in log and "committee" not in log, "nobody's text goes into a log"


def test_resume_takes_no_name_model_or_recipe_of_another_run(prepared):
    result = morris("train", "--resume", "x", "--replace", home=prepared)
    assert result.returncode == 2 and "Leave --replace out." in result.stderr
    result = morris("train", "--resume", "nothing", home=prepared)
    assert result.returncode == 3 and "There is no adapter 'nothing'" in result.stderr


# --- why it died -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("code", "words", "memory", "text"),
    [
        (OUT_OF_MEMORY, "", True, "out of memory"),
        (
            -6,
            "libc++abi: terminating: [METAL] Insufficient Memory (00000008)",
            True,
            "Insufficient",
        ),
        (-6, "[metal::malloc] Resource limit (499000) exceeded.", True, "Resource limit"),
        (-6, "kIOGPUCommandBufferCallbackErrorImpactingInteractivity", False, "watchdog"),
        (-9, "", False, "it was killed, perhaps by the system because memory ran out"),
        (-11, "", False, "SIGSEGV"),
    ],
)
def test_the_reason_is_told_as_far_as_it_can_be_known(code, words, memory, text):
    found, reason = cause(code, words)
    assert found is memory and text in reason


def test_memory_errors_are_told_from_bugs():
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(RuntimeError("[malloc] Unable to allocate 99 bytes."))
    assert not is_out_of_memory(RuntimeError("shapes do not match"))


class Children:
    """Plays children that end with the given codes and make the given progress."""

    def __init__(self, monkeypatch, folder, ends):
        self.seen = []

        def run(arguments, words, lowered, options):
            code, said, step = ends[len(self.seen)]
            self.seen.append((list(arguments), lowered))
            words.write_text(said)
            if step is not None:
                (folder / f"{step:08}").mkdir(parents=True, exist_ok=True)
            return code

        monkeypatch.setattr(supervisor, "_run_child", run)


def test_memory_deaths_lower_the_settings_one_by_one_until_there_is_progress(monkeypatch, tmp_path):
    ends = [(-6, "Insufficient Memory", 0), (-6, "Insufficient Memory", None)]
    ends += [(OUT_OF_MEMORY, "", 4), (0, "", None)]
    played = Children(monkeypatch, tmp_path / "c", ends)
    assert supervise(["train"], ["train", "--resume", "a"], tmp_path / "c") == 0
    resumed = ["train", "--resume", "a"]
    assert played.seen == [(["train"], 0), (resumed, 1), (resumed, 2), (resumed, 1)]


def test_checkpoints_of_an_earlier_run_are_not_gone_on_with(monkeypatch, tmp_path):
    """A training with --replace that dies before its first checkpoint begins anew."""
    (tmp_path / "c" / "00000100").mkdir(parents=True)

    class Replaced(Children):
        """The second child replaces the earlier run's checkpoints, then dies."""

        def __init__(self, *words):
            super().__init__(*words)
            played = supervisor._run_child

            def run(arguments, *more):
                if len(self.seen) == 1:
                    (tmp_path / "c" / "00000100").rmdir()
                return played(arguments, *more)

            monkeypatch.setattr(supervisor, "_run_child", run)

    ends = [(-9, "", None), (-9, "", 4), (0, "", None)]
    played = Replaced(monkeypatch, tmp_path / "c", ends)
    assert supervise(["train", "--replace"], ["r"], tmp_path / "c") == 0
    assert [words for words, _ in played.seen] == [["train", "--replace"]] * 2 + [["r"]]


def test_a_child_that_a_stop_kills_is_not_started_again(monkeypatch, tmp_path, capsys):
    """The signal may come before the child can finish its step: while it imports its packages."""
    children = []
    popen = subprocess.Popen

    def start_sleeping(words, **options):
        children.append(popen([sys.executable, "-c", "import time; time.sleep(60)"], **options))
        return children[-1]

    monkeypatch.setattr(supervisor.subprocess, "Popen", start_sleeping)
    sent = []

    def stop_once():
        if not sent:
            sent.append(signal.raise_signal(signal.SIGTERM))

    options = ChildOptions(tick=stop_once)
    code = supervise(["train"], ["r"], tmp_path / "c", options=options)
    assert (code, len(children)) == (INTERRUPTED, 1)
    assert capsys.readouterr().err == ""


def test_two_deaths_without_a_word_at_one_place_count_as_memory(monkeypatch, tmp_path):
    played = Children(monkeypatch, tmp_path / "c", [(-9, "", 3), (-9, "", None), (0, "", None)])
    assert supervise(["train"], ["r"], tmp_path / "c") == 0
    assert [lowered for _, lowered in played.seen] == [0, 0, 1]


def test_it_gives_up_after_the_stated_number_of_times(monkeypatch, tmp_path, capsys):
    played = Children(monkeypatch, tmp_path / "c", [(-6, "", None)] * 20)
    assert supervise(["train"], ["r"], tmp_path / "c") == 1
    assert len(played.seen) == MAX_RESTARTS + 1
    assert "is not restarted again" in capsys.readouterr().err
    assert played.seen[-1][0] == ["train"], "there never was a checkpoint to resume from"


def test_an_error_in_words_is_passed_on_and_not_tried_again(monkeypatch, tmp_path):
    played = Children(monkeypatch, tmp_path / "c", [(4, "", None)])
    assert supervise(["train"], ["r"], tmp_path / "c") == 4
    assert len(played.seen) == 1
