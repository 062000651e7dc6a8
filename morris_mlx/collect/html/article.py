"""Article extraction: the author's own text, title, byline, date and license of an HTML page.

trafilatura finds the main text and keeps its structure. Block quotations, which are other people's
words, are removed; a quotation within a sentence stays, in quotation marks.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import trafilatura
from lxml.etree import _Element
from lxml.html import HtmlElement
from trafilatura.settings import Document as Extracted

from morris_mlx.collect.html.article_cleanup import (
    ends_with_paywall,
    is_byline,
    is_counter,
    is_credit,
    parse_byline,
    remove_applause,
    remove_see_also,
)
from morris_mlx.collect.html.byline import remove_label
from morris_mlx.collect.html.charset import decode_html
from morris_mlx.collect.html.dateline import find_date, parse_date_line
from morris_mlx.collect.html.page_cleanup import clean_page, find_author_names
from morris_mlx.collect.text import PARSER_ERRORS, UnreadableError, iso_date, normalize_text

INLINE = {"hi", "ref", "code"}
IGNORED = {"graphic", "table", "del"}  # words that are crossed out are not the text
BLOCKS = {"p", "head", "item", "list", "quote", "table"}
QUOTATION_MARKS = set("\"'“”‘’«»„‹›")  # that the author may already have put around a quotation
LICENSE_NAMES = ("rights", "copyright", "dc.rights", "dcterms.rights", "dcterms.license", "license")
MAX_LINK_SHARE = 0.5  # share of the text within links; above it, a page is a list of other pages
MAX_BYLINE_LENGTH, MAX_LICENSE_LENGTH = 200, 300  # characters: longer ones are defects of a page

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # its warnings do not help a user
logging.getLogger("htmldate").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Article:
    """An extracted article. `link_share` is the share of its characters that are in links."""

    title: str
    author: str
    date: str
    text: str
    license: str
    link_share: float


def extract_article(raw: bytes, charset: str = "", latest: str = "", url: str = "") -> Article:
    """Return the article of a page.

    Args:
        raw: the page.
        charset: the character set that the server declared.
        latest: an ISO date; later dates in the page are ignored. Default: today.
        url: the page's address, which may contain the date.

    Raises:
        UnreadableError: with the reason, when the page has no article.
    """
    try:
        metadata, found = _extract(decode_html(raw, charset), latest, url)
    except PARSER_ERRORS as error:
        raise UnreadableError("its markup is damaged") from error
    if found is None or found.body is None:
        raise UnreadableError("no article text in this page")
    author = _choose_author(found.author or "", metadata.authors)
    remove_see_also(found.body)
    paragraphs = [
        p for p in map(normalize_text, _iter_paragraphs(found.body)) if p and not is_credit(p)
    ]
    headings = {normalize_text(found.title or ""), *metadata.headings}
    author, day = _take_byline(paragraphs, headings, author)
    remove_applause(paragraphs)
    if ends_with_paywall(paragraphs):
        raise UnreadableError("only its beginning: the rest is for subscribers")
    text = "\n\n".join(paragraphs)
    if not text:
        has_quote = any(True for _ in found.body.iter("quote"))
        raise UnreadableError(
            "all of it is formatted as a quotation" if has_quote else "no article text in this page"
        )
    return Article(
        title=found.title or "",
        author=author[:MAX_BYLINE_LENGTH],
        date=iso_date(found.date) or day or metadata.date,
        text=text,
        license=metadata.license or (found.license or ""),
        link_share=_count_linked(found.body) / len(text),
    )


def _take_byline(paragraphs: list[str], headings: set[str], author: str) -> tuple[str, str]:
    """Remove title and byline from the start of the paragraphs. Returns author and ISO date."""
    day = ""
    has_counters = False
    while paragraphs:
        first = paragraphs[0]
        name, date = parse_byline(first)
        if is_counter(first, has_counters):
            has_counters = True
        elif not (name or first in headings or is_byline(first, author)):
            break
        author, day = author or name, day or date or parse_date_line(first)
        del paragraphs[0]
    return author, day


@dataclass(frozen=True, slots=True)
class _Metadata:
    """Facts in places of a page that trafilatura does not read."""

    license: str = ""
    date: str = ""
    authors: tuple[str, ...] = ()
    headings: frozenset[str] = frozenset()


def _extract(text: str, latest: str, url: str) -> tuple[_Metadata, Extracted | None]:
    """Return our metadata and trafilatura's result, which is None for text that is not HTML."""
    tree = trafilatura.load_html(text)
    if tree is None:
        return _Metadata(), None
    latest = latest or datetime.now(UTC).date().isoformat()
    clean_page(tree)
    metadata = _Metadata(
        license=_find_license(tree),
        date=find_date(tree, latest),
        authors=tuple(find_author_names(tree)),
        headings=frozenset(normalize_text(heading.text_content()) for heading in tree.iter("h1")),
    )
    found = trafilatura.bare_extraction(
        tree,
        url=url or None,
        output_format="xml",
        include_comments=False,
        include_tables=False,
        include_formatting=True,
        include_links=True,
        favor_recall=True,
        with_metadata=True,
        date_extraction_params={
            "original_date": True,
            "extensive_search": False,  # it takes a footer's © 2019 for the date of the text
            "max_date": latest,
        },
    )
    return metadata, found


