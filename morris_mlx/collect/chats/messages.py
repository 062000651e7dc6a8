"""Chats, messages and the parse context: the records that every format parser works with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from morris_mlx.collect.chats.skip_reasons import SkipReason

ChatKind = Literal["private", "group"]
MAIL_NAME_SEPARATOR = " & "  # between the addresses in the name of a mail chat


@dataclass(frozen=True, slots=True)
class Chat:
    """A private chat, group, channel or mail correspondence.

    `id` is the export's own and never reaches a model. `peer_id` is the other person of a private
    chat, where the export gives it. In a `one_sided` chat the export has the writer's messages
    only. Where `splits_on_silence` is false, a thread is one conversation however long the pauses.
    """

    id: str
    name: str
    kind: ChatKind
    peer_id: str = ""
    one_sided: bool = False
    splits_on_silence: bool = True


class ChatMessage(NamedTuple):
    """One typed message. A tuple, because an account has a million of them.

    `seconds` are Unix time, or local time where the export has no time zone. Messages of
    different threads never go into the same conversation.
    """

    chat: Chat
    sender_id: str
    sender_name: str
    seconds: float
    text: str
    thread: str = ""


class ChannelPost(NamedTuple):
    """A post that the writer wrote in a channel of their own: a text, not a message to somebody.

    `signature` is the name of the author where the channel shows it, or "".
    """

    channel: Chat
    number: str
    seconds: float
    text: str
    signature: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names that the user may give for its writer: channel, id and signature."""
        channel_id = self.channel.id
        return self.channel.name, channel_id, channel_id.partition("/")[2], self.signature


@dataclass(frozen=True, slots=True)
class Question:
    """A question that only the user can answer.

    `option` is the command-line option that gives the same answer without a terminal.
    """

    text: str
    choices: tuple[str, ...]
    option: str


# Returns the index of the chosen answer, or None when there is no terminal to ask at.
AskUser = Callable[[Question], int | None]
# Called with the bytes read so far and the total.
OnProgress = Callable[[int, int], None]


def is_named(wanted: Iterable[str], *names: str) -> bool:
    """Return True if one of the names that the user gave is among the names."""
    known = {name.casefold().strip() for name in names if name}
    return any(one.casefold().strip() in known for one in wanted)


def no_answer(_: Question) -> int | None:
    """Answer no question, as without a terminal."""
    return None


def no_progress(_done: int, _total: int) -> None:
    """Ignore progress."""


@dataclass(slots=True)
class ParseContext:
    """Callbacks that a format parser may use, and everything it reports besides the messages.

    `messages` counts all messages of the export, and always equals the messages yielded plus the
    sum of `skipped`, with the posts counted in the end by what became of them.
    """

    ask: AskUser = no_answer
    on_progress: OnProgress = no_progress
    me: tuple[str, ...] = ()  # the names that the user gave: a channel may be one of them
    variant: str = ""  # the layout, where a format has several: "full export", "chat"
    messages: int = 0
    skipped: Counter[SkipReason] = field(default_factory=Counter)
    owner_ids: set[str] = field(default_factory=set)  # whose account it is, as the export says
    names: dict[str, dict[str, None]] = field(default_factory=dict)  # by person id, in order
    address_book: dict[tuple[str, ...], None] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)  # for the user, each once
    posts: list[ChannelPost] = field(default_factory=list)  # of the writer's own channels

    def skip(self, reason: SkipReason, count: int = 1) -> None:
        """Count messages that are not yielded."""
        self.messages += count
        self.skipped[reason] += count

    def add_names(self, person_id: str, *names: str) -> None:
        """Record the names of a person for redaction, even if they never write a message."""
        known = self.names.setdefault(person_id, {})
        for name in names:
            if name:
                known[name] = None

    def add_note(self, text: str) -> None:
        """Record a sentence for the user. The same sentence is kept once."""
        self.notes[text] = None
