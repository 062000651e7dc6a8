"""A Mac is kept awake by its own command, which a fake on PATH stands in for."""

import os
import shlex
import time

import pytest

from morris_mlx.jobs import keep_awake
from morris_mlx.jobs.keep_awake import kept_awake

FAKE = """#!/bin/sh
echo "$@" > {log}
trap 'echo ended >> {log}; exit' TERM
while :; do sleep 0.05; done
"""


@pytest.fixture
def log(tmp_path, monkeypatch):
    """The file that the fake command writes its arguments to."""
    command, log = tmp_path / "caffeinate", tmp_path / "log"
    command.write_text(FAKE.format(log=shlex.quote(str(log))))
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(keep_awake.sys, "platform", "darwin")
    return log


def wait_for(path):
    deadline = time.monotonic() + 120
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_mac_is_kept_awake_for_this_process_and_no_longer(log):
    with kept_awake():
        wait_for(log)
        assert log.read_text().split() == ["-i", "-s", "-w", str(os.getpid())]
    assert log.read_text().endswith("ended\n")


def test_elsewhere_nothing_is_started(log, monkeypatch):
    monkeypatch.setattr(keep_awake.sys, "platform", "linux")

    def refuse(*_, **__):
        raise AssertionError("a process is started")

    monkeypatch.setattr(keep_awake.subprocess, "Popen", refuse)
    with kept_awake():
        done = True
    assert done


def test_without_the_command_the_work_is_done_all_the_same(log, monkeypatch, tmp_path):
    (tmp_path / "caffeinate").unlink()
    monkeypatch.setenv("PATH", str(tmp_path))
    with kept_awake():
        done = True
    assert done and not log.exists()
