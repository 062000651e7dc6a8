"""Shapes of lines in chats of any program: a time and a name before each message.

A log and a food diary have times and labels, too. They differ from a chat in their labels, in the
hours between two entries, and in the prose between them.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from morris_mlx.collect.chats.date_words import day_part, month_number
from morris_mlx.collect.chats.formats.whatsapp_lines import parse_line, split_sender
from morris_mlx.collect.chats.log_likeness import ShapedMessage, is_log, share_of

MAX_LINES = 40  # that are not blank, from the beginning of a file
MAX_NAME = 40  # characters
MIN_MESSAGES, MIN_SHARE = 3, 0.5  # messages, and the share of lines that begin one
FEW, SHARE_OF_FEW = 4, 0.75  # fewer messages than that prove a chat only where they are most lines
MIN_HEADER_SHARE = 0.12  # where names and times are on lines of their own, above long messages
NAMES = range(2, 21)
MAX_BACK = 1 / 3  # share of steps back in time: midnight, not the lengths of songs
MIN_PER_NAME = 1.5  # messages: the names of a chat return, those of a timetable do not

_CLOCK = re.compile(
    r"(?<![\d:.])(?P<hour>\d{1,2}) ?[:.：h시時时] ?(?P<minute>[0-5]\d)분?(?:[:.][0-5]\d)?"
    r"(?:[.,]\d{1,6})?(?!\d|:\d)(?: ?(?P<half>[ap]\.? ?m\b\.?))?",
    re.IGNORECASE,
)
# Dates are reduced to one digit, because “13.06” in them looks like a clock.
_DATE = re.compile(r"\d{1,4}([./-]) ?\d{1,2}\1 ?\d{1,4}\.?")
LONG_LINE = 200  # characters; no line of a name and a time is longer
_FRONT = 80  # characters in which name and time must be
# Words around a time that are no name: dates, “Today at”, “From”.
_DATE_WORDS = re.compile(
    r"^[\W\d_]*(?:[^\W\d_]{1,12}\.?[\W\d_]*){0,3}$",
)
_NAME_END = re.compile(r" ?(?::|>|\|)(?:[ \t\u200e]|$)|\t")
_AT_ONCE = re.compile(r"[^\w<:]{0,3}?(?::(?:[ \t]|$)|\| |\t)|[)\]] ?[-–—] ")
# “Ann: Hello (21:20)”
_TIME_AT_END = re.compile(
    r"(?P<name>[^:\n]{1,40}): (?P<text>\S.*?) [(\[](?P<time>[^()\[\]]{4,30})[)\]]"
)
# KakaoTalk: “[Ann] [9:20 PM] Hello”. Tables: “21:20,Ann,Hello”.
_BRACKETED = re.compile(r"\[(?P<name>[^\[\]]{1,40})\] \[(?P<time>[^\[\]]{0,20})\] ?(?P<text>.*)")
_CELLS = re.compile(r'[,;\t]"?(?P<name>[^,;\t"]{1,40})"?[,;\t](?P<text>.*)')
_PREPOSITION = re.compile(
    r"\W*(?:at|by|around|until|um|gegen|à|vers|a|las|alle|om|kl|в|около|к)\W*", re.I
)
_NICK = re.compile(
    r"^(?:[^\w<\n]{0,3}\d{1,2}[:.]\d\d(?:[:.]\d\d)?[^\w<\n]{0,3})?"
    r"<[ @+%&~]?(?P<name>[^<>\s]{1,30})> "
)
_ADDRESSEE = re.compile(r"\s+to\s+.+$", re.IGNORECASE)  # Zoom: “From Ann to Everyone:”
_BEFORE_NAME = re.compile(r"(?:\s[-–—]|[\])}>|])\s+")
_SPLIT_NAME = re.compile(r"[,，、\[\](（—–|\t]|\s-\s|\s{2,}|\d")
_SENTENCE = re.compile(r"[.!?…;\"“”«»]\s*$|[!?;\"“”«»]")
_NOTE_AT_END = re.compile(
    r", Edited\s*$|\s*\([^()]{0,60}\)\s*$|\s*sent the following messages? at\s*$"
)


def is_chat(lines: Sequence[str]) -> bool:
    """Return True if the first lines of a file have the shape of a chat.

    `lines` are the first `MAX_LINES` that are not blank.
    """
    lines = [line for line in lines if any(c.isalnum() for c in line)]
    if share_of(_NICK.match(line) is not None for line in lines) >= MIN_SHARE:
        return len(lines) >= MIN_MESSAGES
    inline = [found for line in lines if (found := _message(line))]
    share = MIN_SHARE if len(inline) >= FEW else SHARE_OF_FEW
    if len(inline) >= share * len(lines) and _is_conversation(inline):
        return not is_log(inline, len(lines))
    headers = _headers(lines)
    if len(headers) >= max(MIN_MESSAGES, MIN_HEADER_SHARE * len(lines)):
        return _is_conversation(headers) and not is_log(headers, len(lines))
    return False


def _is_conversation(messages: Sequence[ShapedMessage]) -> bool:
    """Return True if a few names return again and again."""
    names = {message.name.casefold() for message in messages}
    enough = len(messages) >= max(MIN_MESSAGES, MIN_PER_NAME * len(names))
    back = share_of(
        two.minutes < one.minutes and one.day == two.day
        for one, two in itertools.pairwise(messages)
    )
    return len(names) in NAMES and enough and back <= MAX_BACK


def _message(line: str) -> ShapedMessage | None:
    """Return the message of a line with a time, a name and a text, in either order."""
    if dated := parse_line(line):
        sender, text = split_sender(dated.rest)
        if sender and _is_name(sender):
            return ShapedMessage(sender, dated.date.time // 60, text.strip(), dated.date[:3])
    found = _TIME_AT_END.fullmatch(line.strip())
    at_end = _CLOCK.search(_DATE.sub("1", found["time"])) if found else None
    if found and at_end and _is_name(found["name"]):
        return ShapedMessage(found["name"], _minutes(at_end), found["text"])
    plain = _DATE.sub("1", line)
    clock = _CLOCK.search(plain, 0, _FRONT)
    if not clock:
        return None
    if found := _BRACKETED.match(plain):
        return ShapedMessage(found["name"], _minutes(clock), found["text"])
    before, after = plain[: clock.start()], plain[clock.end() :]
    minutes = _minutes(clock)
    at_once = _AT_ONCE.match(after)
    if at_once and (name := _name(before)) and not (day_part(name) or month_number(name)):
        return ShapedMessage(name, minutes, after[at_once.end() :].strip())
    if (cells := _CELLS.match(after)) and not re.search(r"[^\W\d_]", before):
        return ShapedMessage(cells["name"], minutes, cells["text"])
    end = _NAME_END.search(after, 1 if after[:1] in (":", "\t") else 0, _FRONT + MAX_NAME)
    if end and _DATE_WORDS.match(before) and not _is_sentence(before):
        name = _BEFORE_NAME.split(after[: end.start()])[-1].strip(" \t:,-–—)]}>|<")
        name = _ADDRESSEE.sub("", name.removeprefix("From").strip())
        if _is_name(name):
            return ShapedMessage(name, minutes, after[end.end() :].strip())
    return None


def _headers(lines: Sequence[str]) -> list[ShapedMessage]:
    """Return the lines that have a name and a time alone, or a time with a name above or below."""
    found = [header for line in lines if (header := _header(line))]
    if len(found) >= MIN_MESSAGES and _is_conversation(found):
        return found
    stamps = [n for n, line in enumerate(lines) if _is_stamp(line)]
    for step in (1, -1, -2):  # the name below the time, above it, or above the text
        named = [
            ShapedMessage(lines[n + step].strip(), _minutes(clock), "")
            for n in stamps
            if 0 <= n + step < len(lines)
            and _is_name(lines[n + step].strip())
            and (clock := _CLOCK.search(_DATE.sub("1", lines[n])))
        ]
        if len(named) >= 0.8 * len(stamps) and _is_conversation(named):
            return named
    return []


def _header(line: str) -> ShapedMessage | None:
    """Return the message of a line that has nothing but a name and a time."""
    if len(line) > LONG_LINE:
        return None
    line = _without_note(line)
    clock = _CLOCK.search(line)
    if not clock or len(line) > _FRONT:
        return None
    before, after = line[: clock.start()], line[clock.end() :]
    minutes = _minutes(clock)
    if not re.search(r"[^\W\d_]", after) and (name := _name(before)):
        return ShapedMessage(name, minutes, "")
    name = after.strip(" \t:,-–—)]}>|<")
    if _DATE_WORDS.match(before) and _is_name(name) and after[:1] in " \t)]":
        return ShapedMessage(name, minutes, "")
    return None


def _without_note(line: str) -> str:
    """Return a line without its date, and without a note such as “(Read by you)” at its end."""
    plain = _DATE.sub("1", line.strip())
    shorter = _NOTE_AT_END.sub("", plain)
    return shorter if _CLOCK.search(shorter) else plain


def _is_stamp(line: str) -> bool:
    """Return True for a line that is a date with a time, or a time, and nothing else."""
    if len(line) > LONG_LINE:
        return False
    plain = _without_note(line)
    clock = _CLOCK.search(plain)
    if not clock or len(plain) > _FRONT // 2:
        return False
    rest = plain[: clock.start()] + plain[clock.end() :]
    return bool(_DATE_WORDS.match(rest)) and len(re.findall(r"[^\W\d_]{2,}", rest)) <= 3


def _name(before: str) -> str:
    """Return the name before a time, without a date, or ""."""
    text = _NOTE_AT_END.sub("", before).strip(" \t,:([—–-")
    name = _SPLIT_NAME.split(text, maxsplit=1)[0].strip(" \t,:([—–-")
    return name if _is_name(name) else ""


def _is_name(text: str) -> bool:
    letters = any(character.isalnum() for character in text)
    short = 0 < len(text) <= MAX_NAME and len(text.split()) <= 5
    return letters and short and not _SENTENCE.search(text)


def _is_sentence(text: str) -> bool:
    """Return True for words before a time that are no part of a date: “We left at”."""
    if re.search(r"\d|[\[(]", text):
        return False
    return len(re.findall(r"[^\W\d_]+", text)) > 1 or bool(_PREPOSITION.fullmatch(text))


def _minutes(clock: re.Match[str]) -> int:
    hour = int(clock["hour"]) % 24
    half = (clock["half"] or "").casefold()
    if half:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    return 60 * hour + int(clock["minute"])
