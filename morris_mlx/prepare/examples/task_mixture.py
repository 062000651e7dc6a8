"""How often each text is asked for, and in which ways: the mixture of the rows to learn from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from morris_mlx.prepare.style.drafts import Draft
from morris_mlx.records.corpus import REWRITE_TASK

# Rows of a text to learn from, and how they are shared out over the ways of asking. Writers'
# models that learned from plain drafts won blind comparisons which models that learned from
# headlines lost, so drafts get as much as two other ways together; the others keep it able to
# begin a text of its own.
ROWS_PER_TEXT = 3
MIXTURE = {"headline": 1, "topic": 1, "opening": 1, REWRITE_TASK: 2}
MOST_OF_A_TASK = 2  # the same answer to the same kind of request: more is learning by heart


class Ledger:
    """Deals ROWS_PER_TEXT rows a text out to the ways of asking, by their shares of the mixture.

    What one text cannot give (it has no headline, say) the next ones owe, up to MOST_OF_A_TASK; so
    the shares hold over all texts together. Fractions: no share hangs on how a sum was rounded.
    """

    def __init__(self, mixture: Mapping[str, int] = MIXTURE, rows: int = ROWS_PER_TEXT) -> None:
        shares = {task: share for task, share in mixture.items() if task != REWRITE_TASK}
        total = sum(shares.values())
        self._rates = {task: Fraction(rows * share, total) for task, share in shares.items()}
        self._due = dict.fromkeys(shares, Fraction(0))

    def deal(self, possible: Sequence[str], weight: Fraction = Fraction(1)) -> dict[str, int]:
        """Rows of the next text for each way that it allows; at least one in all.

        A text of weight 2 gets twice as many.
        """
        dealt: dict[str, int] = {}
        for task, rate in self._rates.items():
            self._due[task] = min(self._due[task] + rate * weight, Fraction(MOST_OF_A_TASK))
            if task in possible:
                dealt[task] = math.floor(self._due[task])
                self._due[task] -= dealt[task]
        if possible and not any(dealt.values()):
            dealt[max(possible, key=lambda task: (self._due.get(task, 0), task))] = 1
        return dealt


def share_of_drafts(
    drafts: Sequence[Draft], other_rows: int, mixture: Mapping[str, int] = MIXTURE
) -> list[Draft]:
    """As many drafts as the mixture has room for beside `other_rows`, alike from all texts."""
    others = sum(share for task, share in mixture.items() if task != REWRITE_TASK)
    room = other_rows * mixture.get(REWRITE_TASK, 0) // others
    turns: dict[str, int] = {}
    placed: list[tuple[int, int]] = []
    for number, draft in enumerate(drafts):
        turns[draft.source_id] = turns.get(draft.source_id, 0) + 1
        placed.append((turns[draft.source_id], number))
    return [drafts[number] for number in sorted(n for _, n in sorted(placed)[:room])]
