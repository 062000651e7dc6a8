"""Favorite phrases of the author: those that the adapter learned, and those that it overuses.

A favorite is a run of two or three words that the author uses far more often than the base does, by
the log-likelihood ratio of both rates (Dunning 1993, ACL J93-1003).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from morris_mlx.evaluate.giveaways import count_runs

MIN_TEXTS = 3  # of the author with a favorite: fewer may share a subject
MIN_USES = 3  # of the adapter, for an overused phrase
MIN_USED_TEXTS = 2
FAVORITES = 60  # candidates; the adapter's few texts can have only some of them
RATIO = 3.0  # times as often
SHOWN = 8
LETTERS = 4  # of the longest word of a phrase: "of the" is nobody's favorite


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase with its uses per 10,000 words."""

    text: str
    author: float
    adapter: float
    base: float


@dataclass(frozen=True, slots=True)
class Phrases:
    """The phrases that the adapter learned from the author, and those that it uses too often."""

    learned: tuple[Phrase, ...]
    overused: tuple[Phrase, ...]


def compare_phrases(author: Sequence[str], adapter: Sequence[str], base: Sequence[str]) -> Phrases:
    """Return the favorite phrases that the adapter uses, and the phrases that it overuses."""
    sides = [_Uses(texts) for texts in (author, adapter, base)]
    own, tuned, plain = sides
    candidates = {
        run: _log_likelihood(count, own.words, plain.counts[run], plain.words)
        for run, count in own.counts.items()
        if own.texts[run] >= MIN_TEXTS
        and _may_be_favorite(run)
        and own.rate(run) >= RATIO * plain.rate(run)
    }
    favorites = sorted(candidates, key=lambda run: (-candidates[run], run))[:FAVORITES]
    learned = [run for run in favorites if tuned.counts[run]]
    overused = [
        run
        for run, count in tuned.counts.items()
        if count >= MIN_USES
        and tuned.texts[run] >= MIN_USED_TEXTS
        and _may_be_favorite(run)
        and tuned.rate(run) >= RATIO * max(own.rate(run), 10_000 / own.words)
    ]
    overused.sort(key=lambda run: (-tuned.counts[run], run))
    return Phrases(
        *(
            tuple(_phrase(r, sides) for r in _without_parts(runs)[:SHOWN])
            for runs in (learned, overused)
        )
    )


class _Uses:
    """The uses of all runs of two and three words in some texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.counts: Counter[str] = Counter()
        self.texts: Counter[str] = Counter()
        self.words = 1
        for text in texts:
            counted = count_runs(text)
            self.words += sum(n for run, n in counted.items() if " " not in run)
            found = {run: n for run, n in counted.items() if " " in run}
            self.counts.update(found)
            self.texts.update(found.keys())

    def rate(self, run: str) -> float:
        return 10_000 * self.counts[run] / self.words


def _without_parts(runs: Sequence[str]) -> list[str]:
    """Return the runs without those that share half of their words with an earlier one."""
    kept: list[str] = []
    for run in runs:
        words = set(run.split())
        if all(2 * len(words & set(k.split())) < min(len(words), len(k.split())) for k in kept):
            kept.append(run)
    return kept


def _may_be_favorite(run: str) -> bool:
    return max(map(len, run.split())) >= LETTERS


def _phrase(run: str, sides: Sequence[_Uses]) -> Phrase:
    return Phrase(run, *(side.rate(run) for side in sides))


def _log_likelihood(uses: int, words: int, other_uses: int, other_words: int) -> float:
    """Return Dunning's statistic of two rates; larger is less likely to be chance."""
    share = (uses + other_uses) / (words + other_words)
    total = 0.0
    for count, size in ((uses, words), (other_uses, other_words)):
        if count:
            total += count * math.log(count / (size * share))
    return 2 * total
