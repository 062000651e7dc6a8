"""Builders of chat exports in every documented format, with invented conversations."""

from __future__ import annotations

import json
import re
import sqlite3
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from morris_mlx.collect import find_chats
from morris_mlx.collect.chats.messages import no_answer, no_progress
from morris_mlx.collect.chats.options import ChatOptions
from morris_mlx.collect.chats.read_exports import read_exports

ME, DAY = "Ivo Brandt", 86_400
START = 1_700_000_000  # 2023-11-14 22:13:20 UTC


@dataclass(frozen=True)
class SentMessage:
    """One message of a chat: the writer's if `mine`, else the friend's."""

    mine: bool
    text: str
    seconds: int


@dataclass(frozen=True)
class PrivateChat:
    """A private chat with a friend."""

    friend: str
    messages: tuple[SentMessage, ...]


def private_chat(friend: str, *lines: str, gap: int = 60, start: int = START) -> PrivateChat:
    """Build a chat from lines "me: …" and "…", `gap` seconds apart."""
    said = [
        SentMessage(line.startswith("me: "), line.removeprefix("me: "), start + number * gap)
        for number, line in enumerate(lines)
    ]
    return PrivateChat(friend, tuple(said))


def collected(path: Path, ask=no_answer, **options):
    """Return the conversations and counts of an export."""
    exports, _ = find_chats([path])
    assert exports, f"{path} was not recognized"
    found = read_exports(exports, ChatOptions(**options), ask, lambda _label: no_progress)
    found.require_all()
    return found


def turns(found) -> list[list[tuple[str, str]]]:
    """Return every conversation as pairs of role and text."""
    return [[(m.role, m.content) for m in c.messages] for c in found.conversations]


def left_out(found) -> dict[str, int]:
    """Return the counts of skipped messages by the text of the reason."""
    return {k: v for k, v in found.funnel.items() if k not in ("messages", "kept")}


def adds_up(found) -> bool:
    """Return True if kept and skipped messages are all messages."""
    return found.funnel["messages"] == found.funnel["kept"] + sum(left_out(found).values())


def utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


# --- Telegram --------------------------------------------------------------------------------
def telegram_message(number: int, sender: str, text, seconds: int = START, /, **more) -> dict:
    name = ME if sender == "user1" else sender
    row = {
        "id": number,
        "type": "message",
        "date": utc(seconds).strftime("%Y-%m-%dT%H:%M:%S"),
        "date_unixtime": str(seconds),
        "from": name,
        "from_id": sender,
        "text": text,
        "text_entities": [{"type": "plain", "text": text}] if isinstance(text, str) else text,
    }
    return row | more


def telegram_chat(chat_id: int, name: str, messages: list, kind: str = "personal_chat") -> dict:
    return {"name": name, "type": kind, "id": chat_id, "messages": messages}


def telegram_account(chats: list, **more) -> dict:
    return {
        "about": "Here is the data you requested.",
        "personal_information": {"user_id": 1, "first_name": "Ivo"},
        "contacts": {"list": [{"first_name": "Someone", "phone_number": "+00"}]},
        "chats": {"about": "This page lists all chats.", "list": chats},
    } | more


