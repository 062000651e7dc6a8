"""Pages of a PDF as lines of text with their places, by pypdf."""

from __future__ import annotations

import logging
import math
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from pypdf import PageObject, PdfReader
from pypdf.errors import DependencyError, PyPdfError

from morris_mlx.collect.text import PARSER_ERRORS, UnreadableError

MAX_PAGES = 5_000
MAX_CHARACTERS = 20_000_000  # of text in all pages
PDF_ERRORS = (
    *(PyPdfError, OSError, EOFError, NotImplementedError, zlib.error, struct.error),
    *PARSER_ERRORS,
)
UPRIGHT = (0,)
LOCKED = "it has a password; print it to a new PDF, or save its text as .txt"
# pypdf has no AES of its own. It may be needed for the password, the page tree, or a page's text.
ENCRYPTED = "it is encrypted; print it to a new PDF, or save its text as .txt"

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its warnings do not help a user


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a line, with the place where it begins. `y` grows upwards."""

    x: float
    y: float
    size: float
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its lines in the order of the file, each a row of segments, and its height."""

    lines: tuple[tuple[Segment, ...], ...]
    bottom: float
    top: float

    @property
    def letters(self) -> int:
        """The number of letters on the page."""
        return sum(sum(map(str.isalpha, segment.text)) for line in self.lines for segment in line)


@dataclass(frozen=True, slots=True)
class PdfContent:
    """The pages of a PDF that can be read, the number of the others, and its properties."""

    pages: tuple[Page, ...]
    damaged: int
    title: str
    author: str
    created: str


def read_pages(file: BinaryIO) -> PdfContent:
    """Read a PDF. Raises UnreadableError for a damaged or locked one."""
    try:
        reader = PdfReader(file, strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableError(LOCKED)
        count = len(reader.pages)
    except DependencyError as error:  # a cipher that pypdf itself does not have
        raise UnreadableError(ENCRYPTED) from error
    except PDF_ERRORS as error:
        raise UnreadableError("a damaged PDF") from error
    if count > MAX_PAGES:
        raise UnreadableError(f"a PDF of more than {MAX_PAGES:,} pages")
    pages: list[Page] = []
    damaged = characters = 0
    for number in range(count):
        try:
            page = _read_page(reader.pages[number])
        except DependencyError as error:
            raise UnreadableError(ENCRYPTED) from error
        except PDF_ERRORS:
            damaged += 1
            continue
        pages.append(page)
        characters += sum(len(segment.text) for line in page.lines for segment in line)
        if characters > MAX_CHARACTERS:
            raise UnreadableError(f"more than {MAX_CHARACTERS // 1_000_000} MB of text in it")
    return PdfContent(tuple(pages), damaged, *_properties(reader))


def _properties(reader: PdfReader) -> tuple[str, str, str]:
    """Return title, author and creation date as the PDF writes them."""
    try:
        found: Mapping[str, Any] = reader.metadata or {}
        title, author, created = (
            str(found.get(key) or "") for key in ("/Title", "/Author", "/CreationDate")
        )
    except (DependencyError, *PDF_ERRORS):
        return "", "", ""
    return title, author, created


def _read_page(page: PageObject) -> Page:
    box = page.mediabox
    bottom, top = float(box.bottom), float(box.top)
    lines = _read_lines(page, UPRIGHT)
    if not lines:  # a page that lies on its side
        lines = _read_lines(page, (90, 270, 180))
    return Page(tuple(lines), bottom, top)


def _read_lines(page: PageObject, orientations: tuple[int, ...]) -> list[tuple[Segment, ...]]:
    lines: list[tuple[Segment, ...]] = []
    line: list[Segment] = []

    def take(text: str, cm: Sequence[float], tm: Sequence[float], _font: Any, size: float) -> None:
        place = _place(cm, tm, size)
        first, *others = text.split("\n")
        if first:
            line.append(Segment(*place, first))
        for other in others:
            if any(segment.text.strip() for segment in line):
                lines.append(tuple(line))
            line.clear()
            if other:
                line.append(Segment(*place, other))

    page.extract_text(orientations=orientations, visitor_text=take)
    if any(segment.text.strip() for segment in line):
        lines.append(tuple(line))
    return lines


def _place(cm: Sequence[float], tm: Sequence[float], size: float) -> tuple[float, float, float]:
    """Return x, y and font size on the page."""
    x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
    y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
    up = (tm[2] * cm[0] + tm[3] * cm[2], tm[2] * cm[1] + tm[3] * cm[3])
    values = (x, y, abs(size) * math.hypot(*up))
    return values if all(map(math.isfinite, values)) else (0.0, 0.0, 0.0)
