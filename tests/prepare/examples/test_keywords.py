"""Keywords: nouns of a text in one form each, without verbs and debris, in several languages."""

import pytest

from morris_mlx.prepare.cleaning.language import detect_language
from morris_mlx.prepare.examples.keywords import KeywordFinder
from morris_mlx.prepare.examples.word_classes import stem

GARDEN = (
    "The daffodils came up in the garden, and a daffodil is no small thing. Arrange them as you "
    "like. I arrange nothing; I hear the rain on the roof and pray for the tulips. My neighbour "
    "refused to look, was elected, and attacked the tulip with a spade. We wouldn’t say a word. "
    "DAISY, said the label. Plus the rain, plus the spade: the roof leaks, and the garden drinks."
)
KITCHEN = "The cake sank in the kitchen. A cake is a promise, and the oven breaks the promise."


def keywords(text, count=6, *others):
    language = detect_language(text)
    return KeywordFinder([(t, language) for t in (text, *others)]).find(text, language, count)


def test_a_word_and_its_plural_are_one_keyword_and_verbs_are_none():
    found = keywords(GARDEN, 8, KITCHEN)
    assert {stem(word, "en") for word in found} >= {"daffodil", "garden", "tulip", "rain", "spade"}
    assert len({stem(word, "en") for word in found}) == len(found)
    unwanted = {
        "arrange",
        "hear",
        "pray",
        "refused",
        "elected",
        "attacked",
        "plus",
        "wouldn",
        "daisy",
    }
    assert not unwanted & {word.casefold() for word in found}


@pytest.mark.parametrize(
    ("text", "expected", "unwanted"),
    [
        (
            "Der Hund lachte über den Vorschlag, und im Abwasch lag die Bahn. Hunde bellen laut, "
            "und Häuser stehen da. Ich habe Ihnen vom Haus geschrieben, und der Hund bellte wieder.",
            {"Hund", "Haus"},
            {"lachte", "bellte", "bellen", "geschrieben", "ihnen", "laut", "hunde"},
        ),
        (
            "La rivière était froide et le chien regardait l’eau de la rivière. Il regarde les "
            "chevaux, et un cheval boit l’eau lentement. Le même jour, le chien a mangé le journal.",
            {"rivière", "chien"},
            {"regarde", "regardait", "lentement", "même", "mangé", "chevaux"},
        ),
        (
            "El perro miraba el río y la ventana. Los perros ladran en la noche, y el río suena. "
            "Me gusta la ventana; no miraba nada más, simplemente la misma luz de la noche.",
            {"perro", "ventana", "noche"},
            {"miraba", "simplemente", "misma", "ladran", "perros"},
        ),
        (
            "Мы сидели под лампой, и от лампы пахло пылью. Кот спал на окне, потом прыгнул с окна и "
            "начал говорить про погоду. Хорошую погоду в окне видно без лампы, сказал я и уснул.",
            {"лампы", "погоду"},
            {"говорить", "сидели", "хорошую", "уснул"},
        ),
    ],
)
def test_keywords_are_nouns_in_the_language_of_the_text(text, expected, unwanted):
    found = keywords(text, 8)
    assert expected <= set(found)
    assert not unwanted & {word.casefold() for word in found}


def test_names_keep_their_capital_and_placeholders_are_no_keywords():
    text = (
        "In April we met [name] near Sandbourne. Rain in April is rare, said [name] of Sandbourne."
    )
    found = keywords(text, 8)
    assert {"April", "Sandbourne"} <= set(found) and "name" not in found


def test_keywords_of_a_long_text_are_from_its_beginning():
    text = (
        GARDEN + " Nothing else came of it, then or later on." * 600 + " The whale and the whale."
    )
    assert "whale" not in keywords(text, 20, KITCHEN)


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("diary", "Diaries", "en"),
        ("game", "games", "en"),
        ("church", "churches", "en"),
        ("child", "children", "en"),
        ("glass", "glasses", "en"),
        ("Haus", "Häuser", "de"),
        ("Blume", "Blumen", "de"),
        ("cheval", "chevaux", "fr"),
        ("eau", "eaux", "fr"),
        ("luz", "luces", "es"),
        ("mujer", "mujeres", "es"),
        ("лампа", "лампами", "ru"),
    ],
)
def test_a_word_and_its_plural_have_one_stem(one, other, language):
    assert stem(one, language) == stem(other, language)
