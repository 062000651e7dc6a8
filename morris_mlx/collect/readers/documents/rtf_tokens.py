"""Tokens of rich text (RTF): groups, control words, bytes in a code page, and text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?"  # a control word
    rb"|\\'([0-9a-fA-F]{2})"  # a byte in the code page
    rb"|\\(\r\n|[^a-zA-Z'])"  # a control symbol
    rb"|([{}])"
    rb"|([^\\{}\r\n]+)"
    rb"|[\r\n]+|\\'?"
)
MAX_BINARY = 1 << 31


class TokenKind(Enum):
    """A kind of token."""

    OPEN = auto()
    CLOSE = auto()
    WORD = auto()
    SYMBOL = auto()
    TEXT = auto()  # bytes of the current code page


class Token(NamedTuple):
    """A token. `text` is the name of a word or symbol, or the bytes; `number` belongs to a word."""

    kind: TokenKind
    text: bytes
    number: int | None = None


def tokenize(raw: bytes) -> Iterator[Token]:
    """Yield the tokens of a file. Binary data is skipped."""
    at = 0
    while match := _TOKEN.match(raw, at):
        at = match.end()
        word, number, hexadecimal, symbol, brace, text = match.groups()
        if word is not None:
            value = int(number) if number is not None else None
            if word == b"bin" and value is not None and 0 < value < MAX_BINARY:
                at += value
                continue
            yield Token(TokenKind.WORD, word, value)
        elif hexadecimal is not None:
            yield Token(TokenKind.TEXT, bytes([int(hexadecimal, 16)]))
        elif symbol is not None:
            yield Token(TokenKind.SYMBOL, symbol)
        elif brace is not None:
            yield Token(TokenKind.OPEN if brace == b"{" else TokenKind.CLOSE, brace)
        elif text is not None:
            yield Token(TokenKind.TEXT, text)
