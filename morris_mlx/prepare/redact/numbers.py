"""Recognizers of cards, accounts, tax and insurance numbers by checksum, of passports by words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from stdnum import isbn, luhn, numdb
from stdnum.iso7064 import mod_97_10
from stdnum.ru import inn

from morris_mlx.prepare.redact.spans import (
    LATIN_FOR,
    Hit,
    find_across_lines,
    pattern_hits,
    text_after,
    text_before,
)

# Digits with at most two spaces, or a dash, between them; no decimals, no part of another number.
RUN = re.compile(r"(?<![\d\w])(?<!\d[.,])\d(?:(?: {1,2}|-)?\d){9,22}(?![\d\w])(?![.,]\d)")
# Wider gaps are allowed only between the groups of digits that are printed on a card.
GROUPED = re.compile(
    r"(?<![\w.,-])\d{4}(?P<gap> ?- ?|\.| {2,3})"
    r"(?:\d{4}(?P=gap)\d{4}(?P=gap)\d{4}(?:(?P=gap)\d{3})?|\d{6}(?P=gap)\d{4,5})(?![\w]|[.,-]\d)"
)
# Words before the number of a thing. "№" alone is not enough: a card has a number, too.
NUMBER_OF_A_THING = re.compile(
    r"(?:заказ|накладн|трек|артикул|тираж|isbn|issn|договор|инвойс|сч[её]т-фактур|order|invoice"
    r"|ticket|tracking|parcel|артикл|тикет|обращени|заявк|посылк|отправлени|print run|ean|штрихкод"
    r"|barcode|серийн|serial|огрн|кадастр|номер дела|case no|(?<!\w)sku|(?<!\w)арт\b|timestamp"
    r"|bestell|auftrag|rechnungs?-?n|sendung|lieferschein|aktenzeichen|losnummer|(?<!\w)az\b"
    r"|(?<!\w)art\.?-?n|artikel|ersatzteil|buchungs|pedido|seguimiento|factura|expediente|albar[áa]n"
    r"|recambio|localizador|(?<!\w)(?:lote|folio|ref|referencia|gu[íi]a|serie|incidencia)\b)"
    r"[\w .:#№-]{0,16}$"
)
UNIT_AFTER = re.compile(
    r"\s?(?:руб|р\.|₽|\$|€|£|долл|евро|экз|шт|коп|usd|eur|rub|dollars|pounds|euro|человек|просмотр"
    r"|people|views|copies|млн|млрд|тыс|тонн|км|лет|год|байт|bytes|einwohner|st[üu]ck|leute"
    r"|menschen|franken|pesos|personas|habitantes|ejemplares|guaran[íi]es)"
)
MONEY_BEFORE = re.compile(r"[$€£₽]\s?$")
# ISO/IEC 7812: payment networks begin with 2 (Mastercard, Mir), 3, 4, 5 or 6.
CARD_LENGTHS = {"2": (16,), "3": (14, 15, 16), "4": (13, 16, 19), "5": (16,), "6": (16, 18, 19)}
CARD_WORD = re.compile(r"(?:карт(?:[аеуы]|очк\w+)|card|сбер\w*|visa|mastercard|мир)\W+(?:\w+\W+)?$")
# A Russian account has 20 digits and no IBAN; the first three are the kind of account.
ACCOUNT = re.compile(
    r"(?i:р/сч?|сч[её]т\w*)\.?(?:[ :№]|(?i:[а-яё]{3,12})\b){0,4}"
    r"(?P<item>4(?:0[5-8]|2[0-6])(?: ?\d){17})(?!\d)"
)
IBAN = re.compile(r"(?<![A-Za-z0-9-])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}(?![A-Za-z0-9])")
MIN_IBAN_DIGITS = 8  # fewer, and "mp34 and then some words" would pass at one of sixteen lengths
MIN_IBAN_LENGTH = 15  # Norway's
# Countries whose accounts are common here: recognized at their registered length alone. Others are
# tried at every length: their codes are rare here, and a false alarm costs less than an account
# that stays in the text.
COMMON_COUNTRIES = {
    "AD", "AE", "AL", "AT", "AZ", "BA", "BE", "BG", "BY", "CH", "CY", "CZ", "DE", "DK", "EE",
    "ES", "FI", "FR", "GB", "GE", "GR", "HR", "HU", "IE", "IL", "IT", "KZ", "LT", "LU", "LV",
    "MD", "ME", "MT", "NL", "NO", "PL", "PT", "RO", "RS", "SA", "SE", "SI", "SK", "TR", "UA",
}  # fmt: skip
BBAN_PART = re.compile(r"(\d+)!")  # "4!n16!c" in the SWIFT registry: 4 digits, 16 characters
INN_NAMED = r"(?<!\w)(?:инн|inn|налогоплательщик\w*|tax(?:payer)? id\w*)"
INN_WORD = re.compile(rf"{INN_NAMED}(?:[ /]кпп)?(?:\s+[а-я]{{3,12}})?[\s):=№-]{{0,6}}$")
INN_FAR = re.compile(rf"{INN_NAMED}[^\d.!?]{{0,30}}$")  # then the check digits must be right, too
INN_LENGTHS = (10, 12)  # of a firm, of a person
INN = re.compile(r"(?<!\d)(?<!\d[.,])\d(?: ?\d){9,11}(?![\d\w])(?![.,]\d)")
SNILS_WORD = re.compile(
    r"(?:снилс|snils|страхов\w+ (?:номер|свидетельств)|пенсионн\w+)[^\d.!?]{0,25}$"
)
SNILS_FORM = re.compile(r"(?<![\d\w-])\d{3}[ -]\d{3}[ -]\d{3}[ -]{1,3}\d{2}(?![\d\w]|-\d)")
SNILS_BARE = re.compile(r"(?<!\d)\d{3}[ -]?\d{3}[ -]?\d{3}[ -]{0,3}\d{2}(?!\d)")

# Between the word and the number any words without digits may stand; the number's form is strict.
PASSPORT_WORD = re.compile(
    r"(?:(?:загран)?паспорт\w*|(?<!\w)загран\w*|passport\w*|(?<!\w)пасп(?=\.)"
    r"|\bpass(?=\.? ?(?:no|№)|[ -]?n(?:umme)?r|(?-i: hat die Nummer))|reisepass\w*"
    r"|personalausweis\w*|(?<!\w)(?:ausweis(?:n\w+)?|perso)(?!\w)|pasaporte\w*|passeport\w*"
    r"|(?<!\w)сери[яию]\w*(?= и номер|[\s:№]{1,3}\d))(?P<between>[^\d\n]{0,40}?\n?[^\d\n]{0,8}?)"
    r"(?=\d|\b(?-i:[A-Z]{1,3} ?\d|[A-Z][A-Z0-9]{8,9}\b))",
    re.I,
)
PASSPORT = re.compile(
    r"(?P<item>\d{2}[ -]?\d{2}[ ,-]{0,2}(?:№|no\.?|n|номер:?)?[ ]{0,2}\d{6}"
    r"|\d{2} ?(?:№|no\.?|n)? ?\d{7}|[a-z]{1,3} ?\d{6,8}|\d{9}|\d{3} \d{3} \d{3}"
    r"|\d{2}[a-z]{2}\d{5}|(?=\w{0,7}\d\w{0,7}\d)[a-z][a-z\d]{8,9})(?![\d\w])",
    re.I,
)


def find_cards(text: str) -> Iterator[Hit]:
    """Yield numbers of payment cards: right length and checksum, or the word for a card before."""
    for match in (*RUN.finditer(text), *GROUPED.finditer(text)):
        digits = digits_of(match.group())
        if len(digits) not in CARD_LENGTHS.get(digits[0], ()):
            continue
        named = len(digits) == 16 and CARD_WORD.search(text_before(text, match.start()))
        if not luhn.is_valid(digits) and not named:  # a card with a typing error is still private
            continue
        if not is_other_number(text, match.start(), match.end()) and not is_isbn(digits):
            yield Hit("card", match.start(), match.end())


def find_ibans(text: str) -> Iterator[Hit]:
    """Yield IBANs with a right checksum, and Russian accounts by the words before them."""
    yield from pattern_hits("iban", ACCOUNT, text)
    for match in IBAN.finditer(text.translate(LATIN_FOR)):
        shown = match.group()
        places = [at for at, c in enumerate(shown) if c.isalnum()]
        whole = "".join(shown[at] for at in places).upper()
        registered = registered_length(whole[:2])
        # The match may include the next word: the registered length says where the IBAN ends.
        for length in range(len(whole), MIN_IBAN_LENGTH - 1, -1):
            if whole[:2] in COMMON_COUNTRIES and length != registered:
                continue
            number = whole[:length]
            digits = sum(c.isdigit() for c in number) + 4 * (length == registered)
            # ISO 13616's checksum only: a country's own rules for its accounts may change.
            if digits >= MIN_IBAN_DIGITS and mod_97_10.is_valid(number[4:] + number[:4]):
                yield Hit("iban", match.start(), match.start() + places[length - 1] + 1)
                break


def find_inns(text: str) -> Iterator[Hit]:
    """Yield Russian tax numbers (INN) by the word before them, or by their check digits."""
    for match in INN.finditer(text):
        digits = digits_of(match.group())
        if len(digits) not in INN_LENGTHS:
            continue
        named = INN_WORD.search(text_before(text, match.start()))
        # Without the word only a person's 12 digits count: two of them are check digits. A firm's
        # 10 digits have one, and every eleventh order number would pass.
        bare = " " not in match.group() and not text[: match.start()][-1:].isalpha()
        alone = len(digits) == 12 and bare and inn.is_valid(digits)
        far = INN_FAR.search(text_before(text, match.start(), 60)) and inn.is_valid(digits)
        if named or ((alone or far) and not is_other_number(text, match.start(), match.end())):
            yield Hit("inn", match.start(), match.end())


def find_snils(text: str) -> Iterator[Hit]:
    """Yield Russian insurance numbers (SNILS) by the word before them, or by form and checksum."""
    for pattern in (SNILS_FORM, SNILS_BARE):
        for match in pattern.finditer(text):
            named = SNILS_WORD.search(text_before(text, match.start()))
            formed = pattern is SNILS_FORM and snils_is_valid(digits_of(match.group()))
            if named or formed:
                yield Hit("snils", match.start(), match.end())


def find_passports(text: str) -> Iterator[Hit]:
    """Yield passport numbers after a word for a passport."""
    for word in PASSPORT_WORD.finditer(text):
        match = PASSPORT.match(text, word.end())
        # "passport office, order 123456789" names another thing in between.
        if match and not NUMBER_OF_A_THING.search(word["between"].lower()):
            yield Hit("passport", match.start("item"), match.end("item"))


def find_numbers(text: str) -> Iterator[Hit]:
    """Yield the numbers of all kinds in a folded text, also those broken over two lines."""
    if not any(c.isdigit() for c in text):
        return
    for find in (find_cards, find_ibans, find_inns, find_snils, find_passports):
        yield from find_across_lines(find, text)


def is_other_number(text: str, start: int, end: int) -> bool:
    """Return True if the words around a number show a quantity, a price or a thing's number."""
    left = text_before(text, start)
    return bool(
        NUMBER_OF_A_THING.search(left)
        or MONEY_BEFORE.search(left)
        or UNIT_AFTER.match(text_after(text, end))
    )


def is_isbn(digits: str) -> bool:
    """Return True for an ISBN-13. Ten digits may be a phone number, so ISBN-10 is not checked."""
    return len(digits) == 13 and isbn.is_valid(digits)


def digits_of(text: str) -> str:
    """Return the digits of a text."""
    return "".join(c for c in text if c.isdigit())


def snils_is_valid(digits: str) -> bool:
    """Return True if the last two of the eleven digits are the checksum of the first nine."""
    total = sum(int(f) * w for f, w in zip(digits, range(9, 0, -1), strict=False))
    return int(digits[9:]) == total % 101 % 100


@cache
def registered_length(country: str) -> int | None:
    """Return the length of a country's IBANs in the SWIFT registry, or None if it is not there."""
    _, properties = numdb.get("iban").info(country)[0]
    parts = BBAN_PART.findall(properties.get("bban", ""))
    return 4 + sum(map(int, parts)) if parts else None
