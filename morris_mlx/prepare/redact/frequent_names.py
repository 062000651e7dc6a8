"""Names that were replaced suspiciously often, and languages without lists of names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from morris_mlx.prepare.cleaning.language import detect_language
from morris_mlx.prepare.redact.names import is_function_word, is_ordinary
from morris_mlx.prepare.redact.word_lists import is_given_name
from morris_mlx.prepare.redact.word_usage import WordUsage
from morris_mlx.prepare.report.language_names import language_name
from morris_mlx.records.corpus import Conversation, Document
from morris_mlx.text.pii import FrequentName, PiiKind, mask

MAX_NAME_SHARE = 0.001  # of all words: one name word; letters between friends have less
MAX_NAMES_SHARE = 0.02  # of all words: all names together
MIN_COUNT = 3  # in a few short texts, one name is already a large share
MAX_SHOWN = 10
KNOWN_LANGUAGES = frozenset(("en", "ru"))
MIN_SHARE = 0.1  # of the texts whose language is detected
MAX_DETECTED = 200  # texts, evenly chosen: enough for the main languages


def most_frequent(counts: Mapping[str, int], words: int) -> list[tuple[str, int]]:
    """Return the names that were replaced too often to be plausible, with their counts.

    These are the names above MAX_NAME_SHARE of `words`. If all names together are above
    MAX_NAMES_SHARE, they are the most frequent ones.
    """
    if not words:
        return []
    least = max(MIN_COUNT, MAX_NAME_SHARE * words)
    total = sum(counts.values())
    if total >= MIN_COUNT and total > MAX_NAMES_SHARE * words:
        least = 1
    return [(name, n) for name, n in Counter(counts).most_common(MAX_SHOWN) if n >= least]


def find_frequent_names(counts: Counter[str], usage: WordUsage) -> tuple[FrequentName, ...]:
    """Return `most_frequent`, with names masked and ordinary words as they are."""
    return tuple(
        FrequentName(_shown(name, usage), n, n / usage.words)
        for name, n in most_frequent(counts, usage.words)
    )


def _shown(name: str, usage: WordUsage) -> str:
    words = name.split()
    ordinary = all(is_function_word(w) or is_ordinary(w, usage) for w in words)
    return name if ordinary and not any(map(is_given_name, words)) else mask(PiiKind.name, name)


def unknown_names(
    documents: Sequence[Document], conversations: Sequence[Conversation]
) -> Iterator[str]:
    """Yield a sentence on each main language without lists and declensions of names."""
    chats = len(documents)
    count = chats + len(conversations)
    texts = (
        documents[n].text
        if n < chats
        else "\n".join(m.content for m in conversations[n - chats].messages)
        for n in range(0, count, max(1, count // MAX_DETECTED))
    )
    codes = Counter(filter(None, map(detect_language, texts)))
    for code, n in codes.most_common():
        if code not in KNOWN_LANGUAGES and n >= MIN_SHARE * codes.total():
            yield (
                f"names in {language_name(code)} of people who are neither contacts nor in "
                "--names, and short forms and grammatical cases of names in this language"
            )
