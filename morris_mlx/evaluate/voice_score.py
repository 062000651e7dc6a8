"""The voice score: the position of generated texts between the base model and the writer.

0 is the base model's texts (the floor), 1 the writer's own held-out texts (the ceiling). The
positions come from the judges' mean log likelihood ratios on texts of equal length, and their
intervals from a bootstrap over documents (Efron and Tibshirani 1993, ch. 13).

panel = Panel.fit(known, population, len(inventory.grammar))
score = voice_score(panel, texts=clone, floor=base, ceiling=held_out)
print(score.combined.value, score.combined.low, score.combined.high, score.p_value)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from morris_mlx.errors import MorrisError
from morris_mlx.evaluate.accuracy import Vector, auc
from morris_mlx.evaluate.judges.documents import Documents
from morris_mlx.evaluate.judges.measured_text import MeasuredText
from morris_mlx.evaluate.judges.panel import JUDGES, JudgeName, Opinions, Panel

RESAMPLES = 2000  # an end of a 95 % interval then rests on 50 of them
PERMUTATIONS = 2000  # the smallest p-value is 1 / 2001
LEVEL = 0.95
MIN_GAP = 2.0  # standard errors between floor and ceiling; below this, a position is noise
SHUFFLES = 3  # panels with shuffled labels; each costs as much as the first panel


class FittedJudges(Protocol):
    """Judges that were fitted on one writer."""

    def judge(self, texts: Sequence[MeasuredText]) -> Opinions:
        """Return the opinions on texts that are not among the fitted ones."""
        ...


@dataclass(frozen=True, slots=True)
class Position:
    """A share of the way from the floor to the ceiling, with its interval.

    All three are None if the judge does not distinguish the floor from the ceiling.
    """

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class VoiceScore:
    """The position of a set of texts for each judge and for their combination.

    Attributes:
        combined: The position by the mean of the judges' log likelihood ratios.
        judges: The position by each judge alone.
        p_value: The probability of a distance from the base at least as large, toward the writer,
            if the texts and the base's had been exchanged at random.
        disagreement: The share of the texts on which the judges do not take the same side.
        sounds_like_writer: The share of the texts that the combination gives to the writer.
    """

    combined: Position
    judges: Mapping[JudgeName, Position]
    p_value: float
    disagreement: float
    sounds_like_writer: float


def voice_score(
    panel: FittedJudges, texts: Documents, floor: Documents, ceiling: Documents, seed: int = 0
) -> VoiceScore:
    """Return the voice score of generated texts.

    Args:
        panel: Judges fitted on the writer's training texts. No text below may be among them.
        texts: The texts to judge, in pieces of the length for which the panel was fitted.
        floor: The base model's texts, as long.
        ceiling: The writer's held-out texts, as long.
        seed: Random seed of the bootstrap and of the permutations.

    Raises:
        MorrisError: One of the sets is empty.
    """
    sets = {"the adapter": texts, "the base model": floor, "the writer's held-out texts": ceiling}
    for name, documents in sets.items():
        if not len(documents):
            raise MorrisError(
                f"There is no text of {name} that is long enough to judge. Generate more or "
                "longer texts, or add texts of the writer."
            )
    opinions = [panel.judge(documents.texts) for documents in sets.values()]
    rng = np.random.default_rng(seed)
    draws = [_group_draws(documents, rng) for documents in sets.values()]
    by_judge = {
        name: _position([o.ratios[:, at] for o in opinions], draws)
        for at, name in enumerate(JUDGES)
    }
    own = opinions[0]
    return VoiceScore(
        combined=_position([o.combined for o in opinions], draws),
        judges=by_judge,
        p_value=permutation_p_value(own.combined, opinions[1].combined, texts, floor, rng),
        disagreement=own.disagreement,
        sounds_like_writer=float((own.combined > 0).mean()),
    )


def permutation_p_value(
    texts: Vector,
    floor: Vector,
    text_groups: Documents,
    floor_groups: Documents,
    rng: np.random.Generator,
) -> float:
    """Return the one-sided p-value of the difference of two means, with whole groups exchanged.

    All pieces have the same length, so the null is matched in length. The observed arrangement
    counts as one of the permutations (Phipson and Smyth 2010, doi 10.2202/1544-6115.1585).
    """
    groups = np.concatenate([text_groups.group_numbers(), floor_groups.group_numbers()])
    first = int(text_groups.group_numbers().max()) + 1
    groups[len(texts) :] += first
    sums = np.bincount(groups, weights=np.concatenate([texts, floor]))
    sizes = np.bincount(groups)
    order = rng.random((PERMUTATIONS, len(sums))).argsort(axis=1)
    order = np.vstack([np.arange(len(sums)), order])
    own, others = order[:, :first], order[:, first:]
    means = sums[own].sum(axis=1) / sizes[own].sum(axis=1)
    differences = means - sums[others].sum(axis=1) / sizes[others].sum(axis=1)
    # Equal arrangements may differ in the last digit, by the order of the sum.
    as_large = int((differences[1:] >= differences[0] - 1e-12).sum())
    return (1 + as_large) / (1 + PERMUTATIONS)


@dataclass(frozen=True, slots=True)
class ShuffledControl:
    """The result of judges that were fitted with wrong labels: it must be near 0.5.

    Attributes:
        auc: The mean AUC of the shuffled panels, on documents that they were not fitted on.
        low: The lowest of them.
        high: The highest of them.
    """

    auc: float
    low: float
    high: float


def shuffled_control(
    known: Documents, reference: Documents, vocabulary: int, seed: int = 0
) -> ShuffledControl:
    """Return the AUC of panels fitted with the labels of all documents shuffled."""
    rng = np.random.default_rng(seed)
    both = known + reference
    # Without groups: a group on both sides would give the shuffled labels away.
    both = Documents(both.texts, tuple(str(number) for number in range(len(both))))
    found = []
    for number in range(SHUFFLES):
        order = rng.permutation(len(both))
        panel = Panel.fit(
            both.chosen(order[: len(known)]), both.chosen(order[len(known) :]), vocabulary, number
        )
        own, others = panel.held_out
        found.append(auc(own.combined, others.combined))
    return ShuffledControl(float(np.mean(found)), min(found), max(found))


def _group_draws(documents: Documents, rng: np.random.Generator) -> Vector:
    """Return the weight of every document (columns) in each resample of groups (rows)."""
    groups = documents.group_numbers()
    different = int(groups.max()) + 1
    drawn = rng.multinomial(different, [1 / different] * different, size=RESAMPLES)
    weights: Vector = drawn[:, groups].astype(np.float64)
    return weights


def _position(ratios: list[Vector], draws: list[Vector]) -> Position:
    """Return (mean of texts - floor) / (ceiling - floor) with its percentile interval."""
    texts, floor, ceiling = (float(r.mean()) for r in ratios)
    drawn = [w @ r / w.sum(axis=1) for r, w in zip(ratios, draws, strict=True)]
    gaps = drawn[2] - drawn[1]
    if ceiling - floor <= MIN_GAP * float(gaps.std()):
        return Position(None, None, None)
    usable = gaps > 0
    shares = (drawn[0] - drawn[1])[usable] / gaps[usable]
    low, high = np.quantile(shares, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Position((texts - floor) / (ceiling - floor), float(low), float(high))
