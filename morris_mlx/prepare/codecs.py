"""Texts and rows as bytes, for the temporary files of a preparation."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from morris_mlx.records.corpus import Conversation, Document, Example, Message

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Codec(Generic[T]):
    """A pair of functions: from an item to bytes, and back to an equal item."""

    dump: Callable[[T], bytes]
    load: Callable[[bytes], T]


def _dump_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _load_json(data: bytes) -> Any:
    return json.loads(data.decode("utf-8", "surrogatepass"))


_DOCUMENT_FIELDS = tuple(field.name for field in fields(Document))


def _dump_document(document: Document) -> bytes:
    return _dump_json([getattr(document, name) for name in _DOCUMENT_FIELDS])


def _load_document(data: bytes) -> Document:
    return Document(*_load_json(data))


def _dump_conversation(conversation: Conversation) -> bytes:
    messages = [(m.role, m.content) for m in conversation.messages]
    return _dump_json([conversation.id, messages, conversation.source, conversation.date])


def _load_conversation(data: bytes) -> Conversation:
    key, messages, source, date = _load_json(data)
    return Conversation(key, tuple(Message(*m) for m in messages), source, date)


def _dump_requests(requests: Iterable[Iterable[Example]]) -> bytes:
    """Return the rows of several requests. Text that is in many of them is written once."""
    texts: dict[str, int] = {}

    def place(text: str) -> int:
        return texts.setdefault(text, len(texts))

    rows = [
        [
            (row.source_id, row.task, [(m.role, place(m.content)) for m in row.messages])
            for row in request
        ]
        for request in requests
    ]
    return _dump_json([list(texts), rows])


def _load_requests(data: bytes) -> tuple[tuple[Example, ...], ...]:
    texts, requests = _load_json(data)
    return tuple(
        tuple(
            Example(tuple(Message(role, texts[n]) for role, n in messages), source_id, task)
            for source_id, task, messages in request
        )
        for request in requests
    )


def _dump_rows(rows: Sequence[Example]) -> bytes:
    return _dump_requests((rows,))


def _load_rows(data: bytes) -> Sequence[Example]:
    return _load_requests(data)[0]


def _dump_example(row: Example) -> bytes:
    return _dump_json([row.source_id, row.task, [(m.role, m.content) for m in row.messages]])


def _load_example(data: bytes) -> Example:
    source_id, task, messages = _load_json(data)
    return Example(tuple(Message(*m) for m in messages), source_id, task)


def _dump_hashes(hashes: npt.NDArray[np.uint64]) -> bytes:
    return hashes.tobytes()


def _load_hashes(data: bytes) -> npt.NDArray[np.uint64]:
    return np.frombuffer(data, np.uint64)


DOCUMENTS = Codec(_dump_document, _load_document)
CONVERSATIONS = Codec(_dump_conversation, _load_conversation)
EXAMPLES = Codec(_dump_example, _load_example)
ROWS = Codec(_dump_rows, _load_rows)  # of one text
REQUESTS = Codec(_dump_requests, _load_requests)  # for one text, each in several rows
SHINGLES = Codec(_dump_hashes, _load_hashes)
