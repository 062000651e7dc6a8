"""Format detection: which chat exports a file, folder or zip contains, by content, not by name."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from morris_mlx.collect.archives import (
    Archive,
    FolderArchive,
    SingleFile,
    ZipArchive,
    open_file,
)
from morris_mlx.collect.chats.chat_likeness import decode_head
from morris_mlx.collect.chats.detect_text import detect_text_format
from morris_mlx.collect.chats.export_format import ExportFormat, ReadAs
from morris_mlx.collect.chats.formats.discord_package import package_channels
from morris_mlx.collect.chats.formats.slack import slack_root
from morris_mlx.collect.chats.json_stream import repair_escapes
from morris_mlx.errors import MorrisError

HEAD_BYTES = 1 << 18
SQLITE_MAGIC, ZIP_MAGIC = b"SQLite format 3\x00", b"PK\x03\x04"
_KEY = re.compile(r'"((?:[^"\\]|\\.)*)"\s*:\s*')
# A letter may begin with the word “From”: the line of a mail has an address, or a time and a year.
_MBOX = re.compile(
    rb"From (?=[^\r\n]*(?:@|MAILER-DAEMON|\d:\d\d[^\r\n]*\d{4}|\d{4}[^\r\n]*\d:\d\d))"
    rb"\S.*\r?\n>?[\w-]+:"
)
_TELEGRAM_KEYS = re.compile(r'"(?:text_entities|date_unixtime|from_id|personal_information)"')
APPLE_TABLE = "chat_message_join"  # no other program's database has it
# Folders and files that Telegram and WhatsApp write beside their chats: media, documents, pages.
COMPANION_FOLDERS = {
    *("chats", "files", "photos", "stickers", "video_files", "voice_messages", "lists"),
    *("round_video_messages", "profile_pictures", "css", "js", "images", "contacts"),
}
_COMPANION_FILE = re.compile(
    r"messages\d*\.html|export_results\.html|\d{8}-.+|[A-Z]{3}-\d{8}-WA\d+\..+"
)


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


def find_exports(path: Path, read_as: ReadAs | None = None) -> tuple[list[ChatExport], set[Path]]:
    """Return the exports in a file or folder, and all files that belong to them.

    `read_as` settles for files of plain text what they are. Raises MorrisError for a single file
    that is JSON or a zip, but of no known format.
    """
    if path.is_file():
        exports = exports_in_file(path, read_as)
        if not exports:
            _refuse_unknown_chat(path)
        return exports, {path} if exports else set()
    folder = FolderArchive(path)
    if found := _whole_archive(folder):
        return [found], {path / name for name in folder.names}
    exports = []
    own: set[Path] = set()
    companions: set[Path] = set()
    for name in folder.names:
        file = path / name
        is_hidden = any(part.startswith(".") for part in Path(name).parts)
        if is_hidden or not os.access(file, os.R_OK):  # collect.files reports unreadable texts
            continue
        here = [
            export
            for export in exports_in_file(file, read_as)
            if export.format is not ExportFormat.IMESSAGE or _is_apple_database(file)
        ]
        exports += here
        if here:
            own.add(file)
            if here[0].format in (ExportFormat.TELEGRAM, ExportFormat.WHATSAPP):
                companions |= set(_companion_files(file))
    return [export for export in exports if export.path not in companions], own | companions


def _is_apple_database(file: Path) -> bool:
    """Return True for a database of Apple's Messages. It is not locked, and no file is created."""
    address = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
            return APPLE_TABLE in tables
    except sqlite3.DatabaseError:  # damaged: if it is Apple's, the parser reports it
        with open_file(file) as raw:
            return APPLE_TABLE.encode() in raw.read(4 * HEAD_BYTES)


def _companion_files(file: Path) -> Iterator[Path]:
    """Yield the files that an export wrote beside its chat."""
    for sibling in file.parent.iterdir():
        if sibling.is_dir() and sibling.name in COMPANION_FOLDERS:
            yield from (p for p in sibling.rglob("*") if p.is_file())
        elif _COMPANION_FILE.fullmatch(sibling.name):
            yield sibling


def exports_in_file(path: Path, read_as: ReadAs | None = None) -> list[ChatExport]:
    """Return the exports in a file. A zip may contain several chats."""
    with open_file(path) as file:
        head = file.read(HEAD_BYTES)
    if head.startswith(SQLITE_MAGIC):
        return [ChatExport(ExportFormat.IMESSAGE, SingleFile(path), path.name)]
    if head.startswith(ZIP_MAGIC):
        return _exports_in_zip(ZipArchive(path))
    found = detect_format(head, read_as)
    return [ChatExport(found, SingleFile(path), path.name)] if found else []


def _whole_archive(archive: Archive) -> ChatExport | None:
    """Return the export of a format that consists of many files, or None."""
    if slack_root(archive) is not None:
        return ChatExport(ExportFormat.SLACK, archive)
    if package_channels(archive):
        return ChatExport(ExportFormat.DISCORD_PACKAGE, archive)
    return None


def _exports_in_zip(archive: ZipArchive) -> list[ChatExport]:
    if found := _whole_archive(archive):
        return [found]
    exports = []
    for name in archive.names:
        if not name.lower().endswith((".txt", ".md", ".json")):
            continue  # media: not opened, to save time
        with archive.open(name) as file:
            found_format = detect_format(file.read(HEAD_BYTES))
        if found_format and found_format is not ExportFormat.MAIL:
            exports.append(ChatExport(found_format, archive, name))
    return exports


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
    if {"participants", "messages"} <= keys:
        return ExportFormat.MESSENGER
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


def _refuse_unknown_chat(path: Path) -> None:
    """Raise MorrisError for a single file that is no known export, but can only be meant as one."""
    with open_file(path) as file:
        head = file.read(HEAD_BYTES)
    text = head.decode("utf-8-sig", "ignore").lstrip()
    if head.startswith(ZIP_MAGIC):
        kind = "a zip archive"
    elif text[:1] in ("{", "[") and path.suffix.lower() == ".json":
        kind = "JSON"
    else:
        return
    raise MorrisError(
        f"{path} is {kind}, but not a chat export that Morris knows. Give Telegram's result.json, "
        "WhatsApp's text or zip, chat.db of Apple's Messages, Discord (DiscordChatExporter's JSON "
        "or the data package), Slack's zip, or mail as mbox."
    )
