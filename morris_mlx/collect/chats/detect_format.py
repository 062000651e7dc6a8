"""Format detection: the chat format of a file by its content, not by its name."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from morris_mlx.collect.archives import Archive
from morris_mlx.collect.chats.chat_likeness import decode_head
from morris_mlx.collect.chats.detect_text import detect_text_format
from morris_mlx.collect.chats.export_format import ExportFormat, ReadAs
from morris_mlx.collect.chats.json_stream import repair_escapes

HEAD_BYTES = 1 << 18
SQLITE_MAGIC, ZIP_MAGIC = b"SQLite format 3\x00", b"PK\x03\x04"
_KEY = re.compile(r'"((?:[^"\\]|\\.)*)"\s*:\s*')
# A letter may begin with the word “From”: the line of a mail has an address, or a time and a year.
_MBOX = re.compile(
    rb"From (?=[^\r\n]*(?:@|MAILER-DAEMON|\d:\d\d[^\r\n]*\d{4}|\d{4}[^\r\n]*\d:\d\d))"
    rb"\S.*\r?\n>?[\w-]+:"
)
_MESSENGER_KEYS = re.compile(r'"sender_name"\s*:[^{}]*"timestamp_ms"\s*:')
_TELEGRAM_KEYS = re.compile(r'"(?:text_entities|date_unixtime|from_id|personal_information)"')


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


def detect_format(head: bytes, read_as: ReadAs | None = None) -> ExportFormat | None:
    """Return the format of a text file by its first bytes, or None if it is no export."""
    if _MBOX.match(head) and read_as is not ReadAs.TEXT:
        return ExportFormat.MAIL
    text = decode_head(head)
    # Before JSON: on iPhones, WhatsApp's lines begin with a bracket, too.
    if read_as is not ReadAs.TEXT and (found := detect_text_format(text, read_as)):
        return found
    return _detect_json_format(text.lstrip()) if text.lstrip()[:1] in ("{", "[") else None


def _detect_json_format(text: str) -> ExportFormat | None:
    keys = _outer_keys(repair_escapes(text))
    if {"guild", "channel"} <= keys:
        return ExportFormat.DISCORD
    if {"personal_information", "chats", "left_chats"} & keys:
        return ExportFormat.TELEGRAM
    if "messages" in keys and ("participants" in keys or _MESSENGER_KEYS.search(text)):
        return ExportFormat.MESSENGER
    is_chat = {"type", "messages"} <= keys and {"id", "name"} & keys
    # The keys may be in another order, and the head may end before the keys that matter.
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
