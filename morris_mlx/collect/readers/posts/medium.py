"""Medium exports: a folder `posts` of pages, beside pages of claps, lists and sessions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from morris_mlx.collect.archives import Archive
from morris_mlx.collect.readers.export_reader import Claim
from morris_mlx.collect.readers.posts.claims import claim_below, claimed, head_of, rest_of, roots_of
from morris_mlx.collect.readers.posts.pieces import Reason, make_piece
from morris_mlx.collect.readers.posts.timestamps import post_date
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece
from morris_mlx.collect.text import PARSER_ERRORS, UnreadableError

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_BELONGS = re.compile(
    r"README\.html|(?:posts|profile|bookmarks|claps|highlights|interests|ips|lists|sessions|blocks|"
    r"twitter|partner-program|social-links|users-following|pubs-following|topics-following|"
    r"authors-following|collections-following|topics|tags)/[^/]+\.html"
)
_POST = re.compile(r"posts/(?P<draft>draft_)?[^/]+\.html")
MARKS = (b"h-entry", b"p-name", b"data-field=")
TITLE_WITHIN = 2  # elements of a story: a picture may stand above the title
TRIED_FILES = 5  # the first files of a folder `posts` that are looked at


def claim_medium(archive: Archive) -> Iterator[Claim]:
    """Yield the Medium exports in an archive, recognized by the markup of their posts."""
    tried: dict[str, int] = {}
    found: set[str] = set()
    for root, name in roots_of(archive, r"posts/[^/]+\.html"):
        tried[root] = tried.get(root, 0) + 1
        if root not in found and tried[root] <= TRIED_FILES:
            head = head_of(archive, name)
            if all(mark in head for mark in MARKS):
                found.add(root)
                yield claim_below(archive, root, lambda b: _BELONGS.fullmatch(b) is not None)


def read_medium(archive: Archive, claim: Claim) -> Iterator[TextPiece | LeftOut]:
    """Yield the published stories of a Medium export. Drafts and responses are left out."""
    posts: set[str] = set()
    for member in claimed(archive, claim):
        if not (match := _POST.fullmatch(member.name[len(claim.root) :])):
            continue
        posts.add(member.name)
        if match["draft"]:
            yield LeftOut(Reason.DRAFT, member.name)
            continue
        try:
            yield _read_post(member)
        except UnreadableError as error:
            yield LeftOut(str(error), member.name)
    yield from rest_of(claim, posts)


def _read_post(member: Member) -> TextPiece | LeftOut:
    from morris_mlx.collect.html.fragment import element_text, parse_page

    try:
        page = parse_page(member.read_bytes())
        body = _first(page, "//section[@data-field='body']", "//*[contains(@class,'e-content')]")
        if body is None:
            return LeftOut(Reason.NO_TEXT, member.name)
        title = _first(page, "//h1[contains(@class,'p-name')]")
        author = _first(page, "//a[contains(@class,'p-author')]")
        moment = _first(page, "//time[contains(@class,'dt-published')]")
        if moment is None:
            return LeftOut(Reason.DRAFT, member.name)
        title_text = " ".join(title.text_content().split()) if title is not None else ""
        if not _remove_title(body) and _begins_with(body, title_text):
            return LeftOut(Reason.RESPONSE, member.name)
        return make_piece(
            member.name,
            element_text(body),
            title_text,
            author.text_content() if author is not None else "",
            post_date(moment.get("datetime") or moment.text_content()),
        )
    except PARSER_ERRORS as error:
        raise UnreadableError("its markup is damaged") from error


def _first(page: HtmlElement, *paths: str) -> HtmlElement | None:
    return next((found[0] for path in paths if (found := page.xpath(path))), None)


def _begins_with(body: HtmlElement, title: str) -> bool:
    """Return True for a response: without a title, the page has its first words as the title."""
    beginning = title.rstrip("….").strip()
    return " ".join(body.text_content().split()).startswith(beginning)


def _remove_title(body: HtmlElement) -> bool:
    """Remove title and subtitle from a story. Returns False where it has no title.

    Old stories do not mark their title: it is a heading, perhaps below a picture.
    """
    title = _first(body, ".//*[contains(@class,'graf--title')]")
    if title is None:
        first = body.xpath(".//*[contains(@class,'graf--')]")[:TITLE_WITHIN]
        headings = (e for e in first if e.tag in ("h1", "h2", "h3", "h4"))
        title = next((e for e in headings if "graf--subtitle" not in (e.get("class") or "")), None)
    if title is None:
        return False
    for element in [title, *body.xpath(".//*[contains(@class,'graf--subtitle')]")]:
        element.drop_tree()
    return True
