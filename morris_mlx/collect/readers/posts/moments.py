"""Dates of posts, in the many forms in which exports write a moment."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from email.utils import parsedate_tz

from morris_mlx.collect.text import iso_date

MIN_SECONDS = 10**8  # 1973: a smaller number is no moment of a post
# Exports count seconds, milliseconds or microseconds. The sizes of today's numbers tell them apart.
MILLISECONDS_FROM, MICROSECONDS_FROM = 10**11, 10**14
# "Mon Mar 04 10:00:00 +0000 2024"
_C_TIME = re.compile(r"(?:\w{3},? )?(\w{3}) (\d{1,2}) \d\d:\d\d:\d\d (?:\S+ )?(\d{4})")
_SLASHED = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})\b")
_SECONDS = re.compile(r"(?<=:\d\d):\d\d(?:\.\d+)?\b")


def post_date(value: object) -> str:
    """Return the ISO date of a moment; "" for one that is not understood.

    A moment is a number of seconds, ISO 8601, a date of mail, or a date in words.
    """
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, (int, float)):
        return _date_of_number(value)
    text = " ".join(str(value).split()).lstrip("@")
    if re.fullmatch(r"\d{9,17}(?:\.\d+)?", text):
        return _date_of_number(float(text))
    return iso_date(text) or _date_in_words(text)


def _date_of_number(number: float) -> str:
    try:
        if number >= MICROSECONDS_FROM:
            number /= 1_000_000
        elif number >= MILLISECONDS_FROM:
            number /= 1000
        if number < MIN_SECONDS:
            return ""
        return datetime.fromtimestamp(number, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return ""


def _date_in_words(text: str) -> str:
    from morris_mlx.collect.html.dateline import parse_date_line

    if len(text) > 80:
        return ""
    if match := _C_TIME.fullmatch(text):
        return parse_date_line(f"{match[2]} {match[1]} {match[3]}")
    try:
        if match := _SLASHED.match(text):
            return date(int(match[1]), int(match[2]), int(match[3])).isoformat()
        # A year of four digits: the mail parser would complete others.
        mail = parsedate_tz(text) if re.search(r"\d{1,2} \w{3} \d{4}", text) else None
        if mail:
            return date(*mail[:3]).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""
    return parse_date_line(_SECONDS.sub("", text))
