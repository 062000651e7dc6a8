"""A clock of the time that a training works, without the time that the machine sleeps.

The monotonic clocks of macOS and Linux stop while the machine sleeps. They continue while the
process alone is stopped (SIGSTOP, a paused virtual machine), and so a thread watches for that: it
wakes every second, and when it wakes much too late, although the process has not computed, the
process was stopped.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable

SECONDS_BETWEEN_BEATS = 1.0
STOPPED_SECONDS = 5.0  # between two beats; a busy machine may delay a thread by less
# Of a core, over the time between two beats: a process that computes may delay the thread, too.
BUSY_SHARE = 0.1


class WorkClock:
    """A clock that begins at 0. `seconds` may be called from any thread."""

    def __init__(
        self,
        beats: bool = True,
        now: Callable[[], float] = time.monotonic,
        computed: Callable[[], float] = time.process_time,
    ) -> None:
        """Start the clock.

        Args:
            beats: Watch for stops in a thread of its own, which ends with the clock.
            now: The time in seconds.
            computed: The time in seconds that this process has computed.
        """
        self._now, self._computed = now, computed
        self._lock = threading.Lock()
        self._began = self._last = now()
        self._last_computed = computed()
        self._stopped = 0.0
        if beats:
            clock = weakref.ref(self)
            threading.Thread(target=_beat, args=(clock,), name="clock", daemon=True).start()

    def seconds(self) -> float:
        """Return the seconds since the start, without those of stops.

        It is a beat too: the first call after a stop leaves the stop out.
        """
        with self._lock:
            now, computed = self._now(), self._computed()
            gap, busy = now - self._last, computed - self._last_computed
            if gap > STOPPED_SECONDS and busy < BUSY_SHARE * gap:
                self._stopped += gap
            self._last, self._last_computed = now, computed
            return now - self._began - self._stopped


def _beat(clock: weakref.ref[WorkClock]) -> None:
    while True:
        time.sleep(SECONDS_BETWEEN_BEATS)
        alive = clock()
        if alive is None:
            return
        alive.seconds()
        del alive