def _choose_author(found: str, marked: Sequence[str]) -> str:
    """Return trafilatura's byline, or all authors that the page marks up if it is among them."""
    found = "; ".join(remove_label(name) for name in found.split("; "))
    known = {name.casefold() for name in marked}
    return "; ".join(marked) if {n.casefold() for n in found.split("; ")} <= known else found


def _iter_paragraphs(root: _Element) -> Iterator[str]:
    """Yield the paragraphs of the text, without block quotations and blocks of code."""
    pieces: list[str] = [root.text or ""]
    for child in root:
        if child.tag == "lb":
            pieces.append("\n")
        elif child.tag == "quote" and not _is_block(child):
            pieces.append(_add_quotation_marks("".join(_inline(child)), pieces, child.tail or ""))
        elif child.tag in INLINE and not _is_block(child):
            pieces.extend(_inline(child))
        elif child.tag not in IGNORED:
            yield "".join(pieces)
            pieces = []
            if child.tag not in ("quote", "code"):
                yield from _iter_paragraphs(child)
        pieces.append(child.tail or "")
    yield "".join(pieces)


def _is_block(element: _Element) -> bool:
    parent = element.getparent()
    is_top = parent is not None and parent.tag in ("body", "quote")
    if element.tag in ("quote", "code") and is_top and not (element.tail or "").strip():
        return True
    return any(inner.tag in BLOCKS for inner in element.iterdescendants())


def _inline(element: _Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if child.tag == "lb":
            yield "\n"
        elif child.tag not in IGNORED:
            yield from _inline(child)
        yield child.tail or ""


def _add_quotation_marks(quotation: str, before: list[str], after: str) -> str:
    """Put quotation marks around a quotation, unless the author has done so."""
    text = quotation.strip()
    near = ("".join(before).rstrip()[-1:], text[:1], after.lstrip()[:1])
    return quotation if not text or QUOTATION_MARKS.intersection(near) else f"“{text}”"


def _count_linked(body: _Element) -> int:
    """Return the number of characters in links, outside block quotations."""
    return sum(
        len("".join(_inline(link)))
        for link in body.iter("ref")
        if not any(outer.tag == "quote" for outer in link.iterancestors())
    )


def _find_license(tree: HtmlElement) -> str:
    """Return what a page states about its license or rights: an address or a sentence."""
    for element in tree.iter("link", "a"):
        if "license" in (element.get("rel") or "").lower().split() and element.get("href"):
            return str(element.get("href")).strip()[:MAX_LICENSE_LENGTH]
    for element in tree.iter("meta"):
        name = (element.get("name") or element.get("property") or "").lower()
        if name in LICENSE_NAMES and element.get("content"):
            return " ".join(str(element.get("content")).split())[:MAX_LICENSE_LENGTH]
    return ""
