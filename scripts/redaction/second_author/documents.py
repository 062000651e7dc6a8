"""Cards, accounts, tax and insurance numbers and passports, by the rules of their issuers."""

from __future__ import annotations

import random

from first_author.items import PlantedItem

from second_author.talk import distort, lookalike_letters, place, random_digits, random_string

CARDS = (
    ("4276", 16),
    ("4111", 16),
    ("5469", 16),
    ("5213", 16),
    ("2202", 16),
    ("2204", 16),
    ("2221", 16),
    ("6011", 16),
    ("3528", 16),
    ("6250", 16),
    ("6234", 19),
    ("371449", 15),
    ("340000", 15),
    ("36", 14),
)
CARD_FRAMES = (
    "номер карты {}",
    "карта {} сбер",
    "кинь на карту {}",
    "переведи 3500 на {}",
    "моя карта: {} получатель Инна В.",
    "{}",
    "вот карта, {} срок 08/27",
    "реквизиты: {}",
    "скинь на тинькофф {} я закину",
    "💳 {}",
    "Карта МИР {}.",
    "карта\n{}\nбез комиссии",
    "(карта {})",
    "my card is {}",
    "card number: {}",
    "charge it to {} exp 11/26",
    "use {} for the deposit",
    "Amex or Visa? {} works",
    "Visa {}",
    "pay with {}, 3 instalments",
    "CC: {}",
    "карту привязала:{}",
)
# By country, the letters (a), digits (n) or either (c) after the two check digits.
IBANS = {
    "DE": "18n",
    "GB": "4a14n",
    "FR": "20n1c2n",
    "NL": "4a10n",
    "ES": "20n",
    "IT": "1a22n",
    "PL": "24n",
    "UA": "25n",
    "CH": "17n",
    "AT": "16n",
    "BE": "12n",
    "LT": "16n",
    "LV": "4a13c",
    "EE": "16n",
    "CZ": "20n",
    "TR": "22n",
    "IL": "19n",
    "KZ": "3n13c",
    "GE": "2a16n",
    "AE": "19n",
    "MT": "4a5n18c",
    "NO": "11n",
}
IBAN_FRAMES = (
    "IBAN {}",
    "IBAN: {}",
    "iban:{}",
    "мой IBAN — {}, банк N26",
    "ибан {}",
    "счёт {} на имя Ольги",
    "переводи на {} евро, не доллары",
    "{}",
    "реквизиты для SEPA: {}, BIC позже",
    "рахунок {} ПриватБанк",
    "({})",
    "wire it to {}",
    "account {} (Revolut)",
    "my IBAN's {}.",
    "Please transfer EUR 250 to {} by Friday",
    "bank details\n{}\nreference: rent",
    "pay into {}",
)
INN_FRAMES = (
    "ИНН {}",
    "инн {}",
    "ИНН: {}",
    "ИНН{}",
    "мой инн {} для договора",
    "ИНН/КПП {}/770701001",
    "ИНН № {}",
    "ИП Сидоров, ИНН {}, без НДС",
    "ООО «Ромашка» (ИНН {})",
    "по ИНН {} ничего не нашлось",
    "скинь ИНН: {} — этот?",
    "INN {}",
    "Tax ID (INN): {}",
    "ИНН организации — {}",
    "ИНН физлица {}.",
    "идентификационный номер налогоплательщика: {}",
)
BARE_INN = ("{}", "вот {} проверь по базе", "самозанятый, {} это я", "для чека {}")
SNILS_FRAMES = (
    "СНИЛС {}",
    "снилс: {}",
    "мой снилс {}",
    "СНИЛС № {}",
    "номер СНИЛСа {}",
    "в поликлинике попросили снилс, вот {}",
    "страховой номер {}",
    "SNILS {}",
    "СНИЛС ребёнка — {}.",
    "СНИЛС{}",
    "пенсионное: {}",
)
RU_PASSPORT_FRAMES = (
    "паспорт {}",
    "Паспорт: {}",
    "мой паспорт {} выдан ОВД Тверской 12.03.2009",
    "паспорт РФ {}",
    "паспортные данные: {}, выдан УФМС",
    "серия и номер паспорта {}",
    "серия и номер: {}",
    "по паспорту {} бронь на двоих",
    "данные паспорта такие {}",
    "паспорта моего номер {}",
    "для билета: Иванов И.И., паспорт {}",
    "заграна нет, только внутренний паспорт {}",
    "паспорт гражданина РФ: {}",
    "Russian passport {}",
)
RU_PASSPORT_SHAPES = (
    "{a}{b} {c}",
    "{a} {b} {c}",
    "{a}{b}{c}",
    "{a}{b} № {c}",
    "{a} {b} №{c}",
    "серия {a}{b} номер {c}",
    "серия {a} {b}, номер {c}",
    "{a}{b} N {c}",
    "{a}-{b} {c}",
    "{a}{b}-{c}",
    "сер. {a} {b} № {c}",
)
TRAVEL_FRAMES = (
    "загран {}",
    "загранпаспорт {}",
    "загранник: {}",
    "заграничный паспорт № {}",
    "загран. паспорт {}",
)
PASSPORT_FRAMES = (
    "passport {}",
    "Passport No. {}",
    "my passport number is {}",
    "passport no: {}",
    "Passport #{}",
    "passport ({}) expires in 2031",
    "passport number\n{}",
    "her passport number's {} I think",
    "UK passport {}, British citizen",
    "US passport: {}",
    "паспорт (немецкий) {}",
    "номер паспорта {}",
    "travelling on passport {}",
    "Pass. no. {}",
)
GERMAN = "CFGHJKLMNPRTVWXYZ"


