"""Signals as a polite stop, in the main thread and beside it."""

import signal
import threading

import pytest

from morris_mlx.jobs.signals import STOPPING, stop_on_signal


def test_the_first_signal_is_a_request_and_the_second_an_interruption():
    before = signal.getsignal(signal.SIGTERM)
    notes = []
    with stop_on_signal(notes.append) as stop:
        signal.raise_signal(signal.SIGTERM)
        assert stop == [True] and notes == [STOPPING]
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGTERM) is before


def test_another_thread_runs_without_handling_signals():
    """Python sets handlers in the main thread alone; a training in a notebook's thread works."""
    before, seen = signal.getsignal(signal.SIGINT), []

    def work():
        with stop_on_signal(seen.append) as stop:
            seen.append(list(stop))
            seen.append(signal.getsignal(signal.SIGINT) is before)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [[False], True]
