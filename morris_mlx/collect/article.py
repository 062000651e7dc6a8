"""One HTML page → its article: the writer's own words, title, byline, date and licence.

trafilatura finds the main text and keeps its structure. Other people's words, which pages set as
block quotations, are dropped; a quotation within a sentence stays, between quotation marks.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import trafilatura
from lxml.etree import _Element
from lxml.html import HtmlElement
from trafilatura.settings import Document as Extracted

from morris_mlx.collect.charset import decode_html
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


def extract_article(raw: bytes, charset: str = "", latest: str = "") -> Article:
    """The article of a page. Raises UnreadableError with the reason when there is none.

    `charset` is what a server said; no date after `latest` (ISO, default today) is believed.
    """
    try:
        licence, found = _extracted(decode_html(raw, charset), latest)
    except DAMAGE as error:
        raise UnreadableError(f"its markup is damaged ({type(error).__name__})") from error
    if found is None or found.body is None:
        raise UnreadableError("no article text in this page")
    paragraphs = [p for p in map(tidy, _paragraphs(found.body)) if p]
    title = found.title or ""
    if title and paragraphs and paragraphs[0] == tidy(title):
        del paragraphs[0]
    text = "\n\n".join(paragraphs)
    if not text:
        quoted = any(True for _ in found.body.iter("quote"))
        raise UnreadableError(
            "all of it is set as a quotation" if quoted else "no article text in this page"
        )
    return Article(
        title=title,
        author=(found.author or "")[:LONGEST_BYLINE],
        date=iso_date(found.date),
        text=text,
        licence=licence or (found.license or ""),
        linked=_linked(found.body) / len(text),
    )


def _extracted(text: str, latest: str) -> tuple[str, Extracted | None]:
    """The page's licence and what trafilatura makes of it; None when it is no HTML."""
    tree = trafilatura.load_html(text)
    if tree is None:
        return "", None
    licence = _licence(tree)
    _keep_verse(tree)
    found = trafilatura.bare_extraction(
        tree,
        output_format="xml",
        include_comments=False,
        include_tables=False,
        include_formatting=True,
        include_links=True,
        favor_recall=True,
        with_metadata=True,
        date_extraction_params={
            "original_date": True,
            "extensive_search": True,
            "max_date": latest or datetime.now(UTC).date().isoformat(),
        },
    )
    return licence, found


def _keep_verse(tree: HtmlElement) -> None:
    """A <pre> without code in it is verse or a letter: paragraphs with line breaks.

    trafilatura would take it for a quotation.
    """
    for element in list(tree.iter("pre")):
        marked = f"{element.get('class') or ''} {element.get('data-language') or ''}".lower()
        parent = element.getparent()
        code = any(word in marked for word in ("code", "highlight", "lang", "src", "sh_"))
        if parent is None or code or len(element):
            continue
        lines = (element.text or "").strip("\n").split("\n")
        element.tag, element.text = "p", lines[0]
        for line in lines[1:]:
            tag = element.makeelement("br")
            tag.tail = line
            element.append(tag)


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
