"""Apple's Messages: chat.db, read from a copy, for the program itself writes to it at any time."""

from __future__ import annotations

import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from morris_mlx.collect.chats.archives import unreadable
from morris_mlx.collect.chats.message_text import (
    DELETED,
    NO_WORDS,
    SERVICE,
    tidy_message,
    why_no_words,
)
from morris_mlx.collect.chats.messages import Chat, ChatMessage, Reading
from morris_mlx.errors import MorrisError

ME = "imessage/me"
TAPBACK, UNREADABLE_BODY, NO_CHAT = "tapback", "a body that cannot be read", "in no chat"
TAPBACKS = range(2000, 4000)  # 2000 … added, 3000 … taken back
STICKER = 1000
# To telephones that know no tapbacks they go as words, and come back so: Liked “So be it.”
_SAID_TAPBACK = re.compile(
    r"(?:Liked|Loved|Disliked|Laughed at|Emphasized|Emphasised|Questioned|Reacted \S+ to"
    r"|Понравилось|Не понравилось)"
    r" (?:“.*”|«.*»|an? (?:image|photo|movie|video|attachment|sticker|link|audio message))",
    re.DOTALL,
)
EPOCH = 978_307_200  # 2001-01-01 in unix time
NANOSECONDS_FROM = 100_000_000_000  # larger dates are nanoseconds, smaller ones seconds
GROUP_STYLE = 43
REPORT_EVERY = 5000
# In a typedstream: the class, then the type of what follows, then its length and bytes.
_STRING_CLASS, _STRING_TYPE = b"NSString", b"\x84\x01+"
_OPTIONAL = ("attributedBody", "associated_message_type", "item_type", "date_retracted")
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


def read_imessage(path: Path, reading: Reading) -> Iterator[ChatMessage]:
    """Raises MorrisError for a database that is not Apple's, damaged, or not to be opened."""
    reading.own_ids.add(ME)
    with tempfile.TemporaryDirectory(prefix="morris-") as folder:
        copy = _copied(path, Path(folder))
        try:
            with closing(sqlite3.connect(copy)) as database:
                yield from _messages(database, path, reading)
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # of its own messages
            raise MorrisError(
                f"{path} cannot be read as a database ({error}). Close Messages, copy chat.db with "
                "chat.db-wal beside it, and give the copy."
            ) from error


def _copied(path: Path, folder: Path) -> Path:
    """The database and its log of what is not in it yet; the folder is the owner's alone."""
    target = folder / "chat.db"
    try:
        shutil.copyfile(path, target)
        log = path.with_name(path.name + "-wal")
        if log.exists():
            shutil.copyfile(log, target.with_name(target.name + "-wal"))
    except OSError as error:
        raise unreadable(path, error) from error
    return target


def _messages(database: sqlite3.Connection, path: Path, reading: Reading) -> Iterator[ChatMessage]:
    database.text_factory = lambda raw: raw.decode("utf-8", "replace")
    tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
    missing = {"message", "handle", "chat", "chat_message_join"} - tables
    if missing:
        raise MorrisError(
            f"{path} is a database, but not that of Apple's Messages: it has no table "
            f"{sorted(missing)[0]!r}. Give chat.db from ~/Library/Messages."
        )
    has = {row[1] for row in database.execute("PRAGMA table_info(message)")}
    # What older systems did not have is empty there.
    columns = ", ".join(f"m.{name}" if name in has else "NULL" for name in _OPTIONAL)
    total = database.execute("SELECT COUNT(*) FROM message").fetchone()[0]
    chats: dict[str, Chat] = {}
    for number, row in enumerate(database.execute(_QUERY.format(columns=columns)), 1):
        if number % REPORT_EVERY == 0:
            reading.report(number, total)
        message = _message(row, chats, reading)
        if message:
            yield message


def _message(
    row: tuple[object, ...], chats: dict[str, Chat], reading: Reading
) -> ChatMessage | None:
    _, text, from_me, date, body, associated, item, unsent, handle, key, chat_name, style = row
    words, reason = _words(text, body)
    reason = TAPBACK if _SAID_TAPBACK.fullmatch(words) else reason
    reason = DELETED if unsent and not words else reason
    if isinstance(associated, int) and associated:
        reason = TAPBACK if associated in TAPBACKS else reason
        reason = NO_WORDS if associated == STICKER else reason
    if item:
        reason = SERVICE
    key = str(key or "")
    reason = reason or ("" if key else NO_CHAT)  # thrown away, but not yet gone
    if reason or not isinstance(date, (int, float)):
        reading.leave_out(reason or "without a date")
        return None
    if key not in chats:
        group = style == GROUP_STYLE
        peer = "" if group else f"imessage/{key}"
        name = str(chat_name or key)
        chats[key] = Chat(f"imessage/{key}", name, "group" if group else "private", peer)
    reading.messages += 1
    person = str(handle or key)
    sender, name = (ME, "me") if from_me else (f"imessage/{person}", person)
    seconds = EPOCH + (date / 1e9 if abs(date) > NANOSECONDS_FROM else float(date))
    return ChatMessage(chats[key], sender, name, seconds, words)


def _words(text: object, body: object) -> tuple[str, str]:
    """(the tidied text, "") or ("", the reason why there is none)."""
    if not text and isinstance(body, bytes):
        text = text_of_attributed_body(body)
        if text is None:
            return "", UNREADABLE_BODY
    words = tidy_message(str(text or ""))
    return words, why_no_words(words)


def text_of_attributed_body(body: bytes) -> str | None:
    """The string in a typedstream of an NSAttributedString; None where there is none.

    Lengths are one byte; or 0x81 and two bytes, 0x82 and four, the lowest first.
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
