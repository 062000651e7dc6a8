"""Calibration of a judge's scores to likelihood ratios.

A score says little by itself. Logistic regression with both classes weighted equally gives the
natural logarithm of p(score | the writer) / p(score | others): 0 is undecided, 2.3 ten to one for
the writer (Brümmer and du Preez 2006, doi 10.1016/j.csl.2005.08.001; Morrison 2013, doi
10.1080/00450618.2012.733025). The scores must come from documents that the judge had not learned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from morris_mlx.evaluate.judges.measured_text import Vector

# Penalty on slopes, which weighs as much as half a document. Without it, scores that separate the
# sides completely would give infinite ratios.
PENALTY = 0.5
ITERATIONS = 50  # Newton's method needs about eight
TOLERANCE = 1e-10


@dataclass(frozen=True, slots=True)
class CalibrationFigures:
    """The figures of a calibration, of each measure; the last of `weights` is the constant."""

    center: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]


class Calibration:
    """A logarithm of the likelihood ratio, linear in one or more scores."""

    def __init__(self, center: Vector, scale: Vector, weights: Vector) -> None:
        self._center = center
        self._scale = scale
        self._weights = weights

    @classmethod
    def fit(cls, known: Vector, others: Vector) -> Self:
        """Fit scores (one row per document, one column per measure) of both sides."""
        rows = np.concatenate([known, others])
        truth = np.concatenate([np.ones(len(known)), np.zeros(len(others))])
        share = np.where(truth > 0, 0.5 / len(known), 0.5 / len(others))
        center = share @ rows
        spread = np.sqrt(share @ (rows - center) ** 2)
        scale = np.where(spread > 0, spread, np.inf)
        placed = (rows - center) / scale
        # Every measure should be higher for the writer. One that is lower by chance is left out.
        used = np.arange(rows.shape[1])
        weights = np.zeros(rows.shape[1] + 1)
        while True:
            design = np.column_stack([placed[:, used], np.ones(len(rows))])
            fitted = _newton(design, truth, share)
            if (fitted[:-1] >= 0).all():
                break
            used = used[fitted[:-1] >= 0]
        weights[used], weights[-1] = fitted[:-1], fitted[-1]
        return cls(center, scale, weights)

    @classmethod
    def restored(cls, figures: CalibrationFigures) -> Self:
        """Return the calibration with these figures."""
        return cls(*(np.array(f) for f in (figures.center, figures.scale, figures.weights)))

    @property
    def figures(self) -> CalibrationFigures:
        """The figures that `restored` makes the same calibration of."""
        arrays = (self._center, self._scale, self._weights)
        return CalibrationFigures(*(tuple(a.tolist()) for a in arrays))

    def ratios(self, scores: Vector) -> Vector:
        """Return the log likelihood ratio of each row of scores."""
        placed = (scores - self._center) / self._scale
        ratios: Vector = placed @ self._weights[:-1] + self._weights[-1]
        return ratios


def _newton(design: Vector, truth: Vector, share: Vector) -> Vector:
    """Return the weights of a penalized logistic regression; the last one is the constant."""
    weights = np.zeros(design.shape[1])
    slope = PENALTY / len(truth)
    penalty = np.diag([slope] * (len(weights) - 1) + [slope * 1e-3])
    for _ in range(ITERATIONS):
        probability = 1.0 / (1.0 + np.exp(-np.clip(design @ weights, -30, 30)))
        gradient = design.T @ (share * (probability - truth)) + penalty @ weights
        curvature = (share * probability * (1 - probability))[:, None] * design
        step = np.linalg.solve(design.T @ curvature + penalty, gradient)
        weights -= step
        if np.abs(step).max() < TOLERANCE:
            break
    return weights
