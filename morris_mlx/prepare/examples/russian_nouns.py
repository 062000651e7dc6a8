"""The nominative of Russian nouns, from the forms of a noun that the texts have.

The ending of the nominative depends on the declension, which other forms reveal. The nominative
must be among the forms as well: a form that is only inferred is often no word. When the forms are
of two words, or do not reveal the declension, the nominative is not known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Declension:
    """A nominative's ending, endings that reveal the declension, and endings that it cannot have.

    One of the groups in `shown` must be there whole: "ом" and "ы" are together in no feminine and
    in no neuter noun.
    """

    nominative: str
    shown: tuple[frozenset[str], ...]
    excluded: frozenset[str]


def _declension(nominative: str, shown: str, excluded: str) -> _Declension:
    groups = tuple(frozenset(group.split("+")) for group in shown.split())
    return _Declension(nominative, groups, frozenset(excluded.split()))


DECLENSIONS = (
    _declension("ия", "ией", "ием"),  # станция
    _declension("ия", "ию", "ием ий ие"),
    _declension("ие", "ием", "ией"),  # здание
    _declension("а", "ой ою", "ом ов о"),  # лампа
    _declension("я", "ёй ей+ю", "ь й ем ём ев ом"),  # земля
    _declension("", "ов ом+ы ом+и ом+ей ем+ев", "о ой ою ью ь й"),  # стол, врач, месяц
    _declension("о", "ом", "ов ой ою ы"),  # окно
    _declension("ь", "ью", "ем ём"),  # ночь
    _declension("ь", "ем ём", "ью й"),  # учитель
    _declension("й", "ев ем+е", "ь"),  # музей
)


def nominative(stem: str, forms: Iterable[str]) -> str:
    """Return the nominative singular of the noun with these forms, or "" if it is not sure.

    nominative("ламп", {"лампа", "лампой", "лампу"}) == "лампа"
    """
    endings = {form.removeprefix(stem) for form in forms if form.startswith(stem)}
    found = {
        stem + one.nominative
        for one in DECLENSIONS
        if one.nominative in endings
        and any(group <= endings for group in one.shown)
        and not one.excluded & endings
    }
    return found.pop() if len(found) == 1 else ""
