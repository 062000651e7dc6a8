"""Who of the people in an export is the writer: found where it says so, else asked, else told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from morris_mlx.collect.chats.message_text import counted
from morris_mlx.collect.chats.messages import Ask, Chat, ChatMessage, Question
from morris_mlx.errors import UsageError

ME_OPTION = "--me"
MOST_SHOWN = 20  # people to choose from; the writer is one of those who write most
SAMPLE_CHARACTERS = 60
LONG_ENOUGH = 15  # characters: a sample that shows who speaks
MIN_CHATS_TO_TELL = 2  # whoever is in all private chats with different people is their owner


@dataclass(slots=True)
class Person:
    """Somebody in an export: all counts are of messages that have words."""

    id: str
    names: Counter[str] = field(default_factory=Counter)
    messages: int = 0
    sample: str = ""
    private_chats: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        named = sorted(self.names.items(), key=lambda item: (-item[1], item[0]))
        return next((name for name, _ in named if name), self.id)


class People:
    """Everybody in the exports of one format, by id: names change, and two may share one."""

    def __init__(self) -> None:
        self.by_id: dict[str, Person] = {}
        self.chats: dict[str, Chat] = {}

    def add(self, message: ChatMessage) -> None:
        person = self.by_id.get(message.sender_id)
        if person is None:
            person = self.by_id[message.sender_id] = Person(message.sender_id)
        person.messages += 1
        person.names[message.sender_name] += 1
        if len(person.sample) < LONG_ENOUGH and len(message.text) > len(person.sample):
            person.sample = message.text[:SAMPLE_CHARACTERS]
        if message.chat.kind == "private":
            person.private_chats.add(message.chat.id)
        self.chats.setdefault(message.chat.id, message.chat)

    @property
    def _private(self) -> list[Chat]:
        return [c for c in self.chats.values() if c.kind == "private" and not c.one_sided]

    def owner(self) -> Person | None:
        """Whose account it must be by who talks where; None when that does not show."""
        inhabited = {c for p in self.by_id.values() for c in p.private_chats}
        chats = [c for c in self._private if c.id in inhabited]
        peers = {c.id: c.peer_id or self._namesake(c) for c in chats}
        by_peers = {
            p.id
            for p in self.by_id.values()
            if any(peers.get(c) not in ("", None, p.id) for c in p.private_chats)
        } - set(peers.values())
        if len(by_peers) == 1:
            return self.by_id[by_peers.pop()]
        everywhere = [p for p in self.by_id.values() if len(p.private_chats) == len(chats)]
        if len(chats) >= MIN_CHATS_TO_TELL and len(everywhere) == 1:
            return everywhere[0]
        return None

    def _namesake(self, chat: Chat) -> str:
        """The id of whom a private chat is named after: the other one, as all exports do it."""
        here = [p.id for p in self.by_id.values() if chat.id in p.private_chats]
        called = [i for i in here if chat.name and chat.name in self.by_id[i].names]
        return called[0] if len(called) == 1 else ""

    def named(self, wanted: str) -> Person | None:
        """The person of this id or name, or None. Raises UsageError when several have it."""
        if wanted in self.by_id:
            return self.by_id[wanted]
        key = wanted.casefold().strip()
        ids = {key, f"user{key}"}  # Telegram's, where people know the number
        found = [p for p in self.by_id.values() if p.id.rpartition("/")[2].casefold() in ids]
        found = found or [p for p in self.by_id.values() if key in _casefolded(p.names)]
        if len(found) > 1:
            who = ", ".join(f"{p.id} ({counted(p.messages, 'message')})" for p in _by_count(found))
            raise UsageError(
                f"{ME_OPTION} {wanted}: {len(found)} people have that name. Say which id: {who}."
            )
        return found[0] if found else None

    @property
    def most_talkative(self) -> list[Person]:
        return _by_count(self.by_id.values())[:MOST_SHOWN]

    def asked(self, ask: Ask, where: str) -> Person:
        """Whom the person at the terminal points at. Raises UsageError when nobody answers."""
        shown = self.most_talkative
        choices = tuple(f"{p.name}: {counted(p.messages, 'message')}, “{p.sample}”" for p in shown)
        answer = ask(Question(f"Which of these people in {where} are you?", choices, ME_OPTION))
        if answer is None:
            names = ", ".join(f"{p.name} ({p.messages:,})" for p in shown)
            raise UsageError(
                f"{where} does not say who you are. Say {ME_OPTION} NAME; there are: {names}."
            )
        return shown[answer]

    def swapped(self, mine: Collection[str], stated: Collection[str]) -> str:
        """Why the roles look swapped, in words; "" when they do not."""
        me = " and ".join(self.by_id[m].name for m in sorted(mine) if m in self.by_id)
        if stated and not set(stated) & set(mine):
            other = ", ".join(self.by_id[s].name if s in self.by_id else s for s in sorted(stated))
            return f"the export says that its owner is {other}, not {me}"
        owner = self.owner()
        if owner is not None and owner.id not in mine:
            return f"the private chats are {owner.name}'s with others, and {me} is one of those"
        own_names = {n for m in mine if m in self.by_id for n in self.by_id[m].names}
        own_chats = {c for m in mine if m in self.by_id for c in self.by_id[m].private_chats}
        named = [c for c in self._private if c.id in own_chats and c.name]
        if named and 2 * sum(c.name in own_names for c in named) > len(named):
            return f"the chats are named after {me}, and an export names them after the others"
        return ""


def _casefolded(names: Iterable[str]) -> set[str]:
    return {name.casefold().strip() for name in names}


def _by_count(people: Iterable[Person]) -> list[Person]:
    return sorted(people, key=lambda p: (-p.messages, p.id))
