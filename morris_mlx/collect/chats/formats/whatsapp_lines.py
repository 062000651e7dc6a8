"""Line parser for WhatsApp exports: dates and times in the spellings of many countries."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import NamedTuple

from morris_mlx.collect.chats.formats.line_timestamps import DateFields, Ending, find_date
from morris_mlx.collect.chats.message_text import normalize_message

# Direction marks and the byte-order mark, which surround dates and names.
DIRECTION_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_SPACES = re.compile("[\u00a0\u2000-\u200a\u202f\u3000]")
# Marks, spaces and digits that are not plain ones.
_ODD = re.compile(f"{DIRECTION_MARKS.pattern}|{_SPACES.pattern}|(?![0-9])\\d")
# A digit, a bracket, or a few letters before a digit: “Jun 13”, “Wed, 13”.
_STARTS_DATE = re.compile(
    "[\\[\u200e\u200f\u202a\u202b\u2068\ufeff]*(?:\\d|\\[|(?:[^\\W\\d_]{2,14}\\.?,? ){1,2}\\d)"
)
HEAD_CHARACTERS = 100  # longer than any date
MAX_NAME_LENGTH = 80  # characters; longer “names” are sentences of WhatsApp's own
BUDDHIST_YEARS = 543  # Thai exports use the Buddhist calendar; no chat is from after 2400
PERSIAN_YEARS = range(1380, 1480)  # 2001 to 2101 in Iran's calendar
PERSIAN_EPOCH = 226_894  # ordinal of the day before the first of that calendar, as Python counts


class DatedLine(NamedTuple):
    """A line that starts with a date.

    `rest` is what follows it, direction marks included: they mark inserted text.
    """

    date: DateFields
    rest: str
    ending: Ending = Ending.DASH

    def may_follow(self, other: DatedLine) -> bool:
        """Return True if a file may have both lines as the beginnings of messages.

        A message may itself have a line with a date; in a chat with dashes or brackets, such a line
        has one of them only by accident.
        """
        strict = (Ending.DASH, Ending.BRACKET)
        same = self.ending is other.ending
        return same or (self.ending in strict and other.ending in strict)


def parse_line(line: str) -> DatedLine | None:
    """Parse the date at the start of a line. Returns None for a continuation line."""
    if not _STARTS_DATE.match(line):
        return None
    head, ends = _plain_head(line[:HEAD_CHARACTERS])
    found = find_date(head)
    return DatedLine(found.date, line[ends[found.end] :], found.ending) if found else None


def split_sender(rest: str) -> tuple[str, str]:
    """Return (sender, text). The sender is empty for a system message."""
    sender, colon, text = rest.partition(":")
    if colon and text[:1] not in (" ", "\n", "", "\u200e"):  # 10:30, https://
        return "", rest
    # A tilde is before the names of people who are not in the phone's contacts.
    sender = normalize_message(sender).removeprefix("~").strip()
    is_name = colon and sender and len(sender) <= MAX_NAME_LENGTH
    if not is_name or re.search(r'["“”«»]', sender):
        return "", rest
    return sender, text.removeprefix(" ")


def _plain_head(head: str) -> tuple[str, list[int]]:
    """Return the text with ASCII digits and spaces and without direction marks.

    The second value maps each length of the plain text to the length of the original.
    """
    if not _ODD.search(head):
        return head, list(range(len(head) + 1))
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
