"""A walk through the HTML of a text, which collects its paragraphs, headings and separators.

Everything is the text, apart from what is named here: there is no navigation to be told from an
article.
"""

from __future__ import annotations

import re

from lxml import etree
from lxml.html import HtmlElement

from morris_mlx.collect.html.page_cleanup import QUOTATIONS
from morris_mlx.collect.text import Block

BLOCKS = {
    *("p", "div", "section", "article", "main", "header", "footer", "aside", "address", "center"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "hr", "pre"),
    *("details", "summary", "body", "fieldset", "hgroup", "table", "tr", "td", "th", "caption"),
    *("figure", "blockquote"),
}
DROPPED_BLOCKS = {
    *("blockquote", "figure", "figcaption", "table", "iframe", "object", "embed", "audio", "video"),
    *("canvas", "nav", "menu", "head", "form", "title"),
}
DROPPED = DROPPED_BLOCKS | {
    *("script", "style", "noscript", "template", "svg", "math", "map", "button", "select"),
    *("input", "textarea", "label", "del", "s", "strike", "rt", "rp"),
}
HEADINGS = {f"h{level}": level for level in range(1, 7)}
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
CALLOUT = "callout"  # the class of a box with the writer's own words, which may be a figure
# The picture that such a box begins with.
ICON = re.compile("[\u2139\u2600-\u27bf\U0001f300-\U0001faff]\ufe0f?\\s+")
MIN_LAYOUT_WORDS = 40  # of a cell; a longer one is prose, and no value
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
SPACE = re.compile(r"[ \t\r\n\f]+")
NOTE_MARK = re.compile(
    r"\s*(?:[\[(]?(?:\d{1,3}|[*†‡§↩↑^\ufe0e]{1,3})[\])]?|[\[(][a-z]{1,2}[\])])\s*", re.IGNORECASE
)
AFTER_WORD = re.compile(r"(?:[^\W\d_]{3}|[^\W\d_][.,;:!?…\"”’»)]+)$")
# The name below a quotation.
ATTRIBUTION = re.compile(r"\s*(?:—|–|--|―|-)\s*\S.{0,80}", re.DOTALL)
MAX_ATTRIBUTION_WORDS = 10


