"""WordPress exports (WXR): one XML file with all posts, pages, pictures and comments of a blog."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from morris_mlx.collect.readers.posts.json_items import xml_head
from morris_mlx.collect.readers.posts.pieces import PieceNames, Reason, make_piece
from morris_mlx.collect.readers.posts.shortcodes import free_parts, remove_shortcodes
from morris_mlx.collect.readers.posts.timestamps import post_date
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece
from morris_mlx.collect.safe_xml import local_name, namespace

if TYPE_CHECKING:
    from lxml.etree import _Element

MARK = b"wordpress.org/export/"
STATUSES = {
    **dict.fromkeys(("draft", "auto-draft", "pending", "inherit", "request-pending"), Reason.DRAFT),
    "private": Reason.PRIVATE,
    "trash": Reason.TRASH,
    "spam": Reason.TRASH,
    "future": Reason.SCHEDULED,
}
TYPES = {
    "page": Reason.PAGE,
    "attachment": Reason.MEDIA,
    "revision": Reason.EDITED,
    **dict.fromkeys(
        (
            *("nav_menu_item", "custom_css", "customize_changeset", "oembed_cache", "wp_block"),
            *("wp_template", "wp_template_part", "wp_global_styles", "wp_navigation"),
            *("wp_font_family", "wp_font_face", "user_request", "acf-field", "acf-field-group"),
            *("wpcf7_contact_form", "jp_pay_order", "elementor_library", "amp_validated_url"),
        ),
        Reason.SETTING,
    ),
    **dict.fromkeys(("feedback", "reply", "testimonial", "flamingo_inbound"), Reason.OTHERS),
}
HIDDEN_COMMENTS = {"spam", "trash", "post-trashed"}


def is_wordpress_export(member: Member, head: bytes) -> bool:
    """Return True for a WordPress export, by its namespace."""
    return MARK in xml_head(head)


def read_wordpress(member: Member) -> Iterator[TextPiece | LeftOut]:
    """Yield the published posts of a WordPress export. Raises UnreadableError.

    Classic posts get their paragraphs from empty lines, as WordPress shows them. Each post has its
    own author, by the name that is shown.
    """
    from morris_mlx.collect.readers.posts.xml_items import XmlItems

    names = PieceNames()
    authors: dict[str, str] = {}
    for element in XmlItems(member, frozenset({"author", "item"})).iterate():
        fields = _fields(element)
        if local_name(element) == "item":
            yield from _read_item(element, fields, authors, names)
        elif MARK.decode() in namespace(element):
            shown = fields.get("author_display_name", "").strip()
            authors[fields.get("author_login", "")] = shown or fields.get("author_login", "")


def _fields(element: _Element) -> dict[str, str]:
    """Return the texts of an element's children by local name; of `encoded` only the content."""
    from morris_mlx.collect.readers.posts.xml_items import content

    fields: dict[str, str] = {}
    for child in element:
        name = local_name(child)
        if name == "encoded" and "excerpt" in namespace(child):
            continue
        if name and name not in ("comment", "postmeta", "category"):
            fields.setdefault(name, content(child))
    return fields


def _read_item(
    item: _Element, fields: dict[str, str], authors: dict[str, str], names: PieceNames
) -> Iterator[TextPiece | LeftOut]:
    from morris_mlx.collect.html.fragment import plain_title

    title = plain_title(fields.get("title", ""))
    name = names.name(fields.get("post_name"), title, fields.get("post_id"))
    if reason := _reason_to_leave_out(fields):
        yield LeftOut(reason, name)
    else:
        login = fields.get("creator", "").strip()
        author = "; ".join(_co_authors(item)) or authors.get(login, login)
        if "@" in author:  # an address is not a name
            author = ""
        text = fields.get("encoded", "")
        yield make_piece(name, lambda: post_text(text), title, author, _date(fields))
    yield from _comments(item, name)


def _co_authors(item: _Element) -> list[str]:
    """Return the names of several authors, which a common plugin stores as categories."""
    from morris_mlx.collect.readers.posts.xml_items import content

    found = (c for c in item if local_name(c) == "category" and c.get("domain") == "author")
    return list(dict.fromkeys(name for c in found if (name := " ".join(content(c).split()))))


def _reason_to_leave_out(fields: dict[str, str]) -> str:
    kind = fields.get("post_type", "").strip() or "post"
    status = fields.get("status", "").strip() or "publish"
    if kind in TYPES:
        return TYPES[kind]
    if kind != "post":
        return f"not a post: its type is “{kind[:40]}”"
    if status != "publish":
        return STATUSES.get(status, f"not published: its status is “{status[:40]}”")
    return Reason.PASSWORD if fields.get("post_password", "").strip() else ""


def _date(fields: dict[str, str]) -> str:
    moments = (fields.get(name, "") for name in ("post_date", "post_date_gmt", "pubDate"))
    return next((day for moment in moments if (day := post_date(moment.strip()))), "")


def _comments(item: _Element, name: str) -> Iterator[LeftOut]:
    """Yield a reason for each comment. Spam is not worth a line."""
    from morris_mlx.collect.readers.posts.xml_items import content

    for comment in item:
        if local_name(comment) != "comment":
            continue
        approved = next((content(c) for c in comment if local_name(c) == "comment_approved"), "")
        if approved.strip() not in HIDDEN_COMMENTS:
            yield LeftOut(Reason.COMMENT, f"{name}/comments")


def post_text(markup: str) -> str:
    """Return the text of a post of WordPress. Raises UnreadableError for damaged markup."""
    from morris_mlx.collect.html.fragment import fragment_text

    parts = free_parts(markup)
    if len(parts) == 1:
        is_free, part = parts[0]
        return fragment_text(remove_shortcodes(part), line_breaks=is_free)
    texts = (_part_text(part, is_free) for is_free, part in parts)
    return "\n\n".join(text for text in texts if text)


def _part_text(part: str, is_free: bool) -> str:
    """Return the text of one part of a post; "" where it is only a quotation of others."""
    from morris_mlx.collect.html.fragment import fragment_text
    from morris_mlx.collect.text import UnreadableError

    try:
        return fragment_text(remove_shortcodes(part), line_breaks=is_free)
    except UnreadableError:
        return ""
