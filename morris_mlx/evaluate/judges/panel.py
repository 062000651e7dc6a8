"""The panel: all judges fitted, calibrated and combined.

Each judge is fitted on the writer's documents and a reference population. For the calibration it is
fitted again without each fold of both, and scores that fold. The combination is the mean of the log
likelihood ratios: a large ratio weighs more, and the error of one judge is limited by the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, Self

import numpy as np

from morris_mlx.errors import MorrisError
from morris_mlx.evaluate.judges.calibration import Calibration, CalibrationFigures
from morris_mlx.evaluate.judges.delta import Delta
from morris_mlx.evaluate.judges.documents import Documents
from morris_mlx.evaluate.judges.impostors import Impostors
from morris_mlx.evaluate.judges.lambdag import LambdaG
from morris_mlx.evaluate.judges.measured_text import Keys, MeasuredText, Vector

FOLDS = 5  # each leaves enough to learn from, and a fit takes about a second
MOST_COMPARED = 100  # documents of each side that calibrate: four figures need no more
MIN_DOCUMENTS = 5  # of each side: one for every fold


class JudgeName(StrEnum):
    """The three families of judges."""

    LAMBDAG = "LambdaG"
    IMPOSTORS = "impostors"
    DELTA = "Delta"


JUDGES = tuple(JudgeName)


class Judge(Protocol):
    """A fitted judge."""

    def score(self, texts: Sequence[MeasuredText]) -> Vector:
        """Return a row of measures for each text; higher is more like the writer."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Opinions:
    """The log likelihood ratios of texts: a row per text, a column per judge (JUDGES)."""

    ratios: Vector

    @property
    def combined(self) -> Vector:
        """The mean of the judges' ratios for each text."""
        mean: Vector = self.ratios.mean(axis=1)
        return mean

    @property
    def disagreement(self) -> float:
        """The share of texts for which the judges do not all take the same side."""
        if not len(self.ratios):
            return 0.0
        for_writer = (self.ratios > 0).sum(axis=1)
        return float(np.mean((for_writer > 0) & (for_writer < self.ratios.shape[1])))


@dataclass(frozen=True, slots=True)
class PanelFigures:
    """The result of the calibration of a panel, which takes most of the time of a fit.

    Attributes:
        calibrations: The calibration of each judge (JUDGES).
        own: The ratios of the writer's held-out documents, a row per document.
        others: Those of other people's.
    """

    calibrations: tuple[CalibrationFigures, ...]
    own: tuple[tuple[float, ...], ...]
    others: tuple[tuple[float, ...], ...]


class Panel:
    """All judges, fitted on one writer and calibrated."""

    def __init__(
        self,
        judges: Sequence[Judge],
        calibrations: Sequence[Calibration],
        held_out: tuple[Opinions, Opinions],
    ) -> None:
        self._judges = judges
        self._calibrations = calibrations
        self.held_out = held_out
        """Opinions on the writer's and on other people's documents, by judges and calibrations
        that had not seen the documents' folds."""

    @classmethod
    def fit(
        cls,
        known: Documents,
        reference: Documents,
        vocabulary: int,
        seed: int = 0,
        figures: PanelFigures | None = None,
    ) -> Self:
        """Fit and calibrate the judges.

        Args:
            known: The writer's documents, as long as the texts that will be judged.
            reference: Documents of other people, as long.
            vocabulary: The number of grammar tokens of the inventory.
            seed: Random seed of the samples and rounds.
            figures: The `figures` of a panel with the same arguments, which is not calibrated
                again.

        Raises:
            MorrisError: One side has too few documents.
        """
        for side, documents in (("the writer", known), ("other people", reference)):
            if len(documents) < MIN_DOCUMENTS:
                raise MorrisError(
                    f"There are {len(documents)} texts by {side}, too few to judge a style. "
                    f"Add texts until there are at least {MIN_DOCUMENTS} of this length."
                )
        judges = _fit_judges(known, reference, vocabulary, seed)
        if figures is not None:
            held_out = Opinions(np.array(figures.own)), Opinions(np.array(figures.others))
            return cls(judges, [Calibration.restored(f) for f in figures.calibrations], held_out)
        scores = _held_out_scores(known, reference, vocabulary, seed)
        calibrations = [Calibration.fit(own, others) for own, others in scores.judges]
        return cls(judges, calibrations, scores.calibrated_across())

    @property
    def figures(self) -> PanelFigures:
        """The figures of the calibration; with them, the same panel is fitted again quickly."""
        own, others = (
            tuple(tuple(row) for row in opinions.ratios.tolist()) for opinions in self.held_out
        )
        return PanelFigures(tuple(c.figures for c in self._calibrations), own, others)

    def judge(self, texts: Sequence[MeasuredText]) -> Opinions:
        """Return the opinions on texts that are not among the fitted ones."""
        return _opinions(self._calibrations, [judge.score(texts) for judge in self._judges])


