"""The writer's own repetition, by the same measure as the copies in generated texts."""

from __future__ import annotations

from collections.abc import Sequence

from morris_mlx.text.copying import CopiedSpan, Copying, find_copies

__all__ = ["CopiedSpan", "Copying", "find_copies", "own_repetition"]


def own_repetition(texts: Sequence[str], words: int) -> Copying:
    """Return the longest spans that the writer's own texts share with one another.

    Every writer repeats some phrases. Every second text is searched for in the others, in pieces of
    about `words` words, the length of the generated texts: a longer text has more chances.
    """
    pieces = []
    for text in texts[1::2]:
        split = text.split()
        pieces += [" ".join(split[at : at + words]) for at in range(0, len(split), words)]
    return find_copies(pieces, texts[::2])
