"""Messages in order → conversations: parted by silence, bursts joined, chats never mixed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from morris_mlx.collect.chats.messages import Chat, ChatMessage
from morris_mlx.records.corpus import Message, Role

BURST = "\n\n"  # between the messages of one person in a row: a message has no blank line within
# Nobody's answers are in a one-sided export: what was said minutes later answered something else.
ONE_SIDED_GAP_SECONDS = 300.0


class Turn(NamedTuple):
    """What one person said before another did, in `size` messages, the first at `seconds`."""

    sender_id: str
    text: str
    size: int
    seconds: float


class Session(NamedTuple):
    """Turns without a long silence between them, nobody the writer yet. A tuple for its size."""

    chat: Chat
    turns: tuple[Turn, ...]

    @property
    def seconds(self) -> float:
        return self.turns[0].seconds

    @property
    def messages(self) -> int:
        return sum(turn.size for turn in self.turns)

    def by(self, people: Collection[str]) -> int:
        """Messages of these people."""
        return sum(turn.size for turn in self.turns if turn.sender_id in people)


class Sessions:
    """Builds sessions while messages go by; add all, then finish."""

    def __init__(self, gap_seconds: float) -> None:
        self._gap = gap_seconds
        self._chat: Chat | None = None
        self._thread = ""
        self._began = self._last = 0.0  # of the turn, and of the message before
        self._turns: list[Turn] = []
        self._sender, self._texts = "", list[str]()

    def add(self, message: ChatMessage) -> Session | None:
        """The session before, when this message begins a new one."""
        done = self.finish() if self._is_new(message) else None
        if not self._texts:
            self._chat, self._thread = message.chat, message.thread
            self._sender, self._began = message.sender_id, message.seconds
        elif message.sender_id != self._sender:
            self._end_turn()
            self._sender, self._began = message.sender_id, message.seconds
        self._texts.append(message.text)
        self._last = message.seconds
        return done

    def _is_new(self, message: ChatMessage) -> bool:
        if not self._texts or self._chat is None:
            return False
        if message.chat.id != self._chat.id or message.thread != self._thread:
            return True
        if message.chat.id.startswith("mail/"):
            return False  # a letter may be answered after weeks: its thread is the conversation
        gap = min(self._gap, ONE_SIDED_GAP_SECONDS) if message.chat.one_sided else self._gap
        # Elapsed seconds: days and the hours within a day are one number here.
        return message.seconds - self._last > gap

    def _end_turn(self) -> None:
        text = BURST.join(self._texts)
        self._turns.append(Turn(self._sender, text, len(self._texts), self._began))
        self._texts = []

    def finish(self) -> Session | None:
        """The session that is still open, if any."""
        if not self._texts or self._chat is None:
            return None
        self._end_turn()
        session = Session(self._chat, tuple(self._turns))
        self._turns = []
        return session


def windows(turns: Sequence[Turn], mine: Collection[str], most: int) -> Iterator[tuple[Turn, ...]]:
    """The turns in pieces of at most `most` (0: whole), cut where the writer has answered.

    A cut between a question and its answer would leave the answer without its context; it is made
    there only where nobody of `mine` speaks for a whole window.
    """
    while turns:
        end = min(most or len(turns), len(turns))
        if end < len(turns):
            answered = [n for n in range(1, end + 1) if turns[n - 1].sender_id in mine]
            end = answered[-1] if answered else end
        yield tuple(turns[:end])
        turns = turns[end:]


def messages_of(turns: Sequence[Turn], mine: Collection[str]) -> tuple[Message, ...]:
    """Turns with their roles; the writer under two addresses is still one person."""
    messages: list[Message] = []
    for turn in turns:
        role: Role = "assistant" if turn.sender_id in mine else "user"
        if role == "assistant" and messages and messages[-1].role == role:
            messages[-1] = Message(role, messages[-1].content + BURST + turn.text)
        else:
            messages.append(Message(role, turn.text))
    return tuple(messages)


def conversation_id(chat: Chat, seconds: float, piece: int, messages: Sequence[Message]) -> str:
    """A hash of chat, time, roles and texts: the same talk in two exports is the same."""
    digest = hashlib.sha256(f"{chat.id}/{seconds:.0f}/{piece}".encode("utf-8", "replace"))
    for message in messages:
        digest.update(f"\f{message.role}\f{message.content}".encode())
    return digest.hexdigest()[:16]
