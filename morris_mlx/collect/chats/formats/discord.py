"""Discord: what DiscordChatExporter writes, and the data package that Discord sends."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from morris_mlx.collect.chats.archives import Container
from morris_mlx.collect.chats.json_stream import JsonStream
from morris_mlx.collect.chats.message_text import (
    BOT,
    FORWARDED,
    ONLY_QUOTE,
    SERVICE,
    label,
    tidy_message,
    why_no_words,
    without_quotes,
)
from morris_mlx.collect.chats.messages import Chat, ChatMessage, Reading
from morris_mlx.errors import MorrisError

TYPED = {"Default", "Reply"}
PRIVATE_TYPES = {"DirectTextChat", "DM", "1"}
_OWNER = "discord/owner of the package"
_EMOJI = re.compile(r"<a?(:\w+:)\d+>")
_MENTION = re.compile(r"<(?:(?:@[!&]?|#)\d+|t:-?\d+(?::\w)?)> ?")  # and moments
_PACKAGE_FOLDER = re.compile(
    r"(?P<top>(?:.*/)?[Mm]essages/)c?(?P<id>\d+)/(?:messages\.(?:json|csv))"
)


# --- DiscordChatExporter ---------------------------------------------------------------------
def read_exporter(container: Container, name: str, reading: Reading) -> Iterator[ChatMessage]:
    """One channel with everybody's messages. Raises MorrisError for a damaged file."""
    size = container.size(name)
    with container.open(name) as file:
        stream = JsonStream(file, str(container.path), lambda done: reading.report(done, size))
        if stream.kind() != "{":
            raise stream.wrong("is no channel")
        channel: object = None
        found = 0
        for key in stream.members():
            if key == "channel":
                channel = stream.value()
            elif key == "messages":
                if stream.kind() != "[":
                    raise stream.wrong("has no list where the messages must stand")
                chat = _channel(channel, stream)
                said: list[ChatMessage] = []
                for found, _ in enumerate(stream.items(), 1):
                    stream.place = f"channel “{chat.name}”, message {found}"
                    said += _exported(stream.value(), chat, stream, reading)
                yield from sorted(said, key=lambda m: m.seconds)  # some have the newest first
            elif key == "messageCount":
                count = stream.value()
                if isinstance(count, int) and count != found:
                    raise stream.wrong(f"says {count} messages and holds {found}")
            else:
                stream.skip()
        stream.end()


def _channel(channel: object, stream: JsonStream) -> Chat:
    if not isinstance(channel, dict) or not isinstance(channel.get("id"), str):
        raise stream.wrong("does not say which channel it is")
    private = str(channel.get("type")) in PRIVATE_TYPES
    name = label(channel.get("name") or channel["id"])
    return Chat(f"discord/{label(channel['id'])}", name, "private" if private else "group")


def _exported(
    message: object, chat: Chat, stream: JsonStream, reading: Reading
) -> Iterator[ChatMessage]:
    if not isinstance(message, dict):
        raise stream.wrong("has something else where a message must stand")
    author, content = message.get("author"), message.get("content") or ""
    if not isinstance(author, dict) or not isinstance(content, str):
        raise stream.wrong("has a message without an author, or whose content is no text")
    name = label(author.get("nickname") or author.get("name"))
    person = f"discord/{label(author.get('id') or name)}"
    if not author.get("isBot"):
        reading.call(person, name, label(author.get("name")))
    reference = message.get("reference")
    forwarded = bool(message.get("forwardedMessage")) or (
        isinstance(reference, dict) and reference.get("type") == "Forward"
    )
    text = _plain(content)
    reason = ""
    if str(message.get("type")) not in TYPED:
        reason = SERVICE
    elif author.get("isBot"):
        reason = BOT
    elif forwarded:
        reason = FORWARDED
    reason = reason or _why_no_words(text, content)
    if reason:
        reading.leave_out(reason)
        return
    seconds = _seconds(message.get("timestamp"))
    if seconds is None:
        raise stream.wrong(f"has a message whose date is {message.get('timestamp')!r}")
    reading.messages += 1
    yield ChatMessage(chat, person, name, seconds, text)


def _plain(content: str) -> str:
    """The text without quotations and Discord's own marks."""
    text = _EMOJI.sub(r"\1", content)
    return tidy_message(_MENTION.sub("", without_quotes(text)))


def _why_no_words(text: str, content: str) -> str:
    quoted = not text and tidy_message(content).startswith(">")
    return ONLY_QUOTE if quoted else why_no_words(text)


def _seconds(value: object) -> float | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


# --- the data package ------------------------------------------------------------------------
def package_channels(container: Container) -> dict[str, str]:
    """Channel ids and the files with their messages, in the order of the ids."""
    found = ((_PACKAGE_FOLDER.fullmatch(name), name) for name in container.names)
    return dict(sorted((m["id"], name) for m, name in found if m))


def read_package(container: Container, reading: Reading) -> Iterator[ChatMessage]:
    """The writer's own messages: nobody else's are in it, so there is nothing they answer."""
    reading.note(
        "Discord's data package holds your own messages only: they teach how you write, "
        "not how you answer"
    )
    reading.own_ids.add(_OWNER)
    channels = package_channels(container)
    total = sum(container.size(name) for name in channels.values())
    done = 0
    top = next((name.rpartition("/")[0].rpartition("/")[0] for name in channels.values()), "")
    titles = _json(container, f"{top}/index.json")
    titles = titles if isinstance(titles, dict) else {}
    for channel_id, name in channels.items():
        about = _json(container, f"{name.rpartition('/')[0]}/channel.json")
        about = about if isinstance(about, dict) else {}
        private = str(about.get("type")) in PRIVATE_TYPES
        title = label(about.get("name") or titles.get(channel_id) or channel_id)
        chat = Chat(f"discord/{channel_id}", title, "private" if private else "group", "", True)
        rows = [_packaged(row, chat, container, name) for row in _rows(container, name)]
        for seconds, content in sorted(rows):
            text = _plain(content)
            if reason := _why_no_words(text, content):
                reading.leave_out(reason)
                continue
            reading.messages += 1
            yield ChatMessage(chat, _OWNER, "you", seconds, text)
        done += container.size(name)
        reading.report(done, total)


def _packaged(
    row: dict[str, Any], chat: Chat, container: Container, name: str
) -> tuple[float, str]:
    seconds, content = _seconds(row.get("Timestamp")), row.get("Contents")
    if seconds is None or not isinstance(content, (str, type(None))):
        raise MorrisError(
            f"{container.path}: {name} has a message without a date or with something else than "
            f"text, in channel {chat.id}. Ask Discord for the package again."
        )
    return seconds, content or ""


def _rows(container: Container, name: str) -> list[dict[str, Any]]:
    if name.endswith(".csv"):
        with io.TextIOWrapper(container.open(name), encoding="utf-8-sig", newline="") as file:
            try:
                return list(csv.DictReader(file))
            except (csv.Error, UnicodeDecodeError) as error:
                raise _damaged(container, name, error) from error
    rows = _json(container, name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _damaged(container, name, "no list of messages")
    return rows


def _json(container: Container, name: str) -> object:
    if name not in container.names:
        return None
    with container.open(name) as file:
        try:
            return json.loads(file.read())
        except (ValueError, RecursionError) as error:
            raise _damaged(container, name, error) from error


def _damaged(container: Container, name: str, why: object) -> MorrisError:
    return MorrisError(
        f"{container.path}: {name} is damaged or was cut off ({why}). Download the package again."
    )
