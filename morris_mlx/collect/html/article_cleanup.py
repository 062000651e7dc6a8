"""Removal of lines in an article that are not its text: credits, bylines, links, paywalls."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lxml.etree import _Element

from morris_mlx.collect.html.byline import AUTHOR_LABEL, remove_label
from morris_mlx.collect.html.dateline import parse_date_line

MAX_BYLINE = 80  # characters of a line that names author or date
MAX_PAYWALL_WORDS = 60  # of a paragraph that asks for a subscription
PAYWALL_PARAGRAPHS = 4  # at the end of a page, searched for a paywall
SEE_ALSO = re.compile(
    r"(?:read (?:also|more|next)|see also|related(?: (?:articles|stories|posts|links|news))?|"
    r"more on this(?: topic)?|you may also like|читайте(?: также| ещё| еще)?|читать также|"
    r"смотрите также|см\. также|(?:материалы )?по теме|(?:другие|ещё|еще) материалы)"
    r"\b\s*[:—–-]?\s*",
    re.IGNORECASE,
)
PAYWALL = re.compile(
    r"to (?:continue|keep) reading|to read (?:the (?:full|rest|whole)|this)|already a subscriber|"
    r"(?:this|the) (?:article|story|post|content|text) is (?:only )?(?:for|available to) "
    r"(?:\w+ ){0,2}(?:subscribers|members)|"
    r"чтобы (?:читать|прочитать|дочитать|продолжить чтение)|уже (?:есть подписка|подписаны)|"
    r"(?:материал|статья|текст|продолжение)\b.{0,40}(?:по подписке|подписчик)",
    re.IGNORECASE,
)
CREDIT = re.compile(
    r"(?:photo(?:graph)?|image|picture|illustration|фото|иллюстрация|изображение|рисунок)"
    r"(?: by| credit)?\s*:\s+\S.{,80}[^.!?…]",
    re.IGNORECASE,
)
# Counters and buttons of a platform, each a line of its own above the text.
COUNTER = re.compile(
    r"(?:[-–—·•|]{1,3}|\d{1,3}(?:[.,]\d)?[KkMm]|\d{1,3} min(?:ute)?s? read|listen|share|"
    r"follow|subscribe|save|like|comments?|member-only story|top highlight|open in app|sign up|"
    r"sign in|press enter or click to view image in full size|more from medium)",
    re.IGNORECASE,
)
MAX_COUNTER = 4  # digits
# Requests to applaud, below the text.
APPLAUSE = re.compile(
    r"\bclaps?\b.{0,80}\b(?:button|icon|times|50|below|hands)\b|"
    r"\b(?:button|icon|times|50|give|hit|tap)\b.{0,80}\bclaps?\b|👏",
    re.IGNORECASE | re.DOTALL,
)
APPLAUSE_PARAGRAPHS = 3  # at the end of a page, searched for such requests
MIN_LINK_SHARE = 0.3  # of the letters of a “Read also” line that are in its link
MIN_LISTED_LINK_SHARE = 0.8  # the same of a line below “Read also”


def ends_with_paywall(paragraphs: Sequence[str]) -> bool:
    """Return True if a page ends with a request to subscribe in place of the rest."""
    last = [p for p in paragraphs[-PAYWALL_PARAGRAPHS:] if len(p.split()) <= MAX_PAYWALL_WORDS]
    return any(PAYWALL.search(p) for p in last)


def is_counter(line: str, is_below_counter: bool = False) -> bool:
    """Return True if a line above a text only counts readers or names a button.

    A bare number counts something only below another counter: it may be the heading of a part.
    """
    return COUNTER.fullmatch(line.strip()) is not None or (
        is_below_counter and line.isdigit() and len(line) <= MAX_COUNTER
    )


def remove_applause(paragraphs: list[str]) -> None:
    """Remove requests to applaud from the end of the paragraphs, in place."""
    last = range(len(paragraphs) - 1, max(len(paragraphs) - 1 - APPLAUSE_PARAGRAPHS, 0), -1)
    for index in last:
        text = paragraphs[index]
        if APPLAUSE.search(text) and len(text.split()) <= MAX_PAYWALL_WORDS:
            del paragraphs[index]


def is_credit(line: str) -> bool:
    """Return True if a line only names the maker of a picture."""
    return CREDIT.fullmatch(line) is not None


def is_byline(line: str, author: str) -> bool:
    """Return True if a line before a text only names its author or date."""
    if len(line) > MAX_BYLINE:
        return False
    if parse_date_line(line):
        return True
    words = set(re.findall(r"\w+", remove_label(line).casefold()))
    return bool(words) and words <= set(re.findall(r"\w+", author.casefold()))


def parse_byline(line: str) -> tuple[str, str]:
    """Return names and ISO date of a line like "By Anna Petrova, 4 March 2020", or "" for both."""
    if len(line) > MAX_BYLINE or not AUTHOR_LABEL.match(line):
        return "", ""
    name, *rest = re.split(r"\s*[,|·•—–]\s*", remove_label(line), maxsplit=1)
    words = name.split()
    is_name = 2 <= len(words) <= 6 and all(w[:1].isupper() or w in ("and", "и") for w in words)
    day = parse_date_line(rest[0]) if rest else ""
    return (name, day) if is_name and (day or not rest) else ("", "")


def remove_see_also(body: _Element) -> None:
    """Remove links to other texts: “Read also: …” and the list below such a line."""
    label: _Element | None = None
    is_below_label = False
    for element in list(body.iter("p", "head", "list")):
        text = _text(element)
        if not text:
            continue
        share = sum(len(_text(link)) for link in element.iter("ref")) / len(text)
        found = SEE_ALSO.match(text)
        if found and found.end() == len(text):
            label, is_below_label = element, True
            if text.endswith(":"):  # the links that it announces are not part of the text
                _remove(element)
        elif (found and share >= MIN_LINK_SHARE) or (
            is_below_label and share >= MIN_LISTED_LINK_SHARE
        ):
            for removed in (label, element):
                if removed is not None:
                    _remove(removed)
            label, is_below_label = None, True
        else:
            label, is_below_label = None, False


def _text(element: _Element) -> str:
    return " ".join("".join(map(str, element.itertext())).split())


def _remove(element: _Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
