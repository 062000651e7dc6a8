"""Prose from HTML without a page around it: the body of a post, markup within Markdown.

There is no navigation to remove, so everything is text except for a few kinds of elements. Block
quotations, tables, code, captions and deleted words are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from lxml.etree import LxmlError, ParserError, _Element
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from morris_mlx.collect.text import CONTROL, Block

DROPPED = {
    *("script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "math"),
    *("canvas", "video", "audio", "picture", "map", "form", "button", "select", "textarea"),
    *(
        "nav",
        "table",
        "figcaption",
        "figure",
        "blockquote",
        "del",
        "s",
        "strike",
        "head",
        "rt",
        "rp",
    ),
}
BLOCKS = {
    *("p", "div", "section", "article", "main", "header", "footer", "aside", "address", "center"),
    *("ul", "ol", "li", "dl", "dt", "dd", "details", "summary", "fieldset", "body", "html"),
    *("pre", "h1", "h2", "h3", "h4", "h5", "h6", "hgroup", "menu"),
}
DROPPED_BLOCKS = {"blockquote", "table", "figure", "form", "nav"}
HEADINGS = {f"h{level}": level for level in range(1, 7)}
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
# Boxes that are the writer's own words, though they are set as a figure.
CALLOUT = re.compile(r"(?:^|\s)callout(?:\s|$)", re.IGNORECASE)
CODE_CLASS = re.compile(r"code|highlight|lang|src|sh_|brush", re.IGNORECASE)
NOTE_MARK = re.compile(
    r"\s*(?:[\[(]?(?:\d{1,3}|[*†‡§↩↑^\ufe0e]{1,3})[\])]?|[\[(][a-z]{1,2}[\])])\s*", re.IGNORECASE
)
AFTER_WORD = re.compile(r"(?:[^\W\d_]{3}|[^\W\d_][.,;:!?…\"”’»)]+)$")
ATTRIBUTION = re.compile(r"\s*(?:—|–|--|―|-)\s*\S.{0,80}", re.DOTALL)
MAX_DEPTH = 2000  # elements; the parser drops those below 2,048
CONTAINER = re.compile(r"</?(?:div|section|span|font|article|ul|ol|li|b|i)\b[^<>]*>", re.IGNORECASE)
ICON = re.compile("[\u2139\u2600-\u27bf\U0001f300-\U0001faff]\ufe0f?\\s+")
MAX_ATTRIBUTION_WORDS = 10
_PARSER_OPTIONS = {
    "encoding": "utf-8",
    "huge_tree": True,
    "remove_comments": True,
    "remove_pis": True,
}


@dataclass(slots=True)
class _Paragraph:
    """The paragraph that is being read."""

    pieces: list[str] = field(default_factory=list)
    linked: int = 0  # characters of words in links
    level: int = 0
    is_verbatim: bool = False


def read_prose(
    html: str, prepare: Callable[[HtmlElement], None] = lambda _tree: None
) -> list[Block]:
    """Return the paragraphs, headings and separators of a piece of HTML, in order.

    `prepare` may change the tree before it is read.
    """
    html = CONTROL.sub("", html)  # the parser would end at a NUL
    # The parser leaves out what is too deep for it. Then only the paragraphs are read.
    for markup in (html, CONTAINER.sub("<p>", html)):
        reader = _Reader()
        try:
            raw = f"<div>{markup}</div>".encode("utf-8", "replace")
            tree = document_fromstring(raw, parser=HTMLParser(**_PARSER_OPTIONS))
            prepare(tree)
            reader.read(tree)
        except (ParserError, LxmlError):
            continue
        if reader.deepest < MAX_DEPTH:
            break
    return reader.blocks


class _Reader:
    """A walk through a tree that collects paragraphs. It does not recurse: trees may be deep."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.now = _Paragraph()
        self.link_depth = 0
        self.is_after_quotation = False
        self.deepest = 0  # elements around an element
        self.is_box = False  # the next paragraph is the first of a box, which begins with an icon

    def read(self, root: HtmlElement) -> None:
        """Collect the blocks of a tree."""
        depth = 0
        # An element and whether it is left; its tail is read after it.
        stack: list[tuple[_Element, bool]] = [(root, False)]
        while stack:
            element, is_left = stack.pop()
            if is_left:
                depth -= 1
                self._leave(element)
                self._add(element.tail)
            elif not isinstance(element.tag, str) or self._is_dropped(element):
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
        if tag in BLOCKS or tag == "figure":
            self._end()
            self.now.level = HEADINGS.get(tag, self.now.level)
            self.now.is_verbatim = tag == "pre"
            self.is_box = self.is_box or tag in ("aside", "figure")
        elif tag == "hr":
            self._end()
            self.blocks.append(Block("", is_separator=True))
        elif tag == "br":
            self.now.pieces.append("\v")  # apart from the line breaks of the source
        elif tag == "a":
            self.link_depth += 1
        elif tag == "q":
            self.now.pieces.append("“")
        self._add(element.text)

    def _leave(self, element: _Element) -> None:
        tag = element.tag
        if tag == "a":
            self.link_depth -= 1
        elif tag == "q":
            self.now.pieces.append("”")
        elif tag in BLOCKS or tag == "figure":
            self._end()

    def _skip(self, element: _Element) -> None:
        """Leave out an element, with a paragraph's end where it is a block."""
        if element.tag in (
            "blockquote",
            "table",
            "figure",
            "form",
            "nav",
            "pre",
            "div",
            "section",
            "p",
        ):
            self._end()
            self.is_after_quotation = element.tag == "blockquote"
        self._add(element.tail)

    def _add(self, text: str | None) -> None:
        if not text:
            return
        self.now.pieces.append(text if self.now.is_verbatim else re.sub(r"[\v\f]", " ", text))
        if self.link_depth:
            self.now.linked += sum(c.isalnum() for c in text)

    def _end(self) -> None:
        """End the paragraph. Two line breaks in it are the end of a paragraph, too."""
        now, self.now = self.now, _Paragraph()
        text = "".join(now.pieces)
        if not now.is_verbatim:
            text = re.sub(r"[ \t\r\n]+", " ", text)
        text = re.sub(r" ?\v ?", "\n", text)
        is_links = now.linked and not now.level and sum(c.isalnum() for c in text) <= now.linked
        if not text.strip() or is_links:
            return  # nothing, or links alone, which lead to other texts
        if self.is_box:
            text, self.is_box = ICON.sub("", text.strip(), count=1), False
        for part in re.split(r"\n\s*\n", text):
            if part.strip() and not self._is_attribution(part):
                self.blocks.append(Block(part.strip(), now.level))

    def _is_attribution(self, text: str) -> bool:
        """Return True for the name below a quotation that was left out."""
        was_after, self.is_after_quotation = self.is_after_quotation, False
        return (
            was_after
            and len(text.split()) <= MAX_ATTRIBUTION_WORDS
            and ATTRIBUTION.fullmatch(text) is not None
            and text.rstrip()[-1:] not in ".!?…"
        )

    def _is_dropped(self, element: _Element) -> bool:
        """Return True for an element that is not text of the writer's."""
        tag, names = element.tag, element.get("class") or ""
        if tag in ("figure", "aside", "blockquote") and CALLOUT.search(names):
            return False
        if tag in DROPPED or element.get("hidden") is not None:
            return True
        if HIDDEN.search(element.get("style") or ""):
            return True
        if tag == "pre":
            return bool(CODE_CLASS.search(names)) or any(c.tag == "code" for c in element)
        return tag in ("a", "sup") and _is_note_mark(element, "".join(self.now.pieces[-3:]))


def _is_note_mark(element: _Element, before: str) -> bool:
    """Return True for a raised number that leads to a note or a comment.

    `before` is the text before it: a number right after a word is a mark wherever it leads, but
    not one after a unit or a variable, which is an exponent.
    """
    text = "".join(map(str, element.itertext()))
    if not NOTE_MARK.fullmatch(text):
        return False
    links = [element] if element.tag == "a" else list(element.iter("a"))
    if text.strip("[]() ").isdigit() and AFTER_WORD.search(before[-20:]):
        return True
    return any((link.get("href") or "").startswith("#") for link in links)
