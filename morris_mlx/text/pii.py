"""What redaction found and put in its place, and whether a text gives any of it away."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from morris_mlx.text.folding import fold, same_case

# In the order in which they are looked for; where two overlap the longer one names the hit.
STRUCTURED_KINDS = (
    "key",
    "password",
    "e-mail",
    "card",
    "iban",
    "inn",
    "snils",
    "passport",
    "phone",
    "address",
    "ip",
    "handle",
)
KINDS = (*STRUCTURED_KINDS, "name")
NUMBER_KINDS = frozenset(("card", "inn", "snils", "passport", "phone"))
PHONE_FIGURES = 10  # the last ones of a phone number: +7 and 8 before them are the same phone
MIN_NUMBER_FIGURES = 6  # a shorter run of figures is anybody's
MIN_LEAK_LETTERS = 4  # a shorter password or handle stands in ordinary words by chance
FIGURES = re.compile(r"\d(?:[ \t().+-]{0,3}\d)*")
EXTENSION = re.compile(r"(?<=\d)[ ,(]*[^\W\d_]")
WORDS = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody other than the writer: the names that an export or the user gives them.

    Every entry of `names` is one way to call them: a full name, a diminutive, a nickname.
    """

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Replaced:
    """One private item as it was written, and what stands in its place."""

    kind: str
    real: str
    stand_in: str


@dataclass(frozen=True, slots=True)
class PrivateMap:
    """Everything that was replaced. For the owner's eyes: never in a dataset, a report or a log."""

    items: tuple[Replaced, ...] = ()


@dataclass(frozen=True, slots=True)
class RedactionReport:
    """Hits by kind (every kind, also with none), masked examples by kind, and the limits."""

    counts: Mapping[str, int]
    examples: Mapping[str, tuple[str, ...]]
    cannot_find: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leak:
    """A redacted item that stands in a text at `start:end`, masked."""

    kind: str
    start: int
    end: int
    masked: str


@dataclass(slots=True)
class LeakFinder:
    """Looks for the items of a map; built once, used for many texts."""

    private_map: PrivateMap
    _numbers: dict[str, list[Replaced]] = field(default_factory=dict)
    _words: dict[str, list[tuple[str, Replaced]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for item in self.private_map.items:
            if item.kind in NUMBER_KINDS or item.kind == "iban":
                figures = _figures(item)
                if len(figures) >= MIN_NUMBER_FIGURES:
                    self._numbers.setdefault(figures[:MIN_NUMBER_FIGURES], []).append(item)
                    continue
            shown = same_case(fold(item.real).text).strip()
            first = WORDS.search(shown)
            if first and (item.kind == "name" or _is_telling(item.kind, shown)):
                rest = shown[first.start() :].rstrip("'\".,;:!?)»”")
                self._words.setdefault(first.group(), []).append((rest, item))

    def find(self, text: str) -> tuple[Leak, ...]:
        """Leaks in the order of the text; names as whole words, numbers however written."""
        seen = fold(text)
        lowered = same_case(seen.text)
        found = {*self._number_leaks(lowered), *self._word_leaks(lowered, seen.text)}
        leaks = [Leak(i.kind, *seen.span(a, b), mask(i.kind, i.real)) for a, b, i in found]
        return tuple(sorted(leaks, key=lambda k: (k.start, -k.end, k.kind, k.masked)))

    def _number_leaks(self, text: str) -> list[tuple[int, int, Replaced]]:
        leaks = []
        for run in FIGURES.finditer(text):
            places = [at for at in range(run.start(), run.end()) if text[at].isdigit()]
            figures = "".join(text[at] for at in places)
            for at in range(len(figures) - MIN_NUMBER_FIGURES + 1):
                for item in self._numbers.get(figures[at : at + MIN_NUMBER_FIGURES], ()):
                    wanted = _figures(item)
                    if figures.startswith(wanted, at):
                        leaks.append((places[at], places[at + len(wanted) - 1] + 1, item))
        return leaks

    def _word_leaks(self, text: str, cased: str) -> list[tuple[int, int, Replaced]]:
        leaks = []
        for word in WORDS.finditer(text):
            for shown, item in self._words.get(word.group(), ()):
                # Where only Вера was redacted, вера is faith.
                named = item.kind == "name" and fold(item.real).text[:1].isupper()
                if named and not cased[word.start()].isupper():
                    continue
                end = word.start() + len(shown)
                if text.startswith(shown, word.start()) and not text[end : end + 1].isalnum():
                    leaks.append((word.start(), end, item))
        return leaks


def mask(kind: str, real: str) -> str:
    """Enough to know one's own item by: j***@e***.com, +7 9** *** ** 67, М***."""
    shown = fold(real).text
    if kind == "e-mail" and "@" in shown:
        login, _, domain = shown.partition("@")
        host, dot, last = domain.rpartition(".")
        return f"{login.strip()[:1]}***@{host.strip()[:1]}***{dot}{last}"
    if kind in NUMBER_KINDS or kind == "iban":
        return _masked_number(shown)
    # Of a secret nothing is shown: the first letter of a password is a part of it.
    return "***" if kind in ("key", "password") else f"{shown.lstrip('@')[:1]}***"


def _masked_number(shown: str) -> str:
    places = [at for at, c in enumerate(shown) if c.isalnum()]
    open_places = {*places[:2], *places[-2:]} if len(places) > 8 else set()
    return "".join(
        "*" if at in places and at not in open_places else c for at, c in enumerate(shown)
    )


def _is_telling(kind: str, shown: str) -> bool:
    """Whether an item found again can be no other: "солнышко" and 4821 may be anything."""
    if kind != "password" or not shown.isalnum():
        return len(shown) >= MIN_LEAK_LETTERS
    if shown.isdigit():
        return len(shown) >= MIN_NUMBER_FIGURES
    return not shown.isalpha() and len(shown) >= MIN_LEAK_LETTERS


def _figures(item: Replaced) -> str:
    """The figures that tell the item: of an account its last ones without a letter between."""
    shown = fold(item.real).text
    if item.kind == "phone":
        shown = EXTENSION.split(shown)[0]  # everybody in an office has the same number before it
    letters = [c for c in shown if c.isalnum()]
    if item.kind == "iban":
        return str(["", *re.findall(r"\d*", "".join(letters))][-2])
    figures = "".join(c for c in letters if c.isdigit())
    return figures[-PHONE_FIGURES:] if item.kind == "phone" else figures
