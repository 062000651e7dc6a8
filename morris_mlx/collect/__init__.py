"""raw → documents: somebody's own files and web pages, read as they wrote them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from morris_mlx.collect.web import (
    Outlook,
    SourceNote,
    WebCollected,
    WebRequest,
    collect_web,
    preview_web,
)
from morris_mlx.collect.web.address import is_url
from morris_mlx.records import Document, Skipped


@dataclass(frozen=True, slots=True)
class Collected:
    """What a collection found: documents in file order, and every file left out with its reason."""

    documents: tuple[Document, ...]
    skipped: tuple[Skipped, ...]


def collect_files(paths: Sequence[Path]) -> Collected:
    """Read .txt, .md and .html files, and all of them in folders (hidden ones left out).

    Raises MissingError for a path that does not exist, or when no document is found at all.
    """
    from morris_mlx.collect.files import read_paths

    documents, skipped = read_paths(paths)
    return Collected(tuple(documents), tuple(skipped))


def merge_documents(
    old: Sequence[Document],
    found: Collected,
    sources: Sequence[Path],
    pages: Collection[str] = (),
) -> tuple[list[Document], Collected]:
    """The new documents in the place of those of `old` that came from `sources` or `pages`.

    Returns all documents in the order of their sources, and `found` without what was known from
    elsewhere: that is added to its skipped ones.
    """
    gone = frozenset(pages)
    kept = [
        d
        for d in old
        if d.source not in gone and not any(Path(d.source).is_relative_to(s) for s in sources)
    ]
    known = {d.id: d.source for d in kept}
    new = tuple(d for d in found.documents if d.id not in known)
    again = tuple(
        Skipped(d.source, f"the same text as {known[d.id]}, collected before")
        for d in found.documents
        if d.id in known
    )
    everything = sorted([*kept, *new], key=lambda d: (d.source, d.id))
    return everything, Collected(new, (*found.skipped, *again))


__all__ = [
    "Collected",
    "Outlook",
    "SourceNote",
    "WebCollected",
    "WebRequest",
    "collect_files",
    "collect_web",
    "is_url",
    "merge_documents",
    "preview_web",
]
