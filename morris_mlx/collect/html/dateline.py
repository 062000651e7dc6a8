"""The day of a text where its page says it in words alone: "4 марта 2020, 10:00"."""

from __future__ import annotations

import re
from datetime import date

from lxml.html import HtmlElement

LONGEST = 60  # characters of a line that says when
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
ELSEWHERE = {"aside", "footer", "nav", "blockquote"}
OTHERS = re.compile(r"comment|related|sidebar|footer|teaser|card", re.IGNORECASE)


def day_of(line: str) -> str:
    """ISO date of a line that says a date and nothing else; "" for all others."""
    line = " ".join(line.split())
    for pattern in LINES if len(line) <= LONGEST else ():
        if match := pattern.fullmatch(line):
            try:
                return date(
                    int(match["year"]), _month(match["month"]), int(match["day"])
                ).isoformat()
            except ValueError:
                return ""
    return ""


def first_day(tree: HtmlElement, latest: str) -> str:
    """The first such line of a page, beside what belongs to other texts; none after `latest`."""
    for element in tree.iter("span", "div", "p", "li", "small", "em", "i", "b", "time", "td"):
        if len(element) or not (day := day_of(element.text or "")) or day > latest:
            continue
        around = [element, *element.iterancestors()]
        if not any(_is_elsewhere(outer) for outer in around):
            return day
    return ""


def _month(said: str) -> int:
    if said.isdigit():
        return int(said)
    return next(n for n, begin in enumerate(MONTHS) if said.lower().startswith(begin)) % 12 + 1


def _is_elsewhere(element: HtmlElement) -> bool:
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    return element.tag in ELSEWHERE or OTHERS.search(names) is not None
