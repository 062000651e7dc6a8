"""raw → documents and conversations: somebody's own words, read as they wrote them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from morris_mlx.collect.chats.detect_format import ChatExport
from morris_mlx.collect.chats.messages import Ask, Question, Report
from morris_mlx.collect.chats.options import ChatOptions, ChatsFound
from morris_mlx.collect.web import (
    SourceNote,
    UnwantedPages,
    WebCollected,
    WebPreview,
    WebRequest,
    collect_web,
    count_pages,
    preview_web,
    remove_pages,
)
from morris_mlx.collect.web.address import address_or_host, is_url
from morris_mlx.records.corpus import Conversation, Document, Skipped


@dataclass(frozen=True, slots=True)
class Collected:
    """What a collection found: documents in file order, and every file left out with its reason.

    `licences` are what files say of theirs, by the document's source.
    """

    documents: tuple[Document, ...]
    skipped: tuple[Skipped, ...]
    licences: Mapping[str, str] = field(default_factory=dict)


def collect_files(paths: Sequence[Path], besides: Collection[Path] = ()) -> Collected:
    """Read .txt, .md and .html files, and all of them in folders (hidden ones left out).

    `besides` are files that are read as something else. Raises MissingError for a path that does
    not exist, or when nothing at all is found.
    """
    from morris_mlx.collect.files import read_paths

    documents, skipped, licences = read_paths(paths, besides)
    return Collected(tuple(documents), tuple(skipped), licences)


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
    return everything, Collected(new, (*found.skipped, *again), found.licences)


def find_chats(paths: Sequence[Path]) -> tuple[list[ChatExport], set[Path]]:
    """The chat exports among files and folders, and all files that belong to them.

    Raises MorrisError for JSON or an archive, given by itself, that is no export we know.
    """
    from morris_mlx.collect.chats.detect_format import find_exports

    exports: list[ChatExport] = []
    files: set[Path] = set()
    for path in dict.fromkeys(p.expanduser().resolve() for p in paths):
        if path.exists() and path not in files:
            found, belonging = find_exports(path)
            exports += [e for e in found if e.path not in files]
            files |= belonging
    return exports, files


def collect_chats(
    exports: Sequence[ChatExport],
    options: ChatOptions,
    ask: Ask,
    report: Callable[[str], Report],
) -> ChatsFound:
    """Read exports into conversations, the writer "assistant".

    `ask` answers what only a person can know, `report(label)` gives what is told the bytes read.
    Raises MorrisError for a damaged export, and UsageError where nobody answers.
    """
    from morris_mlx.collect.chats.read_exports import gather

    return gather(exports, options, ask, report)


def merge_conversations(
    old: Iterable[Conversation], found: Sequence[Conversation], sources: Sequence[Path]
) -> tuple[list[Conversation], int]:
    """`found` in the place of those of `old` that came from `sources`, in order of sources.

    The second value counts those of `found` that were known from elsewhere, and so are left out.
    """
    ours: dict[str, bool] = {}
    kept: dict[str, Conversation] = {}
    for conversation in old:
        source = conversation.source
        if source not in ours:
            ours[source] = any(Path(source).is_relative_to(s) for s in sources)
        if not ours[source]:
            kept[conversation.id] = conversation
    new = [c for c in found if c.id not in kept]
    everything = sorted([*kept.values(), *new], key=lambda c: (c.source, c.date, c.id))
    return everything, len(found) - len(new)


__all__ = [
    "ChatExport",
    "ChatOptions",
    "ChatsFound",
    "Collected",
    "Question",
    "SourceNote",
    "UnwantedPages",
    "WebCollected",
    "WebPreview",
    "WebRequest",
    "address_or_host",
    "collect_chats",
    "collect_files",
    "collect_web",
    "count_pages",
    "find_chats",
    "is_url",
    "merge_conversations",
    "merge_documents",
    "preview_web",
    "remove_pages",
]
