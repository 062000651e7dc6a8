"""Bylines: who of them wrote the text, however a name is spelled."""

from __future__ import annotations

import re
import unicodedata

BETWEEN = re.compile(r"[;,/&|]|\b(?:and|with|und|mit|et|avec|y|con|и)\b", re.IGNORECASE)
WRITER = re.compile(
    r"\s*(?:(?:written|words|text|story)\s+by|by|text|words|von|par|por|"
    r"автор(?:ы)?(?:\s+текста)?|текст)\b[\s:]*",
    re.IGNORECASE,
)
NO_WRITER = re.compile(
    r"\s*(?:photo|picture|illustration|image|video|foto|bild|фото|иллюстраци|рисун|видео|перевод|"
    r"translat)",
    re.IGNORECASE,
)


def is_by(wanted: str, byline: str) -> bool:
    """Whether one of the writers of a byline is the wanted one.

    Case, dots, accents (ё, é) and the order of names aside.
    """
    names = {_name(part) for part in BETWEEN.split(byline) if not NO_WRITER.match(part)}
    return _name(wanted) in names or _name(wanted) == _name(byline)


def without_label(byline: str) -> str:
    """The names alone: pages put "by" or "Автор:" before them."""
    return WRITER.sub("", byline, count=1) if WRITER.match(byline) else byline


def _name(name: str) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFKD", without_label(name)).casefold()
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return tuple(sorted(re.findall(r"[^\W_]+", letters)))