class BlockWalk:
    """A walk through a tree in the order of the text. It does not recurse: trees may be deep.

    Attributes:
        deepest: the number of elements around the deepest one.
    """

    def __init__(self, line_breaks: bool = False, keep_links: bool = True) -> None:
        """Prepare a walk.

        Args:
            line_breaks: line breaks of the source are those of the text.
            keep_links: a paragraph of links alone is kept. It leads to other texts.
        """
        self.deepest = 0
        self._keep_links = keep_links
        self._line_breaks = line_breaks
        self._blocks: list[Block] = []
        self._pieces: list[str] = []
        self._verse = 0  # open <pre> elements without code
        self._links = 0  # open <a> elements
        self._linked = 0  # letters of the paragraph within links
        self._level = 0  # of the open heading
        self._is_box = False  # the next paragraph is the first of a box
        self._is_after_quotation = False

    def walk(self, tree: HtmlElement) -> list[Block]:
        """Return the blocks below an element."""
        walker = etree.iterwalk(tree, events=("start", "end", "comment", "pi"))
        skipped = None
        depth = 0
        for event, element in walker:
            if event == "start":
                depth += 1
                self.deepest = max(self.deepest, depth)
            depth -= event == "end"
            if event == "start" and self._is_dropped(element):
                self._skip(element)
                walker.skip_subtree()
                skipped = element
            elif event == "start":
                self._start(element)
            elif event == "end" and element is not skipped:
                self._end(element)
            if event != "start" and element is not tree:
                self._add(element.tail or "", after_break=element.tag == "br")
        self._end_paragraph()
        return self._blocks

    def _skip(self, element: HtmlElement) -> None:
        if element.tag in BLOCKS or element.tag in DROPPED_BLOCKS:
            self._end_paragraph()
            self._is_after_quotation = element.tag == "blockquote"
        self._pieces.append(_pictured_letter(element))

    def _start(self, element: HtmlElement) -> None:
        tag = element.tag
        if tag in BLOCKS:
            self._end_paragraph()
            self._level = HEADINGS.get(tag, self._level)
            self._is_box = self._is_box or tag in ("aside", "figure")
        self._verse += tag == "pre"
        self._links += tag == "a"
        if tag == "hr":
            self._blocks.append(Block("", is_separator=True))
        elif tag == "br":
            self._pieces.append("\n")
        elif tag == "img":
            self._pieces.append(_pictured_letter(element))
        elif tag == "q":
            self._pieces.append("“")
        self._add(element.text or "")

    def _end(self, element: HtmlElement) -> None:
        if element.tag == "q":
            self._pieces.append("”")
        self._verse -= element.tag == "pre"
        self._links -= element.tag == "a"
        if element.tag in BLOCKS:
            self._end_paragraph()
            self._level = 0

    def _add(self, text: str, after_break: bool = False) -> None:
        if self._links:
            self._linked += sum(c.isalnum() for c in text)
        if self._verse or self._line_breaks:
            text = re.sub(r"[ \t\f]+", " ", text.replace("\r\n", "\n").replace("\r", "\n"))
            if after_break and not self._verse:  # the tag and its line end are one break
                text = re.sub(r"^ ?\n", "", text)
            self._pieces.append(text)
        else:
            self._pieces.append(SPACE.sub(" ", text))

    def _end_paragraph(self) -> None:
        """End the paragraph. Two line breaks in it are the end of a paragraph, too."""
        text, linked = "".join(self._pieces), self._linked
        self._pieces, self._linked = [], 0
        text = re.sub(r" ?\n ?", "\n", re.sub(r" {2,}", " ", text)).strip()
        if linked and not self._keep_links and not self._level:
            text = text if sum(c.isalnum() for c in text) > linked else ""
        if not text:
            return
        if self._is_box:
            text, self._is_box = ICON.sub("", text, count=1), False
        for part in re.split(r"\n{2,}", text):
            if part.strip() and not self._is_attribution(part):
                self._blocks.append(Block(part.strip(), self._level))

    def _is_attribution(self, text: str) -> bool:
        """Return True for the name below a quotation that was left out."""
        was_after, self._is_after_quotation = self._is_after_quotation, False
        return (
            was_after
            and len(text.split()) <= MAX_ATTRIBUTION_WORDS
            and ATTRIBUTION.fullmatch(text) is not None
            and text[-1] not in ".!?…"
        )

    def _is_dropped(self, element: HtmlElement) -> bool:
        """Return True for an element that is not text of the writer's."""
        tag, names = element.tag, (element.get("class") or "").split()
        if tag in ("figure", "aside") and CALLOUT in names:
            return False
        if DROPPED_CLASSES.intersection(names):
            return True
        if tag in DROPPED:
            return tag != "table" or not _is_layout(element)
        if tag in BLOCKS and QUOTATIONS.intersection(map(str.lower, names)):
            return True
        if tag in ("a", "sup"):
            return _is_note_mark(element, "".join(self._pieces[-3:]))
        if tag == "pre":
            has_code = any(word in " ".join(names).lower() for word in CODE_WORDS)
            return has_code or element.find(".//code") is not None
        if element.get("data-dynamic-audiences") == "non_sub":  # a preview of what follows
            return True
        return element.get("hidden") is not None or bool(HIDDEN.search(element.get("style") or ""))


def _is_note_mark(element: HtmlElement, before: str) -> bool:
    """Return True for a raised number that leads to a note or a comment.

    `before` is the text before it: a number right after a word is a mark wherever it leads, but
    not one after a unit or a variable, which is an exponent.
    """
    text = element.text_content()
    if not NOTE_MARK.fullmatch(text):
        return False
    links = [element] if element.tag == "a" else list(element.iter("a"))
    if text.strip("[]() ").isdigit() and AFTER_WORD.search(before[-20:]):
        return True
    return any((link.get("href") or "").startswith("#") for link in links)


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
