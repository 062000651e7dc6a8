"""Contact list: everybody in an export except the writer, with names and conversations."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from morris_mlx.collect.chats.find_writer import Participants
from morris_mlx.collect.chats.messages import MAIL_NAME_SEPARATOR, Chat, ParseContext
from morris_mlx.project.people import Contact


class Speakers(NamedTuple):
    """The chat of a conversation, and the ids of the people who write in it."""

    chat: Chat
    ids: frozenset[str]


class ContactList:
    """The people of all exports of one platform, with the conversations of each."""

    def __init__(
        self, people: Participants, own_ids: Collection[str], speakers: Mapping[str, Speakers]
    ) -> None:
        """Index the conversations by person.

        Args:
            people: everybody in the exports of the platform, the writer included.
            own_ids: the ids of the writer.
            speakers: who writes in which conversation, by conversation id.
        """
        self._people, self._own_ids = people, own_ids
        self._chat_members: dict[str, set[str]] = {}  # of private chats, without the writer
        for person in people.by_id.values():
            for chat in person.private_chats if person.id not in own_ids else ():
                self._chat_members.setdefault(chat, set()).add(person.id)
        self._conversations: dict[str, list[str]] = {}
        for conversation, (chat_of_it, ids) in speakers.items():
            present = ids.difference(own_ids)
            if chat_of_it.kind == "private":
                present |= {self._peer(chat_of_it)}
            for person_id in present:
                self._conversations.setdefault(person_id, []).append(conversation)

    def _peer(self, chat: Chat) -> str:
        """Return the id of the other person of a private chat.

        That is the export's own peer id, or the only other sender, or else the id of the chat.
        """
        members = self._chat_members.get(chat.id, set())
        return chat.peer_id or (next(iter(members)) if len(members) == 1 else chat.id)

    def of_export(
        self, context: ParseContext, senders: Iterable[str], chats: Collection[str]
    ) -> tuple[Contact, ...]:
        """Return the contacts of one export: its people, its chats and its address book.

        Args:
            context: the names and the address book that the parser found.
            senders: the ids of all senders in the export.
            chats: the ids of all chats in the export.
        """
        named = {i: dict.fromkeys(filter(None, names)) for i, names in context.names.items()}
        for sender in senders:
            if person := self._people.by_id.get(sender):
                named.setdefault(sender, {}).update(dict.fromkeys(filter(None, person.names)))
        own_names = {name for i in self._own_ids for name in named.get(i, ())}
        own_addresses = {i.partition("/")[2] for i in self._own_ids}
        # An id with no other names than the writer's is another account of the writer.
        names_by_id = {
            i: names
            for i, names in named.items()
            if i not in self._own_ids and not (names and names.keys() <= own_names)
        }
        for chat in self._people.chats.values():
            if chat.id in chats and chat.kind == "private" and chat.peer_id not in self._own_ids:
                names = names_by_id.setdefault(self._peer(chat), {})
                # The name of a mail chat has both addresses, so it is no name of the peer.
                if chat.name and own_addresses.isdisjoint(chat.name.split(MAIL_NAME_SEPARATOR)):
                    names[chat.name] = None
        contacts = [
            Contact(i, tuple(names), tuple(sorted(self._conversations.get(i, ()))))
            for i, names in names_by_id.items()
        ]
        known = {contact.names for contact in contacts}
        contacts += [Contact("", names) for names in context.address_book if names not in known]
        useful = (c for c in contacts if any(c.names) or c.conversations)
        return tuple(sorted(useful, key=lambda c: (c.names, c.id)))
