"""The task mixture: how many rows of train each text gives, and with which kinds of request."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction

from morris_mlx.prepare.style.drafts import Draft
from morris_mlx.records.corpus import OPENING_TASK, REWRITE_TASK

ROWS_PER_TEXT = 3  # in train, besides rewritten drafts
# The shares of the tasks. In blind comparisons, models trained on plain drafts won where models
# trained on headlines lost, so drafts get as much as two other tasks together. The others keep the
# model able to begin a text of its own.
MIXTURE = {"headline": 1, "topic": 1, OPENING_TASK: 1, REWRITE_TASK: 2}
MAX_ROWS_PER_TASK = 2  # of one text: more of the same answer to the same kind of request overfits


class TaskMixture:
    """The allocation of ROWS_PER_TEXT rows a text to tasks, with the shares held over all texts.

    What one text cannot give (it has no headline, for example) is taken from the next ones, up to
    MAX_ROWS_PER_TASK. Fractions keep the result independent of rounding.
    """

    def __init__(self, shares: Mapping[str, int] = MIXTURE, rows: int = ROWS_PER_TEXT) -> None:
        shares = {task: share for task, share in shares.items() if task != REWRITE_TASK}
        total = sum(shares.values())
        self._rates = {task: Fraction(rows * share, total) for task, share in shares.items()}
        self._credit = dict.fromkeys(shares, Fraction(0))

    def allocate(self, tasks: Sequence[str], weight: Fraction = Fraction(1)) -> dict[str, int]:
        """Return the number of rows of the next text for each of its possible `tasks`.

        At least one row is allocated if there is a task. A text of weight 2 gets twice as many.
        """
        rows: dict[str, int] = {}
        for task, rate in self._rates.items():
            credit = min(self._credit[task] + rate * weight, Fraction(MAX_ROWS_PER_TASK))
            if task in tasks:
                rows[task] = math.floor(credit)
                credit -= rows[task]
            self._credit[task] = credit
        if tasks and not any(rows.values()):
            rows[max(tasks, key=lambda task: (self._credit.get(task, 0), task))] = 1
        return rows


def share_among(tasks: Collection[str]) -> dict[str, int]:
    """Return the shares of the mixture for these tasks, such as those of texts without titles."""
    return {task: share for task, share in MIXTURE.items() if task in tasks} or MIXTURE


def select_drafts(
    drafts: Sequence[Draft], other_rows: int, shares: Mapping[str, int] = MIXTURE
) -> list[Draft]:
    """Return as many drafts as the mixture has room for beside `other_rows`, evenly by text."""
    other_shares = sum(share for task, share in shares.items() if task != REWRITE_TASK)
    room = other_rows * shares.get(REWRITE_TASK, 0) // other_shares
    ranks: dict[str, int] = {}  # of the latest draft among those of its text
    order: list[tuple[int, int]] = []
    for index, draft in enumerate(drafts):
        ranks[draft.source_id] = ranks.get(draft.source_id, 0) + 1
        order.append((ranks[draft.source_id], index))
    return [drafts[index] for index in sorted(index for _, index in sorted(order)[:room])]
