"""A summary of a text of any length: piece by piece, and then of the pieces' summaries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from morris_mlx.errors import MorrisError, UsageError

SUMMARY_REQUEST = "Summarise the following text in a few sentences. Keep to what it says.\n\n"
SUMMARY_WORDS = 1500  # of a text at once where nobody can count tokens: fits any window of 4,096

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+")
MOST_ROUNDS = 12  # each makes the text shorter; a model that does not shorten would go on for ever


def summarise(
    text: str, complete: Callable[[str], str], count: Callable[[str], int], room: int
) -> str:
    """`complete` answers a request; a text of more than `room` by `count` goes in pieces.

    Raises UsageError for an empty text, and MorrisError when summaries do not get shorter.
    """
    if not text.strip():
        raise UsageError("There is nothing to summarise: the text is empty.")
    for _ in range(MOST_ROUNDS):
        pieces = list(_pieces(text, count, room))
        if len(pieces) == 1:
            return complete(SUMMARY_REQUEST + pieces[0])
        shorter = "\n".join(complete(SUMMARY_REQUEST + piece) for piece in pieces)
        if count(shorter) >= count(text):
            break
        text = shorter
    raise MorrisError(
        "The summaries of the pieces are as long as the text. Lower max_tokens, or take a model "
        "that follows instructions."
    )


def _pieces(text: str, count: Callable[[str], int], room: int) -> Iterator[str]:
    """Whole sentences, as many as fit; a sentence that does not is cut at a word or letter."""
    held: list[str] = []
    size = 0
    for sentence in filter(None, _SENTENCE_END.split(text.strip())):
        for part in _parts(sentence, count, room):
            more = count(part) + 1  # for what joins them
            if held and size + more > room:
                yield " ".join(held)
                held, size = [], 0
            held.append(part)
            size += more
    if held:
        yield " ".join(held)


def _parts(sentence: str, count: Callable[[str], int], room: int) -> Iterator[str]:
    if count(sentence) <= room or len(sentence) < 2:
        yield sentence
        return
    middle = len(sentence) // 2
    space = sentence.rfind(" ", 1, middle)
    at = space if space > 0 else middle
    yield from _parts(sentence[:at].strip(), count, room)
    yield from _parts(sentence[at:].strip(), count, room)
