"""A page's tree made ready for extraction: what trafilatura would take for something else."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

# Other people's words, where a page says so by the name of a class alone.
QUOTATIONS = {
    *("quote", "quotation", "blockquote", "block-quote", "pullquote", "pull-quote", "epigraph"),
    *("article-quote", "article__quote", "text-quote", "b-quote", "citation"),
}
BIOGRAPHIES = re.compile(
    r"author[-_]{1,2}(?:bio|box|about|card|desc|info|profile)|about[-_](?:the[-_])?author|"
    r"bio(?:graphy)?$",
    re.IGNORECASE,
)
NAME_WORDS = 6  # more are a sentence about a person, not a name
LONGEST_BIOGRAPHY = 150  # words: more are an article, whatever its class
NOTE_MARK = re.compile(r"[\[(]?(?:\d{1,3}|[*†‡§↩↑^]|↩︎)[\])]?")


def make_ready(tree: HtmlElement) -> None:
    """Verse is text, an empty line ends a paragraph, quotations are quotations.

    Marks of notes and biographies go.
    """
    _keep_verse(tree)
    for paragraph in list(tree.iter("p")):
        _split(paragraph)
    for element in list(tree.iter("div", "p", "section", "aside", "figure")):
        if QUOTATIONS.intersection((element.get("class") or "").lower().split()):
            element.tag = "blockquote"
    for link in list(tree.iter("a")):
        if (link.get("href") or "").startswith("#") and NOTE_MARK.fullmatch(
            link.text_content().strip()
        ):
            link.drop_tree()
    for element in list(tree.iter("div", "section", "aside", "p")):
        names = f"{element.get('class') or ''} {element.get('id') or ''}".split()
        if not any(BIOGRAPHIES.search(name) for name in names):
            continue
        if len(element.text_content().split()) <= LONGEST_BIOGRAPHY:
            _drop_sentences(element)


def names_of_writers(tree: HtmlElement) -> list[str]:
    """Names in the page's first place that names writers, where it marks each of them."""
    for marked in (
        "//a[contains(concat(' ', @rel, ' '), ' author ')]",
        "//*[contains(concat(' ', @itemprop, ' '), ' author ')]",
        "//*[contains(concat(' ', normalize-space(@class), ' '), ' author ')]",
    ):
        found = [e for e in tree.xpath(marked) if e.text_content().strip()]
        if found and (place := found[0].getparent()) is not None:
            if sum(e in found for e in place.iterdescendants()) < 2:
                place = place.getparent() if place.getparent() is not None else place
            names = [
                " ".join(e.text_content().split()) for e in found if place in e.iterancestors()
            ]
            return [n for n in dict.fromkeys(names) if len(n.split()) <= NAME_WORDS]
    return []


def _split(paragraph: HtmlElement) -> None:
    """Two line breaks are a new paragraph."""
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


def _drop_sentences(element: HtmlElement) -> None:
    """What is said about a person goes, the name stays: it may be the only byline."""
    for inner in [e for e in element.iter("p", "div", "span") if not len(e)] or [element]:
        if len(inner.text_content().split()) > NAME_WORDS:
            inner.clear(keep_tail=True)
    if len((element.text or "").split()) > NAME_WORDS:
        element.text = None


def _keep_verse(tree: HtmlElement) -> None:
    """A <pre> without code in it is verse or a letter: paragraphs with line breaks.

    trafilatura would take it for a quotation.
    """
    for element in list(tree.iter("pre")):
        marked = f"{element.get('class') or ''} {element.get('data-language') or ''}".lower()
        parent = element.getparent()
        code = any(word in marked for word in ("code", "highlight", "lang", "src", "sh_"))
        if parent is None or code or len(element):
            continue
        lines = (element.text or "").strip("\n").split("\n")
        element.tag, element.text = "p", lines[0]
        for line in lines[1:]:
            tag = element.makeelement("br")
            tag.tail = line
            element.append(tag)
