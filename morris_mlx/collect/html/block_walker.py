"""A walk through a tree of HTML that collects its paragraphs, headings and separators.

Posts, notes and books share it. They differ in the elements that are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lxml.etree import _Element

from morris_mlx.collect.text import Block

BLOCKS = {
    *("p", "div", "section", "article", "main", "header", "footer", "aside", "address", "center"),
    *("ul", "ol", "li", "dl", "dt", "dd", "details", "summary", "fieldset", "body", "html"),
    *("pre", "h1", "h2", "h3", "h4", "h5", "h6", "hgroup", "menu", "blockquote", "table", "figure"),
    "en-note",  # the body of a note in Evernote
}
# If these are left out, they end the paragraph before them. Others may be a mark within one.
ENDS_PARAGRAPH = {
    *("blockquote", "table", "figure", "form", "nav", "pre", "div", "section", "p"),
}
HEADINGS = {f"h{level}": level for level in range(1, 7)}
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
ATTRIBUTION = re.compile(r"\s*(?:—|–|--|―|-)\s*\S.{0,80}", re.DOTALL)
ICON = re.compile("[\u2139\u2600-\u27bf\U0001f300-\U0001faff]\ufe0f?\\s+")
MAX_ATTRIBUTION_WORDS = 10
MAX_HEADING = 200  # characters; in a longer one, the tag was not closed, and it contains the text


def is_hidden(element: _Element) -> bool:
    """Return True for an element that a browser does not show."""
    return element.get("hidden") is not None or bool(HIDDEN.search(element.get("style") or ""))


@dataclass(slots=True)
class _Paragraph:
    """The paragraph that is being read."""

    pieces: list[str] = field(default_factory=list)
    linked: int = 0  # number of characters of words in links
    is_verbatim: bool = False


@dataclass(slots=True)
class _Table:
    """A table that is being read: its columns, and where the blocks of its cells begin."""

    columns: int
    starts: list[int] = field(default_factory=list)


class BlockWalker:
    """A walk through a tree that collects paragraphs, without recursion because trees may be deep.

    `is_dropped` takes an element and the text before it in its paragraph. With `drops_links`,
    paragraphs that consist only of links are left out, because they lead to other texts.
    `keeps_cell` takes the blocks of a table cell and the number of columns. The paragraphs in an
    element with a class from `verse` become lines of one block.
    """

    def __init__(
        self,
        is_dropped: Callable[[_Element, str], bool],
        *,
        drops_links: bool = False,
        keeps_cell: Callable[[Sequence[Block], int], bool] = lambda _blocks, _columns: True,
        verse: re.Pattern[str] | None = None,
    ) -> None:
        self.blocks: list[Block] = []  # a block without text is an empty line between paragraphs
        self.deepest = 0  # the largest number of elements around an element
        self._is_dropped, self._drops_links = is_dropped, drops_links
        self._keeps_cell, self._verse = keeps_cell, verse
        self._now = _Paragraph()
        self._levels = [0]  # of the blocks around the paragraph
        self._tables: list[_Table] = []
        self._stanza: _Element | None = None
        self._stanza_start = 0
        self._link_depth = 0
        self._is_after_quotation = False
        self._is_box = False  # the next paragraph is the first of a box, which begins with an icon

    def read(self, root: _Element) -> None:
        """Collect the blocks of a tree."""
        depth = 0
        # Elements, each with True if it is being left; its tail is read then.
        stack: list[tuple[_Element, bool]] = [(root, False)]
        while stack:
            element, is_left = stack.pop()
            if is_left:
                depth -= 1
                self._leave(element)
                self._add(element.tail)
            elif not isinstance(element.tag, str) or self._is_dropped(
                element, "".join(self._now.pieces[-3:])
            ):
                self._skip(element)
            else:
                self._enter(element)
                depth += 1
                self.deepest = max(self.deepest, depth)
                stack.append((element, True))
                stack.extend((child, False) for child in reversed(element))
        self._end()

    def _enter(self, element: _Element) -> None:
        tag = element.tag
        if tag in BLOCKS:
            self._enter_block(element)
        elif tag == "hr":
            self._end()
            self.blocks.append(Block("", is_separator=True))
        elif tag == "br":
            self._now.pieces.append("\v")  # distinguishes it from line breaks of the source
        elif tag == "a":
            self._link_depth += 1
        elif tag == "q":
            self._now.pieces.append("“")
        elif tag in ("td", "th") and self._tables:
            self._end()
            self._tables[-1].starts.append(len(self.blocks))
        self._add(element.text)

    def _enter_block(self, element: _Element) -> None:
        tag = str(element.tag)
        self._end()
        self._levels.append(HEADINGS.get(tag, self._levels[-1]))
        self._now.is_verbatim = tag == "pre"
        self._is_box = self._is_box or tag in ("aside", "figure")
        if tag == "table":
            rows = (r for r in element.iter("tr") if next(r.iterancestors("table")) is element)
            columns = max((len(row.findall("td")) for row in rows), default=0)
            self._tables.append(_Table(columns))
        if self._stanza is None and self._is_stanza(element):
            self._stanza, self._stanza_start = element, len(self.blocks)

    def _leave(self, element: _Element) -> None:
        tag = element.tag
        if tag == "a":
            self._link_depth -= 1
        elif tag == "q":
            self._now.pieces.append("”")
        elif tag in ("td", "th") and self._tables:
            self._end()
            start = self._tables[-1].starts.pop()
            if not self._keeps_cell(self.blocks[start:], self._tables[-1].columns):
                del self.blocks[start:]
        elif tag in BLOCKS:
            self._end()
            self._levels.pop()
            if tag == "table":
                self._tables.pop()
            if element is self._stanza:
                self._end_stanza()

    def _is_stanza(self, element: _Element) -> bool:
        """Return True for a poem, or for a stanza if the stanzas of the poem are marked."""
        if self._verse is None or not self._verse.search(element.get("class") or ""):
            return False
        return not any(
            inner.tag in BLOCKS - {"p"} and self._verse.search(inner.get("class") or "")
            for inner in element.iterdescendants()
        )

    def _end_stanza(self) -> None:
        """Join the lines of a stanza, which are the blocks since its beginning."""
        lines = [block.text for block in self.blocks[self._stanza_start :] if block.text]
        del self.blocks[self._stanza_start :]
        if lines:
            self.blocks.append(Block("\n".join(lines), self._levels[-1]))
        self._stanza = None

    def _skip(self, element: _Element) -> None:
        """Leave out an element, and end the paragraph if it is a block."""
        if element.tag in ENDS_PARAGRAPH:
            self._end()
            self._is_after_quotation = element.tag == "blockquote"
        self._add(element.tail)

    def _add(self, text: str | None) -> None:
        if not text:
            return
        self._now.pieces.append(text if self._now.is_verbatim else re.sub(r"[\v\f]", " ", text))
        if self._link_depth:
            self._now.linked += sum(c.isalnum() for c in text)

    def _end(self) -> None:
        """End the paragraph. Two line breaks in a row also separate paragraphs."""
        now, self._now = self._now, _Paragraph()
        text = "".join(now.pieces)
        if not now.is_verbatim:
            text = re.sub(r"[ \t\r\n]+", " ", text)
        text = re.sub(r" ?\v ?", "\n", text)
        level = self._levels[-1] if len(text) <= MAX_HEADING else 0
        if not text.strip():
            if "\u00a0" in text:
                self.blocks.append(Block(""))
            return
        is_links = now.linked and not level and sum(c.isalnum() for c in text) <= now.linked
        if is_links and self._drops_links:
            return
        if self._is_box:
            text, self._is_box = ICON.sub("", text.strip(), count=1), False
        for part in re.split(r"\n\s*\n", text) if self._stanza is None else [text]:
            if part.strip() and not self._is_attribution(part):
                self.blocks.append(Block(part.strip(), level))

    def _is_attribution(self, text: str) -> bool:
        """Return True for the name below a quotation that was left out."""
        was_after, self._is_after_quotation = self._is_after_quotation, False
        return (
            was_after
            and len(text.split()) <= MAX_ATTRIBUTION_WORDS
            and ATTRIBUTION.fullmatch(text) is not None
            and text.rstrip()[-1:] not in ".!?…"
        )
