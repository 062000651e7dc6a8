"""The writer's habits, measured: openings, sentence lengths, punctuation, words and phrases."""

from __future__ import annotations

import re
import statistics
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from morris_mlx.prepare.cleaning.language import detect_language
from morris_mlx.prepare.disk_list import Mapped
from morris_mlx.prepare.style.common_words import UNLISTED_COMMON_WORDS, common_words
from morris_mlx.prepare.style.settings import MIN_TEXTS_FOR_HABITS
from morris_mlx.text.words import PLACEHOLDER

WORD = re.compile(r"[^\W\d_]+(?:[’-][^\W\d_]+)*")  # apostrophes are curly here
SENTENCE_GAP = re.compile(r"(?<=[.!?…])[”’\"')\]»]*\s+|\n+")  # a line of its own is a sentence, too
# Of the texts: rarer openings are variety, and a favorite word is met every few texts. A phrase
# comes back from text to text, a quotation does not.
MIN_OPENING_SHARE, MIN_FAVORITE_SHARE, MIN_PHRASE_SHARE = 1 / 3, 0.2, 0.06
MIN_REPEAT_TEXTS = 3  # with a favorite word or a phrase
MAX_FAVORITE_REPEATS = 1.5  # in a text, on average: words of a subject are repeated more often
MIN_FAVORITE_LETTERS = 4
MAX_FAVORITES, MAX_PHRASES = 6, 3
PHRASE_WORDS = (5, 4, 3)  # the longest first, so that a part of a phrase is no other phrase
NGRAM_BUCKETS = 1 << 24  # 64 MB; of 200 MB of texts, each has six n-grams on average
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
# Marks per 1,000 words that a reader notices: about one in every second or third paragraph.
NOTICEABLE_RATES = {
    "dash": 6.0,
    "brackets": 4.0,
    "semicolon": 3.0,
    "colon": 5.0,
    "question": 6.0,
    "exclamation": 3.0,
    "ellipsis": 2.0,
}
MIN_WORDS_FOR_ABSENCE = 2000  # in fewer words, a mark may be missing by chance
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
    """Habits measured on `texts` texts with `words` words, none of them held out.

    `sentence_words` are the 10th, 50th and 90th percentile of the sentence lengths. `openings` are
    shares of the texts, and `marks` are rates per 1,000 words. All are ordered by importance.
    """

    language: str
    texts: int
    words: int
    sentence_words: tuple[int, int, int]
    openings: tuple[tuple[str, float], ...]
    marks: tuple[tuple[str, float], ...]
    favourites: tuple[str, ...]
    phrases: tuple[str, ...]


def measure_habits(texts: Sequence[str], stand_ins: Collection[str] = ()) -> Habits | None:
    """Return the habits, or None for fewer than MIN_TEXTS_FOR_HABITS texts or two sentences.

    The order of the texts does not matter. `stand_ins` are words that redaction put into the texts,
    mostly names, so they are neither favorites nor parts of phrases.
    """
    texts = Mapped(lambda text: PLACEHOLDER.sub("\n", text), texts)
    counted = _Counts()
    for text in texts:
        counted.add(text)
    if len(texts) < MIN_TEXTS_FOR_HABITS or len(counted.lengths) < 2:
        return None
    languages, totals = counted.languages, counted.totals
    language = min(languages, key=lambda code: (-languages[code], code))
    common = common_words(language) or {w for w, _ in _ranked(totals)[:UNLISTED_COMMON_WORDS]}
    excluded = {word.casefold() for word in stand_ins} - common
    phrases = _phrases(texts, common, excluded)
    phrase_words = {word for phrase in phrases for word in phrase.split()}
    deciles = statistics.quantiles(counted.lengths, n=10, method="inclusive")
    return Habits(
        language=language,
        texts=len(texts),
        words=totals.total(),
        sentence_words=(round(deciles[0]), round(deciles[4]), round(deciles[8])),
        openings=_openings(counted.first_sentences),
        marks=_marks(counted.marks, totals.total()),
        favourites=_favorites(
            counted, len(texts), {*common, *counted.names, *phrase_words, *excluded}
        ),
        phrases=phrases,
    )


@dataclass(slots=True)
class _Counts:
    """Counts of all texts together; the sentences of a text are not kept."""

    languages: Counter[str] = field(default_factory=Counter)
    totals: Counter[str] = field(default_factory=Counter)  # of words
    texts_with: Counter[str] = field(default_factory=Counter)  # each word
    marks: Counter[str] = field(default_factory=Counter)
    lengths: array[int] = field(default_factory=lambda: array("I"))  # of sentences, in words
    first_sentences: list[str] = field(default_factory=list)
    # Words with a capital inside sentences: people and places are no favorite words.
    names: set[str] = field(default_factory=set)

    def add(self, text: str) -> None:
        """Count a text."""
        self.languages[detect_language(text)] += 1
        counts: Counter[str] = Counter()
        for number, sentence in enumerate(_split_sentences(text)):
            if number == 0:
                self.first_sentences.append(sentence)
            words = _words(sentence)
            counts.update(words)
            self.lengths.append(len(words))
            inside = WORD.findall(sentence)[1:]
            self.names.update(w.casefold() for w in inside if w[0].isupper())
        self.totals.update(counts)
        self.texts_with.update(counts.keys())
        for mark, pattern in MARKS.items():
            self.marks[mark] += len(pattern.findall(text))


