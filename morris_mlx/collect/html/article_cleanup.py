"""What stands within an article and is not its writer's: lines of other hands, pointers, walls."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lxml.etree import _Element

from morris_mlx.collect.html.byline import WRITER, without_label
from morris_mlx.collect.html.dateline import day_of

LONGEST_LABEL = 80  # characters of a line that names writer or day
MOST_IN_WALL = 60  # words of a paragraph that asks for a subscription
WALL_WITHIN = 4  # last paragraphs of a page
POINTER = re.compile(
    r"(?:read (?:also|more|next)|see also|related(?: (?:articles|stories|posts|links|news))?|"
    r"more on this(?: topic)?|you may also like|читайте(?: также| ещё| еще)?|читать также|"
    r"смотрите также|см\. также|(?:материалы )?по теме|(?:другие|ещё|еще) материалы)"
    r"\b\s*[:—–-]?\s*",
    re.IGNORECASE,
)
WALL = re.compile(
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
POINTS = 0.3  # share of a pointer's letters within its link, at least
LISTED = 0.8  # of a line that stands under "Read also"


def is_walled(paragraphs: Sequence[str]) -> bool:
    """Whether a page ends with a request to subscribe in the place of the rest."""
    last = [p for p in paragraphs[-WALL_WITHIN:] if len(p.split()) <= MOST_IN_WALL]
    return any(WALL.search(p) for p in last)


def is_credit(line: str) -> bool:
    """Whether a line names who made a picture, and says nothing."""
    return CREDIT.fullmatch(line) is not None


def is_label(line: str, author: str) -> bool:
    """Whether a line before a text says only who wrote it, or when."""
    if len(line) > LONGEST_LABEL:
        return False
    if day_of(line):
        return True
    words = set(re.findall(r"\w+", without_label(line).casefold()))
    return bool(words) and words <= set(re.findall(r"\w+", author.casefold()))


def who_and_when(line: str) -> tuple[str, str]:
    """Names and ISO date of a line like "By Anna Petrova, 4 March 2020"; "" for all others."""
    if len(line) > LONGEST_LABEL or not WRITER.match(line):
        return "", ""
    name, *rest = re.split(r"\s*[,|·•—–]\s*", without_label(line), maxsplit=1)
    words = name.split()
    named = 2 <= len(words) <= 6 and all(w[:1].isupper() or w in ("and", "и") for w in words)
    day = day_of(rest[0]) if rest else ""
    return (name, day) if named and (day or not rest) else ("", "")


def drop_pointers(body: _Element) -> None:
    """Take links to other texts out: "Read also: …", and what is listed under such a line."""
    label: _Element | None = None
    under = False
    for element in list(body.iter("p", "head", "list")):
        words = _text(element)
        if not words:
            continue
        share = sum(len(_text(link)) for link in element.iter("ref")) / len(words)
        found = POINTER.match(words)
        if found and found.end() == len(words):
            label, under = element, True
            if words.endswith(":"):  # whatever it pointed to is no part of the text
                _drop(element)
        elif (found and share >= POINTS) or (under and share >= LISTED):
            for gone in (label, element):
                if gone is not None:
                    _drop(gone)
            label, under = None, True
        else:
            label, under = None, False


def _text(element: _Element) -> str:
    return " ".join("".join(map(str, element.itertext())).split())


def _drop(element: _Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
