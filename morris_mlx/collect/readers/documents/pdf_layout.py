"""Lines of PDF pages → paragraphs: columns, running heads, page numbers, notes and hyphens."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest
from statistics import median

from morris_mlx.collect.readers.documents.paragraphs import Paragraph
from morris_mlx.collect.readers.documents.pdf_pages import Page, Segment

EDGE_LINES = 2  # at top and bottom of a page, where running heads and page numbers are
MAX_HEAD = 100  # characters of a running head
EDGE_SHARE = 0.25  # of the height of a page: a page number stands there
NOTE_SIZE, MARK_SIZE, HEADING_SIZE = 0.92, 0.8, 1.15  # font sizes beside the text's own
DROP_CAP_SIZE = 1.8
PARAGRAPH_GAP = 1.25  # distance of two lines beside the usual one, at which a paragraph ends
INDENT, MAX_INDENT = 0.8, 6.0  # of a first line, in font sizes; more is a centered line
SHORT_LINE = 0.75  # of the usual length: the last line of a paragraph, or verse
MARGIN_SHARE = 0.15  # of the lines of a page, which begin at one place: a margin
MIN_MARKED_SHARE = 0.03  # of the lines, which begin a paragraph after a gap or with an indent
MIN_COLUMN_LINES, MIN_COLUMN_SHARE = 4, 0.4  # lines that begin at one place within others
MIN_COLUMN_WIDTH = 0.5  # of the other column, in characters
_PAGE_NUMBER = re.compile(
    r"\W*(?:(?:page|seite|p\.|s\.|с\.|стр\.?|страница|página|pagina)\s*)?"
    r"(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:/|of|von|из|de|di|sur)\s*\d{1,4})?\W*",
    re.IGNORECASE,
)
_LEADERS = re.compile(r"(?:\. ?){4,}\s*(?:\d{1,4}|[ivxlc]{1,7})\s*$")  # a line of the contents
_CONTENTS_LINE = re.compile(r"\s(?:\d{1,4}|[ivxlc]{1,7})\s*$")
_CONTENTS_HEADING = re.compile(
    r"(?:table of )?contents|inhalt(?:sverzeichnis)?|sommaire|table des matières|índice|indice|"
    r"содержание|оглавление|inhoud(?:sopgave)?",
    re.IGNORECASE,
)
_NOTE_START = re.compile(r"\s*(?:\d{1,3}|[*†‡§])")
_NOTE_MARK = re.compile(r"\s*(?:\d{1,3}(?:[,–-]\d{1,3})*|[*†‡§])\s*")
# A date and a time: the line of a chat, which must not be joined with the one before.
_MESSAGE = re.compile(r"\[?\d{1,4}[./-]\d{1,2}[./-]\d{1,4},? {1,2}\d{1,2}[:.]\d\d")
_BULLET = re.compile(r"[•▪◦‣●○■□➢✓·\uf000-\uf0ff]\s+")  # no dashes, which begin speech
_SENTENCE_END = re.compile(r"[.!?…:»”\"’)]\s*$")
_HYPHENS = "-\u00ad\u2010"
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st"}


@dataclass(frozen=True, slots=True)
class _Line:
    page: int
    x: float
    y: float
    size: float
    text: str
    column: int = 0


def build_paragraphs(pages: Sequence[Page]) -> list[Paragraph]:
    """Return the paragraphs of the pages, in reading order."""
    numbered = [
        list(_without_contents(_order_columns(number, page))) for number, page in enumerate(pages)
    ]
    body_size = _usual(round(line.size, 1) for page in numbered for line in page for _ in line.text)
    without_edges = _remove_edges(numbered, pages)
    lines = [line for page in without_edges for line in _remove_notes(page, body_size)]
    words = Counter(word for line in lines for word in re.findall(r"[\w-]+", line.text.casefold()))
    lines = list(_join_drop_caps(lines, body_size, words))
    layout = _Layout(lines)
    found: list[Paragraph] = []
    for group in layout.groups(lines):
        text = _join(group, words, layout.usual_length)
        is_heading = group[0].size >= HEADING_SIZE * body_size and len(group) <= EDGE_LINES + 1
        found.append(Paragraph(text.translate(_LIGATURES), int(is_heading)))
    return found


def _join_drop_caps(
    lines: Iterable[_Line], body_size: float, words: Counter[str]
) -> Iterator[_Line]:
    """Put a large first letter, which is beside several lines, before the first of them."""
    cap: _Line | None = None
    for line in lines:
        # The letter stands lower than the line. A number over a chapter stands higher.
        if cap and cap.page == line.page and cap.y < line.y and line.text[0].isalpha():
            first = line.text.split()[0].casefold()
            is_word = not words[cap.text.casefold() + first] and words[first] > 1
            line = replace(line, text=f"{cap.text}{' ' if is_word else ''}{line.text}")
        elif cap:
            yield cap
        is_large = line.size >= DROP_CAP_SIZE * body_size
        cap = line if is_large and len(line.text) == 1 and line.text.isalpha() else None
        if cap is None:
            yield line
    if cap:
        yield cap


def _usual(values: Iterable[float]) -> float:
    counted = Counter(values)
    return counted.most_common(1)[0][0] if counted else 0.0


# --- lines of a page -------------------------------------------------------------------------
def _order_columns(number: int, page: Page) -> list[_Line]:
    """Return the lines of a page. Columns that the file writes line by line are put in order."""
    start = _second_column(page.lines)
    if start is None:
        return [line for segments in page.lines if (line := _line(number, segments))]
    ordered: list[_Line] = []
    left: list[_Line] = []
    right: list[_Line] = []
    for segments in page.lines:
        at = _index_at(segments, start)
        if at is None and _end(segments[-1]) > start + 2 * segments[-1].size:
            ordered += [*left, *right]  # a line over both columns
            left, right = [], []
            ordered += filter(None, [_line(number, segments)])
            continue
        before, after = (segments, ()) if at is None else (segments[:at], segments[at:])
        left += filter(None, [_line(number, before)])
        right += filter(None, [_line(number, after, column=1)])
    return [*ordered, *left, *right]


def _second_column(lines: Sequence[Sequence[Segment]]) -> float | None:
    """Return where a second column begins within lines, or None if there is none."""
    starts: Counter[float] = Counter()
    for line in lines:
        inner = {round(s.x) for before, s in pairwise(line) if s.x > _end(before)}
        starts.update(inner)
    if not starts:
        return None
    place, count = starts.most_common(1)[0]
    if count < max(MIN_COLUMN_LINES, MIN_COLUMN_SHARE * len(lines)):
        return None
    rows = [(line, at) for line in lines if (at := _index_at(line, place)) is not None]
    left = median(sum(len(s.text) for s in line[:at]) for line, at in rows)
    right = median(sum(len(s.text) for s in line[at:]) for line, at in rows)
    # The names of speakers, or a table, stand beside the text and belong to its lines.
    return place if min(left, right) >= MIN_COLUMN_WIDTH * max(left, right) else None


def _index_at(line: Sequence[Segment], place: float) -> int | None:
    """Return which segment of a line begins at a place, or None."""
    return next((n for n, s in enumerate(line) if abs(s.x - place) < s.size), None)


def _end(segment: Segment) -> float:
    """Return about where a segment ends: its letters are narrower than half their height."""
    return segment.x + 0.4 * segment.size * len(segment.text.strip())


def _line(page: int, segments: Sequence[Segment], column: int = 0) -> _Line | None:
    """Return a line without the marks of notes in it, or None for an empty one."""
    visible = [s for s in segments if s.text.strip()]
    if not visible:
        return None
    size = max(visible, key=lambda s: len(s.text)).size
    text = "".join(
        s.text
        for n, s in enumerate(segments)
        if n == 0 or s.size >= MARK_SIZE * size or not _NOTE_MARK.fullmatch(s.text)
    )
    return _Line(page, visible[0].x, visible[0].y, size, " ".join(text.split()), column)


def _without_contents(lines: Iterable[_Line]) -> Iterator[_Line]:
    """Yield the lines that are not in a table of contents: they end with the number of a page."""
    in_contents = False
    for line in lines:
        in_contents = in_contents and _CONTENTS_LINE.search(line.text) is not None
        if _CONTENTS_HEADING.fullmatch(line.text):
            in_contents = True
        if not in_contents and not _LEADERS.search(line.text):
            yield line


# --- running heads, page numbers, notes ------------------------------------------------------
def _remove_edges(numbered: Sequence[list[_Line]], pages: Sequence[Page]) -> list[list[_Line]]:
    """Remove lines at the edges of pages that other pages repeat, and page numbers."""
    by_height = [sorted(lines, key=lambda line: line.y) for lines in numbered]
    edges = [[*lines[:EDGE_LINES], *lines[-EDGE_LINES:]] for lines in by_height]
    seen = Counter(key for edge in edges for key in set(map(_edge_key, edge)))
    min_gap = PARAGRAPH_GAP * _leading([line for lines in numbered for line in lines])
    kept = []
    for lines, ordered, page in zip(numbered, by_height, pages, strict=True):
        removed: set[_Line] = set()
        for inwards in (ordered, ordered[::-1]):
            for line, following in zip_longest(inwards[:EDGE_LINES], inwards[1 : EDGE_LINES + 1]):
                is_apart = following is None or abs(line.y - following.y) > min_gap
                is_head = is_apart and seen[_edge_key(line)] > 1 and len(line.text) <= MAX_HEAD
                if not (is_head or _is_page_number(line, page)):
                    break
                removed.add(line)
        kept.append([line for line in lines if line not in removed])
    return kept


def _is_page_number(line: _Line, page: Page) -> bool:
    share = (line.y - page.bottom) / max(page.top - page.bottom, 1.0)
    is_outside = share < EDGE_SHARE or share > 1 - EDGE_SHARE
    return is_outside and _PAGE_NUMBER.fullmatch(line.text) is not None


def _edge_key(line: _Line) -> tuple[str, int]:
    """Return the text without numbers, and about the height, which running heads share."""
    return re.sub(r"\d+|\b[ivxlc]+\b", "#", line.text.casefold()), round(line.y / 12)


def _remove_notes(lines: list[_Line], body_size: float) -> list[_Line]:
    """Remove the notes at the foot of each column: small lines that begin with a mark."""
    kept: list[_Line] = []
    for column in sorted({line.column for line in lines}):
        here = [line for line in lines if line.column == column]
        end = len(here)
        while end and here[end - 1].size <= NOTE_SIZE * body_size:
            end -= 1
        begins = [n for n in range(end, len(here)) if _NOTE_START.match(here[n].text)]
        kept += here[: begins[0]] if begins else here
    return kept


# --- paragraphs ------------------------------------------------------------------------------
class _Layout:
    """Measures of a text, and by them where its paragraphs begin."""

    def __init__(self, lines: Sequence[_Line]) -> None:
        lengths = sorted(len(line.text) for line in lines)
        # In characters: of ten lines nine are not longer, so that one odd line does not count.
        self.usual_length = float(lengths[int(0.9 * (len(lengths) - 1))]) if lengths else 0.0
        self._margins = _margins(lines)
        pairs = [(a, b) for a, b in pairwise(lines) if a.page == b.page and a.y > b.y]
        self._leading = _leading(lines)
        marked = sum(self._has_gap(a, b) or self._is_indented(b) for a, b in pairs)
        # Where gaps or indents show the paragraphs, a short line is no sign of an end.
        self._has_marks = marked >= max(2, MIN_MARKED_SHARE * len(lines))

    def groups(self, lines: Sequence[_Line]) -> Iterator[list[_Line]]:
        """Yield the lines of each paragraph."""
        group: list[_Line] = []
        after_gap = False  # the paragraph began after a gap
        for line in lines:
            if group and self._begins(group, line, after_gap):
                yield group
                after_gap = self._has_gap(group[-1], line)
                group = []
            group.append(line)
        if group:
            yield group

    def _begins(self, group: Sequence[_Line], line: _Line, after_gap: bool) -> bool:
        before = group[-1]
        has_other_size = abs(line.size - before.size) > (HEADING_SIZE - 1) * max(
            line.size, before.size
        )
        if has_other_size or _BULLET.match(line.text) or _MESSAGE.match(line.text):
            return True
        is_short = len(before.text) < SHORT_LINE * self.usual_length
        ends_sentence = _SENTENCE_END.search(before.text) is not None
        looks_finished = is_short and ends_sentence
        if line.text[:1].islower() and not ends_sentence and not self._has_gap(before, line):
            return False
        if before.page != line.page or before.y <= line.y:  # on a new page or column
            return self._is_indented(line) or looks_finished
        if self._has_gap(before, line):
            return True
        indent = self._indent(line)
        if after_gap and indent > self._indent(group[0]) + 1:
            return False  # all lines but the first are indented
        starts_here = self._is_indented(line) and abs(self._indent(before) - indent) >= 1
        return starts_here or (looks_finished and not self._has_marks)

    def _has_gap(self, before: _Line, line: _Line) -> bool:
        return before.y - line.y > PARAGRAPH_GAP * self._leading

    def _is_indented(self, line: _Line) -> bool:
        return INDENT * line.size < self._indent(line) < MAX_INDENT * line.size

    def _indent(self, line: _Line) -> float:
        """Return how far a line begins to the right of the margin on its left."""
        left = [x for x in self._margins[line.page] if x <= line.x + 1]
        # The places of indented lines are among the margins if there are many: take the one before.
        if len(left) > 1 and left[-1] - left[-2] < MAX_INDENT * line.size:
            return line.x - left[-2]
        return line.x - left[-1] if left else 0.0


def _leading(lines: Sequence[_Line]) -> float:
    """Return the usual distance of a line from the one before."""
    pairs = ((a, b) for a, b in pairwise(lines) if a.page == b.page and a.y > b.y)
    return _usual(round(2 * (a.y - b.y)) / 2 for a, b in pairs)


def _margins(lines: Sequence[_Line]) -> dict[int, list[float]]:
    """Return where lines usually begin on each page, from the left: a place for each column."""
    starts: dict[int, Counter[float]] = {}
    for line in lines:
        starts.setdefault(line.page, Counter())[round(line.x)] += 1
    return {
        page: sorted(x for x, n in found.items() if n >= max(2, MARGIN_SHARE * found.total()))
        for page, found in starts.items()
    }


def _join(group: Sequence[_Line], words: Counter[str], usual_length: float) -> str:
    """Return the text of a paragraph. The lines of verse stay lines."""
    lengths = [len(line.text) for line in group[:-1]]
    has_hyphens = any(line.text.endswith(tuple(_HYPHENS)) for line in group[:-1])
    is_verse = len(lengths) > 1 and median(lengths) < SHORT_LINE * usual_length and not has_hyphens
    text = _BULLET.sub("", group[0].text)
    for line in group[1:]:
        text = f"{text}\n{line.text}" if is_verse else _join_lines(text, line.text, words)
    return text.replace("\u00ad", "")


def _join_lines(text: str, following: str, words: Counter[str]) -> str:
    """Join two lines. The hyphen between them is removed unless the word has one elsewhere."""
    if not text.endswith(tuple(_HYPHENS)) or not following[:1].islower():
        # A compound or a range keeps its hyphen; a dash has a space before it.
        is_compound = text.endswith(("-", "\u2010")) and not text.endswith(" -")
        return f"{text}{following}" if is_compound else f"{text} {following}"
    start = re.search(r"[\w-]*$", text[:-1].casefold())
    rest = re.match(r"[\w-]*", following.casefold())
    one, other = start[0] if start else "", rest[0] if rest else ""
    if not one:
        return f"{text} {following}"
    keeps = words[f"{one}-{other}"] > 0 and words[one + other] == 0
    return f"{text if keeps else text[:-1]}{following}"
