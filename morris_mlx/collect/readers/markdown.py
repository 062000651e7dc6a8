"""Markdown → prose: front matter and first heading are read, markup and code are removed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from morris_mlx.collect.readers.plain_text import read_characters
from morris_mlx.collect.readers.reader import Member, TextPiece
from morris_mlx.collect.text import ParsedText, UnreadableError, iso_date
from morris_mlx.text.front_matter import MARKDOWN_FRONT_MATTER

LICENSE_KEYS = ("license", "licence", "rights", "copyright")


def read_markdown(member: Member) -> Iterator[TextPiece]:
    """Yield the one text of a Markdown file. Raises UnreadableError."""
    yield TextPiece(parse_markdown(read_characters(member)))


def parse_markdown(text: str) -> ParsedText:
    """Return the prose, with title, author, date and license from the front matter.

    Without a title in the front matter, the title is the heading at the start of the text. Raises
    UnreadableError for a front matter that is not valid YAML.
    """
    meta: dict[object, object] = {}
    text = text.replace("\r\n", "\n")
    if match := MARKDOWN_FRONT_MATTER.match(text):
        try:
            loaded = yaml.safe_load(match[1])
        # ValueError: a date like 2021-02-30. RecursionError: deeply nested brackets.
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise UnreadableError("its front matter is not valid YAML") from error
        if isinstance(loaded, dict):  # anything else is prose between two horizontal rules
            meta, text = loaded, text[match.end() :]
    heading, body = _extract_prose(text)
    license_text = next((str(meta[key]) for key in LICENSE_KEYS if meta.get(key)), "")
    return ParsedText(
        text=body,
        title=str(meta.get("title") or heading).strip(),
        author=str(meta.get("author") or "").strip(),
        date=iso_date(meta.get("date")),
        license=" ".join(license_text.split()),
    )


def _extract_prose(text: str) -> tuple[str, str]:
    """Return the heading that the text starts with, or "", and the rest without markup or code."""
    tokens = MarkdownIt("commonmark").parse(text)
    title = ""
    paragraphs: list[str] = []
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type != "inline":
            continue
        content = "".join(_inline_text(child) for child in token.children or [])
        is_heading = before is not None and before.type == "heading_open"
        if is_heading and not title and not paragraphs:
            title = content
        elif content.strip() and (is_heading or not _has_only_links(token)):
            paragraphs.append(content)
    return title, "\n\n".join(paragraphs)


def _has_only_links(token: Token) -> bool:
    """Return True for a paragraph or list item of links alone, which is navigation, not prose."""
    depth, links = 0, 0
    for child in token.children or []:
        depth += {"link_open": 1, "link_close": -1}.get(child.type, 0)
        links += child.type == "link_open"
        if not depth and re.search(r"\w", _inline_text(child)):
            return False
    return links > 0


def _inline_text(token: Token) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return "\n" if token.type == "hardbreak" else " "
    return token.content if token.type in ("text", "code_inline", "text_special") else ""
