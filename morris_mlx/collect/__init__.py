"""Collection: files, web pages and chat exports → documents and conversations of the writer.

found = collect_files([Path("essays"), Path("notion.zip")])
print(len(found.documents), "texts,", len(found.skipped), "left out")

exports, files = find_chats([Path("result.json")])
chats = collect_chats(exports, ChatOptions(), lambda question: None, lambda label: show_bar)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from morris_mlx.collect.chats.detect_format import ChatExport
from morris_mlx.collect.chats.export_format import ReadAs
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
from morris_mlx.errors import MissingError
from morris_mlx.files import enclosing_paths, path_text, shown_path
from morris_mlx.records.corpus import Conversation, Document, Skipped, SplitAt

if TYPE_CHECKING:
    from morris_mlx.collect.files import TextReading
    from morris_mlx.collect.inventory import Inventory

MAX_REASONS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Collected:
    """Documents in file order, and every file that was left out, with the reason.

    `licenses` are the license texts that files state, by the document's source.
    """

    documents: tuple[Document, ...]
    skipped: tuple[Skipped, ...]
    licenses: Mapping[str, str] = field(default_factory=dict)


def take_inventory(paths: Sequence[Path], read_as: ReadAs | None = None) -> Inventory:
    """Return all files below the given paths, each in one place: text, chat or left out.

    `read_as` says how to read files that could be a text or a chat. Raises MissingError for a path
    that does not exist.
    """
    from morris_mlx.collect.inventory import take_inventory as take

    return take(paths, read_as)


def read_texts(inventory: Inventory, author: str = "", split: SplitAt | None = None) -> TextReading:
    """Return the reading of an inventory's texts: its `documents` are to be iterated.

    Texts that name another author than `author` are left out; "" takes all. `split` is where each
    file is split into texts; None leaves a file one text.
    """
    from morris_mlx.collect.files import TextReading

    return TextReading(inventory, author, split=split)


def collect_files(paths: Sequence[Path], split: SplitAt | None = None) -> Collected:
    """Read all texts in files, folders and zips, except hidden ones and chats.

    `split` is where each file is split into texts; None leaves a file one text.

    Raises MissingError for a path that does not exist, or when neither a text nor a chat is found.
    """
    reading = read_texts(take_inventory(paths), split=split)
    documents = tuple(reading.documents())
    if not documents and not reading.inventory.chats:
        raise nothing_found(paths, reading.skipped)
    return Collected(documents, tuple(reading.skipped), reading.licenses)


def nothing_found(paths: Sequence[Path], skipped: Sequence[Skipped]) -> MissingError:
    """Return the error for files and folders without any text or chat, with the first reasons."""
    kinds = Counter(s.kind for s in skipped if s.kind)
    named = [f"{shown_path(s.source)}: {s.reason}" for s in skipped if not s.kind]
    # A kind has one reason. A single file is named.
    counted = {
        s.kind: f"{kinds[s.kind]:,} files: {s.reason}"
        if kinds[s.kind] > 1
        else f"{shown_path(s.source)}: {s.reason}"
        for s in skipped
        if s.kind
    }
    reasons = [*named, *counted.values()]
    shown = "".join(f"\n  {reason}" for reason in reasons[:MAX_REASONS_SHOWN])
    if len(reasons) > MAX_REASONS_SHOWN:
        shown += f"\n  and {len(reasons) - MAX_REASONS_SHOWN:,} more reasons"
    names = ", ".join(shown_path(path_text(path)) for path in paths)
    return MissingError(
        f"No text found in {names}. Give texts (.txt, .md, .html, .docx …), chat exports, or a "
        f"folder or zip of them.{shown}"
    )


def find_chats(paths: Sequence[Path]) -> tuple[list[ChatExport], set[Path]]:
    """Return the chat exports in files, folders and zips, and all files that belong to them."""
    inventory = take_inventory(paths)
    return inventory.chats, {Path(source) for source in inventory.chat_files}


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

    An export that cannot be read, or whose question has no answer, does not stop the others: see
    `ChatsFound.failed` and `ChatsFound.problem`.

    Raises:
        UsageError: for an unknown name in the options.
    """
    from morris_mlx.collect.chats.read_exports import read_exports

    return read_exports(exports, options, ask, progress_for)


def merge_conversations(
    old: Iterable[Conversation],
    found: Sequence[Conversation],
    sources: Sequence[Path],
    stay: Collection[str] = (),
) -> tuple[list[Conversation], int]:
    """Replace the conversations in `old` that came from `sources` by those in `found`.

    Those whose source is in `stay` are not replaced. Returns all conversations in the order of
    their sources, and the number of those in `found` that were collected from elsewhere before and
    are left out.
    """
    is_replaced: dict[str, bool] = dict.fromkeys(stay, False)  # by source
    places = {str(source) for source in sources}
    kept: dict[str, Conversation] = {}
    for conversation in old:
        source = conversation.source
        if source not in is_replaced:
            is_replaced[source] = any(enclosing_paths(source, places))
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
    "ReadAs",
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
    "nothing_found",
    "preview_web",
    "read_texts",
    "remove_pages",
    "take_inventory",
]
