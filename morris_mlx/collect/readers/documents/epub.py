"""EPUB books: their chapters as texts, with title, author, date and license of the book.

Cover, contents, title page, imprint, notes and index are left out.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from morris_mlx.collect.readers.documents.html_blocks import html_paragraphs, parse_html
from morris_mlx.collect.readers.documents.paragraphs import (
    Paragraph,
    Properties,
    build_parsed,
    usable_author,
    usable_title,
)
from morris_mlx.collect.readers.documents.zip_parts import ZipDocument, ZipParts, open_parts
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece
from morris_mlx.collect.safe_xml import attribute, local_name, parse_xml, text_of
from morris_mlx.collect.text import UnreadableError, iso_date

if TYPE_CHECKING:
    from lxml.etree import _Element
    from lxml.html import HtmlElement

# Parts of a book that are not its text, by epub:type, by the guide's type, or by file name.
_APPARATUS = (
    *("cover", "titlepage", "halftitlepage", "toc", "landmarks", "loi", "lot", "copyright-page"),
    *("colophon", "imprint", "index", "notes", "footnotes", "endnotes", "rearnotes", "nav"),
    *("bibliography", "glossary", "other-credits", "contributors", "seriespage", "ncx"),
    *("title-page", "copyright", "contents", "tableofcontents", "halftitle", "advertisement"),
)
_APPARATUS_NAME = re.compile(
    r"(?:cover(?:page)?|title[-_ ]?page|half[-_ ]?title|toc|nav|(?:table[-_ ]?of[-_ ]?)?contents|"
    r"copyright(?:[-_ ]?page)?|imprint|colophon|index|(?:foot|end)?notes?)[-_ ]?\d*",
    re.IGNORECASE,
)
# Blocks that Project Gutenberg puts into its books.
_BOILERPLATE = re.compile(r"(?:^|\s)pg-boilerplate(?:\s|$)")
APPARATUS_REASON = "a page that is not the book's text"
_PAGE_TYPES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")
_OBFUSCATIONS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_NOT_AUTHORS = {"trl", "ill", "edt", "nrt", "cov", "pbl", "bkp", "ctb", "aui", "cre"}
_PAGE_SUFFIXES = (".xhtml", ".html", ".htm")


@dataclass(slots=True)
class _Book:
    """A book by its package file. `pages` are the names of its pages in reading order."""

    title: str = ""
    author: str = ""
    date: str = ""
    license: str = ""
    pages: dict[str, None] = field(default_factory=dict)  # a set in order
    apparatus: set[str] = field(default_factory=set)
    guessed: set[str] = field(default_factory=set)  # what an older book's guide calls apparatus
    labels: dict[str, str] = field(default_factory=dict)  # page → title in the contents


@dataclass(slots=True)
class _Chapter:
    name: str
    title: str
    paragraphs: list[Paragraph]


def read_epub(member: Member) -> Iterator[TextPiece | LeftOut]:
    """Yield the chapters of a book, and its pages that are left out. Raises UnreadableError."""
    with open_parts(member, ZipDocument.EPUB) as parts:
        _refuse_locked(parts)
        book = _read_package(parts)
        chapters, left_out = _read_pages(parts, book)
        if not chapters and book.guessed:  # a guide may call the only page of a book its contents
            book.guessed.clear()
            chapters, left_out = _read_pages(parts, book)
    texts = [piece for chapter in chapters if (piece := _piece(chapter, book))]
    if not texts:
        raise UnreadableError("no text in this book")
    yield from texts
    yield from left_out


def _read_pages(parts: ZipParts, book: _Book) -> tuple[list[_Chapter], list[LeftOut]]:
    chapters: list[_Chapter] = []
    left_out: list[LeftOut] = []
    for name in book.pages:
        if name in book.apparatus | book.guessed or _APPARATUS_NAME.fullmatch(_stem(name)):
            left_out.append(LeftOut(APPARATUS_REASON, name))
        elif reason := _add_page(chapters, name, parts, book):
            left_out.append(LeftOut(reason, name))
    return chapters, left_out


def _refuse_locked(parts: ZipParts) -> None:
    """Raise UnreadableError for a book that is encrypted. Fonts may be."""
    raw = parts.read_if_there("META-INF/encryption.xml")
    if not raw:
        return
    for method in parse_xml(raw).iter("{*}EncryptionMethod"):
        if attribute(method, "Algorithm") not in _OBFUSCATIONS:
            raise UnreadableError("it is protected against copying (DRM)")


def _read_package(parts: ZipParts) -> _Book:
    path = _package_path(parts)
    if not path:  # a zip of pages without a package: by their names
        return _Book(pages=dict.fromkeys(sorted(_page_names(parts))))
    package = parse_xml(parts.read(path))
    book = _Book()
    _read_metadata(package, book)
    folder = posixpath.dirname(path)
    items: dict[str, tuple[str, str]] = {}  # id → (name of the page, properties)
    for item in package.iter("{*}item"):
        name = parts.find(posixpath.join(folder, unquote(attribute(item, "href"))))
        if not name:
            continue
        if attribute(item, "media-type") in _PAGE_TYPES or name.endswith(_PAGE_SUFFIXES):
            items[attribute(item, "id")] = (name, attribute(item, "properties"))
        elif attribute(item, "media-type") == "application/x-dtbncx+xml":
            _read_labels(parts, name, book)
    for reference in package.iter("{*}itemref"):
        name, properties = items.get(attribute(reference, "idref"), ("", ""))
        if not name or name in book.pages:
            continue
        book.pages[name] = None
        if "nav" in properties.split() or attribute(reference, "linear") == "no":
            book.apparatus.add(name)
    for name, properties in items.values():
        if "nav" in properties.split():
            _read_labels(parts, name, book)
    for reference in package.iter("{*}reference"):
        name = parts.find(posixpath.join(folder, attribute(reference, "href").partition("#")[0]))
        if name and attribute(reference, "type").casefold() in _APPARATUS:
            book.guessed.add(name)
    if not book.pages:
        book.pages = {name: None for name, _ in items.values()}
    return book


def _page_names(parts: ZipParts) -> Iterator[str]:
    return (name for name in parts.names if name.lower().endswith(_PAGE_SUFFIXES))


def _package_path(parts: ZipParts) -> str:
    raw = parts.read_if_there("META-INF/container.xml")
    for root in parse_xml(raw).iter("{*}rootfile") if raw else ():
        if found := parts.find(attribute(root, "full-path")):
            return found
    return next((n for n in parts.names if n.lower().endswith(".opf")), "")


def _read_metadata(package: _Element, book: _Book) -> None:
    roles = {
        attribute(meta, "refines").lstrip("#"): (meta.text or "").strip()
        for meta in package.iter("{*}meta")
        if attribute(meta, "property") == "role"
    }
    authors = []
    for element in package.iter("{*}title", "{*}creator", "{*}date", "{*}rights"):
        text = text_of(element)
        match local_name(element):
            case "title":
                book.title = book.title or usable_title(text)
            case "creator":
                role = attribute(element, "role") or roles.get(attribute(element, "id"), "")
                if role not in _NOT_AUTHORS and (author := usable_author(text)):
                    authors.append(author)
            case "date" if attribute(element, "event") in ("", "publication", "creation"):
                book.date = book.date or iso_date(text)
            case "rights":
                book.license = book.license or text
    book.author = "; ".join(dict.fromkeys(authors))


def _read_labels(parts: ZipParts, path: str, book: _Book) -> None:
    """Read the titles of pages from the contents: nav of EPUB 3, or ncx of EPUB 2."""
    folder = posixpath.dirname(path)
    root: _Element = _parse_page(parts, path)
    for element in root.iter("navpoint", "a"):
        if element.tag == "a":
            target, label = attribute(element, "href"), text_of(element)
        else:
            content = next(iter(element.iter("content")), None)
            target = attribute(content, "src") if content is not None else ""
            label = text_of(next(iter(element.iter("navlabel")), None))
        # A link into a page names a section of it, which is not where the page begins.
        page, _, place = target.partition("#")
        name = parts.find(posixpath.join(folder, unquote(page))) if page else None
        if name and label and (not place or name not in book.labels):
            book.labels.setdefault(name, label)


def _add_page(chapters: list[_Chapter], name: str, parts: ZipParts, book: _Book) -> str:
    """Add a page as a chapter or to the one before. Returns the reason to leave it out, or ""."""
    try:
        root = _parse_page(parts, name)
        if _is_apparatus(root):
            return APPARATUS_REASON
        body = root.find("body")
        paragraphs = html_paragraphs(root if body is None else body, _is_boilerplate)
    except UnreadableError as error:
        return str(error)
    if not paragraphs:
        return ""  # a picture or a separator
    begins = name in book.labels or paragraphs[0].level > 0
    has_beginnings = bool(book.labels) or any(_has_heading(c.paragraphs) for c in chapters)
    if chapters and has_beginnings and not begins:
        chapters[-1].paragraphs += paragraphs  # programs split long chapters
    else:
        chapters.append(_Chapter(name, book.labels.get(name, ""), paragraphs))
    return ""


def _parse_page(parts: ZipParts, name: str) -> HtmlElement:
    from morris_mlx.collect.html.charset import decode_html

    return parse_html(decode_html(parts.read(name)))


def _is_apparatus(root: HtmlElement) -> bool:
    """Return True if a page, or all of its body, is marked as a part that is not the text."""
    body = root.find("body")
    elements = [] if body is None else [body, *(list(body) if len(body) == 1 else [])]
    for element in elements:
        types = f"{element.get('epub:type') or ''} {element.get('role') or ''}".split()
        if any(type_.removeprefix("doc-").casefold() in _APPARATUS for type_ in types):
            return True
    return False


def _is_boilerplate(element: HtmlElement) -> bool:
    return _BOILERPLATE.search(element.get("class") or "") is not None


def _has_heading(paragraphs: list[Paragraph]) -> bool:
    return bool(paragraphs) and paragraphs[0].level > 0


def _stem(name: str) -> str:
    return posixpath.splitext(posixpath.basename(name))[0]


def _piece(chapter: _Chapter, book: _Book) -> TextPiece | None:
    """Return the text of a chapter, or None for one that is only a heading."""
    about = Properties(author=book.author, date=book.date, license=book.license)
    parsed = build_parsed(_joined_headings(chapter.paragraphs), about)
    if not parsed.text:
        return None
    title = parsed.title or chapter.title or book.title
    return TextPiece(replace(parsed, title=title), chapter.name)


def _joined_headings(paragraphs: list[Paragraph]) -> list[Paragraph]:
    """Return the paragraphs with two headings at the start as one: "Chapter 2: The gate"."""
    if len(paragraphs) > 2 and all(p.level for p in paragraphs[:2]):
        both = f"{paragraphs[0].text.rstrip('.:')}: {paragraphs[1].text}"
        return [Paragraph(both, 1), *paragraphs[2:]]
    return paragraphs
