"""Posts of Facebook, Instagram and Threads: the JSON of "Download your information".

Meta writes each byte of a text in UTF-8 as a character of its own: "cafÃ©" for "café".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from morris_mlx.collect.archives import Archive
from morris_mlx.collect.readers.export_reader import Claim
from morris_mlx.collect.readers.posts.claims import claim_below, claimed, rest_of, roots_of
from morris_mlx.collect.readers.posts.json_items import PostStream, opened
from morris_mlx.collect.readers.posts.pieces import POST, PieceNames, Reason, make_piece, one_line
from morris_mlx.collect.readers.posts.timestamps import post_date
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece
from morris_mlx.collect.text import UnreadableError

# The lists of posts in files that are objects.
LISTS = (
    *("group_posts_v2", "group_posts", "notes_v2", "notes", "status_updates", "status_updates_v2"),
    *("ig_reels_media", "ig_archived_post_media", "text_post_app_text_posts", "ig_stories"),
    *("ig_igtv_media", "ig_posts"),
)
_POST_FILES = re.compile(
    r"(?:.*/)?(?:your_posts[^/]*|posts(?:_\d+)?|your_posts_in_groups|notes|reels|igtv_videos|"
    r"threads_and_replies|stories|your_uncategorized_photos)\.json"
)
_OTHERS_FILES = re.compile(r"(?:.*/)?(?:wall_posts|posts_from_|other_people)[^/]*\.json")
_TRASH_FILES = re.compile(r"(?:.*/)?posts/(?:archive|trash)\.json")
_COMMENT_FILES = re.compile(
    r"(?:.*/)?(?:comments|post_comments|reels_comments|your_comments)[^/]*\.json"
)
_MESSAGES = re.compile(r"(?:.*/)?messages/.*", re.DOTALL)
_ACTIVITY = r"your_(?:facebook|instagram)_activity/|your_activity_across_facebook/"
_ROOTS = (
    r"posts/your_posts[^/]*\.json|(?:content|media)/posts_\d+\.json|"
    rf"(?:{_ACTIVITY}).*\.(?:json|html)"
)
# No more than Meta writes: folders called posts and stories are writers', too.
_BELONGS = re.compile(
    rf"(?:{_ACTIVITY}).*|(?:posts|content|media|comments|comments_and_reactions|groups)/[^/]+\.json|"
    r"(?:posts|content|media)/(?:media/|posts/|stories/|reels/).+\.(?:jpg|jpeg|png|mp4|webp|heic|srt)",
    re.DOTALL,
)
_HEAD = re.compile(
    rb'\s*\[\s*\{\s*"(?:timestamp|attachments|data|media|title|creation_timestamp|tags)"'
)
_HEAD_KEYS = re.compile(
    rb'"(?:creation_timestamp|update_timestamp|post)"\s*:|"attachments"\s*:\s*\[|"data"\s*:\s*\[\s*\{'
)
_WALL = re.compile(
    r"\b(?:wrote|posted|shared (?:a|an) [\w ]+) on (?!(?:his|her|their) own\b)"
    r".+ (?:timeline|wall)\b",
    re.IGNORECASE,
)


def is_meta_posts(member: Member, head: bytes) -> bool:
    """Return True for a JSON file of posts of Facebook, Instagram or Threads."""
    head = head.removeprefix(b"\xef\xbb\xbf")
    if any(f'"{name}"'.encode() in head[:300] for name in LISTS if "_" in name):
        return head.lstrip()[:1] == b"{"
    has_moment = b'"timestamp"' in head or b'"creation_timestamp"' in head
    return bool(_HEAD.match(head)) and has_moment and _HEAD_KEYS.search(head) is not None


def read_meta_posts(member: Member) -> Iterator[TextPiece | LeftOut]:
    """Yield the posts of one JSON file. Raises UnreadableError."""
    names = PieceNames()
    with opened(member) as file:
        stream = PostStream(file)
        if stream.peek() == "[":
            for post in stream.iter_values():
                yield _read_post(post, names)
            return
        for _ in stream.find_lists(LISTS):
            for post in stream.iter_values():
                yield _read_post(post, names)


def claim_meta(archive: Archive) -> Iterator[Claim]:
    """Yield the exports of Facebook and Instagram in an archive. Their chats are not claimed."""
    roots = {root for root, _ in roots_of(archive, _ROOTS)}
    outer = [r for r in roots if not any(o != r and r.startswith(o) for o in roots)]
    for root in sorted(outer):
        claim = claim_below(
            archive, root, lambda b: bool(_BELONGS.fullmatch(b)) and not _MESSAGES.fullmatch(b)
        )
        if claim.names:
            yield claim


def read_meta(archive: Archive, claim: Claim) -> Iterator[TextPiece | LeftOut]:
    """Yield the posts of an export. A damaged file does not stop the others."""
    rest: set[str] = set()
    for member in claimed(archive, claim):
        below = member.name[len(claim.root) :]
        if _COMMENT_FILES.fullmatch(below):
            yield LeftOut(Reason.COMMENT, member.name)
        elif _TRASH_FILES.fullmatch(below):
            yield LeftOut(Reason.TRASH, member.name)
        elif _OTHERS_FILES.fullmatch(below):
            yield LeftOut(Reason.OTHERS, member.name)
        elif _POST_FILES.fullmatch(below):
            try:
                for piece in read_meta_posts(member):
                    name = f"{member.name}/{piece.name}"
                    yield (
                        LeftOut(piece.reason, name)
                        if isinstance(piece, LeftOut)
                        else TextPiece(piece.parsed, name, piece.kind)
                    )
            except UnreadableError as error:
                yield LeftOut(str(error), member.name)
        elif below.endswith(".html"):
            yield LeftOut(Reason.HTML_EXPORT, member.name)
        else:
            rest.add(member.name)
    yield from rest_of(Claim(claim.root, frozenset(rest)), ())


def _read_post(post: object, names: PieceNames) -> TextPiece | LeftOut:
    """Return the writer's own text of a post; captions and shared links are not read."""
    if not isinstance(post, dict):
        return LeftOut(Reason.NO_TEXT, names.name("post"))
    moment = _moment(post)
    day = post_date(moment)
    name = names.name(f"{day} {moment}".strip() if moment else "post")
    title = mend(post.get("title"))
    if _WALL.search(title) or _is_reply(post):
        return LeftOut(Reason.RESPONSE, name)
    texts = [mend(text) for text in _texts(post)]
    text = "\n\n".join(dict.fromkeys(t for t in texts if t.strip()))
    is_note = isinstance(post.get("text"), str)
    return make_piece(name, text, one_line(title) if is_note else "", date=day, kind=POST)