def _fit_judges(
    known: Documents, reference: Documents, vocabulary: int, seed: int
) -> tuple[Judge, ...]:
    fits: dict[JudgeName, Callable[[], Judge]] = {
        JudgeName.LAMBDAG: lambda: LambdaG.fit(known.texts, reference.texts, vocabulary, seed),
        JudgeName.IMPOSTORS: lambda: Impostors.fit(known.texts, reference.texts, seed),
        JudgeName.DELTA: lambda: Delta.fit(known.texts, reference.texts),
    }
    return tuple(fits[name]() for name in JUDGES)


@dataclass(frozen=True, slots=True, eq=False)
class _HeldOutScores:
    """Each judge's scores of both sides, and the fold of each scored document."""

    judges: tuple[tuple[Vector, Vector], ...]
    folds: tuple[Keys, Keys]

    def calibrated_across(self) -> tuple[Opinions, Opinions]:
        """Return opinions on both sides, each fold calibrated by the other folds."""
        sides = [np.zeros((len(folds), len(self.judges))) for folds in self.folds]
        for fold in range(FOLDS):
            inside = [folds == fold for folds in self.folds]
            if any(not (~here).any() for here in inside):
                continue
            for at, scores in enumerate(self.judges):
                own, others = (s[~here] for s, here in zip(scores, inside, strict=True))
                calibration = Calibration.fit(own, others)
                for side, (s, here) in enumerate(zip(scores, inside, strict=True)):
                    sides[side][here, at] = calibration.ratios(s[here])
        return Opinions(sides[0]), Opinions(sides[1])


def _held_out_scores(
    known: Documents, reference: Documents, vocabulary: int, seed: int
) -> _HeldOutScores:
    """Return the scores of both sides, every document scored without its fold."""
    sides = (known, reference)
    folds = [documents.folds(FOLDS) for documents in sides]
    compared = [_evenly(len(documents)) for documents in sides]
    found: list[list[Vector | None]] = [[None, None] for _ in JUDGES]
    for fold in range(FOLDS):
        inside = [at[f[at] == fold] for f, at in zip(folds, compared, strict=True)]
        if not any(len(at) for at in inside):
            continue
        learned = [d.chosen(np.flatnonzero(f != fold)) for d, f in zip(sides, folds, strict=True)]
        judges = _fit_judges(learned[0], learned[1], vocabulary, seed)
        for side, at in enumerate(inside):
            here = np.isin(compared[side], at)
            for judge, scores in zip(judges, found, strict=True):
                rows = judge.score(sides[side].chosen(at).texts)
                whole = scores[side]
                if whole is None:
                    whole = scores[side] = np.zeros((len(compared[side]), rows.shape[1]))
                whole[here] = rows
    return _HeldOutScores(
        tuple((_filled(own), _filled(others)) for own, others in found),
        (folds[0][compared[0]], folds[1][compared[1]]),
    )


def _filled(scores: Vector | None) -> Vector:
    assert scores is not None  # both sides have documents, so each was scored in some fold
    return scores


def _evenly(count: int) -> Keys:
    """Return at most MOST_COMPARED positions, evenly spaced."""
    positions: Keys = np.unique(
        np.linspace(0, count - 1, min(count, MOST_COMPARED)).astype(np.int64)
    )
    return positions


def _opinions(calibrations: Sequence[Calibration], scores: Sequence[Vector]) -> Opinions:
    pairs = zip(calibrations, scores, strict=True)
    return Opinions(np.stack([c.ratios(s) for c, s in pairs], axis=1))
