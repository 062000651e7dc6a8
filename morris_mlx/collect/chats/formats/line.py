"""Parser of chats that LINE exports as text: a heading for each day, and columns below it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from morris_mlx.collect.archives import Archive
from morris_mlx.collect.chats.formats.line_timestamps import DateFields, find_date
from morris_mlx.collect.chats.formats.text_chat import (
    TextEntry,
    chat_of,
    read_lines,
    to_messages,
)
from morris_mlx.collect.chats.formats.whatsapp_lines import to_seconds
from morris_mlx.collect.chats.message_text import single_line
from morris_mlx.collect.chats.messages import ChatMessage, ParseContext
from morris_mlx.collect.chats.skip_reasons import SkipReason

PLATFORM = "line"
# In every language the title has the name and a few words around it.
_TITLE = re.compile(
    r"^\[LINE\] (?:Chat (?:history )?with (?P<en>.+)|(?P<ja>.+?)(?:と)?のトーク(?:履歴)?"
    r"|(?P<zh>.+?)?的?(?:聊天記錄|聊天记录)|與(?P<zh2>.+?)的聊天(?:記錄|记录)"
    r"|(?P<ko>.+?)님?과의 대화|ประวัติการ(?:แชท|สนทนา)กับ ?(?P<th>.+)|(?P<other>.+))$"
)
_ROW = re.compile(
    r"^(?P<time>[^\t\d]{0,6} ?\d{1,2}:\d\d(?: ?[^\t\d]{1,6})?)\t(?P<sender>[^\t]*)"
    r"(?:\t(?P<text>.*))?$"
)
# The columns of a computer's export have spaces between them, as the names have.
PC_ROW = re.compile(r"^(?P<time>\d{1,2}:\d\d) (?P<rest>\S.*)$")
MAX_NAME_WORDS = 3
_DAY = re.compile(
    r"^(?:\w{2,9}\.?, ?)?(?P<date>\d{1,4}[./-]\d{1,2}[./-]\d{1,4})"
    r"(?: ?[(（]?[^\d\t]{1,12}[)）]?)?$"
)
_WEEKDAY = re.compile(r"\b(mon|tue|wed|thu|fri|sat|sun)", re.IGNORECASE)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MEDIA = re.compile(
    r"\[(?:Stickers?|Photos?|Videos?|File|Voice message|Location|Contact|Gift|Albums?|Notes?|Poll"
    r"|スタンプ|写真|動画|ファイル|ボイスメッセージ|位置情報|連絡先|ノート|アルバム|貼圖|照片|影片|檔案|語音訊息"
    r"|스티커|사진|동영상|파일|สติกเกอร์|รูป|รูปภาพ|วิดีโอ)\]|\((?:emoji|絵文字)\)",
    re.IGNORECASE,
)
_CALL = re.compile(r"^☎ ?.*$")
_UNSENT = re.compile(
    r".{0,80}(?:unsent a message\.?|メッセージの送信を取り消しました|已收回訊息"
    r"|메시지를 보내기 취소했습니다\.?|ยกเลิกข้อความ)"
)
SECONDS_PER_DAY = 86_400


@dataclass(slots=True)
class _Row:
    """A row with the index of its day, or -1 before the first day."""

    day: int
    time: str
    sender: str
    parts: list[str]


def parse_line_chat(archive: Archive, name: str, context: ParseContext) -> Iterator[ChatMessage]:
    """Yield the messages of a chat. Raises MorrisError for a file that is not UTF-8."""
    title, days, rows = _read_rows(archive, name)
    day_first = _is_day_first(days)
    entries = []
    for row in rows:
        text = _unquoted("\n".join(row.parts).strip())
        seconds = _seconds(days[row.day], row.time, day_first) if row.day >= 0 else None
        entries.append(TextEntry(row.sender, seconds, text, _reason(row.sender, text)))
    chat = chat_of(entries, title or archive.path.stem, PLATFORM, context)
    yield from to_messages(entries, chat, PLATFORM, context)
    context.on_progress(archive.size(name), archive.size(name))


def _read_rows(archive: Archive, name: str) -> tuple[str, list[str], list[_Row]]:
    """Return the title, the headings of the days, and the rows."""
    title = ""
    days: list[str] = []
    rows: list[_Row] = []
    before = ""
    for line in _in_columns(list(read_lines(archive, name, "LINE"))):
        if not rows and not days and (named := _TITLE.match(line)):
            title = single_line(next(filter(None, named.groups()), ""))
        elif row := _ROW.match(line):
            text = row["text"]
            # A row of two columns has no sender: “Ann joined the group”.
            sender = single_line(row["sender"]) if text is not None else ""
            parts = [text if text is not None else row["sender"]]
            rows.append(_Row(len(days) - 1, row["time"], sender, parts))
        elif _DAY.match(line) and not (before.strip() and _is_open(rows)):
            days.append(line)
        elif rows and rows[-1].day == len(days) - 1:
            rows[-1].parts.append(line)
        before = line
    return title, days, rows


def _in_columns(lines: list[str]) -> list[str]:
    """Return the lines of a computer's export, which has spaces between its columns, with tabs."""
    spaced = [PC_ROW.match(line) for line in lines]
    if any(map(_ROW.match, lines)) or not any(spaced):
        return lines
    title = next((m for line in lines[:2] if (m := _TITLE.match(line))), None)
    peer = single_line(next(filter(None, title.groups()), "")) if title else ""
    names = _names([row["rest"] for row in spaced if row], peer)
    found: list[str] = []
    for line, row in zip(lines, spaced, strict=True):
        rest = row["rest"] if row else ""
        name = next((n for n in names if rest.startswith(f"{n} ")), "")
        columns = f"{name}\t{rest[len(name) + 1 :]}" if name else rest
        found.append(f"{row['time']}\t{columns}" if row else line)
    return found


