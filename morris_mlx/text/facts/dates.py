"""Dates, weekdays and times of day, in the common English and Russian forms."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from morris_mlx.text.facts.fact import (
    Fact,
    FactKind,
    amount_key,
    day_key,
    month_key,
    time_key,
)
from morris_mlx.text.facts.number_words import numbers_in_words, small_number
from morris_mlx.text.words import word_list

_MONTHS_EN = word_list(
    "jan(?:uary)? feb(?:ruary)? mar(?:ch)? apr(?:il)? may june? july? aug(?:ust)? sept?(?:ember)? "
    "oct(?:ober)? nov(?:ember)? dec(?:ember)?"
)
_MONTHS_RU = word_list(
    "январ[ьяею]м? феврал[ьяею]м? март(?:а|е|у|ом)? апрел[ьяею]м? ма[йяею]м? июн[ьяею]м? "
    "июл[ьяею]м? август(?:а|е|у|ом)? сентябр[ьяею]м? октябр[ьяею]м? ноябр[ьяею]м? декабр[ьяею]м?"
)
_WEEKDAYS_EN = word_list("monday tuesday wednesday thursday friday saturday sunday")
_WEEKDAYS_RU = word_list(
    r"понедельник\w* вторник\w* сред(?:а|у|ы|ам|ой) четверг\w* пятниц\w* суббот(?:а|у|ы|е|ам|ой)? "
    r"воскресень(?:е|я|ям|ю|ем)"
)
# Words that are months or weekdays only in some places: "may", "march"; среда is also "setting".
NEEDS_CAPITAL = ("may", "mar", "march", "sept", "sep", "dec", "jan", "oct")
BEFORE_WEDNESDAY = re.compile(r"\b(?:в|во|на|до|с|к|по|прошлую|следующую|эту|каждую)[ \n]+\Z")
BEFORE_MAY = re.compile(
    r"\b(?:in|of|by|since|until|till|last|next|this|early|late|mid|every|from|to|each|during|on)"
    r"[ \n-]+\Z"
)
EN = "|".join(_MONTHS_EN)
RU = "|".join(_MONTHS_RU)
ORDINAL_EN = r"(?:(?:twenty|thirty)-)?(?:[a-z]+(?:st|nd|rd|th))"
ORDINAL_RU = r"(?:(?:двадцат[ьи]|тридцат[ьи]) )?[а-я]+(?:ое|ого|ье|ьего)"
DAY = rf"(?P<day>\d{{1,2}}(?:st|nd|rd|th|-?го|-?е|-?му)?|{ORDINAL_EN}|{ORDINAL_RU})"
OTHER = r"(?:(?P<other>\d{1,2})(?:st|nd|rd|th|-?го)?[ ]?(?:-|and|to|or|и|до|или|по)[ ]?)?"
YEAR = r"(?P<year>[12]\d{3})(?!\d|[.,]\d)"
DAY_MONTH = re.compile(
    rf"(?<![\w.:/]){OTHER}{DAY}[ \n](?:of )?(?P<month>{EN}|{RU})\b\.?(?:,?[ \n](?:of )?{YEAR})?"
)
MONTH_DAY = re.compile(
    rf"\b(?P<month>{EN})\.? (?:the )?(?:(?P<other>\d{{1,2}})(?:st|nd|rd|th)?[ ]?(?:-|and|to)[ ]?)?"
    rf"(?P<day>\d{{1,2}}(?:st|nd|rd|th)?|{ORDINAL_EN})(?![\w%]|[:.,]\d)(?:,? {YEAR})?"
)
MONTH_YEAR = re.compile(rf"\b(?P<month>{EN}|{RU})\.?,?[ \n](?:of )?{YEAR}")
MONTH = re.compile(rf"\b(?P<month>{EN}|{RU})\b")
ISO = re.compile(r"(?<!\d)(?P<year>[12]\d{3})-(?P<month>\d\d)-(?P<day>\d\d)(?!\d)")
NUMERIC = re.compile(
    r"(?<![\d.,/])(?P<a>\d{1,2})(?P<mark>[./-])(?P<b>\d{1,2})(?P=mark)(?P<year>[12]\d{3}|\d\d)"
    r"(?!\d|[./]\d)"
)
WEEKDAY = re.compile(rf"\b(?:(?P<en>{'|'.join(_WEEKDAYS_EN)})s?|{'|'.join(_WEEKDAYS_RU)})\b")
HOURS = r"(?P<hour>\d{1,2}|[a-zа-я]+)"
TIMES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<![\w.,:]){HOURS}[:.](?P<minute>\d\d) ?"
        r"(?P<half>[ap]\.?m\b\.?|(?:утра|дня|вечера|ночи)\b)",
        rf"(?<![\w.,:]){HOURS} ?(?P<half>[ap]\.?m\b\.?)",
        rf"\b{HOURS}(?: o'clock| o’clock| часа| часов| час)? (?P<half>in the (?:morning|afternoon|"
        r"evening)|at night|утра|дня|вечера|ночи)\b",
        rf"\b{HOURS} o['’]clock\b",
        r"(?<![\w.,:])(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::\d\d)?(?![\d:])",
        r"(?:(?<=\bв )|(?<=\bдо )|(?<=\bс )|(?<=\bat ))(?P<hour>\d{1,2})\.(?P<minute>\d\d)"
        r"(?!\d|[.,]\d)",
        rf"\b(?P<part>half|quarter|a quarter) (?P<side>past|to) {HOURS}\b",
    )
)
NOON = {"noon": 12, "midday": 12, "полдень": 12, "полудня": 12, "midnight": 0, "полночь": 0,
        "полуночи": 0}  # fmt: skip
NOON_WORD = re.compile(rf"\b(?:{'|'.join(NOON)})\b")
LATE = ("p", "in the afternoon", "in the evening", "дня", "вечера")


def find_dates(folded: str, lowered: str) -> Iterator[Fact]:
    """Yield days, months, years and weekdays of a folded text, given also in lower case."""
    taken = [False] * len(folded)
    readers: tuple[tuple[re.Pattern[str], Callable[[str, str, re.Match[str]], list[Fact]]], ...] = (
        (ISO, _iso),
        (NUMERIC, _numeric),
        (DAY_MONTH, _day_of_month),
        (MONTH_DAY, _day_of_month),
        (MONTH_YEAR, _month),
        (MONTH, _month),
        (WEEKDAY, _weekday),
    )
    for pattern, read in readers:
        for match in pattern.finditer(lowered):
            if any(taken[match.start() : match.end()]):
                continue
            if facts := read(folded, lowered, match):
                taken[match.start() : match.end()] = [True] * (match.end() - match.start())
                yield from facts


def find_times(folded: str, lowered: str) -> Iterator[Fact]:
    """Yield the times of day of a folded text, given also in lower case."""
    taken = [False] * len(folded)
    for pattern in TIMES:
        for match in pattern.finditer(lowered):
            hours = _hours(match)
            if hours and not any(taken[match.start() : match.end()]):
                taken[match.start() : match.end()] = [True] * (match.end() - match.start())
                yield _fact(FactKind.TIME, folded, match.span(), hours)
    for match in NOON_WORD.finditer(lowered):
        if not any(taken[match.start() : match.end()]):
            yield _fact(FactKind.TIME, folded, match.span(), {time_key(NOON[match[0]])})


def _hours(match: re.Match[str]) -> set[str]:
    """Return the keys of a time; both halves of the day where the text does not tell."""
    groups = match.groupdict()
    written = groups["hour"]
    hour = int(written) if written.isdigit() else small_number(written)
    minute = int(groups.get("minute") or 0)
    if hour is None or hour > 24 or minute > 59:
        return set()
    if part := groups.get("part"):
        minute = 30 if part == "half" else 15
        if groups["side"] == "to":
            hour, minute = hour - 1, 60 - minute
    half = groups.get("half")
    if half is None:
        # "at nine" may be meant by nine o'clock; with minutes it cannot.
        bare = {amount_key(hour)} if minute == 0 and "o" in match[0] else set()
        either = {time_key(hour, minute)} | ({time_key(hour + 12, minute)} if hour <= 12 else set())
        return either | bare
    late = half.startswith(LATE) or (half == "at night" and 6 <= hour < 12)
    late = late or (half == "ночи" and hour == 11)
    return {time_key(hour % 12 + 12 * late if hour <= 12 else hour, minute)}


def _iso(folded: str, lowered: str, match: re.Match[str]) -> list[Fact]:
    month, day = int(match["month"]), int(match["day"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return []
    return _date(folded, match, {(month, day)}, match["year"])


def _numeric(folded: str, lowered: str, match: re.Match[str]) -> list[Fact]:
    one, other = int(match["a"]), int(match["b"])
    pairs = {(m, d) for m, d in ((other, one), (one, other)) if 1 <= m <= 12 and 1 <= d <= 31}
    return _date(folded, match, pairs, match["year"]) if pairs else []


def _day_of_month(folded: str, lowered: str, match: re.Match[str]) -> list[Fact]:
    month, day = _month_number(match["month"]), _day_number(match["day"])
    if day is None or not 1 <= day <= 31:
        return []
    if match["month"] in NEEDS_CAPITAL and not folded[match.start("month")].isupper():
        return []
    facts = _date(folded, match, {(month, day)}, match["year"])
    if match["other"]:
        span = match.start("other"), match.end("other")
        facts.append(_fact(FactKind.DATE, folded, span, {day_key(month, int(match["other"]))}))
    return facts


def _day_number(written: str) -> int | None:
    digits = re.match(r"\d+", written)
    if digits:
        return int(digits[0])
    found = list(numbers_in_words(written))
    if len(found) == 1 and found[0].end - found[0].start == len(written):
        return int(found[0].value)
    return None


def _month(folded: str, lowered: str, match: re.Match[str]) -> list[Fact]:
    word, at = match["month"], match.start()
    year = match.groupdict().get("year")
    capital = folded[at].isupper()
    if word.isascii():
        alone = not year and word in ("may", "march", "mar", "sep", "dec", "jan", "oct")
        if not capital or (alone and not BEFORE_MAY.search(lowered, max(0, at - 12), at)):
            return []
    elif capital and not year:  # Марта and Августа are names, too
        return []
    number = _month_number(word)
    facts = [_fact(FactKind.DATE, folded, match.span("month"), {month_key(number)})]
    if year:
        facts.append(_fact(FactKind.DATE, folded, match.span("year"), {_year_key(year)}))
    return facts


def _weekday(folded: str, lowered: str, match: re.Match[str]) -> list[Fact]:
    english = match["en"]
    if english and not folded[match.start()].isupper():
        return []
    if match[0].startswith("сред") and not BEFORE_WEDNESDAY.search(
        lowered, max(0, match.start() - 12), match.start()
    ):
        return []
    if english:
        number = _WEEKDAYS_EN.index(english)
    else:
        number = next(n for n, form in enumerate(_WEEKDAYS_RU) if re.fullmatch(form, match[0]))
    return [_fact(FactKind.DATE, folded, match.span(), {f"weekday {number}"})]


def _date(
    folded: str, match: re.Match[str], days: set[tuple[int, int]], year: str | None
) -> list[Fact]:
    """Return the day, its month as a weak fact, and the year if there is one."""
    end = match.start("year") if year and match.end("year") == match.end() else match.end()
    span = (match.start(), end if end > match.start() else match.end())
    keys = {day_key(month, day) for month, day in days}
    facts = [_fact(FactKind.DATE, folded, span, keys)]
    facts.append(_fact(FactKind.DATE, folded, span, {month_key(m) for m, _ in days}, weak=True))
    if year:
        facts.append(_fact(FactKind.DATE, folded, match.span("year"), {_year_key(year)}))
    return facts


def _year_key(year: str) -> str:
    """Return the key of a year; of two digits, those up to 40 are of this century."""
    number = int(year)
    if len(year) == 2:
        number += 2000 if number <= 40 else 1900
    return amount_key(number)


def _month_number(word: str) -> int:
    for forms in (_MONTHS_EN, _MONTHS_RU):
        for number, form in enumerate(forms, 1):
            if re.fullmatch(form, word):
                return number
    raise ValueError(f"{word} is no month")


def _fact(
    kind: FactKind, folded: str, span: tuple[int, int], keys: set[str], weak: bool = False
) -> Fact:
    text = folded[slice(*span)].rstrip(" ,.-/")  # a full stop may end the sentence
    return Fact(kind, text, frozenset(keys), span[0], span[0] + len(text), weak=weak)
