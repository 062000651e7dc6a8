"""Runs of words that two texts share: a request must not contain its answer."""

from __future__ import annotations

from collections.abc import Callable

from morris_mlx.text.folding import fold_lowercase
from morris_mlx.text.words import PLAIN_WORD

OVERLAP_WORDS = 8  # in a row: a shared run of this length is a quotation or a copy, not chance


def plain_words(text: str) -> list[str]:
    """Return the words of a text, folded, in lower case, without punctuation."""
    return PLAIN_WORD.findall(fold_lowercase(text))


def word_runs(text: str, length: int = OVERLAP_WORDS) -> set[tuple[str, ...]]:
    """Return all runs of `length` words of a text, folded, in lower case, without punctuation."""
    words = plain_words(text)
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


def shares_words(request: str, answer: str) -> bool:
    """Return True if the request contains OVERLAP_WORDS words in a row of the answer."""
    asked = word_runs(request)
    if not asked:
        return False
    words = plain_words(answer)  # may be a book: its runs are not collected
    first = {run[0] for run in asked}
    return any(
        word in first and tuple(words[at : at + OVERLAP_WORDS]) in asked
        for at, word in enumerate(words)
    )


def trim_overlap(context: str, shares: Callable[[str], bool]) -> str:
    """Return the longest end of `context`, in whole words, for which `shares` is False.

    `shares` returns True for a text that has a run of words of the answer.
    """
    if not shares(context):
        return context
    words = context.split()
    while words and shares(" ".join(words)):
        words = words[1:]
    return " ".join(words)
