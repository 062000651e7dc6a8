"""Format detection: the chat format of a file by its content, not by its name."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from morris_mlx.collect.archives import Archive
from morris_mlx.collect.chats.formats.whatsapp_lines import (
    DIRECTION_MARKS,
    parse_line,
    split_sender,
)
from morris_mlx.collect.chats.json_stream import repair_escapes


class ExportFormat(StrEnum):
    """A format of chat exports. The value is its name for the user."""

    TELEGRAM = "Telegram"
    WHATSAPP = "WhatsApp"
    IMESSAGE = "iMessage"
    DISCORD = "Discord"
    DISCORD_PACKAGE = "Discord package"
    SLACK = "Slack"
    MAIL = "mail (mbox)"

    @property
    def platform(self) -> ExportFormat:
        """The format that stands for all of one platform: they identify people by the same ids."""
        return ExportFormat.DISCORD if self is ExportFormat.DISCORD_PACKAGE else self


HEAD_BYTES = 1 << 18
HEAD_LINES = 200  # a group may begin with a long list of who joined
SQLITE_MAGIC, ZIP_MAGIC = b"SQLite format 3\x00", b"PK\x03\x04"
_KEY = re.compile(r'"((?:[^"\\]|\\.)*)"\s*:\s*')
_MBOX = re.compile(rb"From \S.*\r?\n>?[\w-]+:")
_TELEGRAM_KEYS = re.compile(r'"(?:text_entities|date_unixtime|from_id|personal_information)"')
# A date and a time of any spelling, a name and a colon: a chat, even if the date is not understood.
_CHAT_LINE = re.compile(
    r"^\W{0,3}\d[^\n]{0,40}?\d[:.]\d\d\D[^\n]{0,24}?(?:\]| [-–—]) ?[^:\n]{1,80}: ", re.MULTILINE
)
MIN_CHAT_LINES, MIN_CHAT_LINE_SHARE = 4, 0.5  # of the first lines that are not empty


@dataclass(frozen=True, slots=True)
class ChatExport:
    """A detected export. `name` is its stream in `archive`, or "" where it is the whole archive."""

    format: ExportFormat
    archive: Archive
    name: str = ""

    @property
    def path(self) -> Path:
        """The file or folder on disk."""
        return self.archive.path


def detect_format(head: bytes) -> ExportFormat | None:
    """Return the format of a text file by its first bytes, or None if it is no export."""
    if _MBOX.match(head):
        return ExportFormat.MAIL
    encoding = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    text = head.decode(encoding, "ignore")
    lines = [x for x in text.splitlines()[:HEAD_LINES] if DIRECTION_MARKS.sub("", x).strip()]
    # A diary has dates, too, but no names with a colon after them.
    dated = [found for line in lines if (found := parse_line(line))]
    has_sender = any(split_sender(found.rest)[0] for found in dated)
    if has_sender and parse_line(lines[0]):
        return ExportFormat.WHATSAPP  # before JSON: on iPhones it begins with a bracket, too
    return _detect_json_format(text.lstrip()) if text.lstrip()[:1] in ("{", "[") else None


def _detect_json_format(text: str) -> ExportFormat | None:
    keys = _outer_keys(repair_escapes(text))
    if {"guild", "channel"} <= keys:
        return ExportFormat.DISCORD
    if {"personal_information", "chats", "left_chats"} & keys:
        return ExportFormat.TELEGRAM
    is_chat = {"type", "messages"} <= keys and {"id", "name"} & keys
    # The keys may be in another order, and the head may end before the telling ones.
    is_cut_chat = {"messages", "list"} & keys and _TELEGRAM_KEYS.search(text)
    return ExportFormat.TELEGRAM if is_chat or is_cut_chat else None


def _outer_keys(text: str) -> set[str]:
    """Return the keys of the outermost object, or of the first in the outermost list.

    The text may be cut anywhere.
    """
    at = text.find("{")
    keys: set[str] = set()
    decoder = json.JSONDecoder(strict=False)
    while at >= 0 and (found := _KEY.match(text, _skip_space(text, at + 1))):
        keys.add(found[1])
        try:
            _, at = decoder.raw_decode(text, found.end())
        except (ValueError, RecursionError):  # cut or invalid here: the keys so far count
            break
        at = _skip_space(text, at)
        if text[at : at + 1] != ",":
            break
    return keys


def _skip_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def unread_chat(head: bytes) -> str:
    """Return the reason to leave out a file that looks like a chat of an unknown layout, or "".

    `head` are its first bytes.
    """
    if not _looks_like_chat(head.decode("utf-8-sig", "ignore").lstrip()):
        return ""
    return (
        "looks like a chat from WhatsApp, but Morris cannot read its dates. Set the language of "
        "the phone to English and export the chat again"
    )


def _looks_like_chat(text: str) -> bool:
    """Return True if most lines have a date, a name and a colon, as in a chat."""
    lines = [line for line in text.splitlines()[:HEAD_LINES] if line.strip()]
    dated = sum(1 for line in lines if _CHAT_LINE.match(line))
    return dated >= max(MIN_CHAT_LINES, MIN_CHAT_LINE_SHARE * len(lines))
