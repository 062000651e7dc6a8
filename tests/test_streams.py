"""Standard streams that are closed, full, or cannot print every character."""

import errno
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from morris_mlx import streams
from morris_mlx.cli.output import print_json

MORRIS = f"{sys.executable} -m morris_mlx"
PLAN = "plan --model practice"


def shell(command, **environment):
    return subprocess.run(
        command, shell=True, capture_output=True, env=os.environ | environment, timeout=120
    )


def test_a_closed_stdin_is_an_empty_one(tiny_folder):
    words = f"--model {tiny_folder} --max-tokens 1 --seed 1"
    done = shell(f"{MORRIS} generate Hello {words} <&-")
    assert done.returncode == 0, done.stderr
    done = shell(f"{MORRIS} generate - {words} <&-")
    assert done.returncode == 2 and b"The prompt is empty" in done.stderr


def test_descriptors_of_closed_streams_are_filled():
    code = (
        "import os, sys; from morris_mlx.streams import open_closed_streams as o; o(); "
        "print('to nowhere'); sys.stdout.flush(); "
        "os.write(int(sys.argv[1]), repr([sys.stdin.read(), os.open(os.devnull, 0) > 2]).encode())"
    )
    reader, writer = os.pipe()
    command = [sys.executable, "-c", f"import os; [os.close(n) for n in range(3)]\n{code}"]
    subprocess.run([*command, str(writer)], pass_fds=[writer], check=True, timeout=60)
    os.close(writer)
    with os.fdopen(reader) as answer:
        assert answer.read() == "['', True]"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("words", [PLAN, f"{PLAN} --json", "--version"])
def test_an_output_on_a_full_disk_is_one_line(words):
    done = shell(f"{MORRIS} {words} > /dev/full")
    assert done.returncode == 1
    assert done.stderr == b"morris: Cannot write the output: No space left on device.\n"
    assert shell(f"{MORRIS} {words} > /dev/full 2> /dev/full").returncode == 1


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=lambda environment: ",".join(environment.values()),
)
def test_an_encoding_without_lines_and_arrows_is_no_error(environment):
    done = shell(f"{MORRIS} {PLAN}", **environment)
    assert done.returncode == 0, done.stderr
    assert b"\\u2500" in done.stdout, "the line under the heading of a table"


def test_json_is_valid_in_every_encoding(monkeypatch):
    for encoding, shown in (("utf-8", "é😀"), ("ascii", "\\u00e9\\ud83d\\ude00")):
        raw = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
        print_json({"text": "é😀"})
        sys.stdout.flush()
        assert shown in raw.getvalue().decode(encoding)
        assert json.loads(raw.getvalue().decode(encoding)) == {"text": "é😀"}


@pytest.mark.parametrize(
    ("error", "output"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.ENOSPC, "No space left on device", "a file"), False),
        (OSError(errno.ENOENT, "No such file or directory"), False),
    ],
)
def test_an_error_of_the_output_has_no_file(error, output):
    assert streams.is_failed_output(error) is output
