"""Recognizer of phone numbers: groups of digits that form a number in one of the regions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import phonenumbers

from morris_mlx.prepare.redact.numbers import UNIT_AFTER, digits_of, is_isbn, is_other_number
from morris_mlx.prepare.redact.spans import Hit, pattern_hits, text_after, text_before

RUN = re.compile(r"(?<![\w+])(?<!\d[.,:])\+?\(?\d(?:[ \t.()-]{0,4}\d){4,40}(?!\w)")
GROUP = re.compile(r"\d+")
MIN_DIGITS, MAX_DIGITS = 7, 15  # without and with a country code (ITU E.164)
# Digits per group in numbers written without a country code. After a +, any grouping is accepted.
LAYOUTS = frozenset(
    (
        *((10,), (11,), (1, 10), (3, 7), (1, 3, 7), (4, 7), (3, 3, 4), (1, 3, 3, 4), (4, 3, 4)),
        *((3, 3, 2, 2), (1, 3, 3, 2, 2), (4, 3, 2, 2), (1, 3, 2, 2, 3), (3, 2, 2, 3)),
        *((5, 6), (5, 3, 3), (3, 4, 4), (4, 8), (4, 7), (2, 3, 2, 2), (3, 2, 2, 2), (3, 3, 3)),
        *((2, 4, 4), (1, 4, 2, 2, 2), (1, 4, 3, 3), (1, 5, 5), (1, 5, 2, 2, 1)),
        *((2, 3, 4), (3, 9), (1, 4, 6), (2, 8), (2, 7), (3, 6), (2, 2, 2, 2, 2), (3, 2, 2, 2)),
    )
)
# 415/802-4466 and 0171/1234567: a slash between the area code and the rest.
SLASHED = re.compile(
    r"(?<![\w/])(?<!\d[.,])(?:\d{3}/\d{3}-\d{4}|0\d{2,4}/\d{5,8})(?![\w/]|[.,-]\d)"
)
# German numbers, which have a slash in many places: 0711 / 8 90 83 86, +49 (0) 174/7 88 89 09.
GERMAN_SLASHED = re.compile(
    r"(?<![\w/+-])(?<!\d[.,])(?:(?:\+|00)4[139][ -]?(?:\(0\)[ ]?)?\d{1,4}|\(?0\d{1,4}\)?)"
    r"[ ]?/[ ]?\d{1,8}(?:[ -]?\d{1,6}){0,4}(?![\w/]|[.,]\d)"
)
GERMAN_REGIONS = ("DE", "AT", "CH")
MIN_GERMAN_DIGITS = 9  # with the 0; a shorter one looks like a file number: 0964/2023
EXTENDED = r"(?:доб(?:авочный)?|вн|ext|x)(?![^\W\d])\.? ?\d{1,5}(?!\w)"
EXTENSION = re.compile(rf",? ?(?:{EXTENDED}|\({EXTENDED}\))", re.I)
PHONE_WORD = re.compile(
    r"(?:(?<!\w)(?:тел|телефон\w*|звони\w*|позвони\w*|набери\w*|перезвон\w*|вотс\w*|ватс\w*"
    r"|вайбер\w*|моб\w*|сот\w+|домашн\w+|городск\w+|факс|(?:мой|её|его|ее|свой|новый) номер)"
    r"|\b(?:tel|(?:tele)?phones?|call|ring|text|whatsapp|viber|mob|mobile|cell|fax|reach me"
    r"|(?:my|your|his|her|new) number"
    r"|telefon\w*|telef[óo]no|tfno|tlf|handy\w*|mobil\w*|festnetz\w*|durchwahl|rufnummer|ruf|anrufen"
    r"|erreich\w+|m[óo]vil|cel|celular|fijo|ll[áa]ma\w*|m[áa]rca\w*|w[ah]ts\w*|wasap|guasap"
    r"|(?:meine|deine|seine|ihre|neue|unter der) (?:nummer|nr)|(?:mi|tu|su|este|nuevo) n[úu]mero))"
    r"(?:[\s.:,–-]|\b(?:number|is|me|us|him|her|on|at|по|на|мне|ей|ему|нам|номер\w*"
    r"|мой|его|её|ее|вот|такой|ist|mich|uns|an|bitte|unter|der|nummer|nr|doch|kurz|durch"
    r"|es|el|al|la)\b){0,6}\(?$"
)
RANGE = re.compile(r"\d{1,3}(?: \d{3})+ - \d{1,3}(?: \d{3})*")
RUSSIAN_PLAN = frozenset(("RU", "KZ"))
LETTERS_OF = {"RU": "ыэъё", "UA": "іїєґ", "BY": "ў", "KZ": "әғқңөұүһ"}
MIN_SHARE = 0.05  # of the letters; less than this are quotations
# Of the Latin letters; German has about 0.6 % of ü, and Spanish 0.3 % of ñ.
MIN_UMLAUTS, MIN_TILDES = 0.002, 0.001
SPANISH_REGIONS = ("ES", "MX")
MOST_ABROAD = 5  # further regions, those with the most frequent country codes


def choose_regions(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the regions whose national forms to find: by script, and by codes after a +."""
    letters: Counter[str] = Counter()
    abroad: Counter[str] = Counter()
    for text in texts:
        letters.update(text.lower())
        for match in re.finditer(r"\+\d[\d ().-]{8,20}\d", text):
            number = _parsed(match.group(), None)
            if number and (region := phonenumbers.region_code_for_number(number)):
                abroad[region] += 1
    cyrillic = sum(n for c, n in letters.items() if "\u0400" <= c <= "\u04ff")
    latin = sum(n for c, n in letters.items() if "a" <= c <= "z")
    regions: list[str] = []
    if cyrillic >= MIN_SHARE * (cyrillic + latin) and cyrillic:
        regions.append("RU")
        own = {region: sum(letters[c] for c in its) for region, its in LETTERS_OF.items()}
        regions += [r for r in ("UA", "BY", "KZ") if own[r] >= MIN_SHARE * cyrillic]
    if latin >= MIN_SHARE * (cyrillic + latin):
        regions += ["US", "GB"]
    regions += _regions_of_letters(letters, latin)
    more = sorted(abroad, key=lambda r: (-abroad[r], r))[:MOST_ABROAD]
    return tuple(dict.fromkeys([*regions, *more]))


