"""Parser of Apple's Messages (chat.db), read from a copy, because Messages may write to it."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from morris_mlx.collect.archives import read_error
from morris_mlx.collect.chats.formats.tapbacks import TapbackDetector
from morris_mlx.collect.chats.message_text import empty_reason, normalize_message
from morris_mlx.collect.chats.messages import Chat, ChatMessage, ParseContext
from morris_mlx.collect.chats.skip_reasons import SkipReason
from morris_mlx.errors import MorrisError

ME = "imessage/me"
TAPBACKS = range(2000, 4000)  # associated_message_type: 2000 … added, 3000 … removed
STICKER = 1000
EPOCH = 978_307_200  # 2001-01-01 in Unix time
NANOSECONDS_FROM = 100_000_000_000  # larger dates are nanoseconds, smaller ones seconds
GROUP_STYLE = 43
CHAT_COLUMN = 9  # of the query: the identifier of the chat
REPORT_EVERY = 5000  # rows between two reports of progress
# In a typedstream: the class, then the type of the data, then its length and bytes.
_STRING_CLASS, _STRING_TYPE = b"NSString", b"\x84\x01+"
_OPTIONAL_COLUMNS = ("attributedBody", "associated_message_type", "item_type", "date_retracted")
MAX_BODY = 1 << 20  # bytes: no message is longer
_QUERY = """
SELECT m.ROWID, m.text, m.is_from_me, m.date, {columns},
       h.id, c.chat_identifier, c.display_name, c.style
FROM message m
LEFT JOIN (SELECT message_id, MIN(chat_id) AS chat_id FROM chat_message_join GROUP BY message_id) j
       ON j.message_id = m.ROWID
LEFT JOIN chat c ON c.ROWID = j.chat_id
LEFT JOIN handle h ON h.ROWID = m.handle_id
ORDER BY c.chat_identifier, m.date, m.ROWID
"""


def parse_imessage(path: Path, context: ParseContext) -> Iterator[ChatMessage]:
    """Yield the messages of a database.

    Raises MorrisError when it cannot be opened, is damaged, or is not that of Apple's Messages.
    """
    context.owner_ids.add(ME)
    with tempfile.TemporaryDirectory(prefix="morris-") as folder:
        copy = _copy_database(path, Path(folder))
        try:
            with closing(sqlite3.connect(copy)) as database:
                yield from _query_messages(database, path, context)
        # sqlite3 raises UnicodeDecodeError for an error message that is not UTF-8.
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise MorrisError(
                f"{path} cannot be read as a database ({error}). Close Messages, copy chat.db with "
                "chat.db-wal beside it, and give the copy."
            ) from error


def _copy_database(path: Path, folder: Path) -> Path:
    """Copy the database and its write-ahead log to a private folder."""
    target = folder / "chat.db"
    try:
        shutil.copyfile(path, target)
        log = path.with_name(path.name + "-wal")
        if log.exists():
            shutil.copyfile(log, target.with_name(target.name + "-wal"))
    except OSError as error:
        raise read_error(path, error) from error
    return target


def _query_messages(
    database: sqlite3.Connection, path: Path, context: ParseContext
) -> Iterator[ChatMessage]:
    database.text_factory = lambda raw: raw.decode("utf-8", "replace")
    tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
    missing = {"message", "handle", "chat", "chat_message_join"} - tables
    if missing:
        raise MorrisError(
            f"{path} is a database, but not that of Apple's Messages: it has no table "
            f"{sorted(missing)[0]!r}. Give chat.db from ~/Library/Messages."
        )
    existing = {row[1] for row in database.execute("PRAGMA table_info(message)")}
    # Older systems have fewer columns.
    columns = ", ".join(f"m.{name}" if name in existing else "NULL" for name in _OPTIONAL_COLUMNS)
    total = database.execute("SELECT COUNT(*) FROM message").fetchone()[0]
    chats: dict[str, Chat] = {}
    tapbacks, chat_before = TapbackDetector(), None
    for number, row in enumerate(database.execute(_QUERY.format(columns=columns)), 1):
        if number % REPORT_EVERY == 0:
            context.on_progress(number, total)
        if row[CHAT_COLUMN] != chat_before:  # rows come chat by chat
            tapbacks, chat_before = TapbackDetector(), row[CHAT_COLUMN]
        message = _parse_row(row, chats, tapbacks, context)
        if message:
            tapbacks.add(message.text)
            yield message


def _parse_row(
    row: tuple[object, ...],
    chats: dict[str, Chat],
    tapbacks: TapbackDetector,
    context: ParseContext,
) -> ChatMessage | None:
    _, raw, from_me, date, body, associated, item, unsent, handle, chat_key, chat_name, style = row
    text, reason = _message_text(raw, body)
    # Phones without tapbacks send and receive them as text: Liked “So be it.”
    reason = SkipReason.TAPBACK if tapbacks.is_tapback(text) else reason
    reason = SkipReason.DELETED if unsent and not text else reason
    if isinstance(associated, int) and associated:
        reason = SkipReason.TAPBACK if associated in TAPBACKS else reason
        reason = SkipReason.NO_TEXT if associated == STICKER else reason
    if item:
        reason = SkipReason.SERVICE
    key = str(chat_key or "")
    if not reason and not key:  # deleted, but not yet purged from the database
        reason = SkipReason.NO_CHAT
    if reason or not isinstance(date, (int, float)):
        context.skip(reason or SkipReason.NO_DATE)
        return None
    if key not in chats:
        is_group = style == GROUP_STYLE
        peer = "" if is_group else f"imessage/{key}"
        title = str(chat_name or key)
        chats[key] = Chat(f"imessage/{key}", title, "group" if is_group else "private", peer)
    context.messages += 1
    person = str(handle or key)
    sender, name = (ME, "me") if from_me else (f"imessage/{person}", person)
    seconds = EPOCH + (date / 1e9 if abs(date) > NANOSECONDS_FROM else float(date))
    return ChatMessage(chats[key], sender, name, seconds, text)


def _message_text(text: object, body: object) -> tuple[str, SkipReason | None]:
    """Return the normalized text, and the reason to skip the message if it has none."""
    if not text and isinstance(body, bytes):
        text = decode_attributed_body(body)
        if text is None:
            return "", SkipReason.UNREADABLE_BODY
    normalized = normalize_message(str(text or ""))
    return normalized, empty_reason(normalized)


def decode_attributed_body(body: bytes) -> str | None:
    """Return the string of an NSAttributedString in typedstream format, or None without one.

    Its length takes one byte, or two after 0x81, or four after 0x82, in little-endian order.
    """
    marker = body.find(_STRING_CLASS)
    start = body.find(_STRING_TYPE, marker, marker + 64) if marker >= 0 else -1
    if start < 0:
        return None
    at = start + len(_STRING_TYPE)
    width = {0x81: 2, 0x82: 4}.get(body[at] if at < len(body) else 0, 0)
    if width:
        at += 1
    elif at >= len(body) or body[at] > 0x80:
        return None
    end_of_length = at + (width or 1)
    length = int.from_bytes(body[at:end_of_length], "little")
    raw = body[end_of_length : end_of_length + length]
    if length > MAX_BODY or len(raw) < length:
        return None
    return raw.decode("utf-8", "replace")
