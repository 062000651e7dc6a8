"""Cleaning of documents and conversations, and the reasons why some are left out."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import ftfy

from morris_mlx.defaults import MIN_WORDS
from morris_mlx.prepare.cleaning.boilerplate import find_boilerplate, remove_boilerplate
from morris_mlx.prepare.cleaning.language import other_languages
from morris_mlx.prepare.codecs import CONVERSATIONS, DOCUMENTS
from morris_mlx.prepare.disk_list import DiskList, Mapped, Selection
from morris_mlx.prepare.progress import Tick, counting, no_tick
from morris_mlx.prepare.reasons import ExclusionReason
from morris_mlx.records.corpus import Conversation, Document, Message

# By default, ftfy also straightens curly quotes, splits ligatures and narrows full-width letters.
# These are the writer's choices, and the style is what a model learns.
KEEP_TYPOGRAPHY = ftfy.TextFixerConfig(
    uncurl_quotes=False,
    fix_latin_ligatures=False,
    fix_character_width=False,
    unescape_html=False,  # a text about HTML may contain &amp;
    normalization="NFC",
)
# With the length limits of names and hosts (RFC 5321): a text may be one word of 100,000 letters.
LINK = re.compile(r"(?:https?://|www\.)\S+|\b[\w.+-]{1,64}@[\w.-]{1,255}\.\w+|[#@]\w+")
WORD = re.compile(r"[^\W\d_]{2,}")  # of two letters or more
MIN_OWN_WORDS = 3  # beside links: fewer are a caption


@dataclass(frozen=True, slots=True)
class CleanDocuments:
    """The documents to keep, in the order of their IDs, and counts of the others."""

    documents: Sequence[Document]
    left_out: dict[ExclusionReason, int]
    repaired: int  # documents whose encoding was repaired
    removed_lines: int  # lines that repeat from document to document
    other_languages: Counter[str]  # documents left out for their language, by its code


@dataclass(frozen=True, slots=True)
class CleanConversations:
    """The conversations to keep, in the order of their IDs, and counts of the others."""

    conversations: Sequence[Conversation]
    left_out: dict[ExclusionReason, int]
    repaired: int  # conversations whose encoding was repaired
    other_languages: Counter[str]  # conversations left out for their language, by its code


def clean_documents(
    documents: Iterable[Document],
    languages: Sequence[str] = (),
    min_words: int = MIN_WORDS,
    tick: Tick = no_tick,
) -> CleanDocuments:
    """Repair the documents, remove boilerplate, and leave out those not worth learning from.

    `languages` are the ISO 639-1 codes to keep; without any, the main languages are kept. Texts
    of fewer than `min_words` words are left out.
    """
    repair = counting(repair_encoding, tick)
    repaired = DiskList(DOCUMENTS)
    keys: list[tuple[str, str]] = []
    repairs = removed_lines = 0
    for document in documents:
        text = repair(document.text)
        repairs += text != document.text
        repaired.append(replace(document, text=text, title=repair_encoding(document.title)))
        keys.append((document.id, document.source))
    repeated = find_boilerplate(Mapped(lambda d: d.text, repaired))
    left_out = dict.fromkeys(
        (ExclusionReason.ONLY_LINKS, ExclusionReason.TOO_SHORT, ExclusionReason.OTHER_LANGUAGE), 0
    )
    long = DiskList(DOCUMENTS)
    for document in Selection(repaired, _sorted_places(keys)):
        text, removed = remove_boilerplate(document.text, repeated)
        removed_lines += removed
        if is_only_links(text):
            left_out[ExclusionReason.ONLY_LINKS] += 1
        elif len(text.split()) < min_words:
            left_out[ExclusionReason.TOO_SHORT] += 1
        else:
            long.append(replace(document, text=text))
    others = other_languages((d.text for d in long), languages)
    foreign = Counter(filter(None, others))
    left_out[ExclusionReason.OTHER_LANGUAGE] = foreign.total()
    kept = Selection(long, (place for place, other in enumerate(others) if not other))
    return CleanDocuments(kept, left_out, repairs, removed_lines, foreign)


def clean_conversations(
    conversations: Iterable[Conversation], languages: Sequence[str] = (), tick: Tick = no_tick
) -> CleanConversations:
    """Repair the conversations, and leave out those without a text of the writer.

    A conversation is left out as a whole, never a turn of it, and none for its length. Its language
    is detected from all turns of the writer together, since one message is too short.
    """
    repair = counting(repair_encoding, tick)
    repaired = DiskList(CONVERSATIONS)
    keys: list[tuple[str, str]] = []
    repairs = 0
    for given in conversations:
        messages = tuple(Message(m.role, repair(m.content)) for m in given.messages)
        repairs += messages != given.messages
        repaired.append(replace(given, messages=messages))
        keys.append((given.id, given.source))
    ordered = Selection(repaired, _sorted_places(keys))
    empty = [not text.strip() or is_only_links(text) for text in map(_own_text, ordered)]
    others = other_languages(map(_own_text, ordered), languages)
    foreign = Counter(other for e, other in zip(empty, others, strict=True) if other and not e)
    kept = (n for n, (e, other) in enumerate(zip(empty, others, strict=True)) if not (other or e))
    return CleanConversations(
        Selection(ordered, kept),
        {ExclusionReason.NO_OWN_TEXT: sum(empty), ExclusionReason.OTHER_LANGUAGE: foreign.total()},
        repairs,
        foreign,
    )


def _sorted_places(keys: Sequence[tuple[str, str]]) -> array[int]:
    """Return the places of the keys in their order, of equal ones in the order given."""
    return array("Q", sorted(range(len(keys)), key=keys.__getitem__))


def _own_text(conversation: Conversation) -> str:
    return " ".join(m.content for m in conversation.messages if m.role == "assistant")


def repair_encoding(text: str) -> str:
    """Repair text that was decoded with a wrong encoding. The writer's typography is kept.

    A text in which nothing was wrong is returned itself, since a copy would need its memory again.
    """
    repaired = ftfy.fix_text(text, KEEP_TYPOGRAPHY)
    return text if repaired == text else repaired


def is_only_links(text: str) -> bool:
    """Return True for links, addresses and hashtags with hardly a word beside them."""
    rest, count = LINK.subn(" ", text)
    return count > 0 and len(WORD.findall(rest)) < MIN_OWN_WORDS
