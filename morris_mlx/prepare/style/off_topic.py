"""Off-topic texts: texts outside the writer's usual subjects, which show style apart from subject.

The distance of a text is one minus the mean share of the writer's other texts that have its words.
A word counts for more if it is frequent in the text, and common words do not count. On the sample
columns, a column that hardly mentions telecoms is ranked above one about telecoms in three of four
cases (a test checks this); with common words, the order would be random. Words are compared by
their stems, because of inflection.
"""

from __future__ import annotations

import math
import re
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

from morris_mlx.prepare.cleaning.language import MAX_CHARACTERS, detect_language
from morris_mlx.prepare.style.common_words import UNLISTED_COMMON_WORDS, common_words
from morris_mlx.records.corpus import Document
from morris_mlx.text.folding import fold_lowercase

WORD = re.compile(r"[^\W\d_]+")
MIN_LETTERS = 4  # shorter words are grammar
STEM_LETTERS = 6  # Russian endings and English plurals come later
MIN_TEXTS = 8  # fewer do not show what is usual
# A text is off-topic if its distance is so many median deviations above the median.
DEVIATIONS = 2.5
# Off-topic texts get this share of the rows, but at most twice their rows: with more, the model
# would memorize them.
OFF_TOPIC_SHARE, MAX_WEIGHT = 0.3, 2


@dataclass(frozen=True, slots=True)
class OffTopic:
    """The result of the search, by the texts' IDs.

    `distances` are from 0 (usual) to 1, and `weights` are rows per row of a usual text.
    """

    distances: Mapping[str, float]
    off_topic: tuple[str, ...]
    weights: Mapping[str, Fraction]


def find_off_topic(documents: Sequence[Document]) -> OffTopic:
    """Find the off-topic texts. With fewer than MIN_TEXTS texts, none is off-topic."""
    ids = [document.id for document in documents]
    if len(documents) < MIN_TEXTS:
        return OffTopic(dict.fromkeys(ids, 0.0), (), dict.fromkeys(ids, Fraction(1)))
    distances = _distances(documents)
    median = statistics.median(distances.values())
    deviation = statistics.median(abs(d - median) for d in distances.values())
    limit = median + DEVIATIONS * deviation
    off_topic = tuple(i for i in ids if deviation > 0 and distances[i] > limit)
    weight = _weight(len(off_topic), len(ids))
    return OffTopic(
        distances, off_topic, {i: weight if i in off_topic else Fraction(1) for i in ids}
    )


def _distances(documents: Sequence[Document]) -> dict[str, float]:
    totals: Counter[str] = Counter()
    frequency: Counter[str] = Counter()
    for document in documents:
        counts = _stems(document.text)
        totals.update(counts)
        frequency.update(counts.keys())
    beginnings = (document.text[:500] for document in islice(documents, MAX_CHARACTERS))
    language = detect_language("\n".join(beginnings))
    common = {word[:STEM_LETTERS] for word in common_words(language)}
    if not common:
        common = {stem for stem, _ in totals.most_common(UNLISTED_COMMON_WORDS)}
    others = len(documents) - 1
    distances: dict[str, float] = {}
    for document in documents:
        counts = _stems(document.text)
        weights = {s: 1 + math.log(n) for s, n in sorted(counts.items()) if s not in common}
        shared = sum(weight * (frequency[stem] - 1) for stem, weight in weights.items())
        # Rounded, because the last digits of a logarithm depend on the machine.
        distances[document.id] = (
            round(1 - shared / (others * sum(weights.values())), 6) if weights else 1.0
        )
    return distances


def _stems(text: str) -> Counter[str]:
    return Counter(
        w[:STEM_LETTERS] for w in WORD.findall(fold_lowercase(text)) if len(w) >= MIN_LETTERS
    )


def _weight(off_topic: int, count: int) -> Fraction:
    """Return the rows of an off-topic text per row of another, for OFF_TOPIC_SHARE of all rows.

    The share is w·off_topic / (w·off_topic + others), solved for w.
    """
    if not off_topic:
        return Fraction(1)
    share = Fraction(OFF_TOPIC_SHARE).limit_denominator(100)
    weight = share * (count - off_topic) / (off_topic * (1 - share))
    return min(max(weight, Fraction(1)), Fraction(MAX_WEIGHT))
