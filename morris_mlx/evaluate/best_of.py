"""The gain of choosing the best of several candidates: voice scores by the number of candidates.

Texts that a jury has chosen look better to the same jury, whether they are or not. Two juries are
therefore fitted on different halves of all texts, and each measures what the other one has chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from morris_mlx.errors import MorrisError
from morris_mlx.evaluate.candidates import CandidateRanker, Ranked
from morris_mlx.evaluate.jury import MIN_PIECES, Jury
from morris_mlx.evaluate.voice_score import voice_score
from morris_mlx.models.chat_formats import ChatFormat
from morris_mlx.records.evaluation import Gain, Share
from morris_mlx.records.generation import GenerationResult


@dataclass(frozen=True, slots=True)
class Choice:
    """All texts that candidates are chosen by, or compared with.

    Attributes:
        known: The author's training texts.
        others: Texts by other people.
        language: The language of the author's texts.
        learned: All texts that the adapter was trained on, for copies.
        held_out: The author's held-out texts, the ceiling of the voice score.
        asking: Words that only ask for a text.
        chat_format: The model's chat format.
    """

    known: Sequence[str]
    others: Sequence[str]
    language: str
    learned: Sequence[str]
    held_out: Sequence[str]
    asking: frozenset[str] = frozenset()
    chat_format: ChatFormat | None = None

    def rank(
        self,
        jury: Jury,
        requests: Sequence[str],
        groups: Sequence[Sequence[GenerationResult]],
    ) -> list[list[Ranked]]:
        """Return the candidates of each request, ranked by a jury."""
        ranker = CandidateRanker(jury, self.learned, self.language, self.asking, self.chat_format)
        return ranker.rank_all(requests, groups)


def gain_of(
    choice: Choice,
    requests: Sequence[str],
    groups: Sequence[Sequence[GenerationResult]],
    base: Sequence[str],
    counts: Sequence[int],
) -> list[Gain]:
    """Return the voice score of the texts chosen of the first N candidates, for each N.

    Args:
        choice: The texts to choose by and to compare with.
        requests: The requests.
        groups: The candidates of each request, in the order in which they were written.
        base: The base's answers, the floor of the voice score.
        counts: The numbers of candidates.

    Raises:
        MorrisError: The author or other people have too few texts for judges.
    """
    jury = Jury.fit(choice.known, choice.others, choice.language)
    try:
        halves = Jury.fit_halves(choice.known, choice.others, choice.language)
    except MorrisError:  # enough for one jury, not for two
        halves = None
    ranked = choice.rank(jury, requests, groups)
    by_half = [] if halves is None else [choice.rank(half, requests, groups) for half in halves]
    gains = []
    for count in counts:
        chosen = [_best(group, ranks, count) for group, ranks in zip(groups, ranked, strict=True)]
        crossed = [
            _position(
                other,
                [_best(g, r, count)[0].text for g, r in zip(groups, own, strict=True)],
                base,
                choice.held_out,
            )
            for own, other in zip(by_half, reversed(halves or ()), strict=True)
        ]
        gains.append(
            Gain(
                count=count,
                own=_position(jury, [r.text for r, _ in chosen], base, choice.held_out),
                independent=_mean(crossed),
                faulty=fmean(bool(assessment.faults) for _, assessment in chosen),
                tokens=fmean(sum(r.tokens for r in group[:count]) for group in groups),
            )
        )
    return gains


def _best(group: Sequence[GenerationResult], ranked: Sequence[Ranked], count: int) -> Ranked:
    """Return the best of the first `count` candidates of a group."""
    first = {id(result) for result in group[:count]}
    return next(pair for pair in ranked if id(pair[0]) in first)


def _position(
    jury: Jury, texts: Sequence[str], base: Sequence[str], held_out: Sequence[str]
) -> Share:
    own, floor, ceiling = (jury.pieces(one) for one in (texts, base, held_out))
    if min(len(own), len(floor), len(ceiling)) < MIN_PIECES:
        return Share()
    found = voice_score(jury, own, floor, ceiling).combined
    return Share(found.value, found.low, found.high)


def _mean(shares: Sequence[Share]) -> Share:
    """Return the mean of positions and of the ends of their intervals.

    Both rest on the same answers, so the mean of the ends is about the interval of the mean.
    """
    if not shares or any(share.value is None for share in shares):
        return Share()
    values, lows, highs = (
        [v for v in column if v is not None]
        for column in zip(*((s.value, s.low, s.high) for s in shares), strict=True)
    )
    return Share(fmean(values), fmean(lows), fmean(highs))
