"""Burrows' Delta: the stylistic distance between a set of texts and the writer's held-out texts.

The features are the writer's most frequent words (function words in any language) and punctuation
marks, as rates per word in units of their standard deviation over the writer's texts. The distance
is the mean absolute difference (Burrows 2002, doi 10.1093/llc/17.3.267). A distance needs a scale:
the base model gives the floor, the writer's other texts the ceiling.
"""

from __future__ import annotations

import random
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from morris_mlx.errors import MorrisError
from morris_mlx.text.words import PROSE_WORD

MIN_STYLE_WORDS = 1000  # Delta is right in 0.96 of cases at 1,000 words, 0.64 at 100 (Eder)
CEILING_SAMPLES = 20  # random orders in which the writer's texts are cut to length
STYLE_FEATURE_WORDS = 100  # the most frequent words: function words, few words of a topic

# A feature for each variant of a mark: straight and curly quotes tell writers apart.
MARKS = (",", ".", ";", ":", "?", "!", "(", "–", "—", "…", "‘", "’", "“", "”", '"', "'", "-")


@dataclass(frozen=True, slots=True)
class StyleDistances:
    """Deltas to the held-out texts, smaller is nearer; None with the reason in `note`."""

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
) -> StyleDistances:
    """Return the distance of each set of texts to `held_out`.

    `author` are the writer's other texts, `contrast` texts by another author. All sets are cut to
    the same number of words, because Delta falls with length. If a set has fewer than
    MIN_STYLE_WORDS words, the result has a note and no distances.
    """
    sets = {
        "held-out texts": held_out,
        "base": base,
        "adapter": adapted,
        "author": author,
        "another author": contrast,
    }
    words = {name: count_words(texts) for name, texts in sets.items()}
    short = [f"{name} ({count})" for name, count in words.items() if count < MIN_STYLE_WORDS]
    if short:
        few = ", ".join(short)
        return StyleDistances(
            note=f"Too little text to compare styles: {few}; {MIN_STYLE_WORDS} words are needed."
        )
    if len(author) < 2:
        return StyleDistances(note="Too few texts to compare styles: at least 2 are needed.")
    size = min(words.values())
    features = _features(author)
    profiles = [_profile([text], features) for text in author]
    spread = [statistics.pstdev(column) for column in zip(*profiles, strict=True)]
    target = _profile(_cut(held_out, size), features)

    def distance(texts: Sequence[str]) -> float:
        return _delta(_profile(_cut(texts, size), features), target, spread)

    rng = random.Random(0)
    samples = [distance(rng.sample(list(author), len(author))) for _ in range(CEILING_SAMPLES)]
    ceiling = statistics.fmean(samples)
    return StyleDistances(distance(base), distance(adapted), ceiling, distance(contrast))


def count_words(texts: Sequence[str]) -> int:
    """Return the number of words in all texts."""
    return sum(len(PROSE_WORD.findall(text)) for text in texts)


def _features(author: Sequence[str]) -> tuple[str, ...]:
    counts = Counter(w for text in author for w in _words(text))
    common = sorted(counts, key=lambda w: (-counts[w], w))[:STYLE_FEATURE_WORDS]
    return (*common, *MARKS)


def _words(text: str) -> list[str]:
    return [w.casefold().replace("'", "’") for w in PROSE_WORD.findall(text)]


def _profile(texts: Sequence[str], features: Sequence[str]) -> list[float]:
    """Return the rate per word of every feature over all texts."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(_words(text))
        # An apostrophe inside a word is spelling: marks count outside of words alone.
        counts.update(c for c in PROSE_WORD.sub(" ", text) if c in MARKS)
    total = count_words(texts)
    if total == 0:
        raise MorrisError("A text without words has no style. Give at least one sentence.")
    return [counts[f] / total for f in features]


def _delta(a: Sequence[float], b: Sequence[float], spread: Sequence[float]) -> float:
    """Return the mean |z(a) - z(b)| over the features that vary."""
    terms = [abs(x - y) / s for x, y, s in zip(a, b, spread, strict=True) if s > 0]
    return statistics.fmean(terms)


def _cut(texts: Sequence[str], size: int) -> list[str]:
    """Return the texts cut after `size` words in total."""
    taken: list[str] = []
    for text in texts:
        matches = list(PROSE_WORD.finditer(text))
        if len(matches) >= size:
            return [*taken, text[: matches[size - 1].end()]] if size else taken
        taken.append(text)
        size -= len(matches)
    return taken
