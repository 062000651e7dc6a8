"""Patterns of words, sentence gaps and placeholders. The right kind of word depends on the use."""

from __future__ import annotations

import re

# Letters, digits and underscores: for comparing texts word by word.
PLAIN_WORD = re.compile(r"\w+")
# Letters, with apostrophes inside: for counting the words of prose. A hyphen separates words.
PROSE_WORD = re.compile(r"[^\W\d_]+(?:[’'][^\W\d_]+)*")
# Letters alone: for the parts of a name with a hyphen or an apostrophe.
WORD_PART = re.compile(r"[^\W\d_]+")
# Letters, with apostrophes and hyphens inside: for names and for stems.
HYPHENATED_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
# Letters and digits, with apostrophes and hyphens inside: for private items of every kind.
ITEM_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
# The gap between two sentences, with the quotation marks and brackets that close the first.
SENTENCE_GAP = re.compile(r"(?<=[.!?…])[”’\"')\]]*\s+")
# A placeholder of redaction, such as [name], or anything else in brackets on one line.
PLACEHOLDER = re.compile(r"\[[^\]\n]{1,40}\]")


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text, each with the space after it."""
    ends = [gap.end() for gap in SENTENCE_GAP.finditer(text)]
    sentences = [text[a:b] for a, b in zip([0, *ends], [*ends, len(text)], strict=True)]
    return [sentence for sentence in sentences if sentence]


def word_list(words: str) -> tuple[str, ...]:
    """Return the words of a constant that is written as one text, for shorter lists in code."""
    return tuple(words.split())
