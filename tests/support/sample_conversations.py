"""Conversations from lines of text."""

from morris_mlx.records.corpus import Conversation, Message


def made(*texts, key="c", date="2020-01-01T00:00:00"):
    """Return messages; a line "me: …" is the writer's."""
    messages = tuple(
        Message("assistant" if t.startswith("me: ") else "user", t.removeprefix("me: "))
        for t in texts
    )
    return Conversation(key, messages, "s", date)
