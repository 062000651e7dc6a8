"""The blind test: pairs of passages without labels, and the meaning of the choices.

pairs = make_pairs(answers, Opponent.author, seed=0)
print(describe_hits(hits=6, pairs=10, low=0.26, high=0.88, against=Opponent.author))
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from morris_mlx.records.blind_test import AnsweredRequest, BlindPair, Opponent
from morris_mlx.text.words import PROSE_WORD, SENTENCE_GAP

PAIRS = 10
PASSAGE_WORDS = 70  # enough for a habit or two to show; ten pairs are read in a few minutes
# A passage ends at the sentence end that is nearest to the wanted words, within these shares of
# them. Without one, both passages of the pair are cut after the same number of words.
SHORTEST, LONGEST = 0.6, 1.4
LEAST_WORDS = 3  # "OK" has no style
LEAST_LATER_WORDS = 30  # of a passage that is not the beginning of its text
CHAT_WORDS = 40  # a shorter text may end without a mark, as many chat replies do
GUESSING = 0.5


def make_pairs(
    answers: Sequence[AnsweredRequest], against: Opponent, seed: int, count: int = PAIRS
) -> tuple[BlindPair, ...]:
    """Return at most `count` pairs of passages, shuffled by the seed.

    Both passages of a pair answer the same request. A text of the writer is used again only if
    there are too few, and then both passages come from later in their texts. There are fewer
    pairs if the texts are too few or too short.

    Args:
        answers: The requests with all answers to them.
        against: The text that the adapter's is paired with.
        seed: Decides the order of the pairs and the side of each text.
        count: The number of pairs.
    """
    rng = random.Random(seed)
    order = list(range(len(answers)))
    rng.shuffle(order)
    uses: Counter[str] = Counter()
    ranked = []
    for number in order:
        other = _other(answers[number], against)
        ranked.append((uses[other], number))
        uses[other] += 1
    ranked.sort(key=lambda one: one[0])  # stable: shuffled among equals
    found: list[BlindPair] = []
    for earlier, number in ranked:
        sides = _cut_pair(_other(answers[number], against), answers[number].adapter, earlier)
        if sides is not None and len(found) < count:
            other, own = sides
            target, rest = (other, own) if against is Opponent.author else (own, other)
            first = rng.random() < GUESSING
            pair = (target, rest) if first else (rest, target)
            found.append(BlindPair(answers[number].request, *pair, first))
    rng.shuffle(found)
    return tuple(found)


def describe_hits(hits: int, pairs: int, low: float, high: float, against: Opponent) -> str:
    """Return one sentence on the hits of a finished test and on what they mean.

    `low` and `high` are the ends of the exact interval of the share of hits.
    """
    times = f"{hits} of {pairs} times ({100 * low:.0f} % to {100 * high:.0f} %)"
    chance = f"by guessing, {hits} or more come out in {_percent_of_tests(hits, pairs)} of tests"
    if against is Opponent.author:
        said = f"You recognized your own text {times}"
        if low > GUESSING:
            return f"{said}: more often than by guessing, so the adapter can be told from you."
        if high < GUESSING:
            return f"{said}: you took the adapter's text for yours more often than by guessing."
    else:
        said = f"You found the adapter's text more like yours than the base's {times}"
        if low > GUESSING:
            return f"{said}: more often than by guessing, so the adapter made a difference."
        if high < GUESSING:
            return f"{said}: you chose the base more often than by guessing."
    if hits <= pairs / 2 + 1:
        return f"{said}: that is no better than guessing."
    return f"{said}: that may be luck, because {chance}. More pairs (another --seed) can decide."


def chance_of_hits(hits: int, pairs: int) -> float:
    """Return the probability of at least so many hits by guessing."""
    return sum(math.comb(pairs, k) for k in range(hits, pairs + 1)) / 2.0**pairs


def _percent_of_tests(hits: int, pairs: int) -> str:
    return f"{100 * chance_of_hits(hits, pairs):.0f} %"


def _other(answer: AnsweredRequest, against: Opponent) -> str:
    return answer.author if against is Opponent.author else answer.base


# --- passages -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in a text where a passage may end, and the words before it."""

    end: int
    words: int


def _cut_pair(other: str, own: str, earlier: int) -> tuple[str, str] | None:
    """Return passages of both texts, None if one is too short or they are equal.

    `earlier` is the number of pairs that had the same text before.
    """
    for _ in range(earlier):
        other = _after_passage(other)
    if earlier:
        own = _after_passage(own)
    sizes = [len(PROSE_WORD.findall(text)) for text in (other, own)]
    if min(sizes) < (LEAST_LATER_WORDS if earlier else LEAST_WORDS):
        return None
    wanted = min(PASSAGE_WORDS, *sizes)
    ends = [_best_end(text, wanted) for text in (other, own)]
    if None in ends:  # one of them has no sentence end near: neither gives itself away by it
        shown = [_clean(_first_words(text, wanted)) + " …" for text in (other, own)]
    else:
        shown = [_clean(t[: e.end]) for t, e in zip((other, own), ends, strict=True) if e]
    before = "… " if earlier else ""
    first, second = (before + text for text in shown)
    return None if first.casefold() == second.casefold() else (first, second)


def _after_passage(text: str) -> str:
    """Return a text without its first passage, "" if that has no sentence end."""
    end = _best_end(text, PASSAGE_WORDS)
    return "" if end is None else text[end.end :].strip()


def _best_end(text: str, words: int) -> _Place | None:
    """Return the sentence end nearest to so many words, None if there is none near."""
    near = [p for p in _sentence_ends(text) if SHORTEST * words <= p.words <= LONGEST * words]
    return min(near, key=lambda place: abs(place.words - words), default=None)


def _sentence_ends(text: str) -> Iterator[_Place]:
    """Yield the ends of all sentences.

    The end of the text is one if a mark is there: a longer answer without it was cut off.
    """
    words = start = 0
    for gap in SENTENCE_GAP.finditer(text):
        # A gap begins with the closing quotation marks of the sentence before it.
        end = gap.start() + len(gap[0].rstrip())
        words += len(PROSE_WORD.findall(text[start:end]))
        start = gap.end()
        yield _Place(end, words)
    rest = text[start:].rstrip()
    words += len(PROSE_WORD.findall(rest))
    closed = rest and not rest[-1].isalnum() and rest[-1] not in ",;:-–—"
    if closed or (rest and words < CHAT_WORDS):
        yield _Place(start + len(rest), words)


def _first_words(text: str, words: int) -> str:
    found = list(PROSE_WORD.finditer(text))
    return text[: found[words - 1].end()]


def _clean(text: str) -> str:
    """Return a passage with one line for each paragraph."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())
