"""Street addresses in Russian and English: a street and a house number, and what stands around."""

from __future__ import annotations

import re
from collections.abc import Iterator

from morris_mlx.prepare.redact.hits import Hit, before, hits_of

# An abbreviation is said of addresses alone; the whole word needs a proper name, or a flat, too.
SHORT_WAY = (
    r"(?<!\w)(?i:ул|пр-т|пр-кт|просп|пер|наб|б-р|бул|мкр|пр-д|ш|пл)(?:\.\s*|\s+)"
)
WAY = (
    r"(?<!\w)(?i:улиц[аеуы]|улицей|проспект[аеу]?|переул(?:ок|к[аеу])|набережн(?:ая|ой|ую)|шоссе"
    r"|бульвар[аеу]?|проезд[аеу]?|площад[ьи]|микрорайон[аеу]?|аллея|аллее|тупик[аеу]?)(?!\w)"
)
NAME = r"(?:\d{1,2}(?:-[а-я]{1,2})?\s+)?[А-ЯЁ][\w-]*(?:\s+[А-ЯЁ][\w-]*){0,2}"
ANY_NAME = r"(?:\d{1,2}(?:-[а-я]{1,2})?\s+)?[А-Яа-яЁё][\w-]*(?:\s+[А-Яа-яЁё][\w-]*){0,2}?"
HOUSE_WORD = r"(?i:(?:дом|д)(?:\.\s*|\s+|(?=\d)))"
HOUSE = r"\d{1,4}(?:(?!\d)[а-яА-Яa-zA-Z](?!\w))?(?:[/-]\d{1,4}[а-я]?)?"
BLOCK = r"(?:,?\s*(?i:корпус|корп|к|строение|стр|литера|лит)\.?\s*\d{1,3}[а-я]?(?!\w))"
FLAT = r"(?:,?\s*(?i:квартира|кв|офис|оф|комната|комн|подъезд|под|этаж|эт|домофон)\.?\s*№?\d{1,5}(?!\d))"
CITY = (
    r"(?:(?:\d{6},?\s*)?(?:(?i:г|город|гор|пос|пгт|с|дер)\.?\s*[А-ЯЁ][\w-]+(?:[ -][А-ЯЁ][\w-]+)?,\s*"
    r"|[А-ЯЁ][\w-]+(?:[ -][А-ЯЁ][\w-]+)?,\s*)?)"
)
NUMBER = rf"[,\s]+{HOUSE_WORD}?{HOUSE}(?!\d|:\d|[.,]\d){BLOCK}?{FLAT}*"
WITH_FLAT = rf"[,\s]+(?:{HOUSE_WORD}{HOUSE}{BLOCK}?{FLAT}*|{HOUSE}{BLOCK}?{FLAT}+)"
RUSSIAN = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{CITY}{SHORT_WAY}{ANY_NAME}{NUMBER}",
        rf"{CITY}{WAY}\s+{NAME}{NUMBER}",
        rf"{CITY}{WAY}\s+{ANY_NAME}{WITH_FLAT}",
        rf"{CITY}[А-ЯЁ][\w-]+\s+{WAY}{NUMBER}",
        rf"(?<!\w){HOUSE_WORD}{HOUSE}{BLOCK}?{FLAT}+",
        rf"(?<!\w)\d{{6}},?\s+(?i:г\.?|город)\s*[А-ЯЁ][\w-]+",
    )
)

WAYS = (
    r"(?:Street|Str|St|Road|Rd|Avenue|Ave|Av|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Close|Crescent"
    r"|Terrace|Ter|Place|Pl|Square|Sq|Way|Gardens|Gdns|Mews|Grove|Parkway|Pkwy|Highway|Hwy|Row|Hill)"
)
UNIT = r"(?:(?:Flat|Apt\.?|Apartment|Unit|Suite|Ste\.?|Room|Rm\.?)\s*#?\d{1,5}[A-Za-z]?|#\s?\d{1,5}[A-Za-z]?)"
POSTCODE = r"(?<!\w)[A-Z]{1,2}\d[A-Z\d]? ?\d(?![A-Z]B(?!\w))[ABD-HJLNP-UW-Z]{2}(?!\w)"
ZIP = r"[A-Z]{2},?\s+\d{5}(?:-\d{4})?(?!\d)"
TOWN = r"[A-Z][a-z]+(?:[ -][A-Z][a-z]+){0,2}"
STREET = rf"\d{{1,5}}[A-Za-z]?(?:[-/]\d{{1,4}})?,?\s+(?:[A-Z0-9][\w'’.-]*\s+){{1,4}}{WAYS}(?!\w)\.?"
ENGLISH = re.compile(
    rf"(?<![\w.,£$€/:-])(?P<item>(?:{UNIT},?\s+)?{STREET}(?:,?\s*{UNIT})?"
    rf"(?:,?\s+{TOWN})?(?:,?\s+(?:{POSTCODE}|{ZIP}))?)"
)
# Typed without capitals, only after a word that an address follows.
CAREFREE = re.compile(
    r"\b(?:live|lives|living|address|moved|deliver|come|send|sent|ship)\b[\w ]{0,12}?(?:\bat|\bto|\bis|:)\s+"
    rf"(?P<item>(?:{UNIT},?\s+)?\d{{1,5}}[a-z]?\s+(?:[\w'’.-]+\s+){{1,3}}?{WAYS}(?!\w)\.?(?:,?\s*{UNIT})?)",
    re.I,
)
YEAR_BEFORE = re.compile(r"\b(?:in|since|of|by|before|after|until|from|year|the|about|around)\s$")
POINT = re.compile(r"(?<![\d.])-?\d{1,2}\.\d{4,}°?,?\s+-?\d{1,3}\.\d{4,}|(?<![\d.])-?\d{1,2}\.\d{4,},-?\d{1,3}\.\d{4,}")


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
    for pattern in (CAREFREE, re.compile(POSTCODE), POINT):
        yield from hits_of("address", pattern, text)
