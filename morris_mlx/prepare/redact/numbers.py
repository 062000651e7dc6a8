"""Cards, accounts, tax and insurance numbers by their checksums, passports by the words beside."""

from __future__ import annotations

import re
from collections.abc import Iterator

from morris_mlx.prepare.redact.spans import LATIN_FOR, Hit, after, also_broken, before, hits_of

# Figures with at most two spaces, or a dash, between them; no decimal places, no end of another.
RUN = re.compile(r"(?<![\d\w])(?<!\d[.,])\d(?:(?: {1,2}|-)?\d){9,22}(?![\d\w])(?![.,]\d)")
# Wider gaps only between the groups that are printed on a card.
GROUPED = re.compile(
    r"(?<![\w.,-])\d{4}(?P<gap> ?- ?|\.| {2,3})"
    r"(?:\d{4}(?P=gap)\d{4}(?P=gap)\d{4}(?:(?P=gap)\d{3})?|\d{6}(?P=gap)\d{4,5})(?![\w]|[.,-]\d)"
)
# Numbers of things; "№" alone is not enough: a card has a number, too.
NUMBER_OF_A_THING = re.compile(
    r"(?:заказ|накладн|трек|артикул|тираж|isbn|issn|договор|инвойс|сч[её]т-фактур|order|invoice"
    r"|ticket|tracking|parcel|артикл|тикет|обращени|заявк|посылк|отправлени|print run|ean|штрихкод"
    r"|barcode|серийн|serial|огрн|кадастр|номер дела|case no|(?<!\w)sku|(?<!\w)арт\b|timestamp)"
    r"[\w .:#№-]{0,16}$"
)
UNIT_AFTER = re.compile(
    r"\s?(?:руб|р\.|₽|\$|€|£|долл|евро|экз|шт|коп|usd|eur|rub|dollars|pounds|euro|человек|просмотр"
    r"|people|views|copies|млн|млрд|тыс|тонн|км|лет|год|байт|bytes)"
)
MONEY_BEFORE = re.compile(r"[$€£₽]\s?$")
# ISO/IEC 7812: payment networks begin with 2 (Mastercard, Mir), 3, 4, 5 or 6.
CARD_LENGTHS = {"2": (16,), "3": (14, 15, 16), "4": (13, 16, 19), "5": (16,), "6": (16, 18, 19)}
CARD_WORD = re.compile(r"(?:карт(?:[аеуы]|очк\w+)|card|сбер\w*|visa|mastercard|мир)\W+(?:\w+\W+)?$")
# A Russian account has 20 figures and no IBAN; the first three say what kind of account it is.
ACCOUNT = re.compile(
    r"(?i:р/сч?|сч[её]т\w*)\.?(?:[ :№]|(?i:[а-яё]{3,12})\b){0,4}"
    r"(?P<item>4(?:0[5-8]|2[0-6])(?: ?\d){17})(?!\d)"
)
IBAN = re.compile(r"(?<![A-Za-z0-9-])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}(?![A-Za-z0-9])")
MIN_IBAN_FIGURES = 8  # "mp34 and then some words" would pass at one of sixteen lengths
# Lengths by country, from the SWIFT registry: of those that people here meet; others are tried
# at every length.
IBAN_LENGTHS = {
    "AD": 24,
    "AE": 23,
    "AL": 28,
    "AT": 20,
    "AZ": 28,
    "BA": 20,
    "BE": 16,
    "BG": 22,
    "BY": 28,
    "CH": 21,
    "CY": 28,
    "CZ": 24,
    "DE": 22,
    "DK": 18,
    "EE": 20,
    "ES": 24,
    "FI": 18,
    "FR": 27,
    "GB": 22,
    "GE": 22,
    "GR": 27,
    "HR": 21,
    "HU": 28,
    "IE": 22,
    "IL": 23,
    "IT": 27,
    "KZ": 20,
    "LT": 20,
    "LU": 20,
    "LV": 21,
    "MD": 24,
    "ME": 22,
    "MT": 31,
    "NL": 18,
    "NO": 15,
    "PL": 28,
    "PT": 25,
    "RO": 24,
    "RS": 22,
    "SA": 24,
    "SE": 24,
    "SI": 19,
    "SK": 24,
    "TR": 26,
    "UA": 29,
}
INN_NAMED = r"(?<!\w)(?:инн|inn|налогоплательщик\w*|tax(?:payer)? id\w*)"
INN_WORD = re.compile(rf"{INN_NAMED}(?:[ /]кпп)?(?:\s+[а-я]{{3,12}})?[\s):=№-]{{0,6}}$")
INN_FAR = re.compile(rf"{INN_NAMED}[^\d.!?]{{0,30}}$")  # then the check figure must fit, too
INN_WEIGHTS = {  # Federal Tax Service: check figures of 10 and of 12 figures
    10: ((2, 4, 10, 3, 5, 9, 4, 6, 8),),
    12: ((7, 2, 4, 10, 3, 5, 9, 4, 6, 8), (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)),
}
INN = re.compile(r"(?<!\d)(?<!\d[.,])\d(?: ?\d){9,11}(?![\d\w])(?![.,]\d)")
SNILS_WORD = re.compile(
    r"(?:снилс|snils|страхов\w+ (?:номер|свидетельств)|пенсионн\w+)[^\d.!?]{0,25}$"
)
SNILS_FORM = re.compile(r"(?<![\d\w-])\d{3}[ -]\d{3}[ -]\d{3}[ -]{1,3}\d{2}(?![\d\w]|-\d)")
SNILS_BARE = re.compile(r"(?<!\d)\d{3}[ -]?\d{3}[ -]?\d{3}[ -]{0,3}\d{2}(?!\d)")

