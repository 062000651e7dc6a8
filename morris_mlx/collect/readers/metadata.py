"""Metadata of text files: title, author, date and license, under the keys that programs use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from morris_mlx.collect.parse_dates import DATE_KEYS, find_date, simplify_key

TITLE_KEYS = ("title", "titel", "titre", "titolo", "título", "заголовок", "название", "headline")
AUTHOR_KEYS = ("author", "authors", "byline", "creator", "autor", "auteur", "автор")
LICENSE_KEYS = ("license", "licence", "rights", "copyright")
# Tables of a front matter in which themes and programs keep such facts.
INNER_KEYS = ("params", "extra", "metadata", "meta", "frontmatter")
# The keys of a person or a text in several languages: {name: Anna}, {en: On rain}.
NAME_KEYS = ("name", "title", "text", "rendered", "main", "en")
OTHER_KEYS = (
    *("tags", "tag", "layout", "categories", "category", "draft", "slug", "aliases", "alias"),
    *("description", "summary", "permalink", "type", "lang", "language", "status", "subtitle"),
    *("keywords", "id", "url", "weight", "series", "excerpt", "image", "cover", "heroimage"),
    *("comments", "toc", "cssclass", "cssclasses", "source", "location", "template", "topics"),
)
KNOWN_KEYS = frozenset((*TITLE_KEYS, *AUTHOR_KEYS, *LICENSE_KEYS, *DATE_KEYS, *OTHER_KEYS))
MAX_TITLE = 300  # characters: a longer one is a defect of the file
EMPTY = ("~", "null")  # YAML's words for no value
UNFILLED = ("{{", "<%", "{%")  # a template whose value was never filled in


@dataclass(frozen=True, slots=True)
class Metadata:
    """The metadata of a text file. Keys of `values` are as `simplify_key` returns them."""

    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The title, or ""."""
        return self._first(TITLE_KEYS, ", ")

    @property
    def author(self) -> str:
        """The names of all authors, or ""."""
        return self._first(AUTHOR_KEYS, "; ")

    @property
    def license(self) -> str:
        """The license or the statement of rights, or ""."""
        return self._first(LICENSE_KEYS, ", ")

    @property
    def date(self) -> str:
        """The ISO date under the first key that has one, or ""."""
        return find_date(self.values) or next((find_date(t) for t in self._inner() if t), "")

    def _first(self, keys: tuple[str, ...], between: str) -> str:
        for values in (self.values, *self._inner()):
            for key in keys:
                if text := join_value(values.get(key), between):
                    return text[:MAX_TITLE]
        return ""

    def _inner(self) -> Iterator[dict[str, object]]:
        for key in INNER_KEYS:
            if isinstance(inner := self.values.get(key), dict):
                yield simplify_keys(inner)


def simplify_keys(values: Mapping[Any, object]) -> dict[str, object]:
    """Return the values with simplified keys. Of two keys that become the same, the first stays."""
    simple: dict[str, object] = {}
    for key, value in values.items():
        simple.setdefault(simplify_key(key), value)
    return simple


def join_value(value: object, between: str) -> str:
    """Return a value of metadata as text: the items of a list, the name of a person.

    Lists within lists are read to the second level, so the text is never much longer than the
    file.
    """
    words = (w for w in _flatten(value, 2) if w not in EMPTY and not any(u in w for u in UNFILLED))
    return between.join(dict.fromkeys(words))


def _flatten(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, dict) and depth:
        simple = simplify_keys(value)
        named = next((simple[key] for key in NAME_KEYS if simple.get(key)), None)
        yield from _flatten(next(iter(simple.values()), "") if named is None else named, depth - 1)
    elif isinstance(value, list) and depth:
        for item in value:
            yield from _flatten(item, depth - 1 if isinstance(item, list) else depth)
    elif isinstance(value, (str, int, float, date)) and not isinstance(value, bool):
        yield from filter(None, [" ".join(str(value).split())])
