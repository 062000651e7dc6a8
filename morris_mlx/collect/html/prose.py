"""Prose from HTML without a page around it: the body of a post, markup within Markdown.

There is no navigation to remove, so everything is text except for a few kinds of elements. Block
quotations, tables, code, captions and deleted words are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lxml.etree import LxmlError, ParserError, _Element
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from morris_mlx.collect.html.block_walker import BlockWalker, is_hidden
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
# Boxes that are the writer's own words, though they are set as a figure.
CALLOUT = re.compile(r"(?:^|\s)callout(?:\s|$)", re.IGNORECASE)
CODE_CLASS = re.compile(r"code|highlight|lang|src|sh_|brush", re.IGNORECASE)
NOTE_MARK = re.compile(
    r"\s*(?:[\[(]?(?:\d{1,3}|[*†‡§↩↑^\ufe0e]{1,3})[\])]?|[\[(][a-z]{1,2}[\])])\s*", re.IGNORECASE
)
AFTER_WORD = re.compile(r"(?:[^\W\d_]{3}|[^\W\d_][.,;:!?…\"”’»)]+)$")
MAX_DEPTH = 2000  # elements; the parser drops those below 2,048
CONTAINER = re.compile(r"</?(?:div|section|span|font|article|ul|ol|li|b|i)\b[^<>]*>", re.IGNORECASE)
_PARSER_OPTIONS = {
    "encoding": "utf-8",
    "huge_tree": True,
    "remove_comments": True,
    "remove_pis": True,
}


def read_prose(
    html: str, prepare: Callable[[HtmlElement], None] = lambda _tree: None
) -> list[Block]:
    """Return the paragraphs, headings and separators of a piece of HTML, in order.

    `prepare` may change the tree before it is read.
    """
    html = CONTROL.sub("", html)  # the parser would end at a NUL
    # The parser leaves out what is too deep for it. Then only the paragraphs are read.
    for markup in (html, CONTAINER.sub("<p>", html)):
        walker = BlockWalker(_is_dropped, drops_links=True)
        try:
            raw = f"<div>{markup}</div>".encode("utf-8", "replace")
            tree = document_fromstring(raw, parser=HTMLParser(**_PARSER_OPTIONS))
            prepare(tree)
            walker.read(tree)
        except (ParserError, LxmlError):
            continue
        if walker.deepest < MAX_DEPTH:
            break
    return [block for block in walker.blocks if block.text or block.is_separator]


def _is_dropped(element: _Element, before: str) -> bool:
    """Return True for an element that is not the writer's own text."""
    tag, names = element.tag, element.get("class") or ""
    if tag in ("figure", "aside", "blockquote") and CALLOUT.search(names):
        return False
    if tag in DROPPED or is_hidden(element):
        return True
    if tag == "pre":
        return bool(CODE_CLASS.search(names)) or any(c.tag == "code" for c in element)
    return tag in ("a", "sup") and _is_note_mark(element, before)


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
