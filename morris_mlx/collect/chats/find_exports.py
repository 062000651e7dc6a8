"""Search for chat exports in an archive, with all files that the exporting programs wrote.

A folder may hold several exports and other files beside them. A file belongs to an export only if
its place or its mention in the export shows it.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from morris_mlx.collect.archives import Archive, ArchivePart, SingleFile, open_file
from morris_mlx.collect.chats.detect_format import (
    HEAD_BYTES,
    ChatExport,
    detect_format,
)
from morris_mlx.collect.chats.export_format import ExportFormat
from morris_mlx.collect.chats.formats.discord_package import package_channels
from morris_mlx.collect.chats.formats.mail_files import find_mail_files
from morris_mlx.collect.chats.formats.slack import slack_root
from morris_mlx.collect.chats.formats.slack_folders import folders_without_users
from morris_mlx.errors import MorrisError

APPLE_TABLE = "chat_message_join"  # no other program's database has it
PIECE_BYTES = 1 << 20  # of an export that is searched for mentions
LONGEST_MENTION = 1 << 10  # bytes
# Two folders above that of a chat are those of a workspace in an Enterprise Grid.
_SLACK_DAY = re.compile(r"(?P<folder>(?:[^/]+/){0,2}[^/]+)/\d{4}-\d{2}-\d{2}\.json")
_SLACK_LISTS = {"users.json", "org_users.json"}
_SLACK_FOLDERS = ("__uploads/", "__avatars/", "attachments/")
_DISCORD_CHANNEL = re.compile(
    r"(?P<root>(?:.*/)?)(?P<folder>[^/]+/)c?\d+/(?:messages\.(?:json|csv)|channel\.json)"
)
# The folders of a data package have translated names, but always these files.
_DISCORD_FILE = re.compile(r"(?:user|index|guild|application|tickets)\.json|events-.+\.json")
# Folders that Telegram writes beside its chats.
_TELEGRAM_FOLDERS = (
    *("chats/", "files/", "photos/", "stickers/", "video_files/", "voice_messages/", "lists/"),
    *("round_video_messages/", "profile_pictures/", "css/", "js/", "images/", "contacts/"),
    "stories/",
)
_TELEGRAM_PAGE = re.compile(
    r"(?:chats/[^/]+/)?messages\d*\.html|export_results\.html|lists/.+\.html"
)
_TELEGRAM_STYLE = re.compile(r"(?:css|js)/.+\.(?:css|js)")
_MENTION = re.compile(rb'"((?:%s)[^"\\\n]{1,900})"' % "|".join(_TELEGRAM_FOLDERS).encode())
# An attachment beside a WhatsApp chat: 00000012-PHOTO-….jpg, IMG-20240115-WA0001.jpg. No message
# has a number of eight digits, so 20240115-essay.md is none.
_ATTACHMENT = re.compile(
    rb": ([^\n]{1,200}\.\w{1,5}) \([^()\n]{3,40}\)\s*\Z|<[^<>\n:]{3,40}: ?([^<>\n]+)>"
)
_MARK = "\u200e".encode()
_WHATSAPP_MEDIA = re.compile(r"0\d{7}-.+|[A-Z]{3}-\d{8}-WA\d+\..+")


@dataclass(frozen=True, slots=True)
class FoundExport:
    """An export and the files of the archive that belong to it, itself included."""

    export: ChatExport
    names: frozenset[str]


# --- exports of many files ----------------------------------------------------------------
def find_containers(archive: Archive) -> Iterator[FoundExport]:
    """Yield the exports of many files: Slack's, Discord's data package, mails as files.

    The mails of an archive are one export, because a thread may be in several folders.
    """
    if mails := find_mail_files(archive):
        yield FoundExport(ChatExport(ExportFormat.MAIL, mails), frozenset(mails.names))
    yield from _slack_exports(archive)
    if isinstance(archive, SingleFile):
        return
    channels = (_DISCORD_CHANNEL.fullmatch(name) for name in archive.names)
    for root in sorted({found["root"] for found in channels if found}):
        part = _part(archive, root)
        if package_channels(part):
            names = frozenset(root + name for name in _package_names(part))
            yield FoundExport(ChatExport(ExportFormat.DISCORD_PACKAGE, part), names)


def _slack_exports(archive: Archive) -> Iterator[FoundExport]:
    """Yield Slack's exports, beginning with those that have a list of users."""
    taken: set[str] = set()
    if not isinstance(archive, SingleFile):
        for root in sorted({_folder(n) for n in archive.names if _last(n) in _SLACK_LISTS}):
            part = _part(archive, root)
            if _is_slack(part):
                names = frozenset(root + name for name in _slack_names(part))
                taken |= names
                yield FoundExport(ChatExport(ExportFormat.SLACK, part), names)
    for root, found in folders_without_users(archive, frozenset(taken)):
        part = _part(archive, root)
        yield FoundExport(ChatExport(ExportFormat.SLACK, part), frozenset(found))


def _is_slack(archive: Archive) -> bool:
    try:
        return slack_root(archive) == ""
    except (MorrisError, OSError):  # its files are then looked at one by one
        return False


