"""Parsers that are broken on purpose: the fuzzer must find each, or it proves nothing."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from fuzzing.target import Target
from morris_mlx.errors import MorrisError

GIGABYTES = 4 << 30


def trips(data: bytes, _: Path) -> None:
    """Over a second bracket, and over nothing else."""
    if data.count(b"]") > 1:
        raise IndexError("brackets")
    if not data.startswith(b"["):
        raise MorrisError("x.json is no list. Give another.")


def dies(data: bytes, _: Path) -> None:
    if b"]]" in data:
        os.kill(os.getpid(), signal.SIGKILL)


def swells(data: bytes, _: Path) -> None:
    if b"]]" in data:
        bytearray(GIGABYTES)


def hangs(data: bytes, _: Path) -> None:
    while b"]]" in data:
        time.sleep(0.01)


def mumbles(data: bytes, _: Path) -> None:
    if b"]]" in data:
        raise MorrisError("Something went wrong.")


def seeds() -> list[bytes]:
    return [b'["a", "b"]', b"[1, 2, 3]"]


BROKEN = {
    run.__name__: Target(run.__name__, seeds, run, "x.json" if run == mumbles else "")
    for run in (trips, dies, swells, hangs, mumbles)
}
