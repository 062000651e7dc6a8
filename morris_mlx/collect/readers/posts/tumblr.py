"""Posts from Tumblr's export: `posts.xml`, or one page for each post in older exports.

Tumblr packs them as `posts.zip` in the zip of the export. In a reblog, the words of others are in
block quotations, each below the name of a blog.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from morris_mlx.collect.readers.posts.json_items import xml_head
from morris_mlx.collect.readers.posts.pieces import POST, PieceNames, Reason, make_piece
from morris_mlx.collect.readers.posts.timestamps import post_date
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece
from morris_mlx.collect.safe_xml import local_name
from morris_mlx.collect.text import PARSER_ERRORS, UnreadableError

if TYPE_CHECKING:
    from lxml.etree import _Element

_ROOT = re.compile(rb"\s*(?:<\?[^>]*>\s*|<!--.*?-->\s*)*<tumblr[\s>]", re.DOTALL)
_FOOTER = re.compile(rb"<div id=[\"']?footer[\"']?\s*>\s*<span id=[\"']?timestamp[\"']?\s*>")
# Names of the elements with the title and with the writer's words, by type of post.
_WORDS = {
    "regular": ("regular-title", "regular-body"),
    "text": ("regular-title", "regular-body"),
    "photo": ("", "photo-caption"),
    "video": ("", "video-caption"),
    "audio": ("", "audio-caption"),
    "link": ("link-text", "link-description"),
    "answer": ("", "answer"),
}
_BY_OTHERS = ("quote", "conversation", "chat")
_STATES = {
    **dict.fromkeys(("draft", "unpublished"), Reason.DRAFT),
    **dict.fromkeys(("queue", "queued", "scheduled"), Reason.SCHEDULED),
    "private": Reason.PRIVATE,
    "submission": Reason.OTHERS,
}
# In a reblog, the name of a blog above its words, and the source below them.
_BLOG = re.compile(
    r"<p\b[^<>]*>\s*(?:Reblogged from\s*)?<a\b[^<>]*\btumblr_blog\b[^<>]*>[^<>]*</a>\s*:?\s*</p>"
    r"|<p\b[^<>]*>\s*Reblogged from\b.*?</p>"
    r"|\(via <a\b[^<>]*>[^<>]*</a>\)",
    re.IGNORECASE | re.DOTALL,
)
_SOURCE = re.compile(r"\s*(?:—|--|–)")  # before the name of a quotation's author


def is_tumblr_xml(member: Member, head: bytes) -> bool:
    """Return True for Tumblr's posts in XML, by the root element."""
    return _ROOT.match(xml_head(head)) is not None


def read_tumblr_xml(member: Member) -> Iterator[TextPiece | LeftOut]:
    """Yield the posts. Quotations, and reblogs without the writer's own words, are left out.

    Raises UnreadableError.
    """
    from morris_mlx.collect.readers.posts.xml_items import XmlItems, content

    names = PieceNames()
    for post in XmlItems(member, frozenset({"post"})).iterate():
        fields = {local_name(child): content(child) for child in post}
        yield _read_post(post, fields, names)


def _read_post(post: _Element, fields: dict[str, str], names: PieceNames) -> TextPiece | LeftOut:
    from morris_mlx.collect.html.fragment import plain_title

    kind = post.get("type") or "regular"
    title_key, words_key = _WORDS.get(kind, ("", ""))
    title = plain_title(fields.get(title_key, ""))
    words = fields.get(words_key, "")
    name = names.name(post.get("slug"), post.get("id"), title)
    if reason := _reason(post, kind, words):
        return LeftOut(reason, name)
    date = post_date(post.get("date-gmt") or post.get("date") or post.get("unix-timestamp"))
    is_article = bool(title) and kind != "link"
    return _piece(name, words, title if is_article else "", date)


def _reason(post: _Element, kind: str, words: str) -> str:
    """Return the reason to leave out a post regardless of its text, or ""."""
    state = (post.get("state") or "").lower()
    if state in _STATES:
        return _STATES[state]
    if post.get("private") in ("1", "true"):
        return Reason.PRIVATE
    if post.get("is-submission") in ("1", "true") or kind in _BY_OTHERS:
        return Reason.OTHERS
    is_reblog = any("reblogged" in str(key) for key in post.attrib)
    return Reason.REBLOG if is_reblog and "<blockquote" not in words else ""


def _piece(name: str, markup: str, title: str, date: str) -> TextPiece | LeftOut:
    from morris_mlx.collect.html.fragment import fragment_text

    kind = "article" if title else POST
    own = _BLOG.sub("", markup)
    piece = make_piece(name, lambda: fragment_text(own), title, date=date, kind=kind)
    has_others = own != markup or "<blockquote" in markup
    return LeftOut(Reason.REBLOG, name) if isinstance(piece, LeftOut) and has_others else piece


def is_tumblr_page(member: Member, head: bytes) -> bool:
    """Return True for the page of one post, by the footer that Tumblr writes."""
    return _FOOTER.search(head) is not None


def read_tumblr_page(member: Member) -> Iterator[TextPiece | LeftOut]:
    """Yield the post of a page. Raises UnreadableError."""
    import lxml.html

    from morris_mlx.collect.html.fragment import parse_page

    if "/submissions/" in f"/{member.name}":
        raise UnreadableError(Reason.OTHERS)
    try:
        body = parse_page(member.read_bytes()).find("body")
        if body is None:
            raise UnreadableError(Reason.NO_TEXT)
        footer = body.get_element_by_id("footer")
        moment = footer.get_element_by_id("timestamp").text_content()
        footer.drop_tree()
        if any(_SOURCE.match(e.text_content()) for e in body.find_class("caption")):
            raise UnreadableError(Reason.OTHERS)
        heading = next(body.iter("h1", "h2"), None)
        title = "" if heading is None else heading.text_content()
        if heading is not None:
            heading.drop_tree()
        for caption in body.find_class("caption"):
            del caption.attrib["class"]  # here it has the writer's words, not a picture's caption
        markup = lxml.html.tostring(body, encoding="unicode")
    except PARSER_ERRORS as error:
        raise UnreadableError("its markup is damaged") from error
    piece = _piece("", markup, title, post_date(" ".join(moment.split())))
    if isinstance(piece, LeftOut):
        raise UnreadableError(piece.reason)
    yield piece
