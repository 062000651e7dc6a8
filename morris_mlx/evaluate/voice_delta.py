"""The cheapest judge alone: Rotated Delta, which is fitted in a fraction of a second.

It is not calibrated, so its scores only compare texts with one another: the author's training texts
have about 1, other people's about -1.

judge = VoiceDelta.fit(training_texts, other_peoples_texts, "en")
print(judge.score(answers))
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from morris_mlx.errors import MorrisError
from morris_mlx.evaluate.judges.delta import Delta
from morris_mlx.evaluate.judges.inventory import Inventory
from morris_mlx.evaluate.judges.measured_text import measure_all
from morris_mlx.evaluate.judges.panel import MIN_DOCUMENTS
from morris_mlx.evaluate.judges.pieces import cut_pieces
from morris_mlx.evaluate.jury import measure_sides

# Shorter than those of the fit, so that little of a few short answers is lost. The scores of other
# checkpoints are measured on pieces of the same length.
JUDGED_WORDS = 125


class VoiceDelta:
    """Rotated Delta, fitted on one author."""

    def __init__(self, delta: Delta, inventory: Inventory) -> None:
        self._delta = delta
        self._inventory = inventory

    @classmethod
    def fit(cls, known: Sequence[str], others: Sequence[str], language: str) -> Self:
        """Fit the judge on an author's texts and other people's, as `Jury.fit` does.

        Raises MorrisError if one side has too few texts.
        """
        inventory, own, reference = measure_sides(known, others, language)
        for side, documents in (("the writer", own), ("other people", reference)):
            if len(documents) < MIN_DOCUMENTS:
                raise MorrisError(
                    f"There are {len(documents)} texts by {side} that are long enough, too few to "
                    f"judge a style. Add texts until there are at least {MIN_DOCUMENTS}."
                )
        return cls(Delta.fit(own.texts, reference.texts), inventory)

    def score(self, answers: Sequence[str]) -> float | None:
        """Return the mean score of the answers, joined and cut into equal pieces.

        None if all together are shorter than a piece.
        """
        pieces = cut_pieces(answers, JUDGED_WORDS)
        if not pieces:
            return None
        return float(self._delta.score(measure_all(pieces, self._inventory)).mean())
