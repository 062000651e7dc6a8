"""HTML files: the article of a page, without navigation, comments and quotations."""

from __future__ import annotations

from collections.abc import Iterator

from morris_mlx.collect.readers.plain_text import refuse_machine_made
from morris_mlx.collect.readers.reader import Member, TextPiece
from morris_mlx.collect.text import ParsedText


def read_html_page(member: Member) -> Iterator[TextPiece]:
    """Yield the one text of an HTML file. Raises UnreadableError."""
    from morris_mlx.collect.html.article import extract_article

    raw = member.read_bytes()
    refuse_machine_made(raw.decode("utf-8", "replace"))
    article = extract_article(raw)
    yield TextPiece(
        ParsedText(article.text, article.title, article.author, article.date, article.license)
    )
