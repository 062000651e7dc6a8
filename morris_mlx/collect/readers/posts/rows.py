"""Rows of CSV files: columns by name, cells with line breaks, damage with its line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from morris_mlx.collect.readers.characters import decode_text
from morris_mlx.collect.readers.reader import Member
from morris_mlx.collect.text import UnreadableError

if TYPE_CHECKING:
    import _csv

MAX_TABLE_BYTES = 100_000_000  # far more than one person writes
DELIMITERS = (",", ";", "\t", "|")
MAX_COLUMNS = 1000


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its line in the file, and its cells by column name.

    `is_whole` is False for a row with fewer cells than columns.
    """

    line: int
    cells: dict[str, str]
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file. `columns` are the names in its first line, folded by `column_name`."""

    columns: tuple[str, ...]
    text: str
    delimiter: str

    def rows(self) -> Iterator[Row]:
        """Yield the rows that are not empty. Raises UnreadableError with the line of damage."""
        reader = _reader(self.text, self.delimiter, _is_strict(self.text, self.delimiter))
        line = 1
        try:
            next(reader, None)
            line = reader.line_num + 1
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    is_whole = len(cells) >= len(self.columns)
                    yield Row(line, dict(zip(self.columns, cells, strict=False)), is_whole)
                line = reader.line_num + 1
        except csv.Error as error:
            raise UnreadableError(
                f"damaged at line {line:,} ({error}): a quotation mark may be missing there"
            ) from error


def column_name(name: str) -> str:
    """Return the name of a column in one spelling: "Post Title", "post-title" → "post_title"."""
    return re.sub(r"[\W_]+", "_", name.strip().casefold()).strip("_")


def read_table(member: Member) -> Table:
    """Read a CSV file with a line of column names. Raises UnreadableError."""
    text = decode_text(member.read_bytes(MAX_TABLE_BYTES)).lstrip("\ufeff")
    return _table(text)


def head_columns(head: bytes) -> tuple[str, ...]:
    """Return the folded column names in the first bytes of a CSV file; () where there are none."""
    try:
        return _table(head.decode("utf-8-sig", "replace").partition("\n")[0]).columns
    except UnreadableError:
        return ()


def _table(text: str) -> Table:
    if first := re.match(r"sep=(.)\r?\n", text):  # a line for Excel
        text = text[first.end() :]
    best = Table((), text, ",")
    for delimiter in DELIMITERS:
        try:
            names = next(_reader(text, delimiter), [])
        except csv.Error:
            continue
        if len(names) > max(len(best.columns), 1) and len(names) <= MAX_COLUMNS:
            best = Table(tuple(map(column_name, names)), text, delimiter)
    if not best.columns:
        line = text.lstrip().partition("\n")[0].strip()
        if not re.fullmatch(r"\"?[\w -]{1,40}\"?", line):
            raise UnreadableError("not a table with names of columns in its first line")
        return Table((column_name(line),), text, ",")
    return best


def _is_strict(text: str, delimiter: str) -> bool:
    """Return False for a table with signs after a closing quotation mark, as some programs write.

    A quotation mark that is never closed is damage: the rest of the file would be one cell.
    """
    try:
        for _ in _reader(text, delimiter):
            pass
    except csv.Error as error:
        return "unexpected end" in str(error)  # the module gives no other sign than its message
    return True


def _reader(text: str, delimiter: str, strict: bool = True) -> _csv.Reader:
    # Some programs write \" for a quotation mark in a cell, and others "".
    escape = "\\" if '\\"' in text and '""' not in text else None
    # The limit is one of the process. The default, 128 KB, is shorter than a long text.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_TABLE_BYTES))
    return csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        strict=strict,
        skipinitialspace=f'{delimiter} "' in text and f'{delimiter}"' not in text,
        doublequote=escape is None,
        escapechar=escape,
    )
