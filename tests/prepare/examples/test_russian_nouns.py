"""The nominative of Russian nouns: only where the forms of the texts make sure of it."""

import pytest

from morris_mlx.prepare.examples.russian_nouns import nominative
from morris_mlx.prepare.examples.word_classes import stem


@pytest.mark.parametrize(
    ("forms", "expected"),
    [
        ("лампа лампой лампу", "лампа"),
        ("станция станцией станцию", "станция"),
        ("здание зданием здания", "здание"),
        ("стол столом столы стола", "стол"),
        ("билет билетов", "билет"),
        ("болото болотом болота", "болото"),
        ("ночь ночью ночи", "ночь"),
        ("учитель учителем учителя", "учитель"),
        ("неделя неделей неделю", "неделя"),
        ("банк банка банком банкой", ""),  # a bank or a jar
        ("слов словом слова", ""),  # the nominative is not among the forms
        ("лампой лампу", ""),
        ("лампа", ""),  # the declension is not known
        ("гений гения гению гением", ""),
    ],
)
def test_the_nominative_is_found_where_it_is_sure(forms, expected):
    words = forms.split()
    stems = {stem(word, "ru") for word in words}
    assert nominative(min(stems, key=len), words) == expected