def card(rng: random.Random) -> PlantedItem:
    return place(rng, "card", distort(rng, card_number(rng)), CARD_FRAMES)


def card_number(rng: random.Random) -> str:
    """Return a card number with a valid check digit, in groups as people write it."""
    start, length = rng.choice(CARDS)
    body = start + random_digits(rng, length - len(start) - 1)
    number = body + _luhn(body)
    if length == 15 or length == 14:
        groups = [number[:4], number[4:10], number[10:]]
    elif length == 19 and rng.random() < 0.5:
        groups = [number[:6], number[6:]]
    else:
        groups = [number[i : i + 4] for i in range(0, length, 4)]
    glue = rng.choice(
        (" ", " ", " ", "-", "", "", "  ", " - ", ".") if len(groups) == 4 else (" ", "")
    )
    return glue.join(groups)


def _luhn(body: str) -> str:
    total = 0
    for index, digit in enumerate(reversed(body)):
        value = int(digit) * (2 - index % 2)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def iban(rng: random.Random) -> PlantedItem:
    number = iban_number(rng, rng.choice(list(IBANS)))
    glue = rng.choice((" ", " ", "", "-"))
    item = glue.join(number[i : i + 4] for i in range(0, len(number), 4))
    if rng.random() < 0.1:
        item = item.lower()
    elif rng.random() < 0.06:
        item = lookalike_letters(rng, item)
    return place(rng, "iban", distort(rng, item), IBAN_FRAMES)


def iban_number(rng: random.Random, country: str) -> str:
    """Return an IBAN of the country with valid check digits, without spaces."""
    shape, body, count = IBANS[country], "", ""
    for sign in shape:
        if sign.isdigit():
            count += sign
            continue
        alphabet = {"n": "0123456789", "a": "ABCDEFGHIJKLMNOPRSTUVWXYZ", "c": "0123456789ABCDEFG"}
        body, count = body + random_string(rng, int(count), alphabet[sign]), ""
    turned = "".join(str(int(c, 36)) for c in body + country + "00")
    return f"{country}{98 - int(turned) % 97:02d}{body}"


def inn(rng: random.Random) -> PlantedItem:
    if rng.random() < 0.45:
        body = f"{rng.randint(1, 89):02d}" + random_digits(rng, 7)
        return place(
            rng,
            "inn",
            distort(rng, body + _inn_sum(body, (2, 4, 10, 3, 5, 9, 4, 6, 8))),
            INN_FRAMES,
        )
    body = f"{rng.randint(1, 89):02d}" + random_digits(rng, 8)
    body += _inn_sum(body, (7, 2, 4, 10, 3, 5, 9, 4, 6, 8))
    body += _inn_sum(body, (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8))
    if rng.random() < 0.15:
        return place(rng, "inn", body, BARE_INN)
    if rng.random() < 0.15:
        body = " ".join((body[:4], body[4:10], body[10:]))
    return place(rng, "inn", distort(rng, body), INN_FRAMES)


def _inn_sum(body: str, weights: tuple[int, ...]) -> str:
    return str(sum(int(c) * w for c, w in zip(body, weights, strict=True)) % 11 % 10)


def snils(rng: random.Random) -> PlantedItem:
    body = str(rng.randint(2, 199)).zfill(3) + random_digits(rng, 6)
    rest = sum(int(c) * (9 - i) for i, c in enumerate(body)) % 101
    check = f"{rest % 100:02d}"
    a, b, c = body[:3], body[3:6], body[6:]
    shapes = (
        f"{a}-{b}-{c} {check}",
        f"{a}-{b}-{c}-{check}",
        f"{a} {b} {c} {check}",
        body + check,
        f"{a}{b}{c} {check}",
    )
    shape = rng.choice(shapes)
    frames = SNILS_FRAMES + (("{}", "вот {} этот?") if shape == shapes[0] else ())
    return place(rng, "snils", distort(rng, shape), frames)


def passport(rng: random.Random) -> PlantedItem:
    if rng.random() < 0.5:
        shape = rng.choice(RU_PASSPORT_SHAPES)
        item = shape.format(
            a=f"{rng.randint(1, 92):02d}", b=f"{rng.randint(0, 25):02d}", c=random_digits(rng, 6)
        )
        frames = RU_PASSPORT_FRAMES
        for word in ("серия ", "сер. "):  # the word itself may stay
            if item.startswith(word):
                item = item.removeprefix(word)
                frames = tuple(frame.replace("{}", word + "{}") for frame in frames)
        return place(rng, "passport", distort(rng, item), frames)
    if rng.random() < 0.3:
        item = rng.choice(("{} {}", "{}{}", "{} № {}", "{} №{}")).format(
            rng.choice(("51", "53", "62", "70", "72", "75")), random_digits(rng, 7)
        )
        return place(rng, "passport", distort(rng, item), TRAVEL_FRAMES)
    shapes = (
        random_digits(rng, 9),
        rng.choice("ACXYZ") + random_digits(rng, 8),
        rng.choice("CFGHJK") + random_digits(rng, 2) + random_string(rng, 6, GERMAN + "0123456789"),
        random_digits(rng, 2) + random_string(rng, 2, "ABCDEFGHKLMNP") + random_digits(rng, 5),
        random_string(rng, 2, "ABEFKM") + random_digits(rng, 6),
        random_digits(rng, 3) + " " + random_digits(rng, 3) + " " + random_digits(rng, 3),
    )
    return place(rng, "passport", rng.choice(shapes), PASSPORT_FRAMES)
