"""Dates and times at the start of a line, in the spellings of many countries and programs.

A date is understood with its month as a number or as a word, the year first or last, in brackets or
not, before or after the time. The order of day and month stays open: see `whatsapp_lines`.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from morris_mlx.collect.chats.date_words import DayPart, day_part, month_number


class Ending(StrEnum):
    """The characters between the time and the name after it."""

    BRACKET = "]"
    DASH = "-"
    COLON = ":"
    COMMA = ","
    SPACE = " "


class DateFields(NamedTuple):
    """The numbers of a date in the order of the file, and the time in seconds since midnight.

    The order of day, month and year is not known yet: see `to_seconds`. A date whose month is a
    word has the year first.
    """

    first: int
    second: int
    third: int
    separator: str
    time: int


class LineTimestamp(NamedTuple):
    """A date with a time, its end in the text, and how it ends."""

    date: DateFields
    end: int
    ending: Ending


# Vowel signs of the scripts of India and Thailand are no letters for Python.
_SIGNS = "\u0300-\u036f\u0900-\u0dff\u0e31-\u0e4e\u200c"
_WORD = rf"(?:[^\W\d_](?:[^\W\d_]|[{_SIGNS}.]){{0,13}})"
_WEEKDAY = rf"(?:{_WORD},? )?"
_ASIAN_WEEKDAY = (
    r"(?: ?[(（]?(?:星期|周|週|礼拜)?[一二三四五六日天月火水木金土월화수목금토일]"
    r"(?:曜日|요일)?[)）]?(?![^\s,:\[\]\d]))?"
)
# The Russian, Bulgarian, Thai and Lithuanian words for “year”, and the dot after it.
_AFTER_YEAR = r"(?:\.? ?г\.?| BE| m\.|\.)?"
_NUMBERS = (
    rf"(?P<first>\d{{1,4}}) ?(?P<separator>[./-]) ?(?P<second>\d{{1,2}}) ?(?P=separator) ?"
    rf"(?P<third>\d{{1,4}}){_AFTER_YEAR}"
)
_ASIAN = (
    r"(?P<first>\d{2,4}) ?[年년] ?(?P<second>\d{1,2}) ?[月월] ?(?P<third>\d{1,2}) ?[日일号]"
    rf"{_ASIAN_WEEKDAY}"
)
_DAY_FIRST = (
    r"(?P<third>\d{1,2})(?:\.º?|º|er|st|nd|rd|th)?[ -](?:de |d['’]|of )?"
    rf"(?P<month>{_WORD}),?[ -](?:de |del )?(?P<first>\d{{4}}|\d\d(?!:)){_AFTER_YEAR}"
)
_MONTH_FIRST = rf"(?P<month>{_WORD}) (?P<third>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<first>\d{{4}})"
_YEAR_FIRST = (
    rf"(?P<first>\d{{4}})\.?(?: ?m\.)?[ -](?P<month>{_WORD})[ -](?P<third>\d{{1,2}})\.?(?: d\.)?"
)
_TIME = r"(?P<hour>\d{1,2})(?:[:.：hH]| h )(?P<minute>\d{2})(?:[:.](?P<seconds>\d{2}))?"
_ASIAN_TIME = r"(?P<hour>\d{1,2}) ?[시時时点點] ?(?P<minute>\d{1,2}) ?[분分]"
# Words for “at” before a time.
_AT = (
    r"(?:(?:klo|kl\.?|at|um|alle ore|alle|ore|às|à|a las?|a les|ás|om|o|v|u|ob|la|στις|в|о|у|lúc"
    r"|pukul|pada|jam|kell|plkst\.?|tại|në|em) )?"
)
_JOINT = r"(?:[,،、]? |[,،、]|T)?(?:[-–—·|@] )?"
_BEFORE_TIME = r"(?P<before>(?:[^\W\d_][^\d:,\[\]]{0,19}?)?) ?"
_OPEN = r"(?P<bracket>\[ ?)?"
_BODY = rf"{_JOINT}{_AT}{_BEFORE_TIME}"
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_OPEN}{_WEEKDAY}{_NUMBERS}{_BODY}{_TIME}",
        rf"{_OPEN}{_ASIAN}{_BODY}(?:{_TIME})",
        rf"{_OPEN}{_ASIAN}{_BODY}(?:{_ASIAN_TIME})",
        rf"{_OPEN}{_WEEKDAY}{_DAY_FIRST}{_BODY}{_TIME}",
        rf"{_OPEN}{_WEEKDAY}{_MONTH_FIRST}{_BODY}{_TIME}",
        rf"{_OPEN}{_YEAR_FIRST}{_BODY}{_TIME}",
    )
)
# In Vietnamese the time comes first.
_TIME_FIRST = re.compile(rf"{_OPEN}{_TIME}(?P<half>(?: ?[^\W\d_.]{{1,10}}\.?)?),? {_NUMBERS}")
# The Bulgarian word for “hours”, fractions of a second, the zone.
_AFTER_TIME = re.compile(
    r"(?: ?ч\.?)?(?:[.,]\d{1,6})?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?(?= |\]|:|,|$)"
)
_ENDINGS = (
    (Ending.DASH, re.compile(r" ?[-–—] ")),
    (Ending.COLON, re.compile(r" ?: ")),
    (Ending.COMMA, re.compile(r", ")),
    (Ending.SPACE, re.compile(r" +|\t")),
)
_BRACKET_END = re.compile(r" ?\] ?")
_WORD_AFTER = re.compile(r" ?[^\s\d:,\[\]]+")
MAX_WORDS = 4  # of a part of the day: “de la madrugada”


def find_date(text: str) -> LineTimestamp | None:
    """Return the date and time that a text begins with, or None.

    Digits must be ASCII, and spaces plain.
    """
    for pattern in _PATTERNS:
        if found := pattern.match(text):
            return _read(found, text, found["before"])
    if found := _TIME_FIRST.match(text):
        return _read(found, text, found["half"])
    return None


def _read(found: re.Match[str], text: str, before: str) -> LineTimestamp | None:
    """Return the date of a match, or None where its words are no month or part of the day."""
    part = day_part(before) if before.strip() else None
    if before.strip() and part is None:
        return None
    at = found.end()
    if after := _AFTER_TIME.match(text, at):
        at = after.end()
    has_bracket = bool(found["bracket"])
    end = _ending(text, at, has_bracket)
    if part is None and (end is None or end[0] is Ending.SPACE):
        # A clock of 24 hours has no such words, so there they are the name after the time.
        is_clock_of_12 = 0 < int(found["hour"]) <= 12
        named = _words_after(text, at, has_bracket)
        if named and (is_clock_of_12 or named[1][0] in (Ending.DASH, Ending.BRACKET)):
            part, end = named
    fields = _fields(found, part)
    return LineTimestamp(fields, end[1], end[0]) if fields and end else None


def _ending(text: str, at: int, has_bracket: bool) -> tuple[Ending, int] | None:
    """Return the kind and the end of the characters after a time."""
    if has_bracket:
        found = _BRACKET_END.match(text, at)
        return (Ending.BRACKET, found.end()) if found else None
    for ending, pattern in _ENDINGS:
        if found := pattern.match(text, at):
            return ending, found.end()
    return None


def _words_after(
    text: str, at: int, has_bracket: bool
) -> tuple[DayPart, tuple[Ending, int]] | None:
    """Return the part of the day after a time, and the ending after it.

    Of “de” and “de la tarde”, both of which mean one, the longer counts.
    """
    best = None
    end = at
    for _ in range(MAX_WORDS):
        found = _WORD_AFTER.match(text, end)
        if not found:
            break
        end = found.end()
        part = day_part(text[at:end])
        if part and (ending := _ending(text, end, has_bracket)):
            best = part, ending
    return best


def _fields(found: re.Match[str], part: DayPart | None) -> DateFields | None:
    """Return the numbers of a match, or None for an unknown month or an impossible time."""
    groups = found.groupdict()
    hour, minute = int(groups["hour"]), int(groups["minute"])
    seconds = int(groups.get("seconds") or 0)
    hour = part.hour_of_day(hour) if part else hour
    if hour > 23 or minute > 59 or seconds > 59:
        return None
    time = hour * 3600 + minute * 60 + seconds
    first, third = int(groups["first"]), int(groups["third"])
    if month_name := groups.get("month"):
        month = month_number(month_name)
        if month is None:
            return None
        return DateFields(first + 2000 if first < 100 else first, month, third, " ", time)
    year = first + 2000 if "separator" not in groups and first < 100 else first
    return DateFields(year, int(groups["second"]), third, groups.get("separator") or "-", time)
