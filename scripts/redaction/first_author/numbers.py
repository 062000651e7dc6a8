"""Cards, accounts, tax and insurance numbers, passports: by the rules of those who issue them."""

from __future__ import annotations

import random

from first_author.items import Planted, choose, digits, disguised, placed

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def card(rng: random.Random) -> Planted:
    """Visa, Mastercard, Mir, Maestro, American Express: ISO/IEC 7812 with its check digit."""
    start, length = rng.choice(
        [("4", 16), ("51", 16), ("55", 16), ("2200", 16), ("2204", 16), ("37", 15), ("6759", 16)]
    )
    body = start + digits(rng, length - 1 - len(start))
    number = body + _luhn_digit(body)
    if length == 15:
        forms = [number, f"{number[:4]} {number[4:10]} {number[10:]}"]
    else:
        four = [number[i : i + 4] for i in range(0, 16, 4)]
        forms = [number, " ".join(four), "-".join(four), "  ".join(four)]
    frames = (
        "скинь на карту {}",
        "моя карта {} (сбер), спасибо",
        "Номер карты: {}.",
        "{}",
        "My card is {}, exp 09/27.",
        "pay to {} please",
        "The card number is {} and it still works.",
        "Перевод на {} прошёл.",
    )
    return placed(rng, "card", disguised(rng, rng.choice(forms), 0.2), frames)


def _luhn_digit(body: str) -> str:
    total = 0
    for place, figure in enumerate(reversed(body)):
        value = int(figure) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


# Country, and the shape of its account part: n a digit, a a letter (the SWIFT registry).
IBANS = (
    ("DE", "n" * 18),
    ("GB", "aaaa" + "n" * 14),
    ("FR", "n" * 23),
    ("NL", "aaaa" + "n" * 10),
    ("UA", "n" * 25),
    ("KZ", "n" * 16),
    ("PL", "n" * 24),
    ("CY", "n" * 24),
)


def iban(rng: random.Random) -> Planted:
    if rng.random() < 0.15:
        return account(rng)
    country, shape = rng.choice(IBANS)
    body = "".join(choose(rng, LETTERS, 1) if c == "a" else digits(rng, 1) for c in shape)
    as_number = int("".join(str(int(c, 36)) for c in body + country + "00"))
    number = f"{country}{98 - as_number % 97:02}{body}"
    grouped = " ".join(number[i : i + 4] for i in range(0, len(number), 4))
    form = rng.choice([number, grouped, grouped, number.lower(), grouped.replace(" ", "-")])
    frames = (
        "IBAN {}",
        "Transfer it to {} by Friday.",
        "счёт {}",
        "Мой IBAN: {}, банк тот же.",
        "{} is the account",
        "Реквизиты: {}",
    )
    return placed(rng, "iban", disguised(rng, form, 0.2), frames)


TEN = (2, 4, 10, 3, 5, 9, 4, 6, 8)
ELEVEN = (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
TWELVE = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)


def _check(body: str, weights: tuple[int, ...]) -> str:
    return str(sum(int(f) * w for f, w in zip(body, weights, strict=True)) % 11 % 10)


def inn(rng: random.Random) -> Planted:
    """A person's (12 figures) also alone; a firm's (10) only where it is called one."""
    region = f"{rng.randrange(1, 93):02}"
    if rng.random() < 0.4:
        body = region + digits(rng, 7)
        number = body + _check(body, TEN)
        frames = (
            "ИНН {}",
            "инн {}",
            "ИНН: {}, КПП потом",
            "Наш ИНН — {}.",
            "TIN (INN) {}",
            "ИНН{}",
            "ИНН фирмы {}",
        )
        return placed(rng, "inn", disguised(rng, number, 0.2), frames)
    body = region + digits(rng, 8)
    body += _check(body, ELEVEN)
    number = body + _check(body, TWELVE)
    form = rng.choice([number, number, f"{number[:4]} {number[4:]}"])
    frames = ("ИНН {}", "мой инн {}", "ИНН: {}.", "Запиши: {}", "{}", "INN {} for the form")
    if " " in form:
        frames = frames[:3]
    return placed(rng, "inn", disguised(rng, form, 0.2), frames)


def snils(rng: random.Random) -> Planted:
    body = f"{rng.randrange(1_001_999, 999_999_999):09}"
    total = sum(int(f) * w for f, w in zip(body, range(9, 0, -1), strict=True))
    check = f"{total % 101 % 100:02}"
    dashed = f"{body[:3]}-{body[3:6]}-{body[6:]} {check}"
    forms = [dashed, dashed, f"{body[:3]}-{body[3:6]}-{body[6:]}-{check}", dashed.replace("-", " ")]
    if rng.random() < 0.3:
        frames = ("СНИЛС {}", "снилс: {}", "Номер СНИЛС — {}", "SNILS {}")
        return placed(rng, "snils", disguised(rng, body + check, 0.2), frames)
    frames = ("СНИЛС {}", "снилс {} вроде", "вот: {}", "{}", "Мой номер {}, проверь.")
    return placed(rng, "snils", disguised(rng, rng.choice(forms), 0.2), frames)


def account(rng: random.Random) -> Planted:
    """A Russian bank account: 20 figures, the first five by the Bank of Russia's plan."""
    start = rng.choice(["40817", "42301", "40802", "40702"]) + "810"
    number = start + digits(rng, 12)
    form = rng.choice(
        [number, f"{number[:5]} {number[5:8]} {number[8]} {number[9:13]} {number[13:]}"]
    )
    frames = ("р/с {}", "расчётный счёт {}", "счет {} в банке", "Счёт получателя: {}", "р/сч. {}")
    return placed(rng, "iban", form, frames)


def passport(rng: random.Random) -> Planted:
    """Russian inside the country and abroad; British, German, American: always called one."""
    way = rng.randrange(7)
    series, number = digits(rng, 4), digits(rng, 6)
    if way < 3:
        split = f"{series[:2]} {series[2:]}"
        forms = [f"{series} {number}", f"{split} {number}", series + number, f"{series}-{number}"]
        frames = (
            "паспорт {}",
            "мой паспорт: {}",
            "Паспорт РФ {}, выдан ОВД",
            "паспортные данные {} запиши",
            "серия и номер паспорта {}",
            "Passport {} issued in 2014",
        )
        return placed(rng, "passport", disguised(rng, rng.choice(forms), 0.2), frames)
    if way == 3:
        item = rng.choice(
            [f"{series} № {number}", f"{series} номер {number}", f"{series} N {number}"]
        )
        return placed(rng, "passport", item, ("паспорт серия {}", "Серия {}, кем выдан не помню"))
    if way == 4:
        item = rng.choice(
            [f"{digits(rng, 2)} {digits(rng, 7)}", f"{digits(rng, 2)} № {digits(rng, 7)}"]
        )
        return placed(rng, "passport", item, ("загранпаспорт {}", "загран {} до 2029"))
    item = digits(rng, 9) if way == 5 else choose(rng, LETTERS, rng.choice([1, 2])) + digits(rng, 7)
    frames = ("passport number {}", "My passport is {}.", "Passport No. {}", "passport: {}, valid")
    return placed(rng, "passport", disguised(rng, item, 0.2), frames)
