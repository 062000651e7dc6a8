"""HTML that is all text, as in books and notes → its paragraphs. Pages of a site need more care."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from morris_mlx.collect.readers.documents.paragraphs import Paragraph, is_prose_cell
from morris_mlx.collect.readers.reader import Member
from morris_mlx.collect.text import PARSER_ERRORS, Block, UnreadableError

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_SKIPPED = {
    *("head", "script", "style", "nav", "figure", "figcaption", "img", "svg", "math", "template"),
    *("audio", "video", "object", "iframe", "form", "button", "input", "select", "textarea"),
    *("pre", "aside", "rt", "rp", "en-media", "en-crypt", "title", "del", "s", "strike"),
    "caption",
}
# epub:type and role of parts of a book that are not its text.
_APPARATUS = re.compile(
    r"(?:^|\s)(?:doc-)?(?:foot|end|rear|margin)?notes?(?:ref)?(?:\s|$)|"
    r"(?:^|\s)(?:doc-)?(?:noteref|pagebreak|page-list|toc|landmarks|index|bibliography|backlink)"
    r"(?:\s|$)"
)
# Classes of blocks whose paragraphs are lines of a stanza.
_VERSE = re.compile(r"(?:^|[\s_-])(?:poem|poetry|verse|stanza|line-?group|lg)(?:[\s_-]|$)", re.I)
MAX_QUOTED_SHARE = 0.5  # more text in block quotations is a layout, not quotation


def is_html_by_content(member: Member, head: bytes) -> bool:
    """Return True for HTML in a file with the name of a Word document or a plain text.

    Many sites export texts in this way, and browsers save pages under any name.
    """
    begins = head.lstrip(b"\xef\xbb\xbf \r\n\t")[:100].lower()
    return member.suffix in (".doc", ".txt", ".text") and begins.startswith(
        (b"<html", b"<!doctype html")
    )


def parse_html(text: str) -> HtmlElement:
    """Return the tree of a page. Raises UnreadableError for an empty or damaged one."""
    import lxml.html
    from lxml.etree import ParserError

    # lxml refuses a text with an XML declaration that names an encoding.
    text = re.sub(r"\A\s*<\?xml[^>]*>", "", text).replace("\x00", "")
    try:
        return lxml.html.document_fromstring(text, parser=lxml.html.HTMLParser(huge_tree=False))
    except (ParserError, *PARSER_ERRORS) as error:
        raise UnreadableError("no text in it") from error


def html_paragraphs(
    root: HtmlElement, is_skipped: Callable[[HtmlElement], bool] = lambda _element: False
) -> list[Paragraph]:
    """Return the paragraphs of a tree, without block quotations and notes.

    `is_skipped` returns True for further elements that are left out.
    """
    from morris_mlx.collect.html.block_walker import BlockWalker

    quoted = sum(len(quote.text_content()) for quote in root.iter("blockquote"))
    keeps_quotations = quoted > MAX_QUOTED_SHARE * len(root.text_content())

    def is_dropped(element: HtmlElement, _before: str) -> bool:
        is_quotation = element.tag == "blockquote" and not keeps_quotations
        return is_quotation or _is_left_out(element) or is_skipped(element)

    walker = BlockWalker(is_dropped, keeps_cell=_is_prose, verse=_VERSE)
    walker.read(root)
    return [Paragraph(block.text, block.level) for block in walker.blocks if not block.is_separator]


def _is_left_out(element: HtmlElement) -> bool:
    """Return True for an element that is not part of the text of a book or note."""
    from morris_mlx.collect.html.block_walker import is_hidden
    from morris_mlx.collect.html.page_cleanup import FOOTNOTE_MARK

    if element.tag in _SKIPPED or is_hidden(element):
        return True
    if _APPARATUS.search(f"{element.get('epub:type') or ''} {element.get('role') or ''}"):
        return True
    is_mark = element.tag in ("a", "sup") and FOOTNOTE_MARK.fullmatch(_text(element))
    return bool(is_mark and _leads_elsewhere(element))


def _is_prose(cell: Sequence[Block], columns: int) -> bool:
    return is_prose_cell([Paragraph(block.text) for block in cell], columns)


def _text(element: HtmlElement) -> str:
    return str(element.text_content()).strip()


def _leads_elsewhere(element: HtmlElement) -> bool:
    """Return True for a link into a page, or an element that contains one."""
    links = [element] if element.tag == "a" else element.iter("a")
    return any("#" in (link.get("href") or "") for link in links)
