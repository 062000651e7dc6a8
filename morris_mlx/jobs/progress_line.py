"""The sink of a terminal: a progress line with the time left on stderr, and remarks above it."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

from morris_mlx.jobs.events import (
    BEST_VALID_LOSS,
    LOSS,
    PEAK_MEMORY_GB,
    SECONDS_LEFT,
    TOKENS_PER_SECOND,
    VALID_LOSS,
    Event,
    Metric,
    Note,
    Progress,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

TRAINING = "training"  # the stage whose progress line shows the metrics of its steps
DETAIL = "detail"  # the key of remarks that are shown on a terminal only
SECONDS_BETWEEN_LINES = 600.0  # without a terminal: a log of hours shows that work goes on
FOLLOWED_SECONDS = 10.0  # the same for a follower, who wants to see it
SECONDS_TO_GUESS = 2.0  # of work, before a time left is more than a guess


class ProgressLine:
    """A sink that shows events on stderr while it is open.

    On a terminal the progress moves on one line, which is gone at the end. Elsewhere it is silent
    but for remarks and, in hours of work, a line every ten minutes.
    """

    def __init__(self, follows: bool = False) -> None:
        """Open nothing: the first event does.

        Args:
            follows: Elsewhere than on a terminal, print the validations and a line every ten
                seconds: for a command that was called to see the progress.
        """
        self._follows = follows
        self._between = FOLLOWED_SECONDS if follows else SECONDS_BETWEEN_LINES
        self._open = ExitStack()
        self._console: Console | None = None
        self._status: Status | None = None
        self._metrics: dict[str, float] = {}
        self._stage, self._total = "", 0.0
        self._began = self._first_done = 0.0
        self._best = -1
        self._last_line = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._console is not None:
            try:
                self._open.close()
            finally:
                self._console.show_cursor()  # also where Ctrl-C came while the line was begun

    def __call__(self, event: Event) -> None:
        """Show an event; remarks with the key DETAIL only on a terminal."""
        if isinstance(event, Progress):
            self._show(event)
        elif isinstance(event, Metric):
            self._measure(event)
        elif isinstance(event, Note) and (event.key != DETAIL or self._is_terminal()):
            self._remark(event.text)

    def _is_terminal(self) -> bool:
        if self._console is None:
            from rich.console import Console

            self._console = Console(stderr=True, highlight=False)
        return self._console.is_terminal

    def _show(self, event: Progress) -> None:
        if event.stage != self._stage:
            self._stage, self._began, self._first_done = event.stage, time.monotonic(), event.done
        self._total = event.total
        text = self._line(event)
        if not self._is_terminal():
            at_end = self._follows and 0 < event.total <= event.done
            if at_end or time.monotonic() - self._last_line > self._between:
                self._last_line = time.monotonic()
                print(text, file=sys.stderr, flush=True)
            return
        from rich.text import Text

        line = Text(text)  # no markup: addresses and paths have brackets
        if self._status is None:
            assert self._console is not None
            self._status = self._open.enter_context(self._console.status(line))
        self._status.update(line)

    def _line(self, event: Progress) -> str:
        if event.stage == TRAINING and LOSS in self._metrics:
            return self._training_line(event)
        parts = [event.stage]
        if event.total and not event.detail:
            parts.append(f"{event.done:,.0f} of {event.total:,.0f}")
        if event.detail:
            parts.append(event.detail)
        if (left := self._seconds_left(event)) is not None:
            parts.append(f" {clock(left)} left")
        return " ".join(parts)

    def _training_line(self, event: Progress) -> str:
        found = self._metrics
        return (
            f"{event.stage} {event.done:.0f}/{event.total:.0f}  loss {found[LOSS]:.3f}  "
            f"{found.get(TOKENS_PER_SECOND, 0):,.0f} tokens/s  "
            f"peak {found.get(PEAK_MEMORY_GB, 0):.1f} GB  "
            f"{clock(found.get(SECONDS_LEFT, 0))} left"
        )

    def _seconds_left(self, event: Progress) -> float | None:
        spent, done = time.monotonic() - self._began, event.done - self._first_done
        if not event.total or done <= 0 or spent < SECONDS_TO_GUESS:
            return None
        return spent / done * max(event.total - event.done, 0.0)

    def _measure(self, event: Metric) -> None:
        self._metrics[event.name] = event.value
        if event.name == BEST_VALID_LOSS:
            self._best = event.step
        elif event.name == VALID_LOSS and (self._follows or self._is_terminal()):
            mark = "  ← best so far" if event.step == self._best else ""
            of = f" of {self._total:.0f}" if self._total else ""
            self._remark(f"step {event.step:>5}{of}  held-out loss {event.value:.4f}{mark}")

    def _remark(self, text: str) -> None:
        if self._status is not None:
            self._status.console.print(text, markup=False)
        else:
            print(text, file=sys.stderr, flush=True)


def clock(seconds: float) -> str:
    """Return a duration as minutes and seconds, with hours where there are any."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
