"""Chat exports: through the front door (recognised, gathered), and each reader by itself."""

from __future__ import annotations

import io
import json
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from fuzzing.target import Target, require_type, written

sys.path.insert(0, str(Path(__file__).parents[3] / "tests"))

from support import chat_exports as made

from fuzzing.chat_seeds import (
    APPLE_COLUMNS,
    apple_seeds,
    everything,
    export_of,
    folder_seeds,
    mail_seeds,
    package_seeds,
    packed,
    slack_seeds,
    telegram_seeds,
    whatsapp_seeds,
)
from morris_mlx.collect.chats.archives import Container, Folder, OneFile
from morris_mlx.collect.chats.detect_format import find_exports, format_of
from morris_mlx.collect.chats.formats.discord import read_exporter, read_package
from morris_mlx.collect.chats.formats.imessage import text_of_attributed_body
from morris_mlx.collect.chats.formats.mail_body import body_text
from morris_mlx.collect.chats.formats.mail_reply import without_reply
from morris_mlx.collect.chats.formats.slack import read_slack
from morris_mlx.collect.chats.formats.telegram import read_telegram
from morris_mlx.collect.chats.formats.whatsapp import read_whatsapp
from morris_mlx.collect.chats.formats.whatsapp_lines import parted, read_line
from morris_mlx.collect.chats.json_stream import JsonStream
from morris_mlx.collect.chats.messages import ChatMessage, Reading, silent
from morris_mlx.collect.chats.options import ChatOptions, ChatsFound
from morris_mlx.collect.chats.read_exports import gather
from morris_mlx.errors import MorrisError
from morris_mlx.files import json_line

OPTIONS = ChatOptions(groups=True, max_share=0.5, window_turns=3)
NAMED = ChatOptions(me=(made.ME,), only=("Ann",), dates="month-first")
TELEGRAM_TOKENS = (b'"messages"', b'"text_entities"', b'"unsupported"', b"\\x0", b"\\x1b", b"null")


def gathered(path: Path) -> ChatsFound | None:
    """The front door, also as somebody who is perhaps not in it; None for what is no export."""
    exports, _ = find_exports(path)
    if not exports:
        return None
    with suppress(MorrisError):
        check(gather(exports, NAMED, made.nobody, lambda _: silent))
    exports, _ = find_exports(path)
    return check(gather(exports, OPTIONS, lambda _: 0, lambda _: silent))


def check(found: ChatsFound) -> ChatsFound:
    """Counts that add up, and nothing in it that no file could take."""
    assert made.adds_up(found), found.funnel
    require_type(found, ChatsFound)
    for conversation in found.conversations:
        assert conversation.messages and all(m.content.strip() for m in conversation.messages)
        json_line({"id": conversation.id}).encode("utf-8")
    return found


def by_name(name: str) -> Callable[[bytes, Path], None]:
    return lambda data, folder: void(gathered(written(folder, name, data)))


def void(_: object) -> None:
    pass


def drained(messages: Iterator[ChatMessage]) -> None:
    for message in messages:
        require_type(message, ChatMessage)


def in_zip(data: bytes, folder: Path) -> None:
    """JSON {name: content} as the zip that it describes: the damage is behind the checksums."""
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
    gathered(written(folder, "export.zip", packed(texts)))


def _encodes(name: str) -> bool:
    return name.encode("utf-8", "ignore").decode() == name


def apple_rows(data: bytes, folder: Path) -> None:
    """JSON rows as a database that is sound, whatever stands in it."""
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
    gathered(database.close())


def _dicts(value: object) -> list[dict[str, Any]]:
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def _cell(value: object) -> object:
    """What SQLite can hold: hexadecimal text is bytes."""
    if isinstance(value, (list, dict)):
        return json.dumps(value).encode("utf-8", "surrogatepass")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return float(value) if abs(value) < 10**300 else None
    if isinstance(value, str):
        with suppress(ValueError):
            return bytes.fromhex(value)
        return value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return value


