"""Parser of chats that KakaoTalk exports as text, from phones and from computers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from morris_mlx.collect.archives import Archive
from morris_mlx.collect.chats.formats.line_timestamps import Ending, find_date
from morris_mlx.collect.chats.formats.text_chat import (
    TextEntry,
    chat_of,
    read_lines,
    to_messages,
)
from morris_mlx.collect.chats.formats.whatsapp_lines import parse_line, to_seconds
from morris_mlx.collect.chats.message_text import single_line
from morris_mlx.collect.chats.messages import ChatMessage, ParseContext
from morris_mlx.collect.chats.skip_reasons import SkipReason

PLATFORM = "kakaotalk"
_TITLE = re.compile(
    r"^(?P<korean>.+?) ?님과(?:의)? 카카오톡 대화$|^(?P<room>.+?) 카카오톡 대화$"
    r"|^KakaoTalk Chats? with (?P<english>.+)$|^(?P<iphone>.+?) (?:with Kakao)?Talk Chats$"
)
# Computers write the day on a line of its own, and phones above the messages of the day.
RULE, MAX_DAY = "-----", 60  # around the day in a heading, and its length
_ROW = re.compile(r"^\[(?P<sender>[^\[\]\n]{1,80})\] \[(?P<time>[^\[\]\n]{3,24})\] ?(?P<text>.*)$")
_DAY_ALONE = re.compile(
    r"^(?:\d{4}년 \d{1,2}월 \d{1,2}일(?: [월화수목금토일]요일)?"
    r"|(?:\w+, )?[A-Z][a-z]+ \d{1,2}, \d{4}|\d{4}\. ?\d{1,2}\. ?\d{1,2}\.?)"
    r"(?: (?:오전|오후) \d{1,2}:\d\d)?$"
)
_SENDER = re.compile(r"^(?P<sender>.{1,80}?) : (?P<text>.*)$", re.DOTALL)
_MEDIA = re.compile(
    r"(?:사진|동영상|이모티콘|음성메시지|파일|지도|연락처|선물|샵검색|Photos?|Videos?|Emoticons?"
    r"|Stickers?|Voice Note|Voice Message|Album|Map|Contact)(?: \d+장| \d+)?"
    r"|파일: .+|File: .+|\(이모티콘\)",
    re.IGNORECASE,
)
# Lines without a sender on computers: who came and who left.
_EVENT = re.compile(
    r"^.{1,80}님[이을를가] ?.{0,80}(?:들어왔습니다|나갔습니다|초대했습니다|내보냈습니다)\.?$"
    r"|^.{1,80} (?:joined|left|invited .{1,80} to) this chatroom\.?$"
)
_DELETED = re.compile(
    r"삭제된 메시지입니다\.?|This message (?:was|has been) deleted\.?", re.IGNORECASE
)
_SERVICE = re.compile(
    r"(?:보이스톡|페이스톡|라이브톡)(?: .{1,20})?|송금.{0,30}"
    r"|(?:Voice|Video) ?(?:Talk|Call)(?: .{1,20})?",
    re.IGNORECASE,
)


def parse_kakaotalk(archive: Archive, name: str, context: ParseContext) -> Iterator[ChatMessage]:
    """Yield the messages of a chat. Raises MorrisError for a file that is not UTF-8."""
    entries: list[TextEntry] = []
    title, day = "", ""
    current: tuple[str, float | None, list[str]] | None = None

    def close() -> None:
        if current:
            sender, seconds, parts = current
            text = "\n".join(parts).strip()
            entries.append(TextEntry(sender, seconds, text, _reason(sender, text)))

    for line in read_lines(archive, name, "KakaoTalk"):
        found = _parse_row(line, day) or _parse_dated(line)
        if found:
            close()
            current = found
        elif is_day_heading(line):
            close()
            current, day = None, line.strip("- ")
        elif _DAY_ALONE.match(line) or (not entries and current is None):
            if named := _TITLE.match(line.strip()):
                title = single_line(next(filter(None, named.groups()), ""))
        elif _EVENT.match(line):
            entries.append(TextEntry("", None, line, SkipReason.SERVICE))
        elif current:
            current[2].append(line)
    close()
    chat = chat_of(entries, title or archive.path.stem, PLATFORM, context)
    yield from to_messages(entries, chat, PLATFORM, context)
    context.on_progress(archive.size(name), archive.size(name))


def is_day_heading(line: str) -> bool:
    """Return True for the heading of a day: “------ Wednesday, June 13, 2018 ------”."""
    inner = line.strip("- ")
    is_ruled = line.startswith(RULE) and line.rstrip().endswith(RULE)
    return is_ruled and 0 < len(inner) <= MAX_DAY and any(c.isdecimal() for c in inner)


def _parse_row(line: str, day: str) -> tuple[str, float | None, list[str]] | None:
    """Parse “[Ann] [오후 9:20] Hello”, whose date is that of the last heading."""
    row = _ROW.match(line)
    if not row:
        return None
    # The day of the week between date and time is no part of a date on its own line.
    plain = re.sub(r" ?[월화수목금토일]요일$|^\w+day, ", "", day)
    found = find_date(f"{plain} {row['time']} ")
    seconds = to_seconds(found.date, True) if found else None
    return single_line(row["sender"]), seconds, [row["text"]]


def _parse_dated(line: str) -> tuple[str, float | None, list[str]] | None:
    """Parse “2018년 6월 13일 오후 9:20, Ann : Hello”, or the same without a sender."""
    found = parse_line(line)
    if not found or found.ending is not Ending.COMMA:
        return None
    seconds = to_seconds(found.date, True)
    sent = _SENDER.match(found.rest)
    if not sent:  # “Ann invited Bo.”
        return "", seconds, [found.rest]
    return single_line(sent["sender"]), seconds, [sent["text"]]


def _reason(sender: str, text: str) -> SkipReason | None:
    """Return the reason to skip what KakaoTalk writes in place of a text."""
    if not sender or _SERVICE.fullmatch(text):
        return SkipReason.SERVICE
    if _DELETED.fullmatch(text):
        return SkipReason.DELETED
    return SkipReason.NO_TEXT if _MEDIA.fullmatch(text) else None
