"""Normalized text of a message, and the reasons why a message has no text to learn from."""

from __future__ import annotations

import re
import unicodedata

from morris_mlx.collect.chats.skip_reasons import SkipReason
from morris_mlx.collect.text import normalize_text

# Everything to be normalized: control and invisible characters, lone surrogates, extra white space.
_IRREGULAR = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u200b\u200e\u2028-\u202e\u2060-\u2069\ufe00-\ufe0e\ufeff\ufffc"
    "\ud800-\udfff\U000e0100-\U000e01ef]| {2}|^ | $"
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200e\u202a-\u202e\u2066-\u2069\ufffc]")
_LINE_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANK_LINES = re.compile(r"\n{2,}")
# A character that could not be read, and the place of a picture, which apps send alone.
PLACEHOLDERS = "\ufffd\ufffc \n"
_LINK = r"(?:https?://|www\.)\S+"
_ONLY_LINKS = re.compile(rf"{_LINK}(?:\s+{_LINK})*")
_QUOTED_LINE = re.compile(r"^(?:>>>|>)(?: .*|)$", re.MULTILINE)


def normalize_message(text: str, keep_paragraphs: bool = False) -> str:
    """Return the text with normal white space, no invisible characters and no blank lines.

    Blank lines go because they separate messages within a turn. With `keep_paragraphs` they stay,
    for mails: a letter has paragraphs.
    """
    if not _IRREGULAR.search(text):
        return (
            text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)
        )
    if _SURROGATE.search(text):  # half of an emoji, which cannot be written to a file
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
    text = _CONTROL.sub("", _LINE_BREAKS.sub("\n", text))
    return normalize_text(text) if keep_paragraphs else _BLANK_LINES.sub("\n", normalize_text(text))


def single_line(value: object) -> str:
    """Return a name or id from an export as one line that can be printed and stored."""
    return normalize_message(str(value or "")).replace("\n", " ")


def empty_reason(text: str) -> SkipReason | None:
    """Return the reason to skip a normalized text that has no words, or None."""
    if not text.strip(PLACEHOLDERS):
        return SkipReason.NO_TEXT
    if text.startswith(("http", "www.")) and _ONLY_LINKS.fullmatch(text):
        return SkipReason.ONLY_LINK
    return None


def empty_reason_after_quotes(text: str, original: str) -> SkipReason | None:
    """Return the reason to skip a text without its quoted lines, or None.

    `original` is the same text with the quoted lines.
    """
    if not text and normalize_message(original).startswith(">"):
        return SkipReason.ONLY_QUOTE
    return empty_reason(text)


def remove_quoted_lines(text: str) -> str:
    """Remove lines that quote another message (“> …”) from Markdown-like text."""
    return _QUOTED_LINE.sub("", text) if ">" in text else text
