"""The text of a mail: of its parts, in its character set, its lines put together again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message as Mail
from html.parser import HTMLParser

from morris_mlx.collect.html.charset import decode_html

_MARKS = re.compile(r"^>+(?!From )")  # “>From” is how mbox files write “From”: not quoted
# How programs name the part that holds the letter which is answered, and the one that signs.
_QUOTING, _SIGNING = ("yahoo_quoted",), ("gmail_signature",)


def body_text(mail: Mail) -> str:
    """The plain text, else the HTML as text; files and letters within it are not looked at."""
    plain: list[str] = []
    marked: list[str] = []
    for part in _own_parts(mail):
        kind = part.get_content_type()
        if kind == "text/plain":
            plain.append(_plain(part))
        elif kind == "text/html":
            marked.append(_decoded(part))
    if any(text.strip() for text in plain):
        return "\n".join(plain)
    return "\n".join(_from_html(text) for text in marked)


def _own_parts(mail: Mail) -> Iterator[Mail]:
    """The parts that are this letter's own words."""
    if mail.get_content_disposition() == "attachment" or mail.get_filename():
        return
    if mail.get_content_maintype() == "message":  # another letter, whole
        return
    if not mail.is_multipart():
        yield mail
        return
    for part in mail.get_payload():
        if isinstance(part, Mail):
            yield from _own_parts(part)


def _decoded(part: Mail) -> str:
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes):
        return ""
    charset = part.get_content_charset("")
    # What is ASCII by its label and not by its letters has no label.
    return decode_html(raw, "" if charset == "us-ascii" else charset)


def _plain(part: Mail) -> str:
    text = _decoded(part)
    if str(part.get_param("format", "")).casefold() != "flowed":
        return text
    return _unflowed(text, str(part.get_param("delsp", "")).casefold() == "yes")


def _unflowed(text: str, without_space: bool) -> str:
    """Paragraphs whose lines a program broke after a space (RFC 3676) as one line each."""
    lines: list[str] = []
    open_marks: str | None = None  # the quotation marks of a line that goes on
    for row in text.replace("\r\n", "\n").split("\n"):
        found = _MARKS.match(row)
        marks = found[0] if found else ""
        line = row[len(marks) :].removeprefix(" ")
        signature = line == "-- "
        flows = line.endswith(" ") and not signature
        words = line[:-1] if flows and without_space else line
        if open_marks == marks and not signature:
            lines[-1] += words
        else:
            lines.append(f"{marks} {words}" if marks else words)
        open_marks = marks if flows else None
    return "\n".join(lines)


class _Text(HTMLParser):
    """The words of an HTML mail; a quotation is marked as it is in plain text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = self._quoted = self._divs = 0
        self._named: list[tuple[int, int, int]] = []  # depth of a named div; what was before it

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "div":
            self._divs += 1
            named = next((value or "" for name, value in attrs if name == "class"), "")
            if named.startswith(_QUOTING + _SIGNING):
                self._named.append((self._divs, self._hidden, self._quoted))
                self._hidden += named.startswith(_SIGNING)
                self._quoted += named.startswith(_QUOTING)
        self._hidden += tag in ("style", "script", "head")
        self._quoted += tag == "blockquote"
        if tag in ("br", "p", "div", "tr", "li", "blockquote", "h1", "h2", "h3"):
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "script", "head") and self._hidden > 0
        self._quoted -= tag == "blockquote" and self._quoted > 0
        if tag == "div":
            if self._named and self._named[-1][0] == self._divs:
                _, self._hidden, self._quoted = self._named.pop()
            self._divs -= 1
        if tag in ("p", "div", "blockquote"):
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        words = re.sub(r"\s+", " ", data)
        if words.strip() or not self._quoted:
            self.parts.append(f"\n> {words}\n" if self._quoted else words)


def _from_html(text: str) -> str:
    parser = _Text()
    parser.feed(text)
    parser.close()
    return "".join(parser.parts)
