"""Invented people, and their names in all cases, declined by hand."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import pairwise

from first_author.items import PlantedItem, disguise

# nominative, genitive, dative, accusative, instrumental, prepositional
MEN = (
    "Иван Ивана Ивану Ивана Иваном Иване",
    "Пётр Петра Петру Петра Петром Петре",
    "Павел Павла Павлу Павла Павлом Павле",
    "Сергей Сергея Сергею Сергея Сергеем Сергее",
    "Игорь Игоря Игорю Игоря Игорем Игоре",
    "Никита Никиты Никите Никиту Никитой Никите",
    "Илья Ильи Илье Илью Ильёй Илье",
    "Юрий Юрия Юрию Юрия Юрием Юрии",
    "Лев Льва Льву Льва Львом Льве",
    "Роман Романа Роману Романа Романом Романе",
)
WOMEN = (
    "Анна Анны Анне Анну Анной Анне",
    "Мария Марии Марии Марию Марией Марии",
    "Ольга Ольги Ольге Ольгу Ольгой Ольге",
    "Любовь Любови Любови Любовь Любовью Любови",
    "Вера Веры Вере Веру Верой Вере",
    "Ксения Ксении Ксении Ксению Ксенией Ксении",
    "Наталья Натальи Наталье Наталью Натальей Наталье",
)
SHORT_MEN = (
    "Саша Саши Саше Сашу Сашей Саше",
    "Лёша Лёши Лёше Лёшу Лёшей Лёше",
    "Тёма Тёмы Тёме Тёму Тёмой Тёме",
    "Ваня Вани Ване Ваню Ваней Ване",
    "Костя Кости Косте Костю Костей Косте",
)
SHORT_WOMEN = (
    "Лена Лены Лене Лену Леной Лене",
    "Катя Кати Кате Катю Катей Кате",
    "Света Светы Свете Свету Светой Свете",
    "Даша Даши Даше Дашу Дашей Даше",
)
MENS_SURNAMES = (
    "Петров Петрова Петрову Петрова Петровым Петрове",
    "Лазуткин Лазуткина Лазуткину Лазуткина Лазуткиным Лазуткине",
    "Вяземский Вяземского Вяземскому Вяземского Вяземским Вяземском",
    "Бойко Бойко Бойко Бойко Бойко Бойко",
    "Черных Черных Черных Черных Черных Черных",
    "Гринберг Гринберга Гринбергу Гринберга Гринбергом Гринберге",
    "Толстой Толстого Толстому Толстого Толстым Толстом",
    "Коваль Коваля Ковалю Коваля Ковалем Ковале",
    "Журавлёв Журавлёва Журавлёву Журавлёва Журавлёвым Журавлёве",
)
WOMENS_SURNAMES = (
    "Петрова Петровой Петровой Петрову Петровой Петровой",
    "Лазуткина Лазуткиной Лазуткиной Лазуткину Лазуткиной Лазуткиной",
    "Вяземская Вяземской Вяземской Вяземскую Вяземской Вяземской",
    "Бойко Бойко Бойко Бойко Бойко Бойко",
    "Гринберг Гринберг Гринберг Гринберг Гринберг Гринберг",
    "Журавлёва Журавлёвой Журавлёвой Журавлёву Журавлёвой Журавлёвой",
)
ENGLISH = (
    ("John", "Ashdown"),
    ("Mary", "Fletcher"),
    ("Will", "Harcastle"),
    ("Grace", "Okonmo"),
    ("Siobhan", "O'Rourke"),
    ("Jean-Luc", "Varnier"),
    ("Mark", "Brown"),
    ("Zadie", "Young"),
)
# Frames of each case.
FRAMES = (
    (
        "{} вчера не пришла",
        "а {} что сказал?",
        "{}, ты где?",
        "Это {}.",
        "привет, {}",
        "Мне написал(а) {}",
    ),
    ("у {} день рождения", "Без {} не начнём.", "спроси у {}", "это мама {}", "жду {}"),
    ("скажи {} про завтра", "Отдай {} ключи!", "позвони {}", "к {} едем"),
    ("я видел {} в метро", "Позови {}.", "ждём {} и едем", "про {} забыли"),
    ("мы с {} в кино", "Был там с {}, скучно.", "поговори с {} сам", "между мной и {}"),
    ("Я думаю о {}.", "при {} не надо", "всё дело в {}", "расскажи о {}"),
)
ENGLISH_FRAMES = (
    "I saw {} yesterday",
    "{} said no again",
    "is {} coming?",
    "{}'s car broke down",
    "Ask {}, not me.",
    "hey {}, are you up?",
    "we went with {} to the lake",
    "It was {} who called.",
)


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person whom an export lists, with the six forms of each word of the name."""

    names: tuple[str, ...]
    given: str
    surname: str = ""


def known_people(rng: random.Random) -> list[KnownPerson]:
    people: list[KnownPerson] = []
    for given, surnames in (
        (MEN + SHORT_MEN, MENS_SURNAMES),
        (WOMEN + SHORT_WOMEN, WOMENS_SURNAMES),
    ):
        for forms in given:
            surname = rng.choice(surnames)
            whole = f"{forms.split()[0]} {surname.split()[0]}"
            people.append(KnownPerson((whole,), forms, surname))
    for given, surname in ENGLISH:
        people.append(KnownPerson((f"{given} {surname}",), given, surname))
    return people


# Names that are ordinary words, too: alone and in lower case, they cannot be told apart.
WORDS = {
    *(
        "тёма",
        "вера",
        "любовь",
        "роман",
        "света",
        "костя",
        "лев",
        "черных",
        "толстой",
        "бойко",
        "will",
        "grace",
        "mark",
        "young",
        "brown",
    )
}


def name(rng: random.Random, people: list[KnownPerson]) -> list[PlantedItem]:
    """Return a mention of a person; each word of the name is an item."""
    person = rng.choice(people)
    if " " not in person.given:
        return _english(rng, person)
    case = rng.randrange(6)
    given, surname = person.given.split()[case], person.surname.split()[case]
    frame = rng.choice(FRAMES[case])
    way = rng.randrange(4)
    if way == 0:
        shown = [given, surname] if rng.random() < 0.8 else [surname, given]
    elif way == 1:
        shown = [surname]
    else:
        shown = [given]
    lower = rng.random() < 0.4
    alone = (person.surname if way == 1 else person.given).split()[0].casefold()
    if lower and (len(shown) == 2 or alone not in WORDS):
        shown = [word.lower() for word in shown]
    if rng.random() < 0.15:
        shown = [word.replace("ё", "е").replace("Ё", "Е") for word in shown]
    return _items(rng, frame, shown)


def _english(rng: random.Random, person: KnownPerson) -> list[PlantedItem]:
    way = rng.randrange(3)
    shown = [[person.given], [person.surname], [person.given, person.surname]][way]
    if rng.random() < 0.4 and (way == 2 or shown[0].casefold() not in WORDS):
        shown = [word.lower() for word in shown]
    frame = rng.choice(ENGLISH_FRAMES)
    return _items(rng, frame, shown)


def _items(rng: random.Random, frame: str, shown: list[str]) -> list[PlantedItem]:
    before, after = frame.split("{}")
    pieces = [before]
    for word, _ in pairwise([*shown, ""]):
        pieces += [disguise(rng, word, 0.08) if len(word) > 2 else word, " "]
    pieces[-1] = after
    return [
        PlantedItem("name", "".join(pieces[:at]), pieces[at], "".join(pieces[at + 1 :]))
        for at in range(1, len(pieces), 2)
    ]
