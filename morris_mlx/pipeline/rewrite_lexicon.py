"""Words that tell names from other words at the beginning of a sentence."""

from __future__ import annotations

from collections.abc import Iterable

from morris_mlx.text.facts.names import Lexicon
from morris_mlx.text.folding import fold, lowercase
from morris_mlx.text.words import HYPHENATED_WORD

FREQUENT_ENGLISH = "en-frequent"  # the key of the computed list


def build_lexicon(texts: Iterable[str] = ()) -> Lexicon:
    """Return the word lists of the name recognizer, with the words of `texts` in lower case."""
    from morris_mlx.prepare.redact.word_lists import given_names, ordinary_words

    ordinary = set(function_and_common_words() | ordinary_words()[FREQUENT_ENGLISH])
    for text in texts:
        words = (match[0] for match in HYPHENATED_WORD.finditer(fold(text).text))
        ordinary |= {lowercase(word) for word in words if word[0].islower()}
    return Lexicon(frozenset(map(lowercase, ordinary)), given_names())


def function_and_common_words() -> frozenset[str]:
    """Return the function words and common words of English and Russian, in lower case."""
    from morris_mlx.prepare.redact.word_lists import function_words
    from morris_mlx.prepare.style.common_words import ENGLISH, RUSSIAN

    words = ENGLISH | RUSSIAN | function_words()["en"] | function_words()["ru"]
    return frozenset(map(lowercase, words))
