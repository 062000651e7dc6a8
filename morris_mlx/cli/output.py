"""stdout is the product, stderr is the talk: progress, tables, JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from morris_mlx.records import Skipped


def say(text: str) -> None:
    """A remark to the person, on stderr."""
    print(text, file=sys.stderr, flush=True)


def print_json(value: Mapping[str, Any]) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Left-aligned first column, right-aligned others; the first row is the heading."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for number, row in enumerate(rows):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  ".join(cells).rstrip())
        if number == 0:
            print("  ".join("─" * width for width in widths))


def list_skipped(skipped: Sequence[Skipped], most: int = 10) -> None:
    for item in skipped[:most]:
        say(f"  left out {item.source}: {item.reason}")
    if len(skipped) > most:
        say(f"  … and {len(skipped) - most} more")


@contextmanager
def progress(label: str) -> Iterator[Progress]:
    """A line on stderr that is written anew; silent when stderr is no terminal."""
    line = Progress(label)
    try:
        yield line
    finally:
        line.clear()


class Progress:
    def __init__(self, label: str) -> None:
        self._label = label
        self._on = sys.stderr.isatty()
        self._width = 0

    def show(self, text: str) -> None:
        if self._on:
            line = f"{self._label} {text}"
            print(f"\r{line.ljust(self._width)}", end="", file=sys.stderr, flush=True)
            self._width = len(line)

    def keep(self, text: str) -> None:
        """A line that stays, with the moving one below it."""
        if self._on:
            self.clear()
            print(text, file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self._on and self._width:
            print("\r" + " " * self._width + "\r", end="", file=sys.stderr, flush=True)
            self._width = 0
