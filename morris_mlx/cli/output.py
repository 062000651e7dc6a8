"""Output of the commands: results on stdout, remarks and progress on stderr."""

from __future__ import annotations

import json
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from morris_mlx.errors import StoppedError
from morris_mlx.files import shown_path
from morris_mlx.jobs.events import Event, Note, Sink
from morris_mlx.jobs.progress_line import ProgressLine
from morris_mlx.jobs.runner import job_log
from morris_mlx.records.corpus import Skipped
from morris_mlx.streams import has_all_characters

OUTPUT_WIDTH = 100  # characters of a line of running text
MOST_LISTED = 20  # files that are left out for the same reason


def say(text: str) -> None:
    """Print a remark on stderr, after what was printed on stdout: both may go to one file."""
    sys.stdout.flush()
    print(text, file=sys.stderr, flush=True)


def print_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object on stdout."""
    print(json.dumps(value, ensure_ascii=not has_all_characters(), indent=2))


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print a table: the first row is the heading, columns but the first are right-aligned."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for number, row in enumerate(rows):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  ".join(cells).rstrip())
        if number == 0:
            print("  ".join("─" * width for width in widths))


def wrapped(text: str, first: str = "", rest: str | None = None) -> str:
    """Return a text in lines of OUTPUT_WIDTH.

    The first line begins with `first`, the others with `rest`. None: with the same.
    """
    rest = first if rest is None else rest
    return textwrap.fill(text, OUTPUT_WIDTH, initial_indent=first, subsequent_indent=rest)


def print_wrapped(text: str, first: str = "", rest: str | None = None) -> None:
    """Print a text on stdout in lines of OUTPUT_WIDTH, as `wrapped` divides it."""
    print(wrapped(text, first, rest))


def list_skipped(skipped: Sequence[Skipped]) -> None:
    """List what was left out with its reason, and count by kind the files that are not read."""
    named: dict[str, list[Skipped]] = {}
    for item in skipped:
        if not item.kind:
            named.setdefault(item.reason, []).append(item)
    for reason, items in named.items():
        for item in items[:MOST_LISTED]:
            say(f"  left out {shown_path(item.source)}: {reason}")
        if len(items) > MOST_LISTED:
            say(f"  … and {len(items) - MOST_LISTED:,} more; --json lists all")
    for reason, items in sorted(named.items(), key=lambda pair: -len(pair[1])):
        if len(items) > 1:
            say(f"  {len(items):,} left out: {reason}")
    _count_kinds([item for item in skipped if item.kind])


def _count_kinds(skipped: Sequence[Skipped]) -> None:
    """Print how many files of each kind were left out, and how to get the text of each kind."""
    if not skipped:
        return
    kinds = Counter(item.kind for item in skipped)
    shown = ", ".join(f"{kind} {count:,}" for kind, count in kinds.most_common())
    say(f"  {len(skipped):,} left out: {shown}")
    ways: dict[str, dict[str, None]] = {}
    for item in skipped:
        if item.way_out:
            ways.setdefault(item.way_out, {})[item.kind] = None
    for way_out, names in ways.items():
        say(f"    {', '.join(names)}: {way_out}")


@contextmanager
def event_sink() -> Iterator[Sink]:
    """Open the sink of this process: its job's event log, else a progress line on stderr."""
    log = job_log()
    if log is not None:
        yield log
        return
    with ProgressLine() as line:
        yield line


@contextmanager
def stopped_with(text: str) -> Iterator[None]:
    """Raise StoppedError with this text, which says what is kept and what to do, on Ctrl-C."""
    try:
        yield
    except KeyboardInterrupt:
        raise StoppedError(text) from None


@contextmanager
def sink_with_notes_later(key: str, notes: list[str]) -> Iterator[Sink]:
    """Open the sink of this process, which adds the notes with this key to `notes` instead."""
    with event_sink() as sink:

        def passing(event: Event) -> None:
            if isinstance(event, Note) and event.key == key:
                notes.append(event.text)
            else:
                sink(event)

        yield passing
