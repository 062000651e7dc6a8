"""Differences by which generated texts can be recognized, as sentences with examples.

Each habit is measured in every text of both sets. The habits are ordered by the standardized
difference of their means, (m1 - m2) / s with s the pooled standard deviation over texts (Cohen
1988), with Hedges's correction for few texts (1981, doi 10.3102/10769986006002107).

for giveaway in find_giveaways(own=mine, other=generated):
    print(giveaway.sentence, giveaway.own_examples, giveaway.other_examples)
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from morris_mlx.errors import MorrisError
from morris_mlx.evaluate.habits import (
    HABITS,
    Habit,
    HabitKind,
    sentences_of,
    spoken_words,
)

MIN_TEXTS = 3  # of each side: a spread over two texts is no measure
MIN_DIFFERENCE = 0.5  # standard deviations: Cohen's "medium"; readers hardly notice less
LARGEST = 10.0  # the difference of two sets without any spread, which would be infinite
MOST_HABITS = 8
EXAMPLES = 2
EXAMPLE_WORDS = 25  # the start of a long sentence is enough to see the habit
WORDS_BEFORE = 15  # the end of a phrase, so that it is shown within its sentence
MAX_RUN = 3  # words of a phrase
# The least number of uses of a word or phrase on one side, and of texts with it: fewer uses may be
# chance, and a word of one text is its topic.
MIN_USES = 5
MIN_USED_TEXTS = 3
PHRASE_RATIO = 4.0  # times as often on one side as on the other
MOST_PHRASES = 4  # in each direction; otherwise the list would consist of phrases


@dataclass(frozen=True, slots=True)
class Giveaway:
    """A difference between two sets of texts.

    Attributes:
        kind: The habit.
        sentence: The difference in words, about the second set, addressed to the writer.
        difference: The standardized difference; positive if the second set has more.
        own_value: The mean of the writer's texts.
        other_value: The mean of the other texts.
        own_examples: Up to two sentences of the writer.
        other_examples: Up to two sentences of the other texts.
    """

    kind: HabitKind
    sentence: str
    difference: float
    own_value: float
    other_value: float
    own_examples: tuple[str, ...]
    other_examples: tuple[str, ...]


def find_giveaways(own: Sequence[str], other: Sequence[str]) -> tuple[Giveaway, ...]:
    """Return the largest differences between the writer's texts and others, the largest first.

    Raises MorrisError if one of the sets has fewer than MIN_TEXTS texts with words.
    """
    own = [text for text in own if spoken_words(text)]
    other = [text for text in other if spoken_words(text)]
    for name, texts in (("your texts", own), ("the other texts", other)):
        if len(texts) < MIN_TEXTS:
            raise MorrisError(
                f"There are {len(texts)} texts with words among {name}, too few to compare "
                f"habits. Give at least {MIN_TEXTS}."
            )
    found = [giveaway for habit in HABITS if (giveaway := _compare(habit, own, other))]
    # Phrases are limited separately, because their differences are smaller than those of habits.
    found = sorted(found, key=_rank)[:MOST_HABITS] + _phrases(own, other)
    return tuple(sorted(found, key=_rank))


def _rank(giveaway: Giveaway) -> tuple[float, str]:
    return -abs(giveaway.difference), giveaway.sentence


def standardized_difference(own: Sequence[float], other: Sequence[float]) -> float:
    """Return Hedges's g of two samples, positive if `other` has the higher mean.

    It is at most LARGEST: two different constants have no finite difference.
    """
    degrees = len(own) + len(other) - 2
    gap = statistics.fmean(other) - statistics.fmean(own)
    squares = statistics.pvariance(own) * len(own) + statistics.pvariance(other) * len(other)
    if squares <= 0:
        return math.copysign(LARGEST, gap) if gap else 0.0
    found = gap / math.sqrt(squares / degrees) * (1 - 3 / (4 * degrees - 1))
    return max(-LARGEST, min(LARGEST, found))


def _compare(habit: Habit, own: Sequence[str], other: Sequence[str]) -> Giveaway | None:
    values = [[habit.measure(text) for text in texts] for texts in (own, other)]
    difference = standardized_difference(*values)
    if abs(difference) < MIN_DIFFERENCE:
        return None
    own_mean, other_mean = (statistics.fmean(v) for v in values)
    return Giveaway(
        habit.kind,
        _habit_sentence(habit, own_mean, other_mean),
        difference,
        own_mean,
        other_mean,
        _habit_examples(habit, own, more=difference < 0),
        _habit_examples(habit, other, more=difference > 0),
    )


def _habit_sentence(habit: Habit, own: float, other: float) -> str:
    """Return a sentence such as "Sentences are 30 % shorter than yours (12 words, you 17)."."""
    shown = f"({habit.show(other)}, you {habit.show(own)})"
    if habit.lengths:
        percent = round(100 * abs(other - own) / own) if own else 100
        direction = habit.lengths[other > own]
        return f"{habit.name} {percent} % {direction} than yours {shown}."
    if other == 0:
        return f"No {habit.name}; you use them {shown}."
    if own == 0:
        return f"There are {habit.name}; you use none {shown}."
    ratio = other / own
    if ratio >= 2:
        return f"{_times(ratio)} your number of {habit.name} {shown}."
    if ratio <= 0.5:
        return f"{_part(ratio)} your number of {habit.name} {shown}."
    more = "more" if ratio > 1 else "fewer"
    return f"{round(100 * abs(ratio - 1))} % {more} {habit.name} than you {shown}."


def _times(ratio: float) -> str:
    return f"{ratio:.0f} times" if ratio >= 2.5 else "Twice"


def _part(ratio: float) -> str:
    return {2: "Half", 3: "A third of", 4: "A quarter of"}.get(round(1 / ratio), "Hardly any of")


def _habit_examples(habit: Habit, texts: Sequence[str], more: bool) -> tuple[str, ...]:
    """Return the longest or shortest units for a length, otherwise those with most of a habit."""
    units = [unit for text in texts for unit in habit.units(text)]
    descending = more or not habit.lengths
    ranked = sorted(units, key=lambda u: (-u[1] if descending else u[1], u[0]))
    chosen = [unit for unit, value in ranked if value > 0]
    return tuple(_shortened(unit) for unit in dict.fromkeys(chosen))[:EXAMPLES]


def _shortened(sentence: str, run: str = "") -> str:
    """Return the beginning of a sentence, or the part of a long one that has the words `run`."""
    words = sentence.split()
    if len(words) <= EXAMPLE_WORDS:
        return " ".join(words)
    ends = range(1, len(words) + 1)
    wanted = f" {run} "
    end = next((e for e in ends if wanted in f" {' '.join(spoken_words(' '.join(words[:e])))} "), 0)
    first = max(0, min(end - WORDS_BEFORE, len(words) - EXAMPLE_WORDS)) if run else 0
    last = first + EXAMPLE_WORDS
    shown = " ".join(words[first:last])
    return f"{'… ' if first else ''}{shown}{' …' if last < len(words) else ''}"


def _phrases(own: Sequence[str], other: Sequence[str]) -> list[Giveaway]:
    """Return words and phrases that one set uses far more often than the other."""
    counted = [[count_runs(text) for text in texts] for texts in (own, other)]
    totals = [Counter[str](), Counter[str]()]
    for total, runs in zip(totals, counted, strict=True):
        for one in runs:
            total.update(one)
    sizes = [sum(len(spoken_words(text)) for text in texts) for texts in (own, other)]
    found: list[Giveaway] = []
    for side in (0, 1):
        uses, other_uses = totals[side], totals[1 - side]
        candidates = []
        for run, count in uses.items():
            expected = other_uses[run] / sizes[1 - side] * sizes[side]
            if count < MIN_USES or count < PHRASE_RATIO * expected:
                continue
            if sum(run in counts for counts in counted[side]) < MIN_USED_TEXTS:
                continue
            rates = [[1000 * c[run] / max(1, c.total()) for c in counts] for counts in counted]
            difference = standardized_difference(*rates)
            if abs(difference) >= MIN_DIFFERENCE:
                candidates.append((run, difference))
        # Among equal differences, the most frequent and shortest: "basically", not "is basically".
        candidates.sort(key=lambda c: (-abs(c[1]), -uses[c[0]], len(c[0]), c[0]))
        for run, difference in _without_parts(candidates)[:MOST_PHRASES]:
            pair = (own, other)
            shown = tuple(_sentences_with(run, texts) for texts in pair)
            counts = (totals[0][run], totals[1][run])
            sentence = _phrase_sentence(run, counts, (sizes[0], sizes[1]))
            rate = [1000 * count / size for count, size in zip(counts, sizes, strict=True)]
            found.append(Giveaway(HabitKind.PHRASE, sentence, difference, rate[0], rate[1], *shown))
    return found


def count_runs(text: str) -> Counter[str]:
    """Return the words and short phrases of a text, none across the end of a sentence."""
    counts: Counter[str] = Counter()
    for sentence in sentences_of(text):
        words = spoken_words(sentence)
        for length in range(1, MAX_RUN + 1):
            counts.update(" ".join(words[i : i + length]) for i in range(len(words) - length + 1))
    return counts


def _without_parts(found: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return the phrases without those that share half of their words with an earlier one."""
    kept: list[tuple[str, float]] = []
    for run, difference in found:
        words = set(run.split())
        others = [set(other.split()) for other, _ in kept]
        if not any(2 * len(words & o) >= min(len(words), len(o)) for o in others):
            kept.append((run, difference))
    return kept


def _phrase_sentence(run: str, counts: tuple[int, int], sizes: tuple[int, int]) -> str:
    own, other = counts
    if not own:
        return f"“{run}” occurs {_often(other)} in {sizes[1]:,} words; you never write it."
    if not other:
        return f"“{run}” does not occur; you write it {_often(own)} in {sizes[0]:,} words."
    return (
        f"“{run}” occurs {_often(other)} in {sizes[1]:,} words; you write it {_often(own)} in "
        f"{sizes[0]:,} words."
    )


def _often(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _sentences_with(run: str, texts: Sequence[str]) -> tuple[str, ...]:
    wanted = f" {run} "
    found = (
        _shortened(sentence, run)
        for text in texts
        for sentence in sentences_of(text)
        if wanted in f" {' '.join(spoken_words(sentence))} "
    )
    return tuple(dict.fromkeys(found))[:EXAMPLES]
