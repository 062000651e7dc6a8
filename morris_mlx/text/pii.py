"""Personal data: its kinds, the records of redaction, and a finder of leaked items in a text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from morris_mlx.text.folding import fold, lowercase
from morris_mlx.text.words import ITEM_WORD


class PiiKind(StrEnum):
    """The kind of a private item; the value stands in redaction maps, reports and stand-ins."""

    key = "key"
    password = "password"
    email = "e-mail"
    card = "card"
    iban = "iban"
    inn = "inn"
    snils = "snils"
    id_number = "id-number"
    passport = "passport"
    phone = "phone"
    address = "address"
    ip = "ip"
    handle = "handle"
    name = "name"


# In the order of the search; of two overlapping hits the longer one gives the kind.
KINDS: tuple[str, ...] = tuple(PiiKind)
NUMBER_KINDS = frozenset(
    (
        PiiKind.card,
        PiiKind.inn,
        PiiKind.snils,
        PiiKind.id_number,
        PiiKind.passport,
        PiiKind.phone,
    )
)
PHONE_DIGITS = 10  # the last digits of a phone number: after +7 or 8 they are the same number
MIN_NUMBER_DIGITS = 6  # a shorter run of digits identifies nothing
MIN_LEAK_LETTERS = 4  # a shorter password or handle occurs in ordinary words by chance
DIGITS = re.compile(r"\d(?:[ \t().+-]{0,3}\d)*")
EXTENSION = re.compile(r"(?<=\d)[ ,(]*[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Person:
    """A person other than the writer, with all names from an export or from the user.

    Each entry of `names` is a full name, a diminutive or a nickname.
    """

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Replacement:
    """A private item as it was written, and its stand-in."""

    kind: str
    real: str
    stand_in: str


@dataclass(frozen=True, slots=True)
class RedactionMap:
    """All replacements. It is for the user alone: never in a dataset, a report or a log."""

    items: tuple[Replacement, ...] = ()


@dataclass(frozen=True, slots=True)
class FrequentName:
    """A name that makes up much of the texts.

    `shown` is the word itself if it is an ordinary word, which is not private; otherwise it is
    masked. `share` is of all words.
    """

    shown: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class RedactionReport:
    """The number of hits of every kind, masked examples, and what the search cannot find.

    `words` counts all words of the texts; 0 if unknown. `frequent_names` are the names that were
    replaced most, if single ones or all together were replaced suspiciously often.
    """

    counts: Mapping[str, int]
    examples: Mapping[str, tuple[str, ...]]
    cannot_find: tuple[str, ...]
    words: int = 0
    frequent_names: tuple[FrequentName, ...] = ()


@dataclass(frozen=True, slots=True)
class Leak:
    """A redacted item, masked, that occurs in a text at `start:end`."""

    kind: str
    start: int
    end: int
    masked: str


@dataclass(slots=True)
class LeakFinder:
    """A finder of redacted items in texts; build it once and use it for many texts.

    finder = LeakFinder(RedactionMap((Replacement("name", "Mary", "Anna"),)))
    [leak.masked for leak in finder.find("Ask Mary.")] == ["M***"]
    """

    redaction_map: RedactionMap
    _numbers: dict[str, list[Replacement]] = field(default_factory=dict)
    _words: dict[str, list[tuple[str, Replacement]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for item in self.redaction_map.items:
            if item.kind in NUMBER_KINDS or item.kind == PiiKind.iban:
                digits = _digits(item)
                if len(digits) >= MIN_NUMBER_DIGITS:
                    self._numbers.setdefault(digits[:MIN_NUMBER_DIGITS], []).append(item)
                    continue
            shown = lowercase(fold(item.real).text).strip()
            first = ITEM_WORD.search(shown)
            if first and (item.kind == PiiKind.name or _is_distinctive(item.kind, shown)):
                rest = shown[first.start() :].rstrip("'\".,;:!?)»”")
                self._words.setdefault(first.group(), []).append((rest, item))

    def find(self, text: str) -> tuple[Leak, ...]:
        """Return the leaks in a text, in order: names as whole words, numbers in any notation."""
        seen = fold(text)
        lowered = lowercase(seen.text)
        found = {*self._number_leaks(lowered), *self._word_leaks(lowered, seen.text)}
        leaks = [Leak(i.kind, *seen.span(a, b), mask(i.kind, i.real)) for a, b, i in found]
        return tuple(sorted(leaks, key=lambda k: (k.start, -k.end, k.kind, k.masked)))

    def _number_leaks(self, text: str) -> list[tuple[int, int, Replacement]]:
        leaks = []
        for run in DIGITS.finditer(text):
            places = [at for at in range(run.start(), run.end()) if text[at].isdigit()]
            digits = "".join(text[at] for at in places)
            for at in range(len(digits) - MIN_NUMBER_DIGITS + 1):
                for item in self._numbers.get(digits[at : at + MIN_NUMBER_DIGITS], ()):
                    wanted = _digits(item)
                    if digits.startswith(wanted, at):
                        leaks.append((places[at], places[at + len(wanted) - 1] + 1, item))
        return leaks

    def _word_leaks(self, text: str, cased: str) -> list[tuple[int, int, Replacement]]:
        leaks = []
        for word in ITEM_WORD.finditer(text):
            for shown, item in self._words.get(word.group(), ()):
                # Вера is a name, вера is the word for faith.
                named = item.kind == PiiKind.name and fold(item.real).text[:1].isupper()
                if named and not cased[word.start()].isupper():
                    continue
                end = word.start() + len(shown)
                if text.startswith(shown, word.start()) and not text[end : end + 1].isalnum():
                    leaks.append((word.start(), end, item))
        return leaks


def mask(kind: str, real: str) -> str:
    """Return as much of an item as its owner needs: j***@e***.com, +7 9** *** ** 67, М***."""
    shown = fold(real).text
    if kind == PiiKind.email and "@" in shown:
        login, _, domain = shown.partition("@")
        host, dot, last = domain.rpartition(".")
        return f"{login.strip()[:1]}***@{host.strip()[:1]}***{dot}{last}"
    if kind in NUMBER_KINDS or kind == PiiKind.iban:
        return _masked_number(shown)
    # Nothing of a secret is shown: the first letter of a password is a part of it.
    return "***" if kind in (PiiKind.key, PiiKind.password) else f"{shown.lstrip('@')[:1]}***"


def _masked_number(shown: str) -> str:
    places = [at for at, c in enumerate(shown) if c.isalnum()]
    open_places = {*places[:2], *places[-2:]} if len(places) > 8 else set()
    return "".join(
        "*" if at in places and at not in open_places else c for at, c in enumerate(shown)
    )


def _is_distinctive(kind: str, shown: str) -> bool:
    """Return True if a match is hardly chance; "солнышко" or 4821 as a password may be."""
    if kind != PiiKind.password or not shown.isalnum():
        return len(shown) >= MIN_LEAK_LETTERS
    if shown.isdigit():
        return len(shown) >= MIN_NUMBER_DIGITS
    return not shown.isalpha() and len(shown) >= MIN_LEAK_LETTERS


def _digits(item: Replacement) -> str:
    """Return the digits that identify an item; for an IBAN those after its last letter."""
    shown = fold(item.real).text
    if item.kind == PiiKind.phone:
        shown = EXTENSION.split(shown)[0]  # before an extension: the whole office's
    letters = [c for c in shown if c.isalnum()]
    if item.kind == PiiKind.iban:
        return str(["", *re.findall(r"\d*", "".join(letters))][-2])
    digits = "".join(c for c in letters if c.isdigit())
    return digits[-PHONE_DIGITS:] if item.kind == PiiKind.phone else digits
