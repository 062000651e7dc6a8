"""The common part of chats in plain text: entries with sender and time become messages."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from morris_mlx.collect.archives import Archive
from morris_mlx.collect.chats.message_text import empty_reason, normalize_message
from morris_mlx.collect.chats.messages import Chat, ChatKind, ChatMessage, ParseContext
from morris_mlx.collect.chats.skip_reasons import SkipReason
from morris_mlx.errors import MorrisError


@dataclass(frozen=True, slots=True)
class TextEntry:
    """One entry of a chat. A `reason` leaves it out whatever its text; `seconds` may be unknown."""

    sender: str
    seconds: float | None
    text: str
    reason: SkipReason | None = None


def read_lines(archive: Archive, name: str, program: str) -> Iterator[str]:
    """Yield the lines of a text file in UTF-8 or UTF-16, without their ends.

    Raises MorrisError, which names the program to export from again, for other bytes.
    """
    with archive.open(name) as raw:
        first = raw.read(2)
    encoding = "utf-16" if first in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    with io.TextIOWrapper(archive.open(name), encoding=encoding) as file:
        try:
            # Not splitlines(): a lone U+2028 or form feed belongs to a message.
            for row in file:
                yield row.rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise MorrisError(
                f"{archive.path} is not UTF-8 ({error.reason}), so it was changed after {program} "
                "wrote it. Export the chat again."
            ) from error


def to_messages(
    entries: Sequence[TextEntry], chat: Chat, platform: str, context: ParseContext
) -> Iterator[ChatMessage]:
    """Yield the messages of a chat in the order of time. The others are counted by reason.

    Args:
        entries: all entries of the file.
        chat: the chat that they belong to.
        platform: the first part of the ids of people.
        context: receives counts and names.
    """
    found: list[ChatMessage] = []
    for entry in entries:
        text = normalize_message(entry.text)
        reason = entry.reason or empty_reason(text)
        if not reason and entry.seconds is None:
            reason = SkipReason.INVALID_DATE
        if not reason and not entry.sender:
            reason = SkipReason.SERVICE
        if reason or entry.seconds is None:
            context.skip(reason or SkipReason.INVALID_DATE)
            continue
        person = f"{platform}/{entry.sender}"
        context.add_names(person, entry.sender)
        context.messages += 1
        found.append(ChatMessage(chat, person, entry.sender, entry.seconds, text))
    yield from sorted(found, key=lambda m: m.seconds)


def chat_of(
    entries: Sequence[TextEntry], title: str, platform: str, context: ParseContext, me: str = ""
) -> Chat:
    """Return the chat of a file, and record its owner where the file shows who that is.

    Args:
        entries: all entries of the file.
        title: the name of the chat, which for a private chat is that of the other person.
        platform: the first part of the ids.
        context: receives the owner's id.
        me: the name that the program writes for the owner, if it writes one.
    """
    people = {entry.sender for entry in entries if entry.sender and not entry.reason}
    is_private = len(people) <= 2
    peer = title if is_private and title in people else ""
    others = people - {me}
    if me in people:
        context.owner_ids.add(f"{platform}/{me}")
        peer = next(iter(others)) if is_private and len(others) == 1 else ""
    elif peer and len(people) == 2:
        context.owner_ids.add(f"{platform}/{next(iter(people - {peer}))}")
    # A file may be renamed, so the id of a private chat is made of its people.
    key = " & ".join(sorted(people)) if is_private else title
    peer_id = f"{platform}/{peer}" if peer else ""
    kind: ChatKind = "private" if is_private else "group"
    return Chat(f"{platform}/{key}", peer or title, kind, peer_id)
