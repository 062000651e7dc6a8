"""One vocabulary of events for every step of the pipeline, and the log that keeps them.

A step reports through a sink: a callable that takes one event. The terminal's progress line, the
studio's pages, a job's `events.jsonl` and a server's log are sinks.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from morris_mlx.errors import MorrisError
from morris_mlx.files import PRIVATE_FILE, cannot_write, json_line
from morris_mlx.typed_json import record_from_json

# A long training has 100,000 steps; a reader of the log needs a few a second.
SECONDS_BETWEEN_PROGRESS = 0.5


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` units of a stage; a total of 0 is not known. `detail` is for people."""

    stage: str
    done: float = 0.0
    total: float = 0.0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """A measured value at an optimizer step."""

    step: int
    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Note:
    """A remark for the user; programs decide by its `key`, never by its text."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A text that the model wrote at an optimizer step of its training."""

    step: int
    prompt: str
    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """The end of a step: its result as JSON values."""

    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """The end of a step that failed; `kind` is a `kind` of `errors`, or KILLED or CRASHED."""

    kind: str
    message: str


KILLED, CRASHED = "killed", "crashed"
# Metrics at every step; those of a validation are rare and always kept.
VALID_LOSS, BEST_VALID_LOSS = "valid_loss", "best_valid_loss"
VOICE = "voice"  # of a few answers at a validation
LOSS, TOKENS_PER_SECOND = "loss", "tokens_per_second"
PEAK_MEMORY_GB, SECONDS_LEFT = "peak_memory_gb", "seconds_left"
RARE = (VALID_LOSS, BEST_VALID_LOSS, VOICE)

Event = Progress | Metric | Note | Sample | Done | Failed
Sink = Callable[[Event], None]
EVENTS: dict[str, type[Event]] = {
    kind.__name__.lower(): kind for kind in (Progress, Metric, Note, Sample, Done, Failed)
}


def ignore(event: Event) -> None:
    """Drop an event: the sink of a caller that needs none."""


def event_to_json(event: Event) -> dict[str, Any]:
    """Return an event as one JSON object, its kind under `event`."""
    return {"event": type(event).__name__.lower(), **asdict(event)}


def event_from_json(row: Mapping[str, Any]) -> Event | None:
    """Return the event of a row, or None for a kind that this version does not know."""
    kind = EVENTS.get(str(row.get("event")))
    if kind is None:
        return None
    if kind is Done:
        result = row.get("result")
        return Done(result if isinstance(result, dict) else {})
    known = {key: value for key, value in row.items() if key not in ("event", "time")}
    return record_from_json(kind, known)


class EventLog:
    """A sink that appends each event to a private JSON lines file, with the time of day in UTC.

    Progress and the metrics of every step are thinned out. Safe to call from several threads.
    Raises MorrisError when the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._last = float("-inf")  # the last progress, by a monotonic clock
        self._dropping = False

    def __call__(self, event: Event) -> None:
        """Append the event to the file, unless it is thinned out."""
        with self._lock:
            if self._is_kept(event):
                now = datetime.now(UTC).isoformat(timespec="milliseconds")
                self._append(json_line({"time": now, **event_to_json(event)}))

    def _is_kept(self, event: Event) -> bool:
        if isinstance(event, Progress):
            now, ended = time.monotonic(), 0 < event.total <= event.done
            self._dropping = not ended and now - self._last < SECONDS_BETWEEN_PROGRESS
            if not self._dropping:
                self._last = now
            return not self._dropping
        return not (isinstance(event, Metric) and event.name not in RARE and self._dropping)

    def _append(self, line: str) -> None:
        try:
            self._path.touch(mode=PRIVATE_FILE)
            with self._path.open("a+b") as file:
                end = file.seek(0, os.SEEK_END)
                file.seek(max(0, end - 1))
                torn = file.read(1) not in (b"\n", b"")  # a killed process left half a line
                file.write((b"\n" if torn else b"") + line.encode())
        except OSError as error:
            raise cannot_write(self._path, error) from error


class EventReader:
    """A reader of a growing event log. Each `new_events` continues after the last whole line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0

    def new_events(self) -> Iterator[Event]:
        """Yield the events since the last call. Damaged and unknown lines are passed over.

        Raises MorrisError when the file cannot be read.
        """
        content = self._content(self._at)
        end = content.rfind(b"\n") + 1  # a line that is still being written has none yet
        self._at += end
        for line in content[:end].splitlines():
            if (event := _event_of_line(line)) is not None:
                yield event

    def newest(self, *kinds: type[Event]) -> Event | None:
        """Return the last event of these kinds in the whole log, or None.

        Lines are read from the end, since the list of jobs asks this of every log.
        """
        content = self._content(0)
        for line in reversed(content[: content.rfind(b"\n") + 1].splitlines()):
            if isinstance(event := _event_of_line(line), kinds):
                return event
        return None

    def _content(self, start: int) -> bytes:
        try:
            with self._path.open("rb") as file:
                file.seek(start)
                return file.read()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise MorrisError(f"Cannot read {self._path}: {error.strerror}.") from error


def _event_of_line(line: bytes) -> Event | None:
    """Return the event of a log's line, or None for a damaged or unknown one."""
    try:
        row = json.loads(line)
        return event_from_json(row) if isinstance(row, dict) else None
    except (ValueError, RecursionError, MorrisError):
        return None
