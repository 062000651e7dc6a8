"""Texts as documents have them: white space in order, an identity, a date."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import date, datetime

from morris_mlx.errors import MorrisError

# What no writer types: zero-width characters, byte-order marks, soft hyphens, text watermarks.
INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff\ufe00-\ufe0e\U000e0100-\U000e01ef]")
DAMAGE = (
    *(ValueError, LookupError, TypeError, AttributeError, ArithmeticError),
    *(AssertionError, RecursionError),
)


class UnreadableError(MorrisError):
    """Something that is left out; the text is the reason."""


def tidy(text: str) -> str:
    """White space in order and invisible characters gone; every visible character stays."""
    text = unicodedata.normalize("NFC", INVISIBLE.sub("", text))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = [re.sub(r"[ \t]+", " ", line).strip(" \t") for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def text_id(text: str) -> str:
    """Hash of the text without regard to white space and case: the document's identity."""
    return hashlib.sha256(" ".join(text.casefold().split()).encode("utf-8")).hexdigest()[:16]


def iso_date(value: object) -> str:
    """ISO 8601 of a date, a moment or a text that begins with one; else empty."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    text = str(value or "").strip()[:10]
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""
