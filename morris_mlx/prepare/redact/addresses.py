"""Recognizer of street addresses: a street and a house number, here in Russian and English."""

from __future__ import annotations

import re
from collections.abc import Iterator

from morris_mlx.prepare.redact.german_addresses import find_german_addresses
from morris_mlx.prepare.redact.spanish_addresses import find_spanish_addresses
from morris_mlx.prepare.redact.spans import Hit, pattern_hits, text_before

# An abbreviation is used in addresses only; the whole word also needs a proper name, or a flat.
ABBREVIATION = r"(?<!\w)(?i:ул|пр-т|пр-кт|просп|пер|наб|б-р|бул|мкр|пр-д|ш|пл|пр(?=\.))"
ABBREVIATED_WAY = ABBREVIATION + r"(?:\.[ \t]*|[ \t]+)"
WAY = (
    r"(?<!\w)(?i:улиц[аеуы]|улицей|проспект[аеу]?|переул(?:ок|к[аеу])|набережн(?:ая|ой|ую)|шоссе"
    r"|бульвар[аеу]?|проезд[аеу]?|площад[ьи]|микрорайон[аеу]?|аллея|аллее|тупик[аеу]?)(?!\w)"
)
NAME = r"(?:\d{1,2}(?:-[а-я]{1,2})?[ \t]+)?[А-ЯЁ][\w-]*(?:[ \t]+[А-ЯЁ][\w-]*){0,2}"
ANY_NAME = r"(?:\d{1,2}(?:-[а-я]{1,2})?[ \t]+)?[А-Яа-яЁё][\w-]*(?:[ \t]+[А-Яа-яЁё][\w-]*){0,2}?"
HOUSE_WORD = r"(?i:(?:дом|д)(?:\.[ \t]*|[ \t]+|(?=\d))(?:№[ \t]*)?)"
HOUSE = r"\d{1,4}(?:(?!\d)[а-яА-Яa-zA-Z](?!\w))?(?:[/-](?:\d{1,4}[а-я]?|бис))?"
BLOCK = (  # not "к 18:00" or "с 10", which are times
    r"(?:,?[ \t]*(?i:корпус|корп|к|строение|стр|литера|лит)\.?[ \t]*\d{1,3}[а-я]?(?!\w|:\d)"
    r"|(?<=\d)[кс]\d{1,3}(?!\w))"
)
FLAT = (
    r"(?:,?[ \t]*(?i:квартира|кв|офис|оф|комната|комн|подъезд|под|этаж|эт"
    r"|домофон)\.?[ \t]*№?\d{1,5}(?!\d)|,[ \t]?\d{1,4}(?=[ \t]*(?:[.,;!)\n]|$)))"
)
CITY = (
    r"(?<!\w)(?:(?:\d{6},?[ \t]*)?(?:(?i:г|город|гор|пос|пгт|с|дер)\.?[ \t]*[А-ЯЁ][\w-]+"
    r"(?:[ -][А-ЯЁ][\w-]+)?,[ \t]*"
    r"|[А-ЯЁ][\w-]+(?:[ -][А-ЯЁ][\w-]+)?,[ \t]*)?)"
)
NUMBER = rf"[, \t]+{HOUSE_WORD}?{HOUSE}(?!\d|:\d|[.,]\d){BLOCK}?{FLAT}*"
WITH_FLAT = rf"[, \t]+(?:{HOUSE_WORD}{HOUSE}{BLOCK}?{FLAT}*|{HOUSE}{BLOCK}?{FLAT}+)"
RUSSIAN = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{CITY}{ABBREVIATED_WAY}{ANY_NAME}{NUMBER}",
        rf"{CITY}{WAY}[ \t]+{NAME}{NUMBER}",
        rf"{CITY}{WAY}[ \t]+{ANY_NAME}{WITH_FLAT}",
        rf"{CITY}{NAME}[ \t]+(?:{WAY}|{ABBREVIATION}\.?){NUMBER}",
        rf"{CITY}{WAY}[ \t]+(?:реки|канала|имени|академика|генерала|маршала)[ \t]+{NAME}{NUMBER}",
        rf"{CITY}\d{{1,2}}-?(?:я|ая)?[ \t]+[Лл]ини[яи]"
        rf"(?:[ \t]+(?:В\.?[ \t]?О\.?|[А-ЯЁ][\w.]*))?{NUMBER}",
        rf"(?<!\w){HOUSE_WORD}{HOUSE}{BLOCK}?{FLAT}+",
        # No street word, but a house and a flat: Ленина 15, кв. 3; Советская, д. 67
        rf"{CITY}{NAME}[, \t]+{HOUSE_WORD}?{HOUSE}{BLOCK}?,?[ \t]*"
        r"(?i:кв|квартира)\.?[ \t]*\d{1,4}(?!\d)",
        rf"{CITY}{NAME},?[ \t]+(?i:дом|д\.)[ \t]*(?:№[ \t]*)?{HOUSE}{BLOCK}?{FLAT}*(?!\d)",
        r"(?<!\w)(?:СНТ|ДНТ|КП|ДСК)[ \t]+[«\"]?[А-ЯЁ][\w -]{1,30}?[»\"]?,?[ \t]+"
        r"(?i:участок|уч\.?|дом|д\.|линия)[ \t]*№?[ \t]*\d{1,4}(?!\d)",
        r"(?<!\w)[аa]/[яa][ \t]*№?[ \t]*\d{1,6}(?!\w)",
        r"(?<!\w)\d{6},?[ \t]+(?i:г\.?|город)[ \t]*[А-ЯЁ][\w-]+",
    )
)

