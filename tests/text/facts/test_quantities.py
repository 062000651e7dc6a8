"""Numbers with units, percentages and amounts of money, in digits and in words."""

import pytest

from morris_mlx.text.facts.compare import find_facts
from morris_mlx.text.facts.fact import FactKind
from morris_mlx.text.facts.number_words import numbers_in_words

AMOUNTS = (FactKind.NUMBER, FactKind.MONEY, FactKind.PERCENT)


def keys(text, weak=False):
    facts = [f for f in find_facts(text) if f.kind in AMOUNTS and f.weak <= weak]
    return [key for fact in facts for key in sorted(fact.keys)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,234 of 5 000", ["amount 1.234 ", "amount 1234 ", "amount 5000 "]),
        ("twelve percent", ["amount 12 %"]),
        ("12 процентов", ["amount 12 %"]),
        ("$3.5 million", ["amount 3500000 dollar"]),
        ("£5k", ["amount 5000 pound"]),
        ("3,5 млн руб.", ["amount 3500000 rouble"]),
        ("полтора миллиона рублей", ["amount 1500000 rouble"]),
        ("two thousand and five", ["amount 2005 "]),
        ("a hundred and eighty", ["amount 180 "]),
        ("сто двадцать пять килограммов", ["amount 125 kg"]),
        ("5 to 12 kg", ["amount 5 ", "amount 5 kg", "amount 12 kg"]),
        ("half an hour", ["amount 0.5 hour"]),
        ("полкилограмма", ["amount 0.5 kg"]),
        ("the 21st", ["amount 21 "]),
        ("XIX век", ["amount 19 ", "amount 19 century"]),
        ("the 1980s", ["amount 1980 "]),
        ("в 1980-х годах", ["amount 1980 "]),
        ("1200 лет", ["amount 1200 year"]),
        ("12-year-old", ["amount 12 year"]),
        ("the M25 and a Boeing-747", ["code m25", "code boeing-747"]),
        ("version 1.2.3", ["digits 123"]),
        ("call +44 20 7946 0000", ["digits 442079460000"]),
        ("90 km/h", ["amount 90 km/h"]),
        ("минус 5 градусов", ["amount -5 degree"]),
        ("3/4 of it", ["amount 0.75 "]),
        ("dozens of them", []),
    ],
)
def test_amounts(text, found):
    assert keys(text) == found


@pytest.mark.parametrize("text", ["one day", "both", "a thousand excuses", "первый", "с семьёй"])
def test_words_that_are_seldom_numbers_are_weak(text):
    assert keys(text) == []


def test_numbers_in_words_end_where_the_next_begins():
    found = [number.value for number in numbers_in_words("nineteen eighty-four, two and three")]
    assert found == [19, 84, 2, 3]
