"""Recognition of chats in text files whose layout cannot be read.

Such a file contains the words of other people, so it is left out unless the user says that it is a
text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from morris_mlx.collect.chats.chat_programs import (
    CERTAIN_LINES,
    HTML_PROGRAMS,
    TEXT_PROGRAMS,
    ChatProgram,
)
from morris_mlx.collect.chats.export_format import ReadAs
from morris_mlx.collect.chats.formats.mail_reply import has_mail_header
from morris_mlx.collect.chats.line_shapes import MAX_LINES, is_chat

LOOK_BYTES = 1 << 18  # a page may begin with 100 KB of styles
HTML_SUFFIXES = frozenset({".html", ".htm", ".xhtml"})
# Files in which a chat may be saved as it stands, and that are read as texts otherwise.
LOOKED_AT = HTML_SUFFIXES | {
    ".txt",
    ".text",
    ".md",
    ".markdown",
    ".mdx",
    ".org",
    ".rst",
    ".log",
    "",
}
AS_TEXT = "--as text takes it as your own text"
NO_CHAT = "not a chat that Morris can read, although --as chat was given"
UNKNOWN = (
    "looks like a chat (names and times before the lines) in a layout that Morris does not read; "
    f"export the chat from its program; {AS_TEXT}"
)
MAIL = (
    "contains a mail with its header; save the mail as .eml, or remove what others wrote; "
    f"{AS_TEXT}"
)
# The first lines of chats whose rows have a shape that is not known.
_HEADINGS = re.compile(r"\s*(?:\[LINE\] |.{1,60}카카오톡 대화|KakaoTalk Chats with )")
_STYLES = re.compile(r"<(style|script|head)\b.*?</\1\s*>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_BLOCKS = re.compile(
    r"</?(?:p|div|br|li|ul|ol|tr|td|th|table|section|article|h\d|dt|dd|blockquote|pre)\b[^<>]*>",
    re.IGNORECASE,
)
_TAGS = re.compile(r"<[^<>]*>")
# A class of an element that is one message, in exporters that have no entry in the tables.
_MESSAGE_CLASS = re.compile(
    r"<(?:div|li|tr|p|article|section)\b[^<>]*class ?= ?[\"']?[^\"'<>]*"
    r"\b(?:message|msg|bubble|chat-?(?:line|item|row|entry|bubble))\b",
    re.IGNORECASE,
)
_SENDER_CLASS = re.compile(
    r"class ?= ?[\"']?[^\"'<>]*\b(?:sender|author|from|user(?:name)?|nick(?:name)?|incoming"
    r"|outgoing|sent|received|mine|theirs|left|right|me|you)\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\b\d{1,2}[:.]\d\d\b")
# Marks of headings, lists, quotations and emphasis around names and times.
_MARKDOWN = re.compile(r"^(?:#{1,6} |> ?|[-*] )+|\*\*|__|(?<!\w)_|_(?!\w)")
MIN_MESSAGE_ELEMENTS = 4  # with as many senders and clock times


def reason_not_to_read(head: bytes, suffix: str, read_as: ReadAs | None) -> str | None:
    """Return the reason to leave a text file out, or None to read it as the writer's text.

    `read_as` says how to read such files; without it, those that look like chats are left out.
    """
    if read_as is ReadAs.TEXT or suffix not in LOOKED_AT:
        return None
    return NO_CHAT if read_as is ReadAs.CHAT else chat_reason(head, suffix)


def chat_reason(head: bytes, suffix: str) -> str | None:
    """Return the reason to leave a text file out because it looks like a chat, or None.

    Args:
        head: the first `LOOK_BYTES` of the file.
        suffix: the suffix of its name, in lower case with the dot.
    """
    text = decode_head(head)
    is_page = suffix in HTML_SUFFIXES or text.lstrip()[:15].lower().startswith(
        ("<!doctype", "<html")
    )
    programs = HTML_PROGRAMS if is_page else TEXT_PROGRAMS
    if is_page and (program := _program_of(text, programs)):
        return f"looks like {program.name}; {program.way_out}"
    if is_page and _has_message_elements(text):
        return UNKNOWN
    if not is_page and _HEADINGS.match(text):
        return UNKNOWN
    lines = _page_lines(text) if is_page else first_lines(text)
    if certain := next((each for each in CERTAIN_LINES if each.wrote(lines)), None):
        return f"looks like {certain.name}; {certain.way_out}; {AS_TEXT}"
    if not is_page and has_mail_header(lines):
        return MAIL
    if not is_chat(lines):
        return None
    program = None if is_page else _program_of(text, programs)
    return f"looks like {program.name}; {program.way_out}; {AS_TEXT}" if program else UNKNOWN


def _program_of(text: str, programs: Sequence[ChatProgram]) -> ChatProgram | None:
    return next((program for program in programs if program.wrote(text)), None)


def decode_head(head: bytes) -> str:
    """Return the characters of the beginning of a file; what is not UTF-8 is replaced."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "ignore")
    if head[1:200:2].count(0) > len(head[1:200:2]) // 2:
        return head.decode("utf-16-le", "ignore")
    return head.decode("utf-8-sig", "replace")


def first_lines(text: str) -> list[str]:
    """Return the first lines that are not blank."""
    found: list[str] = []
    for line in text.splitlines():
        if line.strip():
            found.append(_MARKDOWN.sub("", line).strip() or line)
            if len(found) == MAX_LINES:
                break
    return found


def _page_lines(page: str) -> list[str]:
    text = _TAGS.sub(" ", _BLOCKS.sub("\n", _STYLES.sub(" ", page)))
    return first_lines(html.unescape(text))


def _has_message_elements(page: str) -> bool:
    """Return True if a page consists of elements named as messages, with senders and times."""
    body = _STYLES.sub(" ", page)
    messages = len(_MESSAGE_CLASS.findall(body))
    if messages < MIN_MESSAGE_ELEMENTS:
        return False
    senders = len(_SENDER_CLASS.findall(body))
    return min(senders, len(_CLOCK.findall(body))) >= messages // 2
