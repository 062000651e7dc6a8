"""Plain text files: the bytes of a text → its characters."""

from __future__ import annotations

from collections.abc import Iterator

from morris_mlx.collect.readers.reader import Member, TextPiece
from morris_mlx.collect.text import ParsedText, UnreadableError
from morris_mlx.formats.marked_text import MACHINE_MADE, is_machine_made


def read_plain_text(member: Member) -> Iterator[TextPiece]:
    """Yield the one text of a plain text file. Raises UnreadableError."""
    yield TextPiece(ParsedText(read_characters(member)))


def read_characters(member: Member) -> str:
    """Return the characters of a text file. Raises UnreadableError."""
    text = decode_text(member.read_bytes())
    refuse_machine_made(text)
    return text


def refuse_machine_made(text: str) -> None:
    """Raise UnreadableError for a text that a program of Morris wrote."""
    if is_machine_made(text):
        raise UnreadableError(MACHINE_MADE)


def decode_text(raw: bytes) -> str:
    """Return the characters of a UTF-8 or UTF-16 text. Raises UnreadableError for others."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif b"\x00" in raw:
        raise UnreadableError("a binary file")
    else:
        encoding = "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UnreadableError(
            f"not {encoding.removesuffix('-sig').upper()} (line {line}); save it as UTF-8"
        ) from error
