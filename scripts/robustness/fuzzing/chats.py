"""Fuzz targets of chat exports: the whole path from detection on, and each parser by itself."""

from __future__ import annotations

import io
import json
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from fuzzing.target import Target, require_type, written
from fuzzing.texts import check_account

sys.path.insert(0, str(Path(__file__).parents[3] / "tests"))

from support import chat_exports as made

from fuzzing.chat_seeds import (
    APPLE_COLUMNS,
    apple_seeds,
    everything,
    export_of,
    folder_seeds,
    kakaotalk_seeds,
    layout_seeds,
    mail_seeds,
    messenger_seeds,
    package_seeds,
    packed,
    signal_seeds,
    slack_seeds,
    telegram_seeds,
    text_seeds,
    whatsapp_seeds,
)
from morris_mlx.collect import find_chats
from morris_mlx.collect.archives import Archive, FolderArchive, SingleFile
from morris_mlx.collect.chats.chat_likeness import chat_reason
from morris_mlx.collect.chats.detect_format import detect_format
from morris_mlx.collect.chats.formats.discord import parse_discord
from morris_mlx.collect.chats.formats.discord_package import parse_discord_package
from morris_mlx.collect.chats.formats.imessage import decode_attributed_body
from morris_mlx.collect.chats.formats.kakaotalk import parse_kakaotalk
from morris_mlx.collect.chats.formats.line import parse_line_chat
from morris_mlx.collect.chats.formats.mail_body import body_text
from morris_mlx.collect.chats.formats.mail_reply import extract_reply
from morris_mlx.collect.chats.formats.mail_signature import remove_signature
from morris_mlx.collect.chats.formats.messenger import parse_messenger
from morris_mlx.collect.chats.formats.signal import parse_signal
from morris_mlx.collect.chats.formats.slack import parse_slack
from morris_mlx.collect.chats.formats.tapbacks import TapbackDetector
from morris_mlx.collect.chats.formats.telegram import parse_telegram
from morris_mlx.collect.chats.formats.whatsapp import parse_whatsapp
from morris_mlx.collect.chats.formats.whatsapp_lines import parse_line, split_sender
from morris_mlx.collect.chats.json_stream import JsonStream
from morris_mlx.collect.chats.messages import ChatMessage, ParseContext, no_answer, no_progress
from morris_mlx.collect.chats.options import ChatOptions, ChatsFound
from morris_mlx.collect.chats.read_exports import read_exports
from morris_mlx.errors import MorrisError
from morris_mlx.files import json_line

OPTIONS = ChatOptions(groups=True, max_share=0.5, window_turns=3)
NAMED = ChatOptions(me=(made.ME,), only=("Ann",), dates="month-first")
TELEGRAM_TOKENS = (b'"messages"', b'"text_entities"', b'"unsupported"', b"\\x0", b"\\x1b", b"null")


def collected(path: Path) -> ChatsFound | None:
    """Collect a file, also with a writer who may not be in it. Returns None for no export."""
    exports, _ = find_chats([path])
    if not exports:
        return None
    with suppress(MorrisError):
        check(read_exports(exports, NAMED, no_answer, lambda _: no_progress))
    exports, _ = find_chats([path])
    found = read_exports(exports, OPTIONS, lambda _: 0, lambda _: no_progress)
    found.require_all()
    return check(found)


def check(found: ChatsFound) -> ChatsFound:
    """Require counts that add up, and text that can be written to a file."""
    assert made.adds_up(found), found.funnel
    require_type(replace(found, failed=()), ChatsFound)  # an archive is no plain record
    for conversation in found.conversations:
        assert conversation.messages and all(m.content.strip() for m in conversation.messages)
        json_line({"id": conversation.id}).encode("utf-8")
    return found


def by_name(name: str) -> Callable[[bytes, Path], None]:
    return lambda data, folder: void(collected(written(folder, name, data)))


def void(_: object) -> None:
    pass


def drain(messages: Iterator[ChatMessage]) -> None:
    for message in messages:
        require_type(message, ChatMessage)


