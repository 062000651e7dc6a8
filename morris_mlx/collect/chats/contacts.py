"""Everybody in an export but the writer: what they are called, and where they speak."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from morris_mlx.collect.chats.find_writer import People
from morris_mlx.collect.chats.messages import MAIL_AND, Chat
from morris_mlx.project.people import Contact


class Talk(NamedTuple):
    """Who speaks in a conversation, and in which chat it is."""

    chat: Chat
    speakers: frozenset[str]


class Acquaintances:
    """The people of all exports of one format, and their conversations by `talks`."""

    def __init__(self, people: People, mine: Collection[str], talks: Mapping[str, Talk]) -> None:
        self._people, self._mine = people, mine
        others: dict[str, set[str]] = {}
        for person in people.by_id.values():
            for chat in person.private_chats if person.id not in mine else ():
                others.setdefault(chat, set()).add(person.id)
        self._others = others
        self._conversations: dict[str, list[str]] = {}
        for key, talk in talks.items():
            present = talk.speakers.difference(mine)
            if talk.chat.kind == "private":
                present |= {self._peer(talk.chat)}
            for person_id in present:
                self._conversations.setdefault(person_id, []).append(key)

    def _peer(self, chat: Chat) -> str:
        """The other person of a private chat: as the export says, else the only one who speaks."""
        others = self._others.get(chat.id, set())
        return chat.peer_id or (next(iter(others)) if len(others) == 1 else chat.id)

    def contacts(
        self,
        called: Mapping[str, Iterable[str]],
        senders: Iterable[str],
        chats: Collection[str],
        address_book: Iterable[tuple[str, ...]],
    ) -> tuple[Contact, ...]:
        """Of one export: everybody it calls by name, its talkers, its chats, its address book."""
        named = {i: dict.fromkeys(filter(None, some)) for i, some in called.items()}
        for sender in senders:
            if person := self._people.by_id.get(sender):
                named.setdefault(sender, {}).update(dict.fromkeys(filter(None, person.names)))
        own = {name for i in self._mine for name in named.get(i, ())}
        own_addresses = {i.partition("/")[2] for i in self._mine}
        # Under an address that the writer did not name it is still the writer.
        names = {
            i: some
            for i, some in named.items()
            if i not in self._mine and not (some and some.keys() <= own)
        }
        for chat in self._people.chats.values():
            if chat.id in chats and chat.kind == "private" and chat.peer_id not in self._mine:
                some = names.setdefault(self._peer(chat), {})
                # Mail calls a chat after both: that is no name of the other one.
                if chat.name and own_addresses.isdisjoint(chat.name.split(MAIL_AND)):
                    some[chat.name] = None
        known = [
            Contact(i, tuple(some), tuple(sorted(self._conversations.get(i, ()))))
            for i, some in names.items()
        ]
        there = {contact.names for contact in known}
        known += [Contact("", some) for some in address_book if some not in there]
        useful = (c for c in known if any(c.names) or c.conversations)
        return tuple(sorted(useful, key=lambda c: (c.names, c.id)))
