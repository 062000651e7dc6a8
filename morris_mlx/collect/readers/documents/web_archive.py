"""Safari's web archives (.webarchive): the article of the saved page."""

from __future__ import annotations

import plistlib
import struct
from collections.abc import Iterator
from xml.parsers.expat import ExpatError

from morris_mlx.collect.readers.reader import Member, TextPiece
from morris_mlx.collect.text import PARSER_ERRORS, ParsedText, UnreadableError

MAX_BYTES = 100_000_000  # with the pictures of the page
MAX_PAGE_BYTES = 20_000_000
_DAMAGE = (*PARSER_ERRORS, OSError, EOFError, struct.error, ExpatError)


def is_web_archive(member: Member, head: bytes) -> bool:
    """Return True for a web archive by its name, or by the key that begins it."""
    has_key = b"WebMainResource" in head and head.startswith((b"bplist00", b"<?xml"))
    return member.suffix == ".webarchive" or has_key


def read_web_archive(member: Member) -> Iterator[TextPiece]:
    """Yield the article of a page. Raises UnreadableError."""
    from morris_mlx.collect.html.article import extract_article

    try:
        archive = plistlib.loads(member.read_bytes(MAX_BYTES))
        resource = archive["WebMainResource"]
        raw = resource["WebResourceData"]
        charset = str(resource.get("WebResourceTextEncodingName") or "")
        url = str(resource.get("WebResourceURL") or "")
        kind = str(resource.get("WebResourceMIMEType") or "text/html")
    except _DAMAGE as error:
        raise UnreadableError("a damaged web archive") from error
    if not isinstance(raw, bytes) or "html" not in kind:
        raise UnreadableError("no web page in it")
    if len(raw) > MAX_PAGE_BYTES:
        raise UnreadableError(f"a page of more than {MAX_PAGE_BYTES // 1_000_000} MB")
    article = extract_article(raw, charset, url=url if url.startswith("http") else "")
    yield TextPiece(
        ParsedText(article.text, article.title, article.author, article.date, article.license)
    )
