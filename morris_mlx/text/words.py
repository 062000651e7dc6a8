"""Patterns of words, sentence ends and placeholders that several modules share."""

from __future__ import annotations

import re

WORD = re.compile(r"\w+")  # letters, digits and underscores: the words of comparisons
# Letters alone, also with apostrophes and hyphens inside: don't, well-known, Анна-Мария.
SPELLED_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
# The gap between two sentences, with the quotation marks and brackets that close the first.
SENTENCE_GAP = re.compile(r"(?<=[.!?…])[”’\"')\]]*\s+")
# A placeholder of redaction, such as [name], or anything else in brackets on one line.
PLACEHOLDER = re.compile(r"\[[^\]\n]{1,40}\]")
