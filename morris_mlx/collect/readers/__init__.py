"""Readers of the files that writers have. The tables are in the order in which they are asked.

A new kind of file is a module here, a member of `FileKind` or `ExportKind`, and a row below.
"""

from __future__ import annotations

from morris_mlx.collect.readers.export_reader import ExportReader
from morris_mlx.collect.readers.html_page import read_html_page
from morris_mlx.collect.readers.markdown import read_markdown
from morris_mlx.collect.readers.plain_text import read_plain_text
from morris_mlx.collect.readers.reader import FileKind, FileReader, Member, has_suffix

FILE_READERS: tuple[FileReader, ...] = (
    FileReader(FileKind.TEXT, has_suffix(".txt", ".text"), read_plain_text),
    FileReader(FileKind.MARKDOWN, has_suffix(".md", ".markdown"), read_markdown),
    FileReader(FileKind.HTML, has_suffix(".html", ".htm", ".xhtml"), read_html_page),
)

# Asked for every folder and zip, before its files are read one by one.
EXPORT_READERS: tuple[ExportReader, ...] = ()


def find_reader(member: Member) -> FileReader | None:
    """Return the reader of a file, or None for a kind that is not read.

    Raises UnreadableError for a file that cannot be opened.
    """
    head = member.read_head()
    return next((reader for reader in FILE_READERS if reader.accepts(member, head)), None)