# What is said between the word and the number has no figures; the forms are narrow instead.
PASSPORT_WORD = re.compile(
    r"(?:(?:загран)?паспорт\w*|(?<!\w)загран\w*|passport\w*|(?<!\w)пасп(?=\.)"
    r"|\bpass(?=\.? ?(?:no|№))"
    r"|(?<!\w)сери[яию]\w*(?= и номер|[\s:№]{1,3}\d))(?P<said>[^\d\n]{0,40}?\n?[^\d\n]{0,8}?)"
    r"(?=\d|\b(?-i:[A-Z]{1,2} ?\d|[A-Z][A-Z0-9]{8}\b))",
    re.I,
)
PASSPORT = re.compile(
    r"(?P<item>\d{2}[ -]?\d{2}[ ,-]{0,2}(?:№|no\.?|n|номер:?)?[ ]{0,2}\d{6}"
    r"|\d{2} ?(?:№|no\.?|n)? ?\d{7}|[a-z]{1,2} ?\d{6,8}|\d{9}|\d{3} \d{3} \d{3}"
    r"|\d{2}[a-z]{2}\d{5}|(?=\w{0,7}\d\w{0,7}\d)[a-z][a-z\d]{8})(?![\d\w])",
    re.I,
)


def find_cards(text: str) -> Iterator[Hit]:
    for match in (*RUN.finditer(text), *GROUPED.finditer(text)):
        figures = figures_of(match.group())
        if len(figures) not in CARD_LENGTHS.get(figures[0], ()):
            continue
        called = len(figures) == 16 and CARD_WORD.search(before(text, match.start()))
        if not luhn(figures) and not called:  # one figure wrong is still nearly the card
            continue
        if not is_thing(text, match.start(), match.end()) and not is_isbn(figures):
            yield Hit("card", match.start(), match.end())


def find_ibans(text: str) -> Iterator[Hit]:
    yield from hits_of("iban", ACCOUNT, text)
    for match in IBAN.finditer(text.translate(LATIN_FOR)):
        shown = match.group()
        places = [at for at, c in enumerate(shown) if c.isalnum()]
        whole = "".join(shown[at] for at in places).upper()
        known = IBAN_LENGTHS.get(whole[:2])
        # The pattern may have run on into the next word: a known length says where it ends.
        lengths = [known] if known else range(len(whole), 14, -1)
        for length in lengths:
            figures = sum(c.isdigit() for c in whole[:length]) + 4 * (known is not None)
            if length <= len(whole) and figures >= MIN_IBAN_FIGURES and _mod97(whole[:length]) == 1:
                yield Hit("iban", match.start(), match.start() + places[length - 1] + 1)
                break


def find_inns(text: str) -> Iterator[Hit]:
    for match in INN.finditer(text):
        figures = figures_of(match.group())
        if len(figures) not in INN_WEIGHTS:
            continue
        named = INN_WORD.search(before(text, match.start()))
        # Alone only a person's 12 figures count: two check figures, where a firm's 10 have one
        # and every eleventh order number would pass.
        bare = " " not in match.group() and not text[: match.start()][-1:].isalpha()
        alone = len(figures) == 12 and bare and inn_fits(figures)
        far = INN_FAR.search(before(text, match.start(), 60)) and inn_fits(figures)
        if named or ((alone or far) and not is_thing(text, match.start(), match.end())):
            yield Hit("inn", match.start(), match.end())


def find_snils(text: str) -> Iterator[Hit]:
    for pattern in (SNILS_FORM, SNILS_BARE):
        for match in pattern.finditer(text):
            named = SNILS_WORD.search(before(text, match.start()))
            formed = pattern is SNILS_FORM and snils_fits(figures_of(match.group()))
            if named or formed:
                yield Hit("snils", match.start(), match.end())


def find_passports(text: str) -> Iterator[Hit]:
    for word in PASSPORT_WORD.finditer(text):
        match = PASSPORT.match(text, word.end())
        # "passport office, order 123456789": another thing was named in between.
        if match and not NUMBER_OF_A_THING.search(word["said"].lower()):
            yield Hit("passport", match.start("item"), match.end("item"))


def find_numbers(text: str) -> Iterator[Hit]:
    if not any(c.isdigit() for c in text):
        return
    for find in (find_cards, find_ibans, find_inns, find_snils, find_passports):
        yield from also_broken(find, text)


def is_thing(text: str, start: int, end: int) -> bool:
    """Whether the words around say that a number counts something or is the name of a thing."""
    left = before(text, start)
    return bool(
        NUMBER_OF_A_THING.search(left)
        or MONEY_BEFORE.search(left)
        or UNIT_AFTER.match(after(text, end))
    )


def is_isbn(figures: str) -> bool:
    """ISBN-13: begins with 978 or 979 and has an EAN's check figure."""
    if len(figures) != 13 or not figures.startswith(("978", "979")):
        return False
    return sum(int(f) * (1, 3)[at % 2] for at, f in enumerate(figures)) % 10 == 0


def figures_of(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def luhn(figures: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    doubled = [int(f) * (2 if at % 2 else 1) for at, f in enumerate(reversed(figures))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def inn_fits(figures: str) -> bool:
    sums = (
        (sum(int(f) * w for f, w in zip(figures, weights, strict=False)) % 11 % 10, len(weights))
        for weights in INN_WEIGHTS[len(figures)]
    )
    return all(int(figures[place]) == value for value, place in sums)


def snils_fits(figures: str) -> bool:
    total = sum(int(f) * w for f, w in zip(figures, range(9, 0, -1), strict=False))
    return int(figures[9:]) == total % 101 % 100


def _mod97(number: str) -> int:
    """ISO 13616: the first four to the end, letters as 10 to 35."""
    return int("".join(str(int(c, 36)) for c in number[4:] + number[:4])) % 97
