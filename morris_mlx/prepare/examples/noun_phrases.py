"""English noun phrases: a noun with its article and, if they belong together, one word before it.

The phrase is the usual one of the text: "the office fridge", "a pedometer", "coffee", "masts".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from morris_mlx.prepare.examples.tokens import Token
from morris_mlx.prepare.examples.word_classes import (
    ARTICLES,
    COMMON_NOUNS,
    IRREGULAR,
    NO_TOPICS,
    PREPOSITIONS,
    is_no_noun,
)
from morris_mlx.prepare.style.common_words import common_words

INDEFINITE = frozenset({"a", "an", "every", "each", "another"})
DEFINITE = ARTICLES["en"] - INDEFINITE - {"some", "no", "any"}
NONE = "none"
MIN_TOGETHER = 2  # times that two words stand together, to be one phrase
MIN_WITHOUT = 2  # times without an article: "by train" does not make "train" an uncountable noun
TOGETHER_SHARE = 0.5  # of the noun's occurrences
HEAD_SHARE = 0.5  # of the occurrences: a word mostly before another noun is no topic by itself


def noun_phrase(
    tokens: Sequence[Token], places: Sequence[int], is_noun: Callable[[str], bool]
) -> str:
    """Return the phrase of the noun at `places` of a text, or "" if it mostly modifies others.

    `is_noun` tells whether a word is a noun elsewhere.
    """
    if longer := _compound(tokens, places, is_noun):
        return longer
    heads = [tokens[place] for place in places if ends_phrase(tokens[place].after, "en")]
    if len(heads) < HEAD_SHARE * len(places):
        return ""
    before = Counter(token.before[1] for token in heads if _modifies(token.before[1]))
    modifier = _most(before)
    if before[modifier] < MIN_TOGETHER or before[modifier] < TOGETHER_SHARE * len(heads):
        return _with_article(heads, "")
    return _with_article([token for token in heads if token.before[1] == modifier], modifier)


def _compound(
    tokens: Sequence[Token], places: Sequence[int], is_noun: Callable[[str], bool]
) -> str:
    """Return the phrase of the noun that follows at most places, or ""."""
    following = Counter(tokens[place].after for place in places)
    noun = _most(following)
    count = following[noun]
    if count < MIN_TOGETHER or count < TOGETHER_SHARE * len(places):
        return ""
    if ends_phrase(noun, "en") or not is_noun(noun):
        return ""
    pairs = [(tokens[n], tokens[n + 1]) for n in places if tokens[n].after == noun]
    if not any(ends_phrase(second.after, "en") for _, second in pairs):
        return ""  # there are longer phrases of three words
    modifier = _most(Counter(_small(first) for first, _ in pairs))
    return _with_article([second for _, second in pairs], modifier)


def _with_article(heads: Sequence[Token], modifier: str) -> str:
    """Return the noun of these tokens in its usual number with its usual article."""
    plural = [t for t in heads if _is_plural(_small(t)) and _article(t) not in INDEFINITE]
    several = 2 * len(plural) >= len(heads)
    if not several:
        heads = [token for token in heads if token not in plural]
    words = Counter(map(_small, plural if several else heads))
    phrase = f"{modifier} {_most(words)}".strip()
    if several:
        return phrase
    articles = [_article(token) for token in heads]
    indefinite = sum(article in INDEFINITE for article in articles)
    definite = sum(article in DEFINITE for article in articles)
    none = articles.count(NONE)
    if none >= MIN_WITHOUT and none > definite and not indefinite:
        return phrase
    if not definite + indefinite:
        return ""
    if definite >= indefinite:
        return f"the {phrase}"
    return f"{'an' if phrase[0] in 'aeio' else 'a'} {phrase}"


def _most(counts: Counter[str]) -> str:
    """Return the most frequent word; of equally frequent ones the first in the alphabet."""
    return min(counts, key=lambda word: (-counts[word], word), default="")


def _article(token: Token) -> str:
    """Return the article of a noun, NONE if it has none, or "" if that is not known.

    Without a preposition, a noun without an article may be a heading or one of a list.
    """
    earlier, before = token.before
    if before in ARTICLES["en"]:
        return before
    if before in PREPOSITIONS["en"]:
        return NONE
    return earlier if earlier in ARTICLES["en"] and _modifies(before) else ""


def ends_phrase(after: str, language: str) -> bool:
    """Return True if a phrase ends before the word `after`, which has no meaning of its own."""
    common = common_words(language) - COMMON_NOUNS.get(language, frozenset())
    return not common or not after or after in common or is_no_noun(after, language)


def _modifies(word: str) -> bool:
    """Return True for a word that may stand between an article and its noun."""
    plain = word not in common_words("en") and word not in NO_TOPICS["en"]
    return len(word) > 2 and plain and not word.endswith("ly")


def _small(token: Token) -> str:
    return token.word.casefold()


def _is_plural(word: str) -> bool:
    return word in IRREGULAR or (word.endswith("s") and not word.endswith(("ss", "us", "is")))
