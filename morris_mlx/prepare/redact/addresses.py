"""Street addresses in Russian and English: a street and a house number, and what stands around."""

from __future__ import annotations

import re
from collections.abc import Iterator

from morris_mlx.prepare.redact.hits import Hit, before, hits_of

# An abbreviation is said of addresses alone; the whole word needs a proper name, or a flat, too.
SHORT_WAY = r"(?<!\w)(?i:ул|пр-т|пр-кт|просп|пер|наб|б-р|бул|мкр|пр-д|ш|пл)(?:\.[ \t]*|[ \t]+)"
WAY = (
    r"(?<!\w)(?i:улиц[аеуы]|улицей|проспект[аеу]?|переул(?:ок|к[аеу])|набережн(?:ая|ой|ую)|шоссе"
    r"|бульвар[аеу]?|проезд[аеу]?|площад[ьи]|микрорайон[аеу]?|аллея|аллее|тупик[аеу]?)(?!\w)"
)
NAME = r"(?:\d{1,2}(?:-[а-я]{1,2})?[ \t]+)?[А-ЯЁ][\w-]*(?:[ \t]+[А-ЯЁ][\w-]*){0,2}"
ANY_NAME = r"(?:\d{1,2}(?:-[а-я]{1,2})?[ \t]+)?[А-Яа-яЁё][\w-]*(?:[ \t]+[А-Яа-яЁё][\w-]*){0,2}?"
HOUSE_WORD = r"(?i:(?:дом|д)(?:\.[ \t]*|[ \t]+|(?=\d)))"
HOUSE = r"\d{1,4}(?:(?!\d)[а-яА-Яa-zA-Z](?!\w))?(?:[/-]\d{1,4}[а-я]?)?"
BLOCK = r"(?:,?[ \t]*(?i:корпус|корп|к|строение|стр|литера|лит)\.?[ \t]*\d{1,3}[а-я]?(?!\w))"
FLAT = (
    r"(?:,?[ \t]*(?i:квартира|кв|офис|оф|комната|комн|подъезд|под|этаж|эт"
    r"|домофон)\.?[ \t]*№?\d{1,5}(?!\d))"
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
        rf"{CITY}{SHORT_WAY}{ANY_NAME}{NUMBER}",
        rf"{CITY}{WAY}[ \t]+{NAME}{NUMBER}",
        rf"{CITY}{WAY}[ \t]+{ANY_NAME}{WITH_FLAT}",
        rf"{CITY}[А-ЯЁ][\w-]+[ \t]+{WAY}{NUMBER}",
        rf"(?<!\w){HOUSE_WORD}{HOUSE}{BLOCK}?{FLAT}+",
        # No street word, but a flat: Ленина 15, кв. 3
        rf"{CITY}{NAME}[, \t]+{HOUSE}{BLOCK}?,?[ \t]*(?i:кв|квартира)\.?[ \t]*\d{{1,4}}(?!\d)",
        r"(?<!\w)\d{6},?[ \t]+(?i:г\.?|город)[ \t]*[А-ЯЁ][\w-]+",
    )
)

WAYS = (
    r"(?:Street|Str|St|Road|Rd|Avenue|Ave|Av|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Close"
    r"|Crescent"
    r"|Terrace|Ter|Place|Pl|Square|Sq|Way|Gardens|Gdns|Mews|Grove|Parkway|Pkwy|Highway|Hwy|Row"
    r"|Hill)"
)
UNIT = (
    r"(?:(?:Flat|Apt\.?|Apartment|Unit|Suite|Ste\.?|Room|Rm\.?)[ \t]*#?\d{1,5}[A-Za-z]?"
    r"|#[ \t]?\d{1,5}[A-Za-z]?)"
)
POSTCODE = r"(?<!\w)[A-Z]{1,2}\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2}(?!\w)"
# Alone it could be a computer's memory: M1 8GB. Never looking far: a text may be one long word.
ALONE = re.compile(r"(?<!\w)(?!\w{2,4} \d[GTKM]B)(?=\w{2,4} )" + POSTCODE)
ZIP = r"[A-Z]{2},?[ \t]+\d{5}(?:-\d{4})?(?!\d)"
TOWN = r"[A-Z][a-z]+(?:[ -][A-Z][a-z]+){0,2}"
STREET = (
    rf"\d{{1,5}}[A-Za-z]?(?:[-/]\d{{1,4}})?,?[ \t]+(?:[A-Z0-9][\w'’.-]*[ \t]+){{1,4}}{WAYS}"
    rf"(?!\w)\.?"
)
QUARTER = r"(?:[ \t](?:NW|NE|SW|SE|North|South|East|West)(?!\w))?"
ENGLISH = re.compile(
    rf"(?<![\w.,£$€/:-])(?P<item>(?:{UNIT},?[ \t]+)?{STREET}{QUARTER}(?:,?[ \t]*{UNIT})?"
    rf"(?:,[ \t]+{TOWN})?(?:,?[ \t]+(?:{POSTCODE}|{ZIP}))?)"
)
# Typed without capitals, only after a word that an address follows.
CAREFREE = re.compile(
    r"\b(?:live|lives|living|address|moved|deliver|come|send|sent|ship)\b[\w ]{0,12}?(?:\bat|\bto"
    r"|\bis|:)[ \t]+"
    rf"(?P<item>(?:{UNIT},?[ \t]+)?\d{{1,5}}[a-z]?[ \t]+(?:[\w'’.-]+[ \t]+){{1,3}}?{WAYS}"
    rf"(?!\w)\.?(?:,?[ \t]*{UNIT})?)",
    re.I,
)
YEAR_BEFORE = re.compile(
    r"\b(?:in|since|of|by|before|after|until|from|year|the|about|around)[ \t]$"
)
# Five places are about a metre; four are any two measurements.
POINT = re.compile(r"(?<![\d.])-?\d{1,2}\.\d{5,}°?,?[ \t]*-?\d{1,3}\.\d{5,}")


def find_addresses(text: str) -> Iterator[Hit]:
    if not any(c.isdigit() for c in text):
        return
    for pattern in RUSSIAN:
        yield from hits_of("address", pattern, text)
    for hit in hits_of("address", ENGLISH, text):
        number = re.match(r"\d+", text[hit.start :])
        year = number and 1500 <= int(number.group()) <= 2100
        if not (year and YEAR_BEFORE.search(before(text, hit.start))):
            yield hit
    for pattern in (CAREFREE, ALONE, POINT):
        yield from hits_of("address", pattern, text)
