"""Datelines: the date of a text where a page gives it only as text: "4 марта 2020, 10:00"."""

from __future__ import annotations

import re
from datetime import date

from lxml.html import HtmlElement

from morris_mlx.collect.parse_dates import parse_date

MAX_LENGTH = 60  # characters of a line that is a date
MONTHS = (
    *("янв", "фев", "мар", "апр", "ма", "июн", "июл", "авг", "сен", "окт", "ноя", "дек"),
    *("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
)
MONTH = (
    r"(?:янв|февр?|мар|апр|ма(?=[йя])|июн|июл|авг|сент?|окт|нояб?|дек|"
    r"jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[а-яa-z]*\.?"
)
FORMS = (
    rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\.? (?P<month>{MONTH}),? (?P<year>\d{{4}})",
    rf"(?P<month>{MONTH}) (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{4}})",
    r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})",
    r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})",
)
BEFORE = r"(?:(?:first )?(?:published|posted|written)(?: on| at)?|опубликован[оа]?|дата)?[:\s]*"
AFTER = r"(?:\s*(?:г\.|года|year))?(?:[\s,|·•—–-]*(?:в|at)?\s*\d{1,2}:\d{2}.{0,12})?\s*"
LINES = [re.compile(f"{BEFORE}{form}{AFTER}", re.IGNORECASE) for form in FORMS]
OUTSIDE_TAGS = {"aside", "footer", "nav", "blockquote"}
OUTSIDE_CLASSES = re.compile(r"comment|related|sidebar|footer|teaser|card", re.IGNORECASE)


def parse_date_line(line: str) -> str:
    """Return the ISO date of a line that is nothing but a date; else ""."""
    line = " ".join(line.split())
    for pattern in LINES if len(line) <= MAX_LENGTH else ():
        if match := pattern.fullmatch(line):
            try:
                return date(
                    int(match["year"]), _month_number(match["month"]), int(match["day"])
                ).isoformat()
            except ValueError:
                return ""
    # Other languages; a line of digits alone is no date.
    return parse_date(line) if re.search(r"[^\W\d_]{3}", line) else ""


def find_date(tree: HtmlElement, latest: str) -> str:
    """Return the date of the first such line of a page, or "" without one.

    Lines that belong to other texts do not count, nor do dates after `latest` (ISO).
    """
    for element in tree.iter("span", "div", "p", "li", "small", "em", "i", "b", "time", "td"):
        if (
            len(element)
            or not (day := parse_date_line((element.text or "").lstrip(" @")))
            or day > latest
        ):
            continue
        chain = [element, *element.iterancestors()]
        if not any(_is_outside_article(outer) for outer in chain):
            return day
    return ""


def _month_number(name: str) -> int:
    if name.isdigit():
        return int(name)
    return next(n for n, start in enumerate(MONTHS) if name.lower().startswith(start)) % 12 + 1


def _is_outside_article(element: HtmlElement) -> bool:
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    return element.tag in OUTSIDE_TAGS or OUTSIDE_CLASSES.search(names) is not None
