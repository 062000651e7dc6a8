"""Session splitter: messages in order become sessions and turns; silence ends a session."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from morris_mlx.collect.chats.messages import Chat, ChatMessage
from morris_mlx.records.corpus import Message, Role

# Separates the messages of one turn: a blank line, which no message contains.
MESSAGE_SEPARATOR = "\n\n"
# A one-sided export lacks the messages in between: text sent minutes later answers one of those.
ONE_SIDED_GAP_SECONDS = 300.0


class Turn(NamedTuple):
    """Consecutive messages of one sender: their number (`size`) and the time of the first."""

    sender_id: str
    text: str
    size: int
    seconds: float


class Session(NamedTuple):
    """Turns of one chat without a long silence, before roles are known. A tuple to save memory."""

    chat: Chat
    turns: tuple[Turn, ...]

    @property
    def seconds(self) -> float:
        """The time of the first message."""
        return self.turns[0].seconds

    @property
    def messages(self) -> int:
        """The number of messages."""
        return sum(turn.size for turn in self.turns)

    def count_by(self, people: Collection[str]) -> int:
        """Return the number of messages by these people."""
        return sum(turn.size for turn in self.turns if turn.sender_id in people)


class SessionSplitter:
    """Builder of sessions from messages in order: `add` all of them, then `finish`."""

    def __init__(self, gap_seconds: float) -> None:
        """Split where a silence is longer than `gap_seconds`."""
        self._gap = gap_seconds
        self._chat: Chat | None = None
        self._thread = ""
        self._turn_start = self._last = 0.0
        self._turns: list[Turn] = []
        self._sender, self._texts = "", list[str]()

    def add(self, message: ChatMessage) -> Session | None:
        """Add a message. Returns the previous session if this message starts a new one."""
        done = self.finish() if self._starts_session(message) else None
        if not self._texts:
            self._chat, self._thread = message.chat, message.thread
            self._sender, self._turn_start = message.sender_id, message.seconds
        elif message.sender_id != self._sender:
            self._end_turn()
            self._sender, self._turn_start = message.sender_id, message.seconds
        self._texts.append(message.text)
        self._last = message.seconds
        return done

    def _starts_session(self, message: ChatMessage) -> bool:
        if not self._texts or self._chat is None:
            return False
        if message.chat.id != self._chat.id or message.thread != self._thread:
            return True
        if not message.chat.splits_on_silence:
            return False
        gap = min(self._gap, ONE_SIDED_GAP_SECONDS) if message.chat.one_sided else self._gap
        return message.seconds - self._last > gap

    def _end_turn(self) -> None:
        text = MESSAGE_SEPARATOR.join(self._texts)
        self._turns.append(Turn(self._sender, text, len(self._texts), self._turn_start))
        self._texts = []

    def finish(self) -> Session | None:
        """Return the open session, or None if no message was added."""
        if not self._texts or self._chat is None:
            return None
        self._end_turn()
        session = Session(self._chat, tuple(self._turns))
        self._turns = []
        return session


def split_into_windows(
    turns: Sequence[Turn], own_ids: Collection[str], max_turns: int
) -> Iterator[tuple[Turn, ...]]:
    """Yield the turns in pieces of at most `max_turns` (0: one piece).

    A piece ends after a turn of the writer, so that no answer loses the question before it. Only
    where the writer is silent for a whole window does it end elsewhere.
    """
    while turns:
        end = min(max_turns or len(turns), len(turns))
        if end < len(turns):
            answered = [n for n in range(1, end + 1) if turns[n - 1].sender_id in own_ids]
            end = answered[-1] if answered else end
        yield tuple(turns[:end])
        turns = turns[end:]


def to_messages(turns: Sequence[Turn], own_ids: Collection[str]) -> tuple[Message, ...]:
    """Convert turns to messages with roles. Consecutive turns of the writer are merged.

    Those occur where the writer uses several accounts or addresses.
    """
    messages: list[Message] = []
    for turn in turns:
        role: Role = "assistant" if turn.sender_id in own_ids else "user"
        if role == "assistant" and messages and messages[-1].role == role:
            messages[-1] = Message(role, messages[-1].content + MESSAGE_SEPARATOR + turn.text)
        else:
            messages.append(Message(role, turn.text))
    return tuple(messages)


def conversation_id(chat: Chat, seconds: float, piece: int, messages: Sequence[Message]) -> str:
    """Return a hash of chat, time, roles and texts, the same for every export of a conversation."""
    digest = hashlib.sha256(f"{chat.id}/{seconds:.0f}/{piece}".encode("utf-8", "replace"))
    for message in messages:
        digest.update(f"\f{message.role}\f{message.content}".encode())
    return digest.hexdigest()[:16]
