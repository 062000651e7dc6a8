"""A Mac that stays awake while something runs: macOS's own `caffeinate`, as a child process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

COMMAND = "caffeinate"
# No idle sleep (-i), and none at all on mains power (-s). The display may sleep: an awake display
# makes the system's watchdog stop long computations on the graphics processor.
OPTIONS = ("-i", "-s")


@contextmanager
def kept_awake() -> Iterator[None]:
    """Prevent idle sleep in a `with` block, on macOS only.

    `caffeinate` also ends by itself when this process ends (`-w`). Without it the machine may
    sleep, and the work continues when it wakes.
    """
    command = shutil.which(COMMAND) if sys.platform == "darwin" else None
    process = None
    if command is not None:
        with suppress(OSError):
            process = subprocess.Popen(
                [command, *OPTIONS, "-w", str(os.getpid())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
    try:
        yield
    finally:
        if process is not None:
            process.terminate()
            process.wait()
