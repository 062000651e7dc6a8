"""Collection: files, web pages and chat exports → documents and conversations of the writer.

found = collect_files([Path("essays")])
print(len(found.documents), "texts,", len(found.skipped), "left out")

exports, files = find_chats([Path("result.json")])
chats = collect_chats(exports, ChatOptions(), lambda question: None, lambda label: show_bar)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from morris_mlx.collect.chats.detect_format import ChatExport
from morris_mlx.collect.chats.messages import AskUser, OnProgress, Question
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
from morris_mlx.records.corpus import Conversation, Document, Skipped, SplitAt


@dataclass(frozen=True, slots=True)
class Collected:
    """Documents in file order, and every file that was left out, with the reason.

    `licenses` are the license texts that files state, by the document's source.
    """

    documents: tuple[Document, ...]
    skipped: tuple[Skipped, ...]
    licenses: Mapping[str, str] = field(default_factory=dict)


def collect_files(
    paths: Sequence[Path], besides: Collection[Path] = (), split: SplitAt | None = None
) -> Collected:
    """Read .txt, .md and .html files, also those in folders, except hidden ones.

    Args:
        paths: files and folders.
        besides: files to leave out because they are read as chat exports.
        split: where each file is split into texts; None leaves a file one text.

    Raises:
        MissingError: for a path that does not exist, or when no text is found.
    """
    from morris_mlx.collect.files import read_texts

    documents, skipped, licenses = read_texts(paths, besides, split)
    return Collected(tuple(documents), tuple(skipped), licenses)


def find_divisible(documents: Iterable[Document]) -> dict[str, int]:
    """Return the sources of documents that hold several texts, with the number of texts in each."""
    from morris_mlx.collect.readers.split_text import count_parts

    counts = {document.source: count_parts(document.text) for document in documents}
    return {source: count for source, count in counts.items() if count}


def merge_documents(
    old: Sequence[Document],
    found: Collected,
    sources: Sequence[Path],
    pages: Collection[str] = (),
) -> tuple[list[Document], Collected]:
    """Replace the documents in `old` that came from `sources` or `pages` by those in `found`.

    Returns all documents in the order of their sources, and `found` without the texts that were
    collected from elsewhere before: its `skipped` names them.
    """
    replaced = frozenset(pages)
    kept = [
        d
        for d in old
        if d.source not in replaced and not any(Path(d.source).is_relative_to(s) for s in sources)
    ]
    known = {d.id: d.source for d in kept}
    new = tuple(d for d in found.documents if d.id not in known)
    duplicates = tuple(
        Skipped(d.source, f"the same text as {known[d.id]}, collected before")
        for d in found.documents
        if d.id in known
    )
    everything = sorted([*kept, *new], key=lambda d: (d.source, d.id))
    return everything, Collected(new, (*found.skipped, *duplicates), found.licenses)


def find_chats(paths: Sequence[Path]) -> tuple[list[ChatExport], set[Path]]:
    """Return the chat exports in files and folders, and all files that belong to them.

    Raises MorrisError for a single file that is JSON or an archive, but no known export.
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
    ask: AskUser,
    progress_for: Callable[[str], OnProgress],
) -> ChatsFound:
    """Read exports into conversations in which the writer is the assistant.

    Args:
        exports: as returned by `find_chats`.
        options: which chats to take, and how to split them.
        ask: answers questions that only the user can answer; None means no answer.
        progress_for: returns the progress callback (bytes read, total) for an export's label.

    Raises:
        UsageError: for an unknown name in the options, or a question without an answer.
        MorrisError: for a damaged export, or when no message of the writer is left.
    """
    from morris_mlx.collect.chats.read_exports import read_exports

    return read_exports(exports, options, ask, progress_for)


def merge_conversations(
    old: Iterable[Conversation], found: Sequence[Conversation], sources: Sequence[Path]
) -> tuple[list[Conversation], int]:
    """Replace the conversations in `old` that came from `sources` by those in `found`.

    Returns all conversations in the order of their sources, and the number of those in `found`
    that were collected from elsewhere before and are left out.
    """
    is_replaced: dict[str, bool] = {}  # by source
    kept: dict[str, Conversation] = {}
    for conversation in old:
        source = conversation.source
        if source not in is_replaced:
            is_replaced[source] = any(Path(source).is_relative_to(s) for s in sources)
        if not is_replaced[source]:
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
    "find_divisible",
    "is_url",
    "merge_conversations",
    "merge_documents",
    "preview_web",
    "remove_pages",
]
