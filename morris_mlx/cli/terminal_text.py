"""Text of a model on a terminal: safe to print, wrapped at words, with light Markdown.

A model could write control sequences that change the terminal, so none of its control characters
is printed.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from typing import TextIO

BOLD, ITALIC, RESET = "\x1b[1m", "\x1b[3m", "\x1b[0m"
STYLES = {"**": BOLD, "*": ITALIC}
# A word with the marks of emphasis at its ends, and the punctuation after them.
MARKED = re.compile(r"(?P<before>\*\*|\*)?(?P<word>[^*]+)(?P<after>\*\*|\*)?(?P<rest>[^\w*\s]*)")
HEADING = re.compile(r"#{1,6}")
FENCE = "```"  # begins and ends a block of code
LEAST_WIDTH = 20  # columns; in fewer, words are not kept together
DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def without_controls(text: str) -> str:
    """Return a text without control characters, except for the ends of lines and tabs.

    Marks that change the direction of a line are removed, too.
    """
    return "".join(
        character
        for character in text
        if character in "\n\t"
        or (
            unicodedata.category(character) not in ("Cc", "Cs") and character not in DIRECTION_MARKS
        )
    )


def shown_text(text: str) -> str:
    """Return a model's text for stdout: on a terminal without control characters, else as it is."""
    return without_controls(text) if sys.stdout.isatty() else text


class TerminalWriter:
    """Prints a text that arrives in pieces, word by word.

    Args:
        out: The stream.
        width: Columns to wrap at; 0 prints every piece at once, as it is.
        styled: Print headings and emphasis of Markdown as bold and italics.
    """

    def __init__(self, out: TextIO, width: int = 0, styled: bool = False) -> None:
        self._out = out
        self._width = width if width >= LEAST_WIDTH else 0
        self._styled = styled
        self._held = ""  # a word that may be incomplete, with the blanks before it
        self._in_code = False
        self._start_line()

    def write(self, piece: str) -> None:
        """Print a piece. With a width, its last word waits until it is complete."""
        piece = without_controls(piece)
        if not self._width:
            self._print(piece)
            return
        self._held += piece
        words = re.findall(r"[^\S\n]*\n|[^\S\n]*\S+(?=\s)", self._held)
        for word in words:
            self._print_word(word)
        self._held = self._held[sum(map(len, words)) :]

    def end(self) -> None:
        """Print the last word."""
        if self._held.strip():
            self._print_word(self._held)
        self._held = ""
        self._start_line()

    def _start_line(self) -> None:
        self._column, self._style, self._in_heading = 0, "", False

    def _print_code(self, word: str) -> None:
        """Print a word of a block of code as it is; a line of back quotes ends the block."""
        self._in_code = self._column > 0 or not word.strip().startswith(FENCE)
        self._column += len(word)
        self._print(word)

    def _print_word(self, word: str) -> None:
        if word.endswith("\n"):  # the blanks before it are not seen
            self._print("\n")
            self._start_line()
            return
        if self._in_code:
            self._print_code(word)
            return
        bare = word.strip()
        self._in_code = self._column == 0 and bare.startswith(FENCE)
        blanks = word[: word.index(bare)]
        if self._styled and self._column == 0 and HEADING.fullmatch(bare):
            self._in_heading, self._style = True, BOLD
            return
        shown, plain = self._with_style(bare) if self._styled else (bare, bare)
        if self._column == 0 and self._in_heading:
            blanks = ""
        columns = _columns(plain)
        if self._column and self._column + len(blanks) + columns > self._width:
            blanks, self._column = "\n", 0
        self._column += (0 if blanks == "\n" else len(blanks)) + columns
        self._print(blanks + shown)

    def _with_style(self, word: str) -> tuple[str, str]:
        """Return a word with its style, and without any; its marks begin and end a style."""
        found = None if "`" in word else MARKED.fullmatch(word)
        if found is None:
            return (f"{self._style}{word}{RESET}" if self._style else word), word
        before, after = found["before"], found["after"]
        if before and not self._in_heading:
            self._style = STYLES[before]
        plain = found["word"] + found["rest"]
        shown = f"{self._style}{found['word']}{RESET}{found['rest']}" if self._style else plain
        if after and not self._in_heading:
            self._style = ""
        return shown, plain

    def _print(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


def _columns(word: str) -> int:
    """Return the number of columns of a word: wide characters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in word
    )
