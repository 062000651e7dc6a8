"""Parser of Discord channels as DiscordChatExporter writes them (JSON)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from morris_mlx.collect.archives import Archive
from morris_mlx.collect.chats.json_stream import JsonStream
from morris_mlx.collect.chats.message_text import (
    empty_reason_after_quotes,
    normalize_message,
    remove_quoted_lines,
    single_line,
)
from morris_mlx.collect.chats.messages import Chat, ChatMessage, ParseContext
from morris_mlx.collect.chats.skip_reasons import SkipReason
from morris_mlx.files import path_text

TYPED = {"Default", "Reply"}
PRIVATE_TYPES = {"DirectTextChat", "DM", "1"}
_EMOJI = re.compile(r"<a?(:\w+:)\d+>")
_MENTION = re.compile(r"<(?:(?:@[!&]?|#)\d+|t:-?\d+(?::\w)?)> ?")  # and timestamps


def parse_discord(archive: Archive, name: str, context: ParseContext) -> Iterator[ChatMessage]:
    """Yield the messages of one channel. Raises MorrisError for a damaged file."""
    size = archive.size(name)
    with archive.open(name) as file:
        stream = JsonStream(file, str(archive.path), lambda done: context.on_progress(done, size))
        if stream.peek() != "{":
            raise stream.error("is not a channel")
        channel: object = None
        found = 0
        for key in stream.iter_keys():
            if key == "channel":
                channel = stream.read_value()
            elif key == "messages":
                if stream.peek() != "[":
                    raise stream.error("has no list in place of the messages")
                chat = _parse_channel(channel, stream)
                messages: list[ChatMessage] = []
                for found, _ in enumerate(stream.iter_items(), 1):
                    stream.location = f"channel “{chat.name}”, message {found}"
                    messages += _parse_message(stream.read_value(), chat, stream, context)
                yield from sorted(messages, key=lambda m: m.seconds)  # some have the newest first
            elif key == "messageCount":
                count = stream.read_value()
                if isinstance(count, int) and count != found:
                    context.add_note(
                        f"{path_text(archive.path)} states {count:,} messages and contains "
                        f"{found:,}: some were removed or added after the export"
                    )
            else:
                stream.skip_value()
        stream.expect_end()


def _parse_channel(channel: object, stream: JsonStream) -> Chat:
    if not isinstance(channel, dict) or not isinstance(channel.get("id"), str):
        raise stream.error("does not say which channel it is")
    is_private = str(channel.get("type")) in PRIVATE_TYPES
    name = single_line(channel.get("name") or channel["id"])
    chat_id = f"discord/{single_line(channel['id'])}"
    return Chat(chat_id, name, "private" if is_private else "group")


def _parse_message(
    message: object, chat: Chat, stream: JsonStream, context: ParseContext
) -> Iterator[ChatMessage]:
    if not isinstance(message, dict):
        raise stream.error("has something else in place of a message")
    author, content = message.get("author"), message.get("content") or ""
    if not isinstance(author, dict) or not isinstance(content, str):
        raise stream.error("has a message without an author, or whose content is not text")
    name = single_line(author.get("nickname") or author.get("name"))
    person = f"discord/{single_line(author.get('id') or name)}"
    if not author.get("isBot"):
        handle = single_line(author.get("name"))
        number = single_line(author.get("discriminator"))
        numbered = f"{handle}#{number}" if handle and number.strip("0") else ""
        context.add_names(person, name, handle, numbered)
    text = plain_text(content)
    reason = _skip_reason(message, author) or empty_reason_after_quotes(text, content)
    if reason:
        context.skip(reason)
        return
    seconds = parse_timestamp(message.get("timestamp"))
    if seconds is None:
        raise stream.error(f"has a message whose date is {message.get('timestamp')!r}")
    context.messages += 1
    yield ChatMessage(chat, person, name, seconds, text)


def _skip_reason(message: dict[str, Any], author: dict[str, Any]) -> SkipReason | None:
    """Return the reason to skip a message, regardless of its text."""
    if str(message.get("type")) not in TYPED:
        return SkipReason.SERVICE
    if author.get("isBot"):
        return SkipReason.BOT
    reference = message.get("reference")
    is_forward = isinstance(reference, dict) and reference.get("type") == "Forward"
    return SkipReason.FORWARDED if is_forward or message.get("forwardedMessage") else None


def plain_text(content: str) -> str:
    """Return the normalized text without quoted lines, mentions and Discord's markup."""
    text = _EMOJI.sub(r"\1", content)
    return normalize_message(_MENTION.sub("", remove_quoted_lines(text)))


def parse_timestamp(value: object) -> float | None:
    """Return Unix time of an ISO 8601 timestamp (UTC by default), or None if it is invalid."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
