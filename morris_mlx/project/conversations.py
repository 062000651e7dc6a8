"""Reader and writer of data/conversations.jsonl. Both stream: an account has many chats."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from morris_mlx.errors import MorrisError
from morris_mlx.files import read_jsonl, replacing
from morris_mlx.project.datasets import messages_from_json
from morris_mlx.project.folder import Project, open_project
from morris_mlx.records.corpus import Conversation


def write_conversations(project: Project, conversations: Iterable[Conversation]) -> None:
    """Write all conversations, replacing earlier ones."""
    open_project(project)
    with (
        replacing(project.conversations) as temporary,
        temporary.open("w", encoding="utf-8", newline="\n") as file,
    ):
        for conversation in conversations:
            row = {
                "id": conversation.id,
                "messages": [{"role": m.role, "content": m.content} for m in conversation.messages],
                "source": conversation.source,
                "date": conversation.date,
            }
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def read_conversations(project: Project) -> Iterator[Conversation]:
    """Yield the conversations in the order of sources and dates; none when there is no file.

    Raises MorrisError, with the line, for a damaged row.
    """
    path = project.conversations
    if not path.exists():
        return
    for number, row in read_jsonl(path):
        try:
            messages = messages_from_json(row.pop("messages", None))
            if not row.get("id") or not all(type(value) is str for value in row.values()):
                raise MorrisError("its id, source and date must be text")
            conversation = Conversation(messages=messages, **row)
        except (TypeError, MorrisError) as error:
            raise MorrisError(
                f"{path}, line {number}: not a conversation ({error}). "
                "Run `morris collect EXPORT` again."
            ) from None
        yield conversation
