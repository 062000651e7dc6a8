"""Parsed exports, grouped by platform: the records between reading and building conversations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from morris_mlx.collect.chats.detect_format import ChatExport
from morris_mlx.collect.chats.find_writer import Participants
from morris_mlx.collect.chats.messages import ChannelPost, ParseContext
from morris_mlx.collect.chats.session_splitter import Session
from morris_mlx.files import path_text
from morris_mlx.records.corpus import Document
from morris_mlx.text.numbers import counted

MAX_LINES = 5  # of exports with the same title, before they share a line


@dataclass(frozen=True, slots=True)
class ParsedExport:
    """One export that was read to its end.

    `senders` counts the messages of each sender and `chats` are the ids of all chats, those that
    the options leave out included. `documents` are the posts of the writer's channels.
    """

    export: ChatExport
    context: ParseContext
    senders: Counter[str]
    chats: set[str]
    sessions: list[Session]
    documents: tuple[Document, ...] = ()

    @property
    def title(self) -> str:
        """The format with its variant: "Telegram chat"."""
        return " ".join(filter(None, (self.export.format, self.context.variant)))


def summarize(exports: Sequence[ParsedExport], own_ids: Collection[str]) -> list[str]:
    """Return a line for each export: "Telegram chat: 1 chat, 5 messages of yours".

    Many exports of one kind, such as the chats of a network, share a line.
    """
    by_title: dict[str, list[ParsedExport]] = {}
    for parsed in exports:
        by_title.setdefault(parsed.title, []).append(parsed)
    lines: list[str] = []
    for title, parsed_exports in by_title.items():
        if len(parsed_exports) > MAX_LINES:
            files = counted(len(parsed_exports), "export")
            lines.append(_line(f"{title}, {files}", parsed_exports, own_ids))
        else:
            lines += [_line(title, [parsed], own_ids) for parsed in parsed_exports]
    return lines


def _line(title: str, exports: Sequence[ParsedExport], own_ids: Collection[str]) -> str:
    chats = set().union(*(parsed.chats for parsed in exports))
    own = sum(parsed.senders[person] for parsed in exports for person in own_ids)
    found = [counted(len(chats), "chat"), f"{counted(own, 'message')} of yours"]
    if documents := sum(len(parsed.documents) for parsed in exports):
        found.append(f"{counted(documents, 'text')} of your channel")
    return f"{title}: {', '.join(found)}"


@dataclass(frozen=True, slots=True)
class Platform:
    """All exports of one platform, and everybody in them by the platform's ids."""

    people: Participants
    exports: list[ParsedExport] = field(default_factory=list)

    @property
    def owner_ids(self) -> set[str]:
        """The ids that the exports name as the owner's: those that write, if any of them does."""
        ids = {i for parsed in self.exports for i in parsed.context.owner_ids}
        return ids & self.people.by_id.keys() or ids

    @property
    def posts(self) -> list[ChannelPost]:
        """The posts of the writer's channels in all exports."""
        return [post for parsed in self.exports for post in parsed.context.posts]

    @property
    def paths(self) -> str:
        """The paths of the exports, for messages."""
        return ", ".join(dict.fromkeys(path_text(parsed.export.path) for parsed in self.exports))
