"""A summary of a text of any length: of its pieces first, then of the pieces' summaries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from morris_mlx.errors import MorrisError, UsageError

SUMMARY_REQUEST = "Summarise the following text in a few sentences. Keep to what it says.\n\n"
SUMMARY_WORDS = 1500  # at once, where no tokenizer counts tokens: fits any window of 4,096

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+")
MOST_ROUNDS = 12  # each makes the text shorter; a model that does not shorten would never end


def summarize(
    text: str, complete: Callable[[str], str], count: Callable[[str], int], limit: int
) -> str:
    """Return a summary; a text that `count` measures above `limit` is split into pieces.

    `complete` returns the model's answer to a request.

    Raises UsageError for an empty text, and MorrisError when the summaries do not get shorter.
    """
    if not text.strip():
        raise UsageError("The text to summarize is empty. Give one with words in it.")
    for _ in range(MOST_ROUNDS):
        pieces = list(_pieces(text, count, limit))
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


def _pieces(text: str, count: Callable[[str], int], limit: int) -> Iterator[str]:
    """Yield as many whole sentences as fit; longer sentences are cut between words or letters."""
    held: list[str] = []
    size = 0
    for sentence in filter(None, _SENTENCE_END.split(text.strip())):
        for part in _parts(sentence, count, limit):
            more = count(part) + 1  # for the space that joins them
            if held and size + more > limit:
                yield " ".join(held)
                held, size = [], 0
            held.append(part)
            size += more
    if held:
        yield " ".join(held)


def _parts(sentence: str, count: Callable[[str], int], limit: int) -> Iterator[str]:
    if count(sentence) <= limit or len(sentence) < 2:
        yield sentence
        return
    middle = len(sentence) // 2
    space = sentence.rfind(" ", 1, middle)
    at = space if space > 0 else middle
    yield from _parts(sentence[:at].strip(), count, limit)
    yield from _parts(sentence[at:].strip(), count, limit)
