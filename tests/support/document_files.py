"""Builders of documents in the formats of word processors, and their reading for tests."""

from __future__ import annotations

import zipfile
from pathlib import Path

from morris_mlx.collect.archives import SingleFile
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece
from morris_mlx.collect.readers.table import find_reader
from morris_mlx.collect.text import normalize_text

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE_NAMES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (
        *(("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing")),
        *(("style", "style"), ("meta", "meta"), ("fo", "xsl-fo-compatible")),
    )
)
OFFICE_NAMES += ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
PROSE = (
    "The harbour was shut for painting on the Monday, which is what they say when the man with the "
    "key is on holiday with the key, and so we stood there with our buckets and looked at the gate."
)


def pieces(path: Path) -> list[TextPiece | LeftOut]:
    """Read a file with the reader that accepts it."""
    member = Member(SingleFile(path), path.name)
    reader = find_reader(member)
    assert reader, f"no reader accepts {path.name}"
    return list(reader.read(member))


def parsed(path: Path):
    """Return the one text of a file, beside what is left out of it."""
    (piece,) = (piece for piece in pieces(path) if isinstance(piece, TextPiece))
    return piece.parsed


def text_of(path: Path) -> str:
    """Return the text of a file as it gets into the documents."""
    return normalize_text(parsed(path).text)


def write_zip(path: Path, files: dict[str, str | bytes]) -> Path:
    """Write a zip. A file called mimetype is stored, as the formats demand."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            how = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(name, content, how)
    return path


# --- Word ------------------------------------------------------------------------------------
def paragraph(*runs: str, style: str = "", properties: str = "") -> str:
    """Return a paragraph; a run that is no markup is text."""
    inner = "".join(r if r.startswith("<") else run(r) for r in runs)
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{named}{properties}</w:pPr>{inner}</w:p>"


def run(text: str, properties: str = "") -> str:
    """Return a run of text."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def docx_files(*paragraphs: str, core: str = "", styles: str = "") -> dict[str, str | bytes]:
    """Return the parts of a Word document."""
    names = f'xmlns:w="{W}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    names += ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": "<Types/>",
        "word/document.xml": f"<w:document {names}><w:body>{''.join(paragraphs)}</w:body></w:document>",
    }
    if core:
        namespaces = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
        namespaces += ' xmlns:dcterms="http://purl.org/dc/terms/"'
        files["docProps/core.xml"] = f"<coreProperties {namespaces}>{core}</coreProperties>"
    if styles:
        files["word/styles.xml"] = f"<w:styles {names}>{styles}</w:styles>"
    return files


def write_docx(path: Path, *paragraphs: str, **more: str) -> Path:
    """Write a Word document of paragraphs."""
    return write_zip(path, docx_files(*paragraphs, **more))


# --- OpenDocument ----------------------------------------------------------------------------
def odt_files(body: str, meta: str = "", styles: str = "") -> dict[str, str | bytes]:
    """Return the parts of an OpenDocument text."""
    return {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": f"<office:document-content {OFFICE_NAMES}><office:automatic-styles>{styles}"
        f"</office:automatic-styles><office:body><office:text>{body}</office:text></office:body>"
        "</office:document-content>",
        "meta.xml": f"<office:document-meta {OFFICE_NAMES}><office:meta>{meta}</office:meta>"
        "</office:document-meta>",
        "META-INF/manifest.xml": "<manifest/>",
    }


# --- EPUB ------------------------------------------------------------------------------------
def epub_files(
    pages: dict[str, str], metadata: str = "", properties: dict[str, str] | None = None
) -> dict[str, str | bytes]:
    """Return the parts of a book. `pages` are the bodies by the names of the pages, in order."""
    more = properties or {}
    items = "".join(
        f'<item id="{n}" href="{n}" media-type="application/xhtml+xml" '
        f'properties="{more.get(n, "")}"/>'
        for n in pages
    )
    spine = "".join(f'<itemref idref="{n}"/>' for n in pages)
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/">{metadata}</metadata>'
        f"<manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
    )
    head = '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html>'
    namespaces = 'xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"'
    return {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": container,
        "OEBPS/book.opf": package,
        **{
            f"OEBPS/{n}": f"{head}<html {namespaces}><head><title>x</title></head>{body}</html>"
            for n, body in pages.items()
        },
    }
