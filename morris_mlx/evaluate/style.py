"""Burrows' Delta between a set of texts and the author's held-out ones.

The features are the author's most frequent words (in any language these are function words) and
punctuation marks, as rates per word; each is measured in standard deviations over the author's
own texts, and the distance is the mean absolute difference (Burrows 2002, doi
10.1093/llc/17.3.267). A number means nothing alone: the base model gives the floor, the author's
own other texts the ceiling.
"""

from __future__ import annotations

import random
import re
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from morris_mlx.errors import MorrisError

MIN_STYLE_WORDS = 1000  # Delta is right in 0.96 of cases at 1,000 words, 0.64 at 100 (Eder)
CEILING_DRAWS = 20  # orders in which the author's texts are cut to length
STYLE_FEATURE_WORDS = 100  # the most frequent words: function words, hardly any topic

WORD = re.compile(r"[^\W\d_]+(?:[’'][^\W\d_]+)*")
# One feature for each way of writing a mark: who types a straight quote is not who types a curly.
MARKS = (",", ".", ";", ":", "?", "!", "(", "–", "—", "…", "‘", "’", "“", "”", '"', "'", "-")


@dataclass(frozen=True, slots=True)
class Distances:
    """Delta to the held-out texts, smaller is nearer; None with a reason in `note`."""

    floor: float | None = None
    adapted: float | None = None
    ceiling: float | None = None
    contrast: float | None = None
    note: str = ""


def style_distances(
    author: Sequence[str],
    held_out: Sequence[str],
    base: Sequence[str],
    adapted: Sequence[str],
    contrast: Sequence[str],
) -> Distances:
    """Distances of the base, the adapter, the author's other texts and another hand to `held_out`.

    All sets are cut to the same number of words, since Delta falls with length. With fewer than
    MIN_STYLE_WORDS words in a set there is no verdict.
    """
    sets = {
        "held-out texts": held_out,
        "base": base,
        "adapter": adapted,
        "author": author,
        "another hand": contrast,
    }
    words = {name: count_words(texts) for name, texts in sets.items()}
    short = [f"{name} ({count})" for name, count in words.items() if count < MIN_STYLE_WORDS]
    if short:
        few = ", ".join(short)
        return Distances(
            note=f"Too little text to compare styles: {few}; {MIN_STYLE_WORDS} words are needed."
        )
    if len(author) < 2:
        return Distances(note="Too few texts to compare styles: at least 2 are needed.")
    size = min(words.values())
    features = _features(author)
    profiles = [_profile([text], features) for text in author]
    spread = [statistics.pstdev(column) for column in zip(*profiles, strict=True)]
    target = _profile(_cut(held_out, size), features)

    def distance(texts: Sequence[str]) -> float:
        return _delta(_profile(_cut(texts, size), features), target, spread)

    rng = random.Random(0)
    draws = [distance(rng.sample(list(author), len(author))) for _ in range(CEILING_DRAWS)]
    ceiling = statistics.fmean(draws)
    return Distances(distance(base), distance(adapted), ceiling, distance(contrast))


def count_words(texts: Sequence[str]) -> int:
    return sum(len(WORD.findall(text)) for text in texts)


def _features(author: Sequence[str]) -> tuple[str, ...]:
    counts = Counter(w for text in author for w in _words(text))
    common = sorted(counts, key=lambda w: (-counts[w], w))[:STYLE_FEATURE_WORDS]
    return (*common, *MARKS)


def _words(text: str) -> list[str]:
    return [w.casefold().replace("'", "’") for w in WORD.findall(text)]


def _profile(texts: Sequence[str], features: Sequence[str]) -> list[float]:
    """Rate per word of every feature over the texts together."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(_words(text))
        # An apostrophe inside a word is spelling; a mark counts only outside.
        counts.update(c for c in WORD.sub(" ", text) if c in MARKS)
    total = count_words(texts)
    if total == 0:
        raise MorrisError("A text without words has no style. Give at least one sentence.")
    return [counts[f] / total for f in features]


def _delta(a: Sequence[float], b: Sequence[float], spread: Sequence[float]) -> float:
    """Mean |z(a) - z(b)| over the features that vary at all."""
    terms = [abs(x - y) / s for x, y, s in zip(a, b, spread, strict=True) if s > 0]
    return statistics.fmean(terms)


def _cut(texts: Sequence[str], size: int) -> list[str]:
    """The first `size` words of the texts together."""
    taken: list[str] = []
    for text in texts:
        matches = list(WORD.finditer(text))
        if len(matches) >= size:
            return [*taken, text[: matches[size - 1].end()]] if size else taken
        taken.append(text)
        size -= len(matches)
    return taken
