"""LambdaG: is the grammar of a text more probable for the writer than for the population?

Source: Nini, Halvani, Graner, Gherardi and Ishihara, "Grammar as a Behavioral Biometric" (arXiv
2403.08462; 2026). With n-gram models of grammar tokens (`kneser_ney.py`), G_A learned from the
writer and G_1 … G_r learned from samples of the population that are as large:

    lambda = 1/r sum_j [log p(text | G_A) - log p(text | G_j)]

Two differences: the population is sampled document by document, because only counts are kept, not
sentences; and the result is divided by the number of tokens, so that texts of different lengths
have the same scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from morris_mlx.evaluate.judges.kneser_ney import GrammarModel
from morris_mlx.evaluate.judges.measured_text import MeasuredText, Vector

SAMPLES = 10  # of the population; the paper's 100 take ten times as long
MOST_TOKENS = 60_000  # of either side: more gain little and cost time


class LambdaG:
    """Judge of the grammar of texts."""

    def __init__(self, own: GrammarModel, others: Sequence[GrammarModel]) -> None:
        self._own = own
        self._others = others

    @classmethod
    def fit(
        cls,
        known: Sequence[MeasuredText],
        reference: Sequence[MeasuredText],
        vocabulary: int,
        seed: int,
    ) -> Self:
        """Learn the grammar of the writer and of samples of the population."""
        rng = np.random.default_rng(seed)
        size = min(_tokens(known), _tokens(reference), MOST_TOKENS)
        own = GrammarModel(_sample(known, size, rng), vocabulary)
        others = [GrammarModel(_sample(reference, size, rng), vocabulary) for _ in range(SAMPLES)]
        return cls(own, others)

    def score(self, texts: Sequence[MeasuredText]) -> Vector:
        """Return the mean log ratio per token of each text; higher is more like the writer."""
        own = self._own.log_probabilities(texts)
        others = np.mean([model.log_probabilities(texts) for model in self._others], axis=0)
        tokens = np.array([text.counts.sum() for text in texts], dtype=np.float64)
        ratios: Vector = np.where(tokens > 0, (own - others) / np.maximum(tokens, 1.0), 0.0)
        return ratios.reshape(-1, 1)


def _tokens(texts: Sequence[MeasuredText]) -> int:
    return sum(int(text.counts.sum()) for text in texts)


def _sample(
    texts: Sequence[MeasuredText], size: int, rng: np.random.Generator
) -> list[MeasuredText]:
    """Return random texts with at least `size` tokens in total, or all."""
    taken: list[MeasuredText] = []
    for at in rng.permutation(len(texts)):
        if size <= 0:
            break
        taken.append(texts[at])
        size -= int(texts[at].counts.sum())
    return taken
