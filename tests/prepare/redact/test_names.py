"""The recognizer of names, and the stand-ins for them."""

import random

import pytest
from first_author.people import known_people

from morris_mlx.prepare.redact import stand_ins
from morris_mlx.prepare.redact.redactor import Redactor
from morris_mlx.text.folding import fold_lowercase
from morris_mlx.text.pii import Person

SASHA = Person(("Саша Петрова", "Саня"))


PEOPLE = (SASHA, Person(("Игорь Ковальский",)), Person(("Mary Fletcher",)))


def redacted(text: str, people=PEOPLE) -> str:
    return Redactor(people, ("RU", "US", "GB")).redact_message(text)


def test_a_stand_in_has_the_case_and_capitals_of_the_name():
    first = redacted("Саша пришла").split()[0]
    stem = first[:-1]
    assert first != "Саша"
    for form, ending in (("Саши", "иы"), ("Саше", "е"), ("Сашу", "ую"), ("Сашей", "йю")):
        shown = redacted(f"это {form} тут").split()[1]
        assert shown.startswith(stem[:-1]) and shown[-1] in ending, (form, shown)
    assert redacted("САША пришла").split()[0] == first.upper()
    assert redacted("саша пришла").split()[0] == first.lower()


def test_a_person_always_has_the_same_stand_in():
    one = redacted("спроси у Петровой")
    assert one == redacted("спроси у Петровой", PEOPLE[::-1]) != "спроси у Петровой"
    assert redacted("Саша Петрова").split()[1][:-1] == one.split()[-1][:-2]
    assert redacted("Саша").split()[0] != redacted("Саня").split()[0] != "Саня"


def test_a_stand_in_is_never_a_known_name():
    people = [
        Person((f"{p.given.split()[0]} {p.surname.split()[0]}",))
        for p in known_people(random.Random(2))
    ]
    theirs = {fold_lowercase(word) for p in people for n in p.names for word in n.split()}
    out = {fold_lowercase(w) for p in people for n in p.names for w in redacted(n, people).split()}
    assert not theirs & out


def test_new_people_hardly_change_the_stand_ins_of_others():
    words = (
        "Тигран",
        "Зоя",
        "Олег",
        "Инесса",
        "Savanna",
        "Юрий",
        "Клавдия",
        "Бруно",
        "Пётр",
        "Ада",
    )
    people = [Person((f"{word} Петрова",)) for word in words]
    few = [redacted(word, people[:7]).split()[0] for word in words[:7]]
    many = [redacted(word, people).split()[0] for word in words[:7]]
    assert sum(a == b for a, b in zip(few, many, strict=True)) >= 6, (few, many)
    assert len(set(many)) == 7


def test_a_stand_in_has_the_gender_of_the_name():
    assert redacted("Mary Fletcher").split()[0] in stand_ins.LATIN_WOMEN.split()
    assert redacted("Игорь Ковальский").split()[0] in stand_ins.MEN.split()


@pytest.mark.parametrize(
    "text",
    [
        "вера в людей помогает",
        "моя любовь к морю",
        "Will you come?",
        "will he come?",
        "Вера в себя важнее всего",
        "включи свет",
        "a mark on the wall",
    ],
)
def test_ordinary_words_are_not_taken_for_names(text):
    people = [Person(("Вера Ланская",)), Person(("Любовь Шток",)), Person(("Will Harcastle",))]
    people += [Person(("Света Ланская",)), Person(("Mark Brown",))]
    assert redacted(text, people) == text


@pytest.mark.parametrize(
    "text", ["вера ланская", "позвони Вере", "Вера сказала да", "Will said no", "привет, вера"]
)
def test_a_name_that_is_an_ordinary_word_is_found_by_its_context(text):
    people = [Person(("Вера Ланская",)), Person(("Will Harcastle",))]
    assert fold_lowercase(text.split()[0]) not in fold_lowercase(
        redacted(text, people)
    ).split() or text.startswith(("позвони", "привет"))
    assert redacted(text, people) != text


def test_contacts_that_are_not_names_redact_nothing():
    people = [Person(("Мама",)), Person(("Саша работа",)), Person(("Такси 24",)), Person(("Кот",))]
    assert (
        redacted("мама на работе, такси ждёт, кот спит", people)
        == "мама на работе, такси ждёт, кот спит"
    )