def telegram_text(value) -> str:
    r"""Return JSON as Telegram Desktop writes it: control characters as \xNN, which is not JSON."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return re.sub(r"\\u00([01][0-9a-f])", r"\\x\1", text)


def write_telegram(folder: Path, value, name: str = "result.json") -> Path:
    path = folder / name
    path.write_text(telegram_text(value), encoding="utf-8")
    return path


def telegram_export(folder: Path, private_chats) -> Path:
    chats = []
    for number, one in enumerate(private_chats, 2):
        messages = [
            telegram_message(n, "user1" if s.mine else f"user{number}", s.text, s.seconds)
            for n, s in enumerate(one.messages)
        ]
        chats.append(telegram_chat(number, one.friend, messages))
    return write_telegram(folder, telegram_account(chats))


# --- WhatsApp --------------------------------------------------------------------------------
def android(moment: datetime) -> str:
    return moment.strftime("%d/%m/%Y, %H:%M - ")


def whatsapp_text(one: PrivateChat, stamp=android, me: str = ME) -> str:
    lines = [
        f"{stamp(utc(s.seconds))}{me if s.mine else one.friend}: {s.text}\n" for s in one.messages
    ]
    return "".join(lines)


def whatsapp_export(folder: Path, private_chats, stamp=android) -> Path:
    target = folder / "whatsapp"
    target.mkdir()
    for one in private_chats:
        path = target / f"WhatsApp Chat with {one.friend}.txt"
        path.write_text(whatsapp_text(one, stamp), encoding="utf-8", newline="\n")
    return target


# --- iMessage --------------------------------------------------------------------------------
def attributed(text: str) -> bytes:
    """Return a typedstream as Messages writes it, with the string as its first object."""
    raw = text.encode("utf-8")
    if len(raw) < 0x80:
        length = bytes([len(raw)])
    elif len(raw) < 0x8000:
        length = b"\x81" + len(raw).to_bytes(2, "little")
    else:
        length = b"\x82" + len(raw).to_bytes(4, "little")
    head = b"\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@\x84\x84\x84\x12NSAttributedString\x00"
    head += b"\x84\x84\x08NSObject\x00\x85\x92\x84\x84\x84\x08NSString\x01\x94\x84\x01+"
    return head + length + raw + b"\x86\x84\x02iI\x01\x00\x92\x84\x84\x84\x0cNSDictionary\x00"


APPLE_TABLES = """
CREATE TABLE message (ROWID INTEGER PRIMARY KEY, guid TEXT, text TEXT, attributedBody BLOB,
  date INTEGER, is_from_me INTEGER, handle_id INTEGER, associated_message_type INTEGER DEFAULT 0,
  item_type INTEGER DEFAULT 0);
