"""The n-gram model is a probability distribution and agrees with the formula."""

import numpy as np
import pytest

from morris_mlx.evaluate.judges.kneser_ney import DISCOUNT, GrammarModel
from morris_mlx.evaluate.judges.measured_text import ORDER, TOKEN_BITS, MeasuredText

NOTHING = np.zeros(0)


def text(*rows):
    """Return a text with the given n-grams of token numbers."""
    packed = [sum(t << TOKEN_BITS * (ORDER - 1 - at) for at, t in enumerate(r)) for r in rows]
    keys, counts = np.unique(np.array(packed, dtype=np.int64), return_counts=True)
    return MeasuredText(len(rows), keys, counts.astype(np.int64), NOTHING, NOTHING, NOTHING)


def probability(model, *row):
    return np.exp(model.log_probabilities([text(row)])[0])


def test_the_probabilities_of_all_tokens_sum_to_one_in_known_and_unknown_contexts():
    model = GrammarModel([text((0, 0, 0, 3), (0, 0, 3, 4), (0, 3, 4, 5), (0, 0, 0, 4))], 12)
    for context in ((0, 0, 0), (0, 3, 4), (9, 9, 3), (9, 9, 9)):
        total = sum(probability(model, *context, token) for token in range(12))
        assert total == pytest.approx(1.0)


def test_the_figures_follow_from_the_formula():
    model = GrammarModel([text((1, 1, 1, 2), (1, 1, 1, 2), (1, 1, 1, 3))], 10)
    # Shorter n-grams: 2 and 3 have one predecessor each at every length.
    shorter = 0.5 * (1 - DISCOUNT) + DISCOUNT / 10
    for _ in range(ORDER - 2):
        shorter = (1 - DISCOUNT + DISCOUNT * 2 * shorter) / 2
    assert probability(model, 1, 1, 1, 2) == pytest.approx(
        (2 - DISCOUNT + DISCOUNT * 2 * shorter) / 3
    )


def test_without_any_text_all_tokens_are_equally_probable():
    assert probability(GrammarModel([], 8), 1, 2, 3, 4) == pytest.approx(1 / 8)
