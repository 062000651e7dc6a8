"""Posts of Mastodon: the archive of an account, with threads joined into one text.

`outbox.json` has the activities of the account as defined by ActivityPub. Other programs of the
Fediverse write the same file. Boosts are Announce activities, posts are Create activities.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from morris_mlx.collect.archives import Archive
from morris_mlx.collect.readers.export_reader import Claim
from morris_mlx.collect.readers.posts.claims import claim_below, claimed, head_of, rest_of, roots_of
from morris_mlx.collect.readers.posts.json_items import PostStream, opened
from morris_mlx.collect.readers.posts.pieces import POST, PieceNames, Reason, make_piece
from morris_mlx.collect.readers.posts.timestamps import post_date
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece
from morris_mlx.collect.text import UnreadableError

OUTBOX = "outbox.json"
ITEMS = ("orderedItems",)
PUBLIC = ("https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public")
_BELONGS = re.compile(
    r"(?:actor|outbox|likes|bookmarks)\.json|(?:avatar|header)\.\w{2,5}|media_attachments/.*",
    re.DOTALL,
)
_HEAD = re.compile(rb'"type"\s*:\s*"OrderedCollection"')
_LINK = re.compile(r"<a\b[^<>]*>(.*?)</a\s*>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_ADDRESS = re.compile(r"\s*(?:https?://|www\.)\S+\s*")
_MENTIONS = re.compile(r"(?:@[\w.-]+(?:@[\w.-]+)?\s+)+")


@dataclass(frozen=True, slots=True)
class Post:
    """A post. `parent` is the address of the post to which it is a reply, or ""."""

    id: str
    name: str
    html: str
    moment: str
    parent: str
    reason: str  # to leave the post out, or ""


def is_mastodon_outbox(member: Member, head: bytes) -> bool:
    """Return True for the activities of an account, by the keys at the start of the file."""
    return b'"orderedItems"' in head and _HEAD.search(head) is not None


def read_mastodon_outbox(member: Member) -> Iterator[TextPiece | LeftOut]:
    """Yield the posts of an account's activities. Raises UnreadableError."""
    posts, damage = _read(member)
    yield from _pieces(posts)
    if damage:
        raise damage


def claim_mastodon(archive: Archive) -> Iterator[Claim]:
    """Yield the archives of accounts in a zip or folder, recognized by their activities."""
    for root, name in sorted(roots_of(archive, re.escape(OUTBOX))):
        member = Member(archive, name)
        if is_mastodon_outbox(member, head_of(archive, name)):
            yield claim_below(archive, root, lambda below: _BELONGS.fullmatch(below) is not None)


def read_mastodon(archive: Archive, claim: Claim) -> Iterator[TextPiece | LeftOut]:
    """Yield the posts of an archive, threads joined. Likes and bookmarks are left out."""
    name = f"{claim.root}{OUTBOX}"
    for member in claimed(archive, claim):
        if member.name == name:
            posts, damage = _read(member)
            for piece in _pieces(posts):
                yield replace(piece, name=f"{name}/{piece.name}")
            if damage:
                yield LeftOut(str(damage), name)
    yield from rest_of(claim, {name})


def _read(member: Member) -> tuple[list[Post], UnreadableError | None]:
    """Return the posts of a file, and an error if it is damaged after them."""
    names = PieceNames()
    posts: list[Post] = []
    try:
        with opened(member) as file:
            stream = PostStream(file)
            for _ in stream.find_lists(ITEMS):
                posts += (_post(v, names) for v in stream.iter_values() if isinstance(v, dict))
    except UnreadableError as error:
        return posts, error
    return posts, None


def _post(activity: Mapping[str, Any], names: PieceNames) -> Post:
    item = activity.get("object")
    note = item if isinstance(item, dict) else {}
    address = str(note.get("id") or activity.get("id") or "")
    own = address.removesuffix("/activity").rstrip("/").rpartition("/")[2]
    return Post(
        id=address,
        name=names.name(own, "post"),
        html=content if isinstance(content := note.get("content"), str) else "",
        moment=str(note.get("published") or activity.get("published") or ""),
        parent=str(note.get("inReplyTo") or ""),
        reason=_reason(activity, note),
    )


def _reason(activity: Mapping[str, Any], note: Mapping[str, Any]) -> str:
    """Return the reason to leave out an activity regardless of its text, or ""."""
    if activity.get("type") == "Announce":
        return Reason.BOOST
    if activity.get("type") != "Create" or not note:
        return Reason.ACTIVITY
    author, actor = note.get("attributedTo"), activity.get("actor")
    if isinstance(author, str) and isinstance(actor, str) and author != actor:
        return Reason.OTHERS
    to = [one for key in ("to", "cc") for one in _as_list(note.get(key) or activity.get(key))]
    is_open = any(one in PUBLIC or str(one).endswith("/followers") for one in to)
    return Reason.DIRECT if to and not is_open else ""


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _pieces(posts: Sequence[Post]) -> Iterator[TextPiece | LeftOut]:
    """Yield threads and single posts in order of time, and the posts that are left out."""
    own = {post.id: post for post in posts if not post.reason}
    threads: dict[str, list[Post]] = {}
    for post in sorted(posts, key=lambda post: post.moment):
        root = _root(post, own)
        reason = post.reason or _reason_of_root(root)
        if reason:
            yield LeftOut(reason, post.name)
        else:
            threads.setdefault(root.id or root.name, []).append(post)
    for thread in threads.values():
        text = partial(_thread_text, thread)
        yield make_piece(thread[0].name, text, date=post_date(thread[0].moment), kind=POST)


def _thread_text(thread: Sequence[Post]) -> str:
    texts = (_text(post.html, is_answer=bool(post.parent)) for post in thread)
    return "\n\n".join(filter(None, texts))


def _root(post: Post, own: Mapping[str, Post]) -> Post:
    """Return the first post of a thread. In a damaged file, replies may form a cycle."""
    seen = {post.id}
    while (parent := own.get(post.parent)) and parent.id not in seen:
        seen.add(parent.id)
        post = parent
    return post


def _reason_of_root(root: Post) -> str:
    """Return the reason to leave out a thread that is a reply to another person, or ""."""
    begins_with_name = _TAG.sub("", root.html).lstrip().startswith("@")
    return Reason.REPLY if root.parent or begins_with_name else ""


def _text(html: str, is_answer: bool) -> str:
    """Return the text of a post without web addresses, and without the names before a reply."""
    from morris_mlx.collect.html.fragment import fragment_text

    def without_address(link: re.Match[str]) -> str:
        return "" if _ADDRESS.fullmatch(_TAG.sub("", link[1])) else link[0]

    text = fragment_text(_LINK.sub(without_address, html)) if html.strip() else ""
    return _MENTIONS.sub("", text, count=1) if is_answer and _MENTIONS.match(text) else text