def _names(rows: Sequence[str], peer: str) -> list[str]:
    """Return the names that rows begin with: that of the title, and the words that others share."""
    names = [peer] if peer and any(row.startswith(f"{peer} ") for row in rows) else []
    by_first: dict[str, list[list[str]]] = {}
    for row in rows:
        words = row.split(" ")
        if len(words) > 1 and not any(row.startswith(f"{name} ") for name in names):
            by_first.setdefault(words[0], []).append(words)
    for first, group in by_first.items():
        count = 1
        # A name has three words at most, and every row has a word after it.
        while count < MAX_NAME_WORDS and len(group) > 1:
            if any(len(w) <= count + 1 for w in group) or len({w[count] for w in group}) > 1:
                break
            count += 1
        names.append(" ".join([first, *group[0][1:count]]))
    return sorted(names, key=len, reverse=True)


def _is_open(rows: Sequence[_Row]) -> bool:
    """Return True if the last message began with a quotation mark and has not ended yet.

    A blank line is above the heading of a day, so that it is seen after a stray mark, too.
    """
    text = "\n".join(rows[-1].parts) if rows else ""
    return text.startswith('"') and text.count('"') % 2 == 1


def _unquoted(text: str) -> str:
    """Remove the quotation marks that LINE puts around a message of several lines."""
    is_quoted = "\n" in text and text.startswith('"') and text.endswith('"')
    return text[1:-1].replace('""', '"') if is_quoted else text


def _seconds(day: str, time: str, day_first: bool) -> float | None:
    date = _DAY.match(day)
    found = find_date(f"{date['date']} {time} ") if date else None
    return to_seconds(found.date, day_first) if found else None


def _is_day_first(days: Sequence[str]) -> bool:
    """Return True if the day comes before the month, by numbers above 12 or by the weekday."""
    for day in days:
        date = _DAY.match(day)
        fields = find_date(f"{date['date']} 0:00 ") if date else None
        if not fields or fields.date.first > 31:
            continue
        first, second = fields.date.first, fields.date.second
        if first > 12 or second > 12:
            return first > 12
        if named := _WEEKDAY.search(day):
            order = [
                _weekday(fields.date, day_first) == named[1].casefold()
                for day_first in (True, False)
            ]
            if order[0] != order[1]:
                return order[0]
    return True


def _weekday(date: DateFields, day_first: bool) -> str:
    seconds = to_seconds(date, day_first)
    # 1970 began on a Thursday.
    return "" if seconds is None else _WEEKDAYS[(int(seconds // SECONDS_PER_DAY) + 3) % 7]


def _reason(sender: str, text: str) -> SkipReason | None:
    """Return the reason to skip what LINE writes in place of a text."""
    if _UNSENT.fullmatch(text):
        return SkipReason.DELETED
    if not sender or _CALL.match(text):
        return SkipReason.SERVICE
    return SkipReason.NO_TEXT if _MEDIA.fullmatch(text) else None
