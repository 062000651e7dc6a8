"""The writer's measured habits: how texts open, how long sentences run, which marks and words."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from morris_mlx.prepare.cleaning.language import language_of
from morris_mlx.prepare.style.common_words import OWN_COMMON, common_words
from morris_mlx.prepare.style.numbers import (
    FAVOURITE_REPEATS,
    FAVOURITE_SHARE,
    HABIT_SHARE,
    MARKS_HEARD,
    MIN_PHRASE_TEXTS,
    MIN_TEXTS_FOR_HABITS,
    PHRASE_SHARE,
    WORDS_FOR_NEVER,
)

WORD = re.compile(r"[^\W\d_]+(?:[’-][^\W\d_]+)*")
SENTENCE_END = re.compile(r"(?<=[.!?…])[”’\"')\]»]*\s+|\n+")
PLACEHOLDER = re.compile(r"\[[^\]\n]{1,40}\]")  # what redaction put there is nobody's habit
MIN_FAVOURITE_LETTERS = 4
PHRASE_WORDS = (5, 4, 3)  # longer ones first: a part of a saying is no other saying
MOST_WORDS, MOST_PHRASES = 6, 3
SHORT_OPENING, LONG_OPENING = 8, 25  # words of a first sentence
MARKS: Mapping[str, re.Pattern[str]] = {
    "dash": re.compile(r"[–—]|(?<=\s)-(?=\s)"),
    "brackets": re.compile(r"\("),
    "semicolon": re.compile(r";"),
    "colon": re.compile(r":(?!//)"),
    "question": re.compile(r"\?+"),
    "exclamation": re.compile(r"!+"),
    "ellipsis": re.compile(r"…|\.\.\."),
}
FIRST_PERSON = {"i", "i’m", "i’ve", "я", "мы", "we", "ich", "wir"}
READER = {"you", "your", "yours", "вы", "вам", "вас", "ты", "тебе", "тебя"}
OPENINGS: Mapping[str, Callable[[str, Sequence[str]], bool]] = {
    "question": lambda sentence, _: sentence.rstrip("”’\"')»").endswith("?"),
    "quotation": lambda sentence, _: sentence[:1] in "“«\"„‘'",
    "reader": lambda _, words: not READER.isdisjoint(words),
    "first person": lambda _, words: words[0] in FIRST_PERSON,
    "short": lambda _, words: len(words) <= SHORT_OPENING,
    "long": lambda _, words: len(words) >= LONG_OPENING,
}


@dataclass(frozen=True, slots=True)
class Habits:
    """What was measured on `texts` texts of `words` words, none of it held out.

    `sentence_words` are the 10th, 50th and 90th percentile; `openings` shares of the texts; `marks`
    how often in 1,000 words. Everything is in the order of its weight.
    """

    language: str
    texts: int
    words: int
    sentence_words: tuple[int, int, int]
    openings: tuple[tuple[str, float], ...]
    marks: tuple[tuple[str, float], ...]
    favourites: tuple[str, ...]
    phrases: tuple[str, ...]


def measure_habits(texts: Sequence[str], invented: Collection[str] = ()) -> Habits | None:
    """The same for the same texts in any order; None for fewer than MIN_TEXTS_FOR_HABITS.

    `invented` words were put there by redaction, names mostly: nobody's favourites.
    """
    texts = [PLACEHOLDER.sub("\n", text) for text in texts]
    split = [list(_sentences(text)) for text in texts]
    lengths = [len(_words(s)) for sentences in split for s in sentences]
    if len(texts) < MIN_TEXTS_FOR_HABITS or len(lengths) < 2:
        return None
    told = Counter(language_of(text) for text in texts)
    language = min(told, key=lambda code: (-told[code], code))
    bags = [Counter(w for s in sentences for w in _words(s)) for sentences in split]
    totals: Counter[str] = sum(bags, Counter())
    common = common_words(language) or {w for w, _ in _ranked(totals)[:OWN_COMMON]}
    invented = {word.casefold() for word in invented} - common
    phrases = _phrases(split, common, invented)
    told_already = {word for phrase in phrases for word in phrase.split()}
    tenths = statistics.quantiles(lengths, n=10, method="inclusive")
    return Habits(
        language=language,
        texts=len(texts),
        words=totals.total(),
        sentence_words=(round(tenths[0]), round(tenths[4]), round(tenths[8])),
        openings=_openings([sentences[0] for sentences in split if sentences]),
        marks=_marks(texts, totals.total()),
        favourites=_favourites(bags, totals, {*common, *_names(split), *told_already, *invented}),
        phrases=phrases,
    )


def unused(habits: Habits) -> tuple[str, ...]:
    """Marks that never occur, where there are words enough to tell."""
    silent = [mark for mark, rate in habits.marks if rate == 0]
    return tuple(silent) if habits.words >= WORDS_FOR_NEVER else ()


def heard(habits: Habits) -> tuple[str, ...]:
    """Marks that a reader notices, the most noticeable first."""
    return tuple(mark for mark, rate in habits.marks if rate >= MARKS_HEARD[mark])


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for end in (*(m.end() for m in SENTENCE_END.finditer(text)), len(text)):
        sentence = text[start:end].strip()
        if WORD.search(sentence):
            yield sentence
        start = end


def _words(sentence: str) -> list[str]:
    return [w.casefold() for w in WORD.findall(sentence.replace("'", "’"))]


def _openings(firsts: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """Ways in which at least HABIT_SHARE of the texts begin, with their shares."""
    counts = Counter(
        kind for s in firsts for kind, begins_so in OPENINGS.items() if begins_so(s, _words(s))
    )
    shares = [(kind, round(n / len(firsts), 2)) for kind, n in _ranked(counts)]
    return tuple((kind, share) for kind, share in shares if share >= HABIT_SHARE)


def _marks(texts: Sequence[str], words: int) -> tuple[tuple[str, float], ...]:
    rates = {
        mark: round(1000 * sum(len(p.findall(text)) for text in texts) / words, 1)
        for mark, p in MARKS.items()
    }
    order = sorted(rates, key=lambda mark: (-rates[mark] / MARKS_HEARD[mark], mark))
    return tuple((mark, rates[mark]) for mark in order)


def _favourites(
    bags: Sequence[Counter[str]],
    totals: Mapping[str, int],
    passed_over: set[str],
) -> tuple[str, ...]:
    """Words that come back from text to text, but not in heaps as the words of a subject do."""
    spread = Counter(word for bag in bags for word in bag)
    least = max(MIN_PHRASE_TEXTS, FAVOURITE_SHARE * len(bags))
    liked = {
        word: n
        for word, n in spread.items()
        if n >= least
        and len(word) >= MIN_FAVOURITE_LETTERS
        and word not in passed_over
        and totals[word] <= FAVOURITE_REPEATS * n
    }
    return tuple(word for word, _ in _ranked(liked)[:MOST_WORDS])


def _names(split: Sequence[Sequence[str]]) -> set[str]:
    """Words that stand with a capital inside sentences: people and places are no favourites."""
    inside = (w for sentences in split for s in sentences for w in WORD.findall(s)[1:])
    return {w.replace("'", "’").casefold() for w in inside if w[0].isupper()}


def _phrases(
    split: Sequence[Sequence[str]], common: frozenset[str] | set[str], invented: set[str]
) -> tuple[str, ...]:
    """Runs of words that come back in several texts; at least one word is not everybody's."""
    least = max(MIN_PHRASE_TEXTS, PHRASE_SHARE * len(split))
    chosen: list[str] = []
    for size in PHRASE_WORDS:
        spread = Counter(
            run for sentences in split for run in {r for s in sentences for r in _runs(s, size)}
        )
        often = {
            " ".join(run): n
            for run, n in spread.items()
            if n >= least and any(w not in common for w in run) and invented.isdisjoint(run)
        }
        for phrase, _ in _ranked(often):
            # Neighbours of one saying overlap: "could possibly go", "possibly go wrong".
            if not any(_overlap(phrase, other) for other in chosen):
                chosen.append(phrase)
    return tuple(chosen[:MOST_PHRASES])


def _runs(sentence: str, size: int) -> Iterator[tuple[str, ...]]:
    words = _words(sentence)
    return (tuple(words[i : i + size]) for i in range(len(words) - size + 1))


def _overlap(one: str, other: str) -> bool:
    """Whether they share two words in a row."""
    pairs = set(_runs(one, 2))
    return not pairs.isdisjoint(_runs(other, 2))


def _ranked(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