WAYS = (
    r"(?:Street|Str|St|Road|Rd|Avenue|Ave|Av|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Close"
    r"|Crescent"
    r"|Terrace|Ter|Place|Pl|Square|Sq|Way|Gardens|Gdns|Mews|Grove|Parkway|Pkwy|Highway|Hwy|Row"
    r"|Hill|Walk|Yard|Wharf|Quay|Circus|Rise|Vale|Mount|Trail|Trl|Circle|Cir|Parade|Broadway)"
)
UNIT = (
    r"(?:(?:Flat|Apt\.?|Apartment|Unit|Suite|Ste\.?|Room|Rm\.?)[ \t]*#?\d{1,5}[A-Za-z]?"
    r"|#[ \t]?\d{1,5}[A-Za-z]?)"
)
POSTCODE = r"(?<!\w)[A-Z]{1,2}\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2}(?!\w)"
# Alone; but "M1 8GB" is a computer. The lookahead is short, because a text may be one long word.
LONE_POSTCODE = re.compile(r"(?<!\w)(?!\w{2,4} \d[GTKM]B)(?=\w{2,4} )" + POSTCODE)
ZIP = r"(?:[A-Z]{2},?[ \t]+\d{5}(?:-\d{4})?|(?:NSW|VIC|QLD|WA|SA|TAS|ACT|NT)[ \t]+\d{4})(?!\d)"
TOWN = r"[A-Z][a-z]+(?:[ -][A-Z][a-z]+){0,2}"
STREET = (
    rf"\d{{1,5}}[A-Za-z]?(?:[-/]\d{{1,4}})?"
    rf"(?:,?[ \t]+(?:[A-Z0-9][\w'’.-]*[ \t]+){{1,4}}{WAYS}(?!\w)\.?"
    r"|[ \t]+(?:Route|Highway|Hwy|County Road)[ \t]\d{1,4}(?!\w)|[ \t]+The[ \t]+[A-Z][a-z]+(?=,))"
)
QUARTER = r"(?:[ \t](?:NW|NE|SW|SE|North|South|East|West)(?!\w))?"
ENGLISH = re.compile(
    rf"(?<![\w.,£$€/:-])(?P<item>(?:{UNIT},?[ \t]+)?{STREET}{QUARTER}(?:,?[ \t]*{UNIT})?"
    rf"(?:[,\n][ \t]*{TOWN}(?=,?[ \t\n]+(?:{POSTCODE}|{ZIP}))|,[ \t]+{TOWN})?"
    rf"(?:,?[ \t\n]+(?:{TOWN}[ \t]+)?(?:{POSTCODE}|{ZIP}))?)"
)
# World-famous addresses that are not private: offices, and houses in books.
FAMOUS = re.compile(
    r"(?:1[0-2],? Downing (?:Street|St)|1600,? Pennsylvania Ave(?:nue)?|24,? Sussex Drive"
    r"|221 ?[Bb],? Baker (?:Street|St)|30,? Rockefeller Pla?za?|4,? Privet Drive"
    r"|12,? Grimmauld Place|742,? Evergreen Terrace)(?!\w)"
)
BOX = re.compile(r"\bP\.? ?O\.? Box[ \t]+\d{1,6}(?!\w)", re.I)
# Without capitals, only after a word that is followed by an address.
LOWER_CASE = re.compile(
    r"\b(?:live|lives|living|address|moved|deliver|come|send|sent|ship)\b[\w ]{0,12}?(?:\bat|\bto"
    r"|\bis|:)[ \t]+"
    rf"(?P<item>(?:{UNIT},?[ \t]+)?\d{{1,5}}[a-z]?[ \t]+(?:[\w'’.-]+[ \t]+){{1,3}}?{WAYS}"
    rf"(?!\w)\.?(?:,?[ \t]*{UNIT})?)",
    re.I,
)
YEAR_BEFORE = re.compile(
    r"\b(?:in|since|of|by|before|after|until|from|year|the|about|around)[ \t]$"
)
# Five decimals are about a meter; with four, it may be any two measurements.
COORDINATES = re.compile(
    r"(?<![\d.])-?\d{1,2}\.\d{5,}°?,?[ \t]*-?\d{1,3}\.\d{5,}(?!\d)"
    r"(?![ \t]?(?:метр|м\b|км|кг|мм|m\b|km|%))"
)


def find_addresses(text: str) -> Iterator[Hit]:
    """Yield street addresses, postal boxes, British postcodes and coordinates."""
    digits = any(c.isdigit() for c in text)
    if digits or "s/" in text.lower():  # "s/n" is "without a number"
        yield from find_spanish_addresses(text)
    if not digits:
        return
    for pattern in RUSSIAN:
        yield from pattern_hits("address", pattern, text)
    for hit in pattern_hits("address", ENGLISH, text):
        if FAMOUS.match(text, hit.start):
            continue
        number = re.match(r"\d+", text[hit.start :])
        year = number and 1500 <= int(number.group()) <= 2100
        if not (year and YEAR_BEFORE.search(text_before(text, hit.start))):
            yield _without_full_stop(text, hit)
    yield from find_german_addresses(text)
    for pattern in (LOWER_CASE, LONE_POSTCODE, COORDINATES, BOX):
        for hit in pattern_hits("address", pattern, text):
            yield _without_full_stop(text, hit)


def _without_full_stop(text: str, hit: Hit) -> Hit:
    """Return a hit without a full stop at its end, which is also the end of the sentence."""
    return Hit(hit.kind, hit.start, hit.end - (text[hit.end - 1] == "."))
