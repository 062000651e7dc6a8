"""Valid exports of every format, with what is odd about each."""

from __future__ import annotations

import io
import json
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[3] / "tests"))

from support import chat_exports as made
from support import chat_layouts as layouts

TALKS = (
    made.private_chat(
        "Ann", "Hi, is it you?", "me: Yes, who else?", "Ho: look at https://x.org", "me: No"
    ),
    made.private_chat("Борис", "me: Привет.\nКак дела?", "Хм.", start=made.START + 2 * made.DAY),
)


def packed(members: dict[str, str]) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return raw.getvalue()


def unpacked(raw: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


def export_of(format_: str, member: str = "") -> bytes:
    with tempfile.TemporaryDirectory() as name:
        path = made.EXPORTS[format_](Path(name), TALKS)
        return (path if path.is_file() else sorted(path.iterdir())[0]).read_bytes()


def telegram_seeds() -> list[bytes]:
    say = made.telegram_message
    odd = [
        say(1, "user2", [{"type": "plain", "text": "Hi "}, "there", {"type": "bold", "text": "!"}]),
        say(2, "user1", "Yes, \x0b\x1b who?", made.START + 9),
        say(3, "user1", "Fwd", forwarded_from=None),
        say(4, "user2", "", sticker_emoji="x"),
        {"id": 5, "type": "unsupported"},
        {"id": 6, "type": "service", "action": "phone_call", "date": "2023-11-14T22:13:20"},
        say(7, "user1", "Gone", **{"from": None, "date_unixtime": None}),
    ]
    chat = made.telegram_chat(2, "Ann", odd)
    values = [chat, [chat, made.telegram_chat(3, "Bo", odd[:2])], made.telegram_account([chat])]
    kinds = [
        made.telegram_chat(n, "x", odd, k) for n, k in enumerate(("bot_chat", "saved_messages"))
    ]
    values.append(made.telegram_account([*kinds, made.telegram_chat(9, "g", odd, "private_group")]))
    return [made.telegram_text(value).encode() for value in values] + [export_of("Telegram")]


def whatsapp_seeds() -> list[bytes]:
    one = TALKS[0]
    stamps = ("%d.%m.%y, %H:%M - ", "[%d/%m/%Y, %I:%M:%S\u202f%p] ", "%m/%d/%y, %I:%M %p - ")
    stamps += ("%Y-%m-%d %H:%M - ", "\u200e[%d.%m.%Y, %H:%M:%S] ")
    texts = [made.whatsapp_text(one, lambda m, s=s: m.strftime(s)) for s in stamps]
    system = "14/11/2023, 22:13 - Messages are end-to-end encrypted.\n"
    texts.append(system + made.whatsapp_text(one) + "14/11/2023, 22:20 - Ann: <Media omitted>\n")
    return [text.encode() for text in texts] + [texts[0].encode("utf-16")]


def text_seeds(format_: str) -> list[bytes]:
    """Return chats of a program that exports text, one in UTF-16."""
    seed = export_of(format_)
    return [seed, seed.decode("utf-8").encode("utf-16")]


def kakaotalk_seeds() -> list[bytes]:
    rows = (
        "Ann 님과 카카오톡 대화\n저장한 날짜 : x\n\n--------------- 2018년 6월 13일 수요일 -----\n"
    )
    rows += "[Ann] [오후 9:20] Hello\nthere\n[Ivo] [오후 9:21] 사진\nBo님이 들어왔습니다.\n"
    return [*text_seeds("KakaoTalk"), rows.encode()]


def signal_seeds() -> list[bytes]:
    short = "2018-06-13 21:20 Ann: Hello\n2018-06-13 21:21 You: [reply to Ann on 2018] Yes\n"
    edited = (
        "Conversation: Ann\n\nFrom: You\nType: outgoing\nSent: Wed, 13 Jun 2018 21:22:00 +0200\n"
    )
    edited += (
        "Edited: 2 versions\n\n| Version: 2\n| Sent: x\n|\n| Now\n|\n| Version: 1\n|\n| Then\n"
    )
    return [*text_seeds("Signal"), short.encode(), edited.encode()]


def messenger_seeds() -> list[bytes]:
    row = {"isUnsent": False, "senderName": "Ann", "text": "Hi.", "timestamp": 1, "type": "text"}
    encrypted = {"participants": ["Ann", "Bo"], "threadName": "Ann_1", "messages": [row]}
    odd = [made.messenger_message("Ann", "Ann sent an attachment."), {"type": "Call"}]
    yes = made.messenger_message(made.ME, "Yes.")
    thread = made.messenger_thread("Ann", [*odd, made.messenger_message(made.ME, None), yes])
    values = [json.dumps(value).encode() for value in (encrypted, thread)]
    return [export_of("Facebook or Instagram"), *values]


def layout_seeds() -> list[bytes]:
    """Return chats in layouts that are not read, as text and as a page."""
    texts = [layouts.made_chat(layout) for layout in layouts.CHATS.values()]
    texts += layouts.TEXTS.values()
    page = '<html><div class="message"><div class="sent">9:20</div></div></html>'
    return [text.encode() for text in (*texts, page)]


def slack_seeds() -> list[bytes]:
    return [json.dumps(unpacked(export_of("Slack"))).encode()]


def package_seeds() -> list[bytes]:
    members = {
        "messages/index.json": {"5": "x"},
        "messages/c5/channel.json": {"id": "5", "type": "DM", "name": "x"},
        "messages/c5/messages.json": [
            {"ID": 1, "Timestamp": "2024-01-15 10:00:00", "Contents": "Hello you."},
            {"ID": 2, "Timestamp": "2024-01-15T10:00:01+00:00", "Contents": ""},
        ],
    }
    return [json.dumps(members).encode()]


def mail_seeds() -> list[bytes]:
    html = "<p>Hello &amp; welcome</p><blockquote>old</blockquote>"
    whole = made.mail_text("Ann <ann@x.org>", "ivo@x.org", html, Content_Type="text/html")
    parts = "--b\nContent-Type: text/plain; charset=koi8-r\nContent-Transfer-Encoding: base64\n\n"
    parts += "8NLJ18XU\n--b\nContent-Type: text/html\n\n<b>x</b>\n--b--\n"
    mixed = made.mail_text(
        *("=?utf-8?b?0JDQvdC90LA=?= <a@x.org>", "ivo@x.org", parts),
        Content_Type="multipart/alternative; boundary=b",
        X_Gmail_Labels="Sent",
    )
    quoted = made.mail_text("ivo@x.org", "a@x.org", "Yes.\n\nOn Monday Ann wrote:\n> no\n-- \nIvo")
    return [export_of("mail"), (whole + quoted).encode(), mixed.encode()]


APPLE_COLUMNS = ("text", "attributedBody", "date", "is_from_me", "handle_id", "item_type")


def apple_seeds() -> list[bytes]:
    rows = [
        {"text": "Hi, is it you?", "date": 7 * 10**17, "is_from_me": 0, "handle_id": 1},
        {"attributedBody": made.attributed("Yes, who else?").hex(), "date": 7 * 10**17 + 10**10},
        {"text": "Loved", "associated_message_type": 2000, "date": 600_000_000, "item_type": 0},
    ]
    rows[1] |= {"is_from_me": 1, "handle_id": 0}
    chats = [{"chat_identifier": "+49001", "display_name": "", "style": 45, "handle": "+49001"}]
    return [json.dumps({"chats": chats, "rows": rows}).encode()]


def folder_seeds() -> Sequence[bytes]:
    row = {"type": "message", "user": "U1", "text": "Yes?", "ts": "1700000000.1"}
    rows = [row | {"Timestamp": "2024-01-15 10:00:00", "Contents": "Yes, who else?", "id": "D1"}]
    csv = b'ID,Timestamp,Contents,Attachments\r\n1,2024-01-15 10:00:00,"Hello, you",\r\n'
    return [json.dumps(rows).encode(), csv]


def everything() -> list[bytes]:
    seeds = [*telegram_seeds()[:2], *whatsapp_seeds()[:2], *mail_seeds()[:1]]
    return [*seeds, *(export_of(one) for one in ("Discord", "Slack", "iMessage"))]
