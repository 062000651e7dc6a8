"""Topics of a text: what a request for it names, as noun phrases in its language.

No dictionary is used. A word is recognized as a noun by its neighbors: by the article or
preposition before it and, in German, by its capital. All texts are searched for such neighbors. A
word that may be no noun is no topic: a text without topics is requested in other ways.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from morris_mlx.prepare.examples.noun_phrases import ends_phrase, noun_phrase
from morris_mlx.prepare.examples.russian_nouns import nominative
from morris_mlx.prepare.examples.tokens import Token, read_tokens
from morris_mlx.prepare.examples.word_classes import (
    ARTICLES,
    BEFORE_VERBS,
    CAPITALIZED_NOUNS,
    DECLINED,
    NO_TOPICS,
    PREPOSITIONS,
    is_no_noun,
    stem,
)
from morris_mlx.prepare.style.common_words import common_words
from morris_mlx.text.words import PLAIN_WORD

MAX_TOPICS = 2
MIN_LETTERS = 3
COMMON_SHARE = 1 / 3  # of the texts: a word in more of them tells nothing about one
# A second topic of less weight than this share of the first is a detail.
SECOND_SHARE = 0.6
IN_TITLE = 2.0  # times the weight: the writer's own word for the subject
# Sentences that have a topic, by the words of the text: a longer text repeats its subject.
RECURRENCE = ((600, 3), (60, 2))
CLEARLY = 1.5  # times as often a noun as a word that may be an adjective
MIN_EVIDENCE = 2  # occurrences after an article, in all texts: one may be an adjective


@dataclass(slots=True)
class _Evidence:
    """The occurrences of a word that look like a noun, may be one, or are none, and its forms.

    `capitals` and `small` count its spellings in the middle of a sentence. `forms` are kept for
    languages whose topics are other forms than those in the text.
    """

    strong: int = 0
    weak: int = 0
    against: int = 0
    capitals: int = 0
    small: int = 0
    forms: set[str] = field(default_factory=set)

    def is_noun(self, enough: int) -> bool:
        """Return True if there are `enough` occurrences as a noun, and more than as other words."""
        return self.strong >= max(enough, CLEARLY * self.weak) and self.strong > self.against

    @property
    def is_name(self) -> bool:
        """Return True for a word that mostly has a capital in the middle of a sentence."""
        return self.capitals > 0 and self.capitals >= self.small


@dataclass(slots=True)
class _Uses:
    """The occurrences of a word in a text: its tokens by number, and its sentences."""

    places: list[int] = field(default_factory=list)
    sentences: set[int] = field(default_factory=set)


class TopicFinder:
    """A finder of topics in texts of a corpus: `texts` are (text, ISO 639-1 code or "")."""

    def __init__(self, texts: Iterable[tuple[str, str]]) -> None:
        self._document_frequency: Counter[tuple[str, str]] = Counter()
        self._evidence: dict[tuple[str, str], _Evidence] = {}
        self._count = 0
        for text, language in texts:
            self._count += 1
            keys = set()
            for token in read_tokens(text):
                key = language, stem(token.word, language)
                keys.add(key)
                _judge(token, language, self._evidence.setdefault(key, _Evidence()))
            self._document_frequency.update(keys)
        # A single text has most nouns only once after an article.
        self._enough = MIN_EVIDENCE if self._count > 1 else 1

    def find(self, text: str, language: str, title: str = "") -> tuple[str, ...]:
        """Return at most MAX_TOPICS topics of a text, the main one first, as a request has them."""
        tokens = list(read_tokens(text))
        needed = next((least for words, least in RECURRENCE if len(tokens) >= words), 1)
        titled = {stem(word, language) for word in PLAIN_WORD.findall(title)}
        uses = self._uses(tokens, language)
        weights = {
            word: self._weight(word, language, used) * (IN_TITLE if word in titled else 1.0)
            for word, used in uses.items()
            if len(used.sentences) >= needed and self._may_be_topic(word, language)
        }
        found: dict[str, float] = {}
        words: set[str] = set()
        for word in sorted(weights, key=lambda word: (-weights[word], word)):
            if found and weights[word] < SECOND_SHARE * max(found.values()):
                break
            topic = self._phrase(word, language, tokens, uses[word].places)
            stems = {stem(part, language) for part in PLAIN_WORD.findall(topic)}
            stems -= common_words(language)
            if topic and not stems & words:
                found[topic] = weights[word]
                words |= stems
            if len(found) == MAX_TOPICS:
                break
        return tuple(found)

    def _uses(self, tokens: list[Token], language: str) -> Mapping[str, _Uses]:
        """Return the words of a text that are long enough and not common, by their stem."""
        found: dict[str, _Uses] = {}
        left_out = common_words(language) | NO_TOPICS.get(language, frozenset())
        for place, token in enumerate(tokens):
            low = token.word.casefold()
            key = stem(token.word, language)
            # A capital in the middle of a sentence makes a name of any word: Acacia Road.
            name = token.word[0].isupper() and not token.begins
            if name != (language in CAPITALIZED_NOUNS) and not token.begins:
                continue
            if len(low) < MIN_LETTERS or left_out & {low, key} or token.word.isupper():
                continue
            uses = found.setdefault(key, _Uses())
            uses.places.append(place)
            uses.sentences.add(token.sentence)
        return found

    def _may_be_topic(self, word: str, language: str) -> bool:
        """Return True for a noun that is no name and is not in too many texts."""
        known = self._evidence.get((language, word))
        frequency = self._document_frequency.get((language, word), 0)
        if known is None or frequency > max(1.0, COMMON_SHARE * self._count):
            return False
        if known.weak and "-" in word:  # "a desert-island book"
            return False
        capitalized = language in CAPITALIZED_NOUNS
        return known.is_name == capitalized and known.is_noun(self._enough)

    def _weight(self, word: str, language: str, uses: _Uses) -> float:
        frequency = self._document_frequency.get((language, word), 0)
        rare = math.log((1 + self._count) / (1 + frequency)) or 1e-9  # of a single text
        return rare * len(uses.places) * math.sqrt(len(uses.sentences))

    def _phrase(self, word: str, language: str, tokens: list[Token], places: list[int]) -> str:
        """Return the topic with this stem as it stands in a request, or "" if that is not sure."""
        if language == "en":
            return noun_phrase(tokens, places, self._is_noun)
        if language == "ru":
            return nominative(word, self._evidence[language, word].forms)
        forms = Counter(tokens[place].word for place in places if not tokens[place].begins)
        return min(forms, key=lambda form: (-forms[form], len(form), form), default="")

    def _is_noun(self, word: str) -> bool:
        """Return True for an English noun."""
        known = self._evidence.get(("en", stem(word, "en")))
        return known is not None and not known.is_name and known.is_noun(1)


def _judge(token: Token, language: str, evidence: _Evidence) -> None:
    """Count an occurrence of a word for or against being a noun and a name."""
    earlier, before = token.before
    articles, common = ARTICLES.get(language, frozenset()), common_words(language)
    # An adjective between article and noun is followed by a word with a meaning of its own.
    last = language in DECLINED or ends_phrase(token.after, language)
    described = earlier in articles and bool(common) and before not in common
    if before in articles:
        evidence.strong += last
        evidence.weak += not last
    elif before in BEFORE_VERBS.get(language, ()) or is_no_noun(token.word, language):
        evidence.against += 1
    elif before in PREPOSITIONS.get(language, ()) or (last and described):
        evidence.strong += last
        evidence.weak += not last
    if not token.begins:
        evidence.capitals += token.word[0].isupper()
        evidence.small += not token.word[0].isupper()
    if language == "ru":
        evidence.forms.add(token.word.casefold())
