"""Names of months and parts of the day in the languages of phones, from Unicode's CLDR (babel)."""

from __future__ import annotations

import re
import unicodedata
from enum import Enum
from functools import lru_cache

# Languages in which WhatsApp, KakaoTalk and LINE can be used. For a word that two languages use
# differently, the earlier one counts.
LANGUAGES = (
    *("en", "es", "pt", "de", "fr", "it", "nl", "ru", "pl", "tr", "uk", "cs", "ro", "sv", "da"),
    *("nb", "fi", "hu", "el", "bg", "hr", "sr", "sr_Latn", "sk", "sl", "lt", "lv", "et", "ca"),
    *("gl", "eu", "is", "sq", "mk", "be", "kk", "az", "uz", "ka", "hy", "ar", "fa", "ur", "he"),
    *("hi", "bn", "mr", "gu", "ta", "te", "kn", "ml", "pa", "th", "vi", "id", "ms", "fil", "sw"),
    *("af", "ga", "cy", "zh", "zh_Hant", "ja", "ko", "ar_MA", "ar_IQ", "es_MX", "pt_PT", "en_GB"),
)
_NOISE = re.compile(r"[.\s\u200c\u200d]+")


class DayPart(Enum):
    """A part of the day, which says what hours from 1 to 12 mean."""

    AM = "am"  # after midnight, with 12 for midnight
    PM = "pm"  # after noon, with 12 for noon
    NOON = "noon"  # around noon
    NIGHT = "night"  # around midnight

    def hour_of_day(self, hour: int) -> int:
        """Return the hour from 0 to 23. Hours above 12 are on a clock of 24 hours already."""
        if hour > 12:
            return hour
        hour %= 12
        if self is DayPart.PM:
            return hour + 12
        if self is DayPart.NOON:
            return hour if hour == 11 else hour + 12
        if self is DayPart.NIGHT:
            return hour + 12 if hour >= 6 else hour
        return hour


_OF_PERIOD = {"midnight": DayPart.NIGHT, "noon": DayPart.NOON}
_OF_PERIOD |= {"am": DayPart.AM, "morning1": DayPart.AM, "morning2": DayPart.AM}
_OF_PERIOD |= {"pm": DayPart.PM, "afternoon1": DayPart.PM, "afternoon2": DayPart.PM}
_OF_PERIOD |= {"evening1": DayPart.PM, "evening2": DayPart.PM}
_OF_PERIOD |= {"night1": DayPart.NIGHT, "night2": DayPart.NIGHT}
# Abbreviations that phones write and CLDR lacks, or that it lists under another part of the day.
_AM_WORDS: tuple[str, ...] = (
    "am",
    "上午",
    "凌晨",
    "早上",
    "清晨",
    "午前",
    "오전",
    "öö",
    "ص",
    "قظ",
    "पूर्वाह्न",
    "sa",
    "fm",
)
_AM_WORDS += ("πμ", "de", "pd", "pg", "vorm", "dop", "ap", "vm", "дп", "пробед", "утра", "yb", "rn")
_AM_WORDS += ("el",)
_PM_WORDS: tuple[str, ...] = ("pm", "下午", "午後", "오후", "ös", "م", "بظ", "अपराह्न", "ch", "em")
_PM_WORDS += ("μμ", "du", "md", "pl")
_PM_WORDS += ("ptg", "nachm", "odp", "pop", "ip", "nm", "пп", "слоб", "дня", "вечера", "yh", "in")
_NIGHT_WORDS = ("晚上", "ночи", "nachts", "深夜", "밤")
_NOON_WORDS = ("中午", "正午", "mittags")


def month_number(word: str) -> int | None:
    """Return the number of a month by its name or abbreviation in any language, or None."""
    return _months().get(_key(word))


def day_part(words: str) -> DayPart | None:
    """Return the part of the day that AM, PM or such words in any language mean, or None."""
    key = _key(words)
    found = _written().get(key)
    return found or (_day_parts().get(key) if len(key) > 1 else None)


def _key(word: str) -> str:
    return _NOISE.sub("", unicodedata.normalize("NFKC", word)).casefold()


@lru_cache(maxsize=1)
def _written() -> dict[str, DayPart]:
    lists = ((DayPart.AM, _AM_WORDS), (DayPart.PM, _PM_WORDS), (DayPart.NIGHT, _NIGHT_WORDS))
    found = {_key(word): part for part, words in lists for word in words}
    return found | {_key(word): DayPart.NOON for word in _NOON_WORDS}


@lru_cache(maxsize=1)
def _months() -> dict[str, int]:
    from babel import Locale

    found: dict[str, int] = {"sept": 9, "jän": 1, "jänner": 1}
    for language in LANGUAGES:
        widths = Locale.parse(language).months
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in widths[context][width].items():
                    key = _key(name)
                    if not key.isdecimal():
                        found.setdefault(key, number)
    return found


@lru_cache(maxsize=1)
def _day_parts() -> dict[str, DayPart]:
    from babel import Locale

    found: dict[str, DayPart] = {}
    for language in LANGUAGES:
        widths = Locale.parse(language).day_periods
        for context in ("format", "stand-alone"):
            for width in ("abbreviated", "wide", "narrow"):
                for period, name in widths.get(context, {}).get(width, {}).items():
                    if period in _OF_PERIOD:
                        found.setdefault(_key(name), _OF_PERIOD[period])
    return found
