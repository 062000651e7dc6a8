"""Dates, weekdays and times in their common forms."""

import pytest

from morris_mlx.pipeline.rewrite_lexicon import build_lexicon
from morris_mlx.text.facts.compare import find_facts
from morris_mlx.text.facts.fact import FactKind

DAY = ["day 3-5", "month 3", "amount 1987 "]


def keys(text, kind):
    return [key for fact in find_facts(text) if fact.kind == kind for key in fact.keys]


@pytest.mark.parametrize(
    "text",
    [
        "5 March 1987", "March 5, 1987", "the 5th of March 1987", "March the 5th, 1987",
        "the fifth of March 1987", "1987-03-05", "5 марта 1987 года", "пятого марта 1987 года",
        "5-го марта 1987", "Mar. 5, 1987",
    ],
)  # fmt: skip
def test_forms_of_one_day(text):
    assert sorted(keys(text, FactKind.DATE)) == sorted(DAY)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("05.03.87", ["day 3-5", "day 5-3", "month 3", "month 5", "amount 1987 "]),
        ("25/12/2024", ["day 12-25", "month 12", "amount 2024 "]),
        ("in March 1987", ["month 3", "amount 1987 "]),
        ("since May", ["month 5"]),
        ("they may march", []),
        ("в марте", ["month 3"]),
        ("on Mondays", ["weekday 0"]),
        ("в среду, а среда была дурная", ["weekday 2"]),
        ("5-7 June", ["day 6-7", "month 6", "day 6-5"]),
    ],
)
def test_other_dates(text, found):
    assert sorted(keys(text, FactKind.DATE)) == sorted(found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2:30 pm", ["time 14:30"]),
        ("2.30pm", ["time 14:30"]),
        ("14:30", ["time 14:30"]),
        ("half past two", ["time 14:30", "time 2:30"]),
        ("a quarter to nine", ["time 20:45", "time 8:45"]),
        ("9 o'clock", ["amount 9 ", "time 21:00", "time 9:00"]),
        ("nine in the morning", ["time 9:00"]),
        ("в девять вечера", ["time 21:00"]),
        ("в 14.30", ["time 14:30"]),
        ("at noon", ["time 12:00"]),
        ("в полночь", ["time 0:00"]),
        ("99:99", []),
    ],
)
def test_times(text, found):
    assert sorted(keys(text, FactKind.TIME)) == sorted(found)


def test_a_full_stop_after_a_month_ends_the_sentence():
    text = "open until 5 October. Pay by then."
    names = [fact for fact in find_facts(text, build_lexicon()) if fact.kind == FactKind.NAME]
    assert names == []
