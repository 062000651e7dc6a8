"""Exports of Reddit and LinkedIn: zips of CSV files, of which one has the posts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from morris_mlx.collect.archives import Archive
from morris_mlx.collect.readers.export_reader import Claim
from morris_mlx.collect.readers.markdown import parse_markdown
from morris_mlx.collect.readers.posts.claims import claim_below, claimed, head_of, rest_of, roots_of
from morris_mlx.collect.readers.posts.pieces import POST, PieceNames, Reason, make_piece
from morris_mlx.collect.readers.posts.post_fields import read_post
from morris_mlx.collect.readers.posts.rows import Row, head_columns, read_table
from morris_mlx.collect.readers.posts.timestamps import post_date
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece
from morris_mlx.collect.text import ParsedText, UnreadableError

_REDDIT_FILES = re.compile(
    r"(?:posts|comments|post_headers|comment_headers|post_votes|comment_votes|drafts|messages|"
    r"messages_archive|message_headers|chat_history|account_gender|announcements|approved_\w+|"
    r"birthdate|checkfile|friends|gilded_content|gold_received|hidden_posts|ip_logs|linked_\w+|"
    r"moderated_\w+|multireddits|payouts|persona|poll_votes|purchases|reddit_gold_\w+|saved_posts|"
    r"saved_comments|scheduled_posts|sensitive_ads_\w+|statistics|stripe|subscribed_subreddits|"
    r"subreddit_\w+|twitter|user_preferences|user_awards)\.csv"
)
_REDDIT_STATES = {
    "comments": Reason.COMMENT,
    "drafts": Reason.DRAFT,
    "scheduled_posts": Reason.SCHEDULED,
}
DELETED = {"[deleted]", "[removed]", "[deleted by user]"}
_LINKEDIN_FILES = re.compile(
    r"(?:Shares|Comments|Connections|messages|Invitations|Profile|Profile Summary|Reactions|Votes|"
    r"Positions|Education|Skills|Endorsement_\w+|Recommendations_\w+|Registration|Logins|Receipts\w*|"
    r"Saved_Items|SearchQueries|Security Challenges|Company Follows|Member_Follows|Hashtag_Follows|"
    r"Email Addresses|PhoneNumbers|Languages|Learning\w*|Certifications|Courses|Projects|Events|"
    r"Groups|Ad_Targeting|Ads Clicked|Rich_Media|InstantReposts|Inferences_about_you|Whatsapp.*|"
    r"guide_messages|coach_messages|learning_\w+|Causes You Care About|Volunteering|Services[ \w]*)"
    r"\.csv|Articles/(?:.*/)?[^/]+\.html|Rich[_ ]Media/.*"
)
_ARTICLE = re.compile(r"Articles/(?:.*/)?[^/]+\.html")


def claim_reddit(archive: Archive) -> Iterator[Claim]:
    """Yield the Reddit exports in an archive, recognized by columns of their tables."""
    roots = {
        root
        for root, name in roots_of(archive, r"(?:posts|comments)\.csv")
        if {"subreddit", "permalink"} <= set(head_columns(head_of(archive, name)))
    }
    for root in sorted(roots):
        yield claim_below(archive, root, lambda below: _REDDIT_FILES.fullmatch(below) is not None)


def read_reddit(archive: Archive, claim: Claim) -> Iterator[TextPiece | LeftOut]:
    """Yield the posts of a Reddit export that are texts, not links. Comments are left out."""
    read: set[str] = set()
    for member in claimed(archive, claim):
        if member.stem not in ("posts", *_REDDIT_STATES):
            continue
        read.add(member.name)
        names = PieceNames()
        try:
            for row in read_table(member).rows():
                own = row.cells.get("id") or f"line {row.line}"
                name = f"{member.name}/{names.name(own)}"
                if member.stem in _REDDIT_STATES:
                    yield LeftOut(_REDDIT_STATES[member.stem], name)
                else:
                    yield _read_reddit_post(row, name)
        except UnreadableError as error:
            yield LeftOut(str(error), member.name)
    yield from rest_of(claim, read)


def _read_reddit_post(row: Row, name: str) -> TextPiece | LeftOut:
    body = row.cells.get("body", "")
    if body.strip() in DELETED:
        return LeftOut(Reason.DELETED, name)
    day = post_date(row.cells.get("date", "").removesuffix(" UTC"))
    title = row.cells.get("title", "")
    return make_piece(name, lambda: parse_markdown(body).text, title, date=day, kind=POST)


def claim_linkedin(archive: Archive) -> Iterator[Claim]:
    """Yield the LinkedIn exports in an archive, recognized by columns of their tables."""
    roots = {
        root
        for root, name in roots_of(archive, r"(?:Shares|Connections|Profile)\.csv")
        if {"sharecommentary", "connected_on", "maiden_name"}
        & set(head_columns(_without_notes(head_of(archive, name))))
    }
    for root in sorted(roots):
        yield claim_below(archive, root, lambda below: _LINKEDIN_FILES.fullmatch(below) is not None)


def _without_notes(head: bytes) -> bytes:
    """Return the head of a table without the notes that LinkedIn writes above it."""
    return head.partition(b"\n\n")[2] if head.startswith(b"Notes:") else head


def read_linkedin(archive: Archive, claim: Claim) -> Iterator[TextPiece | LeftOut]:
    """Yield the posts and articles of a LinkedIn export. Comments and messages are left out."""
    read: set[str] = set()
    for member in claimed(archive, claim):
        below = member.name[len(claim.root) :]
        try:
            if below == "Shares.csv":
                read.add(member.name)
                names = PieceNames()
                for row in read_table(member).rows():
                    piece = read_post(row.cells, names, row.line)
                    name = f"{member.name}/{piece.name}"
                    yield (
                        LeftOut(piece.reason, name)
                        if isinstance(piece, LeftOut)
                        else TextPiece(piece.parsed, name, piece.kind)
                    )
            elif _ARTICLE.fullmatch(below):
                read.add(member.name)
                yield _read_article(member)
        except UnreadableError as error:
            yield LeftOut(str(error), member.name)
    yield from rest_of(claim, read)


def _read_article(member: Member) -> TextPiece:
    from morris_mlx.collect.html.article import extract_article

    found = extract_article(member.read_bytes())
    parsed = ParsedText(found.text, found.title, found.author, found.date, found.license)
    return TextPiece(parsed, member.name)