def _regions_of_letters(letters: Counter[str], latin: int) -> list[str]:
    """Return the regions of German and Spanish by their letters; Turkish has ü and ı."""
    regions: list[str] = []
    if letters["ü"] > MIN_UMLAUTS * latin and letters["ı"] < letters["ü"] / 2:
        regions += GERMAN_REGIONS
    if letters["ñ"] + letters["¿"] > MIN_TILDES * latin:
        regions += SPANISH_REGIONS
    return regions


def find_phones(text: str, regions: Sequence[str]) -> Iterator[Hit]:
    """Yield the phone numbers in a folded text, each with its extension."""
    for run in RUN.finditer(text):
        groups = [(m.start(), m.end()) for m in GROUP.finditer(text, run.start(), run.end())]
        first = 0
        while first < len(groups):
            last = _longest_phone(text, groups, first, regions)
            if last is None:
                first += 1
                continue
            start = groups[first][0]
            shown = text[start : groups[last][1]]
            opening = "+(" if shown.count(")") > shown.count("(") else "+"
            while start > run.start() and text[start - 1] in opening:
                start -= 1
            extension = EXTENSION.match(text, groups[last][1])
            yield Hit("phone", start, extension.end() if extension else groups[last][1])
            first = last + 1
    yield from pattern_hits("phone", SLASHED, text)
    for hit in pattern_hits("phone", GERMAN_SLASHED, text):
        if _is_german(text[hit.start : hit.end]) and not is_other_number(text, hit.start, hit.end):
            yield hit


def _longest_phone(
    text: str, groups: Sequence[tuple[int, int]], first: int, regions: Sequence[str]
) -> int | None:
    """Return the last group of the longest phone number that begins at group `first`, or None."""
    for last in range(min(len(groups), first + MAX_DIGITS) - 1, first - 1, -1):
        count = sum(end - start for start, end in groups[first : last + 1])
        # After a word for a phone, six digits are enough: a local number.
        if 6 <= count <= MAX_DIGITS and _is_phone(text, groups[first : last + 1], regions):
            return last
    return None


