"""Make data/sample/telegram/result.json of source.txt: a text to review, an export to read.

    python scripts/build_sample_chats.py            # writes result.json
    python scripts/build_sample_chats.py --check    # says whether it is what source.txt makes

The source, line by line:

    owner ID NAME | PHONE | BIO          contact ID NAME | PHONE
    === TYPE ID NAME [{old}]             a chat; `left` before TYPE: one that the owner left;
                                         NAME - is none, as of a deleted account
    --- 2023-02-11 09:41                 when the next lines begin, on the owner's clock
    > TEXT     < TEXT     < NAME: TEXT   the owner; the other; somebody in a group
    = TEXT                               a post of a channel
    ! ACTION ACTOR: MEMBER               a service message; `! unsupported` has no date at all
    >+3h TEXT                            so much later (m, h); else as long as typing takes

Before TEXT stand marks in braces: {edited}, {reply}, {reply 2} (two messages back), {react 😂},
{fwd NAME}, {fwd} (from a deleted account), {via BOT}, {quote WORDS}, {photo}, {video}, {gif},
{sticker 🐟}, {voice SECONDS}, {poll QUESTION | A | B}, {contact NAME PHONE}, {location}. In TEXT:
**bold**, _italic_, ||spoiler||, [words](link), and \\x0B, which the export spells as Telegram does.
{old} chats look as exports did before 2021: no entities, no unix time, bare numbers for people.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

FOLDER = Path(__file__).resolve().parents[1] / "data" / "sample" / "telegram"
SOURCE, RESULT = FOLDER / "source.txt", FOLDER / "result.json"
CLOCK = ZoneInfo("Europe/London")
NOT_INCLUDED = "(File not included. Change data exporting settings to download.)"
LINE = re.compile(r"([<>=])(?:\+(\d+)([mh]))? (.*)")
MARK = re.compile(r"\{(\w+) ?([^}]*)\}\s*")
ENTITY = re.compile(
    r"\*\*(?P<bold>.+?)\*\*|(?<!\w)_(?P<italic>[^_]+)_(?!\w)|\|\|(?P<spoiler>.+?)\|\|"
    r"|\[(?P<text_link>[^\]]+)\]\((?P<href>[^)]+)\)|(?P<email>[\w.-]+@[\w-]+\.\w+)"
    r"|(?P<link>https?://\S+)|(?P<mention>(?<!\S)@\w+)|(?P<hashtag>(?<!\S)#\w+)"
    r"|(?P<bot_command>(?<!\S)/\w+)|(?P<phone>\+\d[\d -]{9,}\d)|(?P<bank_card>\d{4}(?: \d{4}){3})"
)
FIRST_STRANGER = 640100600  # ids of people who are no contacts
CHANNELS = ("private_supergroup", "public_channel")  # their messages are numbered by themselves
Json = dict[str, Any]


@dataclass
class Chat:
    type: str
    id: int
    name: str | None
    left: bool
    old: bool
    messages: list[Json] = field(default_factory=list)


class Builder:
    """Reads the source line by line."""

    def __init__(self) -> None:
        self.owner: Json = {}
        self.ids: dict[str, int] = {}
        self.contacts: list[Json] = []
        self.chats: list[Chat] = []
        self.clock = datetime(2023, 1, 1, tzinfo=CLOCK)

    def read(self, line: str) -> None:
        if line.startswith(("owner ", "contact ")):
            self._person(line)
        elif line.startswith("=== "):
            self._chat(line)
        elif line.startswith("--- "):
            self.clock = datetime.strptime(line[4:], "%Y-%m-%d %H:%M").replace(tzinfo=CLOCK)
        elif line.startswith("! "):
            self._service(line[2:])
        elif found := LINE.fullmatch(line):
            self._message(*found.groups())
        else:
            raise SystemExit(f"What does this line mean? {line}")

    def _person(self, line: str) -> None:
        what, number, rest = line.split(" ", 2)
        name, phone, *bio = (part.strip() for part in rest.split("|"))
        first, _, last = name.partition(" ")
        self.ids[name] = int(number)
        about = {"user_id": int(number), "first_name": first, "last_name": last}
        if what == "owner":
            self.owner = about | {"phone_number": phone, "bio": bio[0]}
        else:
            self.contacts.append(about | {"phone_number": phone, **_dated(self.clock)})

    def _chat(self, line: str) -> None:
        words = line[4:].removeprefix("left ").removesuffix(" {old}")
        kind, number, name = words.split(" ", 2)
        left, old = line.startswith("=== left "), line.endswith(" {old}")
        self.chats.append(Chat(kind, int(number), None if name == "-" else name, left, old))
        if name != "-":
            self.ids.setdefault(name, int(number))

    @property
    def me(self) -> str:
        return f"{self.owner['first_name']} {self.owner['last_name']}"

    def _id(self, name: str) -> str:
        return f"user{self.ids.setdefault(name, FIRST_STRANGER + len(self.ids))}"

    def _service(self, words: str) -> None:
        chat = self.chats[-1]
        action, _, rest = words.partition(" ")
        if action == "unsupported":
            chat.messages.append({"type": "unsupported"})
            return
        actor, _, member = rest.partition(": ")
        actor = actor or str(chat.name)
        in_channel = chat.type == "public_channel"
        row = {
            **_dated(self.clock),
            "actor": actor,
            "actor_id": f"channel{chat.id}" if in_channel else self._id(actor),
            "action": action,
        }
        if member:
            row["members"] = [member]
        if action == "phone_call":
            row |= {"duration_seconds": 1260, "discard_reason": "hangup"}
        chat.messages.append({"type": "service", **row, "text": "", "text_entities": []})
        self.clock += timedelta(seconds=25)

    def _message(self, side: str, later: str | None, unit: str | None, rest: str) -> None:
        chat = self.chats[-1]
        if later:
            self.clock += timedelta(minutes=int(later) * (60 if unit == "h" else 1))
        sender, rest = self._sender(side, chat, rest)
        marks: list[tuple[str, str]] = []
        while found := MARK.match(rest):
            marks.append((found[1], found[2]))
            rest = rest[found.end() :]
        row: Json = {"type": "message", **_dated(self.clock)}
        if ("edited", "") in marks:
            row |= {
                f"edited{k.removeprefix('date')}": v
                for k, v in _dated(self.clock + timedelta(seconds=50)).items()
            }
        row |= sender
        quoted = ""
        for mark, words in marks:
            if mark == "quote":
                quoted = words
            elif mark != "edited":
                row |= self._marked(mark, words, chat)
        reactions = row.pop("reactions", None)
        row |= _texts(rest.replace("\\x0B", "\x0b"), quoted, chat.old)
        if reactions:
            row["reactions"] = reactions
        if chat.old:
            row["from_id"] = int(row["from_id"].removeprefix("user"))
            del row["date_unixtime"]
        chat.messages.append(row)
        self.clock += timedelta(seconds=8 + 3 * len(rest) // 2 + len(rest) * 7 % 31)

    def _sender(self, side: str, chat: Chat, rest: str) -> tuple[Json, str]:
        if side == ">":
            return {"from": self.me, "from_id": self._id(self.me)}, rest
        if side == "=":
            return {"from": chat.name, "from_id": f"channel{chat.id}"}, rest
        if chat.type in ("private_supergroup", "private_group"):
            name, _, rest = rest.partition(": ")
            shown = None if name == "Deleted" else name
            return {"from": shown, "from_id": self._id(name)}, rest
        return {"from": chat.name, "from_id": f"user{chat.id}"}, rest

    def _marked(self, mark: str, words: str, chat: Chat) -> Json:
        media = {"file": NOT_INCLUDED}
        match mark:
            case "reply":
                return {"reply_to": chat.messages[-int(words or 1)]}
            case "react":
                who = {"from": self.me, "from_id": self._id(self.me)}
                return {
                    "reactions": [{"type": "emoji", "count": 1, "emoji": words, "recent": [who]}]
                }
            case "fwd":
                return {"forwarded_from": words or None}
            case "via":
                return {"via_bot": f"@{words}"}
            case "photo":
                return {"photo": NOT_INCLUDED, "width": 960, "height": 1280}
            case "sticker":
                return media | {"media_type": "sticker", "sticker_emoji": words}
            case "voice":
                return media | {
                    "media_type": "voice_message",
                    "mime_type": "audio/ogg",
                    "duration_seconds": int(words),
                }
            case "video":
                return media | {
                    "media_type": "video_file",
                    "mime_type": "video/mp4",
                    "duration_seconds": 12,
                }
            case "gif":
                return media | {"media_type": "animation", "mime_type": "video/mp4"}
            case "location":  # in the middle of the Atlantic
                return {"location_information": {"latitude": 45.0, "longitude": -30.0}}
            case "contact":
                first, last, phone = words.split(" ", 2)
                return {
                    "contact_information": {
                        "first_name": first,
                        "last_name": last,
                        "phone_number": phone,
                    }
                }
            case "poll":
                question, *answers = (part.strip() for part in words.split("|"))
                rows = [
                    {"text": a, "voters": n % 2, "chosen": n == 1} for n, a in enumerate(answers)
                ]
                return {
                    "poll": {
                        "question": question,
                        "closed": False,
                        "total_voters": 1,
                        "answers": rows,
                    }
                }
        raise SystemExit(f"What does the mark {{{mark}}} mean?")

    def export(self) -> Json:
        self._number()
        kept = [_chat_row(c) for c in self.chats if not c.left]
        left = [_chat_row(c) for c in self.chats if c.left]
        return {
            "about": "An invented export, in the form in which Telegram Desktop writes real ones.",
            "personal_information": self.owner,
            "profile_pictures": [],
            "contacts": {"about": "People in the phone.", "list": self.contacts},
            "chats": {"about": "All chats.", "list": kept},
            "left_chats": {"about": "Chats that were left.", "list": left},
        }

    def _number(self) -> None:
        """Ids as Telegram gives them: by time over the account, by themselves in a supergroup."""
        account: list[tuple[str, int, Json]] = []
        for chat in self.chats:
            date = ""
            for place, row in enumerate(chat.messages):
                date = row.get("date", date)
                if chat.type in CHANNELS:
                    row["id"] = place + 1
                else:
                    account.append((date, len(account), row))
        for number, (_, _, row) in enumerate(sorted(account, key=lambda a: a[:2]), 4001):
            row["id"] = number
        for chat in self.chats:
            for row in chat.messages:
                if replied := row.pop("reply_to", None):
                    row["reply_to_message_id"] = replied["id"]


def _dated(moment: datetime) -> Json:
    shown = moment.strftime("%Y-%m-%dT%H:%M:%S")
    return {"date": shown, "date_unixtime": str(int(moment.timestamp()))}


def _texts(words: str, quoted: str, old: bool) -> Json:
    """`text` as Telegram writes it, a string or a list, and `text_entities`."""
    parts: list[Json] = [{"type": "blockquote", "text": quoted}] if quoted else []
    done = 0
    for found in ENTITY.finditer(words):
        kind = next(k for k, v in found.groupdict().items() if v and k != "href")
        parts.append({"type": "plain", "text": words[done : found.start()]})
        parts.append({"type": kind, "text": found[kind]})
        if kind == "text_link":
            parts[-1]["href"] = found["href"]
        done = found.end()
    parts.append({"type": "plain", "text": words[done:]})
    parts = [part for part in parts if part["text"]]
    mixed = [part["text"] if part["type"] == "plain" else part for part in parts]
    plain = all(isinstance(part, str) for part in mixed)
    text = "".join(map(str, mixed)) if plain else mixed
    return {"text": text} if old else {"text": text, "text_entities": parts}


def _chat_row(chat: Chat) -> Json:
    name = {} if chat.type == "saved_messages" else {"name": chat.name}
    rows = [
        {"id": row["id"], **{k: v for k, v in row.items() if k != "id"}} for row in chat.messages
    ]
    return {**name, "type": chat.type, "id": chat.id, "messages": rows}


def build(source: str) -> str:
    builder = Builder()
    for line in source.splitlines():
        if line.strip() and not line.startswith("#"):
            builder.read(line)
    text = json.dumps(builder.export(), ensure_ascii=False, indent=1)
    return text.replace("\\u000b", "\\x0B") + "\n"  # which JSON forbids and Telegram writes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="compare only")
    made = build(SOURCE.read_text(encoding="utf-8"))
    if not parser.parse_args().check:
        RESULT.write_text(made, encoding="utf-8")
    elif RESULT.read_text(encoding="utf-8") != made:
        sys.exit(f"{RESULT} is not what {SOURCE} makes. Run this script without --check.")


if __name__ == "__main__":
    main()
