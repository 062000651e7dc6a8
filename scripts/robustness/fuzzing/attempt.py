"""One input, under its limits: read, refused in words, or a crash with the smallest such input."""

from __future__ import annotations

import re
import shutil
import signal
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Literal

from fuzzing.target import Target
from morris_mlx.errors import MorrisError

LIMIT_SECONDS = 10.0  # for one input, which is small: a good parser takes milliseconds
SHRINK_SECONDS, SHRINK_TRIES = 20.0, 2000  # for making a crash's input small
SHORTEST_ERROR = 3  # characters: less tells nobody anything
HERE = str(Path(__file__).parent)


class HangError(BaseException):
    """An input took too long. No Exception: a parser that catches those must not catch this."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`sign` tells alike outcomes from others: of a crash its kind and place, of a refusal its
    words without what is peculiar to the input. `detail` is for people."""

    kind: Literal["read", "refused", "crash"]
    sign: str
    detail: str = ""


def attempt(target: Target, data: bytes, folder: Path, limit: float = LIMIT_SECONDS) -> Outcome:
    """`folder` is emptied before. Only KeyboardInterrupt gets through."""
    _emptied(folder)
    try:
        with _limited(limit):
            target.run(data, folder)
    except MorrisError as error:
        return _judged(target, error)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # this is what is looked for  # noqa: BLE001
        return Outcome("crash", _sign(error), _told(error))
    return Outcome("read", "read")


def _judged(target: Target, error: MorrisError) -> Outcome:
    said = str(error)
    sign = re.sub(r"[\d']+|“[^”]*”|\"[^\"]*\"|/\S+", "", said)[:80]
    if len(said) < SHORTEST_ERROR or target.place not in said:
        why = f"an error that does not name {target.place!r}: {said[:300]!r}"
        return Outcome("crash", f"unclear {_place(error)}", why)
    try:
        said.encode("utf-8")  # it is printed
    except UnicodeEncodeError:
        return Outcome("crash", f"unprintable {_place(error)}", f"cannot be printed: {said!r:.300}")
    return Outcome("refused", sign)


def shrunk(target: Target, data: bytes, sign: str, folder: Path, limit: float) -> bytes:
    """A smaller input with the same crash: parts are left out as long as it stays the same."""
    started, tries = time.monotonic(), 0
    size = max(1, len(data) // 2)
    while size:
        at, found = 0, False
        while at < len(data):
            if tries >= SHRINK_TRIES or time.monotonic() - started > SHRINK_SECONDS:
                return data
            tries += 1
            shorter = data[:at] + data[at + size :]
            if attempt(target, shorter, folder, limit).sign == sign:
                data, found = shorter, True
            else:
                at += size
        size = size if found and size > 1 else size // 2
    return data


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    def late(_number: int, _frame: FrameType | None) -> None:
        raise HangError(f"longer than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _emptied(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            with suppress(OSError):
                entry.unlink()


def _sign(error: BaseException) -> str:
    return f"{type(error).__name__} {_place(error)}"


def _place(error: BaseException) -> str:
    """The innermost line of the package, or of the fuzzer where the package is not in it."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if "/morris_mlx/" in f.filename]
    own = own or [f for f in frames if f.filename.startswith(HERE)] or list(frames)
    return f"{Path(own[-1].filename).name}:{own[-1].name}" if own else "?"


def _told(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    way = " > ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames)
    return f"{type(error).__name__}: {str(error)[:300]!r} at {way}"
