"""HTML files: the article of a page, without navigation, comments and quotations."""

from __future__ import annotations

from collections.abc import Iterator

from morris_mlx.collect.readers.characters import refuse_machine_made
from morris_mlx.collect.readers.front_matter import split_front_matter
from morris_mlx.collect.readers.markdown import add_facts_of_path, with_metadata
from morris_mlx.collect.readers.reader import Member, TextPiece
from morris_mlx.collect.readers.site_marks import remove_site_marks
from morris_mlx.collect.text import ParsedText, UnreadableError


def read_html_page(member: Member) -> Iterator[TextPiece]:
    """Yield the one text of an HTML file. Raises UnreadableError.

    Below a front matter there is no page but a text, which Jekyll and others put into one.
    """
    from morris_mlx.collect.html.article import extract_article
    from morris_mlx.collect.html.charset import decode_html
    from morris_mlx.collect.html.page_notes import remove_notes
    from morris_mlx.collect.html.prose import read_prose

    raw = member.read_bytes()
    refuse_machine_made(raw.decode("utf-8", "replace"))
    if raw[:200].lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"---", b"+++")):
        metadata, html = split_front_matter(decode_html(raw).replace("\r\n", "\n"))
        if metadata.values:
            blocks = read_prose(remove_site_marks(html), remove_notes)
            if not any(block.text for block in blocks) and "<blockquote" in html:
                raise UnreadableError("all of it is formatted as a quotation")
            parsed = with_metadata(blocks, metadata)
            yield TextPiece(add_facts_of_path(parsed, member, uses_slugs=False))
            return
    article = extract_article(raw)
    parsed = ParsedText(article.text, article.title, article.author, article.date, article.license)
    yield TextPiece(add_facts_of_path(parsed, member, uses_slugs=False))
