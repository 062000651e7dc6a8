"""Figures of an evaluation."""

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
        return math.exp(self.loss)


@dataclass(frozen=True, slots=True)
class StyleReport:
    """Base against adapter on the same held-out documents; written as report.json.

    Distances are mean absolute z-differences of profile features (Burrows' Delta) to the
    author's held-out texts: `floor` is the base's, `ceiling` the author's own other texts',
    `contrast` that of news briefs by a plain other hand.
    They are None, with the reason in `notes`, where there is too little text to tell.
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
