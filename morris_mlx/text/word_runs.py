"""Runs of words that two texts have in common: whether a request gives its answer away."""

from __future__ import annotations

import re

from morris_mlx.text.folding import plain

OVERLAP_WORDS = 8  # in a row: so many are quoted or copied, not chanced upon

WORD = re.compile(r"\w+")


def runs(text: str, length: int = OVERLAP_WORDS) -> set[tuple[str, ...]]:
    """All runs of `length` words, as they are compared: folded, in one case, without marks."""
    words = WORD.findall(plain(text))
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


def gives_away(request: str, answer: str) -> bool:
    """Whether OVERLAP_WORDS words in a row of the answer stand in the request."""
    asked = runs(request)
    return bool(asked) and not asked.isdisjoint(runs(answer))


def end_of(context: str, answer: str) -> str:
    """As much of the end of `context` as gives nothing of the answer away."""
    asked = runs(context)
    if not asked or (known := runs(answer)).isdisjoint(asked):
        return context
    words = context.split()
    while words and not known.isdisjoint(runs(" ".join(words))):
        words = words[1:]
    return " ".join(words)
