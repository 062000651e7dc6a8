"""Word documents (.docx): the text as it reads with all changes accepted.

Left out are comments, text that is deleted, moved away, hidden or struck through, text boxes,
headers, footers, notes and their marks, tables of contents, captions and quotations. Text boxes are
counted, because some documents have all of their text in them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from morris_mlx.collect.readers.documents.docx_styles import Styles
from morris_mlx.collect.readers.documents.paragraphs import (
    Paragraph,
    Properties,
    build_parsed,
    is_prose_cell,
    pieces_of,
    usable_date,
)
from morris_mlx.collect.readers.documents.zip_parts import ZipDocument, ZipParts, open_parts
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece
from morris_mlx.collect.safe_xml import (
    attribute,
    child,
    local_name,
    parse_xml,
    text_of,
)
from morris_mlx.collect.text import UnreadableError

if TYPE_CHECKING:
    from lxml.etree import _Element

CORE_PROPERTIES = "docProps/core.xml"
# Elements in a paragraph whose text is no part of it.
_SKIPPED = {
    *("pPr", "rPr", "sdtPr", "del", "moveFrom", "drawing", "pict", "object", "instrText"),
    *("delText", "delInstrText", "fldData", "rt", "oMathPara", "Choice", "annotationRef"),
    *("footnoteRef", "endnoteRef", "pgNum", "commentReference"),
}
# Fields whose result is no text of the writer: page numbers, contents, indexes, bibliographies.
_SKIPPED_FIELDS = {
    *("page", "numpages", "sectionpages", "toc", "index", "toa", "noteref", "pageref", "seq"),
    *("bibliography", "formtext", "formcheckbox", "formdropdown"),
}
_BIBLIOGRAPHY = ("bibl", "_bibliography", "reflist")  # what the add-ins for citations call theirs
_SYMBOL_FONTS = ("symbol", "wingdings", "webdings")
_HIDING = ("vanish", "webHidden", "strike", "dstrike")  # hidden, or struck through by the writer
_NOTE_REFERENCES = ("footnoteReference", "endnoteReference")
_NOT_SET = {"0", "false", "off", "none"}


def read_docx(member: Member) -> Iterator[TextPiece | LeftOut]:
    """Yield the text of a Word document, and its text boxes as left out.

    Raises UnreadableError.
    """
    with open_parts(member, ZipDocument.WORD) as parts:
        main = _part_of_type(parts, "", "officeDocument") or "word/document.xml"
        root = parse_xml(parts.read(main))
        styles_name = _part_of_type(parts, main, "styles") or "word/styles.xml"
        styles_raw = parts.read_if_there(styles_name)
        core_raw = parts.read_if_there(
            _part_of_type(parts, "", "core-properties") or CORE_PROPERTIES
        )
    body = child(root, "body")
    if body is None:
        raise UnreadableError("damaged: no text in its main part")
    styles = Styles(parse_xml(styles_raw) if styles_raw else None)
    try:
        paragraphs = _read_body(body, styles)
    except RecursionError as error:
        raise UnreadableError("nested too deeply") from error
    properties = _properties(parse_xml(core_raw)) if core_raw else Properties()
    yield from pieces_of(
        build_parsed(paragraphs, properties, member), _count_box_words(body, styles)
    )


def _part_of_type(parts: ZipParts, source: str, type_: str) -> str | None:
    """Return the name of a part by its relation to `source`, or to the document for ""."""
    folder, _, name = source.rpartition("/")
    raw = parts.read_if_there(posixpath.join(folder, "_rels", f"{name}.rels"))
    if not raw:
        return None
    for relation in parse_xml(raw):
        target = attribute(relation, "Target")
        is_inside = attribute(relation, "TargetMode") != "External"
        if target and is_inside and attribute(relation, "Type").endswith(f"/{type_}"):
            path = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
            return parts.find(path)
    return None


def _properties(core: _Element) -> Properties:
    author = text_of(child(core, "creator"))
    dates = (text_of(child(core, name)) for name in ("created", "modified"))
    return Properties(text_of(child(core, "title")), author, usable_date(*dates))


def _count_box_words(body: _Element, styles: Styles) -> int:
    """Return the number of words in text boxes, without captions.

    Word writes most boxes twice, the second time in a fallback for older programs.
    """
    words = 0
    for box in body.iter("{*}txbxContent"):
        outer = {local_name(element) for element in box.iterancestors()}
        if not outer & {"Fallback", "txbxContent", "del"}:
            words += sum(len(p.text.split()) for p in _BodyReader(styles).read(box))
    return words


def _read_body(body: _Element, styles: Styles) -> list[Paragraph]:
    reader = _BodyReader(styles)
    paragraphs = list(reader.read(body))
    if reader.has_open_field:  # a damaged field would take the rest of the text with it
        reader = _BodyReader(styles, reads_all_fields=True)
        paragraphs = list(reader.read(body))
    return paragraphs + reader.finish()


class _BodyReader:
    """Reader of the paragraphs of a body, in order. Fields may span several paragraphs."""

    def __init__(self, styles: Styles, reads_all_fields: bool = False) -> None:
        self._styles = styles
        self._reads_all_fields = reads_all_fields
        self._fields: list[str] = []  # instructions of the open fields, the innermost last
        self._in_instruction: list[bool] = []
        self._pieces: list[str] = []  # text of the paragraph so far, and of ones that it goes on

    @property
    def has_open_field(self) -> bool:
        """True if a field began that never ended."""
        return bool(self._fields)

    def read(self, element: _Element) -> Iterator[Paragraph]:
        """Yield the kept paragraphs in an element that contains paragraphs."""
        for inner in element:
            match local_name(inner):
                case "p":
                    yield from self._paragraph(inner)
                case "tbl":
                    yield from self._table(inner)
                case "sdt" if not _is_table_of_contents(inner):
                    content = child(inner, "sdtContent")
                    if content is not None and child(inner, "sdtPr", "showingPlcHdr") is None:
                        yield from self.read(content)
                case "ins" | "moveTo" | "customXml" | "smartTag" | "sdtContent":
                    yield from self.read(inner)
                case "AlternateContent":
                    if (fallback := child(inner, "Fallback")) is not None:
                        yield from self.read(fallback)

    def finish(self) -> list[Paragraph]:
        """Return the last paragraph if its end was deleted."""
        return [Paragraph("".join(self._pieces))] if self._pieces else []

    def _table(self, table: _Element) -> Iterator[Paragraph]:
        rows = [list(row.iterchildren("{*}tc")) for row in table.iterchildren("{*}tr")]
        columns = max(map(len, rows), default=0)
        for row in table.iterchildren("{*}tr"):
            for cell in row.iterchildren("{*}tc"):
                paragraphs = list(self.read(cell))
                if child(row, "trPr", "del") is None and is_prose_cell(paragraphs, columns):
                    yield from paragraphs

    def _paragraph(self, element: _Element) -> Iterator[Paragraph]:
        properties = child(element, "pPr")
        kind = self._styles.kind_of(properties)
        self._add_text(element, self._pieces)
        if _is_deleted(properties) or _is_drop_cap(properties):
            return  # the next paragraph goes on
        text = "".join(self._pieces)
        self._pieces = []
        all_left_out = not text.strip() and any(t.text for t in element.iter("{*}t"))
        if not kind.is_kept or all_left_out:
            return
        level = kind.level
        if not (level or kind.is_title) and _is_set_as_heading(element, properties):
            level = 1
        # A page break within a paragraph ends it.
        for part in text.split("\f"):
            yield Paragraph(part, level, kind.is_title)

    def _add_text(self, element: _Element, pieces: list[str], is_hidden: bool = False) -> None:
        """Add the text in an element. Hidden elements are searched for the ends of fields."""
        for inner in element:
            name = local_name(inner)
            if name == "fldChar":
                self._note_field(inner)
            elif name == "instrText" and self._in_instruction and self._in_instruction[-1]:
                self._fields[-1] += inner.text or ""
            elif name in _SKIPPED:
                continue
            elif (character := _character(inner, name)) is not None:
                if not is_hidden and not self._is_in_skipped_field():
                    pieces.append(character)
            else:
                self._add_text(inner, pieces, is_hidden or _hides_text(inner, name))

    def _note_field(self, mark: _Element) -> None:
        match attribute(mark, "fldCharType"):
            case "begin":
                self._fields.append("")
                self._in_instruction.append(True)
            case "separate" if self._fields:
                self._in_instruction[-1] = False
            case "end" if self._fields:
                self._fields.pop()
                self._in_instruction.pop()

    def _is_in_skipped_field(self) -> bool:
        if self._reads_all_fields:
            return False
        return any(
            in_instruction or not _is_text_field(field)
            for field, in_instruction in zip(self._fields, self._in_instruction, strict=True)
        )


def _character(element: _Element, name: str) -> str | None:
    """Return the text of an element in a run, or None for one that contains others."""
    match name:
        case "t":
            return element.text or ""
        case "tab" | "ptab":
            return "\t"
        case "br":
            is_page = attribute(element, "type") in ("page", "column")
            return "\f" if is_page else "\n"
        case "cr":
            return "\n"
        case "noBreakHyphen":
            return "-"
        case "sym":
            return _symbol(element)
    return None


def _symbol(element: _Element) -> str:
    font = attribute(element, "font").casefold()
    if font.startswith(_SYMBOL_FONTS):
        return ""  # the code is a picture's number in that font, not a character
    try:
        code = int(attribute(element, "char"), 16)
    except ValueError:
        return ""
    is_private = 0xD800 <= code < 0xF900 or code < 32 or code > 0x10FFFF
    return "" if is_private else chr(code)


def _is_text_field(instruction: str) -> bool:
    words = instruction.casefold().split()
    if not words:
        return True
    if words[0] == "addin":
        return not any(name in word for word in words[1:] for name in _BIBLIOGRAPHY)
    return words[0] not in _SKIPPED_FIELDS


def _hides_text(element: _Element, name: str) -> bool:
    """Return True for an element in a paragraph whose text is not shown, or is no text."""
    match name:
        case "r":  # the mark of a note may be a star that the writer typed beside it
            is_mark = any(local_name(e) in _NOTE_REFERENCES for e in element)
            return is_mark or any(_is_set(element, name) for name in _HIDING)
        case "fldSimple":
            return not _is_text_field(attribute(element, "instr"))
        case "sdt":  # "Click here to enter text"
            return child(element, "sdtPr", "showingPlcHdr") is not None
    return False


def _is_set(run: _Element, name: str) -> bool:
    switch = child(run, "rPr", name)
    return switch is not None and attribute(switch, "val").casefold() not in _NOT_SET


def _is_table_of_contents(sdt: _Element) -> bool:
    gallery = child(sdt, "sdtPr", "docPartObj", "docPartGallery")
    return gallery is not None and attribute(gallery, "val") in (
        "Table of Contents",
        "Bibliographies",
    )


def _is_deleted(properties: _Element | None) -> bool:
    """Return True if the end of a paragraph was deleted or moved away."""
    return properties is not None and any(
        child(properties, "rPr", change) is not None for change in ("del", "moveFrom")
    )


def _is_drop_cap(properties: _Element | None) -> bool:
    """Return True for a frame with the first letter of the next paragraph."""
    frame = child(properties, "framePr") if properties is not None else None
    return frame is not None and attribute(frame, "dropCap") in ("drop", "margin")


def _is_set_as_heading(element: _Element, properties: _Element | None) -> bool:
    """Return True for a centered paragraph that is bold throughout: a heading made by hand."""
    alignment = child(properties, "jc") if properties is not None else None
    if alignment is None or attribute(alignment, "val") != "center":
        return False
    runs = [r for r in element.iter("{*}r") if child(r, "t") is not None]
    return bool(runs) and all(_is_set(run, "b") for run in runs)
