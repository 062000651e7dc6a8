"""Parser of Telegram Desktop's result.json: one chat, a whole account, or a list of chats."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from morris_mlx.collect.archives import Archive
from morris_mlx.collect.chats.json_stream import JsonStream
from morris_mlx.collect.chats.message_text import empty_reason, normalize_message, single_line
from morris_mlx.collect.chats.messages import (
    ChannelPost,
    Chat,
    ChatKind,
    ChatMessage,
    ParseContext,
    is_named,
)
from morris_mlx.collect.chats.skip_reasons import SkipReason
from morris_mlx.errors import MorrisError

CHAT_KINDS: dict[str, ChatKind] = {
    "personal_chat": "private",
    "private_group": "group",
    "private_supergroup": "group",
    "public_supergroup": "group",
}
SKIPPED_CHAT_TYPES = {
    "bot_chat": SkipReason.BOT,
    "saved_messages": SkipReason.NOTES_TO_SELF,
    "private_channel": SkipReason.CHANNEL,
    "public_channel": SkipReason.CHANNEL,
    "replies": SkipReason.SERVICE,
    "verification_codes": SkipReason.SERVICE,
}
CHANNEL_TYPES = ("private_channel", "public_channel")
ONE_CHAT = "chat"  # the variant of an export that was made from the menu of one chat
_CHAT_LISTS = ("chats", "left_chats")
MAX_TYPE_SHOWN = 40  # characters of an unknown chat type in a note


def parse_telegram(archive: Archive, name: str, context: ParseContext) -> Iterator[ChatMessage]:
    """Yield the messages of all chats. Raises MorrisError for a damaged file."""
    size = archive.size(name)
    with archive.open(name) as file:
        stream = JsonStream(file, str(archive.path), lambda done: context.on_progress(done, size))
        if stream.peek() == "[":
            context.variant = "list of chats"
            yield from _parse_chat_list(stream, context)
        else:
            yield from _parse_chat_or_account(stream, context)
        stream.expect_end()
        if stream.repaired:
            context.add_note(
                f"{stream.repaired:,} control characters that Telegram wrote as invalid JSON "
                "were repaired"
            )


def _parse_chat_list(stream: JsonStream, context: ParseContext) -> Iterator[ChatMessage]:
    for number, _ in enumerate(stream.iter_items(), 1):
        stream.location = f"chat {number}"
        yield from _parse_chat_or_account(stream, context)


def _parse_chat_or_account(stream: JsonStream, context: ParseContext) -> Iterator[ChatMessage]:
    """Parse an object: with `messages` it is a chat, with `chats` or `list` it contains chats."""
    if stream.peek() != "{":
        raise stream.error("has something else in place of a chat")
    about: dict[str, Any] = {}
    early_messages: list[Any] | None = None  # listed before the id and type of their chat
    for key in stream.iter_keys():
        if key in (*_CHAT_LISTS, "list", "messages"):
            context.variant = context.variant or (ONE_CHAT if key == "messages" else "full export")
        if key == "messages" and {"id", "type"} <= about.keys():
            yield from _parse_messages(stream, _ChatParser(about, context, stream))
        elif key == "messages":
            early_messages = _read_list(stream)
        elif key in _CHAT_LISTS and stream.peek() == "{":
            yield from _parse_chat_or_account(stream, context)
        elif key in (*_CHAT_LISTS, "list") and stream.peek() == "[":
            yield from _parse_chat_list(stream, context)
        elif key == "personal_information":
            _read_owner(stream, context)
        elif key in ("contacts", "frequent_contacts"):
            _read_contacts(stream, context)
        elif key in ("id", "type", "name"):
            about[key] = stream.read_value()
        else:
            stream.skip_value()
    if early_messages is not None:
        parser = _ChatParser(about, context, stream)
        for message in early_messages:
            yield from parser.parse(message)


def _parse_messages(stream: JsonStream, parser: _ChatParser) -> Iterator[ChatMessage]:
    _require_list(stream)
    for _ in stream.iter_items():
        yield from parser.parse(stream.read_value())


def _read_list(stream: JsonStream) -> list[Any]:
    _require_list(stream)
    return [stream.read_value() for _ in stream.iter_items()]


def _require_list(stream: JsonStream) -> None:
    if stream.peek() != "[":
        raise stream.error("has something else in place of a chat's list of messages")


def _read_owner(stream: JsonStream, context: ParseContext) -> None:
    about = stream.read_value()
    if isinstance(about, dict) and isinstance(about.get("user_id"), int):
        owner = f"user{about['user_id']}"
        context.owner_ids.add(owner)
        first, last = (single_line(about.get(key)) for key in ("first_name", "last_name"))
        username = single_line(about.get("username")).removeprefix("@")
        context.add_names(owner, " ".join(filter(None, (first, last))), username)


def _read_contacts(stream: JsonStream, context: ParseContext) -> None:
    """Record the names in the address book, for redaction. Anything but a list is ignored."""
    book = stream.read_value()
    people = book.get("list") if isinstance(book, dict) else None
    for person in people if isinstance(people, list) else ():
        if isinstance(person, dict):
            first, last = (single_line(person.get(key)) for key in ("first_name", "last_name"))
            names = (" ".join(filter(None, (first, last))), single_line(person.get("name")))
            context.address_book[tuple(filter(None, names))] = None


class _ChatParser:
    """Parser of the messages of one chat."""

    def __init__(self, about: dict[str, Any], context: ParseContext, stream: JsonStream) -> None:
        self._context, self._stream, self._number = context, stream, 0
        chat_type, chat_id = about.get("type"), about.get("id")
        if not isinstance(chat_type, str) or not isinstance(chat_id, (int, str)):
            raise stream.error("has a chat without a type or an id")
        chat_id = single_line(str(chat_id))
        name = single_line(about.get("name"))
        names = (name, chat_id, f"telegram/{chat_id}")
        self._is_own_channel = chat_type in CHANNEL_TYPES and (
            context.variant == ONE_CHAT or is_named(context.me, *names)
        )
        self._chat_reason = None if self._is_own_channel else self._skip_reason_of_type(chat_type)
        peer = f"user{chat_id}" if chat_type == "personal_chat" else ""
        self._chat = Chat(f"telegram/{chat_id}", name, CHAT_KINDS.get(chat_type, "group"), peer)
        if chat_type == "saved_messages":  # the id of this chat is that of its owner
            context.owner_ids.add(f"user{chat_id}")
        self._label = f"chat “{name}”" if name else f"chat {chat_id}"
        stream.location = self._label

    def _skip_reason_of_type(self, chat_type: str) -> SkipReason | None:
        if chat_type in CHAT_KINDS:
            return None
        if chat_type not in SKIPPED_CHAT_TYPES:
            shown = single_line(chat_type)[:MAX_TYPE_SHOWN]
            self._context.add_note(f"chats of the type “{shown}” are unknown and were left out")
            return SkipReason.UNKNOWN_CHAT_TYPE
        return SKIPPED_CHAT_TYPES[chat_type]

    def parse(self, message: object) -> Iterator[ChatMessage]:
        """Yield the message, or count it as skipped."""
        self._number += 1
        if not isinstance(message, dict):
            raise self._error("has a message that is not an object")
        reason = self._chat_reason or _skip_reason(message)
        sender, name = self._sender(message)
        if not self._chat_reason and name and not self._is_own_channel:
            self._context.add_names(sender, name)
        text = ""
        if not reason:
            text, has_quote = self._text(message)
            reason = empty_reason(text) or (SkipReason.ONLY_LINK if _is_link(message) else None)
            reason = SkipReason.ONLY_QUOTE if has_quote and not text else reason
        if reason:
            self._context.skip(reason)
            return
        self._context.messages += 1
        if self._is_own_channel:
            signature = single_line(message.get("author"))
            number = single_line(str(message.get("id", self._number)))
            post = ChannelPost(self._chat, number, self._seconds(message), text, signature)
            self._context.posts.append(post)
            return
        yield ChatMessage(self._chat, sender, name, self._seconds(message), text)

    def _text(self, message: dict[str, Any]) -> tuple[str, bool]:
        """Return the normalized text without quotations, and True if it had any."""
        parts = message.get("text_entities") or message.get("text") or ""
        if isinstance(parts, str):
            return normalize_message(parts, self._is_own_channel), False
        if not isinstance(parts, list):
            raise self._error("has a message whose text is neither a string nor a list")
        texts: list[str] = []
        has_quote = False
        for part in parts:
            if isinstance(part, str):
                texts.append(part)
            elif isinstance(part, dict) and isinstance(part.get("text"), str):
                if part.get("type") == "blockquote":
                    has_quote = True
                    texts.append("\n")
                else:
                    texts.append(part["text"])
            else:
                raise self._error("has a message whose text has a part that is not text")
        return normalize_message("".join(texts), self._is_own_channel), has_quote

    def _sender(self, message: dict[str, Any]) -> tuple[str, str]:
        """Return id and name. Older exports have bare numbers, deleted accounts have no name."""
        sender, name = message.get("from_id"), message.get("from")
        if isinstance(sender, int):
            sender = f"user{sender}"
        if not sender and name:
            return f"name {single_line(name)}", single_line(name)
        return single_line(sender or f"deleted account in {self._chat.id}"), single_line(name)

    def _seconds(self, message: dict[str, Any]) -> float:
        unix, local = message.get("date_unixtime"), message.get("date")
        try:
            if unix is not None:
                return float(int(unix))
            moment = datetime.fromisoformat(str(local))
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, TypeError, OverflowError):
            problem = f"has a message whose date cannot be read: {unix or local!r}"
            raise self._error(problem) from None

    def _error(self, problem: str) -> MorrisError:
        self._stream.location = f"{self._label}, message {self._number}"
        return self._stream.error(problem)


def _skip_reason(message: dict[str, Any]) -> SkipReason | None:
    """Return the reason to skip a message, regardless of its text."""
    message_type = message.get("type")
    if message_type == "unsupported":
        return SkipReason.UNSUPPORTED
    if message_type != "message":
        return SkipReason.SERVICE
    # The value may be null: a forward from a deleted account.
    if any(key in message for key in ("forwarded_from", "forwarded_from_id", "saved_from")):
        return SkipReason.FORWARDED
    return SkipReason.BOT if message.get("via_bot") else None


def _is_link(message: dict[str, Any]) -> bool:
    """Return True if Telegram marks the whole text as a link, also one without https://."""
    parts = message.get("text_entities") or message.get("text")
    return isinstance(parts, list) and all(
        isinstance(part, dict) and part.get("type") == "link" for part in parts
    )
