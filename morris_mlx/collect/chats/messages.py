"""What every format module yields: messages in order, and what it learnt about the export."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

ChatKind = Literal["private", "group"]
MAIL_AND = " & "  # between the addresses that a chat of mail is called after


@dataclass(frozen=True, slots=True)
class Chat:
    """A place where people talk. `id` is the export's own and never shown to a model.

    `peer_id` is the other person of a private chat where the export says who that is.
    `one_sided`: only the writer's own messages are in the export.
    """

    id: str
    name: str
    kind: ChatKind
    peer_id: str = ""
    one_sided: bool = False


class ChatMessage(NamedTuple):
    """One message that somebody typed. A tuple: an account has a million of them.

    `seconds` are unix time, or the clock on the wall where the export says no more. Messages of
    different threads of a chat are never neighbours.
    """

    chat: Chat
    sender_id: str
    sender_name: str
    seconds: float
    text: str
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What only the person can know; `option` answers it where nobody can be asked."""

    text: str
    choices: tuple[str, ...]
    option: str


# The number of the choice, or None where nobody answers.
Ask = Callable[[Question], int | None]
# Called with the bytes read so far and in all.
Report = Callable[[int, int], None]


def nobody(_: Question) -> int | None:
    return None


def silent(_done: int, _total: int) -> None:
    pass


@dataclass(slots=True)
class Reading:
    """What is learnt while messages go by: counts that add up, and hints at who the writer is."""

    ask: Ask = nobody
    report: Report = silent
    shape: str = ""  # which of its format's several forms the export has
    messages: int = 0  # all in the export, kept or not
    left_out: Counter[str] = field(default_factory=Counter)
    own_ids: set[str] = field(default_factory=set)  # the export says: this is its owner
    called: dict[str, dict[str, None]] = field(default_factory=dict)  # people's names, by id
    contacts: dict[tuple[str, ...], None] = field(default_factory=dict)  # the owner's address book
    notes: dict[str, None] = field(default_factory=dict)  # repairs and doubts, each said once

    def leave_out(self, reason: str, count: int = 1) -> None:
        """`count` messages that are not yielded."""
        self.messages += count
        self.left_out[reason] += count

    def call(self, person: str, *names: str) -> None:
        """What somebody is called, who may never say a word: redaction must know it."""
        known = self.called.setdefault(person, {})
        for name in names:
            if name:
                known[name] = None

    def note(self, text: str) -> None:
        self.notes[text] = None
