"""Tests of the names of languages."""

import pytest

from morris_mlx.prepare.report.language_names import UNDETECTED, language_name


@pytest.mark.parametrize(
    ("code", "name"),
    [("ru", "Russian"), ("jv", "Javanese"), ("", UNDETECTED), ("xx", "xx")],
)
def test_a_code_has_an_english_name(code, name):
    assert language_name(code) == name
