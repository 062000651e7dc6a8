"""Markdown → prose: metadata and first heading are read, markup, code and quotations are removed.

Markdown becomes HTML first, and that is read as the HTML of a text. So HTML within Markdown is
read like the rest, also where a program has converted only half of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from morris_mlx.collect.parse_dates import date_in_path, parse_date
from morris_mlx.collect.readers.characters import decode_file
from morris_mlx.collect.readers.front_matter import split_front_matter, take_properties
from morris_mlx.collect.readers.markdown_source import clean_source
from morris_mlx.collect.readers.metadata import Metadata
from morris_mlx.collect.readers.obsidian import date_of_fields
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece
from morris_mlx.collect.readers.titles import same_title, title_of_name
from morris_mlx.collect.text import CONTROL, Block, ParsedText, UnreadableError, join_blocks


def read_markdown(member: Member) -> Iterator[TextPiece | LeftOut]:
    """Yield the one text of a Markdown file. Raises UnreadableError."""
    text, damage = decode_file(member)
    parsed = parse_markdown(text, member.stem)
    yield TextPiece(add_facts_of_path(parsed, member, uses_slugs=False))
    yield from damage


def parse_markdown(text: str, name: str = "") -> ParsedText:
    """Return the prose, with title, author, date and license from the front matter.

    Without a title in the front matter, the title is the heading at the start of the text. `name`
    is the file's name without its suffix.
    """
    from morris_mlx.collect.html.page_notes import remove_notes
    from morris_mlx.collect.html.prose import read_prose
    from morris_mlx.collect.readers.markdown_html import to_html

    text = CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    metadata, text = split_front_matter(text)
    properties, text = take_properties(text, name)
    metadata = Metadata({**properties.values, **metadata.values})
    if not metadata.date and (day := date_of_fields(text)):
        metadata = Metadata({**metadata.values, "date": day})
    html = to_html(clean_source(text))
    blocks = read_prose(html, remove_notes)
    if not any(block.text for block in blocks) and "<blockquote" in html:
        raise UnreadableError("all of it is formatted as a quotation")
    return with_metadata(blocks, metadata)


def with_metadata(blocks: Sequence[Block], metadata: Metadata) -> ParsedText:
    """Return a text of blocks, with the title and the date that stand above it.

    A heading that repeats the title of the metadata is not part of the text, nor is one of the
    first level.
    """
    from morris_mlx.collect.html.article_cleanup import parse_byline

    title, author, day = metadata.title, metadata.author, metadata.date
    rest = [block for block in blocks if block.text]
    heading = rest[0] if rest and rest[0].level else None
    if heading and (not title or heading.level == 1 or same_title(title, heading.text)):
        title = title or heading.text
        del rest[0]
    while len(rest) > 1 and is_dateline(rest[0].text):
        name, written = parse_byline(rest[0].text)
        author, day = author or name, day or written or parse_date(rest[0].text)
        del rest[0]
    if dated := parse_date(title):
        title, day = "", day or dated
    return ParsedText(
        text=join_blocks(rest),
        title=" ".join(title.split()),
        author=author,
        date=day,
        license=metadata.license,
        blocks=tuple(blocks),
    )


def is_dateline(line: str) -> bool:
    """Return True for a line above a text with nothing but its date or author."""
    from morris_mlx.collect.html.article_cleanup import parse_byline

    return bool(parse_date(line) or parse_byline(line)[0])


def add_facts_of_path(parsed: ParsedText, member: Member, uses_slugs: bool) -> ParsedText:
    """Return a text with the title and date of its file's name, where it states none itself.

    `uses_slugs`: a name like "on-rain" is a title, too, not only one that is written with spaces.
    """
    return replace(
        parsed,
        title=parsed.title or title_of_name(member.stem, uses_slugs),
        date=parsed.date or date_in_path(member.source),
    )
