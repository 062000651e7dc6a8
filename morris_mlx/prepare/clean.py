"""Which documents are worth learning from, and why the others are not."""

from __future__ import annotations

from collections.abc import Sequence

from morris_mlx.records import Document
from morris_mlx.settings import MIN_WORDS

DUPLICATE, SHORT = "exact duplicate", f"shorter than {MIN_WORDS} words"


def clean_documents(documents: Sequence[Document]) -> tuple[list[Document], dict[str, int]]:
    """The documents to keep, in the order of their ids, and how many went for what reason."""
    dropped = {DUPLICATE: 0, SHORT: 0}
    kept: dict[str, Document] = {}
    for document in documents:
        if document.id in kept:
            dropped[DUPLICATE] += 1
        elif len(document.text.split()) < MIN_WORDS:
            dropped[SHORT] += 1
        else:
            kept[document.id] = document
    return [kept[i] for i in sorted(kept)], dropped
