"""Ghost exports, and files for import into Ghost: JSON with the tables of a blog."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from morris_mlx.collect.readers.posts.ghost_bodies import lexical_text, mobiledoc_text
from morris_mlx.collect.readers.posts.json_items import PostStream, opened
from morris_mlx.collect.readers.posts.pieces import PieceNames, Reason, make_piece, one_line
from morris_mlx.collect.readers.posts.timestamps import post_date
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece

_HEAD = re.compile(rb'\s*\{\s*"(?:db|meta|data)"\s*:')
_POSTS = re.compile(rb'"(?:posts|posts_tags|posts_authors)"\s*:\s*\[')
_POST_KEYS = re.compile(rb'"(?:mobiledoc|lexical|html|markdown|post_id)"\s*:')
TABLES_DEPTH = 5  # {"db": [{"data": {"posts": …
STATUSES = {"published", "sent"}  # "sent" went to readers by mail alone


def is_ghost_export(member: Member, head: bytes) -> bool:
    """Return True for an export of Ghost, or a file for import into it, by its first keys.

    Other programs write the keys in any order.
    """
    head = head.removeprefix(b"\xef\xbb\xbf")
    if not _HEAD.match(head):
        return False
    has_posts = _POSTS.search(head) is not None and _POST_KEYS.search(head) is not None
    return b'"exported_on"' in head or has_posts


def read_ghost(member: Member) -> Iterator[TextPiece | LeftOut]:
    """Yield the published posts of a Ghost export, with their authors. Raises UnreadableError."""
    names = PieceNames()
    authors = _authors(member)
    for post in _tables(member, "posts"):
        if isinstance(post, dict):
            yield _read_post(post, authors, names)


def _tables(member: Member, *tables: str) -> Iterator[Any]:
    with opened(member) as file:
        stream = PostStream(file)
        for _ in stream.find_lists(tables, TABLES_DEPTH):
            yield from stream.iter_values()


def _authors(member: Member) -> Callable[[dict[str, Any]], str]:
    """Return a function from a post to its authors' names. People may stand after the posts."""
    people: dict[str, str] = {}
    by_post: dict[str, list[str]] = {}
    for row in _tables(member, "users", "posts_authors"):
        if not isinstance(row, dict):
            continue
        if "post_id" in row:
            by_post.setdefault(str(row["post_id"]), []).append(str(row.get("author_id")))
        elif one_line(row.get("name")):
            people[str(row.get("id"))] = one_line(row.get("name"))

    def names(post: dict[str, Any]) -> str:
        ids = by_post.get(str(post.get("id"))) or [str(post.get("author_id"))]
        return "; ".join(dict.fromkeys(people[i] for i in ids if i in people))

    return names


def _read_post(
    post: dict[str, Any], authors: Callable[[dict[str, Any]], str], names: PieceNames
) -> TextPiece | LeftOut:
    name = names.name(post.get("slug"), post.get("title"), post.get("id"))
    if post.get("type") == "page" or post.get("page") in (1, True):
        return LeftOut(Reason.PAGE, name)
    status = str(post.get("status", "published"))
    if status not in STATUSES:
        return LeftOut(Reason.SCHEDULED if status == "scheduled" else Reason.DRAFT, name)
    date = post_date(post.get("published_at")) or post_date(post.get("created_at"))
    return make_piece(name, lambda: _body(post), post.get("title"), authors(post), date)


def _body(post: dict[str, Any]) -> str:
    """Return the text of a post from the first of its forms that has one."""
    from morris_mlx.collect.html.fragment import fragment_text
    from morris_mlx.collect.readers.markdown import parse_markdown

    readers: dict[str, Callable[[str], str]] = {
        "html": fragment_text,
        "lexical": lexical_text,
        "mobiledoc": mobiledoc_text,
        "markdown": lambda text: parse_markdown(text).text,
        "plaintext": lambda text: text,
    }
    for form, read in readers.items():
        value = post.get(form)
        if isinstance(value, str) and value.strip():
            return read(value)
    return ""
