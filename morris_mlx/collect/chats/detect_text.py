"""Detection of chats that are plain text: WhatsApp, Signal, KakaoTalk and LINE."""

from __future__ import annotations

import re
from collections.abc import Sequence

from morris_mlx.collect.chats.export_format import ExportFormat, ReadAs
from morris_mlx.collect.chats.formats.kakaotalk import is_day_heading
from morris_mlx.collect.chats.formats.line import PC_ROW
from morris_mlx.collect.chats.formats.line_timestamps import Ending
from morris_mlx.collect.chats.formats.whatsapp_lines import (
    DIRECTION_MARKS,
    DatedLine,
    parse_line,
    split_sender,
)
from morris_mlx.collect.chats.line_shapes import NAMES
from morris_mlx.collect.chats.log_likeness import ShapedMessage, is_log

HEAD_LINES = 200  # a group may begin with a long list of who joined
HEADER_LINES = 4  # at the top of a file, in which a program names itself
MIN_MESSAGES, MIN_SHARE = 2, 0.5  # of layouts that a log or a diary may have, too
_KAKAO_HEADER = re.compile(
    r"카카오톡 대화|^KakaoTalk Chats? with |\b(?:Kakao)?Talk Chats\s*$"
    r"|^(?:저장한 날짜|Date Saved|Saved Date) ?:"
)
_KAKAO_ROW = re.compile(r"^\[[^\[\]]+\] \[[^\[\]]*\d{1,2}:\d\d[^\[\]]*\] ")
_LINE_HEADER = re.compile(r"^\[LINE\] ")
_LINE_PC_DAY = re.compile(
    r"^\d{4}[./]\d{2}[./]\d{2} ?(?:[A-Z][a-z]+day|.曜日|.요일|星期.|วัน\S*)\s*$"
)
_LINE_ROW = re.compile(r"^[^\t\d]{0,6} ?\d{1,2}:\d\d ?[^\t\d]{0,6}\t[^\t]*\t")
_SIGTOP_FIELDS = re.compile(
    r"\A\s*(?:Conversation: .+\n(?:\s*\n)*)?From: .+\nType: [\w-]+\n(?:Sent|Received): "
)
_OWNER_NAMES = frozenset({"Me", "You"})  # in the files of Signal's exporters
# Marks of inserted text, the thin space before AM, what was left out, and the first sentence.
_WHATSAPP_SIGNS = re.compile("[\u200e\u202f]|: <[^<>\n]{3,40}>\\s*$|end-to-end|Ende-zu-Ende")


def detect_text_format(text: str, read_as: ReadAs | None = None) -> ExportFormat | None:
    """Return the format of a chat in plain text by its beginning, or None.

    With `read_as` chat, a file that could be a log is a chat.
    """
    lines = [x for x in text.splitlines()[:HEAD_LINES] if DIRECTION_MARKS.sub("", x).strip()]
    top = [DIRECTION_MARKS.sub("", line) for line in lines[:HEADER_LINES]]
    if any(_LINE_HEADER.match(line) for line in top) or _has_rows(lines, _LINE_ROW):
        is_read = _has_rows(lines, _LINE_ROW, 1) or _has_rows(lines, PC_ROW)
        return ExportFormat.LINE if is_read else None
    if any(map(_LINE_PC_DAY.match, top)) and _has_rows(lines, PC_ROW):
        return ExportFormat.LINE
    if any(_KAKAO_HEADER.search(line) for line in top) or any(map(is_day_heading, lines)):
        is_pc = _has_rows(lines, _KAKAO_ROW, 1) and any(map(is_day_heading, lines))
        return ExportFormat.KAKAOTALK if is_pc or _has_kakao_lines(lines) else None
    if _SIGTOP_FIELDS.match(text):
        return ExportFormat.SIGNAL
    return _detect_dated_lines(lines, read_as)


def _has_rows(lines: Sequence[str], row: re.Pattern[str], at_least: int = MIN_MESSAGES) -> bool:
    return sum(1 for line in lines if row.match(line)) >= at_least


def _has_kakao_lines(lines: Sequence[str]) -> bool:
    """Return True if any line has a comma after the time, and a sender with “ : ” after it."""
    dated = [found for line in lines if (found := parse_line(line))]
    return any(found.ending is Ending.COMMA and " : " in found.rest for found in dated)


def _detect_dated_lines(lines: Sequence[str], read_as: ReadAs | None) -> ExportFormat | None:
    """Return the format of a file whose messages begin with a date, a time and a name."""
    first = parse_line(lines[0]) if lines else None
    if first is None:
        return None
    # A diary has dates, too, but no names with a colon after them.
    dated = [found for line in lines if (found := parse_line(line)) and found.may_follow(first)]
    messages = [_shaped(found) for found in dated if split_sender(found.rest)[0]]
    if not messages:
        return None
    if read_as is not ReadAs.CHAT:
        has_signs = any(_WHATSAPP_SIGNS.search(line) for line in lines)
        if not has_signs and is_log(messages, len(lines)):
            return None
    names = {message.name for message in messages}
    if first.ending in (Ending.DASH, Ending.BRACKET):
        is_signal = first.date.first > 31 and first.date.separator == "-" and names & _OWNER_NAMES
        return ExportFormat.SIGNAL if is_signal else ExportFormat.WHATSAPP
    if len(messages) < max(MIN_MESSAGES, MIN_SHARE * len(lines)) or len(names) not in NAMES:
        return None
    if first.ending is Ending.COMMA:
        return ExportFormat.KAKAOTALK if _has_kakao_lines(lines) else None
    is_signal = first.ending is Ending.SPACE and first.date.first > 31 and names & _OWNER_NAMES
    return ExportFormat.SIGNAL if is_signal else ExportFormat.WHATSAPP


def _shaped(line: DatedLine) -> ShapedMessage:
    sender, text = split_sender(line.rest)
    return ShapedMessage(sender, line.date.time // 60, text.strip(), line.date[:3])
