"""Tests of titles in first lines and names of files."""

import pytest

from morris_mlx.collect.readers.titles import is_title, same_title, title_of_name


@pytest.mark.parametrize("line", ["On rain", "THE BENCH", "Why not?", "“No”", "О дожде"])
def test_a_short_line_that_is_no_sentence_is_a_title(line):
    assert is_title(line)


@pytest.mark.parametrize(
    "line", ["", "It rained.", "on rain", "Dear Anna,", "Привет, Аня!", "* * *", "2021-03-04",
             "— Да", "https://h.org", "word " * 20, "First there is,"]
)  # fmt: skip
def test_other_lines_are_no_titles(line):
    assert not is_title(line)


@pytest.mark.parametrize(
    ("stem", "uses_slugs", "title"),
    [
        ("The hill in winter", False, "The hill in winter"),
        ("On paint 1a2b3c4d5e6f", False, "On paint"),
        ("2021-05-06-on-rain", False, "On rain"),
        ("2021-05-06_On-rain-9f8e7d6c5b4a", False, "On rain"),
        ("on-rain", False, ""),
        ("on-rain", True, "On rain"),
        ("О_дожде", True, "О дожде"),
        ("herring", True, "Herring"),
        ("untitled", True, ""),
        ("new document", True, ""),
        ("cp1251", True, ""),
        ("IMG_20210506", True, ""),
        ("a", True, ""),
        ("2021-05-06", True, ""),
    ],
)
def test_the_title_in_the_name_of_a_file(stem, uses_slugs, title):
    assert title_of_name(stem, uses_slugs) == title


def test_titles_are_compared_without_case_and_punctuation():
    assert same_title("On rain!", "“On Rain”") and not same_title("On rain", "On paint")