def _is_reply(post: dict[str, Any]) -> bool:
    """Return True for a post on Threads that replies to another person."""
    media = post.get("media")
    parts = [post, *media] if isinstance(media, list) else [post]
    facts = (part.get("text_app_post") for part in parts if isinstance(part, dict))
    return any(fact.get("is_reply") is True for fact in facts if isinstance(fact, dict))


def _moment(post: dict[str, Any]) -> object:
    for key in ("timestamp", "creation_timestamp", "created_timestamp"):
        if isinstance(post.get(key), (int, float)):
            return post[key]
    media = post.get("media")
    if isinstance(media, list):
        found = (m.get("creation_timestamp") for m in media if isinstance(m, dict))
        return next((m for m in found if isinstance(m, (int, float))), "")
    return ""


def _texts(post: dict[str, Any]) -> Iterator[object]:
    """Yield the texts of a post: Facebook's, a note's, or the caption of Instagram's pictures."""
    data = post.get("data")
    for part in data if isinstance(data, list) else ():
        if isinstance(part, dict):
            yield part.get("post")
    if isinstance(post.get("text"), str):
        yield post["text"]
        return
    media = post.get("media")
    if isinstance(media, list):
        yield post.get("title")
        if not post.get("title"):
            yield from (part.get("title") for part in media if isinstance(part, dict))
    elif isinstance(post.get("uri"), str):  # a picture or film without a list around it
        yield post.get("title")


def mend(value: object) -> str:
    """Return a text whose characters were bytes of UTF-8, decoded; "" for other values."""
    if not isinstance(value, str):
        return ""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value
