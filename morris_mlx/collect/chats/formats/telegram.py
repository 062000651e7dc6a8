"""Telegram Desktop's result.json: one chat, a whole account, or a list of chats."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from morris_mlx.collect.chats.archives import Container
from morris_mlx.collect.chats.json_stream import JsonStream
from morris_mlx.collect.chats.message_text import (
    BOT,
    BROADCAST,
    FORWARDED,
    NOTES_TO_SELF,
    ONLY_LINK,
    ONLY_QUOTE,
    SERVICE,
    label,
    tidy_message,
    why_no_words,
)
from morris_mlx.collect.chats.messages import Chat, ChatKind, ChatMessage, Reading

UNSUPPORTED = "a kind of message that Telegram does not export"
# What Telegram says about a chat → what it is to us, or why it is left out.
KINDS: dict[str, ChatKind] = {
    "personal_chat": "private",
    "private_group": "group",
    "private_supergroup": "group",
    "public_supergroup": "group",
}
NOT_KEPT = {
    "bot_chat": BOT,
    "saved_messages": NOTES_TO_SELF,
    "private_channel": BROADCAST,
    "public_channel": BROADCAST,
    "replies": SERVICE,
    "verification_codes": SERVICE,
}
_CHAT_LISTS = ("chats", "left_chats")


def read_telegram(container: Container, name: str, reading: Reading) -> Iterator[ChatMessage]:
    size = container.size(name)
    with container.open(name) as file:
        stream = JsonStream(file, str(container.path), lambda done: reading.report(done, size))
        if stream.kind() == "[":
            reading.shape = "list of chats"
            yield from _chats(stream, reading)
        else:
            yield from _chat_or_account(stream, reading)
        stream.end()
        if stream.repaired:
            reading.note(
                f"{stream.repaired:,} control characters that Telegram wrote as invalid JSON "
                "were repaired"
            )


def _chats(stream: JsonStream, reading: Reading) -> Iterator[ChatMessage]:
    for number, _ in enumerate(stream.items(), 1):
        stream.place = f"chat {number}"
        yield from _chat_or_account(stream, reading)


def _chat_or_account(stream: JsonStream, reading: Reading) -> Iterator[ChatMessage]:
    """An object with `messages` is a chat; one with `chats` or `list` holds chats."""
    if stream.kind() != "{":
        raise stream.wrong("has something else where a chat must stand")
    about: dict[str, Any] = {}
    waiting: list[Any] | None = None  # messages that stand before the name of their chat
    for key in stream.members():
        if key in (*_CHAT_LISTS, "list", "messages"):
            reading.shape = reading.shape or ("chat" if key == "messages" else "full export")
        if key == "messages" and {"id", "type"} <= about.keys():
            yield from _messages(stream, _Where(about, reading, stream))
        elif key == "messages":
            waiting = _list(stream)
        elif key in _CHAT_LISTS and stream.kind() == "{":
            yield from _chat_or_account(stream, reading)
        elif key in (*_CHAT_LISTS, "list") and stream.kind() == "[":
            yield from _chats(stream, reading)
        elif key == "personal_information":
            _note_owner(stream, reading)
        elif key in ("contacts", "frequent_contacts"):
            _note_contacts(stream, reading)
        elif key in ("id", "type", "name"):
            about[key] = stream.value()
        else:
            stream.skip()
    if waiting is not None:
        where = _Where(about, reading, stream)
        for message in waiting:
            yield from where.read(message)


def _list(stream: JsonStream) -> list[Any]:
    if stream.kind() != "[":
        raise stream.wrong("has no list where a chat's messages must stand")
    return [stream.value() for _ in stream.items()]


def _note_owner(stream: JsonStream, reading: Reading) -> None:
    about = stream.value()
    if isinstance(about, dict) and isinstance(about.get("user_id"), int):
        reading.own_ids.add(f"user{about['user_id']}")


def _note_contacts(stream: JsonStream, reading: Reading) -> None:
    """Their names, which are not for a dataset. What is no list of people is passed over."""
    book = stream.value()
    people = book.get("list") if isinstance(book, dict) else None
    for person in people if isinstance(people, list) else ():
        if isinstance(person, dict):
            first, last = (label(person.get(key)) for key in ("first_name", "last_name"))
            names = (" ".join(filter(None, (first, last))), label(person.get("name")))
            reading.contacts[tuple(filter(None, names))] = None


def _messages(stream: JsonStream, where: _Where) -> Iterator[ChatMessage]:
    if stream.kind() != "[":
        raise stream.wrong("has no list where a chat's messages must stand")
    for _ in stream.items():
        yield from where.read(stream.value())


class _Where:
    """One chat, while its messages go by."""

    def __init__(self, about: dict[str, Any], reading: Reading, stream: JsonStream) -> None:
        self._reading, self._stream, self._number = reading, stream, 0
        kind, chat_id = about.get("type"), about.get("id")
        if not isinstance(kind, str) or not isinstance(chat_id, (int, str)):
            raise stream.wrong("has a chat without a type or an id")
        chat_id = label(str(chat_id))
        self._reason = NOT_KEPT.get(
            kind, "" if kind in KINDS else f"in a chat of type {label(kind)[:40]}"
        )
        peer = f"user{chat_id}" if kind == "personal_chat" else ""
        name = label(about.get("name"))
        self._chat = Chat(f"telegram/{chat_id}", name, KINDS.get(kind, "group"), peer)
        if kind == "saved_messages":  # its id is its owner's
            reading.own_ids.add(f"user{chat_id}")
        self._label = f"chat “{name}”" if name else f"chat {chat_id}"
        stream.place = self._label

    def read(self, message: object) -> Iterator[ChatMessage]:
        self._number += 1
        if not isinstance(message, dict):
            raise self._wrong("is no message")
        reason = self._reason or _why_not(message)
        sender, name = self._sender(message)
        if not self._reason and name:
            self._reading.call(sender, name)
        text = ""
        if not reason:
            text, quoted = self._words(message)
            reason = why_no_words(text) or (ONLY_LINK if _is_link(message) else "")
            reason = ONLY_QUOTE if quoted and not text else reason
        if reason:
            self._reading.leave_out(reason)
            return
        self._reading.messages += 1
        yield ChatMessage(self._chat, sender, name, self._seconds(message), text)

    def _words(self, message: dict[str, Any]) -> tuple[str, bool]:
        """The tidied text without quotations, and whether there were any."""
        parts = message.get("text_entities") or message.get("text") or ""
        if isinstance(parts, str):
            return tidy_message(parts), False
        if not isinstance(parts, list):
            raise self._wrong("has a text that is neither words nor a list")
        said: list[str] = []
        quoted = False
        for part in parts:
            if isinstance(part, str):
                said.append(part)
            elif isinstance(part, dict) and isinstance(part.get("text"), str):
                if part.get("type") == "blockquote":
                    quoted = True
                    said.append("\n")
                else:
                    said.append(part["text"])
            else:
                raise self._wrong("has a text of which a part is no words")
        return tidy_message("".join(said)), quoted

    def _sender(self, message: dict[str, Any]) -> tuple[str, str]:
        """Id and name; older exports have a bare number, deleted accounts have no name."""
        sender, name = message.get("from_id"), message.get("from")
        if isinstance(sender, int):
            sender = f"user{sender}"
        if not sender and name:
            return f"name {label(name)}", label(name)
        return label(sender or f"deleted account in {self._chat.id}"), label(name)

    def _seconds(self, message: dict[str, Any]) -> float:
        unix, local = message.get("date_unixtime"), message.get("date")
        try:
            if unix is not None:
                return float(int(unix))
            day = datetime.fromisoformat(str(local))
            return (day if day.tzinfo else day.replace(tzinfo=UTC)).timestamp()
        except (ValueError, TypeError, OverflowError):
            raise self._wrong(f"has no date that can be read ({unix or local!r})") from None

    def _wrong(self, what: str) -> Exception:
        self._stream.place = f"{self._label}, message {self._number}"
        return self._stream.wrong(f"has a message that {what}")


def _why_not(message: dict[str, Any]) -> str:
    kind = message.get("type")
    if kind == "unsupported":
        return UNSUPPORTED
    if kind != "message":
        return SERVICE
    # Null is a forward, too: of an account that is gone.
    if any(k in message for k in ("forwarded_from", "forwarded_from_id", "saved_from")):
        return FORWARDED
    return BOT if message.get("via_bot") else ""


def _is_link(message: dict[str, Any]) -> bool:
    """Whether Telegram calls all of it a link: people leave https:// out."""
    parts = message.get("text_entities") or message.get("text")
    return isinstance(parts, list) and all(
        isinstance(part, dict) and part.get("type") == "link" for part in parts
    )
