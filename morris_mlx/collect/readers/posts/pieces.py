"""Texts of posts: their names in the export, their characters, and reasons to leave them out."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from urllib.parse import unquote

from morris_mlx.collect.readers.reader import LeftOut, TextPiece
from morris_mlx.collect.text import ParsedText, UnreadableError, normalize_text

POST = "post"  # the kind of a document from a network: short, often without a title
MAX_NAME = 80  # characters of a name


class Reason(StrEnum):
    """A reason to leave out a part of an export. The value is the sentence for the user."""

    DRAFT = "a draft that was not published"
    PRIVATE = "a private post"
    PASSWORD = "a post with a password"
    TRASH = "in the trash"
    SCHEDULED = "scheduled, not published yet"
    PAGE = "a page of the site, not a post"
    COMMENT = "a comment"
    MEDIA = "a picture or another file, not a text"
    SETTING = "a setting of the site, not a text"
    NO_TEXT = "no text in it, only pictures, links or embedded parts"
    PODCAST = "a podcast episode, whose text is in the recording"
    THREAD = "a discussion thread"
    RESPONSE = "a response to somebody else"
    RETWEET = "a retweet"
    BOOST = "a boost of another post"
    DIRECT = "a direct message, not a post"
    ACTIVITY = "an activity that is not a post"
    REBLOG = "a reblog without words of your own"
    REPLY = "a reply to somebody else"
    EDITED = "an earlier version of an edited post"
    DELETED = "deleted by the writer"
    EXCERPT = "only an excerpt; collect the page itself"
    MISSING = "its text is not in the export"
    UNLISTED = "not in the export's list of posts, so perhaps a draft"
    OTHERS = "written by somebody else"
    SHORT_ROW = "a row with too few cells"
    TWIN = "the same note as HTML"
    TABLE = "a table, not a text"
    TEMPLATE = "a template for notes"
    DRAWING = "a drawing or a board, not a text"
    HTML_EXPORT = "a page of an export as HTML; export again, and choose JSON as the format"
    PRIVATE_DATA = "account data, not a text"


class PieceNames:
    """Names of the texts of one export: readable, of one line, and each one different."""

    def __init__(self) -> None:
        self._used: dict[str, int] = {}  # the last number of each name

    def name(self, *candidates: object) -> str:
        """Return a name from the first candidate that is not empty."""
        texts = (" ".join(clean_characters(str(c)).split()) for c in candidates if c)
        raw = next((unquote(text) for text in texts if text), "post")
        name = " ".join(clean_characters(raw).replace("/", "-").split())[:MAX_NAME].strip(" .")
        name = name or "post"
        number = self._used.get(name, 0) + 1
        while number > 1 and f"{name} {number}" in self._used:
            number += 1
        self._used[name] = number
        if number == 1:
            return name
        self._used[f"{name} {number}"] = 1
        return f"{name} {number}"


def make_piece(
    name: str,
    text: str | Callable[[], str],
    title: object = "",
    author: object = "",
    date: str = "",
    kind: str = "article",
) -> TextPiece | LeftOut:
    """Return a text, or the reason to leave it out where it has none or is damaged."""
    try:
        body = normalize_text(clean_characters(text if isinstance(text, str) else text()))
    except UnreadableError as error:
        return LeftOut(str(error), name)
    if not body:
        return LeftOut(Reason.NO_TEXT, name)
    return TextPiece(ParsedText(body, one_line(title), one_line(author), date), name, kind)


def one_line(value: object) -> str:
    """Return a title or name on one line; "" for what is not text."""
    return " ".join(clean_characters(value).split()) if isinstance(value, str) else ""


def clean_characters(text: str) -> str:
    """Return the text without NUL, and with � for half of an emoji, which no file can hold."""
    if text.isascii():
        return text.replace("\x00", "")
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\x00", "")
