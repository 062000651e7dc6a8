"""Org files (.org) → prose: title, author and date are read, markup, code and notes removed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from morris_mlx.collect.readers.characters import read_characters
from morris_mlx.collect.readers.documents.paragraphs import Paragraph, Properties, build_parsed
from morris_mlx.collect.readers.reader import Member, TextPiece
from morris_mlx.collect.text import ParsedText, iso_date

_KEYWORD = re.compile(r"\s*#\+(\w+)(?:\[[^\]]*\])?:\s*(.*)", re.IGNORECASE)
_BLOCK_BEGIN = re.compile(r"\s*#\+begin_(\w+)", re.IGNORECASE)
_HEADLINE = re.compile(r"(\*+)\s+(.*)")
_TODO = re.compile(
    r"(?:TODO|DONE|NEXT|WAITING|WAIT|HOLD|CANCELLED|CANCELED|STARTED|IDEA|DRAFT|PROJ)\s+"
)
_PRIORITY = re.compile(r"\[#\w\]\s*")
_COOKIE = re.compile(r"\s*\[\d*(?:/\d*|%)\]")
_TAGS = re.compile(r"\s+:([\w@#%:]+):\s*$")
_PLANNING = re.compile(r"\s*(?:CLOSED|SCHEDULED|DEADLINE|CLOCK):")
_DRAWER = re.compile(r"\s*:[\w-]+:\s*$")
_DRAWER_END = re.compile(r"\s*:END:\s*$", re.IGNORECASE)
_ITEM = re.compile(r"(\s*)(?:[-+]|\s\*|\d{1,3}[.)])\s+(?:\[@\d+\]\s*)?(?:\[[ xX-]\]\s+)?(.*)")
_FOOTNOTE = re.compile(r"\[fn:([^\]:]*)\]")
_INLINE_FOOTNOTE = re.compile(r"\[fn:[^\]:]*:[^\[\]]*\]")
_LINK = re.compile(r"\[\[([^\[\]]+)\](?:\[([^\[\]]+)\])?\]")
_PICTURE = re.compile(r"(?:file:)?\S+\.(?:png|jpe?g|gif|svg|webp)", re.IGNORECASE)
_TIMESTAMP = re.compile(r"[<\[](\d{4}-\d\d-\d\d)[^<>\[\]\n]{0,40}[>\]]")
_EMPHASIS = re.compile(r"(?<![\w*/_=~+])([*/_=~+])(\S(?:[^\n]{0,400}?\S)?)\1(?![\w*/_=~+])")
_MACRO = re.compile(r"\{\{\{[^{}]*\}\}\}|@@\w+:[^@\n]*@@|<<<?[^<>\n]+>>>?")
_NOT_EXPORTED = {"noexport", "archive"}
_OPEN_BLOCKS = {"verse", "center"}  # whose text is the writer's; quotations are others' words
MAX_UNNESTED = 3  # emphasis in emphasis


@dataclass(slots=True)
class _Reader:
    """Reader of the lines, one after the other."""

    keywords: dict[str, str] = field(default_factory=dict)
    paragraphs: list[Paragraph] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)  # of the paragraph that is being read
    block: str = ""  # the kind of block that is being read
    left_out_level: int = 0  # of the headline whose tree is left out
    in_drawer: bool = False
    in_note: bool = False

    def take(self, line: str) -> None:
        """Take the next line."""
        if self.block:
            self._take_in_block(line)
        elif self.in_drawer:
            self.in_drawer = not _DRAWER_END.match(line)
        elif headline := _HEADLINE.match(line):
            self.end_paragraph()
            self._headline(len(headline[1]), headline[2])
        elif self.left_out_level:
            return
        elif begin := _BLOCK_BEGIN.match(line):
            self.end_paragraph()
            self.block = begin[1].casefold()
        elif keyword := _KEYWORD.match(line):
            self.end_paragraph()
            self.keywords.setdefault(keyword[1].casefold(), keyword[2].strip())
        elif _DRAWER.match(line):
            self.in_drawer = True
        else:
            self._text_line(line)

    def _take_in_block(self, line: str) -> None:
        if re.match(rf"\s*#\+end_{re.escape(self.block)}", line, re.IGNORECASE):
            self.end_paragraph("\n" if self.block == "verse" else " ")
            self.block = ""
        elif self.block in _OPEN_BLOCKS and not self.left_out_level:
            if line.strip():
                self.lines.append(line.strip())
            else:
                self.end_paragraph("\n" if self.block == "verse" else " ")

    def _headline(self, level: int, text: str) -> None:
        self.in_note = False
        if self.left_out_level and level > self.left_out_level:
            return
        tags = _TAGS.search(text)
        is_private = tags is not None and _NOT_EXPORTED & set(tags[1].casefold().split(":"))
        text = _PRIORITY.sub("", _TODO.sub("", _TAGS.sub("", text), count=1), count=1)
        if (
            is_private
            or text.startswith("COMMENT")
            or text.casefold() in ("footnotes", "local variables")
        ):
            self.left_out_level = level
            return
        self.left_out_level = 0
        if plain := plain_text(_TIMESTAMP.sub("", _COOKIE.sub("", text))).strip():
            self.paragraphs.append(Paragraph(plain, level))

    def _text_line(self, line: str) -> None:
        stripped = line.strip()
        if not stripped:
            self.end_paragraph()
        elif re.match(r"\[fn:[^\]:]+\]", line):
            self.end_paragraph()
            self.in_note = True
        elif (
            stripped.startswith(("# ", "|", ": ", "#+"))
            or stripped in ("#", ":")
            or _PLANNING.match(line)
        ):
            self.end_paragraph()
        elif self.in_note:
            return
        elif re.fullmatch(r"-{5,}", stripped):
            self.end_paragraph()
        elif item := _ITEM.match(line):
            self.end_paragraph()
            self.lines.append(item[2].replace(" :: ", ": "))
        else:
            self.lines.append(stripped)

    def end_paragraph(self, separator: str = " ") -> None:
        """End the paragraph that is being read, if there is one."""
        if self.lines:
            # Two backslashes at the end of a line are a line break.
            parts = [re.sub(r"\s*\\\\$", "\n", line) for line in self.lines]
            text = re.sub(r"\n ", "\n", separator.join(parts)).strip()
            if (plain := plain_text(text)).strip():
                self.paragraphs.append(Paragraph(plain))
            self.lines.clear()
        elif not self.block:
            self.in_note = False


def read_org(member: Member) -> Iterator[TextPiece]:
    """Yield the one text of a file. Raises UnreadableError."""
    yield TextPiece(parse_org(read_characters(member), member))


def parse_org(text: str, member: Member | None = None) -> ParsedText:
    """Return the prose, with what the keywords at its top say about it.

    `member` is the file, whose name may state title and date.
    """
    reader = _Reader()
    for line in text.replace("\r\n", "\n").split("\n"):
        reader.take(line)
    reader.block = ""
    reader.end_paragraph()
    keywords = reader.keywords
    day = _TIMESTAMP.search(keywords.get("date", ""))
    properties = Properties(
        title=plain_text(keywords.get("title", "")),
        author=keywords.get("author", ""),
        date=iso_date(day[1] if day else keywords.get("date")),
    )
    return build_parsed(reader.paragraphs, properties, member)


def plain_text(text: str) -> str:
    """Return a line or paragraph without links, notes and emphasis."""
    text = _INLINE_FOOTNOTE.sub("", text)
    text = _FOOTNOTE.sub("", text)
    text = _LINK.sub(_link_text, text)
    text = _MACRO.sub("", text)
    for _ in range(MAX_UNNESTED):
        # Text between plus signs is crossed out.
        text, found = _EMPHASIS.subn(lambda m: "" if m[1] == "+" else m[2], text)
        if not found:
            break
    return text


def _link_text(link: re.Match[str]) -> str:
    target, label = link.groups()
    if _PICTURE.fullmatch(label or target):
        return ""
    return str(label or target)
