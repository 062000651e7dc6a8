"""Parser of the data package that Discord sends to a user: a zip or folder of their messages."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any

from morris_mlx.collect.archives import Archive
from morris_mlx.collect.chats.formats.discord import PRIVATE_TYPES, parse_timestamp, plain_text
from morris_mlx.collect.chats.message_text import empty_reason_after_quotes, single_line
from morris_mlx.collect.chats.messages import Chat, ChatKind, ChatMessage, ParseContext
from morris_mlx.errors import MorrisError

_OWNER = "discord/owner of the package"
# Discord translates the names of the upper folders into the language of the account.
_MESSAGES_FILE = re.compile(
    r"(?P<top>(?:.*/)?[^/]+/)c?(?P<id>\d+)/messages\.(?:json|csv)", re.IGNORECASE
)
_HANDLE = re.compile(r"(?P<name>[^\s#]{2,32})#\d{1,4}\b")
CHANNEL_FILE = "channel.json"


def package_channels(archive: Archive) -> dict[str, str]:
    """Return the name of the messages file of each channel by its id; empty for other archives."""
    found = ((_MESSAGES_FILE.fullmatch(name), name) for name in archive.names)
    names = frozenset(archive.names)
    return dict(
        sorted(
            (m["id"], name)
            for m, name in found
            if m and f"{name.rpartition('/')[0]}/{CHANNEL_FILE}" in names
        )
    )


def parse_discord_package(archive: Archive, context: ParseContext) -> Iterator[ChatMessage]:
    """Yield the writer's own messages. The package has no others, so they answer nothing.

    Raises MorrisError for a damaged file.
    """
    context.add_note(
        "Discord's data package holds your own messages only: they teach how you write, "
        "not how you answer"
    )
    context.owner_ids.add(_OWNER)
    channels = package_channels(archive)
    total = sum(archive.size(name) for name in channels.values())
    done = 0
    top = next((name.rpartition("/")[0].rpartition("/")[0] for name in channels.values()), "")
    titles = _read_object(archive, f"{top}/index.json")
    for channel_id, name in channels.items():
        chat = _parse_channel(archive, name, channel_id, titles)
        rows = [_parse_row(row, chat, archive, name) for row in _read_rows(archive, name)]
        for seconds, content in sorted(rows):
            text = plain_text(content)
            if reason := empty_reason_after_quotes(text, content):
                context.skip(reason)
                continue
            context.messages += 1
            yield ChatMessage(chat, _OWNER, "you", seconds, text)
        done += archive.size(name)
        context.on_progress(done, total)


def _parse_channel(archive: Archive, name: str, channel_id: str, titles: dict[str, Any]) -> Chat:
    about = _read_object(archive, f"{name.rpartition('/')[0]}/{CHANNEL_FILE}")
    is_private = str(about.get("type")) in PRIVATE_TYPES
    title = single_line(about.get("name") or titles.get(channel_id) or channel_id)
    if is_private and (handle := _HANDLE.search(title)):  # “Direct Message with ann#0”
        title = handle["name"]
    kind: ChatKind = "private" if is_private else "group"
    return Chat(f"discord/{channel_id}", title, kind, one_sided=True)


def _parse_row(row: dict[str, Any], chat: Chat, archive: Archive, name: str) -> tuple[float, str]:
    seconds, content = parse_timestamp(row.get("Timestamp")), row.get("Contents")
    if seconds is None or not isinstance(content, (str, type(None))):
        raise MorrisError(
            f"{archive.path}: {name} has a message without a date, or whose content is not text, "
            f"in channel {chat.id}. Ask Discord for the package again."
        )
    return seconds, content or ""


def _read_rows(archive: Archive, name: str) -> list[dict[str, Any]]:
    """Read the messages of a channel: JSON in newer packages, CSV in older ones."""
    if name.endswith(".csv"):
        with io.TextIOWrapper(archive.open(name), encoding="utf-8-sig", newline="") as file:
            try:
                return list(csv.DictReader(file))
            except (csv.Error, UnicodeDecodeError) as error:
                raise _damaged(archive, name, error) from error
    rows = _read_json(archive, name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _damaged(archive, name, "no list of messages")
    return rows


def _read_object(archive: Archive, name: str) -> dict[str, Any]:
    """Read a JSON object. Returns an empty one for a missing file and for other JSON."""
    value = _read_json(archive, name) if name in archive.names else None
    return value if isinstance(value, dict) else {}


def _read_json(archive: Archive, name: str) -> object:
    with archive.open(name) as file:
        try:
            return json.loads(file.read())
        except (ValueError, RecursionError) as error:
            raise _damaged(archive, name, error) from error


def _damaged(archive: Archive, name: str, detail: object) -> MorrisError:
    return MorrisError(
        f"{archive.path}: {name} is damaged or was cut off ({detail}). Download the package again."
    )
