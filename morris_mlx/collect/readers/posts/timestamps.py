"""Dates of posts, from the timestamps and written dates in exports."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from morris_mlx.collect.parse_dates import parse_date

MIN_SECONDS = 10**8  # 1973: a smaller number is no moment of a post
# Exports count seconds, milliseconds or microseconds. The sizes of today's numbers tell them apart.
MILLISECONDS_FROM, MICROSECONDS_FROM = 10**11, 10**14
# "Mon Mar 04 10:00:00 +0000 2024"
_C_TIME = re.compile(r"(?:\w{3},? )?(\w{3}) (\d{1,2}) \d\d:\d\d:\d\d (?:\S+ )?(\d{4})")


def post_date(value: object) -> str:
    """Return the ISO date of a timestamp or a written date; "" if it cannot be parsed.

    A timestamp is a number of seconds, milliseconds or microseconds since 1970.
    """
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, (int, float)):
        return _date_of_number(value)
    text = " ".join(str(value).split())
    if re.fullmatch(r"\d{9,17}(?:\.\d+)?", text):
        return _date_of_number(float(text))
    match = _C_TIME.fullmatch(text)
    return parse_date(f"{match[2]} {match[1]} {match[3]}" if match else text)


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
