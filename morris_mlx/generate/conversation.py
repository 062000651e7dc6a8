"""Histories that a user passes in, as messages or as text → messages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from morris_mlx.errors import UsageError
from morris_mlx.records.corpus import Message, Role

History = str | Sequence[Message | Mapping[str, Any]]
ROLE_NAMES: dict[str, Role] = {
    "system": "system",
    "user": "user",
    "human": "user",
    "you": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "morris": "assistant",
}
_TURN = re.compile(rf"\s*\**({'|'.join(ROLE_NAMES)})\**\s*:\**\s*(.*)", re.IGNORECASE | re.DOTALL)


def messages_from(history: History) -> list[Message]:
    """Return the messages of a history, in order.

    Text is read line by line: `User:`, `Assistant:` or `System:` begins a turn (also Human, You,
    AI and Morris), other lines continue it. Raises UsageError for anything else.
    """
    if isinstance(history, str):
        return _from_text(history)
    if not isinstance(history, Sequence):
        raise UsageError(
            f"history is {type(history).__name__}; it must be a list of messages, or text."
        )
    return [_message(turn, number) for number, turn in enumerate(history, start=1)]


def transcript(messages: Sequence[Message]) -> str:
    """Return the messages as text that `messages_from` can read."""
    names = {"system": "System", "user": "User", "assistant": "Assistant"}
    return "\n".join(f"{names[m.role]}: {m.content}" for m in messages)


def _message(turn: object, number: int) -> Message:
    if isinstance(turn, Message):
        return turn
    if isinstance(turn, Mapping) and isinstance(turn.get("content"), str):
        return Message(turn.get("role", ""), turn["content"])
    raise UsageError(
        f"Turn {number} of the history is not a message. "
        'Write it as {"role": "user", "content": "..."}.'
    )


def _from_text(text: str) -> list[Message]:
    turns: list[tuple[Role, list[str]]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        found = _TURN.fullmatch(line)
        if found:
            turns.append((ROLE_NAMES[found[1].lower()], [found[2]]))
        elif turns:
            turns[-1][1].append(line)
        elif line.strip():
            raise UsageError(
                f"Line {number} of the history does not name its role: {line.strip()[:40]!r}. "
                "Begin it with `User:` or `Assistant:`."
            )
    return [Message(role, "\n".join(lines).strip()) for role, lines in turns]
