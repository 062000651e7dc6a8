"""Tests of datelines."""

import pytest

from morris_mlx.collect.html.dateline import parse_date_line


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("4 марта 2020", "2020-03-04"),
        ("1 мая 2021 г., 10:20", "2021-05-01"),
        ("4th March 2020", "2020-03-04"),
        ("Published on Sept. 3, 2019", "2019-09-03"),
        ("04.03.2020 в 12:00", "2020-03-04"),
        ("31 февраля 2020", ""),
        ("4 марта 2020 мы поехали", ""),
        ("5 марта", ""),
    ],
)
def test_a_line_is_a_date_only_if_it_contains_nothing_else(line, day):
    assert parse_date_line(line) == day