def _is_phone(text: str, groups: Sequence[tuple[int, int]], regions: Sequence[str]) -> bool:
    start, end = groups[0][0], groups[-1][1]
    shown = text[start:end]
    digits = digits_of(shown)
    plus = text[max(0, start - 2) : start].endswith(("+", "+("))
    if plus:
        number = _parsed("+" + shown, None)
        return number is not None and len(digits) >= MIN_DIGITS
    goes_on = any(c.isdigit() for c in text[max(0, start - 4) : start])
    if digits.startswith("00") and not goes_on and _is_international(digits):
        return True
    named = bool(PHONE_WORD.search(text_before(text, start)))
    local = _is_spanish(digits) and bool({"ES"} & set(regions))
    amount = _is_date_or_amount(shown) and not local
    if named and not UNIT_AFTER.match(text_after(text, end)) and not amount:
        return len(digits) >= MIN_DIGITS or re.fullmatch(r"\d\d-\d\d-\d\d", shown) is not None
    if len(digits) < 9 or is_other_number(text, start, end) or is_isbn(digits) or amount:
        return False
    sizes = tuple(end - start for start, end in groups)
    if local and not goes_on and (sizes in LAYOUTS or sizes == (9,)):
        return True
    # Groups after an area code are free there; the leading 0 shows that it is one.
    if (
        digits[0] == "0"
        and not goes_on
        and set(GERMAN_REGIONS) & set(regions)
        and _is_german(shown)
    ):
        return True
    french = set(sizes) == {2} and digits[0] == "0"  # pairs without the leading 0 are clock times
    if sizes not in LAYOUTS and set(sizes) != {1} and not french:
        return False
    bracketed = "(" in text[max(0, start - 1) : end]
    return any(_fits(shown, digits, sizes, bracketed, region) for region in regions)


def _fits(shown: str, digits: str, sizes: tuple[int, ...], bracketed: bool, region: str) -> bool:
    number = _parsed(shown, region)
    if number is None or not phonenumbers.is_valid_number(number):
        return False
    if region in RUSSIAN_PLAN:  # ten digits without the leading 8: mobile numbers only
        return len(digits) == 11 or digits[0] == "9" or bracketed
    # Ten digits in a row may be any number; in groups, or with a national prefix, they are a phone.
    return len(sizes) > 1 or digits[0] == "0" or (region == "US" and len(digits) == 11)


def _is_spanish(digits: str) -> bool:
    """Return True for a Spanish mobile number, whose groups of three look like thousands."""
    if len(digits) != 9 or digits[0] not in "67" or digits.endswith("000"):
        return False
    number = _parsed(digits, "ES")
    return number is not None and phonenumbers.is_valid_number(number)


def _is_german(shown: str) -> bool:
    """Return True for a number of Germany, Austria or Switzerland, with any signs in it."""
    plain = shown.replace("(0)", "")
    if len(digits_of(plain)) < MIN_GERMAN_DIGITS:
        return False
    numbers = [number for region in GERMAN_REGIONS if (number := _parsed(plain, region))]
    return any(map(phonenumbers.is_valid_number, numbers))


def _is_international(digits: str) -> bool:
    """Return True if the digits after a leading 00, the European prefix for a +, are a number."""
    number = _parsed("+" + digits[2:], None)
    return number is not None and phonenumbers.is_valid_number(number)


def _parsed(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:  # no phone number
        return None
    return number if phonenumbers.is_possible_number(number) else None


def _is_date_or_amount(shown: str) -> bool:
    """Return True for a date, a span of years, grouped thousands (1 250 000), or a countdown."""
    parts = re.split(r"[ .()/-]+", shown)
    years = [p for p in parts if len(p) == 4 and "1600" <= p <= "2099"]
    short = [p for p in parts if len(p) <= 2]
    if years and len(years) + len(short) == len(parts):
        return True
    thousands = len(parts[0]) <= 3 and all(len(p) == 3 for p in parts[1:])
    if " " in shown and len(parts) > 1 and thousands and "-" not in shown and "(" not in shown:
        return True
    # 650 000 - 670 000, and 10 9 8 7 6 5 4 3 2 1
    if RANGE.fullmatch(shown):
        return True
    steps = {int(b) - int(a) for a, b in pairwise(p for p in parts if p)}
    return len(parts) > 4 and steps in ({1}, {-1})
