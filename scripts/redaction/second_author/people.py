"""Mentions of people whom the export lists."""

from __future__ import annotations

import random

from first_author.items import PlantedItem

from second_author.known import ENGLISH, RUSSIANS
from second_author.talk import INVISIBLE, place

# By case; the vocative is the nominative.
RU_FRAMES: tuple[tuple[str, ...], ...] = (
    (
        "{} уже приехал?",
        "{} сказала что не пойдёт",
        "а {} где?",
        "Тут {} пишет, что опоздает на 15 минут",
        "{}, привет!",
        "спасибо, {}!!",
        "там были {} и ещё человек пять",
        "ну {} даёт)))",
        "Вчера {} звонила.",
        "— {}, ты где?",
        "«{} не виноват», — сказали мне",
        "{}\nперезвони",
        "это не я, это {}",
    ),
    (
        "у {} день рождения в пятницу",
        "без {} не начнём",
        "это телефон {}",
        "мама {} пекла пирог",
        "жду {}",
        "от {} ни слуху ни духу",
        "для {} возьмём торт",
        "после {} никто не выступал",
        "Нет {} на работе с 12 числа",
    ),
    (
        "передай {} привет",
        "подари {} книгу",
        "я {} уже говорил",
        "поехали к {} на дачу",
        "{} исполнилось 30",
        "должен {} 2 000 р",
        "верни {} зарядку",
        "Скажи {}, что всё ок",
    ),
    (
        "видела {} в метро",
        "позови {}",
        "спроси про {} у мамы",
        "люблю {} 😍",
        "поздравляем {}!",
        "встреть {} на вокзале в 8:40",
        "жалко {}, конечно",
    ),
    (
        "мы с {} в кино",
        "поговорю с {} завтра",
        "работаю с {} третий год",
        "за {} не заржавеет",
        "гуляли с {}, замёрзли",
        "с {} не соскучишься)",
    ),
    (
        "я думаю о {}",
        "всё держится на {}",
        "при {} ни слова!",
        "говорили о {} весь вечер",
        "на {} была красная куртка",
    ),
)
EN_FRAMES = (
    "{} said she's late",
    "is {} coming?",
    "I told {} about it",
    "met {} at the station at 8:40",
    "{}, are you there?",
    "thanks {}!",
    "{}'s birthday is on Friday",
    "that's {}'s dog",
    "{}’s flat is on the 3rd floor",
    "went to the pub with {} and two others",
    "ask {} - he knows",
    "Happy birthday, {}!!",
    "me, {} and the kids",
    "love to {} x",
    "{} lent me £20",
    "(that was {})",
    "I haven't seen {} since May",
    '"{} did it", they said',
    "party at {}'s!",
)


def name(rng: random.Random) -> PlantedItem:
    if rng.random() < 0.35:
        return _english(rng)
    person = rng.choice(RUSSIANS)
    if person.latin and rng.random() < 0.15:
        return place(rng, "name", rng.choice(person.latin), EN_FRAMES)
    case = rng.randrange(6)
    first, last, nick = (forms[case] for forms in person.cases)
    item = rng.choice((first, first, last, nick, nick, f"{first} {last}", f"{last} {first}"))
    return place(
        rng, "name", _typed(rng, item, is_word=_is_word(first, nick, item)), RU_FRAMES[case]
    )


def _english(rng: random.Random) -> PlantedItem:
    person = rng.choice(ENGLISH)
    first, last, nick = (forms[0] for forms in person.cases)
    item = rng.choice((first, first, nick, nick, last, f"{first} {last}"))
    words = {"Grace", "Will", "Hope", "Mark", "Bill", "Fox", "Baker", "Stone", "Rivers"}
    return place(rng, "name", _typed(rng, item, is_word=bool(words & set(item.split()))), EN_FRAMES)


def _is_word(first: str, nick: str, item: str) -> bool:
    """Return True if the item would be an ordinary word in lower case."""
    plain = (
        "Вер",
        "Жен",
        "Любов",
        "Лев",
        "Льв",
        "Люб",
        "Жук",
        "Заяц",
        "Воробей",
        "Коз",
        "Мельник",
        "Толстых",
        "Черных",
        "Бабенко",
    )
    return any(word.startswith(plain) for word in item.split())


def _other_alphabet(rng: random.Random, item: str) -> str:
    """Return the item with one or two letters from the other alphabet that look the same."""
    cyrillic, latin = "асеор", "aceop"
    pairs = (
        zip(latin, cyrillic, strict=True) if item.isascii() else zip(cyrillic, latin, strict=True)
    )
    back = dict(pairs)
    places = [i for i, c in enumerate(item) if c in back]
    if len(places) * 2 >= sum(c.isalpha() for c in item):  # which alphabet it is must be clear
        places = places[:1]
    for at in places[: rng.randint(1, 2)]:
        item = item[:at] + back[item[at]] + item[at + 1 :]
    return item


def _typed(rng: random.Random, item: str, *, is_word: bool) -> str:
    chance = rng.random()
    if chance < 0.14 and not is_word:
        return item.lower()
    if chance < 0.18:
        return item.upper()
    if chance < 0.22 and "ё" in item:
        return item.replace("ё", "е")
    if chance < 0.25:
        at = rng.randrange(1, len(item))
        return item[:at] + rng.choice(INVISIBLE) + item[at:]
    if chance < 0.28:
        return _other_alphabet(rng, item)
    if chance < 0.3:
        return item.replace(" ", rng.choice("\u00a0\n"))
    return item
