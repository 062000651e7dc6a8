"""HTML that is all text, as in books and notes → its paragraphs. Pages of a site need more care."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from morris_mlx.collect.readers.documents.paragraphs import Paragraph, is_prose_cell
from morris_mlx.collect.readers.reader import Member
from morris_mlx.collect.text import PARSER_ERRORS, UnreadableError

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_SKIPPED = {
    *("head", "script", "style", "nav", "figure", "figcaption", "img", "svg", "math", "template"),
    *("audio", "video", "object", "iframe", "form", "button", "input", "select", "textarea"),
    *("pre", "aside", "rt", "rp", "en-media", "en-crypt", "title", "del", "s", "strike"),
}
_BLOCKS = {
    *("p", "div", "section", "article", "main", "header", "footer", "body", "html", "li", "ul"),
    *("ol", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "center", "hr"),
    *("en-note", "address", "table", "hgroup", "details", "summary"),
}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
# epub:type and role of parts of a book that are not its text.
_APPARATUS = re.compile(
    r"(?:^|\s)(?:doc-)?(?:foot|end|rear|margin)?notes?(?:ref)?(?:\s|$)|"
    r"(?:^|\s)(?:doc-)?(?:noteref|pagebreak|page-list|toc|landmarks|index|bibliography|backlink)"
    r"(?:\s|$)"
)
# Classes of blocks whose paragraphs are lines of a stanza.
_VERSE = re.compile(r"(?:^|[\s_-])(?:poem|poetry|verse|stanza|line-?group|lg)(?:[\s_-]|$)", re.I)
MAX_QUOTED_SHARE = 0.5  # more text in block quotations is a layout, not quotation


def is_html_in_doc(member: Member, head: bytes) -> bool:
    """Return True for HTML under the name of a Word document, as many sites save texts."""
    begins = head.lstrip(b"\xef\xbb\xbf \r\n\t")[:100].lower()
    return member.suffix == ".doc" and begins.startswith((b"<html", b"<!doctype html"))


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

    `is_skipped` tells further elements that are left out. Raises UnreadableError for a tree that
    is nested too deeply.
    """
    from morris_mlx.collect.html.page_cleanup import FOOTNOTE_MARK

    def is_left_out(element: HtmlElement) -> bool:
        is_mark = element.tag in ("a", "sup") and FOOTNOTE_MARK.fullmatch(_text(element))
        return bool(is_mark and _leads_elsewhere(element)) or is_skipped(element)

    try:
        quoted = sum(len(quote.text_content()) for quote in root.iter("blockquote"))
        keeps_quotations = quoted > MAX_QUOTED_SHARE * len(root.text_content())
        return list(_Blocks(is_left_out, keeps_quotations).read(root))
    except RecursionError as error:
        raise UnreadableError("nested too deeply") from error


class _Blocks:
    """Reader of a tree: text outside blocks collects until a block begins or ends."""

    def __init__(self, is_skipped: Callable[[HtmlElement], bool], keeps_quotations: bool) -> None:
        self._is_skipped = is_skipped
        self._keeps_quotations = keeps_quotations
        self._pieces: list[str] = []

    def read(self, element: HtmlElement, level: int = 0) -> Iterator[Paragraph]:
        """Yield the paragraphs in an element, and of the text after its last block."""
        self._add(element.text)
        for inner in element:
            tag = inner.tag if isinstance(inner.tag, str) else ""
            if tag == "br":
                self._pieces.append("\n")
            elif tag and self._is_kept(inner, tag):
                if tag in _BLOCKS:
                    yield from self._end(level)
                    yield from self._block(inner, tag, level)
                else:
                    yield from self.read(inner, level)
            self._add(inner.tail)
        if element.tag in _BLOCKS:
            yield from self._end(level)

    def _block(self, element: HtmlElement, tag: str, level: int) -> Iterator[Paragraph]:
        if tag == "table":
            yield from self._table(element)
        elif _VERSE.search(element.get("class") or "") and not _has_verse_in_it(element):
            lines = [paragraph.text for paragraph in self.read(element)]
            if lines:
                yield Paragraph("\n".join(lines), level)
        else:
            yield from self.read(element, _HEADINGS.get(tag, level))

    def _table(self, table: HtmlElement) -> Iterator[Paragraph]:
        columns = max((len(row.findall("td")) for row in table.iter("tr")), default=0)
        for row in table.iter("tr"):
            if next(row.iterancestors("table"), None) is not table:
                continue
            for cell in row.iterchildren("td", "th"):
                paragraphs = [*self.read(cell), *self._end(0)]
                if is_prose_cell(paragraphs, columns):
                    yield from paragraphs

    def _is_kept(self, element: HtmlElement, tag: str) -> bool:
        if tag in _SKIPPED or (tag == "blockquote" and not self._keeps_quotations):
            return False
        marks = f"{element.get('epub:type') or ''} {element.get('role') or ''}"
        if _APPARATUS.search(marks) or _is_hidden(element):
            return False
        return not self._is_skipped(element)

    def _add(self, text: str | None) -> None:
        if text:
            self._pieces.append(re.sub(r"[ \t\r\n\f]+", " ", text))

    def _end(self, level: int) -> Iterator[Paragraph]:
        text = re.sub(r" *\n *", "\n", "".join(self._pieces)).strip(" \n")
        self._pieces.clear()
        if text:
            yield Paragraph(text, level)


def _text(element: HtmlElement) -> str:
    return str(element.text_content()).strip()


def _leads_elsewhere(element: HtmlElement) -> bool:
    """Return True for a link into a page, or an element that contains one."""
    links = [element] if element.tag == "a" else element.iter("a")
    return any("#" in (link.get("href") or "") for link in links)


def _has_verse_in_it(element: HtmlElement) -> bool:
    """Return True for a poem whose stanzas are marked, too."""
    return any(
        inner.tag in _BLOCKS - {"p"} and _VERSE.search(inner.get("class") or "")
        for inner in element.iterdescendants()
    )


def _is_hidden(element: HtmlElement) -> bool:
    style = "".join((element.get("style") or "").casefold().split())
    return "hidden" in element.attrib or "display:none" in style
