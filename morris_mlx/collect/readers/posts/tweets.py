"""Posts of X (Twitter): the files of its archive, with threads joined into one text.

An archive is a folder `data` of JavaScript files that each assign a list. `tweets.js` has the
beginning of every post; `note-tweet.js` has the full text of long ones.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from morris_mlx.collect.archives import Archive
from morris_mlx.collect.readers.export_reader import Claim
from morris_mlx.collect.readers.posts.claims import claim_below, claimed, head_of, rest_of, roots_of
from morris_mlx.collect.readers.posts.json_items import iterate_script
from morris_mlx.collect.readers.posts.pieces import POST, Reason, clean_characters, make_piece
from morris_mlx.collect.readers.posts.timestamps import post_date
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece
from morris_mlx.collect.text import UnreadableError

MARK = re.compile(
    rb"\s*(?:(?:window\.)?YTD\.(?:tweets?|community_tweet)\.part\d+|Grailbird\.data\.tweets_\w+)\s*="
)
_POST_FILES = re.compile(
    r"(?:data/)?(?:(?:community-)?tweets?(?:-part\d+)?\.js|js/tweets/\d{4}_\d\d\.js)"
)
_NOTE_FILES = re.compile(r"(?:data/)?note-tweets?(?:-part\d+)?\.js")
_DELETED_FILES = re.compile(r"(?:data/)?deleted-(?:note-)?tweets?(?:-part\d+)?\.js")
_BELONGS = re.compile(
    r"Your archive\.html|(?:data/)?(?:[\w-]+\.js|js/.+\.js|\w+_media/.*)|"
    r"assets/(?:js|css|images|fonts)/.*|tweets\.csv",
    re.DOTALL,
)
_LINK = re.compile(r"[ \n]?https?://t\.co/\w*")
_RETWEET = re.compile(r"\bRT @\w+")
_MENTIONS = re.compile(r"(?:@\w+\s+)+")
MIN_SHARED = 60  # characters that the beginning of a long post and its whole must share


@dataclass(frozen=True, slots=True)
class Tweet:
    """A post. `parent` is the post that it answers, or "", `to` the names of that post's author."""

    id: str
    text: str
    date: str
    parent: str
    to: frozenset[str]  # the id and the name of the account, where the archive has them
    versions: tuple[str, ...]  # of an edited post, in their order
    place: str  # the file

    @property
    def order(self) -> tuple[int, str]:
        """A key for the order of time: ids grow, also in their length."""
        return len(self.id), self.id


def is_tweets(member: Member, head: bytes) -> bool:
    """Return True for a file of posts out of an archive of X."""
    return MARK.match(head.removeprefix(b"\xef\xbb\xbf")) is not None


def read_tweets(member: Member) -> Iterator[TextPiece | LeftOut]:
    """Yield the posts of one file of an archive. Raises UnreadableError."""
    yield from _pieces(list(_tweets(member, "")), (), frozenset())


def claim_tweets(archive: Archive) -> Iterator[Claim]:
    """Yield the archives of X in a zip or folder, recognized by the assignment in their files."""
    roots = {
        root
        for root, name in roots_of(archive, r"(?:data/)?(?:tweets?|js/tweets/\d{4}_\d\d)\.js")
        if MARK.match(head_of(archive, name))
    }
    for root in sorted(roots):
        yield claim_below(archive, root, lambda below: _BELONGS.fullmatch(below) is not None)


def read_tweet_archive(archive: Archive, claim: Claim) -> Iterator[TextPiece | LeftOut]:
    """Yield the posts of an archive, threads joined. A damaged file does not stop the others."""
    tweets: list[Tweet] = []
    notes: list[Tweet] = []
    owner: frozenset[str] = frozenset()
    read: set[str] = set()
    for member in claimed(archive, claim):
        below = member.name[len(claim.root) :]
        try:
            if _POST_FILES.fullmatch(below):
                read.add(member.name)
                tweets += _tweets(member, below)
            elif _NOTE_FILES.fullmatch(below):
                read.add(member.name)
                notes += _notes(member, below)
            elif _DELETED_FILES.fullmatch(below):
                read.add(member.name)
                for number, _ in enumerate(iterate_script(member), 1):
                    yield LeftOut(Reason.DELETED, f"{member.name}/{number}")
            elif below in ("data/account.js", "account.js"):
                owner = _owner(member)
        except UnreadableError as error:
            yield LeftOut(str(error), member.name)
    for piece in _pieces(tweets, notes, owner):
        yield replace(piece, name=f"{claim.root}{piece.name}")
    yield from rest_of(claim, read)


