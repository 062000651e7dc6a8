"""The writer's habits, measured: openings, sentence lengths, punctuation, words and phrases."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from morris_mlx.prepare.cleaning.language import detect_language
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
    texts = [PLACEHOLDER.sub("\n", text) for text in texts]
    sentences = [list(_split_sentences(text)) for text in texts]
    lengths = [len(_words(s)) for of_text in sentences for s in of_text]
    if len(texts) < MIN_TEXTS_FOR_HABITS or len(lengths) < 2:
        return None
    languages = Counter(detect_language(text) for text in texts)
    language = min(languages, key=lambda code: (-languages[code], code))
    counts = [Counter(w for s in of_text for w in _words(s)) for of_text in sentences]
    totals: Counter[str] = sum(counts, Counter())
    common = common_words(language) or {w for w, _ in _ranked(totals)[:UNLISTED_COMMON_WORDS]}
    excluded = {word.casefold() for word in stand_ins} - common
    phrases = _phrases(sentences, common, excluded)
    phrase_words = {word for phrase in phrases for word in phrase.split()}
    deciles = statistics.quantiles(lengths, n=10, method="inclusive")
    return Habits(
        language=language,
        texts=len(texts),
        words=totals.total(),
        sentence_words=(round(deciles[0]), round(deciles[4]), round(deciles[8])),
        openings=_openings([of_text[0] for of_text in sentences if of_text]),
        marks=_marks(texts, totals.total()),
        favourites=_favorites(
            counts, totals, {*common, *_names(sentences), *phrase_words, *excluded}
        ),
        phrases=phrases,
    )


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


def _marks(texts: Sequence[str], words: int) -> tuple[tuple[str, float], ...]:
    rates = {
        mark: round(1000 * sum(len(p.findall(text)) for text in texts) / words, 1)
        for mark, p in MARKS.items()
    }
    order = sorted(rates, key=lambda mark: (-rates[mark] / NOTICEABLE_RATES[mark], mark))
    return tuple((mark, rates[mark]) for mark in order)


def _favorites(
    counts: Sequence[Counter[str]], totals: Mapping[str, int], excluded: set[str]
) -> tuple[str, ...]:
    """Return words that are in many texts, but not often in one as the words of a subject are."""
    frequency = Counter(word for of_text in counts for word in of_text)
    least = max(MIN_REPEAT_TEXTS, MIN_FAVORITE_SHARE * len(counts))
    favorites = {
        word: n
        for word, n in frequency.items()
        if n >= least
        and len(word) >= MIN_FAVORITE_LETTERS
        and word not in excluded
        and totals[word] <= MAX_FAVORITE_REPEATS * n
    }
    return tuple(word for word, _ in _ranked(favorites)[:MAX_FAVORITES])


def _names(sentences: Sequence[Sequence[str]]) -> set[str]:
    """Return words with a capital inside sentences: people and places are no favorite words."""
    inside = (w for of_text in sentences for s in of_text for w in WORD.findall(s)[1:])
    return {w.casefold() for w in inside if w[0].isupper()}


def _phrases(
    sentences: Sequence[Sequence[str]], common: frozenset[str] | set[str], excluded: set[str]
) -> tuple[str, ...]:
    """Return n-grams that come back in several texts and are not made of common words alone."""
    least = max(MIN_REPEAT_TEXTS, MIN_PHRASE_SHARE * len(sentences))
    chosen: list[str] = []
    for size in PHRASE_WORDS:
        frequency = Counter(
            ngram
            for of_text in sentences
            for ngram in {n for s in of_text for n in _ngrams(s, size)}
        )
        frequent = {
            " ".join(ngram): n
            for ngram, n in frequency.items()
            if n >= least and any(w not in common for w in ngram) and excluded.isdisjoint(ngram)
        }
        for phrase, _ in _ranked(frequent):
            # N-grams of one phrase overlap: "could possibly go", "possibly go wrong".
            if not any(_overlap(phrase, other) for other in chosen):
                chosen.append(phrase)
    return tuple(chosen[:MAX_PHRASES])


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
