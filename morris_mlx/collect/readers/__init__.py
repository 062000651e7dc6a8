"""Readers of the files that writers have. The tables are in the order in which they are asked.

A new kind of file is a module here, a member of `FileKind` or `ExportKind`, and a row below.
"""

from __future__ import annotations

from morris_mlx.collect.readers.day_one import is_day_one, read_day_one
from morris_mlx.collect.readers.docx import read_docx
from morris_mlx.collect.readers.epub import read_epub
from morris_mlx.collect.readers.evernote import is_enex, read_enex
from morris_mlx.collect.readers.export_reader import ExportKind, ExportReader
from morris_mlx.collect.readers.html_page import read_html_page
from morris_mlx.collect.readers.markdown import read_markdown
from morris_mlx.collect.readers.mdx import read_mdx
from morris_mlx.collect.readers.odf import is_flat_odf, read_fodt, read_odt
from morris_mlx.collect.readers.org import read_org
from morris_mlx.collect.readers.pdf import is_pdf, read_pdf
from morris_mlx.collect.readers.plain_text import read_plain_text
from morris_mlx.collect.readers.reader import FileKind, FileReader, Member, has_suffix
from morris_mlx.collect.readers.rtf import is_rtf, read_rtf
from morris_mlx.collect.readers.scrivener import claim_scrivener, read_scrivener
from morris_mlx.collect.readers.web_archive import is_web_archive, read_web_archive
from morris_mlx.collect.readers.zip_parts import ZipDocument, accepts_zip

FILE_READERS: tuple[FileReader, ...] = (
    FileReader(FileKind.RTF, is_rtf, read_rtf),
    FileReader(FileKind.PDF, is_pdf, read_pdf),
    FileReader(FileKind.WORD, accepts_zip(ZipDocument.WORD), read_docx),
    FileReader(FileKind.OPEN_DOCUMENT, accepts_zip(ZipDocument.OPEN_DOCUMENT), read_odt),
    FileReader(FileKind.FLAT_OPEN_DOCUMENT, is_flat_odf, read_fodt),
    FileReader(FileKind.EPUB, accepts_zip(ZipDocument.EPUB), read_epub),
    FileReader(FileKind.WEB_ARCHIVE, is_web_archive, read_web_archive),
    FileReader(FileKind.EVERNOTE, is_enex, read_enex),
    FileReader(FileKind.DAY_ONE, is_day_one, read_day_one),
    FileReader(FileKind.ORG, has_suffix(".org"), read_org),
    FileReader(FileKind.MDX, has_suffix(".mdx"), read_mdx),
    FileReader(FileKind.TEXT, has_suffix(".txt", ".text"), read_plain_text),
    FileReader(FileKind.MARKDOWN, has_suffix(".md", ".markdown"), read_markdown),
    FileReader(FileKind.HTML, has_suffix(".html", ".htm", ".xhtml"), read_html_page),
)

# Asked for every folder and zip, before its files are read one by one.
EXPORT_READERS: tuple[ExportReader, ...] = (
    ExportReader(ExportKind.SCRIVENER, claim_scrivener, read_scrivener),
)


def find_reader(member: Member) -> FileReader | None:
    """Return the reader of a file, or None for a kind that is not read.

    Raises UnreadableError for a file that cannot be opened.
    """
    head = member.read_head()
    return next((reader for reader in FILE_READERS if reader.accepts(member, head)), None)
