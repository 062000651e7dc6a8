"""Tests of dates as people and programs write them."""

from datetime import date, datetime

import pytest

from morris_mlx.collect.parse_dates import (
    date_in_path,
    find_date,
    parse_date,
    simplify_key,
    without_date,
)

DAY = "2022-07-08"


@pytest.mark.parametrize(
    "written",
    [
        date(2022, 7, 8),
        datetime(2022, 7, 8, 10, 0),
        "2022-07-08",
        "2022-07-08 09:30:00 +0100",
        "2022-07-08T10:00:00.123456Z",
        "2022/7/8",
        "20220708",
        "8.7.2022",
        "08.07.2022, 10:00",
        "Jul 08 2022",
        "July 8th, 2022",
        "July 8, 2022 10:00 AM",
        "@July 8, 2022",
        "2022 July 8",
        "8 July 2022",
        "8-Jul-2022",
        "Fri, 08 Jul 2022 10:00:00 +0000",
        "Fri Jul 08 2022 10:00:00 GMT+0200 (CEST)",
        "Friday, 8 July 2022",
        "8. Juli 2022 um 10:00 Uhr",
        "8 juillet 2022",
        "vendredi 8 juillet 2022",
        "8 de julio de 2022",
        "8 luglio 2022",
        "8 июля 2022 г.",
        "8 июля 2022, 10:00",
        "8 липня 2022",
        "8 lipca 2022",
        "2022年7月8日",
        "1657274400",
        "1657274400000",
    ],
)
def test_a_date_is_read_in_any_of_its_forms(written):
    assert parse_date(written) == DAY


@pytest.mark.parametrize(
    "written",
    [
        "",
        None,
        False,
        "3/4/2022",
        "03-04-2022",
        "2022",
        "July 2022",
        "2021-02-30",
        "31 June 2022",
        "8 Julember 2022",
        "yesterday",
        "{{date:YYYY-MM-DD}}",
        "2022-07-08 06:30 - Weather: grey, with a promise of more.",
        "8 July 2022 it rained",
        "8.7.22",
    ],
)
def test_what_is_no_date_or_an_ambiguous_one_is_not_guessed(written):
    assert parse_date(written) == ""


def test_digits_are_read_where_only_one_order_is_possible():
    assert parse_date("13/4/2022") == parse_date("4/13/2022") == "2022-04-13"
    assert parse_date("3/3/2022") == "2022-03-03"


def test_the_key_of_the_first_publication_comes_before_that_of_a_change():
    values = {simplify_key(k): v for k, v in {"Last-Mod": "2023-01-01", "pub_date": DAY}.items()}
    assert find_date(values) == DAY
    assert find_date({"published": "false", "lastmod": DAY}) == DAY
    assert find_date({"title": DAY}) == ""


@pytest.mark.parametrize(
    "path",
    [
        "2022-07-08-on-rain.md",
        "posts/2022_07_08 On rain.md",
        "20220708 rain.txt",
        "08.07.2022 Rain.txt",
        "On 2022-07-08 it rained.txt",
        "blog/2022/07/08/rain.md",
        "2022-07-08-rain/index.md",
        "C:\\texts\\2022-07-08.md",
        "July 8th, 2022.md",
        "notes/8. Juli 2022.md",
        "202207080920 On rain.md",
        "20220708092011.md",
    ],
)
def test_a_date_is_found_in_the_name_of_a_file_or_its_folders(path):
    assert date_in_path(path) == DAY


@pytest.mark.parametrize(
    "path",
    [
        "2022.md",
        "rain 1.2.txt",
        "2022/07/rain.md",
        "120220708.txt",
        "2022-13-08.md",
        "a",
        "1657238400.md",
    ],
)
def test_other_numbers_in_a_name_are_no_date(path):
    assert date_in_path(path) == ""


def test_a_name_is_returned_without_the_date_before_it():
    assert without_date("2022-07-08-on-rain") == "on-rain"
    assert without_date("202207080920 On rain") == "On rain"
    assert without_date("2022-07-08 1984 again") == "1984 again"
    assert without_date("on-rain") == "on-rain"
