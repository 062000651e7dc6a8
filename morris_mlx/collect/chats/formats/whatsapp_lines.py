"""Line parser for WhatsApp exports: dates and times in the spellings of many countries."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import NamedTuple

from morris_mlx.collect.chats.message_text import normalize_message

# Direction marks and the byte-order mark, which surround dates and names.
DIRECTION_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_SPACES = re.compile("[\u00a0\u2000-\u200a\u202f\u3000]")
# Markers of the halves of the day (AM, PM), without dots and spaces, in lower case.
_AM_MARKERS = {
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
_AM_MARKERS |= {"πμ", "de", "pd", "पूर्वाह्न", "pg"}
_PM_MARKERS = {
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
_NOON_MARKERS = {"中午"}
_DAY_HALVES = _AM_MARKERS | _PM_MARKERS | _NOON_MARKERS
_HALF = r"(?:[^\W\d_](?:[^\W\d_]|[.\u0900-\u097f] ?){0,11})"
_DATE = (
    r"(?P<first>\d{1,4}) ?(?P<separator>[./-]) ?(?P<second>\d{1,2}) ?(?P=separator) ?"
    r"(?P<third>\d{1,4})"
    r"(?:\. ?г\.| ?г\.|\.| BE)?"
)
_TIME = r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<seconds>\d{2}))?"
_END = r"(?(bracket)\] ?| [-–—] )"
_LINE = re.compile(
    rf"(?P<bracket>\[)?{_DATE}"
    r"(?:[,،]? |[,،])(?:(?:klo|kl\.?|at|um|alle|às|à|в|o) )?"
    rf"(?P<half_before>{_HALF}? ?){_TIME}(?: ?ч\.?)?(?: ?(?P<half_after>{_HALF}))?{_END}"
)
# In Vietnamese the time comes first.
_TIME_FIRST = re.compile(
    rf"(?P<bracket>\[)?{_TIME}(?P<half_before>)(?: ?(?P<half_after>{_HALF}))?,? {_DATE}{_END}"
)
MAX_NAME_LENGTH = 80  # characters; longer “names” are sentences of WhatsApp's own
BUDDHIST_YEARS = 543  # Thai exports use the Buddhist calendar; no chat is from after 2400
PERSIAN_YEARS = range(1380, 1480)  # 2001 to 2101 in Iran's calendar
PERSIAN_EPOCH = 226_894  # ordinal of the day before the first of that calendar, as Python counts


class DateFields(NamedTuple):
    """The numbers of a date in the order of the file, and the time in seconds since midnight.

    The order of day, month and year is not known yet: see `to_seconds`.
    """

    first: int
    second: int
    third: int
    separator: str
    time: int


class DatedLine(NamedTuple):
    """A line that starts with a date.

    `rest` is what follows it, direction marks included: they tell inserted text from typed text.
    """

    date: DateFields
    rest: str


def parse_line(line: str) -> DatedLine | None:
    """Parse the date at the start of a line. Returns None for a continuation line."""
    if not line or not (line[0].isdecimal() or line[0] in "[\u200e\u200f\u202a\u202b\u2068\ufeff"):
        return None
    head, ends = _plain_head(line[:80])
    found = _LINE.match(head) or _TIME_FIRST.match(head)
    if not found:
        return None
    time = _parse_time(found)
    if time is None:
        return None
    first, second, third = (int(found[name]) for name in ("first", "second", "third"))
    date = DateFields(first, second, third, found["separator"], time)
    return DatedLine(date, line[ends[found.end()] :])


def split_sender(rest: str) -> tuple[str, str]:
    """Return (sender, text). The sender is empty for a system message."""
    sender, colon, text = rest.partition(":")
    if colon and text[:1] not in (" ", "\n", "", "\u200e"):  # 10:30, https://
        return "", rest
    sender = normalize_message(sender)
    is_name = colon and sender and len(sender) <= MAX_NAME_LENGTH
    if not is_name or re.search(r'["“”«»]', sender):
        return "", rest
    return sender, text.removeprefix(" ")


def _plain_head(head: str) -> tuple[str, list[int]]:
    """Return the text with ASCII digits and spaces and without direction marks.

    The second value maps each length of the plain text to the length of the original.
    """
    plain: list[str] = []
    kept: list[int] = []
    for place, character in enumerate(head):
        if DIRECTION_MARKS.match(character):
            continue
        kept.append(place)
        if character.isdecimal():
            plain.append(str(unicodedata.decimal(character)))
        else:
            plain.append(" " if _SPACES.match(character) else character)
    # A mark right after the date belongs to the text, so each end is that of the last kept one.
    ends = [place + 1 for place in kept]
    return "".join(plain), [0, *ends]


def _parse_time(found: re.Match[str]) -> int | None:
    """Return seconds since midnight, or None for an invalid time."""
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["seconds"] or 0)
    half = re.sub(r"[. ]", "", (found["half_before"] or found["half_after"] or "")).casefold()
    if half:
        half = unicodedata.normalize("NFC", half)
        if half not in _DAY_HALVES:
            return None
        if hour > 12:
            return _seconds_of_day(hour, minute, second)
        if half in _PM_MARKERS or (half in _NOON_MARKERS and hour < 11):
            hour = 12 if hour == 12 else hour + 12
        elif half in _AM_MARKERS and hour == 12:
            hour = 0
    return _seconds_of_day(hour, minute, second)


def _seconds_of_day(hour: int, minute: int, second: int) -> int | None:
    valid = hour < 24 and minute < 60 and second < 60
    return hour * 3600 + minute * 60 + second if valid else None


def is_year_first(date: DateFields) -> bool:
    """Return True if the first number can only be a year."""
    return date.first > 31


def to_seconds(date: DateFields, day_first: bool) -> float | None:
    """Return seconds since 1970 in local time, or None for a date that does not exist.

    `day_first` orders day and month where the year is not first.
    """
    if is_year_first(date):
        year, month, day = date.first, date.second, date.third
    elif day_first:
        day, month, year = date.first, date.second, date.third
    else:
        month, day, year = date.first, date.second, date.third
    year += 2000 if year < 100 else 0
    year -= BUDDHIST_YEARS if year > 2400 else 0
    try:
        if year in PERSIAN_YEARS:
            midnight = datetime.fromordinal(_persian_ordinal(year, month, day))
            return midnight.replace(tzinfo=UTC).timestamp() + date.time
        return datetime(year, month, day, tzinfo=UTC).timestamp() + date.time
    except ValueError:
        return None


def _persian_ordinal(year: int, month: int, day: int) -> int:
    """Return Python's ordinal of a date in Iran's calendar. Raises ValueError.

    Six months have 31 days, the others 30, and eight of 33 years are leap years, which agrees
    with the astronomical calendar from 1800 to 2250.
    """
    if not (1 <= month <= 12 and 1 <= day <= (31 if month <= 6 else 30)):
        raise ValueError
    before = 31 * (month - 1) if month <= 7 else 30 * (month - 1) + 6
    return PERSIAN_EPOCH + 365 * (year - 1) + (8 * year + 21) // 33 + before + day
