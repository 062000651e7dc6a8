"""Words of a text with their neighbors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from morris_mlx.text.words import PLACEHOLDER

TOKEN = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*|[^\w\s]|\d+|\n\n")
CONTRACTION = re.compile(r"[’'](?:t|re|ve|ll|d|m)\b", re.I)  # wouldn’t, they’re
SENTENCE_ENDS = (".", "!", "?", "…", ":", "\n\n")
APOSTROPHES = ("’", "'")
# Of a long text, the beginning is requested: its topics must not be from a later chapter.
MAX_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text with its neighbors in lower case, "" where a sentence or clause ends.

    `before` are the two words before it, the nearer one last.
    """

    word: str
    before: tuple[str, str]
    after: str
    begins: bool  # a sentence
    sentence: int


def read_tokens(text: str) -> Iterator[Token]:
    """Yield the words of the beginning of a text, without placeholders of redaction."""
    text = PLACEHOLDER.sub(" . ", text[:MAX_CHARACTERS])
    matches = list(TOKEN.finditer(text))
    following = [m.group().casefold() if m.group()[0].isalpha() else "" for m in matches[1:]]
    begins, sentence, before = True, 0, ("", "")
    for match, after in zip(matches, [*following, ""], strict=True):
        word = match.group()
        if word[0].isalpha():
            if not CONTRACTION.match(text, match.end()):
                yield Token(word, before, after, begins, sentence)
            begins, before = False, (before[1], word.casefold())
        elif word in SENTENCE_ENDS:
            begins, sentence, before = True, sentence + 1, ("", "")
        elif word not in APOSTROPHES:  # l’eau: the article is before the noun
            before = ("", "")
