"""The corpus that a dataset is built from: cleaned, redacted, and without duplicates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeVar

from morris_mlx.defaults import MIN_WORDS
from morris_mlx.prepare.cleaning.clean import clean_conversations, clean_documents
from morris_mlx.prepare.cleaning.duplicates import Duplicates, find_duplicates
from morris_mlx.prepare.codecs import CONVERSATIONS
from morris_mlx.prepare.disk_list import DiskList, Mapped, Selection
from morris_mlx.prepare.progress import Meter, Stage
from morris_mlx.prepare.reasons import ExclusionReason, Repair
from morris_mlx.prepare.redact.redactor import Redactor, redact_corpus
from morris_mlx.records.corpus import Conversation, Document
from morris_mlx.text.pii import Person, RedactionMap, RedactionReport

Text = TypeVar("Text", Document, Conversation)


@dataclass(frozen=True, slots=True)
class CleanCorpus:
    """Documents, conversations and the writer's own rows that may become training data.

    All of them are in the order of their IDs. The IDs of a group in `related` must be in the same
    split. Documents of fewer than `min_words` words were left out. `other_languages` has the number
    of texts and conversations that were left out for their language, by its code. `redactor` can
    redact further rows with what it found in these; it is None, like `redaction`, if redaction was
    turned off.
    """

    documents: Sequence[Document]
    conversations: Sequence[Conversation]
    given_documents: int
    left_out_documents: dict[ExclusionReason, int]
    left_out_conversations: dict[ExclusionReason, int]
    repairs: dict[Repair, int]
    related: tuple[tuple[str, ...], ...]
    redaction: RedactionReport | None
    redaction_map: RedactionMap
    rows: Sequence[Conversation] = ()
    left_out_rows: dict[ExclusionReason, int] = field(default_factory=dict)
    redactor: Redactor | None = None
    min_words: int = MIN_WORDS
    other_languages: Mapping[str, int] = field(default_factory=dict)

    @property
    def given_conversations(self) -> int:
        """Return the number of conversations before cleaning."""
        return len(self.conversations) + sum(self.left_out_conversations.values())

    @property
    def given_rows(self) -> int:
        """Return the number of the writer's own rows before cleaning."""
        return len(self.rows) + sum(self.left_out_rows.values())


def clean_corpus(
    documents: Sequence[Document],
    conversations: Sequence[Conversation] = (),
    rows: Sequence[Conversation] = (),
    *,
    redact: bool,
    people: Sequence[Person],
    languages: Sequence[str],
    min_words: int = MIN_WORDS,
    not_names: Sequence[str] = (),
    meter: Meter | None = None,
) -> CleanCorpus:
    """Clean, redact and deduplicate the input.

    Redaction comes before deduplication, so that texts that differ only in a phone number are
    duplicates. Everything goes through one redactor: an item found in one text is removed from all.
    """
    meter = meter or Meter()
    meter.begin(Stage.clean, _size(documents, chain(conversations, rows)))
    clean_docs = clean_documents(documents, languages, min_words, meter.tick)
    clean_chats = clean_conversations(conversations, languages, meter.tick)
    clean_rows = clean_conversations(rows, languages, meter.tick)
    docs = clean_docs.documents
    dialogs: Sequence[Conversation] = DiskList(
        CONVERSATIONS, chain(clean_chats.conversations, clean_rows.conversations)
    )
    meter.begin(Stage.redact, _size(docs, dialogs))
    redacted = redact_corpus(docs, dialogs, people, not_names, meter.tick) if redact else None
    if redacted:
        docs, dialogs = redacted.documents, redacted.conversations
    first_row = len(clean_chats.conversations)
    chats, own = dialogs[:first_row], dialogs[first_row:]
    meter.begin(Stage.compare, _size(docs, dialogs))
    same_docs = find_duplicates(Mapped(lambda d: d.text, docs), meter.tick)
    same_chats = find_duplicates(Mapped(_all_text, chats), meter.tick)
    same_rows = find_duplicates(Mapped(_all_text, own), meter.tick)
    return CleanCorpus(
        documents=_without_duplicates(docs, same_docs),
        conversations=_without_duplicates(chats, same_chats),
        min_words=min_words,
        given_documents=len(documents),
        left_out_documents=_count_duplicates(same_docs) | clean_docs.left_out,
        left_out_conversations=_count_duplicates(same_chats) | clean_chats.left_out,
        rows=_without_duplicates(own, same_rows),
        left_out_rows=_count_duplicates(same_rows) | clean_rows.left_out,
        repairs={
            Repair.DOCUMENT_ENCODING: clean_docs.repaired,
            Repair.REPEATED_LINES: clean_docs.removed_lines,
            Repair.CONVERSATION_ENCODING: clean_chats.repaired + clean_rows.repaired,
        },
        related=(
            *_related_ids(docs, same_docs),
            *_related_ids(chats, same_chats),
            *_related_ids(own, same_rows),
        ),
        other_languages=(
            clean_docs.other_languages + clean_chats.other_languages + clean_rows.other_languages
        ),
        redaction=redacted.report if redacted else None,
        redaction_map=redacted.redaction_map if redacted else RedactionMap(),
        redactor=redacted.redactor if redacted else None,
    )


def _all_text(conversation: Conversation) -> str:
    return "\n".join(message.content for message in conversation.messages)


def _size(documents: Iterable[Document], conversations: Iterable[Conversation]) -> int:
    """Return the number of characters in the texts and messages."""
    said = sum(len(m.content) for c in conversations for m in c.messages)
    return said + sum(len(d.text) for d in documents)


def _without_duplicates(texts: Sequence[Text], duplicates: Duplicates) -> Sequence[Text]:
    removed = duplicates.exact | duplicates.near
    return Selection(texts, (i for i in range(len(texts)) if i not in removed))


def _related_ids(
    texts: Sequence[Document | Conversation], duplicates: Duplicates
) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(texts[i].id for i in group) for group in duplicates.related)


def _count_duplicates(duplicates: Duplicates) -> dict[ExclusionReason, int]:
    return {
        ExclusionReason.EXACT_DUPLICATE: len(duplicates.exact),
        ExclusionReason.NEAR_DUPLICATE: len(duplicates.near),
    }
