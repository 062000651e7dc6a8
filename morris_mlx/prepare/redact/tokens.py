"""Words of a text with the name forms that they match, and their neighbors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from morris_mlx.prepare.redact.names import Certainty, NameForm
from morris_mlx.prepare.redact.word_lists import TITLES


class Token(NamedTuple):
    """A word of a text: its span, its normalized spelling, and its possible name forms."""

    start: int
    end: int
    word: str
    forms: Sequence[NameForm]

    @property
    def base(self) -> str:
        """Return the word without the English possessive ending."""
        return self.word.removesuffix("'s")

    @property
    def is_certain(self) -> bool:
        """Return True if one of the forms is certainly a name."""
        return any(form.word.certainty == Certainty.CERTAIN for form in self.forms)

    @property
    def is_likely(self) -> bool:
        """Return True for a surname in Latin letters, which may be an ordinary word."""
        latin = all(form.word.name.declension == "latin" for form in self.forms)
        return latin and max((f.word.certainty for f in self.forms), default=0) == Certainty.LIKELY


def word_before(text: str, tokens: Sequence[Token], at: int) -> str:
    """Return the word directly before, "" if there is none or a punctuation mark is between."""
    return tokens[at - 1].word if at and adjoins(text, tokens[at - 1], tokens[at]) else ""


def adjoins(text: str, left: Token, right: Token) -> bool:
    """Return True if only a space or an apostrophe is between two words, or "Dr." and similar."""
    gap = text[left.end : right.start]
    return gap in (" ", "'", "’", "") or (gap == ". " and left.word in TITLES)


def begins_with_capital(text: str, token: Token) -> bool:
    """Return True if the first letter of a word, or of a part of it, is a capital: al-Hashimi."""
    shown = text[token.start : token.end]
    return shown[:1].isupper() or any(p[:1].isupper() for p in shown.split("-")[1:])


def words_after(text: str, tokens: Sequence[Token], at: int, count: int) -> list[str]:
    """Return the next words, at most `count`, up to any mark but a space or an apostrophe."""
    words = []
    previous = tokens[at]
    for following in tokens[at + 1 : at + 1 + count]:
        if text[previous.end : following.start].strip(" '’"):
            break
        words.append(following.word)
        previous = following
    return words


def is_in_compound(text: str, token: Token) -> bool:
    """Return True for a part of a compound with a hyphen: Torre-Vieja, Bois-Guillaume."""
    before, after = text[max(0, token.start - 2) : token.start], text[token.end : token.end + 2]
    joined_after = len(after) == 2 and after[0] == "-" and after[1].isalpha()
    return joined_after or (len(before) == 2 and before[1] == "-" and before[0].isalpha())