CREATE TABLE handle (ROWID INTEGER PRIMARY KEY, id TEXT);
CREATE TABLE chat (ROWID INTEGER PRIMARY KEY, chat_identifier TEXT, display_name TEXT, style INTEGER);
CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER);
"""


class AppleMessages:
    """Builder of a chat.db."""

    def __init__(self, folder: Path, tables: str = APPLE_TABLES) -> None:
        self.path = folder / "chat.db"
        self.database = sqlite3.connect(self.path)
        self.database.executescript(tables)

    def chat(self, number: int, identifier: str, style: int = 45, name: str = "") -> None:
        self.database.execute(
            "INSERT INTO chat VALUES (?,?,?,?)", (number, identifier, name, style)
        )
        self.database.execute("INSERT INTO handle VALUES (?,?)", (number, identifier))

    def say(self, chat: int, mine: bool, seconds: float, text=None, body=None, **more) -> None:
        columns = {"text": text, "attributedBody": body, "is_from_me": int(mine)}
        columns |= {"date": int((seconds - 978_307_200) * 1e9), "handle_id": 0 if mine else chat}
        columns = {name: value for name, value in (columns | more).items() if value is not None}
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        done = self.database.execute(
            f"INSERT INTO message ({names}) VALUES ({marks})", tuple(columns.values())
        )
        self.database.execute("INSERT INTO chat_message_join VALUES (?,?)", (chat, done.lastrowid))

    def close(self) -> Path:
        self.database.commit()
        self.database.close()
        return self.path


def imessage_export(folder: Path, private_chats) -> Path:
    messages = AppleMessages(folder)
    for number, one in enumerate(private_chats, 1):
        messages.chat(number, f"+4900{number}")
        for n, said in enumerate(one.messages):
            way = {"text": said.text} if n % 2 else {"body": attributed(said.text)}
            messages.say(number, said.mine, said.seconds, **way)
    return messages.close()


# --- Discord ---------------------------------------------------------------------------------
def discord_message(
    number: int, author: str, content: str, seconds: int = START, /, **more
) -> dict:
    return {
        "id": str(number),
        "type": "Default",
        "timestamp": utc(seconds).isoformat(timespec="milliseconds"),
        "content": content,
        "author": {"id": author, "name": author, "nickname": author, "isBot": False},
        "attachments": [],
    } | more


def write_discord(folder: Path, name: str, messages: list, kind: str = "DirectTextChat") -> Path:
    channel = {"id": f"9{name}", "type": kind, "name": name}
    value = {"guild": {"id": "0", "name": "Direct Messages"}, "channel": channel, "dateRange": {}}
    value |= {"messages": messages, "messageCount": len(messages)}
    path = folder / f"{name}.json"
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return path


def discord_export(folder: Path, private_chats) -> Path:
    target = folder / "discord"
    target.mkdir()
    for one in private_chats:
        messages = [
            discord_message(n, ME if s.mine else one.friend, s.text, s.seconds)
            for n, s in enumerate(one.messages)
        ]
        write_discord(target, one.friend, messages)
    return target


# --- Slack -----------------------------------------------------------------------------------
def write_slack(folder: Path, files: dict[str, object]) -> Path:
    path = folder / "workspace.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, value in files.items():
            archive.writestr(name, json.dumps(value, ensure_ascii=False))
    return path


def slack_user(key: str, name: str, **more) -> dict:
    return {"id": key, "name": name.lower(), "real_name": name, "profile": {}} | more


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def slack_export(folder: Path, private_chats) -> Path:
    files: dict = {"users.json": [slack_user("U1", ME)], "dms.json": [], "channels.json": []}
    for number, one in enumerate(private_chats, 2):
        files["users.json"].append(slack_user(f"U{number}", one.friend))
        files["dms.json"].append({"id": f"D{number}", "members": ["U1", f"U{number}"]})
        for s in one.messages:
            user = "U1" if s.mine else f"U{number}"
            row = {"type": "message", "user": user, "text": escaped(s.text), "ts": f"{s.seconds}.0"}
            files.setdefault(f"D{number}/{utc(s.seconds):%Y-%m-%d}.json", []).append(row)
    return write_slack(folder, files)


# --- mail ------------------------------------------------------------------------------------
def mail_text(sender: str, to: str, body: str, seconds: int = START, **headers: str) -> str:
    lines = {
        "From": sender,
        "To": to,
        "Date": utc(seconds).strftime("%a, %d %b %Y %H:%M:%S +0000"),
        "Subject": "Hello",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
    }
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\n" for name, value in lines.items())
    safe = re.sub(r"^From ", ">From ", body, flags=re.MULTILINE)
    return f"From someone@example.org Tue Nov 14 22:13:20 2023\n{head}\n{safe}\n\n"


def write_mbox(folder: Path, *mails: str) -> Path:
    path = folder / "Sent"
    path.write_text("".join(mails), encoding="utf-8", newline="\n")
    return path


def mail_export(folder: Path, private_chats) -> Path:
    mails = []
    for number, one in enumerate(private_chats):
        friend, me = f"f{number}@example.org", "ivo@example.org"
        for n, s in enumerate(one.messages):
            pair = (me, friend) if s.mine else (friend, me)
            reply = {"In_Reply_To": f"<{number}.{n - 1}@x>"} if n else {}
            labels = {"X_Gmail_Labels": "Sent" if s.mine else "Inbox"}
            ids = {"Message_ID": f"<{number}.{n}@x>"}
            mails.append(mail_text(*pair, s.text, s.seconds, **ids, **reply, **labels))
    return write_mbox(folder, *mails)


# --- KakaoTalk, LINE, Signal -------------------------------------------------------------------
def kakaotalk_text(one: PrivateChat, me: str = ME) -> str:
    """Return a chat as phones in Korean write it."""
    lines = [f"{one.friend} 님과 카카오톡 대화", "저장한 날짜 : 2024-02-01 10:00:00", ""]
    day = ""
    for s in one.messages:
        moment = utc(s.seconds)
        today = f"{moment.year}년 {moment.month}월 {moment.day}일"
        if today != day:
            lines += ["", f"{today} 수요일"]
            day = today
        half, hour = ("오전", "오후")[moment.hour >= 12], moment.hour % 12 or 12
        lines.append(
            f"{today} {half} {hour}:{moment:%M}, {me if s.mine else one.friend} : {s.text}"
        )
    return "\n".join(lines) + "\n"


def kakaotalk_export(folder: Path, private_chats) -> Path:
    return text_files(folder / "kakaotalk", private_chats, kakaotalk_text)


def line_text(one: PrivateChat, me: str = ME) -> str:
    """Return a chat as LINE writes it in English."""
    lines = [f"[LINE] Chat history with {one.friend}", "Saved on: 2024/02/01 10:00"]
    day = ""
    for s in one.messages:
        moment = utc(s.seconds)
        if f"{moment:%Y/%m/%d}" != day:
            day = f"{moment:%Y/%m/%d}"
            lines += ["", f"{day}({moment:%a})"]
        text = '"' + s.text.replace('"', '""') + '"' if "\n" in s.text else s.text
        lines.append(f"{moment:%H:%M}\t{me if s.mine else one.friend}\t{text}")
    return "\n".join(lines) + "\n"


def line_export(folder: Path, private_chats) -> Path:
    return text_files(folder / "line", private_chats, line_text)


def signal_text(one: PrivateChat) -> str:
    """Return a chat as sigtop writes it."""
    blocks = [f"Conversation: {one.friend} (+447700900123)\n"]
    for s in one.messages:
        kind, sender = ("outgoing", "You") if s.mine else ("incoming", one.friend)
        sent = utc(s.seconds).strftime("%a, %d %b %Y %H:%M:%S +0000")
        fields = f"From: {sender}\nType: {kind}\nSent: {sent}\n"
        blocks.append(fields + (f"\n{s.text}\n" if s.text else ""))
    return "\n".join(blocks) + "\n"


def signal_export(folder: Path, private_chats) -> Path:
    return text_files(folder / "signal", private_chats, signal_text)


def text_files(folder: Path, private_chats, text_of) -> Path:
    folder.mkdir()
    for one in private_chats:
        path = folder / f"{one.friend}.txt"
        path.write_text(text_of(one), encoding="utf-8", newline="\n")
    return folder


# --- Facebook and Instagram --------------------------------------------------------------------
def mojibake(text: str) -> str:
    """Return a text as Meta writes it: each byte of its UTF-8 as a character."""
    return text.encode("utf-8").decode("latin-1")


def messenger_message(sender: str, text: str | None, seconds: int = START, /, **more) -> dict:
    content = {} if text is None else {"content": mojibake(text)}
    stamp = {"sender_name": mojibake(sender), "timestamp_ms": 1000 * seconds}
    return stamp | content | {"is_geoblocked_for_viewer": False} | more


def messenger_thread(friend: str, messages: list, **more) -> dict:
    return {
        "participants": [{"name": mojibake(friend)}, {"name": ME}],
        "messages": messages[::-1],  # the newest first
        "title": mojibake(friend),
        "is_still_participant": True,
        "thread_path": f"inbox/{abs(hash(friend))}",
        "magic_words": [],
    } | more


def messenger_export(folder: Path, private_chats) -> Path:
    target = folder / "messages"
    target.mkdir()
    for number, one in enumerate(private_chats):
        messages = [
            messenger_message(ME if s.mine else one.friend, s.text, s.seconds) for s in one.messages
        ]
        (target / f"chat {number}.json").write_text(
            json.dumps(messenger_thread(one.friend, messages)), encoding="utf-8-sig"
        )
    return target


EXPORTS = {
    "Telegram": telegram_export,
    "WhatsApp": whatsapp_export,
    "iMessage": imessage_export,
    "Discord": discord_export,
    "Slack": slack_export,
    "mail": mail_export,
    "KakaoTalk": kakaotalk_export,
    "LINE": line_export,
    "Signal": signal_export,
    "Facebook or Instagram": messenger_export,
}
