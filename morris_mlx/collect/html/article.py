"""One HTML page → its article: the writer's own words, title, byline, date and licence.

trafilatura finds the main text and keeps its structure. Other people's words, which pages set as
block quotations, are dropped; a quotation within a sentence stays, between quotation marks.
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
    drop_pointers,
    is_credit,
    is_label,
    is_walled,
    who_and_when,
)
from morris_mlx.collect.html.byline import without_label
from morris_mlx.collect.html.charset import decode_html
from morris_mlx.collect.html.dateline import first_day
from morris_mlx.collect.html.page_cleanup import make_ready, names_of_writers
from morris_mlx.collect.text import DAMAGE, UnreadableError, iso_date, tidy

INLINE = {"hi", "ref", "del", "code"}
IGNORED = {"graphic", "table"}
PARTS = {"p", "head", "item", "list", "quote", "table"}
QUOTING = set("\"'“”‘’«»„‹›")  # what a writer may have set round a quotation already
LICENCE_NAMES = ("rights", "copyright", "dc.rights", "dcterms.rights", "dcterms.license", "license")
MOST_LINKED = 0.5  # share of the text within links: beyond, a page is a list of other pages
LONGEST_BYLINE, LONGEST_LICENCE = 200, 300  # characters: more is the page's fault

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # its warnings are of no use to a user
logging.getLogger("htmldate").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Article:
    """`linked` is the share of the text's characters that stand in links; `licence` as found."""

    title: str
    author: str
    date: str
    text: str
    licence: str
    linked: float


def extract_article(raw: bytes, charset: str = "", latest: str = "", url: str = "") -> Article:
    """The article of a page. Raises UnreadableError with the reason when there is none.

    `charset` is what a server said; no date after `latest` (ISO, default today) is believed; some
    addresses hold the date.
    """
    try:
        page, found = _extracted(decode_html(raw, charset), latest, url)
    except DAMAGE as error:
        raise UnreadableError(f"its markup is damaged ({type(error).__name__})") from error
    if found is None or found.body is None:
        raise UnreadableError("no article text in this page")
    author = _author(found.author or "", page.writers)
    drop_pointers(found.body)
    paragraphs = [p for p in map(tidy, _paragraphs(found.body)) if p and not is_credit(p)]
    headings, day = {tidy(found.title or ""), *page.headings}, ""
    while paragraphs:
        name, when = who_and_when(paragraphs[0])
        if not (name or paragraphs[0] in headings or is_label(paragraphs[0], author)):
            break
        author, day = author or name, day or when
        del paragraphs[0]
    if is_walled(paragraphs):
        raise UnreadableError("only its beginning: the rest is for subscribers")
    text = "\n\n".join(paragraphs)
    if not text:
        quoted = any(True for _ in found.body.iter("quote"))
        raise UnreadableError(
            "all of it is set as a quotation" if quoted else "no article text in this page"
        )
    return Article(
        title=found.title or "",
        author=author[:LONGEST_BYLINE],
        date=iso_date(found.date) or day or page.day,
        text=text,
        licence=page.licence or (found.license or ""),
        linked=_linked(found.body) / len(text),
    )


@dataclass(frozen=True, slots=True)
class _Said:
    """What a page says in places that trafilatura does not look at."""

    licence: str = ""
    day: str = ""
    writers: tuple[str, ...] = ()
    headings: frozenset[str] = frozenset()


def _extracted(text: str, latest: str, url: str) -> tuple[_Said, Extracted | None]:
    """What the page says, and what trafilatura makes of it; None when it is no HTML."""
    tree = trafilatura.load_html(text)
    if tree is None:
        return _Said(), None
    latest = latest or datetime.now(UTC).date().isoformat()
    make_ready(tree)
    said = _Said(
        licence=_licence(tree),
        day=first_day(tree, latest),
        writers=tuple(names_of_writers(tree)),
        headings=frozenset(tidy(heading.text_content()) for heading in tree.iter("h1")),
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
            "extensive_search": False,  # it takes a footer's © 2019 for the text's date
            "max_date": latest,
        },
    )
    return said, found


def _author(found: str, marked: Sequence[str]) -> str:
    """The byline that was found, with all writers where each of them is marked."""
    found = "; ".join(without_label(name) for name in found.split("; "))
    known = {name.casefold() for name in marked}
    return "; ".join(marked) if {n.casefold() for n in found.split("; ")} <= known else found


def _paragraphs(root: _Element) -> Iterator[str]:
    """The running text, paragraph by paragraph, without block quotations and blocks of code."""
    pieces: list[str] = [root.text or ""]
    for child in root:
        if child.tag == "lb":
            pieces.append("\n")
        elif child.tag == "quote" and not _is_block(child):
            pieces.append(_marked("".join(_inline(child)), pieces, child.tail or ""))
        elif child.tag in INLINE and not _is_block(child):
            pieces.extend(_inline(child))
        elif child.tag not in IGNORED:
            yield "".join(pieces)
            pieces = []
            if child.tag not in ("quote", "code"):
                yield from _paragraphs(child)
        pieces.append(child.tail or "")
    yield "".join(pieces)


def _is_block(element: _Element) -> bool:
    parent = element.getparent()
    top = parent is not None and parent.tag in ("body", "quote")
    if element.tag in ("quote", "code") and top and not (element.tail or "").strip():
        return True
    return any(inner.tag in PARTS for inner in element.iterdescendants())


def _inline(element: _Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if child.tag == "lb":
            yield "\n"
        elif child.tag not in IGNORED:
            yield from _inline(child)
        yield child.tail or ""


def _marked(quotation: str, before: list[str], after: str) -> str:
    """A quotation between marks, unless the writer has set some."""
    text = quotation.strip()
    near = ("".join(before).rstrip()[-1:], text[:1], after.lstrip()[:1])
    return quotation if not text or QUOTING.intersection(near) else f"“{text}”"


def _linked(body: _Element) -> int:
    """Characters in links, of those paragraphs that are kept."""
    return sum(
        len("".join(_inline(link)))
        for link in body.iter("ref")
        if not any(outer.tag == "quote" for outer in link.iterancestors())
    )


def _licence(tree: HtmlElement) -> str:
    """What the page says of its licence or rights: an address or a sentence."""
    for element in tree.iter("link", "a"):
        if "license" in (element.get("rel") or "").lower().split() and element.get("href"):
            return str(element.get("href")).strip()[:LONGEST_LICENCE]
    for element in tree.iter("meta"):
        name = (element.get("name") or element.get("property") or "").lower()
        if name in LICENCE_NAMES and element.get("content"):
            return " ".join(str(element.get("content")).split())[:LONGEST_LICENCE]
    return ""