# --- the files -----------------------------------------------------------------------------------
def _tweets(member: Member, place: str) -> Iterator[Tweet]:
    for number, item in enumerate(iterate_script(member), 1):
        tweet = item.get("tweet", item) if isinstance(item, dict) else None
        if not isinstance(tweet, dict):
            continue
        text = tweet.get("full_text") or tweet.get("text")
        if isinstance(text, str):
            shared = isinstance(tweet.get("retweeted_status"), dict)
            yield Tweet(
                id=_id(tweet, "id_str", "id") or f"{number}",
                text=f"RT @{text}" if shared and not _RETWEET.search(text) else text,
                date=post_date(tweet.get("created_at")),
                parent=_id(tweet, "in_reply_to_status_id_str", "in_reply_to_status_id"),
                to=_names(
                    _id(tweet, "in_reply_to_user_id_str", "in_reply_to_user_id"),
                    _id(tweet, "in_reply_to_screen_name"),
                ),
                versions=_versions(tweet.get("edit_info")),
                place=place,
            )


def _id(values: Mapping[str, Any], *keys: str) -> str:
    found = (values.get(key) for key in keys)
    return next(
        (str(v) for v in found if isinstance(v, (str, int)) and not isinstance(v, bool) and v), ""
    )[:40]


def _names(*names: str) -> frozenset[str]:
    return frozenset(name.lower() for name in names if name)


def _versions(info: object) -> tuple[str, ...]:
    """Return the ids of all versions of an edited post, wherever its record has them."""
    if not isinstance(info, dict):
        return ()
    for value in info.values():
        if isinstance(value, dict):
            ids = value.get("editTweetIds")
            if isinstance(ids, list):
                return tuple(i for i in ids if isinstance(i, str))
            if found := _versions(value):
                return found
    return ()


def _notes(member: Member, place: str) -> Iterator[Tweet]:
    for item in iterate_script(member):
        note = item.get("noteTweet") if isinstance(item, dict) else None
        core = note.get("core") if isinstance(note, dict) else None
        text = core.get("text") if isinstance(core, dict) else None
        if isinstance(note, dict) and isinstance(text, str):
            day = post_date(note.get("createdAt"))
            yield Tweet(_id(note, "noteTweetId"), text, day, "", _names(), (), place)


def _owner(member: Member) -> frozenset[str]:
    for item in iterate_script(member):
        account = item.get("account") if isinstance(item, dict) else None
        if isinstance(account, dict):
            return _names(_id(account, "accountId"), _id(account, "username"))
    return frozenset()


# --- the texts -----------------------------------------------------------------------------------
def _pieces(
    tweets: Sequence[Tweet], notes: Sequence[Tweet], owner: frozenset[str]
) -> Iterator[TextPiece | LeftOut]:
    """Yield threads and single posts in the order of time, and the reasons for the others."""
    whole, unused = _with_whole_texts(tweets, notes)
    threads = _Threads(whole, owner)
    joined: dict[str, list[Tweet]] = {}
    for tweet in sorted(whole, key=lambda t: t.order):
        if reason := threads.reason_to_leave_out(tweet):
            yield LeftOut(reason, _name(tweet))
        else:
            joined.setdefault(threads.root(tweet).id, []).append(tweet)
    for thread in joined.values():
        texts = (clean_text(t.text, is_answer=bool(t.parent or t.to)) for t in thread)
        text = "\n\n".join(text for text in texts if text)
        yield make_piece(_name(thread[0]), text, date=thread[0].date, kind=POST)
    for note in unused:
        if note.text.startswith("@"):
            yield LeftOut(Reason.REPLY, _name(note))
        else:
            yield make_piece(_name(note), clean_text(note.text), date=note.date, kind=POST)