# --- readers by themselves -------------------------------------------------------------------
def stream_by_itself(data: bytes, _: Path) -> None:
    """What the json module reads as well must come out the same, in chunks of any size."""

    step = 7 if len(data) < 1000 else 1000

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(step)

    stream = JsonStream(Slow(data), "result.json")
    with suppress(MorrisError):
        stream.skip()
        stream.end()
    stream = JsonStream(Slow(data), "result.json")
    try:
        value = stream.value()
        stream.end()
    finally:
        with suppress(ValueError, RecursionError):
            expected = json.loads(data.decode("utf-8-sig"), strict=False)
    assert stream.repaired or repr(value) == repr(expected)


def one_file(
    read: Callable[..., Iterator[ChatMessage]], name: str
) -> Callable[[bytes, Path], None]:
    def run(data: bytes, folder: Path) -> None:
        container = OneFile(written(folder, name, data))
        drained(read(container, name, Reading()))

    return run


def read_whatsapp_dated(container: Container, name: str, reading: Reading) -> Iterator[ChatMessage]:
    return read_whatsapp(container, name, reading, "month-first")


def recognised(data: bytes, folder: Path) -> None:
    """Under any name, alone, in a folder and within a zip."""
    format_of(data)
    for line in data.decode("utf-8", "replace").splitlines()[:50]:
        found = read_line(line)
        parted(found.rest if found else line)
    written(folder / "all", "a.json", data)
    written(folder / "all", "sub/chat.db", data)
    written(folder, "x.zip", packed({"a.txt": data.decode("latin-1")}))
    find_exports(folder / "all")
    for path in (folder / "all" / "a.json", folder / "x.zip"):
        with suppress(MorrisError):
            find_exports(path)


def opened_folders(data: bytes, folder: Path) -> None:
    """A Slack export and a Discord package of which every file is the input."""
    for name in ("users.json", "dms.json", "D1/2023-11-14.json"):
        written(folder / "slack", name, data)
    as_json = data.lstrip()[:1] in (b"[", b"{")
    for name in ("c5/channel.json", "c5/messages.json") if as_json else ("c6/messages.csv",):
        written(folder / "discord" / "messages", name, data)
    with suppress(MorrisError):
        drained(read_slack(Folder(folder / "slack"), Reading()))
    drained(read_package(Folder(folder / "discord"), Reading()))


def letters(data: bytes, _: Path) -> None:
    import email

    without_reply(body_text(email.message_from_bytes(data)))
    without_reply(data.decode("utf-8", "replace"))


def bodies(data: bytes, _: Path) -> None:
    require_type(text_of_attributed_body(data), str | None)


TARGETS = (
    Target("telegram", telegram_seeds, by_name("result.json"), tokens=TELEGRAM_TOKENS),
    Target(
        "telegram-reader",
        telegram_seeds,
        one_file(read_telegram, "r.json"),
        "r.json",
        TELEGRAM_TOKENS,
    ),
    Target("json-stream", telegram_seeds, stream_by_itself, "result.json", TELEGRAM_TOKENS),
    Target("whatsapp", whatsapp_seeds, by_name("WhatsApp Chat with Ann.txt")),
    Target("whatsapp-reader", whatsapp_seeds, one_file(read_whatsapp_dated, "_chat.txt"), "_chat"),
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
        one_file(read_exporter, "c.json"),
        "c.json",
    ),
    Target("discord-package", package_seeds, in_zip),
    Target("slack", slack_seeds, in_zip),
    Target("slack-zip", lambda: [export_of("Slack")], by_name("s.zip"), "s.zip"),
    Target("export-folders", folder_seeds, opened_folders),
    Target("mbox", mail_seeds, by_name("Sent")),
    Target("mail-text", mail_seeds, letters),
    Target("recognise", everything, recognised),
)
