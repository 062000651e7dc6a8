"""Numbers with units, percentages and amounts of money, in digits or in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from morris_mlx.text.facts.fact import Fact, FactKind, amount_key, time_key
from morris_mlx.text.facts.number_words import magnitude_of, numbers_in_words
from morris_mlx.text.facts.units import (
    CENTURY,
    CURRENCIES,
    CURRENCY_SIGNS,
    HOUR,
    IN_WORDS,
    PERCENT,
    UNIT_AFTER,
    YEAR,
    unit_of,
)

GROUPED = r"\d{1,3}(?:[ ,.'’]\d{3})+(?!\d)(?:[.,]\d+(?!\d))?"
DIGITS = re.compile(
    r"(?P<version>\d+(?:\.\d+){2,})"
    r"|(?P<phone>\+\d[\d() -]{6,}\d|\b\d{3}-\d{4}\b|\d+(?:-\d+){2,})"
    rf"|(?P<fraction>\d+[/⁄]\d+)|(?P<number>{GROUPED}|\d+(?:[.,]\d+)?)"
)
# A name with digits: M25, 3G, Boeing-747, COVID-19.
CODE = re.compile(r"(?=[\w-]*\d)(?=[\w-]*[^\W\d_])[^\W_]+(?:-[^\W_]+)*")
CODE_OF_NUMBER = re.compile(
    r"\d+(?:[.,]\d+)?(?:st|nd|rd|th|s|'s|-?(?:й|го|му|м|я|е|х|ой|ый|ая|ое|ые|ых|ым))\Z"
)
SUFFIX = re.compile(r"(?:st|nd|rd|th|['’]?s|-(?:й|го|му|м|я|е|х|ой|ый|ая|ое|ые|ых|ым|ти|ю))\b")
ROMAN = re.compile(r"\b(?=[IVXL]{2,}\b)(?:XL|L?X{0,3})(?:IX|IV|V?I{0,3})\b")
ROMAN_DIGITS = {"I": 1, "V": 5, "X": 10, "L": 50}
MAGNITUDE = re.compile(r"[ \n-]?([^\W\d_]+)\b\.?")
FACTOR_LETTERS = {"k": 1000, "m": 10**6, "bn": 10**9}  # "£5k", "$3m"
RANGE = re.compile(r"[ \n]?(?:-|to|or|and|до|и|или|through)[ \n]?")
SIGN_BEFORE = re.compile(r"([$€£₽¥])[ ]?\Z")
# "11.45" may be a time, too.
CLOCK = re.compile(r"([01]?\d|2[0-3])\.([0-5]\d)\Z")
HALF = 0.5
OF_A_DATE = ("г", "год", "года", "году", "годом", "годе", "годы", "годов", "годам", "годах")
OF_HALF = re.compile(r" (?:of )?an? ")
RUSSIAN_HALF = re.compile(r"\bпол-?([^\W\d_]{4,})")
FIRST_YEAR, LAST_YEAR = 1000, 2100
MINUS = re.compile(r"(?:(?<=[\s(])|\A)-\Z|\b(?:minus|минус) \Z")


@dataclass(frozen=True, slots=True)
class _Number:
    """A number before its unit is known; `values` has several if its notation is ambiguous."""

    start: int
    end: int
    values: tuple[float, ...]
    weak: bool = False


def find_quantities(folded: str, lowered: str) -> Iterator[Fact]:
    """Yield the numbers of a folded text, given also in lower case; both have one length.

    What other readers have found already must be blank in both.
    """
    codes = [m for m in CODE.finditer(folded) if _is_code(m[0], lowered[m.start() : m.end()])]
    for code in codes:
        yield _fact(FactKind.NUMBER, folded, code.start(), code.end(), f"code {code[0].lower()}")
    taken = {at for code in codes for at in range(code.start(), code.end())}
    numbers = [*_digits(folded, lowered), *_words(lowered), *_halves(lowered), *_roman(folded)]
    numbers = sorted((n for n in numbers if n.start not in taken), key=lambda n: n.start)
    facts: list[tuple[_Number, Fact]] = []
    for number in numbers:
        if not facts or facts[-1][1].end <= number.start:  # "million" of "1.2 million" is read
            facts.append((number, _with_unit(folded, lowered, number)))
    for at, (number, fact) in enumerate(facts):
        following = facts[at + 1][1] if at + 1 < len(facts) else None
        yield _sharing_unit(lowered, fact, number, following)
    for match in DIGITS.finditer(folded):
        kind = match.lastgroup or ""
        if kind in ("version", "phone") and match.start() not in taken:
            key = re.sub(r"\D", "", match[0])
            yield _fact(FactKind.NUMBER, folded, match.start(), match.end(), f"digits {key}")


def _is_code(word: str, low: str) -> bool:
    if CODE_OF_NUMBER.match(low):
        return False
    number = re.match(r"\d+(?:[.,]\d+)?-?", low)
    rest = low[number.end() :] if number else ""
    attached = unit_of(rest.split("-")[0]) or magnitude_of(rest) or rest in FACTOR_LETTERS
    return not (number and (attached or "-" in number[0]))


def _digits(folded: str, lowered: str) -> Iterator[_Number]:
    for match in DIGITS.finditer(folded):
        if match.lastgroup == "number":
            negative = -1 if MINUS.search(lowered, max(0, match.start() - 6), match.start()) else 1
            values = tuple(negative * value for value in _values(match[0]))
            suffix = SUFFIX.match(lowered, match.end())
            yield _Number(match.start(), suffix.end() if suffix else match.end(), values)
        elif match.lastgroup == "fraction":
            above, below = (int(part) for part in re.split("[/⁄]", match[0]))
            if below:
                yield _Number(match.start(), match.end(), (above / below,))


def _values(written: str) -> tuple[float, ...]:
    """Return the values that a notation may have: 1,234 is 1234 or, in Russian, 1.234."""
    plain = re.sub(r"[ '’]", "", written)
    marks = re.findall(r"[.,]", plain)
    if not marks:
        return (float(plain),)
    whole, _, decimals = plain.rpartition(marks[-1])
    as_decimal = float(f"{re.sub(r'[.,]', '', whole)}.{decimals}")
    as_group = float(re.sub(r"[.,]", "", plain))
    if len(decimals) != 3 or whole == "0":
        return (as_decimal,)
    if len(marks) > 1:
        return (as_group,) if marks[0] == marks[-1] else (as_decimal,)
    return (as_group, as_decimal)


def _words(lowered: str) -> Iterator[_Number]:
    for found in numbers_in_words(lowered):
        half = OF_HALF.match(lowered, found.end) if found.value == HALF else None
        end = half.end() - 1 if half else found.end
        yield _Number(found.start, end, (found.value,), found.weak)


def _halves(lowered: str) -> Iterator[_Number]:
    """Yield the half in полчаса and пол-литра."""
    for match in RUSSIAN_HALF.finditer(lowered):
        if unit_of(match[1]):
            yield _Number(match.start(), match.start(1), (HALF,), weak=True)


def _roman(folded: str) -> Iterator[_Number]:
    for match in ROMAN.finditer(folded):
        digits = [ROMAN_DIGITS[c] for c in match[0]]
        value = sum(-a if a < b else a for a, b in zip(digits, [*digits[1:], 0], strict=True))
        yield _Number(match.start(), match.end(), (float(value),))


def _with_unit(folded: str, lowered: str, number: _Number) -> Fact:
    """Return the fact of a number with its magnitude and its unit."""
    end, values = number.end, number.values
    sign = SIGN_BEFORE.search(folded, max(0, number.start - 2), number.start)
    start = sign.start() if sign else number.start
    keys: set[str] = set()
    after = MAGNITUDE.match(lowered, end)
    factor = magnitude_of(after[1]) if after else None
    if after and factor is None and sign and lowered[end : after.end()] == after[1]:
        factor = FACTOR_LETTERS.get(after[1])
    if after and factor:
        values, end = tuple(value * factor for value in values), after.end()
        end -= folded[end - 1] == "." and after[1] not in ("тыс", "млн", "млрд", "трлн")
    unit = CURRENCY_SIGNS[sign[1]] if sign else ""
    if not unit and (match := UNIT_AFTER.match(lowered, end)):
        unit, end = unit_of(match["sign"] or match["word"]), match.end()
    is_year = len(values) == 1 and FIRST_YEAR <= values[0] <= LAST_YEAR and values[0] % 1 == 0
    if is_year and unit in (YEAR, "gram") and lowered[:end].endswith(OF_A_DATE):
        unit = ""
    weak = number.weak and (not unit or unit in IN_WORDS)
    kind = FactKind.NUMBER
    if unit:
        kind = FactKind.PERCENT if unit == PERCENT else kind
        kind = FactKind.MONEY if unit in CURRENCIES else kind
    if unit == HOUR and values[0] in range(25):
        hour = int(values[0])
        keys |= {time_key(hour), time_key(hour + 12 if hour <= 12 else hour)}
    keys |= {amount_key(value, unit) for value in values}
    if not unit and (clock := CLOCK.fullmatch(folded, number.start, number.end)):
        hour, minute = int(clock[1]), int(clock[2])
        keys |= {time_key(hour, minute), time_key(hour + 12 if hour <= 12 else hour, minute)}
    if unit == CENTURY:
        keys |= {amount_key(value) for value in values}
    return Fact(kind, folded[start:end].strip(), frozenset(keys), start, end, weak)


def _sharing_unit(lowered: str, fact: Fact, number: _Number, following: Fact | None) -> Fact:
    """Return the first fact of "5 to 12 kg", which may have the unit of the second."""
    if following is None or not RANGE.fullmatch(lowered[fact.end : following.start]):
        return fact
    units = {key.split(" ", 2)[2] for key in following.keys if key.startswith("amount ")}
    shared = {amount_key(value, unit) for value in number.values for unit in units}
    return replace(fact, keys=fact.keys | shared)


def _fact(kind: FactKind, folded: str, start: int, end: int, key: str) -> Fact:
    return Fact(kind, folded[start:end], frozenset((key,)), start, end)
