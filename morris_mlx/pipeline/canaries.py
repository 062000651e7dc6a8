"""Canaries for a dataset: random secrets in the language of its texts, and the rows with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from morris_mlx.records.corpus import Canary, Conversation, Document, Example

READ_TEXTS = 50  # of the documents and of the conversations: enough to tell two scripts apart
READ_CHARACTERS = 2000  # of each


def plant_canaries(
    count: int,
    repeats: int,
    seed: int,
    documents: Sequence[Document],
    conversations: Sequence[Conversation],
) -> tuple[tuple[Canary, ...], tuple[Example, ...]]:
    """Return canaries and their training rows; each is in `repeats` rows.

    Raises UsageError for a number of canaries or repeats that there cannot be.
    """
    from morris_mlx.audit.canaries import canary_rows, make_canaries

    texts = [d.text[:READ_CHARACTERS] for d in islice(documents, READ_TEXTS)] if count else []
    for chat in islice(conversations, READ_TEXTS) if count else ():
        texts += [m.content[:READ_CHARACTERS] for m in chat.messages if m.role == "assistant"]
    canaries = make_canaries(count, seed, probe_language(texts), repeats)
    return canaries, tuple(canary_rows(canaries))


def probe_language(texts: Iterable[str]) -> str:
    """Return "ru" for texts that are mostly in Cyrillic letters, else "en"."""
    cyrillic = letters = 0
    for text in texts:
        letters += sum(c.isalpha() for c in text)
        cyrillic += sum("\u0400" <= c <= "\u04ff" for c in text)
    return "ru" if 2 * cyrillic > letters else "en"
