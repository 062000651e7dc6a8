"""HTML fragments: the body of a post, as blogs and networks export it, without a page around it.

A page is searched for its article; a fragment is the article. So nothing is guessed: blocks become
paragraphs, and pictures, tables, code, forms and block quotations, which are other people's words,
are left out.
"""

from __future__ import annotations

import html
import re

import lxml.html
from lxml import etree
from lxml.html import HtmlElement

from morris_mlx.collect.html.article_cleanup import is_credit
from morris_mlx.collect.html.charset import decode_html
from morris_mlx.collect.html.page_cleanup import FOOTNOTE_MARK, QUOTATIONS
from morris_mlx.collect.text import PARSER_ERRORS, UnreadableError, normalize_text

BLOCKS = {
    *("p", "div", "section", "article", "main", "header", "footer", "aside", "address", "center"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "hr", "pre"),
    *("details", "summary", "body", "fieldset", "hgroup", "table", "tr", "td", "th", "caption"),
}
DROPPED_BLOCKS = {
    *("blockquote", "figure", "figcaption", "table", "iframe", "object", "embed", "audio", "video"),
    *("canvas", "nav", "menu", "head", "form", "title"),
}
DROPPED = DROPPED_BLOCKS | {
    *("script", "style", "noscript", "template", "svg", "button", "select", "input", "textarea"),
    *("label",),
}
# Classes of what blogging programs put between the paragraphs: widgets, buttons, cards of links.
DROPPED_CLASSES = {
    *("wp-caption", "gallery", "wp-block-file", "wp-block-button", "wp-block-buttons"),
    *("wp-block-social-links", "wp-block-latest-posts", "wp-block-embed", "wp-block-gallery"),
    *("sharedaddy", "jp-relatedposts", "addtoany_share_save_container", "post-views"),
    *("subscription-widget-wrap", "subscription-widget-wrap-editor", "subscription-widget"),
    *("button-wrapper", "cta-caption", "captioned-image-container", "captioned-button-wrap"),
    *("digest-post-embed", "embedded-post-wrap", "embedded-publication-wrap", "poll-embed"),
    *(
        "tweet",
        "tweet-embed",
        "install-substack-app-embed",
        "community-chat",
        "directMessage",
        "image-gallery",
    ),
    *("embedded-post", "file-embed-wrapper", "apple-podcast-container", "paywall-jump"),
    *("kg-image-card", "kg-gallery-card", "kg-bookmark-card", "kg-embed-card", "kg-button-card"),
    *("kg-signup-card", "kg-file-card", "kg-audio-card", "kg-video-card", "kg-product-card"),
    *("graf--mixtapeEmbed", "graf--pre", "tr-caption-container", "tr-caption"),
    *("instagram-media", "fb-post", "feedflare", "blogger-post-footer", "twitter-tweet"),
}
CODE_WORDS = ("code", "highlight", "lang", "src", "brush", "prettyprint")
PICTURED_LETTERS = {"emoji", "wp-smiley"}  # pictures in place of one character
MIN_LAYOUT_WORDS = 40  # of a cell; a longer one is prose, and no value
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
SPACE = re.compile(r"[ \t\r\n\f]+")
# Characters that XML forbids. lxml refuses a text with one of them.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
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
    try:
        tree = parse_fragment(markup)
        text = element_text(tree, line_breaks)
        if not text and any(quote.text_content().strip() for quote in tree.iter("blockquote")):
            raise UnreadableError("all of it is set as a quotation")
    except PARSER_ERRORS as error:
        raise UnreadableError(f"its markup is damaged ({type(error).__name__})") from error
    return text


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
    paragraphs = map(normalize_text, _ParagraphWalk(line_breaks).walk(tree))
    return "\n\n".join(p for p in paragraphs if p and not is_credit(p) and not ADDRESS.fullmatch(p))


def plain_title(markup: str) -> str:
    """Return a title without tags and character references, on one line."""
    return " ".join(html.unescape(TAG.sub("", markup)).split())


