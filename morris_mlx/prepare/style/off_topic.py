"""Which texts lie outside the writer's usual field: they show the voice apart from the subject.

A text's distance is one minus the mean share of the writer's other texts that know its words: a
word that stands often in the text counts for more, everybody's words not at all. On the sample
columns this ranks one that hardly speaks of telecoms above one that does in three cases of four (a
test holds it to that); with everybody's words it would be chance. Words are compared by their
beginnings, for inflection.
"""

from __future__ import annotations

import math
import re
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from morris_mlx.prepare.cleaning.language import language_of
from morris_mlx.prepare.style.common_words import OWN_COMMON, common_words
from morris_mlx.prepare.style.numbers import (
    MIN_TEXTS_FOR_TOPICS,
    OFF_TOPIC_DEVIATIONS,
    OFF_TOPIC_MOST,
    OFF_TOPIC_SHARE,
)
from morris_mlx.records.corpus import Document
from morris_mlx.text.folding import fold_lowercase

WORD = re.compile(r"[^\W\d_]+")
MIN_LETTERS = 4  # shorter words are grammar
STEM_LETTERS = 6  # Russian endings and English plurals come later


@dataclass(frozen=True, slots=True)
class Field:
    """`distances` of the texts by id, 0 (usual) to 1; `off_topic` ids; rows of a text by id."""

    distances: Mapping[str, float]
    off_topic: tuple[str, ...]
    weights: Mapping[str, Fraction]


def find_field(documents: Sequence[Document]) -> Field:
    """With fewer than MIN_TEXTS_FOR_TOPICS texts nothing is off-topic."""
    ids = [document.id for document in documents]
    if len(documents) < MIN_TEXTS_FOR_TOPICS:
        return Field(dict.fromkeys(ids, 0.0), (), dict.fromkeys(ids, Fraction(1)))
    distances = _distances(documents)
    usual = statistics.median(distances.values())
    spread = statistics.median(abs(d - usual) for d in distances.values())
    limit = usual + OFF_TOPIC_DEVIATIONS * spread
    off = tuple(i for i in ids if spread > 0 and distances[i] > limit)
    weight = _weight(len(off), len(ids))
    return Field(distances, off, {i: weight if i in off else Fraction(1) for i in ids})


def _distances(documents: Sequence[Document]) -> dict[str, float]:
    words = {document.id: _words(document.text) for document in documents}
    totals: Counter[str] = sum(words.values(), Counter())
    spread: Counter[str] = Counter(word for own in words.values() for word in own)
    language = language_of("\n".join(document.text[:500] for document in documents))
    common = {word[:STEM_LETTERS] for word in common_words(language)}
    if not common:
        common = {word for word, _ in totals.most_common(OWN_COMMON)}
    others = len(documents) - 1
    found: dict[str, float] = {}
    for source_id, own in words.items():
        telling = {word: 1 + math.log(n) for word, n in sorted(own.items()) if word not in common}
        known = sum(weight * (spread[word] - 1) for word, weight in telling.items())
        # Rounded: the last figures of a logarithm are the machine's.
        found[source_id] = (
            round(1 - known / (others * sum(telling.values())), 6) if telling else 1.0
        )
    return found


def _words(text: str) -> Counter[str]:
    return Counter(
        w[:STEM_LETTERS] for w in WORD.findall(fold_lowercase(text)) if len(w) >= MIN_LETTERS
    )


def _weight(off: int, count: int) -> Fraction:
    """Rows of an off-topic text per row of another, so that such texts get their share of all.

    share = w·off / (w·off + others), solved for w.
    """
    if not off:
        return Fraction(1)
    share = Fraction(OFF_TOPIC_SHARE).limit_denominator(100)
    weight = share * (count - off) / (off * (1 - share))
    return min(max(weight, Fraction(1)), Fraction(OFF_TOPIC_MOST))
