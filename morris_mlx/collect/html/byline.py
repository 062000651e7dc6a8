"""Bylines: comparison of author names in any spelling."""

from __future__ import annotations

import re
import unicodedata

SEPARATOR = re.compile(r"[;,/&|]|\b(?:and|with|und|mit|et|avec|y|con|и)\b", re.IGNORECASE)
AUTHOR_LABEL = re.compile(
    r"\s*(?:(?:written|words|text|story)\s+by|by|text|words|von|par|por|"
    r"автор(?:ы)?(?:\s+текста)?|текст)\b[\s:]*",
    re.IGNORECASE,
)
OTHER_LABEL = re.compile(
    r"\s*(?:photo|picture|illustration|image|video|foto|bild|фото|иллюстраци|рисун|видео|перевод|"
    r"translat)",
    re.IGNORECASE,
)


def names_author(author: str, byline: str) -> bool:
    """Return True if a byline names an author, alone or among others.

    Case, dots, accents (ё, é) and the order of first and last name do not matter.
    """
    names = {_normalize_name(n) for n in SEPARATOR.split(byline) if not OTHER_LABEL.match(n)}
    wanted = _normalize_name(author)
    return wanted in names or wanted == _normalize_name(byline)


def remove_label(byline: str) -> str:
    """Return the names without a label before them, such as "by" or "Автор:"."""
    return AUTHOR_LABEL.sub("", byline, count=1) if AUTHOR_LABEL.match(byline) else byline


def _normalize_name(name: str) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFKD", remove_label(name)).casefold()
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return tuple(sorted(re.findall(r"[^\W_]+", letters)))
