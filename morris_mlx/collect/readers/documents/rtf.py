"""Rich text (.rtf): text, title, author and date. Deleted and hidden text and notes are out."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, replace

from morris_mlx.collect.readers.documents.docx_styles import ParagraphKind, kind_of_style
from morris_mlx.collect.readers.documents.paragraphs import (
    Paragraph,
    Properties,
    build_parsed,
    is_prose_cell,
    pieces_of,
    usable_date,
)
from morris_mlx.collect.readers.documents.rtf_tokens import Token, TokenKind, tokenize
from morris_mlx.collect.readers.reader import LeftOut, Member, TextPiece
from morris_mlx.collect.text import ParsedText, UnreadableError

MAGIC = b"{\\rtf"
MAX_BYTES = 200_000_000  # pictures stand in the file as hexadecimal numbers
MIN_PICTURE_DEPTH = 2  # the document, and a group for the picture in it
MAX_DEPTH = 1_000  # groups in groups; a document has some ten
# Groups that are no part of the text.
_SKIPPED = {
    *(
        b"colortbl",
        b"listtable",
        b"listoverridetable",
        b"rsidtbl",
        b"generator",
        b"pict",
        b"object",
    ),
    *(b"header", b"headerl", b"headerr", b"headerf", b"footer", b"footerl", b"footerr", b"footerf"),
    *(b"footnote", b"annotation", b"atnid", b"atnauthor", b"atntime", b"atnref", b"atnicn"),
    *(b"fldinst", b"shp", b"nonshppict", b"pn", b"pntext", b"listtext", b"xe", b"tc"),
    *(b"bkmkstart", b"bkmkend", b"revtbl", b"filetbl", b"themedata", b"datastore", b"latentstyles"),
    *(b"background", b"ftnsep", b"ftnsepc", b"ftncn", b"aftnsep", b"aftnsepc", b"aftncn", b"do"),
    *(b"template", b"private", b"txe", b"rxe", b"NeXTGraphic", b"pgdsctbl", b"stylerestrictions"),
}
_INFO = {b"title": "title", b"author": "author", b"creatim": "created"}
_CHARACTERS = {
    b"tab": "\t",
    b"line": "\n",
    b"emdash": "—",
    b"endash": "–",
    b"lquote": "‘",
    b"rquote": "’",
    b"ldblquote": "“",
    b"rdblquote": "”",
    b"bullet": "•",
    b"emspace": " ",
    b"enspace": " ",
    b"qmspace": " ",
    b"lbr": "\n",
}
_SYMBOLS = {
    b"\\": "\\",
    b"{": "{",
    b"}": "}",
    b"~": "\u00a0",
    b"_": "-",
    b"-": "",
}
_PARAGRAPH_ENDS = {b"par", b"sect", b"page", b"column", b"nestcell", b"nestrow"}
_TABLE_WORDS = {b"trowd", b"cell", b"row"}
# Character sets of fonts, by Windows' numbers.
_CHARSETS = {
    0: "cp1252",
    77: "mac_roman",
    128: "cp932",
    129: "cp949",
    134: "gb18030",
    136: "cp950",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
    255: "cp437",
}
_CODE_PAGES = {10000: "mac_roman", 10007: "mac_cyrillic", 65001: "utf-8", 936: "gb18030"}
_DATE_WORDS = (b"yr", b"mo", b"dy")


def is_rtf(member: Member, head: bytes) -> bool:
    """Return True for rich text by its first bytes, or by its name."""
    return head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(MAGIC) or member.suffix == ".rtf"


def read_rtf(member: Member) -> Iterator[TextPiece | LeftOut]:
    """Yield the text of a file, and its text boxes as left out. Raises UnreadableError."""
    raw = member.read_bytes(MAX_BYTES).lstrip(b"\xef\xbb\xbf \r\n\t")
    if not raw.startswith(MAGIC):
        raise UnreadableError("not rich text, although its name says so")
    reader = _read(raw)
    yield from pieces_of(_parsed(reader, member), len("".join(reader.boxes).split()))


def parse_rtf(raw: bytes, member: Member | None = None) -> ParsedText:
    """Return the text of a file that begins with the magic. Raises UnreadableError.

    `member` is the file, whose name may state title and date.
    """
    return _parsed(_read(raw), member)


def _read(raw: bytes) -> _Reader:
    reader = _Reader()
    for token in tokenize(raw):
        reader.take(token)
        if reader.is_finished:
            break
    return reader


def _parsed(reader: _Reader, member: Member | None) -> ParsedText:
    paragraphs, info = reader.finish()
    properties = Properties(info["title"], info["author"], reader.date)
    return build_parsed(paragraphs, properties, member)


@dataclass(frozen=True, slots=True)
class _State:
    """Everything that the end of a group restores."""

    target: str = "text"  # "skip", "box", "fonts", "styles", "info", or a key of the information
    is_hidden: bool = False
    is_deleted: bool = False
    is_struck: bool = False
    font: int = 0
    style: int = 0
    fallbacks: int = 1  # characters after a Unicode character for programs that cannot show it

    @property
    def shows_text(self) -> bool:
        """True if text in the group is neither hidden, deleted nor struck through."""
        return not (self.is_hidden or self.is_deleted or self.is_struck)


class _Reader:
    """Reader of the tokens, one after the other."""

    def __init__(self) -> None:
        self.date = ""
        self.boxes: list[str] = []  # text in text boxes
        self.is_finished = False
        self._state = _State()
        self._outer: list[_State] = []
        self._starts_group = False  # the last token opened a group
        self._is_optional = False  # \* came before
        self._code_page = "cp1252"
        self._default_font = 0
        self._fonts: dict[int, str] = {}  # number → encoding
        self._style_names: dict[int, str] = {}
        self._pending = bytearray()  # bytes that are not decoded yet: characters may have several
        self._pieces: list[str] = []
        self._to_skip = 0  # fallback characters that are still to come
        self._paragraphs: list[Paragraph] = []
        self._cells: list[list[Paragraph]] = []  # of the row of a table
        self._row_start = 0  # where the paragraphs of the next cell begin
        self._info = {"title": "", "author": ""}
        self._created: dict[bytes, int] = {}
        self._surrogate = 0

    def finish(self) -> tuple[list[Paragraph], dict[str, str]]:
        """Return all paragraphs, and title and author."""
        self._end_paragraph()
        self._table(b"row")  # of a file that was cut off
        year, month, day = (self._created.get(word, 0) for word in _DATE_WORDS)
        self.date = usable_date(f"{year:04}-{month:02}-{day:02}")
        return self._paragraphs, self._info

    def take(self, token: Token) -> None:
        """Take the next token."""
        starts_group, self._starts_group = self._starts_group, False
        if token.kind is not TokenKind.TEXT:
            self._flush()
        match token.kind:
            case TokenKind.OPEN:
                self._to_skip = 0
                self._outer.append(self._state)
                self._starts_group = True
                if len(self._outer) > MAX_DEPTH:
                    raise UnreadableError("nested too deeply")
            case TokenKind.CLOSE:
                self._to_skip = 0
                if self._outer:
                    self._state = self._outer.pop()
                self.is_finished = not self._outer
            case TokenKind.SYMBOL:
                self._symbol(token.text, starts_group)
            case TokenKind.WORD:
                self._word(token.text, token.number, starts_group or self._is_optional)
                self._is_optional = False
            case TokenKind.TEXT:
                self._starts_group = starts_group and not token.text.strip()
                self._bytes(token.text)

    def _symbol(self, symbol: bytes, starts_group: bool) -> None:
        if symbol == b"*":
            self._is_optional = starts_group
            self._starts_group = starts_group
        elif symbol in (b"\n", b"\r", b"\r\n"):
            self._end_paragraph()
        elif self._to_skip:
            self._to_skip -= 1
        else:
            self._add(_SYMBOLS.get(symbol, ""))

    def _word(self, word: bytes, number: int | None, starts_group: bool) -> None:
        if starts_group and self._enter(word):
            return
        target = self._state.target
        if target == "skip":
            return
        if target == "created":
            if word in _DATE_WORDS and number is not None:
                self._created.setdefault(word, number)
        elif word == b"u" and number is not None:
            self._unicode(number)
        elif self._to_skip and word in _CHARACTERS:
            self._to_skip -= 1
        elif target in ("fonts", "styles"):
            self._table_word(word, number)
        elif target == "box" and word in _PARAGRAPH_ENDS | _TABLE_WORDS:
            self.boxes.append("\n")
        elif word in _PARAGRAPH_ENDS:
            self._end_paragraph()
        elif word in _TABLE_WORDS:
            self._table(word)
        elif word in _CHARACTERS:
            self._add(_CHARACTERS[word])
        else:
            self._format(word, number)

    def _enter(self, word: bytes) -> bool:
        """Begin a group that its first word makes a special one. Return True if it does."""
        if word == b"shptxt":  # a text box in a shape; shapes are skipped
            target = "box" if self._state.shows_text else "skip"
            self._state = replace(self._state, target=target)
            return True
        if word in _INFO and self._state.target == "info":
            target = _INFO[word]
        elif word in (b"fonttbl", b"stylesheet", b"info"):
            target = {b"fonttbl": "fonts", b"stylesheet": "styles", b"info": "info"}[word]
        elif word in _SKIPPED or self._is_optional or self._state.target == "info":
            target = "skip"
        else:
            return False
        if self._state.target != "skip":
            self._state = replace(self._state, target=target)
        if word == b"NeXTGraphic" and len(self._outer) > MIN_PICTURE_DEPTH:
            # TextEdit writes a sign for the picture behind this group, in the one around it.
            self._outer[-1] = replace(self._outer[-1], target="skip")
        return True

    def _table_word(self, word: bytes, number: int | None) -> None:
        if word == b"f" and self._state.target == "fonts":
            self._state = replace(self._state, font=number or 0)
        elif word == b"fcharset" and self._state.target == "fonts":
            if number in _CHARSETS and number:
                self._fonts[self._state.font] = _CHARSETS[number]
        elif word == b"cpg" and self._state.target == "fonts":
            if codec := _codec(number or 0):
                self._fonts[self._state.font] = codec
        elif word == b"s" and self._state.target == "styles":
            self._state = replace(self._state, style=number or 0)

    def _table(self, word: bytes) -> None:
        if word == b"trowd":
            if not self._cells:
                self._row_start = len(self._paragraphs)
            return
        if word == b"cell":
            self._end_paragraph()
            self._cells.append(self._paragraphs[self._row_start :])
            del self._paragraphs[self._row_start :]
            return
        for cell in self._cells:
            if is_prose_cell(cell, len(self._cells)):
                self._paragraphs += cell
        self._cells.clear()
        self._row_start = len(self._paragraphs)

    def _format(self, word: bytes, number: int | None) -> None:
        is_on = number != 0
        match word:
            case b"ansicpg" if number:
                self._code_page = _codec(number) or self._code_page
            case b"mac":
                self._code_page = "mac_roman"
            case b"deff":
                self._default_font = number or 0
                self._state = replace(self._state, font=self._default_font)
            case b"f":
                self._state = replace(self._state, font=number or 0)
            case b"s":
                self._state = replace(self._state, style=number or 0)
            case b"pard":
                self._state = replace(self._state, style=0)
            case b"plain":
                plain = _State(self._state.target, font=self._default_font, style=self._state.style)
                self._state = replace(plain, fallbacks=self._state.fallbacks)
            case b"v":
                self._state = replace(self._state, is_hidden=is_on)
            case b"strike" | b"striked":
                self._state = replace(self._state, is_struck=is_on)
            case b"deleted":
                self._state = replace(self._state, is_deleted=is_on)
            case b"uc":
                self._state = replace(self._state, fallbacks=min(max(number or 0, 0), 10))

    def _unicode(self, number: int) -> None:
        self._to_skip = self._state.fallbacks
        code = number % 0x10000
        if 0xD800 <= code < 0xDC00:
            self._surrogate = code
            return
        if 0xDC00 <= code < 0xE000:
            if self._surrogate:
                self._add(chr(0x10000 + ((self._surrogate - 0xD800) << 10) + code - 0xDC00))
            self._surrogate = 0
            return
        self._surrogate = 0
        if not 0xE000 <= code < 0xF900:  # numbers of pictures in a font of symbols
            self._add(chr(code))

    def _bytes(self, raw: bytes) -> None:
        if self._state.target == "skip":
            return
        if self._to_skip:
            skipped = min(self._to_skip, len(raw))
            self._to_skip -= skipped
            raw = raw[skipped:]
        self._pending += raw

    def _flush(self) -> None:
        if self._pending:
            encoding = self._fonts.get(self._state.font, self._code_page)
            text = bytes(self._pending).decode(encoding, "replace")
            self._pending.clear()
            self._add(text)

    def _add(self, text: str) -> None:
        state = self._state
        if state.target in self._info:
            self._info[state.target] += text
        elif state.target == "styles":
            name = self._style_names.get(state.style, "") + text
            self._style_names[state.style] = name
        elif state.target == "box" and state.shows_text:
            self.boxes.append(text)
        elif state.target == "text" and state.shows_text:
            self._pieces.append(text)

    def _end_paragraph(self) -> None:
        if self._state.target != "text" and self._outer:
            return
        self._flush()
        if self._state.is_deleted and self._outer:
            return  # the end was deleted: the next paragraph goes on
        text = "".join(self._pieces)
        self._pieces.clear()
        name = self._style_names.get(self._state.style, "").strip().rstrip(";")
        kind = kind_of_style(name) or ParagraphKind()
        if kind.is_kept:
            self._paragraphs.append(Paragraph(text, kind.level, kind.is_title))


def _codec(code_page: int) -> str:
    """Return Python's name of a code page, or "" for an unknown one."""
    name = _CODE_PAGES.get(code_page, f"cp{code_page}")
    try:
        codecs.lookup(name)
    except LookupError:
        return ""
    return name
