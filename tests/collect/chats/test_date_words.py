"""Tests of the names of months and parts of the day."""

import pytest

from morris_mlx.collect.chats.date_words import DayPart, day_part, month_number


@pytest.mark.parametrize(
    "word", ["June", "Jun.", "Juni", "июня", "июн.", "giugno", "juin", "czerwca", "जून", "มิ.ย."]
)
def test_a_month_is_known_in_many_languages(word):
    assert month_number(word) == 6


@pytest.mark.parametrize("word", ["Greta", "Weather", "", "Mehr"])
def test_other_words_are_no_months(word):
    assert month_number(word) is None


@pytest.mark.parametrize(
    "word",
    ["PM", "p. m.", "p.m.", "nachm.", "下午", "오후", "μ.μ.", "de la tarde", "da tarde", "ب.ظ."],
)
def test_the_afternoon_is_known_in_many_languages(word):
    assert day_part(word) is DayPart.PM


@pytest.mark.parametrize("word", ["Greta", "Ann", "Weather", "x", ""])
def test_other_words_are_no_parts_of_the_day(word):
    assert day_part(word) is None


@pytest.mark.parametrize(
    ("part", "hour", "of_day"),
    [
        (DayPart.AM, 12, 0),
        (DayPart.PM, 12, 12),
        (DayPart.PM, 9, 21),
        (DayPart.NOON, 12, 12),
        (DayPart.NOON, 1, 13),
        (DayPart.NOON, 11, 11),
        (DayPart.NIGHT, 11, 23),
        (DayPart.NIGHT, 12, 0),
        (DayPart.NIGHT, 2, 2),
        (DayPart.PM, 21, 21),
    ],
)
def test_the_hour_of_the_day_follows_from_its_part(part, hour, of_day):
    assert part.hour_of_day(hour) == of_day
