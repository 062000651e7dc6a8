"""What of a message somebody typed, put in order; and why a message has no words."""

from __future__ import annotations

import re
import unicodedata

from morris_mlx.collect.text import tidy

NO_WORDS = "no words (photo, sticker, voice message …)"
ONLY_LINK, ONLY_QUOTE = "only a link", "only a quotation"
FORWARDED, BOT = "forwarded", "written by a bot"
SERVICE, DELETED = "service message", "deleted"
BROADCAST, NOTES_TO_SELF = "in a channel", "in notes to yourself"

# Whatever is not plain: control and invisible characters, lone surrogates, white space to mend.
_UNTIDY = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u200b\u200e\u2028-\u202e\u2060-\u2069\ufe00-\ufe0e\ufeff\ufffc"
    "\ud800-\udfff\U000e0100-\U000e01ef]| {2}|^ | $"
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200e\u202a-\u202e\u2066-\u2069\ufffc]")
_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANK_LINES = re.compile(r"\n{2,}")
_LINK = r"(?:https?://|www\.)\S+"
_ONLY_LINKS = re.compile(rf"{_LINK}(?:\s+{_LINK})*")
_QUOTED_LINE = re.compile(r"^(?:>>>|>)(?: .*|)$", re.MULTILINE)


def tidy_message(text: str) -> str:
    """White space in order, invisible characters gone, no blank line: that parts messages."""
    if not _UNTIDY.search(text):
        return (
            text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)
        )
    if _SURROGATE.search(text):  # half an emoji, which no file can hold
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
    text = _CONTROL.sub("", _BREAKS.sub("\n", text))
    return _BLANK_LINES.sub("\n", tidy(text))


def label(value: object) -> str:
    """A name or an id out of an export, fit to be shown in one line and to be written."""
    return tidy_message(str(value or "")).replace("\n", " ")


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' if number != 1 else ''}"


def why_no_words(text: str) -> str:
    """The reason to leave a tidied text out, or ""."""
    if not text:
        return NO_WORDS
    if text.startswith(("http", "www.")) and _ONLY_LINKS.fullmatch(text):
        return ONLY_LINK
    return ""


def without_quotes(text: str) -> str:
    """A Markdown-like text without its quoted lines: somebody else's words."""
    return _QUOTED_LINE.sub("", text) if ">" in text else text