def absent_marks(habits: Habits) -> tuple[str, ...]:
    """Return the marks that never occur, if there are enough words to tell."""
    absent = [mark for mark, rate in habits.marks if rate == 0]
    return tuple(absent) if habits.words >= MIN_WORDS_FOR_ABSENCE else ()


def noticeable_marks(habits: Habits) -> tuple[str, ...]:
    """Return the marks that a reader notices, the most noticeable first."""
    return tuple(mark for mark, rate in habits.marks if rate >= NOTICEABLE_RATES[mark])


def _split_sentences(text: str) -> Iterator[str]:
    start = 0
    for end in (*(m.end() for m in SENTENCE_GAP.finditer(text)), len(text)):
        sentence = text[start:end].strip()
        if WORD.search(sentence):
            yield sentence
        start = end


def _words(sentence: str) -> list[str]:
    return [w.casefold() for w in WORD.findall(sentence.replace("'", "’"))]


def _openings(first_sentences: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """Return the kinds of openings of at least MIN_OPENING_SHARE of the texts, with shares."""
    counts = Counter(
        kind for s in first_sentences for kind, is_kind in OPENINGS.items() if is_kind(s, _words(s))
    )
    shares = [(kind, round(n / len(first_sentences), 2)) for kind, n in _ranked(counts)]
    return tuple((kind, share) for kind, share in shares if share >= MIN_OPENING_SHARE)


def _marks(counts: Mapping[str, int], words: int) -> tuple[tuple[str, float], ...]:
    rates = {mark: round(1000 * counts[mark] / words, 1) for mark in MARKS}
    order = sorted(rates, key=lambda mark: (-rates[mark] / NOTICEABLE_RATES[mark], mark))
    return tuple((mark, rates[mark]) for mark in order)


def _favorites(counted: _Counts, texts: int, excluded: set[str]) -> tuple[str, ...]:
    """Return words that are in many texts, but not often in one as the words of a subject are."""
    least = max(MIN_REPEAT_TEXTS, MIN_FAVORITE_SHARE * texts)
    favorites = {
        word: n
        for word, n in counted.texts_with.items()
        if n >= least
        and len(word) >= MIN_FAVORITE_LETTERS
        and word not in excluded
        and counted.totals[word] <= MAX_FAVORITE_REPEATS * n
    }
    return tuple(word for word, _ in _ranked(favorites)[:MAX_FAVORITES])


def _phrases(
    texts: Sequence[str], common: frozenset[str] | set[str], excluded: set[str]
) -> tuple[str, ...]:
    """Return n-grams that come back in several texts and are not made of common words alone."""
    frequent = _frequent_ngrams(texts, max(MIN_REPEAT_TEXTS, MIN_PHRASE_SHARE * len(texts)))
    chosen: list[str] = []
    for size in PHRASE_WORDS:
        phrases = {
            " ".join(ngram): n
            for ngram, n in frequent.items()
            if len(ngram) == size
            and any(w not in common for w in ngram)
            and excluded.isdisjoint(ngram)
        }
        for phrase, _ in _ranked(phrases):
            # N-grams of one phrase overlap: "could possibly go", "possibly go wrong".
            if not any(_overlap(phrase, other) for other in chosen):
                chosen.append(phrase)
    return tuple(chosen[:MAX_PHRASES])


def _frequent_ngrams(texts: Sequence[str], least: float) -> dict[tuple[str, ...], int]:
    """Return the n-grams that at least so many texts have, with the number of these texts.

    Nearly all n-grams of an archive are rare, and together they would take gigabytes. So n-grams
    are first counted in buckets by their hash, and then only those in full buckets one by one.
    """
    buckets = np.zeros(NGRAM_BUCKETS, np.uint32)
    for text in texts:
        found = {hash(ngram) % NGRAM_BUCKETS for ngram in _all_ngrams(text)}
        buckets[np.fromiter(found, np.int64, len(found))] += 1
    counts: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        ngrams = list(_all_ngrams(text))
        places = np.fromiter((hash(ngram) % NGRAM_BUCKETS for ngram in ngrams), np.int64)
        counts.update({ngrams[n] for n in np.flatnonzero(buckets[places] >= least).tolist()})
    return {ngram: n for ngram, n in counts.items() if n >= least}


def _all_ngrams(text: str) -> Iterator[tuple[str, ...]]:
    for sentence in _split_sentences(text):
        words = _words(sentence)
        for size in PHRASE_WORDS:
            yield from (tuple(words[i : i + size]) for i in range(len(words) - size + 1))


def _ngrams(sentence: str, size: int) -> Iterator[tuple[str, ...]]:
    words = _words(sentence)
    return (tuple(words[i : i + size]) for i in range(len(words) - size + 1))


def _overlap(one: str, other: str) -> bool:
    """Return True if two phrases have a pair of consecutive words in common."""
    pairs = set(_ngrams(one, 2))
    return not pairs.isdisjoint(_ngrams(other, 2))


def _ranked(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return the items by count, the largest first, and then by name."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
