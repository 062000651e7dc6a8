"""Documents → documents fit to learn from: cleaned, redacted, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from morris_mlx.prepare.clean import clean_documents
from morris_mlx.prepare.duplicates import find_duplicates
from morris_mlx.prepare.redact.redactor import redact as redacted_of
from morris_mlx.records import Document
from morris_mlx.redaction import Person, PrivateMap, RedactionReport

DUPLICATE, NEAR = "exact duplicate", "nearly the same as another"
MENDED, LINES = "documents with a repaired encoding", "lines that repeat from text to text"


@dataclass(frozen=True, slots=True)
class Ready:
    """Documents in the order of their ids; `together` are ids that no split may part."""

    documents: tuple[Document, ...]
    given: int  # documents before
    dropped: dict[str, int]
    mended: dict[str, int]
    together: tuple[tuple[str, ...], ...]
    redaction: RedactionReport | None
    private_map: PrivateMap


def ready_documents(
    documents: Sequence[Document], redact: bool, people: Sequence[Person], languages: Sequence[str]
) -> Ready:
    """Redacted before they are compared: copies that differ in a phone number alone are copies."""
    cleaned = clean_documents(documents, languages)
    kept = cleaned.documents
    redacted = redacted_of(kept, people=people) if redact else None
    if redacted:
        kept = redacted.documents
    found = find_duplicates([d.text for d in kept])
    return Ready(
        documents=tuple(d for i, d in enumerate(kept) if i not in found.exact | found.near),
        given=len(documents),
        dropped={DUPLICATE: len(found.exact), NEAR: len(found.near)} | cleaned.dropped,
        mended={MENDED: cleaned.mended, LINES: cleaned.lines},
        together=tuple(tuple(kept[i].id for i in group) for group in found.related),
        redaction=redacted.report if redacted else None,
        private_map=redacted.private_map if redacted else PrivateMap(),
    )
