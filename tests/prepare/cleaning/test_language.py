"""Language detection, and the filter of main languages."""

import pytest
from support.kettle_texts import ENGLISH, GERMAN, RUSSIAN

from morris_mlx.prepare.cleaning.language import detect_language, language_mask


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (RUSSIAN, "ru"),
        (ENGLISH, "en"),
        (GERMAN, "de"),
        ("Сьогодні їхали дуже довго, і ніхто не питав, де ми є", "uk"),
        ("Вчера вечерта чакахме дълго на спирката, но автобусът така и не дойде при нас", "bg"),
        ("да", ""),
        ("lol ok", ""),
        ("1234567890 !!!", ""),
    ],
)
def test_the_language_of_a_text_is_detected(text, code):
    assert detect_language(text) == code


def test_main_languages_are_kept_and_rare_ones_are_left_out():
    texts = [ENGLISH] * 12 + [RUSSIAN] * 6 + [GERMAN, "да"]
    assert language_mask(texts) == [True] * 18 + [False, True]
    assert language_mask(texts, ["ru"]) == [False] * 12 + [True] * 6 + [False, True]
