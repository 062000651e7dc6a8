"""The posts of a writer's own channel as documents: each long post, and the short ones by month."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from morris_mlx.collect.chats.messages import ChannelPost, ParseContext, is_named
from morris_mlx.collect.chats.skip_reasons import SkipReason
from morris_mlx.collect.text import normalize_text, text_id
from morris_mlx.files import path_text
from morris_mlx.records.corpus import Document

MIN_WORDS = 80  # of a post that is a text by itself; `morris prepare` drops shorter ones
# Telegram cuts a text into posts of 4,096 characters, which are sent at once.
CONTINUED_SECONDS, MIN_CUT_CHARACTERS = 120, 3000
MAX_TITLE = 100  # characters
_TAGS = re.compile(r"(?:[#@][\w.]+[ \n]*)+")
_SENTENCE_END = re.compile(r"[.,;:…]$")


@dataclass(slots=True)
class _Text:
    """A text that is one post, or several that were cut from one."""

    post: ChannelPost
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text of all parts, without lines of tags at its end."""
        lines = "\n".join(self.parts).rstrip().split("\n")
        while lines and _TAGS.fullmatch(lines[-1].strip()):
            lines.pop()
        return "\n".join(lines).strip()


def posts_to_documents(context: ParseContext, path: str) -> tuple[Document, ...]:
    """Return the posts of an export as documents, and count them in the context.

    `path` is the path of the export.
    """
    posts = _signed_by_writer(context)
    documents: list[Document] = []
    short: dict[tuple[str, str], list[_Text]] = {}
    counts: Counter[SkipReason] = Counter()
    for text in _joined(posts):
        if len(text.text.split()) >= MIN_WORDS:
            documents.append(_document(text, path))
            counts[SkipReason.POST_TAKEN] += len(text.parts)
        elif text.text:
            short.setdefault((text.post.channel.id, _date(text.post)[:7]), []).append(text)
            counts[SkipReason.SHORT_POST_JOINED] += len(text.parts)
        else:
            counts[SkipReason.NO_TEXT] += len(text.parts)
    documents += [_month(texts, month, path) for (_, month), texts in short.items()]
    context.skipped += counts
    for channel in dict.fromkeys(post.channel.name for post in posts):
        context.add_note(f"“{channel}” is taken as your channel, and its posts as your texts")
    return tuple(documents)


def _signed_by_writer(context: ParseContext) -> list[ChannelPost]:
    """Return the posts that the writer signed, if a name that the user gave signs any of them."""
    signatures = {post.signature for post in context.posts} - {""}
    if not any(is_named(context.me, signature) for signature in signatures):
        if len(signatures) > 1:
            names = ", ".join(sorted(signatures))
            context.add_note(
                f"posts are signed by {names}; --me NAME takes the posts of one author"
            )
        return context.posts
    mine = [p for p in context.posts if not p.signature or is_named(context.me, p.signature)]
    context.skipped[SkipReason.POST_OF_OTHERS] += len(context.posts) - len(mine)
    return mine


def _joined(posts: Sequence[ChannelPost]) -> Iterable[_Text]:
    """Yield the posts in order, those that Telegram cut from one text as one."""
    current: _Text | None = None
    before: ChannelPost | None = None
    for post in sorted(posts, key=lambda p: (p.channel.id, p.seconds)):
        if current and before and _continues(post, before):
            current.parts.append(post.text)
        else:
            if current:
                yield current
            current = _Text(post, [post.text])
        before = post
    if current:
        yield current


def _continues(post: ChannelPost, before: ChannelPost) -> bool:
    near = post.seconds - before.seconds <= CONTINUED_SECONDS
    same = post.channel.id == before.channel.id and post.signature == before.signature
    return near and same and len(before.text) >= MIN_CUT_CHARACTERS


def _date(post: ChannelPost) -> str:
    return datetime.fromtimestamp(post.seconds, UTC).date().isoformat()


def _document(text: _Text, path: str) -> Document:
    title, body = _split_title(text.text)
    return _make(title, body, text.post, text.post.number, path)


def _month(texts: Sequence[_Text], month: str, path: str) -> Document:
    body = "\n\n".join(text.text for text in texts)
    return _make("", body, texts[0].post, month, path)


def _make(title: str, body: str, post: ChannelPost, name: str, path: str) -> Document:
    text = normalize_text(body)
    channel = post.channel.id.rpartition("/")[2]
    source = path_text(f"{path}/{channel}/{name}")
    return Document(text_id(text), text, title, post.signature, source, _date(post), kind="post")


def _split_title(text: str) -> tuple[str, str]:
    """Return the first line as the title and the rest, or "" and the text if it is a sentence."""
    first, _, rest = text.partition("\n")
    is_title = rest.strip() and len(first) <= MAX_TITLE and not _SENTENCE_END.search(first)
    return (first.strip(), rest.strip()) if is_title else ("", text)
