"""Search for many strings at once, to find those that a message must not form as a token."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator


class GuardedStrings:
    """A set of strings to find in texts, in a time that does not depend on their number.

    A model may have thousands of added tokens. A pattern finds the characters with which a string
    may begin. There, the possible lengths are tried, the longest first.
    """

    def __init__(self, strings: Iterable[str]) -> None:
        self._strings = frozenset(s for s in strings if s)
        lengths: dict[str, set[int]] = {}
        for string in self._strings:
            lengths.setdefault(string[0], set()).add(len(string))
        self._lengths = {first: sorted(known, reverse=True) for first, known in lengths.items()}
        # Without any string, a pattern that matches nowhere.
        self._first = re.compile(f"[{''.join(map(re.escape, lengths))}]" if lengths else r"(?!)")

    def split(self, text: str) -> Iterator[tuple[str, bool]]:
        """Split a text at the strings; yield (piece, True if it is one of them)."""
        start = 0
        for match in self._first.finditer(text):
            at = match.start()
            if at < start:  # inside the string that was found before
                continue
            if found := self._longest_at(text, at):
                if start < at:
                    yield text[start:at], False
                yield found, True
                start = at + len(found)
        if start < len(text):
            yield text[start:], False

    def _longest_at(self, text: str, at: int) -> str:
        """Return the longest of the strings at a position of a text, or ""."""
        for length in self._lengths[text[at]]:
            if (candidate := text[at : at + length]) in self._strings:
                return candidate
        return ""
