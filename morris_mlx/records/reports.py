"""Results of an evaluation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HeldOutScore:
    """Loss on held-out rows, in nats per supervised token; perplexity is exp(loss)."""

    loss: float
    tokens: int

    @property
    def perplexity(self) -> float:
        """The perplexity per supervised token, exp(loss)."""
        return math.exp(self.loss)


@dataclass(frozen=True, slots=True)
class StyleReport:
    """A comparison of base and adapter on the same held-out documents, stored as report.json.

    Distances are mean absolute z-score differences of style features (Burrows' Delta) to the
    writer's held-out texts: `floor` for the base, `ceiling` for the writer's other texts, and
    `contrast` for news briefs by another author. They are None, with the reason in `notes`, when
    there is too little text. `copied_words` is the longest run of words that an answer of the
    adapter shares with a training text, None without answers.
    """

    adapter: str
    base_model: str
    dataset_digest: str
    base: HeldOutScore
    adapted: HeldOutScore
    loss_drop_percent: float
    delta_floor: float | None
    delta_adapted: float | None
    delta_ceiling: float | None
    delta_contrast: float | None
    words: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    copied_words: int | None = None
