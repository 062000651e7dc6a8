"""Which chat export a file, folder or archive is: by what is in it, never by its name's ending."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from morris_mlx.collect.chats.archives import Container, Folder, OneFile, Zip, open_file
from morris_mlx.collect.chats.formats.discord import package_channels
from morris_mlx.collect.chats.formats.slack import slack_root
from morris_mlx.collect.chats.formats.whatsapp_lines import MARKS, parted, read_line
from morris_mlx.collect.chats.json_stream import mended
from morris_mlx.errors import MorrisError

Format = Literal[
    "Telegram", "WhatsApp", "iMessage", "Discord", "Discord package", "Slack", "mail (mbox)"
]
HEAD_BYTES = 1 << 18
WHATSAPP_LINES = 200  # a group may begin with a long list of who came
SQLITE_MAGIC, ZIP_MAGIC = b"SQLite format 3\x00", b"PK\x03\x04"
_KEY = re.compile(r'"((?:[^"\\]|\\.)*)"\s*:\s*')
_MBOX = re.compile(rb"From \S.*\r?\n>?[\w-]+:")
_TELEGRAM_SIGN = re.compile(r'"(?:text_entities|date_unixtime|from_id|personal_information)"')
# A date and a time of any spelling, a name and a colon: a chat, even where the date is not known.
_LIKE_A_CHAT = re.compile(
    r"^\W{0,3}\d[^\n]{0,40}?\d[:.]\d\d\D[^\n]{0,24}?(?:\]| [-–—]) ?[^:\n]{1,80}: ", re.MULTILINE
)
LIKE_A_CHAT_LINES, LIKE_A_CHAT_SHARE = 4, 0.5  # of the first lines that are not empty
APPLE_TABLE = "chat_message_join"  # no other program's database has it
# What an export lays beside its chats: everybody's pictures and papers, and pages to look at.
PARTS = {"chats", "files", "photos", "stickers", "video_files", "voice_messages", "lists"}
PARTS |= {"round_video_messages", "profile_pictures", "css", "js", "images", "contacts"}
_PART = re.compile(r"messages\d*\.html|export_results\.html|\d{8}-.+|[A-Z]{3}-\d{8}-WA\d+\..+")


@dataclass(frozen=True, slots=True)
class ChatExport:
    """A recognised export: `name` is the stream in `container` that holds it, "" for all."""

    format: Format
    container: Container
    name: str = ""

    @property
    def path(self) -> Path:
        return self.container.path


def find_exports(path: Path) -> tuple[list[ChatExport], set[Path]]:
    """The exports in a file or folder, and every file that belongs to one of them.

    Raises MorrisError for a file given by itself that is JSON, a zip or a database of another kind,
    or a chat with dates that are not understood.
    """
    if path.is_file():
        exports = exports_in_file(path)
        if not exports:
            _refuse_other_kinds(path)
        return exports, {path} if exports else set()
    folder = Folder(path)
    if found := _in_container(folder):
        return [found], {path / name for name in folder.names}
    exports = []
    own: set[Path] = set()
    beside: set[Path] = set()
    for name in folder.names:
        file = path / name
        hidden = any(part.startswith(".") for part in Path(name).parts)
        if hidden or not os.access(file, os.R_OK):  # whoever reads texts says what cannot be read
            continue
        here = [e for e in exports_in_file(file) if e.format != "iMessage" or _is_apples(file)]
        exports += here
        if here:
            own.add(file)
            beside |= set(_beside(file)) if here[0].format in ("Telegram", "WhatsApp") else set()
    return [e for e in exports if e.path not in beside], own | beside


def _is_apples(file: Path) -> bool:
    """A folder may hold databases of all sorts. Nothing is locked, and nothing laid beside it."""
    address = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
            return APPLE_TABLE in tables
    except sqlite3.DatabaseError:  # damaged: the reader says so, where it is Apple's
        with open_file(file) as raw:
            return APPLE_TABLE.encode() in raw.read(4 * HEAD_BYTES)


def _beside(file: Path) -> Iterator[Path]:
    """Files that an export of this folder brought with it."""
    for sibling in file.parent.iterdir():
        if sibling.is_dir() and sibling.name in PARTS:
            yield from (p for p in sibling.rglob("*") if p.is_file())
        elif _PART.fullmatch(sibling.name):
            yield sibling


def exports_in_file(path: Path) -> list[ChatExport]:
    """What a file holds; a zip may hold several chats."""
    with open_file(path) as file:
        head = file.read(HEAD_BYTES)
    if head.startswith(SQLITE_MAGIC):
        return [ChatExport("iMessage", OneFile(path), path.name)]
    if head.startswith(ZIP_MAGIC):
        return _in_zip(Zip(path))
    found = format_of(head)
    return [ChatExport(found, OneFile(path), path.name)] if found else []


def _in_container(container: Container) -> ChatExport | None:
    """Formats that are many files."""
    if slack_root(container) is not None:
        return ChatExport("Slack", container)
    if package_channels(container):
        return ChatExport("Discord package", container)
    return None


def _in_zip(archive: Zip) -> list[ChatExport]:
    if found := _in_container(archive):
        return [found]
    exports = []
    for name in archive.names:
        if not name.lower().endswith((".txt", ".json")):
            continue  # pictures and videos: only to save the time of looking into them
        with archive.open(name) as file:
            kind = format_of(file.read(HEAD_BYTES))
        if kind in ("WhatsApp", "Telegram", "Discord"):
            exports.append(ChatExport(kind, archive, name))
    return exports


def format_of(head: bytes) -> Format | None:
    """The format of a text by its first bytes."""
    if _MBOX.match(head):
        return "mail (mbox)"
    encoding = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    text = head.decode(encoding, "ignore")
    lines = [line for line in text.splitlines()[:WHATSAPP_LINES] if MARKS.sub("", line).strip()]
    # A diary has dates, too; but nobody's name with a colon after each.
    dated = [found for line in lines if (found := read_line(line))]
    named = any(parted(found.rest)[0] for found in dated)
    if named and read_line(lines[0]):
        return "WhatsApp"  # before JSON: on iPhones it begins with a bracket, too
    return _json_format(text.lstrip()) if text.lstrip()[:1] in ("{", "[") else None


def _json_format(text: str) -> Format | None:
    keys = _outer_keys(mended(text))
    if {"guild", "channel"} <= keys:
        return "Discord"
    if {"personal_information", "chats", "left_chats"} & keys:
        return "Telegram"
    chat = {"type", "messages"} <= keys and {"id", "name"} & keys
    # The keys may be in another order, and the head may end before the telling ones.
    cut = {"messages", "list"} & keys and _TELEGRAM_SIGN.search(text)
    return "Telegram" if chat or cut else None


def _outer_keys(text: str) -> set[str]:
    """Keys of the outermost object, or of the first one in the outermost list; text may be cut."""
    at = text.find("{")
    keys: set[str] = set()
    decoder = json.JSONDecoder(strict=False)
    while at >= 0 and (found := _KEY.match(text, _after_space(text, at + 1))):
        keys.add(found[1])
        try:
            _, at = decoder.raw_decode(text, found.end())
        except (ValueError, RecursionError):  # cut, or invalid on the way: what was seen counts
            break
        at = _after_space(text, at)
        if text[at : at + 1] != ",":
            break
    return keys


def _after_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _refuse_other_kinds(path: Path) -> None:
    """A file given by itself that can only be meant as an export."""
    with open_file(path) as file:
        head = file.read(HEAD_BYTES)
    text = head.decode("utf-8-sig", "ignore").lstrip()
    if head.startswith(ZIP_MAGIC):
        what = "a zip archive"
    elif text[:1] in ("{", "[") and path.suffix.lower() == ".json":
        what = "JSON"
    elif _is_like_a_chat(text):
        raise MorrisError(
            f"{path} looks like a chat out of WhatsApp, but its dates are written in a way that "
            "Morris does not know. Set the phone to English for a moment and export the chat again."
        )
    else:
        return
    raise MorrisError(
        f"{path} is {what}, but no chat export that Morris knows. It reads Telegram's result.json, "
        "WhatsApp's text or zip, chat.db of Apple's Messages, Discord (DiscordChatExporter's JSON "
        "or the data package), Slack's zip and mbox mail."
    )


def _is_like_a_chat(text: str) -> bool:
    """Whether it would be somebody's talk, read as the text of one writer."""
    lines = [line for line in text.splitlines()[:WHATSAPP_LINES] if line.strip()]
    dated = sum(1 for line in lines if _LIKE_A_CHAT.match(line))
    return dated >= max(LIKE_A_CHAT_LINES, LIKE_A_CHAT_SHARE * len(lines))
