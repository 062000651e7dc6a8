"""Parser of chats that exporters of Signal Desktop write as text.

sigtop writes fields and a text below them (`text`) or one line for each message (`text-short`), and
signal-export writes Markdown. All of them call the owner “You” or “Me”.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from email.utils import parsedate_to_datetime

from morris_mlx.collect.archives import Archive
from morris_mlx.collect.chats.formats.text_chat import (
    TextEntry,
    chat_of,
    read_lines,
    to_messages,
)
from morris_mlx.collect.chats.formats.whatsapp_lines import (
    DatedLine,
    parse_line,
    split_sender,
    to_seconds,
)
from morris_mlx.collect.chats.message_text import remove_quoted_lines, single_line
from morris_mlx.collect.chats.messages import ChatMessage, ParseContext
from morris_mlx.collect.chats.skip_reasons import SkipReason

PLATFORM = "signal"
OWNER_NAMES = ("You", "Me")
# Names that an exporter gives a file or a folder when the chat's own name is elsewhere.
_PLAIN_NAMES = ("index", "chat", "messages")
_CONVERSATION = re.compile(r"^Conversation: (?P<title>.+)$")
_FIELD = re.compile(
    r"^(?P<key>From|Type|Sent|Received|Attachment|Reaction|Edited): ?(?P<value>.*)$"
)
_PHONE = re.compile(r" \((?:\+?[\d -]{5,20}|group|[0-9a-f-]{36})\)$")
# signal-export: pictures and other files, and reactions below a message.
_FILE = re.compile(r"!?\[[^\[\]\n]*\]\([^()\n]*\)")
_REACTIONS = re.compile(r"\n?\(- .* -\)\s*$")
# sigtop's short form: “[reply to Ann on 2021-05-01 10:00, 1 attachment] Hello”.
_DETAILS = re.compile(r"^\[(?:(?:reply to .+? on [\d: -]+|edited|\d+ attachments?)(?:, )?)+\] ?")
_OTHER_TYPE = re.compile(r"^\[[\w-]+ message\]$")


def parse_signal(archive: Archive, name: str, context: ParseContext) -> Iterator[ChatMessage]:
    """Yield the messages of a chat. Raises MorrisError for a file that is not UTF-8."""
    lines = list(read_lines(archive, name, "Signal's exporter"))
    heading = next((m for line in lines[:3] if (m := _CONVERSATION.match(line))), None)
    stem = archive.path.stem
    title = archive.path.parent.name if stem in _PLAIN_NAMES else stem
    if heading or any(_FIELD.match(line) for line in lines[:3]):
        title = _PHONE.sub("", single_line(heading["title"])) if heading else title
        entries = list(_field_entries(lines))
    else:
        entries = list(_line_entries(lines))
    me = next((m for m in OWNER_NAMES if any(entry.sender == m for entry in entries)), "")
    chat = chat_of(entries, title, PLATFORM, context, me)
    yield from to_messages(entries, chat, PLATFORM, context)
    context.on_progress(archive.size(name), archive.size(name))


def _field_entries(lines: Sequence[str]) -> Iterator[TextEntry]:
    """Yield the messages of sigtop's `text`: fields, a blank line, and the text."""
    starts = [
        n
        for n, line in enumerate(lines[:-1])
        if line.startswith(("From: ", "Type: "))
        and (n == 0 or not lines[n - 1].strip())
        and lines[n + 1].startswith(("Type: ", "Sent: ", "Received: "))
    ]
    for start, end in itertools.pairwise([*starts, len(lines)]):
        fields: dict[str, str] = {}
        at = start
        while at < end and (found := _FIELD.match(lines[at])):
            fields.setdefault(found["key"], found["value"])
            at += 1
        sender = _PHONE.sub("", single_line(fields.get("From")))
        is_typed = fields.get("Type") in ("incoming", "outgoing")
        reason = None if is_typed else SkipReason.SERVICE
        seconds = _field_seconds(fields.get("Sent") or fields.get("Received", ""))
        yield TextEntry(sender, seconds, _field_text(lines[at:end]), reason)


def _field_text(lines: Sequence[str]) -> str:
    """Return the text below the fields: without the quoted message, and only its last version."""
    if not any(line.startswith("|") for line in lines):
        return remove_quoted_lines("\n".join(lines)).strip()
    kept: list[str] = []
    in_text = False
    for line in lines:
        inner = line.removeprefix("|").removeprefix(" ")
        if inner.startswith("Version: ") and kept:
            break
        if in_text and not inner.startswith(">"):
            kept.append(inner)
        in_text = in_text or (line.startswith("|") and not inner.strip())
    return "\n".join(kept).strip()


def _field_seconds(value: str) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _line_entries(lines: Sequence[str]) -> Iterator[TextEntry]:
    """Yield the messages of layouts with date and sender at the start of a line."""
    current: DatedLine | None = None
    parts: list[str] = []
    for line in lines:
        found = parse_line(line)
        if found and (current is None or found.may_follow(current)):
            if current:
                yield _line_entry(current, parts)
            current, parts = found, [found.rest]
        elif current:
            parts.append(line)
    if current:
        yield _line_entry(current, parts)


def _line_entry(line: DatedLine, parts: Sequence[str]) -> TextEntry:
    sender, text = split_sender("\n".join(parts))
    body = _REACTIONS.sub("", _FILE.sub("", _DETAILS.sub("", text)))
    reason = None if sender else SkipReason.SERVICE
    if _OTHER_TYPE.match(body.strip()):
        reason = SkipReason.SERVICE
    return TextEntry(sender, to_seconds(line.date, True), remove_quoted_lines(body), reason)
