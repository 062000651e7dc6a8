"""Normalized text of documents, their identity, and dates."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime

from morris_mlx.errors import MorrisError

# Characters that no writer types: zero-width ones, byte-order marks, soft hyphens, watermarks.
INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff\ufe00-\ufe0e\U000e0100-\U000e01ef]")
# Errors that parsers of other people's markup raise for damage that their authors did not foresee.
# One such page must not end a collection.
PARSER_ERRORS = (
    *(ValueError, LookupError, TypeError, AttributeError, ArithmeticError),
    *(AssertionError, RecursionError),
)


class UnreadableError(MorrisError):
    """A text that must be left out. The message is the reason for the user."""


@dataclass(frozen=True, slots=True)
class ParsedText:
    """A text file after parsing: its prose, not normalized yet, and what it says about itself."""

    text: str
    title: str = ""
    author: str = ""
    date: str = ""  # ISO 8601
    license: str = ""


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
