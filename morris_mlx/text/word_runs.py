"""Runs of words that two texts share: a request must not contain its answer."""

from __future__ import annotations

from morris_mlx.text.folding import fold_lowercase
from morris_mlx.text.words import PLAIN_WORD

OVERLAP_WORDS = 8  # in a row: a shared run of this length is a quotation or a copy, not chance


def word_runs(text: str, length: int = OVERLAP_WORDS) -> set[tuple[str, ...]]:
    """Return all runs of `length` words of a text, folded, in lower case, without punctuation."""
    words = PLAIN_WORD.findall(fold_lowercase(text))
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


def shares_words(request: str, answer: str) -> bool:
    """Return True if the request contains OVERLAP_WORDS words in a row of the answer."""
    asked = word_runs(request)
    return bool(asked) and not asked.isdisjoint(word_runs(answer))


def trim_overlap(context: str, answer: str) -> str:
    """Return the longest end of `context` that shares no run of words with the answer."""
    asked = word_runs(context)
    if not asked or (known := word_runs(answer)).isdisjoint(asked):
        return context
    words = context.split()
    while words and not known.isdisjoint(word_runs(" ".join(words))):
        words = words[1:]
    return " ".join(words)
