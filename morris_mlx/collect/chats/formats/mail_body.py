"""Text of a mail: from the right parts, in their character sets, with soft line breaks joined."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message as Mail
from html.parser import HTMLParser

from morris_mlx.collect.html.charset import decode_html

_QUOTE_MARKS = re.compile(r"^>+(?!From )")  # mbox files write “From” as “>From”: no quotation
# Classes of the divs in which mail programs put the quoted mail and the signature.
_QUOTE_CLASSES, _SIGNATURE_CLASSES = ("yahoo_quoted",), ("gmail_signature",)


def body_text(mail: Mail) -> str:
    """Return the plain text, or else the HTML as text. Attached files and mails are ignored."""
    plain: list[str] = []
    pages: list[str] = []
    for part in _own_parts(mail):
        kind = part.get_content_type()
        if kind == "text/plain":
            plain.append(_plain_text(part))
        elif kind == "text/html":
            pages.append(_decode(part))
    if any(text.strip() for text in plain):
        return "\n".join(plain)
    return "\n".join(_html_to_text(page) for page in pages)


def _own_parts(mail: Mail) -> Iterator[Mail]:
    """Yield the parts that are text of this mail itself."""
    if mail.get_content_disposition() == "attachment" or mail.get_filename():
        return
    if mail.get_content_maintype() == "message":  # an attached mail
        return
    if not mail.is_multipart():
        yield mail
        return
    for part in mail.get_payload():
        if isinstance(part, Mail):
            yield from _own_parts(part)


def _decode(part: Mail) -> str:
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes):
        return ""
    charset = part.get_content_charset("")
    # Programs label other character sets as us-ascii, too: that label says nothing.
    return decode_html(raw, "" if charset == "us-ascii" else charset)


def _plain_text(part: Mail) -> str:
    text = _decode(part)
    if str(part.get_param("format", "")).casefold() != "flowed":
        return text
    return _join_flowed_lines(text, str(part.get_param("delsp", "")).casefold() == "yes")


def _join_flowed_lines(text: str, delete_space: bool) -> str:
    """Join lines that a mail program broke after a space (format=flowed, RFC 3676).

    `delete_space` is the delsp parameter: the space was added with the line break.
    """
    lines: list[str] = []
    open_marks: str | None = None  # the quote marks of an incomplete line
    for row in text.replace("\r\n", "\n").split("\n"):
        found = _QUOTE_MARKS.match(row)
        marks = found[0] if found else ""
        line = row[len(marks) :].removeprefix(" ")
        is_signature = line == "-- "
        is_incomplete = line.endswith(" ") and not is_signature
        kept = line[:-1] if is_incomplete and delete_space else line
        if open_marks == marks and not is_signature:
            lines[-1] += kept
        else:
            lines.append(f"{marks} {kept}" if marks else kept)
        open_marks = marks if is_incomplete else None
    return "\n".join(lines)


class _TextExtractor(HTMLParser):
    """Text of an HTML mail. Quotations get a “>” before each line, as in plain text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = self._quoted = self._divs = 0  # depths
        self._saved: list[tuple[int, int, int]] = []  # depths at the start of a div with a class

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "div":
            self._divs += 1
            class_ = next((value or "" for name, value in attrs if name == "class"), "")
            if class_.startswith(_QUOTE_CLASSES + _SIGNATURE_CLASSES):
                self._saved.append((self._divs, self._hidden, self._quoted))
                self._hidden += class_.startswith(_SIGNATURE_CLASSES)
                self._quoted += class_.startswith(_QUOTE_CLASSES)
        self._hidden += tag in ("style", "script", "head")
        self._quoted += tag == "blockquote"
        if tag in ("br", "p", "div", "tr", "li", "blockquote", "h1", "h2", "h3"):
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "script", "head") and self._hidden > 0
        self._quoted -= tag == "blockquote" and self._quoted > 0
        if tag == "div":
            if self._saved and self._saved[-1][0] == self._divs:
                _, self._hidden, self._quoted = self._saved.pop()
            self._divs -= 1
        if tag in ("p", "div", "blockquote"):
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        text = re.sub(r"\s+", " ", data)
        if text.strip() or not self._quoted:
            self.parts.append(f"\n> {text}\n" if self._quoted else text)


def _html_to_text(page: str) -> str:
    parser = _TextExtractor()
    parser.feed(page)
    parser.close()
    return "".join(parser.parts)
