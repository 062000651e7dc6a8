"""Keywords of a text: nouns that are frequent in it and rare in others, each word in one form.

No dictionary is used. A word is recognized as a noun by its neighbors: in English, French or
Spanish by the article or preposition before it, in German by its capital. All texts are searched
for such neighbors, so a word may be a keyword of a text in which it has none.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from morris_mlx.prepare.examples.word_classes import (
    ARTICLES,
    BEFORE_VERBS,
    CAPITALIZED_NOUNS,
    NO_TOPICS,
    PREPOSITIONS,
    is_no_noun,
    stem,
)
from morris_mlx.prepare.style.common_words import common_words
from morris_mlx.text.words import PLACEHOLDER

TOKEN = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*|[^\w\s]|\d+|\n\n")
CONTRACTION = re.compile(r"[’'](?:t|re|ve|ll|d|m)\b", re.I)  # wouldn’t, they’re
SENTENCE_ENDS = (".", "!", "?", "…", ":", "\n\n")
APOSTROPHES = ("’", "'")
MIN_LETTERS = 4
# Of a long text, the beginning is requested: its keywords must not be from a later chapter.
MAX_CHARACTERS = 20_000
COMMON_SHARE = 1 / 3  # of the texts: a word in more of them tells nothing about one
RECURRING = 1.5  # times the weight: a word of several sentences is a subject, not a detail
FEW_NOUNS = 2  # a topic needs one, and an angle another
WEAK = 0.7  # times the weight: the word after an article may also be an adjective


@dataclass(slots=True)
class _Evidence:
    """The number of occurrences of a word that look like a noun, may be one, or are none."""

    strong: int = 0
    weak: int = 0
    against: int = 0

    @property
    def weight(self) -> float | None:
        """Return the factor of the word's weight: 0 if it is no noun, None if nothing is known."""
        if not self.strong + self.weak + self.against:
            return None
        if self.strong + self.weak <= self.against:
            return 0.0
        return 1.0 if self.strong else WEAK


@dataclass(slots=True)
class _Uses:
    """The occurrences of one word in a text: its spellings, and its sentences by number."""

    forms: Counter[str] = field(default_factory=Counter)
    sentences: set[int] = field(default_factory=set)
    capitals: int = 0  # in the middle of a sentence: a proper noun, or any noun in German


@dataclass(frozen=True, slots=True)
class _Token:
    """A word of a text with its neighbors in lower case, "" where a sentence begins or ends."""

    word: str
    before: str
    after: str
    begins: bool
    sentence: int


class KeywordFinder:
    """A finder of keywords in texts of a corpus: `texts` are (text, ISO 639-1 code or "")."""

    def __init__(self, texts: Iterable[tuple[str, str]]) -> None:
        self._document_frequency: Counter[tuple[str, str]] = Counter()
        self._evidence: dict[tuple[str, str], _Evidence] = {}
        self._count = 0
        for text, language in texts:
            self._count += 1
            keys = set()
            for token in _tokens(text):
                key = language, stem(token.word, language)
                keys.add(key)
                _judge(token, language, self._evidence.setdefault(key, _Evidence()))
            self._document_frequency.update(keys)

    def find(self, text: str, language: str, count: int) -> list[str]:
        """Return at most `count` keywords of a text, the best first, in their most usual form.

        Words of which nothing is known are among them only if there are hardly any nouns.
        """
        used = self._uses(text, language)
        nouns: dict[str, float] = {}
        others: dict[str, float] = {}
        for word, uses in used.items():
            frequency = self._document_frequency.get((language, word), 0)
            if frequency > max(1.0, COMMON_SHARE * self._count):
                continue
            rare = math.log((1 + self._count) / (1 + frequency)) or 1e-9  # of a single text
            recurs = RECURRING if len(uses.sentences) > 1 else 1.0
            weight = self._noun_weight(word, language, uses)
            score = uses.forms.total() * rare * recurs
            if weight:
                nouns[word] = score * weight
            elif weight is None and len(uses.sentences) > 1:
                others[word] = score
        best = sorted(nouns, key=lambda word: (-nouns[word], word))
        if len(best) < FEW_NOUNS:
            best += sorted(others, key=lambda word: (-others[word], word))
        return [_form(used[word]) for word in best[:count]]

    def _uses(self, text: str, language: str) -> Mapping[str, _Uses]:
        """Return the words of a text that may be keywords, by their stem."""
        found: dict[str, _Uses] = {}
        common = common_words(language) | NO_TOPICS.get(language, frozenset())
        for token in _tokens(text):
            low = token.word.casefold()
            if len(token.word) < MIN_LETTERS or low in common or token.word.isupper():
                continue
            uses = found.setdefault(stem(token.word, language), _Uses())
            capital = token.word[0].isupper()
            uses.forms[low if token.begins or not capital else token.word] += 1
            uses.sentences.add(token.sentence)
            uses.capitals += capital and not token.begins
        return found

    def _noun_weight(self, word: str, language: str, uses: _Uses) -> float | None:
        """Return the factor of a word's weight: 0 if it is no noun, None if that is not known."""
        if uses.capitals and 2 * uses.capitals >= uses.forms.total():
            return 1.0
        if language in CAPITALIZED_NOUNS:
            return 0.0
        known = self._evidence.get((language, word))
        return known.weight if known else None


def _tokens(text: str) -> Iterator[_Token]:
    """Yield the words of the beginning of a text, without placeholders of redaction."""
    text = PLACEHOLDER.sub(" . ", text[:MAX_CHARACTERS])
    matches = list(TOKEN.finditer(text))
    following = [m.group().casefold() if m.group()[0].isalpha() else "" for m in matches[1:]]
    begins, sentence, before = True, 0, ""
    for match, after in zip(matches, [*following, ""], strict=True):
        word = match.group()
        if word[0].isalpha():
            if not CONTRACTION.match(text, match.end()):
                yield _Token(word, before, after, begins, sentence)
            begins, before = False, word.casefold()
        elif word in SENTENCE_ENDS:
            begins, sentence, before = True, sentence + 1, ""
        elif word not in APOSTROPHES:  # l’eau: the article is before the noun
            before = ""


def _judge(token: _Token, language: str, evidence: _Evidence) -> None:
    """Count an occurrence of a word for or against being a noun."""
    common = common_words(language)
    # An adjective between article and noun is followed by a word with a meaning of its own.
    last = not common or not token.after or token.after in common
    if token.before in ARTICLES.get(language, ()):
        evidence.strong += last
        evidence.weak += not last
    elif token.before in BEFORE_VERBS.get(language, ()) or is_no_noun(token.word, language):
        evidence.against += 1
    elif token.before in PREPOSITIONS.get(language, ()):
        evidence.strong += last
        evidence.weak += not last


def _form(uses: _Uses) -> str:
    """Return the most frequent spelling; of equally frequent ones the shortest."""
    return min(uses.forms, key=lambda form: (-uses.forms[form], len(form), form))
