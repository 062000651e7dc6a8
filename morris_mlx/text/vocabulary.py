"""A measure of how well a tokenizer's vocabulary knows a language: bytes of text per token.

A model that was trained on a language has tokens for its words; any other model splits the words
into syllables, letters or bytes. Scripts are compared in bytes of UTF-8: a letter has one byte in
English, two in Russian and three in Chinese.

Measured on a paragraph each of English, German, Russian, Greek and Chinese
(`scripts/bench/vocabulary.py`): the practice base 4.3, 2.5, 1.0, 1.0, 1.0; SmolLM2 4.8, 2.9, 2.5,
2.2, 1.6; Zephyr 4.5, 3.6, 4.5, 1.8, 2.6; Llama 3 4.8, 4.0, 5.9, 4.4, 3.7; Qwen 4.8, 4.0, 5.2, 2.1,
3.9; Qwen 3.6 4.8, 4.8, 7.5, 4.5, 4.7; Gemma 3 4.9, 4.9, 7.5, 4.4, 4.3; Mistral's Tekken 4.8, 4.9,
6.4, 4.4, 3.1. English chats have short words and typing errors, so their figures are lower: 3.5 for
the practice base. A model writes a language with a low figure badly or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum

from morris_mlx.text.words import PROSE_WORD

KNOWN_BYTES = 3.0  # bytes per token of a language that a model may know
BROKEN_BYTES = 1.5  # below it most tokens are bytes: the model has no words at all
LEAST_BYTES = 400  # of text; in less, one unusual name would decide the figure


class Knowledge(StrEnum):
    """Grades of how well a vocabulary covers a language."""

    KNOWN = "known"
    POOR = "poor"
    NONE = "none"


def bytes_per_token(texts: Iterable[str], count_tokens: Callable[[str], int]) -> float | None:
    """Return the bytes of the words of `texts` per token; None for too little text.

    Only words count: digits, punctuation and emoji belong to no language.
    """
    size = tokens = 0
    for text in texts:
        words = " ".join(PROSE_WORD.findall(text))
        size += len(words.encode())
        tokens += count_tokens(words)
    return None if size < LEAST_BYTES or not tokens else size / tokens


def knowledge(bytes_a_token: float) -> Knowledge:
    """Return how well a vocabulary with this many bytes per token covers a language."""
    if bytes_a_token >= KNOWN_BYTES:
        return Knowledge.KNOWN
    return Knowledge.POOR if bytes_a_token >= BROKEN_BYTES else Knowledge.NONE
