"""Builder of a Telegram export from the lines of source.txt."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from chats.fields import Json, date_fields, mark_fields, text_fields

CLOCK = ZoneInfo("Europe/London")
LINE = re.compile(r"([<>=])(?:\+(\d+)([mh]))? (.*)")
MARK = re.compile(r"\{(\w+) ?([^}]*)\}\s*")
FIRST_STRANGER = 640100600  # ids from here on are of people who are not contacts
CHANNELS = ("private_supergroup", "public_channel")  # each numbers its own messages


@dataclass
class Chat:
    """A chat of the export. An `old` one has the fields of exports before 2021."""

    type: str
    id: int
    name: str | None
    left: bool
    old: bool
    messages: list[Json] = field(default_factory=list)


class Builder:
    """Builder of the export: `read` every line of the source, then `export`."""

    def __init__(self) -> None:
        self.owner: Json = {}
        self.ids: dict[str, int] = {}
        self.contacts: list[Json] = []
        self.chats: list[Chat] = []
        self.clock = datetime(2023, 1, 1, tzinfo=CLOCK)

    def read(self, line: str) -> None:
        """Add one line of the source. Raises SystemExit for a line that is not understood."""
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
            raise SystemExit(f"This line of the source is not understood: {line}")

    def _person(self, line: str) -> None:
        what, number, rest = line.split(" ", 2)
        name, phone, *bio = (part.strip() for part in rest.split("|"))
        first, _, last = name.partition(" ")
        self.ids[name] = int(number)
        about = {"user_id": int(number), "first_name": first, "last_name": last}
        if what == "owner":
            self.owner = about | {"phone_number": phone, "bio": bio[0]}
        else:
            self.contacts.append(about | {"phone_number": phone, **date_fields(self.clock)})

    def _chat(self, line: str) -> None:
        words = line[4:].removeprefix("left ").removesuffix(" {old}")
        kind, number, name = words.split(" ", 2)
        left, old = line.startswith("=== left "), line.endswith(" {old}")
        self.chats.append(Chat(kind, int(number), None if name == "-" else name, left, old))
        if name != "-":
            self.ids.setdefault(name, int(number))

    def _me(self) -> Json:
        """Return the owner as the sender of a message."""
        name = f"{self.owner['first_name']} {self.owner['last_name']}"
        return {"from": name, "from_id": self._id(name)}

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
            **date_fields(self.clock),
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
        row: Json = {"type": "message", **date_fields(self.clock)}
        if ("edited", "") in marks:
            row |= {
                f"edited{k.removeprefix('date')}": v
                for k, v in date_fields(self.clock + timedelta(seconds=50)).items()
            }
        row |= sender
        quoted = ""
        for mark, words in marks:
            if mark == "quote":
                quoted = words
            elif mark != "edited":
                row |= mark_fields(mark, words, chat.messages, self._me())
        reactions = row.pop("reactions", None)
        row |= text_fields(rest.replace("\\x0B", "\x0b"), quoted, chat.old)
        if reactions:
            row["reactions"] = reactions
        if chat.old:
            row["from_id"] = int(row["from_id"].removeprefix("user"))
            del row["date_unixtime"]
        chat.messages.append(row)
        self.clock += timedelta(seconds=8 + 3 * len(rest) // 2 + len(rest) * 7 % 31)

    def _sender(self, side: str, chat: Chat, rest: str) -> tuple[Json, str]:
        if side == ">":
            return self._me(), rest
        if side == "=":
            return {"from": chat.name, "from_id": f"channel{chat.id}"}, rest
        if chat.type in ("private_supergroup", "private_group"):
            name, _, rest = rest.partition(": ")
            shown = None if name == "Deleted" else name
            return {"from": shown, "from_id": self._id(name)}, rest
        return {"from": chat.name, "from_id": f"user{chat.id}"}, rest

    def export(self) -> Json:
        """Return the whole export."""
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
        """Number the messages as Telegram does: by time over the account, separately in a channel."""
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


def _chat_row(chat: Chat) -> Json:
    name = {} if chat.type == "saved_messages" else {"name": chat.name}
    rows = [
        {"id": row["id"], **{k: v for k, v in row.items() if k != "id"}} for row in chat.messages
    ]
    return {**name, "type": chat.type, "id": chat.id, "messages": rows}
