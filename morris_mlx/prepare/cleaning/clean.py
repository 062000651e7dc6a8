"""Which documents are worth learning from, and why the others are not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from morris_mlx.defaults import MIN_WORDS
from morris_mlx.prepare.cleaning.boilerplate import without_boilerplate
from morris_mlx.prepare.cleaning.language import keep_languages
from morris_mlx.prepare.mend import mend
from morris_mlx.records.corpus import Conversation, Document, Message

LINKS, SHORT = "only links", f"shorter than {MIN_WORDS} words"
OTHER_LANGUAGE = "in another language"
SILENT = "nothing of the writer's own but links"
# Bounded as names and hosts are (RFC 5321): a text may be one word of a hundred thousand letters.
LINK = re.compile(r"(?:https?://|www\.)\S+|\b[\w.+-]{1,64}@[\w.-]{1,255}\.\w+|[#@]\w+")
WORD = re.compile(r"[^\W\d_]{2,}")
MIN_OWN_WORDS = 3  # beside links: fewer are a caption


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Documents to keep, in the order of their ids; what went, and what was mended in the rest."""

    documents: tuple[Document, ...]
    dropped: dict[str, int]
    mended: int  # documents whose encoding was repaired
    lines: int  # that repeat from document to document


@dataclass(frozen=True, slots=True)
class CleanedChats:
    """Conversations to keep, in the order of their ids; what went, and how many were repaired."""

    conversations: tuple[Conversation, ...]
    dropped: dict[str, int]
    mended: int


def clean_documents(documents: Sequence[Document], languages: Sequence[str] = ()) -> Cleaned:
    """`languages`: ISO 639-1 codes to keep; none means the main ones of these documents."""
    ordered = sorted(documents, key=lambda d: (d.id, d.source))
    mended = [replace(d, text=mend(d.text), title=mend(d.title)) for d in ordered]
    repaired = sum(a.text != b.text for a, b in zip(ordered, mended, strict=True))
    texts, lines = without_boilerplate([d.text for d in mended])
    whole = [replace(d, text=t) for d, t in zip(mended, texts, strict=True)]
    dropped = dict.fromkeys((LINKS, SHORT, OTHER_LANGUAGE), 0)
    long: list[Document] = []
    for document in whole:
        if is_only_links(document.text):
            dropped[LINKS] += 1
        elif len(document.text.split()) < MIN_WORDS:
            dropped[SHORT] += 1
        else:
            long.append(document)
    kept = keep_languages([d.text for d in long], languages)
    dropped[OTHER_LANGUAGE] = kept.count(False)
    return Cleaned(
        tuple(d for d, keep in zip(long, kept, strict=True) if keep), dropped, repaired, lines
    )


def clean_conversations(
    conversations: Sequence[Conversation], languages: Sequence[str] = ()
) -> CleanedChats:
    """Whole conversations go, never a turn out of the middle; no length is asked of chats.

    A language is told from all that the writer says in one: never from a short message.
    """
    ordered = sorted(conversations, key=lambda c: (c.id, c.source))
    mended = [
        replace(c, messages=tuple(Message(m.role, mend(m.content)) for m in c.messages))
        for c in ordered
    ]
    repaired = sum(a != b for a, b in zip(ordered, mended, strict=True))
    said = [" ".join(m.content for m in c.messages if m.role == "assistant") for c in mended]
    empty = [not text.strip() or is_only_links(text) for text in said]
    kept = keep_languages(said, languages)
    return CleanedChats(
        tuple(c for c, e, keep in zip(mended, empty, kept, strict=True) if keep and not e),
        {
            SILENT: sum(empty),
            OTHER_LANGUAGE: sum(not keep and not e for e, keep in zip(empty, kept, strict=True)),
        },
        repaired,
    )


def is_only_links(text: str) -> bool:
    """Links, addresses and hashtags with hardly a word of the writer's own."""
    rest, count = LINK.subn(" ", text)
    return count > 0 and len(WORD.findall(rest)) < MIN_OWN_WORDS
