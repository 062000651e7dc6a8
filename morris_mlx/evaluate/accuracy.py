"""Measures of how well scores tell two kinds of texts apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
# A log ratio nearer to 0 than this is no answer: odds of less than 11 to 9.
UNDECIDED = 0.2


def auc(positive: Vector, negative: Vector) -> float:
    """Return the probability that a positive text has a higher score than a negative one.

    Ties count half (Mann and Whitney 1947). 0.5 is chance, 1 is perfect.
    """
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, side="left")
    upto = np.searchsorted(ordered, positive, side="right")
    return float((below + upto).sum() / (2 * len(positive) * len(negative)))


def c_at_1(positive: Vector, negative: Vector, undecided: float = UNDECIDED) -> float:
    """Return c@1, the share of right answers with credit for unanswered texts.

    With n texts, n_c right answers and n_u without an answer: (n_c + n_u n_c / n) / n (Peñas and
    Rodrigo 2011, ACL P11-1142). A text is unanswered if its log ratio is within `undecided` of 0.
    """
    total = len(positive) + len(negative)
    right = int((positive > undecided).sum() + (negative < -undecided).sum())
    open_ = int((np.abs(positive) <= undecided).sum() + (np.abs(negative) <= undecided).sum())
    return (right + open_ * right / total) / total
