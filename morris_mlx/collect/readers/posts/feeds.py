"""Saved feeds: RSS and Atom files, and the backups of Blogger, which are Atom feeds.

A feed of the web tells where the pages are; a saved one has to have the texts in it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from morris_mlx.collect.readers.posts.json_items import xml_head
from morris_mlx.collect.readers.posts.pieces import POST, PieceNames, Reason, make_piece
from morris_mlx.collect.readers.posts.timestamps import post_date
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece
from morris_mlx.collect.safe_xml import local_name, namespace

if TYPE_CHECKING:
    from lxml.etree import _Element

_ROOT = re.compile(
    rb"\s*(?:<\?[^>]*>\s*|<!--.*?-->\s*|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>\s*)*<(?:rss|feed|(?:\w+:)?RDF)[\s>]",
    re.DOTALL,
)
# The end of an excerpt, in whole texts too: a mark in brackets, or a line that leads to the rest.
# A sentence of prose may begin with the same words, but it has an end.
_CUT = re.compile(
    r"(?:\[(?:…|\.\.\.)\]\W*|"
    r"(?:^\W*|(?:…|\.\.\.)\s*)(?:(?:continue|keep) reading|read (?:more|on|the (?:rest|full))|"
    r"weiterlesen|lire la suite|seguir leyendo|leer más|читать (?:далее|дальше|полностью))\b"
    r"[^\n]{0,100}(?<![.!?]))\Z",
    re.IGNORECASE | re.MULTILINE,
)
_ELLIPSIS = re.compile(r"(?:…|\.\.\.)\W*\Z")
# A line that WordPress adds to a feed.
_APPEARED = re.compile(
    r"(?:The post .+ (?:appeared first|first appeared) on .+|Der Beitrag .+ erschien zuerst auf .+|"
    r"L’article .+ est apparu en premier sur .+|La entrada .+ se publicó primero en .+|"
    r"Запись .+ впервые появилась .+)"
)
ENDING = 2000  # characters of markup in which a link to the rest stands
MIN_WHOLE_WORDS = 150  # of a description without markup that counts as the whole text
BLOGGER_STATES = {
    "DRAFT": Reason.DRAFT,
    "SCHEDULED": Reason.SCHEDULED,
    "SOFT_TRASHED": Reason.TRASH,
}
BLOGGER_KINDS = {
    "comment": Reason.COMMENT,
    "page": Reason.PAGE,
    "settings": Reason.SETTING,
    "template": Reason.SETTING,
}


def is_feed(member: Member, head: bytes) -> bool:
    """Return True for RSS or Atom, by the root element."""
    return _ROOT.match(xml_head(head)) is not None


def read_feed_file(member: Member) -> Iterator[TextPiece | LeftOut]:
    """Yield the whole texts of a feed; excerpts are left out. Raises UnreadableError."""
    from morris_mlx.collect.readers.posts.xml_items import XmlItems

    names = PieceNames()
    author = ""
    for element in XmlItems(member, frozenset({"item", "entry", "author"})).iterate():
        if local_name(element) == "author":
            author = author or _person(element)
        else:
            yield _read_entry(_Entry(element), author, names)


class _Entry:
    """An item of RSS or an entry of Atom: its children by local name."""

    def __init__(self, element: _Element) -> None:
        self._children: dict[str, list[_Element]] = {}
        for child in element:
            name = local_name(child)
            if name == "encoded" and "excerpt" in namespace(child):
                continue
            self._children.setdefault(name, []).append(child)

    def all(self, name: str) -> list[_Element]:
        """Return the children of a name."""
        return self._children.get(name, [])

    def text(self, *names: str) -> str:
        """Return the text of the first child of these names that has one, without space around."""
        from morris_mlx.collect.readers.posts.xml_items import content

        texts = (content(child).strip() for name in names for child in self.all(name))
        return next((text for text in texts if text), "")


def _read_entry(entry: _Entry, feed_author: str, names: PieceNames) -> TextPiece | LeftOut:
    from morris_mlx.collect.html.fragment import plain_title

    title = plain_title(entry.text("title"))
    pages = (k.get("href") or "" for k in entry.all("link") if k.get("rel") in (None, "alternate"))
    link = entry.text("link") or next(pages, "")
    link = entry.text("filename").removesuffix(".html") or link  # Blogger's
    name = names.name(link.rstrip("/").rpartition("/")[2], title, entry.text("guid", "id"))
    if reason := _blogger_reason(entry):
        return LeftOut(reason, name)
    moment = entry.text("pubDate", "published", "date", "issued", "created", "updated")
    people = [_person(element) for element in entry.all("author")] or [entry.text("creator")]
    author = "; ".join(dict.fromkeys(p for p in people if p)) or feed_author
    if entry.text("encoded") or entry.all("content"):
        is_whole, read = True, lambda: _content_text(entry)
    else:
        is_whole, read = False, lambda: _markup_or_plain(entry.text("description", "summary"))
    piece = make_piece(name, read, title, author, post_date(moment), "article" if title else POST)
    if isinstance(piece, LeftOut):
        return piece
    if _leads_to_the_rest(entry) or _is_excerpt(piece, is_whole):
        return LeftOut(Reason.EXCERPT, name)
    return piece


def _leads_to_the_rest(entry: _Entry) -> bool:
    """Return True for an entry that ends with a link to the rest, which is no part of the text."""
    from morris_mlx.collect.html.fragment import TAG

    markup = entry.text("encoded", "content", "description", "summary")
    ending = html.unescape(TAG.sub("\n", markup[-ENDING:]))
    return _CUT.search(_APPEARED.sub("", ending).strip()) is not None


def _is_excerpt(piece: TextPiece, is_whole: bool) -> bool:
    """Return True for a text that ends like an excerpt, or a summary below a title."""
    text = piece.parsed.text
    if is_whole or not piece.parsed.title:
        return not is_whole and _ELLIPSIS.search(text[-10:]) is not None
    is_long = "\n\n" in text or len(text.split()) >= MIN_WHOLE_WORDS
    return not is_long or _ELLIPSIS.search(text[-10:]) is not None


def _content_text(entry: _Entry) -> str:
    """Return the text of the whole content: RSS's content:encoded, or Atom's content."""
    from morris_mlx.collect.html.fragment import fragment_text
    from morris_mlx.collect.readers.posts.xml_items import content, markup

    element = (entry.all("encoded") or entry.all("content"))[0]
    kind = (element.get("type") or "").lower()
    if kind == "xhtml" or kind.endswith("+xml"):
        text = fragment_text(markup(element))
    elif kind in ("text", "text/plain"):
        text = content(element)
    else:
        text = _markup_or_plain(content(element))
    return "\n\n".join(p for p in text.split("\n\n") if not _APPEARED.fullmatch(p.strip()))


def _markup_or_plain(text: str) -> str:
    from morris_mlx.collect.html.fragment import fragment_text

    has_blocks = re.search(r"<(?:p|br|div|li)\b", text, re.IGNORECASE) is not None
    return fragment_text(text, line_breaks=not has_blocks)


def _person(element: _Element) -> str:
    """Return the name of an author: Atom's element, or RSS's "address (name)"."""
    from morris_mlx.collect.readers.posts.xml_items import content

    name = next((content(c) for c in element if local_name(c) == "name"), "")
    text = " ".join((name or content(element)).split())
    if match := re.fullmatch(r"\S+@\S+ \((.+)\)", text):
        return match[1]
    return "" if "@" in text else text


def _blogger_reason(entry: _Entry) -> str:
    """Return the reason to leave out an entry of a Blogger backup, or ""."""
    for category in entry.all("category"):
        _, is_kind, kind = (category.get("term") or "").rpartition("/blogger/2008/kind#")
        if is_kind and kind != "post":
            return BLOGGER_KINDS.get(kind, Reason.SETTING)
    kind = entry.text("type").lower()
    if kind in BLOGGER_KINDS:
        return BLOGGER_KINDS[kind]
    if entry.all("in-reply-to"):
        return Reason.COMMENT
    if entry.text("trashed"):
        return Reason.TRASH
    is_draft = any("yes" in "".join(control.itertext()) for control in entry.all("control"))
    return BLOGGER_STATES.get(entry.text("status"), Reason.DRAFT if is_draft else "")
