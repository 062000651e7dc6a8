"""Cleanup of a page before extraction: markup that trafilatura would misread."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from morris_mlx.collect.html.page_notes import remove_notes

# Classes that mark text as a quotation.
QUOTATIONS = {
    *("quote", "quotation", "blockquote", "block-quote", "pullquote", "pull-quote", "epigraph"),
    *("article-quote", "article__quote", "text-quote", "b-quote", "citation"),
}
BIOGRAPHIES = re.compile(
    r"author[-_]{1,2}(?:bio|box|about|card|desc|info|profile)|about[-_](?:the[-_])?author|"
    r"bio(?:graphy)?$",
    re.IGNORECASE,
)
MAX_NAME_WORDS = 6  # more are a sentence about a person, not a name
MAX_BIOGRAPHY_WORDS = 150  # more are an article, whatever its class
FOOTNOTE_MARK = re.compile(r"[\[(]?(?:\d{1,3}|[*†‡§↩↑^]|↩︎)[\])]?")
# Paragraphs that programs set as a title: Google Docs, Word, LibreOffice.
TITLES = {"title", "msotitle", "msotitlecxspfirst", "title-western"}
# Counters and the summary above a text on Medium; the icon of a box on Notion.
OUTSIDE = {
    *("pw-subtitle-paragraph", "graf--subtitle", "p-summary", "pw-multi-vote-count"),
    *("pw-responses-count", "pw-multi-vote-icon", "speechify-ignore", "page-header-icon"),
}


def clean_page(tree: HtmlElement) -> None:
    """Prepare a page for trafilatura, in place.

    Verse becomes paragraphs, an empty line ends a paragraph, quotations become block quotations,
    and notes, footnote marks, reviewers' comments and biographies of authors are removed.
    """
    remove_notes(tree)
    _convert_titles(tree)
    _convert_boxes(tree)
    _convert_verse(tree)
    for paragraph in list(tree.iter("p")):
        _split_at_empty_lines(paragraph)
    for element in list(tree.iter("div", "p", "section", "aside", "figure")):
        if QUOTATIONS.intersection((element.get("class") or "").lower().split()):
            element.tag = "blockquote"
    for link in list(tree.iter("a")):
        if (link.get("href") or "").startswith("#") and FOOTNOTE_MARK.fullmatch(
            link.text_content().strip()
        ):
            link.drop_tree()
    for element in list(tree.iter("div", "section", "aside", "p")):
        names = f"{element.get('class') or ''} {element.get('id') or ''}".split()
        if not any(BIOGRAPHIES.search(name) for name in names):
            continue
        if len(element.text_content().split()) <= MAX_BIOGRAPHY_WORDS:
            _remove_sentences(element)


def find_author_names(tree: HtmlElement) -> list[str]:
    """Return the author names that the page marks up one by one, where it first does so."""
    for path in (
        "//a[contains(concat(' ', @rel, ' '), ' author ')]",
        "//*[contains(concat(' ', @itemprop, ' '), ' author ')]",
        "//*[contains(concat(' ', normalize-space(@class), ' '), ' author ')]",
    ):
        found = [e for e in tree.xpath(path) if e.text_content().strip()]
        if found and (place := found[0].getparent()) is not None:
            if sum(e in found for e in place.iterdescendants()) < 2:
                place = place.getparent() if place.getparent() is not None else place
            names = [
                " ".join(e.text_content().split()) for e in found if place in e.iterancestors()
            ]
            return [n for n in dict.fromkeys(names) if len(n.split()) <= MAX_NAME_WORDS]
    return []


def _convert_titles(tree: HtmlElement) -> None:
    """Convert a paragraph that is set as the title to a heading, if the page has no other."""
    if tree.find(".//h1") is not None:
        return
    for element in tree.iter("p"):
        if TITLES.intersection((element.get("class") or "").lower().split()):
            element.tag = "h1"
            return


def _convert_boxes(tree: HtmlElement) -> None:
    """Convert boxes with the writer's own text to divisions, and drop marks of a platform."""
    for element in list(tree.iter("figure", "aside")):
        if "callout" in (element.get("class") or "").lower().split():
            element.tag = "div"
            for icon in element.xpath(".//*[contains(@class, 'icon')]"):
                icon.drop_tree()
    for element in list(tree.iter("h2", "h3", "h4", "p", "section", "div", "span")):
        if OUTSIDE.intersection((element.get("class") or "").lower().split()):
            element.drop_tree()


def _split_at_empty_lines(paragraph: HtmlElement) -> None:
    """Start a new paragraph after two line breaks."""
    for first in list(paragraph.iterchildren("br")):
        second = first.getnext()
        if second is None or second.tag != "br" or (first.tail or "").strip():
            continue
        new = paragraph.makeelement("p")
        new.text = second.tail
        new.extend(list(second.itersiblings()))
        paragraph.remove(first)
        paragraph.remove(second)
        new.tail, paragraph.tail = paragraph.tail, None
        paragraph.addnext(new)
        paragraph = new


def _remove_sentences(element: HtmlElement) -> None:
    """Remove sentences about a person, but not the name, which may be the only byline."""
    for inner in [e for e in element.iter("p", "div", "span") if not len(e)] or [element]:
        if len(inner.text_content().split()) > MAX_NAME_WORDS:
            inner.clear(keep_tail=True)
    if len((element.text or "").split()) > MAX_NAME_WORDS:
        element.text = None


def _convert_verse(tree: HtmlElement) -> None:
    """Convert a <pre> without code, which is verse or a letter, to a paragraph with line breaks.

    trafilatura would take it for a quotation.
    """
    for element in list(tree.iter("pre")):
        names = f"{element.get('class') or ''} {element.get('data-language') or ''}".lower()
        parent = element.getparent()
        is_code = any(word in names for word in ("code", "highlight", "lang", "src", "sh_"))
        if parent is None or is_code or len(element):
            continue
        lines = (element.text or "").strip("\n").split("\n")
        element.tag, element.text = "p", lines[0]
        for line in lines[1:]:
            tag = element.makeelement("br")
            tag.tail = line
            element.append(tag)