def _part(archive: Archive, root: str) -> Archive:
    return ArchivePart(archive, root) if root else archive


def _slack_names(archive: Archive) -> Iterator[str]:
    """Yield the files of a workspace: its lists, and the folders that have a file for a day."""
    days = {found["folder"] for name in archive.names if (found := _SLACK_DAY.fullmatch(name))}
    workspaces = {"", *(day.rpartition("/")[0] for day in days)}
    for name in archive.names:
        parts = name.split("/")
        above = {"/".join(parts[:count]) for count in range(1, len(parts))}
        is_list = "/".join(parts[:-1]) in workspaces and name.endswith(".json")
        is_chat = not days.isdisjoint(above) or name.startswith(_SLACK_FOLDERS)
        if is_chat or (is_list and not _is_other_export(archive, name)):
            yield name


def _is_other_export(archive: Archive, name: str) -> bool:
    try:
        with archive.open(name) as file:
            return detect_format(file.read(HEAD_BYTES)) is not None
    except (MorrisError, OSError):  # the parser of the workspace says what is wrong
        return False


def _package_names(archive: Archive) -> Iterator[str]:
    """Yield the files of a data package: the messages, and the folders with its other data."""
    found = [m for name in archive.names if (m := _DISCORD_CHANNEL.fullmatch(name))]
    messages = {m["folder"] for m in found if not m["root"]}
    others = {f"{n.partition('/')[0]}/" for n in archive.names if _DISCORD_FILE.fullmatch(_last(n))}
    for name in archive.names:
        top = f"{name.partition('/')[0]}/"
        data = name.endswith((".json", ".png", ".gif", ".webp", ".jpg", ".jpeg"))
        if top in messages or (top in others and data) or name == "README.txt":
            yield name


# --- exports of one file ------------------------------------------------------------------
def is_apple_database(file: Path) -> bool:
    """Return True for a database of Apple's Messages. It is not locked, and no file is created."""
    address = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
            return APPLE_TABLE in tables
    except sqlite3.DatabaseError:  # damaged: if it is Apple's, the parser reports it
        with open_file(file) as raw:
            return APPLE_TABLE.encode() in raw.read(4 * HEAD_BYTES)


# --- companions ---------------------------------------------------------------------------
def find_companions(
    archive: Archive, name: str, format_: ExportFormat, others: Collection[str]
) -> Iterator[str]:
    """Yield those of the files `others` that belong to the export `name` of one file.

    `others` are files of the archive that are not exports themselves. A text beside an export is
    the writer's unless the export mentions it as an attachment.
    """
    folder = _folder(name)
    beside = [other.removeprefix(folder) for other in others if other.startswith(folder)]
    found: Iterable[str] = ()
    match format_:
        case ExportFormat.TELEGRAM:
            found = _telegram_companions(archive, name, beside)
        case ExportFormat.WHATSAPP:
            found = _whatsapp_companions(archive, name, [b for b in beside if "/" not in b])
        case ExportFormat.IMESSAGE:
            files = {f"{_last(name)}-wal", f"{_last(name)}-shm"}
            found = (b for b in beside if b in files or b.startswith("Attachments/"))
        case ExportFormat.MAIL:  # a mailbox of Apple's Mail is a folder with an index
            found = (b for b in beside if b == "table_of_contents" and _last(name) == "mbox")
    return (folder + each for each in found)


def _telegram_companions(archive: Archive, name: str, beside: Iterable[str]) -> Iterator[str]:
    candidates = []
    for other in beside:
        if _TELEGRAM_PAGE.fullmatch(other) or _TELEGRAM_STYLE.fullmatch(other):
            yield other
        elif other.startswith(_TELEGRAM_FOLDERS):
            candidates.append(other)
    if candidates:
        mentioned = {found.decode("utf-8", "replace") for found in _mentions(archive, name)}
        yield from (c for c in candidates if c.removesuffix("_thumb.jpg") in mentioned)


def _mentions(archive: Archive, name: str) -> Iterator[bytes]:
    """Yield the paths of attachments that an export of Telegram mentions."""
    tail = b""
    with archive.open(name) as file:
        while piece := file.read(PIECE_BYTES):
            piece = tail + piece
            yield from _MENTION.findall(piece)
            tail = piece[-LONGEST_MENTION:]


def _whatsapp_companions(archive: Archive, name: str, beside: Iterable[str]) -> Iterator[str]:
    candidates = []
    for other in beside:
        if _WHATSAPP_MEDIA.fullmatch(other):
            yield other
        elif other != _last(name):
            candidates.append(other)
    if candidates:
        attached = set(_attachments(archive, name))
        yield from (other for other in candidates if os.fsencode(other) in attached)


def _attachments(archive: Archive, name: str) -> Iterator[bytes]:
    """Yield the names of attachments that a WhatsApp chat mentions."""
    with archive.open(name) as file:
        for line in file:
            if found := _ATTACHMENT.search(line.replace(_MARK, b"")):
                yield found[1] or found[2]


def _folder(name: str) -> str:
    folder, slash, _ = name.rpartition("/")
    return folder + slash


def _last(name: str) -> str:
    return name.rpartition("/")[2]
