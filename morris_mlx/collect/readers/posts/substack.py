"""Substack exports: posts.csv with titles, dates and states, and an HTML fragment for each post."""

from __future__ import annotations

import re
from collections.abc import Iterator

from morris_mlx.collect.archives import Archive
from morris_mlx.collect.readers.characters import decode_text
from morris_mlx.collect.readers.export_reader import Claim
from morris_mlx.collect.readers.posts.claims import claim_below, head_of, rest_of, roots_of
from morris_mlx.collect.readers.posts.pieces import Reason, make_piece
from morris_mlx.collect.readers.posts.rows import Row, head_columns, read_table
from morris_mlx.collect.readers.posts.timestamps import post_date
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece
from morris_mlx.collect.text import UnreadableError

COLUMNS = {"post_id", "post_date", "is_published"}
# Lists of readers lie beside the posts: never texts.
_BELONGS = re.compile(r"posts\.csv|posts/[^/]+\.(?:html|csv)|(?:email_list|subscribers?)[^/]*\.csv")
TYPES = {
    "podcast": Reason.PODCAST,
    "video": Reason.PODCAST,
    "thread": Reason.THREAD,
    "page": Reason.PAGE,
}


def claim_substack(archive: Archive) -> Iterator[Claim]:
    """Yield the Substack exports in an archive, recognized by the columns of posts.csv."""
    for root, name in roots_of(archive, r"posts\.csv"):
        if COLUMNS.issubset(head_columns(head_of(archive, name))):
            yield claim_below(archive, root, lambda below: _BELONGS.fullmatch(below) is not None)


def read_substack(archive: Archive, claim: Claim) -> Iterator[TextPiece | LeftOut]:
    """Yield the published posts of a Substack export. Drafts, podcasts and threads are left out."""
    table = f"{claim.root}posts.csv"
    listed: set[str] = set()
    try:
        for row in read_table(Member(archive, table)).rows():
            post_id = row.cells.get("post_id", "").strip()
            name = _page(claim, post_id)
            if name in listed or not post_id:
                continue
            listed.add(name)
            yield _read_row(archive, claim, row, name)
    except UnreadableError as error:
        yield LeftOut(str(error), table)
    pages = {name for name in claim.names if name.endswith(".html")}
    for name in sorted(pages - listed):
        yield LeftOut(Reason.UNLISTED, name)
    yield from rest_of(claim, pages | {table})


def _page(claim: Claim, post_id: str) -> str:
    """Return the name of a post's page: its id, which mostly has the slug in it."""
    name = f"{claim.root}posts/{post_id}.html"
    if name in claim.names or not post_id.isdigit():
        return name
    start = f"{claim.root}posts/{post_id}."
    found = (n for n in claim.names if n.startswith(start) and n.endswith(".html"))
    return min(found, default=name)


def _read_row(archive: Archive, claim: Claim, row: Row, name: str) -> TextPiece | LeftOut:
    cells = row.cells
    kind = cells.get("type", "").strip().lower()
    if cells.get("is_published", "").strip().lower() not in ("true", "1", "yes"):
        return LeftOut(Reason.DRAFT, name)
    if kind in TYPES:
        return LeftOut(TYPES[kind], name)
    if name not in claim.names:
        return LeftOut(Reason.MISSING, name)
    return make_piece(
        name,
        lambda: _text(Member(archive, name)),
        cells.get("title", ""),
        date=post_date(cells.get("post_date", "")),
    )


def _text(member: Member) -> str:
    from morris_mlx.collect.html.fragment import fragment_text

    return fragment_text(decode_text(member.read_bytes()))
