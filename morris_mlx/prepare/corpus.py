"""Documents and chats → what is fit to learn from: cleaned, redacted, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from morris_mlx.prepare.cleaning.clean import clean_conversations, clean_documents
from morris_mlx.prepare.cleaning.duplicates import Duplicates, find_duplicates
from morris_mlx.prepare.redact.redactor import Redactor
from morris_mlx.prepare.redact.redactor import redact as redacted_of
from morris_mlx.records.corpus import Conversation, Document
from morris_mlx.text.pii import Person, RedactionMap, RedactionReport

DUPLICATE, NEAR = "exact duplicate", "nearly the same as another"
MENDED, LINES = "documents with a repaired encoding", "lines that repeat from text to text"
MENDED_CHATS = "conversations with a repaired encoding"


@dataclass(frozen=True, slots=True)
class Ready:
    """In the order of their ids; `together` are ids that no split may part."""

    documents: tuple[Document, ...]
    conversations: tuple[Conversation, ...]
    given: int  # documents before
    dropped: dict[str, int]  # of the documents, by reason
    dropped_conversations: dict[str, int]
    mended: dict[str, int]
    together: tuple[tuple[str, ...], ...]
    redaction: RedactionReport | None  # None: it was switched off
    redaction_map: RedactionMap
    rows: tuple[Conversation, ...] = ()  # given as they are
    dropped_rows: dict[str, int] = field(default_factory=dict)
    redactor: Redactor | None = None  # knows what was found; None as `redaction`

    @property
    def given_conversations(self) -> int:
        return len(self.conversations) + sum(self.dropped_conversations.values())

    @property
    def given_rows(self) -> int:
        return len(self.rows) + sum(self.dropped_rows.values())


def make_ready(
    documents: Sequence[Document],
    conversations: Sequence[Conversation] = (),
    rows: Sequence[Conversation] = (),
    *,
    redact: bool,
    people: Sequence[Person],
    languages: Sequence[str],
) -> Ready:
    """Redacted before they are compared: copies that differ in a phone number alone are copies.

    Documents and chats go through one redaction: what is found in the one goes from the other.
    """
    cleaned = clean_documents(documents, languages)
    chats = clean_conversations(conversations, languages)
    given = clean_conversations(rows, languages)
    texts, talks = cleaned.documents, (*chats.conversations, *given.conversations)
    redacted = redacted_of(texts, talks, people) if redact else None
    if redacted:
        texts, talks = redacted.documents, tuple(redacted.conversations)
    parted = len(chats.conversations)
    talks, own = talks[:parted], talks[parted:]
    same = find_duplicates([d.text for d in texts])
    same_talks, same_rows = (find_duplicates([_words(c) for c in some]) for some in (talks, own))
    return Ready(
        documents=tuple(d for i, d in enumerate(texts) if i not in same.exact | same.near),
        conversations=_kept(talks, same_talks),
        given=len(documents),
        dropped=_counted(same) | cleaned.dropped,
        dropped_conversations=_counted(same_talks) | chats.dropped,
        rows=_kept(own, same_rows),
        dropped_rows=_counted(same_rows) | given.dropped,
        mended={
            MENDED: cleaned.mended,
            LINES: cleaned.lines,
            MENDED_CHATS: chats.mended + given.mended,
        },
        together=(
            *(tuple(texts[i].id for i in group) for group in same.related),
            *(tuple(talks[i].id for i in group) for group in same_talks.related),
            *(tuple(own[i].id for i in group) for group in same_rows.related),
        ),
        redaction=redacted.report if redacted else None,
        redaction_map=redacted.redaction_map if redacted else RedactionMap(),
        redactor=redacted.redactor if redacted else None,
    )


def _words(conversation: Conversation) -> str:
    return "\n".join(message.content for message in conversation.messages)


def _kept(some: Sequence[Conversation], same: Duplicates) -> tuple[Conversation, ...]:
    return tuple(c for i, c in enumerate(some) if i not in same.exact | same.near)


def _counted(found: Duplicates) -> dict[str, int]:
    return {DUPLICATE: len(found.exact), NEAR: len(found.near)}
