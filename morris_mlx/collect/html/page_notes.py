"""Removal of notes and reviewers' comments from a page, with the marks that lead to them.

Word processors and blogs set them alike: a mark in the text leads to the note, and the note leads
back. That is how they are recognized, whatever their names are.
"""

from __future__ import annotations

import re

from lxml.html import HtmlElement

# A mark: a number, one or two letters ("[a]", or "[GH1]" of a comment), or a sign.
MARK = re.compile(
    r"\s*[\[({]?\s*(?:\d{1,4}|[a-z]{1,3}\d{0,3}|[ivxl]{1,6}|[*†‡§¶]{1,4})\s*[\])}]?\s*",
    re.IGNORECASE,
)
NOTE_BLOCKS = ("li", "p", "dd", "div", "aside", "td")
GROUPS = ("div", "ol", "ul", "section", "aside", "footer", "table", "tbody", "tr", "dl", "li")
# Comments and notes of Word and LibreOffice, which are not always linked.
NOTE_CLASSES = {
    *("msofootnotetext", "msoendnotetext", "msocommenttext", "msocomtxt", "msocomoff"),
    *("sdfootnote", "sdendnote", "sdfootnote-western", "msocommentreference"),
}
NOTE_STYLE = re.compile(r"mso-element:\s*(?:comment|footnote|endnote)(?!-)", re.IGNORECASE)
NOTE_ID = re.compile(r"(?:sd(?:foot|end)note\d+|_com_\d+|ftn\d+|edn\d+)", re.IGNORECASE)

HEADING = re.compile(
    r"\s*(?:foot|end)?notes?:?\s*|\s*(?:fu(?:ß|ss)noten|anmerkungen|notas|примечания|сноски):?\s*",
    re.IGNORECASE,
)


def remove_notes(tree: HtmlElement) -> None:
    """Remove notes, comments and their marks from a page, in place."""
    removed = _drop_marked_notes(tree)
    targets: dict[str, HtmlElement] = {}
    for element in tree.iter():
        for name in _names(element):
            targets.setdefault(name, element)
    for link in list(tree.iter("a")):
        if not _is_in(link, tree) or not MARK.fullmatch(link.text_content()):
            continue
        note = _find_note(link, targets)
        if note is not None:
            _drop_heading(note)
            _drop(note)
        if note is not None or (link.get("href") or "")[1:] in removed:
            raised = link.getparent()
            alone = raised is not None and raised.tag in ("sup", "span")
            same = alone and raised.text_content().strip() == link.text_content().strip()
            _drop(raised if same else link)


def _drop_marked_notes(tree: HtmlElement) -> set[str]:
    """Drop notes that are marked as such by a word processor. Returns their names."""
    removed: set[str] = set()
    for element in list(tree.iter("p", "div", "span")):
        classes = set((element.get("class") or "").lower().split())
        is_note = bool(NOTE_CLASSES & classes) or NOTE_ID.fullmatch(element.get("id") or "")
        if (is_note or NOTE_STYLE.search(element.get("style") or "")) and _is_in(element, tree):
            for inner in element.iter():
                removed.update(_names(inner))
            _drop(element)
    return removed


def _names(element: HtmlElement) -> list[str]:
    """Return the names by which a link can lead to an element."""
    if not isinstance(element.tag, str):
        return []
    return [name for name in (element.get("id"), element.get("name")) if name]


def _find_note(link: HtmlElement, targets: dict[str, HtmlElement]) -> HtmlElement | None:
    """Return the note that a mark leads to if it leads back to the mark, else None."""
    href = link.get("href") or ""
    target = targets.get(href[1:]) if href.startswith("#") and len(href) > 1 else None
    if target is None or target is link or target in link.iterancestors():
        return None
    block = target
    while block.tag not in NOTE_BLOCKS and (outer := block.getparent()) is not None:
        block = outer
    near = [link, link.getparent()]
    back = (targets.get((a.get("href") or "")[1:]) for a in block.iter("a"))
    if block in link.iterancestors() or not any(
        place in near for place in back if place is not None
    ):
        return None
    if _root(block) is not _root(link):
        return block  # it was removed with the group of an earlier note
    # A comment may have several paragraphs: they and the mark stand in a group of their own.
    start = _start(block)
    while (group := block.getparent()) is not None and group.tag in GROUPS:
        if not _start(group).startswith(start) or any(link is inner for inner in group.iter("a")):
            break
        block = group
    return block


def _root(element: HtmlElement) -> HtmlElement:
    """Return the outermost element around an element."""
    around = list(element.iterancestors())
    return around[-1] if around else element


def _start(element: HtmlElement) -> str:
    """Return the first characters of an element's text."""
    pieces: list[str] = []
    for piece in element.itertext():
        pieces.append(str(piece))
        if sum(len(p.strip()) for p in pieces) > 60:
            break
    return " ".join("".join(pieces).split())[:60]


def _is_in(element: HtmlElement, tree: HtmlElement) -> bool:
    """Return True if an element has not been removed from the tree."""
    return any(outer is tree for outer in element.iterancestors())


def _drop_heading(note: HtmlElement) -> None:
    """Drop a heading like "Notes" that stands right above the notes."""
    for block in (note, note.getparent()):
        above = block.getprevious() if block is not None else None
        is_element = above is not None and isinstance(above.tag, str)
        if above is not None and is_element and HEADING.fullmatch(above.text_content()):
            _drop(above)


def _drop(element: HtmlElement) -> None:
    if element.getparent() is not None:
        element.drop_tree()
