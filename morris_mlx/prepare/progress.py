"""Progress of a preparation: the share of its work that is done, over all stages."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

Tick = Callable[[int], None]  # is called with a number of characters that were processed
Report = Callable[[float, str], None]  # is called with the share of the work done, and the stage


class Stage(StrEnum):
    """The stages of a preparation, as the progress line shows them."""

    clean = "repairing and filtering"
    redact = "redacting"
    compare = "looking for duplicates"
    rows = "making rows"
    measure = "counting"


# Percent of the CPU time, as `scripts/bench/prepare.py` prints it for texts without chats.
WEIGHTS = {Stage.clean: 5, Stage.redact: 28, Stage.compare: 10, Stage.rows: 40, Stage.measure: 17}


def no_tick(characters: int) -> None:
    """Ignore a number of characters: for callers that show no progress."""


def counting(change: Callable[[str], str], tick: Tick) -> Callable[[str], str]:
    """Return a function that changes a text and then counts its characters."""

    def run(text: str) -> str:
        changed = change(text)
        tick(len(text))
        return changed

    return run


def no_report(share: float, stage: str) -> None:
    """Report nothing."""


class Meter:
    """A meter of the work of a preparation, which reports the share that is done.

    Beginning a stage ends the one before it, so the share reaches 1 even if stages are skipped. A
    stage that is done again, such as the rows under another system prompt, never lowers the share.
    """

    def __init__(self, report: Report = no_report) -> None:
        self._report = report
        self._before = 0.0  # the share of the stages that have ended
        self._share = 0.0
        self._stage, self._done, self._total = Stage.clean, 0, 1

    def begin(self, stage: Stage, characters: int) -> None:
        """Begin a stage that will process a number of characters."""
        stages = list(Stage)
        ended = stages[: stages.index(stage)]
        self._before = sum(WEIGHTS[one] for one in ended) / sum(WEIGHTS.values())
        self._stage, self._done, self._total = stage, 0, max(1, characters)
        self.tick(0)

    def tick(self, characters: int) -> None:
        """Count characters of this stage as processed."""
        self._done += characters
        part = WEIGHTS[self._stage] / sum(WEIGHTS.values())
        share = self._before + part * min(1.0, self._done / self._total)
        self._share = max(self._share, share)
        self._report(self._share, self._stage)