def in_zip(data: bytes, folder: Path) -> None:
    """Collect a zip made of JSON {name: content}, so that checksums do not hide the damage."""
    try:
        members = json.loads(data)
    except (ValueError, RecursionError):
        members = {"x/2023-11-14.json": None}
    members = members if isinstance(members, dict) else {"users.json": members}
    texts = {
        name.replace("\x00", "")[:200] or "x": json.dumps(value)
        for name, value in members.items()
        if _encodes(name)
    }
    collected(written(folder, "export.zip", packed(texts)))


def _encodes(name: str) -> bool:
    return name.encode("utf-8", "ignore").decode() == name


def apple_rows(data: bytes, folder: Path) -> None:
    """Collect a valid database with arbitrary values from JSON rows."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = {}
    value = value if isinstance(value, dict) else {}
    database = made.AppleMessages(folder)
    for number, chat in enumerate(_dicts(value.get("chats")), 1):
        cells = [_cell(chat.get(k)) for k in ("chat_identifier", "display_name", "style")]
        with suppress(sqlite3.Error):
            database.database.execute("INSERT INTO chat VALUES (?,?,?,?)", (number, *cells))
            handle = (number, _cell(chat.get("handle")))
            database.database.execute("INSERT INTO handle VALUES (?,?)", handle)
    for row in _dicts(value.get("rows")):
        cells = {k: _cell(row.get(k)) for k in (*APPLE_COLUMNS, "associated_message_type")}
        names, marks = ", ".join(cells), ", ".join("?" * len(cells))
        done = database.database.execute(
            f"INSERT INTO message ({names}) VALUES ({marks})", tuple(cells.values())
        )
        database.database.execute("INSERT INTO chat_message_join VALUES (?,?)", (1, done.lastrowid))
    collected(database.close())


def _dicts(value: object) -> list[dict[str, Any]]:
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def _cell(value: object) -> object:
    """Return a value that SQLite can store. Hexadecimal text becomes bytes."""
    if isinstance(value, (list, dict)):
        return json.dumps(value).encode("utf-8", "surrogatepass")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return float(value) if abs(value) < 10**300 else None
    if isinstance(value, str):
        with suppress(ValueError):
            return bytes.fromhex(value)
        return value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return value


# --- single parsers --------------------------------------------------------------------------
def json_stream(data: bytes, _: Path) -> None:
    """Compare JsonStream with the json module, in small chunks."""
    step = 7 if len(data) < 1000 else 1000

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(step)

    stream = JsonStream(Slow(data), "result.json")
    with suppress(MorrisError):
        stream.skip_value()
        stream.expect_end()
    stream = JsonStream(Slow(data), "result.json")
    try:
        value = stream.read_value()
        stream.expect_end()
    finally:
        with suppress(ValueError, RecursionError):
            expected = json.loads(data.decode("utf-8-sig"), strict=False)
    assert stream.repaired or repr(value) == repr(expected)


def one_file(
    parse: Callable[..., Iterator[ChatMessage]], name: str
) -> Callable[[bytes, Path], None]:
    def run(data: bytes, folder: Path) -> None:
        archive = SingleFile(written(folder, name, data))
        drain(parse(archive, name, ParseContext()))

    return run


def parse_one_messenger(
    archive: Archive, name: str, context: ParseContext
) -> Iterator[ChatMessage]:
    return parse_messenger([(archive, name)], context)


def parse_whatsapp_dated(
    archive: Archive, name: str, context: ParseContext
) -> Iterator[ChatMessage]:
    return parse_whatsapp(archive, name, context, "month-first")


def detection(data: bytes, folder: Path) -> None:
    """Detect the format of a file alone, in a folder and in a zip, under other names."""
    detect_format(data)
    for line in data.decode("utf-8", "replace").splitlines()[:50]:
        found = parse_line(line)
        split_sender(found.rest if found else line)
    written(folder / "all", "a.json", data)
    written(folder / "all", "sub/chat.db", data)
    written(folder, "x.zip", packed({"a.txt": data.decode("latin-1")}))
    for name in ("sub/x", "sub/x.zip", "sub/x.md", "WhatsApp Chat with Ann.txt", "users.json"):
        written(folder / "all", name, data)
    for path in (folder / "all", folder / "all" / "a.json", folder / "x.zip"):
        check_account(path)


def export_folders(data: bytes, folder: Path) -> None:
    """Parse a Slack export and a Discord package in which every file is the input."""
    for name in ("users.json", "dms.json", "D1/2023-11-14.json"):
        written(folder / "slack", name, data)
    as_json = data.lstrip()[:1] in (b"[", b"{")
    for name in ("c5/channel.json", "c5/messages.json") if as_json else ("c6/messages.csv",):
        written(folder / "discord" / "messages", name, data)
    with suppress(MorrisError):
        drain(parse_slack(FolderArchive(folder / "slack"), ParseContext()))
    drain(parse_discord_package(FolderArchive(folder / "discord"), ParseContext()))


def mails(data: bytes, _: Path) -> None:
    import email

    extract_reply(body_text(email.message_from_bytes(data)))
    extract_reply(data.decode("utf-8", "replace"))
    remove_signature(data.decode("utf-8", "replace"))


def likeness(data: bytes, _: Path) -> None:
    """Look at a file that may be a chat, and at its text as a tapback to itself."""
    for suffix in (".txt", ".html"):
        require_type(chat_reason(data, suffix), str | None)
    detector = TapbackDetector()
    for line in data.decode("utf-8", "replace").splitlines()[:50]:
        require_type(detector.is_tapback(line), bool)
        detector.add(line)


def bodies(data: bytes, _: Path) -> None:
    require_type(decode_attributed_body(data), str | None)


TARGETS = (
    Target("telegram", telegram_seeds, by_name("result.json"), tokens=TELEGRAM_TOKENS),
    Target(
        "telegram-reader",
        telegram_seeds,
        one_file(parse_telegram, "r.json"),
        "r.json",
        TELEGRAM_TOKENS,
    ),
    Target("json-stream", telegram_seeds, json_stream, "result.json", TELEGRAM_TOKENS),
    Target("whatsapp", whatsapp_seeds, by_name("WhatsApp Chat with Ann.txt")),
    Target("whatsapp-reader", whatsapp_seeds, one_file(parse_whatsapp_dated, "_chat.txt"), "_chat"),
    Target(
        "whatsapp-zip",
        lambda: [packed({"_chat.txt": whatsapp_seeds()[0].decode()})],
        by_name("WhatsApp Chat - Ann.zip"),
        "Ann.zip",
    ),
    Target("imessage", lambda: [export_of("iMessage")], by_name("chat.db")),
    Target("imessage-rows", apple_seeds, apple_rows),
    Target("imessage-body", lambda: [made.attributed(t) for t in ("Hi", "x" * 300)], bodies),
    Target("discord", lambda: [export_of("Discord")], by_name("c.json")),
    Target(
        "discord-reader",
        lambda: [export_of("Discord")],
        one_file(parse_discord, "c.json"),
        "c.json",
    ),
    Target("discord-package", package_seeds, in_zip),
    Target("slack", slack_seeds, in_zip),
    Target("slack-zip", lambda: [export_of("Slack")], by_name("s.zip"), "s.zip"),
    Target("export-folders", folder_seeds, export_folders),
    Target("mbox", mail_seeds, by_name("Sent")),
    Target("mail-text", mail_seeds, mails),
    Target("kakaotalk", kakaotalk_seeds, by_name("chat.txt")),
    Target("kakaotalk-reader", kakaotalk_seeds, one_file(parse_kakaotalk, "k.txt"), "k.txt"),
    Target("line", lambda: text_seeds("LINE"), by_name("chat.txt")),
    Target("line-reader", lambda: text_seeds("LINE"), one_file(parse_line_chat, "l.txt"), "l.txt"),
    Target("signal", signal_seeds, by_name("chat.txt")),
    Target("signal-reader", signal_seeds, one_file(parse_signal, "s.txt"), "s.txt"),
    Target("messenger", messenger_seeds, by_name("message_1.json")),
    Target("messenger-reader", messenger_seeds, one_file(parse_one_messenger, "m.json"), "m.json"),
    Target("chat-likeness", layout_seeds, likeness),
    Target("recognize", everything, detection),
)
