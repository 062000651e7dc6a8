"""Pieces of equal length: scores of texts are compared only at the same number of words."""

from __future__ import annotations

import re
from collections.abc import Iterable

from morris_mlx.text.words import PROSE_WORD, SENTENCE_GAP

PARAGRAPH = re.compile(r"\n\s*\n")
FULL_SHARE = 0.8  # a last piece with fewer words could be judged less reliably


def cut_pieces(texts: Iterable[str], words: int) -> list[str]:
    """Return pieces of about `words` words each, cut after sentences, from texts in their order.

    Short texts are joined to one piece. What remains at the end is a piece of its own if it has
    FULL_SHARE of the words, and is dropped otherwise.
    """
    pieces: list[str] = []
    here: list[str] = []
    count = 0
    for text in texts:
        for paragraph in PARAGRAPH.split(text):
            here.append("\n\n")
            for sentence in SENTENCE_GAP.split(paragraph):
                here += [sentence, " "]
                count += len(PROSE_WORD.findall(sentence))
                if count >= words:
                    pieces.append("".join(here).strip())
                    here, count = ["\n\n"], 0
    if count >= FULL_SHARE * words:
        pieces.append("".join(here).strip())
    return pieces