class _Threads:
    """The links between posts: threads of the writer, replies to others, edited versions."""

    def __init__(self, tweets: Sequence[Tweet], owner: frozenset[str]) -> None:
        """Link the posts. `owner` are the writer's id and name, if they are known."""
        self._by_id = {tweet.id: tweet for tweet in tweets}
        self._last: dict[str, str] = {}  # the last version by the id of an earlier one
        for tweet in tweets:
            present = [version for version in tweet.versions if version in self._by_id]
            self._last |= dict.fromkeys(present[:-1], present[-1] if present else "")
        self._owner = owner or self._most_answered()
        self._roots: dict[str, Tweet] = {}

    def reason_to_leave_out(self, tweet: Tweet) -> str:
        """Return the reason why a post is no text of the writer, or ""."""
        if tweet.id in self._last:
            return Reason.EDITED
        if _RETWEET.search(tweet.text):
            return Reason.RETWEET
        return Reason.REPLY if self._answers_another(self.root(tweet)) else ""

    def root(self, tweet: Tweet) -> Tweet:
        """Return the first post of a thread. Damaged files may have circles in them."""
        path: dict[str, Tweet] = {}
        while tweet.id not in self._roots and tweet.id not in path:
            path[tweet.id] = tweet
            tweet = self._parent(tweet) or tweet
        found = self._roots.get(tweet.id, tweet)
        self._roots |= dict.fromkeys(path, found)
        return found

    def _parent(self, tweet: Tweet) -> Tweet | None:
        return self._by_id.get(self._last.get(tweet.parent, tweet.parent))

    def _answers_another(self, tweet: Tweet) -> bool:
        """Return True for a reply to another person, and for a post that begins with a name."""
        if self._parent(tweet):
            return False
        if tweet.to or tweet.parent:
            return not self._owner & tweet.to
        return tweet.text.startswith("@")

    def _most_answered(self) -> frozenset[str]:
        """Return the id and name of the account whose posts are in the file and were answered."""
        answered = Counter(t.to for t in self._by_id.values() if t.to and self._parent(t))
        return answered.most_common(1)[0][0] if answered else frozenset()


def _name(tweet: Tweet) -> str:
    return "/".join(part for part in (tweet.place, tweet.id) if part)


def _with_whole_texts(
    tweets: Sequence[Tweet], notes: Sequence[Tweet]
) -> tuple[list[Tweet], list[Tweet]]:
    """Put the long texts in the place of their beginnings. Returns also the notes without a post.

    Nothing links the two but the text.
    """
    by_start: dict[str, list[tuple[str, Tweet]]] = {}
    for note in notes:
        text = _folded(note.text)
        by_start.setdefault(text[:MIN_SHARED], []).append((text, note))
    used: set[str] = set()
    whole: list[Tweet] = []
    for tweet in tweets:
        start = _folded(tweet.text).removesuffix("…").removesuffix("...").rstrip()
        notes_here = by_start.get(start[:MIN_SHARED], []) if len(start) >= MIN_SHARED else []
        found = next((note for text, note in notes_here if text.startswith(start)), None)
        if found:
            used.add(found.id)
        whole.append(replace(tweet, text=found.text) if found else tweet)
    known = {_folded(tweet.text) for tweet in whole}
    return whole, [n for n in notes if n.id not in used and _folded(n.text) not in known]


def _folded(text: str) -> str:
    return " ".join(html.unescape(_LINK.sub("", text)).split())


def clean_text(text: str, is_answer: bool = False) -> str:
    """Return the text of a post without links, references, and the names before an answer."""
    text = html.unescape(_LINK.sub("", text)).strip()
    if is_answer and (names := _MENTIONS.match(text)):
        text = text[names.end() :]
    return clean_characters(text).strip()
