"""Decoding of text files, with a note about damaged bytes."""

from __future__ import annotations

from morris_mlx.collect.readers.reader import LeftOut, Member
from morris_mlx.collect.text import UnreadableError
from morris_mlx.collect.text_encoding import decode_bytes
from morris_mlx.formats.marked_text import MACHINE_MADE, is_machine_made

MAX_LINES_NAMED = 3  # of damaged lines


def decode_file(member: Member) -> tuple[str, list[LeftOut]]:
    """Return the characters of a text file, and a note about damaged bytes.

    Raises UnreadableError for a file that is not a text or that Morris wrote.
    """
    decoded = decode_bytes(member.read_bytes())
    refuse_machine_made(decoded.text)
    lines = decoded.broken_lines
    if not lines:
        return decoded.text, []
    named = ", ".join(map(str, lines[:MAX_LINES_NAMED]))
    more = ", …" if len(lines) > MAX_LINES_NAMED else ""
    reason = (
        f"damaged bytes, which are not {decoded.encoding.upper()}; the rest of the text is kept"
    )
    return decoded.text, [LeftOut(reason, f"line {named}{more}")]


def decode_text(raw: bytes) -> str:
    """Return the characters of a text without damaged bytes. Raises UnreadableError."""
    return decode_bytes(raw).text


def read_characters(member: Member) -> str:
    """Return the characters of a text file. Raises UnreadableError."""
    return decode_file(member)[0]


def refuse_machine_made(text: str) -> None:
    """Raise UnreadableError for a text that a program of Morris wrote."""
    if is_machine_made(text):
        raise UnreadableError(MACHINE_MADE)
