"""Topics: at most two nouns of a text, without verbs, names and numbers, in several languages."""

import pytest

from morris_mlx.prepare.cleaning.language import detect_language
from morris_mlx.prepare.examples.topics import MAX_TOPICS, TopicFinder
from morris_mlx.prepare.examples.word_classes import stem

GARDEN = (
    "The daffodils came up in the garden, and a daffodil is no small thing. Arrange them as you "
    "like. I arrange nothing; I hear the rain on the roof and pray for the tulips. My neighbour "
    "refused to look, was elected, and attacked the tulip with a spade. We wouldn’t say a word. "
    "DAISY, said the label. Plus the rain, plus the spade: the roof leaks, and the garden drinks."
)
KITCHEN = "The cake sank in the kitchen. A cake is a promise, and the oven breaks the promise."


def topics(text, *others, title=""):
    language = detect_language(text)
    return TopicFinder([(t, language) for t in (text, *others)]).find(text, language, title)


def test_topics_are_the_recurring_nouns_of_a_text_and_no_verbs():
    found = topics(GARDEN, KITCHEN)
    assert 0 < len(found) <= MAX_TOPICS
    assert set(found) <= {"daffodils", "the garden", "the rain", "the roof", "tulips", "the spade"}
    assert topics(GARDEN, KITCHEN, title="Of the Tulip")[0] == "tulips"


def test_words_of_many_texts_and_of_one_sentence_are_no_topics():
    others = [KITCHEN.replace("cake", f"cake and the garden {n}") for n in range(3)]
    found = topics(GARDEN, *others)
    assert not any("garden" in topic or "label" in topic for topic in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Der Hund lachte über den Vorschlag, und im Abwasch lag die Bahn. Hunde bellen laut, "
            "und Häuser stehen da. Ich habe Ihnen vom Haus geschrieben, und der Hund sah Peter "
            "und Peter ihn.",
            ("Hund",),
        ),
        (
            "La rivière était froide et le chien regardait l’eau de la rivière. Il regarde les "
            "chevaux, et un cheval boit l’eau lentement. Le même jour, le chien a mangé le journal.",
            ("chien", "eau"),
        ),
        (
            "El perro miraba el río y la ventana. Los perros ladran en la noche, y el río suena. "
            "Me gusta la ventana; no miraba nada más, simplemente la misma luz de la noche.",
            ("noche", "perro"),
        ),
        (
            "Мы сидели под лампой, и от лампы пахло пылью. Кот спал у окна, потом начал говорить "
            "про погоду. Хорошую погоду видно без лампы, сказал я. Лампа погасла, а погода стала "
            "только лучше, и я остался с погодой один.",
            ("лампа", "погода"),
        ),
    ],
)
def test_topics_are_nouns_in_the_language_of_the_text(text, expected):
    assert topics(text) == expected


def test_names_numbers_and_placeholders_are_no_topics():
    text = (
        "In April we met [name] near Sandbourne. Rain in April is rare, said [name] of Sandbourne. "
        "The eighteen came with eighteen pence, and Derek with the eighteen. Derek had the pence."
    )
    assert topics(text) == ()


def test_topics_of_a_long_text_are_from_its_beginning():
    text = GARDEN + " Nothing else came of it, then or later on." * 600 + " The whale. The whale."
    assert not any("whale" in topic for topic in topics(text, KITCHEN, title="The Whale"))


def test_a_language_without_word_lists_has_no_topics():
    finder = TopicFinder([("Kissa istuu. Kissa nukkuu. Kissa syö kalaa.", "fi")])
    assert finder.find("Kissa istuu. Kissa nukkuu. Kissa syö kalaa.", "fi") == ()


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
        ("ночь", "ночью", "ru"),
    ],
)
def test_a_word_and_its_plural_have_one_stem(one, other, language):
    assert stem(one, language) == stem(other, language)
