"""A line of a WhatsApp export: where its date ends, in the spellings of many countries."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import NamedTuple

from morris_mlx.collect.chats.message_text import tidy_message

# Direction marks and a byte-order mark, which stand before dates and round names.
MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_SPACES = re.compile("[\u00a0\u2000-\u200a\u202f\u3000]")
# The words for the halves of a day, without dots, spaces and case.
_MORNING = {
    "am",
    "上午",
    "凌晨",
    "早上",
    "清晨",
    "午前",
    "오전",
    "öö",
    "ص",
    "قظ",
    "पूर्वाह्न",
    "sa",
    "fm",
}
_MORNING |= {"πμ", "de", "pd", "पूर्वाह्न", "pg"}
_EVENING = {
    "pm",
    "下午",
    "晚上",
    "午後",
    "오후",
    "ös",
    "م",
    "بظ",
    "अपराह्न",
    "ch",
    "em",
    "μμ",
    "du",
    "md",
    "ptg",
}
_NOON = {"中午"}
_HALVES = _MORNING | _EVENING | _NOON
_HALF = r"(?:[^\W\d_](?:[^\W\d_]|[.\u0900-\u097f] ?){0,11})"
_DATE = (
    r"(?P<a>\d{1,4}) ?(?P<mark>[./-]) ?(?P<b>\d{1,2}) ?(?P=mark) ?(?P<c>\d{1,4})"
    r"(?:\. ?г\.| ?г\.|\.| BE)?"
)
_CLOCK = r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?"
_END = r"(?(bracket)\] ?| [-–—] )"
_LINE = re.compile(
    rf"(?P<bracket>\[)?{_DATE}"
    r"(?:[,،]? |[,،])(?:(?:klo|kl\.?|at|um|alle|às|à|в|o) )?"
    rf"(?P<before>{_HALF}? ?){_CLOCK}(?: ?ч\.?)?(?: ?(?P<after>{_HALF}))?{_END}"
)
# In Vietnamese the clock comes first.
_CLOCK_FIRST = re.compile(
    rf"(?P<bracket>\[)?{_CLOCK}(?P<before>)(?: ?(?P<after>{_HALF}))?,? {_DATE}{_END}"
)
LONGEST_NAME = 80  # characters: a longer “name” is a sentence of WhatsApp's own
BUDDHIST_YEARS = 543  # Thai exports count from the Buddha; no chat is of the 25th century
PERSIAN_YEARS = range(1380, 1480)  # 2001 to 2101 in Iran's calendar
PERSIAN_EPOCH = 226_894  # the day before that calendar's first one, as Python numbers days


class Stamp(NamedTuple):
    """The numbers of a date as they stand there, and the seconds since midnight."""

    a: int
    b: int
    c: int
    mark: str
    clock: int


class Line(NamedTuple):
    """A line that begins with a date; `rest` has its marks, for they tell typed from inserted."""

    stamp: Stamp
    rest: str


def read_line(line: str) -> Line | None:
    """None for a line that goes on with the message before it."""
    if not line or not (line[0].isdecimal() or line[0] in "[\u200e\u200f\u202a\u202b\u2068\ufeff"):
        return None
    head, kept = _plain(line[:80])
    found = _LINE.match(head) or _CLOCK_FIRST.match(head)
    if not found:
        return None
    clock = _clock(found)
    if clock is None:
        return None
    stamp = Stamp(int(found["a"]), int(found["b"]), int(found["c"]), found["mark"], clock)
    return Line(stamp, line[kept[found.end()] :])


def parted(rest: str) -> tuple[str, str]:
    """(sender, text); sender is "" in a line of WhatsApp's own."""
    sender, colon, text = rest.partition(":")
    if colon and text[:1] not in (" ", "\n", "", "\u200e"):  # 10:30, https://
        return "", rest
    sender = tidy_message(sender)
    system = not colon or not sender or len(sender) > LONGEST_NAME or re.search(r'["“”«»]', sender)
    return ("", rest) if system else (sender, text.removeprefix(" "))


def _plain(head: str) -> tuple[str, list[int]]:
    """The head with plain digits and spaces and no marks; and where each character stood."""
    plain: list[str] = []
    kept: list[int] = []
    for place, character in enumerate(head):
        if MARKS.match(character):
            continue
        kept.append(place)
        if character.isdecimal():
            plain.append(str(unicodedata.decimal(character)))
        else:
            plain.append(" " if _SPACES.match(character) else character)
    # What follows the head's end: the mark before a typed text is the text's.
    ends = [place + 1 for place in kept]
    return "".join(plain), [0, *ends]


def _clock(found: re.Match[str]) -> int | None:
    """Seconds since midnight; None for what is no time of day."""
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    half = re.sub(r"[. ]", "", (found["before"] or found["after"] or "")).casefold()
    if half:
        half = unicodedata.normalize("NFC", half)
        if half not in _HALVES or not 0 <= hour <= 12:
            return None if half not in _HALVES else _seconds(hour, minute, second)
        if half in _EVENING or (half in _NOON and hour < 11):
            hour = 12 if hour == 12 else hour + 12
        elif half in _MORNING and hour == 12:
            hour = 0
    return _seconds(hour, minute, second)


def _seconds(hour: int, minute: int, second: int) -> int | None:
    right = hour < 24 and minute < 60 and second < 60
    return hour * 3600 + minute * 60 + second if right else None


def year_first(stamp: Stamp) -> bool:
    return stamp.a > 31


def seconds_of(stamp: Stamp, day_first: bool) -> float | None:
    """Seconds since 1970 by the clock on the wall, or None for a date that does not exist."""
    if year_first(stamp):
        year, month, day = stamp.a, stamp.b, stamp.c
    elif day_first:
        day, month, year = stamp.a, stamp.b, stamp.c
    else:
        month, day, year = stamp.a, stamp.b, stamp.c
    year += 2000 if year < 100 else 0
    year -= BUDDHIST_YEARS if year > 2400 else 0
    try:
        if year in PERSIAN_YEARS:
            day_of = datetime.fromordinal(_persian_day(year, month, day))
            return day_of.replace(tzinfo=UTC).timestamp() + stamp.clock
        return datetime(year, month, day, tzinfo=UTC).timestamp() + stamp.clock
    except ValueError:
        return None


def _persian_day(year: int, month: int, day: int) -> int:
    """A date of Iran's calendar as Python numbers days. Raises ValueError.

    Six months of 31 days, then of 30; eight leap years in every 33, as the sun has it from 1800
    to 2250.
    """
    if not (1 <= month <= 12 and 1 <= day <= (31 if month <= 6 else 30)):
        raise ValueError
    before = 31 * (month - 1) if month <= 7 else 30 * (month - 1) + 6
    return PERSIAN_EPOCH + 365 * (year - 1) + (8 * year + 21) // 33 + before + day
