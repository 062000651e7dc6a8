"""Tests of terminal output: the cursor, and separate lines."""

import os
import pty
import re
import sys

import pytest
from support.workspace import prepare_home

HIDE, SHOW = b"\x1b[?25l", b"\x1b[?25h"


@pytest.fixture(scope="module")
def home(tmp_path_factory, tiny_folder):
    return prepare_home(tmp_path_factory.mktemp("terminal"), tiny_folder)


def in_terminal(home, *words):
    """Return everything that a command writes to a terminal of its own, and its exit code."""
    process, terminal = pty.fork()
    if process == 0:
        environment = os.environ | {"MORRIS_HOME": str(home), "TERM": "xterm-256color"}
        command = [sys.executable, "-m", "morris_mlx", *map(str, words)]
        os.execve(sys.executable, command, environment | {"COLUMNS": "100"})
    written = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # the terminal is closed when the command has ended
            break
        if not piece:
            break
        written += piece
    os.close(terminal)
    return written, os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def test_after_a_training_the_cursor_is_back_and_the_moving_line_is_gone(home):
    quick = ("--epochs", 1, "--lr", "0.01", "--batch-size", 4, "--accumulate", 1)
    written, code = in_terminal(home, "train", *quick)
    assert code == 0, written
    assert HIDE in written, "there was a moving line"
    assert written.rfind(SHOW) > written.rfind(HIDE)
    shown = re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", written).decode()
    summary = r"[\r\n][\d,]+ parameters \(scale [\d.]+\) trained on"
    assert re.search(summary, shown), "the summary is on a line of its own"
    # The last thing before the summary is the erased line.
    assert re.search(
        rb"\x1b\[2K[^a-zA-Z]*(\x1b\[[0-9;?]*[a-zA-Z]|[\r\n])*[\d,]+ parameters", written
    )
