"""Names of counts: the input, and every reason to leave something out of a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from morris_mlx.defaults import MIN_WORDS

INPUT = "input"  # the count of everything that came in
MIXED_IN = "mixed in"  # the count of general rows in train
BRIEFED = "texts to brief"  # the count of texts that a brief was wanted for
PASSAGES = "passages"  # the count of passages that a draft was wanted for
LEARNED_FROM = "learned from"  # the count of drafts or briefs in train

Key = TypeVar("Key", bound=StrEnum)


class ExclusionReason(StrEnum):
    """Reasons to leave out a document, a conversation or a row, as reports show them."""

    ONLY_LINKS = "only links"
    TOO_SHORT = f"shorter than {MIN_WORDS} words"
    OTHER_LANGUAGE = "in another language"
    NO_OWN_TEXT = "nothing of the writer's own but links"
    EXACT_DUPLICATE = "exact duplicate"
    NEAR_DUPLICATE = "nearly the same as another"
    LONG_SENTENCE = "a sentence longer than the window"
    NO_REQUEST = "no way to ask for it"
    NO_ANSWER = "nothing of the writer's in it"
    TOO_LONG = "longer than the window"
    ALREADY_OWN = "also among your own rows"
    NOT_NEEDED = "more than the share needs"
    UNUSED_BRIEF = "fit, but no request of the text has room for it"
    UNUSED_DRAFT = "fit, but more than the mixture needs or the window holds"


class Repair(StrEnum):
    """Repairs in documents and conversations that are kept, as reports show them."""

    DOCUMENT_ENCODING = "documents with a repaired encoding"
    REPEATED_LINES = "lines that repeat from text to text"
    CONVERSATION_ENCODING = "conversations with a repaired encoding"


def by_name(counts: Mapping[Key, int], min_words: int = MIN_WORDS) -> dict[str, int]:
    """Return counts with the names that reports show as keys.

    `min_words` is the number of words below which a text was too short.
    """
    names = {ExclusionReason.TOO_SHORT.value: f"shorter than {min_words} words"}
    return {names.get(key.value, key.value): count for key, count in counts.items()}
