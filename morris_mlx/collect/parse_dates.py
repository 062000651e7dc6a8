"""Dates as people and programs write them, in values, lines and file names → ISO 8601.

A date that can be read in two ways, such as 3/4/2022, is not guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import PurePosixPath

MAX_LENGTH = 60  # characters of a written date with weekday, time and time zone
FIRST_YEAR, LAST_YEAR = 1000, 2100
# Names of the months from January to December; each name may be cut after three letters.
_MONTH_NAMES = (
    "january february march april may june july august september october november december",
    "januar februar marz april mai juni juli august september oktober november dezember",
    "janner feber maerz april mai juni juli august september oktober november dezember",
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "enero febrero marzo abril mayo junio julio agosto setiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "januari februari mars april maj juni juli augusti september oktober november december",
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
    "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia wrzesnia pazdziernika listopada "
    "grudnia",
)
_SHORT_LENGTHS = (3, 4, 5)  # "jul", "sept", "janv"
# A time of day with seconds, AM or PM, and a time zone.
_TIME = (
    r"(?:(?:T|,? (?:at |um |à |a las |в )?)\d{1,2}[:.h]\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?"
    r"(?: ?[ap]\.? ?m\.?| ?uhr| ?Z)?(?: ?(?:[A-Z]{2,5})?[+-]\d{1,2}:?\d{0,2}| [A-Z]{2,5})?"
    r"(?: \([^()]{1,40}\))?)?"
)
_WORD = r"[^\W\d_]+"
_YEAR = r"(?P<year>\d{4})"
_FORMS = tuple(
    re.compile(form + _TIME, re.IGNORECASE)
    for form in (
        rf"{_YEAR}[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}})",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        rf"(?P<day>\d{{1,2}})\. ?(?P<month>\d{{1,2}})\. ?{_YEAR}(?: ?(?:г|года)\.?)?",
        rf"{_YEAR}\s?年\s?(?P<month>\d{{1,2}})\s?月\s?(?P<day>\d{{1,2}})\s?日",
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|\.|º|°)?[\s-](?:de |of )?(?P<month>{_WORD})\.?,?"
        rf"[\s-](?:de |del )?{_YEAR}(?: ?(?:г|года|р|року)\.?)?",
        rf"(?P<month>{_WORD})\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? {_YEAR}",
        rf"{_YEAR},? (?P<month>{_WORD})\.? (?P<day>\d{{1,2}})",
    )
)
_SLASHED = re.compile(rf"(?P<one>\d{{1,2}})[/-](?P<two>\d{{1,2}})[/-]{_YEAR}{_TIME}")
_WEEKDAY = re.compile(rf"{_WORD}\.?,? (?=\d{{1,2}}\b)|{_WORD}\.?, |{_WORD}\.? (?={_WORD}\.? \d)")
_SECONDS = re.compile(r"(\d{10})(?:\d{3})?")  # since 1970; with milliseconds
_IN_NAME = re.compile(
    r"(?<!\d)((?:19|20)\d\d)([-_. ]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])"
    r"(?:(?<=\d{8})(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?)?(?!\d)"  # 202105060920: with the time
)
_DAY_FIRST_IN_NAME = re.compile(
    r"(?<!\d)(0?[1-9]|[12]\d|3[01])\.(0?[1-9]|1[0-2])\.((?:19|20)\d\d)(?!\d)"
)
_FOLDERS = re.compile(r"(?:^|/)((?:19|20)\d\d)/(0?[1-9]|1[0-2])/(0?[1-9]|[12]\d|3[01])(?:/|$)")
# Files that are named after what their folder has: the folder's name is the text's.
_NAMELESS = {"index", "_index", "readme", "text", "post", "article"}
# Keys of metadata, simplified, in the order in which they are asked. A change is asked last.
DATE_KEYS = (
    *("date", "datepublished", "published", "publishedat", "publishedon", "publishedtime"),
    *("pubdate", "pubdatetime", "publishdate", "publicationdate", "firstpublished", "postdate"),
    *("posted", "postedat", "postedon", "datum", "fecha", "data", "дата", "day"),
    *("created", "createdat", "createdon", "createdtime", "creationdate", "datecreated"),
    *("erstellt", "written", "updated", "updatedat", "lastmod", "lastmodified", "modified"),
    *("datemodified", "lastedited", "lasteditedtime", "lastupdated"),
)


def parse_date(value: object) -> str:
    """Return the ISO date of a value of metadata or a written date; "" for anything else.

    A date of digits in an order that cannot be known (3/4/2022) is "", as is one without a day.
    """
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    text = " ".join(str(value or "").split()).strip("\"'@ ")[:MAX_LENGTH]
    if seconds := _SECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(seconds[1]), UTC).date().isoformat()
    # With the weekday first: "Sun 4 May 2020" must not give the month "Sun".
    for words in (text, _WEEKDAY.sub("", text, count=1)):
        for form in _FORMS:
            found = form.fullmatch(words)
            if found and (day := _iso(found["year"], found["month"], found["day"])):
                return day
        if slashed := _SLASHED.fullmatch(words):
            return _unambiguous(slashed["one"], slashed["two"], slashed["year"])
    return ""


def find_date(values: Mapping[str, object], keys: Iterable[str] = DATE_KEYS) -> str:
    """Return the ISO date of metadata, whose keys are simplified with `simplify_key`, or ""."""
    found = (parse_date(values[key]) for key in keys if key in values)
    return next((day for day in found if day), "")


def simplify_key(key: object) -> str:
    """Return a key of metadata without case, spaces and punctuation: "Pub-Date" → "pubdate"."""
    return re.sub(r"[\W_]+", "", str(key).casefold())


def date_in_path(path: str) -> str:
    """Return the date in the name of a file, else in those of its folders (2021/05/06), or ""."""
    parts = PurePosixPath(path.replace("\\", "/"))
    names = [parts.stem]
    if parts.stem.casefold() in _NAMELESS:
        names.append(parts.parent.name)
    for name in names:
        if found := _IN_NAME.search(name):
            return _iso(found[1], found[3], found[4])
        if found := _DAY_FIRST_IN_NAME.search(name):
            return _iso(found[3], found[2], found[1])
        if not name.isdigit() and (day := parse_date(name)):  # daily notes: "May 6th, 2021"
            return day
    folders = _FOLDERS.search("/".join(parts.parts[-5:]))
    return _iso(folders[1], folders[2], folders[3]) if folders else ""


def without_date(name: str) -> str:
    """Return a file name without the date at its start."""
    for form in (_IN_NAME, _DAY_FIRST_IN_NAME):
        if found := form.match(name):
            return name[found.end() :].lstrip(" -_.")
    return name


def _iso(year: str, month: str, day: str) -> str:
    number = int(month) if month.isdigit() else _MONTHS.get(_plain(month), 0)
    try:
        found = date(int(year), number, int(day))
    except ValueError:
        return ""
    return found.isoformat() if FIRST_YEAR <= found.year <= LAST_YEAR else ""


def _unambiguous(one: str, two: str, year: str) -> str:
    """Return the date of two numbers and a year if only one order of them is possible."""
    orders = {_iso(year, one, two), _iso(year, two, one)} - {""}
    return orders.pop() if len(orders) == 1 else ""


def _plain(word: str) -> str:
    letters = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in letters if not unicodedata.combining(c) or c == "\u0306")


def _month_table() -> dict[str, int]:
    """Return the number of each month's name and of those abbreviations that mean one month."""
    meanings: dict[str, set[int]] = {}
    for names in _MONTH_NAMES:
        for number, name in enumerate(names.split(), 1):
            plain = _plain(name)
            for length in (len(plain), *_SHORT_LENGTHS):
                meanings.setdefault(plain[:length], set()).add(number)
    full = {_plain(n): i for names in _MONTH_NAMES for i, n in enumerate(names.split(), 1)}
    short = {name: numbers.pop() for name, numbers in meanings.items() if len(numbers) == 1}
    return short | full


_MONTHS = _month_table()
