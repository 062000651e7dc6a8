"""HTML fragments: the body of a post, as blogs and networks export it, without a page around it.

Widgets, buttons and cards of links, which blogging programs put between the paragraphs, are left
out besides what is no prose in any HTML.
"""

from __future__ import annotations

import html
import re

import lxml.html
from lxml import etree
from lxml.html import HtmlElement

from morris_mlx.collect.html.article_cleanup import is_credit
from morris_mlx.collect.html.charset import decode_html
from morris_mlx.collect.html.page_cleanup import QUOTATIONS
from morris_mlx.collect.html.prose import read_prose
from morris_mlx.collect.text import PARSER_ERRORS, UnreadableError, normalize_text

# Classes of what blogging programs put between the paragraphs: widgets, buttons, cards of links.
DROPPED_CLASSES = {
    *("wp-caption", "gallery", "wp-block-file", "wp-block-button", "wp-block-buttons"),
    *("wp-block-social-links", "wp-block-latest-posts", "wp-block-embed", "wp-block-gallery"),
    *("sharedaddy", "jp-relatedposts", "addtoany_share_save_container", "post-views"),
    *("subscription-widget-wrap", "subscription-widget-wrap-editor", "subscription-widget"),
    *("button-wrapper", "cta-caption", "captioned-image-container", "captioned-button-wrap"),
    *("digest-post-embed", "embedded-post-wrap", "embedded-publication-wrap", "poll-embed"),
    *("tweet", "tweet-embed", "community-chat", "directMessage", "image-gallery"),
    *("install-substack-app-embed",),
    *("embedded-post", "file-embed-wrapper", "apple-podcast-container", "paywall-jump"),
    *("kg-image-card", "kg-gallery-card", "kg-bookmark-card", "kg-embed-card", "kg-button-card"),
    *("kg-signup-card", "kg-file-card", "kg-audio-card", "kg-video-card", "kg-product-card"),
    *("graf--mixtapeEmbed", "graf--pre", "tr-caption-container", "tr-caption"),
    *("instagram-media", "fb-post", "feedflare", "blogger-post-footer", "twitter-tweet"),
}
PICTURED_LETTERS = {"emoji", "wp-smiley"}  # pictures in place of one character
INLINE = {"a", "span", "img", "em", "strong", "small", "sup", "sub", "i", "b"}
MIN_LAYOUT_WORDS = 40  # of a cell; a longer one is prose, and no value
# Characters that XML forbids. lxml refuses a text with one of them.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
ADDRESS = re.compile(r"(?:https?://|www\.)\S+")
KNOWN_TAG = re.compile(
    r"<(?:p|br|div|h[1-6]|ul|ol|li|em|strong|b|i|u|a|span|img|table|iframe|figure|blockquote|pre|"
    r"section|article|hr|code|sup|video|audio|script|style)\b[^<>]*>",
    re.IGNORECASE,
)
TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
ANY_TAG = re.compile(r"(<[^<>]*>)")


def fragment_text(markup: str, line_breaks: bool = False) -> str:
    """Return the text of an HTML fragment, with an empty line between paragraphs.

    Args:
        markup: the fragment.
        line_breaks: True where an empty line starts a paragraph and a line break is one, as in
            posts of older blogging programs, which add the tags when they show a post.

    Raises:
        UnreadableError: when there is text, but all of it is formatted as a quotation, or the
            markup is damaged.
    """
    try:
        blocks = read_prose(_break_lines(markup) if line_breaks else markup, _prepare)
    except PARSER_ERRORS as error:
        raise UnreadableError("its markup is damaged") from error
    paragraphs = (normalize_text(block.text) for block in blocks)
    text = "\n\n".join(p for p in paragraphs if p and not is_credit(p) and not ADDRESS.fullmatch(p))
    _, quotation, rest = markup.partition("<blockquote")
    if not text and quotation and TAG.sub("", f"<p{rest}").strip():
        raise UnreadableError("all of it is formatted as a quotation")
    return text


def parse_page(raw: bytes) -> HtmlElement:
    """Return the tree of a whole page of an export. Raises UnreadableError for an empty one."""
    try:
        return lxml.html.document_fromstring(
            FORBIDDEN.sub("", decode_html(raw)), lxml.html.HTMLParser(huge_tree=True)
        )
    except etree.ParserError as error:  # no PARSER_ERRORS: nothing but comments is in it
        raise UnreadableError("no text in it") from error


def element_text(element: HtmlElement) -> str:
    """Return the text of a part of a page. Raises UnreadableError."""
    return fragment_text(lxml.html.tostring(element, encoding="unicode", with_tail=False))


def plain_title(markup: str) -> str:
    """Return a title without tags and character references, on one line."""
    return " ".join(html.unescape(TAG.sub("", markup)).split())


def is_markup(text: str) -> bool:
    """Return True for a text with tags of HTML, as opposed to plain text with a stray "<"."""
    return KNOWN_TAG.search(text) is not None


def _break_lines(markup: str) -> str:
    """Return the markup with a tag for each line break, apart from those in <pre>."""
    pieces: list[str] = []
    in_pre, after_break = False, False
    for number, piece in enumerate(ANY_TAG.split(markup.replace("\r\n", "\n"))):
        if number % 2:
            name = piece.strip("</> ").partition(" ")[0].lower()
            if name == "pre":
                in_pre = not piece.startswith("</")
            after_break = name == "br"
        elif not in_pre:
            if after_break:  # the tag and its line end are one break
                piece = re.sub(r"^[ \t]*\n", "", piece)
            piece = piece.replace("\n", "<br>")
        pieces.append(piece)
    return "".join(pieces)


def _prepare(tree: HtmlElement) -> None:
    """Change the tags of what blogging programs add, so that it is read or left out."""
    for element in list(tree.iter(etree.Element)):
        names = (element.get("class") or "").split()
        if element.tag == "img" and PICTURED_LETTERS.intersection(names):
            element.tag, element.text = "span", element.get("alt") or ""
            element.attrib.clear()
        elif (
            DROPPED_CLASSES.intersection(names)
            # A preview, for readers who do not pay, of what follows.
            or element.get("data-dynamic-audiences") == "non_sub"
        ):
            element.tag = "script" if element.tag in INLINE else "nav"
        elif element.tag in ("div", "p", "section", "aside") and QUOTATIONS.intersection(
            map(str.lower, names)
        ):
            element.tag = "blockquote"
        elif element.tag == "table" and _is_layout(element):
            for part in list(element.iter("table", "tbody", "tr", "td", "th")):
                part.tag = "div"


def _is_layout(table: HtmlElement) -> bool:
    """Return True for a table that only places a text on the page, as newsletters do."""
    rows = [row for row in table.iter("tr") if len(row)]
    cells = [cell for row in rows for cell in row.iterchildren("td", "th")]
    if any(len(cell.text_content().split()) >= MIN_LAYOUT_WORDS for cell in cells):
        return True
    return bool(rows) and all(len(list(row.iterchildren("td", "th"))) <= 1 for row in rows)
