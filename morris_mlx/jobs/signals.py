"""Ctrl-C and SIGTERM as a polite stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

STOPPING = "\nFinishing this step. Press Ctrl-C again to stop at once."


@contextmanager
def stop_on_signal(note: Callable[[str], None]) -> Iterator[list[bool]]:
    """Yield [False], which becomes [True] after a first Ctrl-C or SIGTERM.

    `note` gets a remark then. The second signal raises KeyboardInterrupt. Only the main thread can
    handle signals: in another one they keep their effect.
    """
    stop = [False]
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def handler(number: int, frame: FrameType | None) -> None:
        if stop[0]:
            raise KeyboardInterrupt
        stop[0] = True
        note(STOPPING)

    old = {s: signal.signal(s, handler) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, previous in old.items():
            signal.signal(number, previous)
