"""The standard streams of this process: closed ones, full disks behind them, and encodings."""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress

# The reasons for which a write to a pipe's or a file's end fails, without any name of a file.
WRITE_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)
# Characters that a terminal's encoding does not have: nothing is lost, and nothing fails.
LENIENT = "backslashreplace"


def open_closed_streams() -> None:
    """Open /dev/null in the place of standard streams that are closed.

    Otherwise the next file that is opened gets the descriptor of a stream. MLX takes descriptor 0
    for a failure, and a library's message on stderr would be written into the file.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # it gets the lowest free one
    if sys.stdin is None:
        sys.stdin = os.fdopen(os.open(os.devnull, os.O_RDONLY), encoding="utf-8")
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_WRONLY)
            setattr(sys, name, os.fdopen(null, "w", encoding="utf-8"))


def print_every_character() -> None:
    """Let stdout and stderr print what their encodings do not have as escapes, not as errors."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=LENIENT)


def has_all_characters() -> bool:
    """Return True if stdout can print every character."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return encoding.lower().replace("_", "-").startswith(("utf-8", "utf8", "utf-16", "utf-32"))


def is_failed_output(error: OSError) -> bool:
    """Return True if an error is that of a write to a standard stream, such as on a full disk."""
    return error.filename is None and error.errno in WRITE_ERRORS


def abandon_output() -> None:
    """Send what is left in the buffers to /dev/null: Python would fail again when it ends."""
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
            continue
        with suppress(OSError, ValueError, AttributeError):
            os.dup2(null, stream.fileno())
    os.close(null)
