"""The time that a training works: sleeping and stopping are no work."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from morris_mlx.train import work_clock
from morris_mlx.train.work_clock import WorkClock


class Times:
    now = computed = 0.0


@pytest.fixture
def times():
    return Times()


@pytest.fixture
def clock(times):
    return WorkClock(beats=False, now=lambda: times.now, computed=lambda: times.computed)


def test_time_between_two_beats_counts(clock, times):
    for _ in range(10):
        times.now += 1.0
        clock.seconds()
    assert clock.seconds() == 10.0


def test_a_stop_does_not_count_and_what_follows_does(clock, times):
    times.now += 2.0
    assert clock.seconds() == 2.0
    times.now += 3600.0  # nothing was computed
    assert clock.seconds() == 2.0
    times.now += 1.5
    assert clock.seconds() == 3.5


def test_a_late_beat_of_a_process_that_computes_counts(clock, times):
    times.now += 60.0
    times.computed += 50.0
    assert clock.seconds() == 60.0


def test_a_short_wait_counts(clock, times):
    times.now += work_clock.STOPPED_SECONDS
    assert clock.seconds() == work_clock.STOPPED_SECONDS


PROGRAM = """
import time
from morris_mlx.train import work_clock
work_clock.STOPPED_SECONDS, work_clock.SECONDS_BETWEEN_BEATS = 0.5, 0.05
clock = work_clock.WorkClock()
print("ready", flush=True)
input()
print(clock.seconds())
"""


def test_a_process_that_was_stopped_does_not_count_the_stop():
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    began = time.monotonic()  # before the clock begins, so that a pause in between counts here, too
    with subprocess.Popen([sys.executable, "-c", PROGRAM], **pipes) as process:
        process.stdout.readline()
        os.kill(process.pid, signal.SIGSTOP)
        time.sleep(1.2)  # longer than STOPPED_SECONDS there
        os.kill(process.pid, signal.SIGCONT)
        process.stdin.write("\n")
        process.stdin.flush()
        counted, passed = float(process.stdout.readline()), time.monotonic() - began
    assert counted < passed - 1.0


def test_the_thread_of_a_clock_ends_with_it(monkeypatch):
    monkeypatch.setattr(work_clock, "SECONDS_BETWEEN_BEATS", 0.01)
    before = threading.active_count()
    clock = WorkClock()
    assert threading.active_count() > before
    del clock
    gc.collect()
    deadline = time.monotonic() + 120
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before
