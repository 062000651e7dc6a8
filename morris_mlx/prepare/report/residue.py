"""Residue in the texts of a dataset: markup that no reader sees, and lines broken at a column."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Markup(StrEnum):
    """Kinds of markup that collecting may leave in a text, as the report shows them."""

    front_matter = "a header in +++ or ---"
    wiki_links = "links in [[ ]]"
    shortcodes = "shortcodes in {{< >}}, {% %} or [caption]"
    html = "HTML tags"
    entities = "HTML entities such as &nbsp;"
    links = "links such as [text](address)"
    footnotes = "footnote marks such as [^1]"
    tables = "rows of tables"
    tasks = "task boxes such as [ ]"
    comments = "comments in %% %%"


PATTERNS = {
    Markup.front_matter: re.compile(r"\A\s*(?:\+\+\+|---)[ \t]*\n|^\+\+\+[ \t]*$", re.M),
    Markup.wiki_links: re.compile(r"\[\[[^\[\]\n]{1,200}\]\]"),
    Markup.shortcodes: re.compile(
        r"\{\{[<%][^\n]{1,300}?[>%]\}\}|\{%[^\n]{1,300}?%\}"
        r"|\[/?(?:caption|gallery|embed|video|audio)\b[^\]\n]{0,300}\]"
    ),
    Markup.html: re.compile(
        r"</?(?:p|div|span|br|img|a|strong|em|b|i|ul|ol|li|h[1-6]|figure|iframe|blockquote)"
        r"(?:\s[^<>\n]{0,300})?/?>",
        re.I,
    ),
    Markup.entities: re.compile(r"&(?:nbsp|amp|quot|lt|gt|mdash|ndash|hellip|#\d{2,5});"),
    Markup.links: re.compile(r"\]\((?:https?://|/|#|\.)[^)\s]{0,300}\)"),
    Markup.footnotes: re.compile(r"\[\^[\w-]{1,20}\]"),
    Markup.tables: re.compile(r"^\|[^\n]{1,500}\|[ \t]*$", re.M),
    Markup.tasks: re.compile(r"^[ \t]*(?:[-*+][ \t]+)?\[[ xX]\] ", re.M),
    Markup.comments: re.compile(r"%%[^%\n]{1,300}%%"),
}
MIN_BROKEN_LINES = 8  # in a text: fewer may be verse, an address or a list
NARROWEST, WIDEST = 40, 100  # characters of a line that a program broke
RAGGED = 16  # a broken line is at most a long word shorter than the longest
RAGGED_SHARE = 0.8  # of the broken lines: some are shorter, before a word of foreign script


@dataclass(frozen=True, slots=True)
class Residue:
    """The number of texts, and of those with each kind of markup and with broken lines."""

    texts: int
    with_markup: int
    markup: dict[Markup, int]
    wrapped: int


def find_residue(texts: Iterable[str]) -> Residue:
    """Count the texts that have markup or lines broken at a column."""
    markup: Counter[Markup] = Counter()
    total = with_markup = wrapped = 0
    for text in texts:
        found = [kind for kind, pattern in PATTERNS.items() if pattern.search(text)]
        markup.update(found)
        total += 1
        with_markup += bool(found)
        wrapped += is_hard_wrapped(text)
    return Residue(total, with_markup, {kind: markup[kind] for kind in Markup}, wrapped)


def is_hard_wrapped(text: str) -> bool:
    """Return True if the lines of the paragraphs end at about the same column.

    The last line of a paragraph ends anywhere, so it does not count.
    """
    broken: list[int] = []
    for paragraph in text.split("\n\n"):
        broken += [len(line.rstrip()) for line in paragraph.strip().split("\n")[:-1]]
    if len(broken) < MIN_BROKEN_LINES or not NARROWEST <= max(broken) <= WIDEST:
        return False
    near = sum(length >= max(broken) - RAGGED for length in broken)
    return near >= RAGGED_SHARE * len(broken)
