"""The result of a comparison of several adapters, or of one at several strengths."""

from __future__ import annotations

from dataclasses import dataclass

from morris_mlx.records.evaluation import CopyingFigures, Verdict, VoiceRow
from morris_mlx.records.reports import HeldOutScore


@dataclass(frozen=True, slots=True)
class ComparedAdapter:
    """An adapter at a strength, with its figures on the shared requests.

    `label` names it in the comparison. `row` is its position, without a value if the style could
    not be judged.
    """

    label: str
    name: str
    strength: float
    held_out: HeldOutScore
    loss_drop_percent: float
    row: VoiceRow
    copying: CopyingFigures | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Choice:
    """The best of the compared adapters with the reason.

    `best` is its label, None if none is shown to be the best. `sentence` is the reason for either.
    """

    best: str | None
    sentence: str
    next_step: str


@dataclass(frozen=True, slots=True)
class ComparedAnswers:
    """A request with the author's text and the answers: of the base, then of each adapter."""

    request: str
    author: str
    base: str
    adapters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison, stored as report.json and shown as report.html.

    Attributes:
        base_model: The base of all adapters.
        base_loss: Its held-out loss.
        dataset_digest: The dataset whose held-out requests were answered.
        seed: The seed of the first answer.
        answers: The number of answers of each.
        shared: The rows that all have in common: base, prompted base, other author, author.
        other_hands: A name for the other author.
        adapters: The compared ones, in the order in which they were given.
        choice: The best one.
        refusal: The reason why the style could not be judged, "" otherwise.
        samples: Answers to a few requests, for the page.
    """

    base_model: str
    base_loss: HeldOutScore
    dataset_digest: str
    seed: int
    answers: int
    shared: tuple[VoiceRow, ...]
    other_hands: str
    adapters: tuple[ComparedAdapter, ...]
    choice: Choice
    refusal: str = ""
    samples: tuple[ComparedAnswers, ...] = ()

    @property
    def rows(self) -> tuple[VoiceRow, ...]:
        """All rows, from the base to the author."""
        return (*self.shared[:-1], *(one.row for one in self.adapters), *self.shared[-1:])