def is_markup(text: str) -> bool:
    """Return True for a text with tags of HTML, as opposed to plain text with a stray "<"."""
    return KNOWN_TAG.search(text) is not None


class _ParagraphWalk:
    """A walk through a tree in the order of the text, which collects its paragraphs."""

    def __init__(self, line_breaks: bool) -> None:
        self._line_breaks = line_breaks
        self._verse = 0  # open <pre> elements without code
        self._pieces: list[str] = []
        self._found: list[str] = []

    def walk(self, tree: HtmlElement) -> list[str]:
        """Return the paragraphs below an element. No recursion: markup may be nested deeply."""
        walker = etree.iterwalk(tree, events=("start", "end", "comment", "pi"))
        skipped = None
        for event, element in walker:
            if event == "start" and _is_dropped(element):
                self._end_paragraph(element.tag in BLOCKS or element.tag in DROPPED_BLOCKS)
                self._pieces.append(_pictured_letter(element))
                walker.skip_subtree()
                skipped = element
            elif event == "start":
                self._start(element)
            elif event == "end" and element is not skipped:
                self._end(element)
            if event != "start" and element is not tree:
                self._add(element.tail or "", after_break=element.tag == "br")
        self._end_paragraph(True)
        return self._found

    def _start(self, element: HtmlElement) -> None:
        self._end_paragraph(element.tag in BLOCKS)
        self._verse += element.tag == "pre"
        if element.tag == "br":
            self._pieces.append("\n")
        elif element.tag == "img":
            self._pieces.append(_pictured_letter(element))
        elif element.tag == "q":
            self._pieces.append("“")
        self._add(element.text or "")

    def _end(self, element: HtmlElement) -> None:
        if element.tag == "q":
            self._pieces.append("”")
        self._verse -= element.tag == "pre"
        self._end_paragraph(element.tag in BLOCKS)

    def _add(self, text: str, after_break: bool = False) -> None:
        if self._verse or self._line_breaks:
            text = re.sub(r"[ \t\f]+", " ", text.replace("\r\n", "\n").replace("\r", "\n"))
            if after_break and not self._verse:  # the tag and its line end are one break
                text = re.sub(r"^ ?\n", "", text)
            self._pieces.append(text)
        else:
            self._pieces.append(SPACE.sub(" ", text))

    def _end_paragraph(self, ends: bool) -> None:
        if ends and self._pieces:
            text = re.sub(r" {2,}", " ", "".join(self._pieces))
            text = re.sub(r" ?\n ?", "\n", text).strip()
            self._found += re.split(r"\n{2,}", text)
            self._pieces = []


def _is_dropped(element: HtmlElement) -> bool:
    names = (element.get("class") or "").split()
    if DROPPED_CLASSES.intersection(names):
        return True
    if element.tag in DROPPED:
        return element.tag != "table" or not _is_layout(element)
    if element.tag in BLOCKS and QUOTATIONS.intersection(map(str.lower, names)):
        return True
    if element.tag == "a" and (element.get("href") or "").startswith("#"):
        return FOOTNOTE_MARK.fullmatch(element.text_content().strip()) is not None
    if element.tag == "pre":
        has_code = any(word in " ".join(names).lower() for word in CODE_WORDS)
        return has_code or element.find(".//code") is not None
    if element.get("data-dynamic-audiences") == "non_sub":  # a preview of what follows
        return True
    return element.get("hidden") is not None or bool(HIDDEN.search(element.get("style") or ""))


def _is_layout(table: HtmlElement) -> bool:
    """Return True for a table that only places a text on the page, as newsletters do."""
    rows = [row for row in table.iter("tr") if len(row)]
    cells = [cell for row in rows for cell in row.iterchildren("td", "th")]
    if any(len(cell.text_content().split()) >= MIN_LAYOUT_WORDS for cell in cells):
        return True
    return bool(rows) and all(len(list(row.iterchildren("td", "th"))) <= 1 for row in rows)


def _pictured_letter(element: HtmlElement) -> str:
    is_letter = PICTURED_LETTERS.intersection((element.get("class") or "").split())
    return (element.get("alt") or "") if element.tag == "img" and is_letter else ""
