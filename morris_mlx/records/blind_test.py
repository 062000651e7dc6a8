"""Records of the blind test: answers to the same requests, pairs without labels, and the result."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Opponent(StrEnum):
    """The text that the adapter's text is paired with, and the question that is asked.

    author: The writer's own text. The question is which of the two the writer wrote.
    base: The base model's text. The question is which of the two sounds more like the writer.
    """

    author = "author"
    base = "base"


@dataclass(frozen=True, slots=True)
class BlindRequest:
    """The adapter's name, what its texts are paired with, and the seed of answers and order.

    `dataset` is the folder of the dataset whose held-out requests are answered; None is that of the
    adapter's training.
    """

    adapter: str
    against: Opponent = Opponent.author
    seed: int = 0
    dataset: Path | None = None


@dataclass(frozen=True, slots=True)
class AnsweredRequest:
    """A held-out request with the writer's own text and the answers of base and adapter."""

    request: str
    author: str
    base: str
    adapter: str


@dataclass(frozen=True, slots=True)
class KeptAnswers:
    """The answers of an evaluation at full strength, with all that they depend on."""

    adapter_sha256: str
    config_sha256: str
    base_digest: str
    dataset_digest: str
    seed: int
    rows: tuple[AnsweredRequest, ...] = ()


@dataclass(frozen=True, slots=True)
class BlindPair:
    """Two passages of about the same length, in the order in which they are shown.

    `target_first` is True if the first one is the right choice: the writer's text against the
    author, the adapter's text against the base.
    """

    request: str
    first: str
    second: str
    target_first: bool


@dataclass(frozen=True, slots=True)
class BlindResult:
    """The hits of a blind test, with the exact 95 % interval of their share.

    `sentence` says what they mean; it is "" before the last pair is answered.
    """

    hits: int
    answered: int
    pairs: int
    low: float
    high: float
    sentence: str = ""

    @property
    def is_finished(self) -> bool:
        """True if every pair is answered."""
        return self.answered == self.pairs
