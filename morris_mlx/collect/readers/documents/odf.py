"""OpenDocument texts: .odt, and .fodt in one XML file. Deleted text, comments and notes are out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from morris_mlx.collect.readers.documents.docx_styles import MAX_BASES, ParagraphKind, kind_of_style
from morris_mlx.collect.readers.documents.paragraphs import (
    Paragraph,
    Properties,
    build_parsed,
    is_prose_cell,
    pieces_of,
    usable_date,
)
from morris_mlx.collect.readers.documents.zip_parts import MAX_PART_BYTES, ZipDocument, open_parts
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece
from morris_mlx.collect.safe_xml import (
    attribute,
    begins_as_xml,
    child,
    local_name,
    parse_xml,
    text_of,
)
from morris_mlx.collect.text import UnreadableError

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_SPACES = 100  # of one element that stands for several; a damaged count is larger
# Elements whose text is no part of the writer's text.
_SKIPPED = {
    *("tracked-changes", "annotation", "annotation-end", "note", "frame", "custom-shape", "a11y"),
    *("table-of-content", "illustration-index", "table-index", "object-index", "user-index"),
    *("alphabetical-index", "bibliography", "forms", "hidden-text", "hidden-paragraph"),
    *("page-number", "page-count", "page-continuation", "ruby-text", "note-ref", "script"),
    *("bibliography-mark", "sequence", "sequence-decls", "variable-decls", "user-field-decls"),
    *("text-box", "rect", "line", "polygon", "g", "control", "placeholder", "event-listeners"),
}


def is_flat_odf(member: Member, head: bytes) -> bool:
    """Return True for an OpenDocument text in one XML file."""
    is_document = b"<office:document" in head and b"opendocument.text" in head
    return (begins_as_xml(head) and is_document) or member.suffix == ".fodt"


def read_odt(member: Member) -> Iterator[TextPiece | LeftOut]:
    """Yield the text of an .odt file, and its text boxes as left out. Raises UnreadableError."""
    with open_parts(member, ZipDocument.OPEN_DOCUMENT) as parts:
        if b"encryption-data" in parts.read_if_there("META-INF/manifest.xml"):
            raise UnreadableError("it has a password; save a copy without one")
        content = parse_xml(parts.read("content.xml"))
        styles_raw = parts.read_if_there("styles.xml")
        meta_raw = parts.read_if_there("meta.xml")
    styles = parse_xml(styles_raw) if styles_raw else None
    meta = parse_xml(meta_raw) if meta_raw else None
    facts = child(meta, "meta") if meta is not None else None
    yield from _read_document(member, content, styles, facts)


def read_fodt(member: Member) -> Iterator[TextPiece | LeftOut]:
    """Yield the text of an .fodt file, and its text boxes as left out. Raises UnreadableError."""
    root = parse_xml(member.read_bytes(MAX_PART_BYTES))
    yield from _read_document(member, root, root, child(root, "meta"))


def _read_document(
    member: Member, content: _Element, styles: _Element | None, meta: _Element | None
) -> Iterator[TextPiece | LeftOut]:
    body = child(content, "body", "text")
    if body is None:
        raise UnreadableError("no OpenDocument text in it")
    try:
        reader = _BodyReader(_style_bases(content, styles), _hiding_styles(content, styles))
        paragraphs = list(reader.read(body))
        box_words = sum(map(reader.count_words, _boxes(body)))
    except RecursionError as error:
        raise UnreadableError("nested too deeply") from error
    properties = _properties(meta) if meta is not None else Properties()
    yield from pieces_of(build_parsed(paragraphs, properties, member), box_words)


def _boxes(body: _Element) -> Iterator[_Element]:
    """Yield the text boxes, except those around a picture, which contain its caption."""
    for box in body.iter("{*}text-box"):
        outer = {local_name(element) for element in box.iterancestors()}
        has_picture = next(box.iter("{*}image", "{*}object"), None) is not None
        if not has_picture and not outer & {"text-box", "tracked-changes", "annotation"}:
            yield box


def _properties(meta: _Element) -> Properties:
    author = text_of(child(meta, "initial-creator")) or text_of(child(meta, "creator"))
    dates = (text_of(child(meta, name)) for name in ("creation-date", "date"))
    return Properties(text_of(child(meta, "title")), author, usable_date(*dates))


def _style_bases(content: _Element, styles: _Element | None) -> dict[str, str]:
    """Return the style on which each style is based."""
    bases: dict[str, str] = {}
    for root in (styles, content):
        for folder in root if root is not None else ():
            if local_name(folder) in ("styles", "automatic-styles"):
                for style in folder:
                    bases[attribute(style, "name")] = attribute(style, "parent-style-name")
    return bases


def _hiding_styles(content: _Element, styles: _Element | None) -> set[str]:
    """Return the styles of text that is hidden or struck through."""
    found = set()
    for root in (styles, content):
        for properties in root.iter("{*}text-properties") if root is not None else ():
            line = attribute(properties, "text-line-through-style")
            line = line or attribute(properties, "text-line-through-type")
            is_hidden = attribute(properties, "display") == "none"
            parent = properties.getparent()
            if parent is not None and (line not in ("", "none") or is_hidden):
                found.add(attribute(parent, "name"))
    return found


class _BodyReader:
    """Reader of the paragraphs of a body, in order."""

    def __init__(self, bases: dict[str, str], hiding: set[str]) -> None:
        self._bases = bases
        self._hiding = hiding

    def count_words(self, element: _Element) -> int:
        """Return the number of words in the kept paragraphs in an element."""
        return sum(len(paragraph.text.split()) for paragraph in self.read(element))

    def read(self, element: _Element) -> Iterator[Paragraph]:
        """Yield the kept paragraphs in an element that contains paragraphs."""
        for inner in element:
            name = local_name(inner)
            if name in ("p", "h"):
                yield from self._paragraph(inner, name)
            elif name == "table":
                yield from self._table(inner)
            elif name and name not in _SKIPPED and attribute(inner, "display") != "none":
                yield from self.read(inner)

    def _table(self, table: _Element) -> Iterator[Paragraph]:
        # Not the rows of a table in a cell.
        rows = [r for r in table.iter("{*}table-row") if next(r.iterancestors("{*}table")) is table]
        columns = max(map(len, rows), default=0)
        for row in rows:
            for cell in row.iterchildren("{*}table-cell"):
                paragraphs = list(self.read(cell))
                if is_prose_cell(paragraphs, columns):
                    yield from paragraphs

    def _paragraph(self, element: _Element, name: str) -> Iterator[Paragraph]:
        kind = self._kind_of(attribute(element, "style-name"))
        if kind is not None and not kind.is_kept:
            return
        level, is_title = (kind.level, kind.is_title) if kind else (0, False)
        if name == "h" and not is_title:
            level = _outline_level(element) or level or 1
        if attribute(element, "style-name") not in self._hiding:
            yield Paragraph("".join(self._inline(element)), level, is_title)

    def _kind_of(self, style: str) -> ParagraphKind | None:
        for _ in range(MAX_BASES):
            if not style:
                break
            if kind := kind_of_style(style):
                return kind
            style = self._bases.get(style, "")
        return None

    def _inline(self, element: _Element) -> Iterator[str]:
        # White space in the XML is layout: spaces that count are elements.
        yield _collapsed(element.text)
        for inner in element:
            match local_name(inner):
                case "line-break":
                    yield "\n"
                case "tab":
                    yield "\t"
                case "s":
                    count = attribute(inner, "c")
                    yield " " * min(int(count), MAX_SPACES) if count.isdecimal() else " "
                case name if name and name not in _SKIPPED:
                    if attribute(inner, "style-name") not in self._hiding:
                        yield from self._inline(inner)
            yield _collapsed(inner.tail)


def _outline_level(heading: _Element) -> int:
    level = attribute(heading, "outline-level")
    return int(level) if level in set("123456789") else 0


def _collapsed(text: str | None) -> str:
    """Return text with one space in place of line breaks and tabs of the XML."""
    return (text or "").replace("\n", " ").replace("\t", " ")
