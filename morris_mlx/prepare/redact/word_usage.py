"""Detection of names that are ordinary words in a corpus.

"Green" is a surname, and green a color. A word that the corpus also has in lower case, or after an
article, is an ordinary word in any language.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from morris_mlx.prepare.redact.word_lists import (
    GREETINGS,
    NOUN_CAPITALS,
    TITLES,
    determiners,
    languages_of_word,
)
from morris_mlx.text.folding import fold, lowercase, without_accents
from morris_mlx.text.words import HYPHENATED_WORD

SENTENCE_BREAKS = '.!?¡¿…\n"«»“”„‚‘(•*-'  # characters before the first word of a sentence
# The time or date of an entry, before its first word: "22:05 ", "[08:10] ", "3.5.2021, 9.15 am: ".
ENTRY_TIME = re.compile(
    r"(?:^|\n)[ \t]*[\[(]?\d{1,4}[.:/-]\d{1,2}[\d.,:/ -]{0,16}"
    r"(?:[ ]?[ap]\.?m\.?)?[\])]?[ \t:,–—-]*$",
    re.I,
)
LONGEST_TIME = 40  # characters before a word that are searched for the time
DAY_BEFORE = re.compile(r"\d(?:\.|st|nd|rd|th)?[ ]?(?:de |di )?$")
DAY_AFTER = re.compile(r" (?:de |del )?\d{1,4}(?!\w)")
TOKENS = 25  # of a text whose language is counted by itself
PENDING = 60  # of several shorter ones together, because each could be of many languages
MAX_TOKENS = 400  # of a text: its beginning shows the language
MIN_FUNCTION_WORDS = 0.2  # of the words of a text in some language; prose has 0.3 to 0.5
NEARLY_BEST = 0.9  # of the count of the best language: Danish and Norwegian share most words
MIN_LANGUAGE_SHARE = 0.03  # of the words: less is a quotation
MANY_TEXTS, MIN_TEXTS = 0.1, 5  # a word in more texts than this is hardly a name
LISTED = frozenset(("en", "ru"))  # their ordinary words are listed, so a slip is no evidence
MANY_NAMES = 10  # times with a capital for each after an article: then that one was a slip
MIN_SURNAME = 3  # times with a capital for each fourth with an article: a noun has more articles
MIN_LISTED = 3  # times in lower case, in these languages


@dataclass(frozen=True, slots=True)
class WordUsage:
    """Evidence from a corpus. The default, for an empty corpus, assumes English and Russian.

    `ordinary` are words that the corpus uses as such, `nouns` those that it has after articles and
    with a capital, in a language where each noun has one. `surnames` are those that have a capital
    and no article, also if a list has them as nouns. `words` is the number of all words.
    """

    languages: frozenset[str] = LISTED
    ordinary: frozenset[str] = frozenset()
    nouns: frozenset[str] = frozenset()
    surnames: frozenset[str] = frozenset()
    words: int = 0

    def is_function_word(self, word: str) -> bool:
        """Return True for a function word of a language of the corpus."""
        return any(code in self.languages for code in languages_of_word().get(word, ()))

    def determiners(self, kind: str = "") -> frozenset[str]:
        """Return the articles of the languages of the corpus: see `determiners_of`."""
        return determiners_of(self.languages, kind)


def determiners_of(languages: Iterable[str], kind: str = "") -> frozenset[str]:
    """Return the articles of languages.

    With "-own" these are the possessives, with "-given" the articles that are used before names.
    """
    known = determiners()
    return frozenset[str]().union(*(known.get(code + kind, frozenset()) for code in languages))


@dataclass(slots=True)
class _Counts:
    """Occurrences of the words of names, by spelling in lower case."""

    lower: Counter[str] = field(default_factory=Counter)  # in texts that use capitals
    capital: Counter[str] = field(default_factory=Counter)  # inside a sentence
    lower_after: Counter[tuple[str, str]] = field(default_factory=Counter)  # by the word before
    capital_after: Counter[tuple[str, str]] = field(default_factory=Counter)
    texts: Counter[str] = field(default_factory=Counter)  # that have the word in lower case
    words_by_language: Counter[str] = field(default_factory=Counter)
    pending: list[str] = field(default_factory=list)  # words whose language is not yet counted
    words: int = 0
    all_texts: int = 0


def measure_usage(
    texts: Iterable[str], candidates: Collection[str], certain: Collection[str]
) -> WordUsage:
    """Count how texts use the words `candidates`, in lower case.

    A word beside one of `certain`, which are names without doubt, belongs to that name and is not
    counted.
    """
    counts = _Counts()
    for text in texts:
        _count_text(text, counts, candidates, certain)
    _count_languages(counts.pending, counts)
    shares = counts.words_by_language
    enough = MIN_LANGUAGE_SHARE * max(shares.values(), default=0)
    languages = frozenset(code for code, n in shares.items() if n >= enough) or LISTED
    articles = determiners_of(languages) | determiners_of(languages, "-own")
    lower = _count_after(counts.lower_after, articles)
    nouns = _count_after(counts.capital_after, articles)
    capital = counts.capital
    ordinary = {w for w in lower if lower[w] >= capital[w] / MANY_NAMES}
    ordinary |= {w for w in candidates if _is_ordinary(w, counts, languages)}
    if not languages & NOUN_CAPITALS:
        nouns.clear()
    return WordUsage(
        languages,
        frozenset(ordinary),
        frozenset(w for w in nouns if nouns[w] >= capital[w] / 2),
        frozenset(w for w, n in capital.items() if n >= max(MIN_SURNAME, 4 * nouns[w])),
        counts.words,
    )


def _count_after(counts: Counter[tuple[str, str]], articles: frozenset[str]) -> Counter[str]:
    """Return how often each word is directly after an article, if it ever is."""
    found: Counter[str] = Counter()
    for (word, before), n in counts.items():
        if before in articles:
            found[word] += n
    return found


def _is_ordinary(word: str, counts: _Counts, languages: frozenset[str]) -> bool:
    lower, capital = counts.lower[word], counts.capital[word]
    texts = counts.texts[word]
    if texts >= MIN_TEXTS and texts > MANY_TEXTS * counts.all_texts and texts > capital:
        return True
    if languages <= LISTED and word.isascii():
        return lower >= max(MIN_LISTED, 2 * capital)
    return lower >= max(1, capital)


def _count_text(
    text: str, counts: _Counts, candidates: Collection[str], certain: Collection[str]
) -> None:
    seen = fold(text).text
    words: list[str] = []
    starts, ends = array("Q"), array("Q")
    known: dict[str, str] = {}  # one object for equal words: a book has few different ones
    for match in HYPHENATED_WORD.finditer(seen):
        word = lowercase(match.group()).replace("’", "'")
        words.append(known.setdefault(word, word))
        starts.append(match.start())
        ends.append(match.end())
    counts.words += len(words)
    counts.all_texts += 1
    if len(words) >= TOKENS:
        _count_languages(words[:MAX_TOKENS], counts)
    else:
        counts.pending += words
    if len(counts.pending) >= PENDING:
        _count_languages(counts.pending, counts)
        counts.pending = []
    lower_words = set()
    has_capitals = _has_capitals(seen)
    for at, word in enumerate(words):
        word = word if word in candidates else without_accents(word)
        if word not in candidates:
            continue
        start = starts[at]
        before = words[at - 1] if at and not seen[ends[at - 1] : start].strip() else ""
        after = words[at + 1] if at + 1 < len(words) else ""
        if before in certain or after in certain:
            continue
        written = seen[start : ends[at]]
        if any(part[:1].isupper() for part in written.split("-")):  # also al-Hashimi
            # A name after a time is evidence that the word is a name: "14:30 Koch, Bremen".
            counts.capital[word] += not _follows_break(seen, start)
            counts.capital_after[word, before] += bool(before)
            continue
        if before in TITLES or before in GREETINGS:
            continue
        lower_words.add(word)
        counts.lower[word] += has_capitals
        counts.lower_after[word, before] += bool(before)
    counts.texts.update(lower_words)


def _count_languages(words: list[str], counts: _Counts) -> None:
    """Add the words to the counts of the languages that they are most likely in."""
    found: Counter[str] = Counter()
    known = languages_of_word()
    for word in words:
        found.update(known.get(word, ()))
    best = max(found.values(), default=0)
    if best < MIN_FUNCTION_WORDS * len(words):
        return
    codes = {code for code, n in found.items() if n >= NEARLY_BEST * best}
    if len(words) < TOKENS:  # a few words are also of small languages, by chance
        codes = codes & LISTED or codes
    for code in codes:
        counts.words_by_language[code] += len(words)


def _has_capitals(text: str) -> bool:
    """Return True if a text begins with a capital, so that its writer uses them."""
    first = next((c for c in text if c.isalpha()), "")
    return first.isupper() and not text.isupper()


def begins_sentence(text: str, start: int) -> bool:
    """Return True if a word begins a text, a line, a sentence, a quotation or a bracket.

    A word after the time of an entry at the beginning of a line begins a sentence, too.
    """
    if _follows_break(text, start):
        return True
    before = text[max(0, start - LONGEST_TIME) : start]
    # The place where the text was cut is not the beginning of a line.
    return ENTRY_TIME.search(before if len(before) == start else f"_{before}") is not None


def _follows_break(text: str, start: int) -> bool:
    """Return True if a word begins a text, or is after a mark that ends a sentence."""
    while start and text[start - 1] in " \t":
        start -= 1
    last = text[start - 1 : start]
    return not last or last in SENTENCE_BREAKS or unicodedata.category(last) == "So"  # an emoji


def is_in_date(text: str, start: int, end: int) -> bool:
    """Return True for a month beside a day or a year: "17. Mai", "5 de mayo", "April 2019"."""
    before = text[max(0, start - 8) : start]
    return bool(DAY_BEFORE.search(before) or DAY_AFTER.match(text, end))
