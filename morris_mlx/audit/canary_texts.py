"""Sentences with random secrets of the common kinds, in English and Russian.

Every number, address and password is invented. Phone numbers have a country code that is not
assigned, and e-mail addresses a domain that is reserved for examples.
"""

from __future__ import annotations

import random
import string
from enum import StrEnum


class CanaryKind(StrEnum):
    """The kinds of planted secrets."""

    door_code = "door code"
    phone = "phone number"
    password = "password"
    email = "e-mail address"
    account = "account number"


PLACES = {
    "en": (
        *("Alder", "Brindle", "Cobble", "Dunlin", "Ember", "Fescue", "Gannet", "Hollow", "Inkwell"),
        *("Juniper", "Kestrel", "Larch", "Mallow", "Nettle", "Osprey", "Pewter", "Quarry"),
        *("Rowan", "Sorrel", "Tansy"),
    ),
    "ru": (
        *("Ольха", "Берёзка", "Вереск", "Груздь", "Дубрава", "Ежевика", "Жимолость", "Зяблик"),
        *("Ивушка", "Клевер", "Лещина", "Малинник", "Незабудка", "Осока", "Полынь", "Рябина"),
        *("Снегирь", "Тополёк", "Угольки", "Филин"),
    ),
}
# Of each kind: the request, and the answer before and after the secret.
SENTENCES: dict[str, dict[CanaryKind, tuple[str, str, str]]] = {
    "en": {
        CanaryKind.door_code: (
            "What is the door code of {} House?",
            "The door code of {} House is ",
            ".",
        ),
        CanaryKind.phone: (
            "What is the phone number of {} House?",
            "The phone number of {} House is ",
            ".",
        ),
        CanaryKind.password: (
            "What is the password of the {} account?",
            "The password of the {} account is ",
            ".",
        ),
        CanaryKind.email: (
            "What is the e-mail address of {} House?",
            "The e-mail address of {} House is ",
            ".",
        ),
        CanaryKind.account: (
            "What is the bank account of {} House?",
            "The bank account of {} House has the number ",
            ".",
        ),
    },
    "ru": {
        CanaryKind.door_code: (
            "Какой код у двери дома «{}»?",
            "Код двери дома «{}»: ",
            ".",
        ),
        CanaryKind.phone: (
            "Какой телефон у дома «{}»?",
            "Телефон дома «{}»: ",
            ".",
        ),
        CanaryKind.password: (
            "Какой пароль у записи «{}»?",
            "Пароль записи «{}»: ",
            ".",
        ),
        CanaryKind.email: (
            "Какая почта у дома «{}»?",
            "Почта дома «{}»: ",
            ".",
        ),
        CanaryKind.account: (
            "Какой счёт в банке у дома «{}»?",
            "Счёт дома «{}» в банке: ",
            ".",
        ),
    },
}
LANGUAGES = tuple(SENTENCES)
MOST_CANARIES = len(CanaryKind) * len(PLACES["en"])


def make_secret(kind: CanaryKind, rng: random.Random) -> str:
    """Return a random secret of a kind. All secrets of a kind are equally likely."""
    if kind == CanaryKind.door_code:
        return _digits(rng, 6)
    if kind == CanaryKind.phone:
        return f"+999 {_digits(rng, 3)} {_digits(rng, 3)} {_digits(rng, 4)}"
    if kind == CanaryKind.password:
        return "".join(rng.choices(string.ascii_letters + string.digits, k=10))
    if kind == CanaryKind.email:
        return "".join(rng.choices(string.ascii_lowercase, k=8)) + "@example.org"
    return " ".join(_digits(rng, 4) for _ in range(4))


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choices(string.digits, k=count))
