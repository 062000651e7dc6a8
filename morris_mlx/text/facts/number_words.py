"""Numbers written in words, English and Russian: "twenty-one", "три тысячи", "двадцати пяти"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from morris_mlx.text.words import word_list

_ENGLISH = word_list(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_ENGLISH_TENS = word_list("twenty thirty forty fifty sixty seventy eighty ninety")
_ENGLISH_ORDINALS = word_list(
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
    "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
)
_ENGLISH_TENTHS = word_list(
    "twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth"
)
# All cases of a cardinal, separated by spaces; the numbers are in the order of the lines.
_RUSSIAN: dict[int, str] = {
    0: "ноль нуль нуля нулю нулем",
    1: "один одна одно одного одной одному одну одним одном",
    2: "два две двух двум двумя двое двоих двоим двоими",
    3: "три трех трем тремя трое троих троим троими",
    4: "четыре четырех четырем четырьмя четверо четверых четверым",
    5: "пять пяти пятью пятеро пятерых пятерым",
    6: "шесть шести шестью шестеро шестерых",
    7: "семь семи семеро семерых",
    8: "восемь восьми восемью восьмью",
    9: "девять девяти девятью",
    10: "десять десяти десятью",
    11: "одиннадцать одиннадцати одиннадцатью",
    12: "двенадцать двенадцати двенадцатью",
    13: "тринадцать тринадцати тринадцатью",
    14: "четырнадцать четырнадцати четырнадцатью",
    15: "пятнадцать пятнадцати пятнадцатью",
    16: "шестнадцать шестнадцати шестнадцатью",
    17: "семнадцать семнадцати семнадцатью",
    18: "восемнадцать восемнадцати восемнадцатью",
    19: "девятнадцать девятнадцати девятнадцатью",
    20: "двадцать двадцати двадцатью",
    30: "тридцать тридцати тридцатью",
    40: "сорок",
    50: "пятьдесят пятидесяти пятьюдесятью",
    60: "шестьдесят шестидесяти шестьюдесятью",
    70: "семьдесят семидесяти семьюдесятью",
    80: "восемьдесят восьмидесяти восемьюдесятью",
    90: "девяносто девяноста",
    100: "сто ста",
    200: "двести двухсот двумстам двумястами двухстах",
    300: "триста трехсот тремстам тремястами трехстах",
    400: "четыреста четырехсот четыремстам четырьмястами четырехстах",
    500: "пятьсот пятисот пятистам пятьюстами пятистах",
    600: "шестьсот шестисот шестистам шестьюстами шестистах",
    700: "семьсот семисот семистам семьюстами семистах",
    800: "восемьсот восьмисот восьмистам восемьюстами восьмистах",
    900: "девятьсот девятисот девятистам девятьюстами девятистах",
}
# The stems of Russian ordinals, without the endings of an adjective.
_RUSSIAN_ORDINALS: dict[int, str] = {
    1: "перв", 2: "втор", 4: "четверт", 5: "пят", 6: "шест", 7: "седьм", 8: "восьм",
    9: "девят", 10: "десят", 11: "одиннадцат", 12: "двенадцат", 13: "тринадцат",
    14: "четырнадцат", 15: "пятнадцат", 16: "шестнадцат", 17: "семнадцат", 18: "восемнадцат",
    19: "девятнадцат", 20: "двадцат", 30: "тридцат", 40: "сороков", 50: "пятидесят",
    60: "шестидесят", 70: "семидесят", 80: "восьмидесят", 90: "девяност", 100: "сот",
}  # fmt: skip
_ORDINAL_ENDINGS = word_list("ый ой ий ая ое ые ого ому ым ом ую ых ыми")
_THIRD = "третий третья третье третьи третьего третьей третьему третьим третьем третью третьих"

_CARDINALS: dict[str, int] = {word: n for n, word in enumerate(_ENGLISH)}
_CARDINALS |= {word: 10 * n for n, word in enumerate(_ENGLISH_TENS, 2)}
_CARDINALS |= {form: n for n, forms in _RUSSIAN.items() for form in forms.split()}
_ORDINALS: dict[str, int] = {word: n for n, word in enumerate(_ENGLISH_ORDINALS)}
_ORDINALS |= {word: 10 * n for n, word in enumerate(_ENGLISH_TENTHS, 2)}
_ORDINALS |= {s + end: n for n, s in _RUSSIAN_ORDINALS.items() for end in _ORDINAL_ENDINGS}
_ORDINALS |= dict.fromkeys(_THIRD.split(), 3)
_ORDINALS |= {"hundredth": 100, "thousandth": 1000}
_DOZENS = {"dozen": 12, "дюжина": 12, "дюжины": 12, "дюжину": 12, "дюжин": 12}
_ONE_AND_A_HALF = ("полтора", "полторы", "полутора")

MAGNITUDES = (
    (100, re.compile(r"hundreds?\Z")),
    (1000, re.compile(r"(?:thousands?|k|тыс\.?|тысяч\w*)\Z")),
    (10**6, re.compile(r"(?:millions?|mln|млн\.?|миллион\w*)\Z")),
    (10**9, re.compile(r"(?:billions?|bln|bn|млрд\.?|миллиард\w*)\Z")),
    (10**12, re.compile(r"(?:trillions?|трлн\.?|триллион\w*)\Z")),
)
# Words that may stand for a number and seldom state one: семью is "family", too, and сорока a bird.
ECHOES: dict[str, float] = {
    "both": 2, "couple": 2, "pair": 2, "twice": 2, "double": 2, "twins": 2, "second": 2,
    "thrice": 3, "triple": 3, "once": 1, "single": 1, "first": 1, "half": 0.5, "оба": 2, "обе": 2,
    "обоих": 2, "обеих": 2, "обоим": 2, "обеими": 2, "пара": 2, "пару": 2, "пары": 2, "дважды": 2,
    "вдвое": 2, "вдвоем": 2, "трижды": 3, "втрое": 3, "втроем": 3, "половина": 0.5,
    "половину": 0.5, "половины": 0.5, "половине": 0.5, "однажды": 1,
    "семью": 7, "сорока": 40,
}  # fmt: skip
WORD = re.compile(r"[^\W\d_]+")
JOINED = re.compile(r"(?:[ \n]|-)(?:and )?\Z")


@dataclass(frozen=True, slots=True)
class NumberInWords:
    """A number at `start:end` of a text in lower case.

    `weak` marks words that are numbers only sometimes ("one", "a thousand", "both").
    """

    start: int
    end: int
    value: float
    ordinal: bool
    weak: bool


def magnitude_of(word: str) -> int | None:
    """Return the factor that a word such as "million" or "тыс." stands for, or None."""
    return next((factor for factor, form in MAGNITUDES if form.match(word)), None)


def small_number(word: str) -> int | None:
    """Return the value of one word, cardinal or ordinal, from 0 to 90, or None."""
    return _CARDINALS.get(word, _ORDINALS.get(word))


def numbers_in_words(lowered: str) -> Iterator[NumberInWords]:
    """Yield the numbers in words of a text, which is folded, in lower case and without ё."""
    run: list[re.Match[str]] = []
    for match in WORD.finditer(lowered):
        if match[0] == "and" and run and magnitude_of(run[-1][0]):
            continue  # "a hundred and eighty"
        joined = run and JOINED.fullmatch(lowered[run[-1].end() : match.start()])
        if run and not (joined and _continues(run, match[0])):
            yield from _read(run)
            run = []
        if _is_number(match[0]):
            run.append(match)
    yield from _read(run)


def _is_number(word: str) -> bool:
    return (
        word in _CARDINALS
        or word in _ORDINALS
        or word in _DOZENS
        or word in ECHOES
        or word in _ONE_AND_A_HALF
        or (len(word) > 3 and magnitude_of(word) is not None)
    )


def _continues(run: list[re.Match[str]], word: str) -> bool:
    """Return True if a word belongs to the number that `run` begins: "five" after "twenty"."""
    last = run[-1][0]
    if last in _ORDINALS or last in ECHOES or last in _DOZENS:
        return False
    if magnitude_of(word) and len(word) > 3:
        return True
    value = small_number(word)
    if value is None:
        return False
    if magnitude_of(last):
        return True
    before = _CARDINALS.get(last, 0)
    return (before >= 100 and 0 < value < 100) or (20 <= before <= 90 and 0 < value < 10)


def _read(run: list[re.Match[str]]) -> Iterator[NumberInWords]:
    """Yield the number of a run of words, if there is one."""
    if not run:
        return
    words = [match[0] for match in run]
    start, end = run[0].start(), run[-1].end()
    if len(words) == 1 and words[0] in ECHOES:
        yield NumberInWords(start, end, ECHOES[words[0]], False, True)
        return
    total = part = 0.0
    for word in words:
        factor = magnitude_of(word) if len(word) > 3 else None
        if factor == 100:
            part = (part or 1) * 100
        elif factor:
            total, part = total + (part or 1) * factor, 0.0
        elif word in _ONE_AND_A_HALF:
            part += 1.5
        else:
            part += _DOZENS.get(word, small_number(word) or 0)
    only = words[0] if len(words) == 1 else ""
    weak = bool(only) and (_CARDINALS.get(only) == 1 or _ORDINALS.get(only) in (1, 2))
    weak = weak or bool(only and magnitude_of(only))  # "a thousand excuses", "тысячи"
    yield NumberInWords(start, end, total + part, words[-1] in _ORDINALS, weak)
