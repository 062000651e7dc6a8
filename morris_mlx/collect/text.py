"""Normalized text of documents, their identity, and dates."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from morris_mlx.errors import MorrisError

# Characters that no writer types: zero-width ones, byte-order marks, soft hyphens, watermarks.
INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff\ufe00-\ufe0e\U000e0100-\U000e01ef]")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # but no white space
# Errors that parsers of other people's markup raise for damage that their authors did not foresee.
# One such page must not end a collection.
PARSER_ERRORS = (
    *(ValueError, LookupError, TypeError, AttributeError, ArithmeticError),
    *(AssertionError, RecursionError),
)


def damage_reason(error: Exception) -> str:
    """Return the reason to leave out a file whose reader failed on its content."""
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read ({error.strerror})"
    if isinstance(error, RecursionError):
        return "damaged: its parts are nested too deeply"
    return "damaged: its structure is not valid for its format"


class UnreadableError(MorrisError):
    """A text that must be left out. The message is the reason for the user."""


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a heading or a separator of a text.

    `level` is the level of a heading, 0 for a paragraph. A separator is a rule, which has no text,
    or a line of asterisks between two parts.
    """

    text: str
    level: int = 0
    is_separator: bool = False


@dataclass(frozen=True, slots=True)
class ParsedText:
    """A text file after parsing: its prose, not normalized yet, and its metadata.

    `blocks` are the same text by paragraph, from readers that know headings; a text can be split
    at them.
    """

    text: str
    title: str = ""
    author: str = ""
    date: str = ""  # ISO 8601
    license: str = ""
    blocks: tuple[Block, ...] = ()


def join_blocks(blocks: Iterable[Block]) -> str:
    """Return the text of blocks, with an empty line between two of them."""
    return "\n\n".join(block.text for block in blocks if block.text)


def normalize_text(text: str) -> str:
    """Return the text with normal white space and without invisible characters.

    Every visible character stays.
    """
    text = unicodedata.normalize("NFC", INVISIBLE.sub("", text))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = [re.sub(r"[ \t]+", " ", line).strip(" \t") for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def text_id(text: str) -> str:
    """Return the identity of a document: a hash of its text, ignoring white space and case."""
    return hashlib.sha256(" ".join(text.casefold().split()).encode("utf-8")).hexdigest()[:16]


def iso_date(value: object) -> str:
    """Return the ISO 8601 date of a date, a datetime or a text that begins with one; else ""."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    text = str(value or "").strip()[:10]
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""
