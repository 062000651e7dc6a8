"""stdout is the product, stderr is the talk: progress, tables, JSON."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from morris_mlx.records.corpus import Skipped

if TYPE_CHECKING:
    from rich.status import Status


def say(text: str) -> None:
    """A remark to the person, on stderr."""
    print(text, file=sys.stderr, flush=True)


def print_json(value: Mapping[str, Any]) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def counted(number: int, thing: str) -> str:
    """ "1 text", "2,000 texts"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Left-aligned first column, right-aligned others; the first row is the heading."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for number, row in enumerate(rows):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  ".join(cells).rstrip())
        if number == 0:
            print("  ".join("─" * width for width in widths))


def list_skipped(skipped: Sequence[Skipped]) -> None:
    """Each with its reason, and reasons that come again with their counts."""
    for item in skipped:
        say(f"  left out {item.source}: {item.reason}")
    for reason, count in Counter(item.reason for item in skipped).most_common():
        if count > 1:
            say(f"  {count:,} left out: {reason}")


@contextmanager
def progress(label: str) -> Iterator[Progress]:
    """A moving line on stderr; silent when stderr is no terminal."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield Progress(label)
        return
    try:
        with console.status(label) as status:
            yield Progress(label, status)
    finally:
        console.show_cursor()  # also where Ctrl-C came while the line was being put up


class Progress:
    """What a long work may say while it goes on."""

    def __init__(self, label: str, status: Status | None = None) -> None:
        self._label = label
        self._status = status

    def show(self, text: str) -> None:
        """The moving line says this now."""
        if self._status is not None:
            from rich.text import Text

            self._status.update(Text(f"{self._label} {text}"))  # no markup: addresses have brackets

    def log(self, text: str) -> None:
        """A line now and then where there is no moving one: long work is seen in a log, too."""
        if self._status is None:
            say(f"{self._label} {text}")

    def keep(self, text: str) -> None:
        """A line that stays, above the moving one."""
        if self._status is not None:
            self._status.console.print(text, markup=False)
