"""Identification of the writer among the participants of chats: inferred, named or asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from morris_mlx.collect.chats.messages import AskUser, Chat, ChatMessage, Question
from morris_mlx.errors import UsageError
from morris_mlx.text.numbers import counted

ME_OPTION = "--me"
MAX_CHOICES = 20  # people to choose from; the writer is one of those who write most
SAMPLE_CHARACTERS = 60
MIN_SAMPLE = 15  # characters: enough to recognize who wrote it
MIN_CHATS_TO_INFER = 2  # whoever is in all private chats with different people owns them


@dataclass(slots=True)
class Participant:
    """A person in an export. All counts are of messages that have text."""

    id: str
    names: Counter[str] = field(default_factory=Counter)
    messages: int = 0
    sample: str = ""
    private_chats: set[str] = field(default_factory=set)  # ids

    @property
    def name(self) -> str:
        """The most frequent name, or the id."""
        named = sorted(self.names.items(), key=lambda item: (-item[1], item[0]))
        return next((name for name, _ in named if name), self.id)


class Participants:
    """All people in the exports of one platform, by id: names change and are not unique."""

    def __init__(self) -> None:
        self.by_id: dict[str, Participant] = {}
        self.chats: dict[str, Chat] = {}
        self._known_as: dict[str, set[str]] = {}  # ids by other names of people, in lower case

    def add(self, message: ChatMessage) -> None:
        """Count a message for its sender."""
        person = self.by_id.get(message.sender_id)
        if person is None:
            person = self.by_id[message.sender_id] = Participant(message.sender_id)
        person.messages += 1
        person.names[message.sender_name] += 1
        if len(person.sample) < MIN_SAMPLE and len(message.text) > len(person.sample):
            person.sample = message.text[:SAMPLE_CHARACTERS]
        if message.chat.kind == "private":
            person.private_chats.add(message.chat.id)
        self.chats.setdefault(message.chat.id, message.chat)

    def add_names(self, names: Mapping[str, Iterable[str]]) -> None:
        """Add the names that exports know of people besides those of their messages, by id."""
        for person, known in names.items():
            for name in known:
                self._known_as.setdefault(_folded(name), set()).add(person)

    @property
    def _private_chats(self) -> list[Chat]:
        return [c for c in self.chats.values() if c.kind == "private" and not c.one_sided]

    def infer_owner(self) -> Participant | None:
        """Return the owner of the account, inferred from who is in which chat; None if unclear."""
        with_messages = {chat for p in self.by_id.values() for chat in p.private_chats}
        chats = [c for c in self._private_chats if c.id in with_messages]
        peers = {c.id: c.peer_id or self._peer_by_title(c) for c in chats}
        # Whoever writes in a private chat and is not its peer is its owner.
        opposite_peers = {
            p.id
            for p in self.by_id.values()
            if any(peers.get(chat) not in ("", None, p.id) for chat in p.private_chats)
        } - set(peers.values())
        if len(opposite_peers) == 1:
            return self.by_id[opposite_peers.pop()]
        in_all_chats = [p for p in self.by_id.values() if len(p.private_chats) == len(chats)]
        if len(chats) >= MIN_CHATS_TO_INFER and len(in_all_chats) == 1:
            return in_all_chats[0]
        return None

    def _peer_by_title(self, chat: Chat) -> str:
        """Return the id of the person a private chat is named after, or "" if that is unclear.

        All exports name a private chat after the other person.
        """
        here = [p.id for p in self.by_id.values() if chat.id in p.private_chats]
        found = [i for i in here if chat.name and chat.name in self.by_id[i].names]
        return found[0] if len(found) == 1 else ""

    def find(self, wanted: str) -> Participant | None:
        """Return the person with this id or name, or None. Raises UsageError for several."""
        if wanted in self.by_id:
            return self.by_id[wanted]
        key = _folded(wanted)
        ids = {key, f"user{key}"}  # Telegram's ids, of which people know the number
        found = [p for p in self.by_id.values() if p.id.rpartition("/")[2].casefold() in ids]
        found = found or [p for p in self.by_id.values() if key in map(_folded, p.names)]
        known = self._known_as.get(key, set())
        found = found or [p for p in self.by_id.values() if p.id in known]
        if len(found) > 1:
            people = ", ".join(
                f"{p.id} ({counted(p.messages, 'message')})" for p in _by_count(found)
            )
            raise UsageError(
                f"{ME_OPTION} {wanted}: {len(found)} people have that name. "
                f"Give one of the ids: {people}."
            )
        return found[0] if found else None

    @property
    def most_active(self) -> list[Participant]:
        """The people with the most messages, those with more first."""
        return _by_count(self.by_id.values())[:MAX_CHOICES]

    def ask_for_writer(self, ask: AskUser, where: str, *, may_be_text: bool = False) -> Participant:
        """Ask the user who they are. Raises UsageError when there is no terminal to ask at.

        Args:
            ask: the door to the user.
            where: names the exports for the question.
            may_be_text: the exports are plain text, which could also be a log of the user's.
        """
        shown = self.most_active
        choices = tuple(f"{p.name}: {counted(p.messages, 'message')}, “{p.sample}”" for p in shown)
        answer = ask(Question(f"Which of these people in {where} are you?", choices, ME_OPTION))
        if answer is None:
            names = ", ".join(f"{p.name} ({p.messages:,})" for p in shown)
            way_out = " If it is no chat, --as text takes it as your own text."
            raise UsageError(
                f"{where} does not say who you are. Add {ME_OPTION} NAME; there are: {names}."
                + way_out * may_be_text
            )
        return shown[answer]

    def explain_swapped_roles(self, own_ids: Collection[str], owner_ids: Collection[str]) -> str:
        """Return why another person seems to be the writer, or "" if all is consistent.

        Args:
            own_ids: ids that are taken for the writer's.
            owner_ids: ids that the exports themselves name as the owner's.
        """
        own = [self.by_id[i] for i in sorted(own_ids) if i in self.by_id]
        me = " and ".join(person.name for person in own)
        if owner_ids and not set(owner_ids) & set(own_ids):
            other = ", ".join(
                self.by_id[i].name if i in self.by_id else i for i in sorted(owner_ids)
            )
            return f"the export says that its owner is {other}, not {me}"
        owner = self.infer_owner()
        if owner is not None and owner.id not in own_ids:
            return f"the private chats are {owner.name}'s with others, and {me} is one of those"
        own_names = {name for person in own for name in person.names}
        own_chats = {chat for person in own for chat in person.private_chats}
        named = [c for c in self._private_chats if c.id in own_chats and c.name]
        if named and 2 * sum(c.name in own_names for c in named) > len(named):
            return f"the chats are named after {me}, and an export names them after the others"
        return ""


def _folded(name: str) -> str:
    """Return a name for comparison. WhatsApp writes a tilde before the names of strangers."""
    return name.casefold().strip().removeprefix("~").removeprefix("@").strip()


def _by_count(people: Iterable[Participant]) -> list[Participant]:
    return sorted(people, key=lambda p: (-p.messages, p.id))
