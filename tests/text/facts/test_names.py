"""Names: capitals inside sentences, and words that begin one with a reason to be names."""

import pytest

from morris_mlx.pipeline.rewrite_lexicon import build_lexicon
from morris_mlx.text.facts.names import Lexicon, find_names, name_stems

LEXICON = build_lexicon()


def names(text, lexicon=LEXICON, unsure=False):
    return [fact.text for fact in find_names(text, lexicon) if unsure or not fact.unsure]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the old man met Anna Petrova.", ["Anna", "Petrova"]),
        ("Everything was late. Trains were full.", []),
        ("Anna said so. Rotterdam was quiet.", ["Anna", "Rotterdam"]),
        ("We asked Mr. Brown of St. Albans.", ["Brown", "Albans"]),
        ("I think I'm late, as J. R. Hartley was.", ["Hartley"]),
        ("Will you come? Mark my words.", []),
        ("Mark came home.", ["Mark"]),
        ("Она встретила Анну Петрову у г. Тверь.", ["Анну", "Петрову", "Тверь"]),
        ("Дорога была пуста. Никто не ехал. Осталось ждать.", []),
        ("Андрей уехал. Петрова осталась, и Вы это знаете.", ["Андрей", "Петрова"]),
        ("А. П. Чехов", ["Чехов"]),
        ("ask @anna about #rain", ["@anna", "#rain"]),
    ],
)
def test_names_are_found(text, found):
    assert names(text) == found


def test_an_unknown_word_at_the_beginning_is_unsure():
    assert (
        names("Potholes abound.", unsure=True) == ["Potholes"] and names("Potholes abound.") == []
    )
    known = Lexicon(LEXICON.ordinary, LEXICON.given, frozenset(["kinesh"]))
    assert names("Kinesh abounds.", known) == ["Kinesh"]


@pytest.mark.parametrize(
    "forms",
    [
        ("Анна", "Анны", "Анне", "Анну", "Анной"),
        ("Андрей", "Андрея", "Андрею", "Андреем"),
        ("Павел", "Павла", "Павлом"),
        ("Мария", "Марии", "Марию", "Марией"),
        ("Достоевский", "Достоевского", "Достоевским"),
        ("Тверь", "Твери", "Тверью"),
        ("Лев", "Льва"),
        ("Smith", "Smith's", "Smiths"),
    ],
)
def test_the_forms_of_a_name_share_a_stem(forms):
    first = name_stems(forms[0].lower())
    assert all(first & name_stems(form.lower()) for form in forms)


@pytest.mark.parametrize("pair", [("иван", "иванов"), ("анна", "аня"), ("smith", "smythe")])
def test_other_names_share_none(pair):
    assert not name_stems(pair[0]) & name_stems(pair[1])
