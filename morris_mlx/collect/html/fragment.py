"""HTML fragments: the body of a post, as blogs and networks export it, without a page around it.

A page is searched for its article; a fragment is the article. So nothing is guessed: blocks become
paragraphs, and pictures, tables, code, forms and block quotations, which are other people's words,
are left out.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

import lxml.html
from lxml import etree
from lxml.html import HtmlElement

from morris_mlx.collect.html.article_cleanup import is_credit
from morris_mlx.collect.html.block_walk import BlockWalk
from morris_mlx.collect.html.charset import decode_html
from morris_mlx.collect.html.page_notes import remove_notes
from morris_mlx.collect.text import PARSER_ERRORS, Block, UnreadableError, normalize_text

# Characters that XML forbids. lxml refuses a text with one of them.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
MAX_DEPTH = 2000  # elements; the parser drops those below 2,048
CONTAINER = re.compile(
    r"</?(?:div|section|span|font|article|ul|ol|li|b|i|blockquote)\b[^<>]*>", re.IGNORECASE
)
ADDRESS = re.compile(r"(?:https?://|www\.)\S+")
KNOWN_TAG = re.compile(
    r"<(?:p|br|div|h[1-6]|ul|ol|li|em|strong|b|i|u|a|span|img|table|iframe|figure|blockquote|pre|"
    r"section|article|hr|code|sup|video|audio|script|style)\b[^<>]*>",
    re.IGNORECASE,
)
TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


def fragment_text(markup: str, line_breaks: bool = False) -> str:
    """Return the text of an HTML fragment, with an empty line between paragraphs.

    Args:
        markup: the fragment.
        line_breaks: True where an empty line starts a paragraph and a line break is one, as in
            posts of older blogging programs, which add the tags when they show a post.

    Raises:
        UnreadableError: when there is text, but all of it is set as a quotation, or the markup is
            damaged.
    """
    return _join(fragment_blocks(markup, line_breaks, keep_links=True))


def fragment_blocks(
    markup: str, line_breaks: bool = False, keep_links: bool = False
) -> list[Block]:
    """Return the paragraphs, headings and separators of an HTML fragment.

    `keep_links`: paragraphs of links alone, which lead to other texts, are kept. The other
    arguments and the errors are those of `fragment_text`.
    """
    try:
        blocks = _walk(markup, line_breaks, keep_links)
        if not any(block.text for block in blocks) and "<blockquote" in markup.lower():
            quotes = parse_fragment(markup).iter("blockquote")
            if any(quote.text_content().strip() for quote in quotes):
                raise UnreadableError("all of it is set as a quotation")
    except PARSER_ERRORS as error:
        raise UnreadableError(f"its markup is damaged ({type(error).__name__})") from error
    return blocks


def _walk(markup: str, line_breaks: bool, keep_links: bool) -> list[Block]:
    # The parser leaves out what is too deep for it. Then only the paragraphs are read.
    for text in (markup, CONTAINER.sub("<p>", markup)):
        tree = parse_fragment(text)
        remove_notes(tree)
        walk = BlockWalk(line_breaks, keep_links)
        blocks = walk.walk(tree)
        if walk.deepest < MAX_DEPTH:
            break
    return blocks


def parse_fragment(markup: str) -> HtmlElement:
    """Return a tree of the fragment. Raises one of PARSER_ERRORS for damage."""
    clean = FORBIDDEN.sub("", markup.encode("utf-8", "replace").decode("utf-8"))
    # Without the limit of 256 elements in each other: the rest would be lost without a word.
    parser = lxml.html.HTMLParser(huge_tree=True)
    return lxml.html.document_fromstring(f"<html><body><div>{clean}</div></body></html>", parser)


def parse_page(raw: bytes) -> HtmlElement:
    """Return the tree of a whole page of an export. Raises UnreadableError for an empty one."""
    try:
        return lxml.html.document_fromstring(
            FORBIDDEN.sub("", decode_html(raw)), lxml.html.HTMLParser(huge_tree=True)
        )
    except etree.ParserError as error:  # no PARSER_ERRORS: nothing but comments is in it
        raise UnreadableError("no text in it") from error


def element_text(tree: HtmlElement, line_breaks: bool = False) -> str:
    """Return the text below an element."""
    return _join(BlockWalk(line_breaks).walk(tree))


def _join(blocks: Iterable[Block]) -> str:
    """Return the text of blocks, without credits of pictures and addresses of embedded pages."""
    paragraphs = (normalize_text(block.text) for block in blocks)
    return "\n\n".join(p for p in paragraphs if p and not is_credit(p) and not ADDRESS.fullmatch(p))


def plain_title(markup: str) -> str:
    """Return a title without tags and character references, on one line."""
    return " ".join(html.unescape(TAG.sub("", markup)).split())


def is_markup(text: str) -> bool:
    """Return True for a text with tags of HTML, as opposed to plain text with a stray "<"."""
    return KNOWN_TAG.search(text) is not None
