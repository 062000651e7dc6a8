"""Cards, accounts, tax and insurance numbers and passports, by the rules of their issuers."""

from __future__ import annotations

import random

from first_author.items import PlantedItem, disguise, place, random_digits, random_string

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def card(rng: random.Random) -> PlantedItem:
    """Return a card with the check digit of ISO/IEC 7812."""
    start, length = rng.choice(
        [("4", 16), ("51", 16), ("55", 16), ("2200", 16), ("2204", 16), ("37", 15), ("6759", 16)]
    )
    body = start + random_digits(rng, length - 1 - len(start))
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
    return place(rng, "card", disguise(rng, rng.choice(forms), 0.2), frames)


def _luhn_digit(body: str) -> str:
    total = 0
    for index, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if index % 2 == 0 else 1)
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


def iban_number(country: str, body: str) -> str:
    """Return an account number with the check digits of ISO 13616."""
    as_number = int("".join(str(int(c, 36)) for c in body + country + "00"))
    return f"{country}{98 - as_number % 97:02}{body}"


def iban(rng: random.Random) -> PlantedItem:
    if rng.random() < 0.15:
        return account(rng)
    country, shape = rng.choice(IBANS)
    body = "".join(
        random_string(rng, LETTERS, 1) if c == "a" else random_digits(rng, 1) for c in shape
    )
    number = iban_number(country, body)
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
    return place(rng, "iban", disguise(rng, form, 0.2), frames)


TEN = (2, 4, 10, 3, 5, 9, 4, 6, 8)
ELEVEN = (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
TWELVE = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)


def _check(body: str, weights: tuple[int, ...]) -> str:
    return str(sum(int(f) * w for f, w in zip(body, weights, strict=True)) % 11 % 10)


def inn(rng: random.Random) -> PlantedItem:
    """Return a tax number: of a person, with 12 digits, or of a company, with 10 and its word."""
    region = f"{rng.randrange(1, 93):02}"
    if rng.random() < 0.4:
        body = region + random_digits(rng, 7)
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
        return place(rng, "inn", disguise(rng, number, 0.2), frames)
    body = region + random_digits(rng, 8)
    body += _check(body, ELEVEN)
    number = body + _check(body, TWELVE)
    form = rng.choice([number, number, f"{number[:4]} {number[4:]}"])
    frames = ("ИНН {}", "мой инн {}", "ИНН: {}.", "Запиши: {}", "{}", "INN {} for the form")
    if " " in form:
        frames = frames[:3]
    return place(rng, "inn", disguise(rng, form, 0.2), frames)


def snils(rng: random.Random) -> PlantedItem:
    body = f"{rng.randrange(1_001_999, 999_999_999):09}"
    total = sum(int(f) * w for f, w in zip(body, range(9, 0, -1), strict=True))
    check = f"{total % 101 % 100:02}"
    dashed = f"{body[:3]}-{body[3:6]}-{body[6:]} {check}"
    forms = [dashed, dashed, f"{body[:3]}-{body[3:6]}-{body[6:]}-{check}", dashed.replace("-", " ")]
    if rng.random() < 0.3:
        frames = ("СНИЛС {}", "снилс: {}", "Номер СНИЛС — {}", "SNILS {}")
        return place(rng, "snils", disguise(rng, body + check, 0.2), frames)
    frames = ("СНИЛС {}", "снилс {} вроде", "вот: {}", "{}", "Мой номер {}, проверь.")
    return place(rng, "snils", disguise(rng, rng.choice(forms), 0.2), frames)


def account(rng: random.Random) -> PlantedItem:
    """Return a Russian bank account: 20 digits, the first five by the plan of the Bank of Russia."""
    start = rng.choice(["40817", "42301", "40802", "40702"]) + "810"
    number = start + random_digits(rng, 12)
    form = rng.choice(
        [number, f"{number[:5]} {number[5:8]} {number[8]} {number[9:13]} {number[13:]}"]
    )
    frames = ("р/с {}", "расчётный счёт {}", "счет {} в банке", "Счёт получателя: {}", "р/сч. {}")
    return place(rng, "iban", form, frames)


def passport(rng: random.Random) -> PlantedItem:
    """Return a Russian, British, German or American passport, always with the word for it."""
    way = rng.randrange(7)
    series, number = random_digits(rng, 4), random_digits(rng, 6)
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
        return place(rng, "passport", disguise(rng, rng.choice(forms), 0.2), frames)
    if way == 3:
        item = rng.choice(
            [f"{series} № {number}", f"{series} номер {number}", f"{series} N {number}"]
        )
        return place(rng, "passport", item, ("паспорт серия {}", "Серия {}, кем выдан не помню"))
    if way == 4:
        item = rng.choice(
            [
                f"{random_digits(rng, 2)} {random_digits(rng, 7)}",
                f"{random_digits(rng, 2)} № {random_digits(rng, 7)}",
            ]
        )
        return place(rng, "passport", item, ("загранпаспорт {}", "загран {} до 2029"))
    item = (
        random_digits(rng, 9)
        if way == 5
        else random_string(rng, LETTERS, rng.choice([1, 2])) + random_digits(rng, 7)
    )
    frames = ("passport number {}", "My passport is {}.", "Passport No. {}", "passport: {}, valid")
    return place(rng, "passport", disguise(rng, item, 0.2), frames)
