"""Conversations written as short texts, such as "s:Brief u:Hi a:Ho"."""

from __future__ import annotations

from morris_mlx.models.chat_formats import ChatFormat
from morris_mlx.records.corpus import Message, Role

NAMES: dict[str, Role] = {"s": "system", "u": "user", "a": "assistant"}


def turns(words: str) -> list[Message]:
    """Return messages for a text such as "s:Brief u:Hi", with a role's letter before each word."""
    return [Message(NAMES[word[0]], word[2:]) for word in words.split()]


def arranged(chat_format: ChatFormat, words: str, reply: bool = False) -> str:
    """Return the turns that a format makes of a conversation; "+" joins merged texts."""
    found = chat_format.arrange(turns(words), reply)
    return " ".join(f"{m.role[0]}:{m.content}".replace("\n\n", "+") for m in found)
