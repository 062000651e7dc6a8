"""People that an export knows, declined by hand, and how others speak of them."""

from __future__ import annotations

import random
from dataclasses import dataclass

from planted.items import Planted
from planted_again.talk import UNSEEN, say


@dataclass(frozen=True, slots=True)
class Known:
    """Names as a phone's contacts have them, and each word in its six cases."""

    names: tuple[str, ...]
    cases: tuple[tuple[str, ...], ...]  # of the first name, the last name, the nickname
    latin: tuple[str, ...] = ()


def _bent(*words: str) -> tuple[tuple[str, ...], ...]:
    """'-' stands for no change at all."""
    return tuple(tuple(w.split()) if " " in w else (w,) * 6 for w in words)


# Nominative, genitive, dative, accusative, instrumental, prepositional.
RUSSIANS = (
    Known(("Анна Ковальчук", "Аня"), _bent("Анна Анны Анне Анну Анной Анне", "Ковальчук", "Аня Ани Ане Аню Аней Ане"), ("Anna Kovalchuk",)),
    Known(("Дмитрий Соловьёв", "Дима"), _bent("Дмитрий Дмитрия Дмитрию Дмитрия Дмитрием Дмитрии", "Соловьёв Соловьёва Соловьёву Соловьёва Соловьёвым Соловьёве", "Дима Димы Диме Диму Димой Диме"), ("Dmitry Solovyov", "Dmitri")),
    Known(("Пётр Вяземский", "Петя"), _bent("Пётр Петра Петру Петра Петром Петре", "Вяземский Вяземского Вяземскому Вяземского Вяземским Вяземском", "Петя Пети Пете Петю Петей Пете"), ("Pyotr", "Petr Vyazemsky")),
    Known(("Любовь Гришина", "Люба"), _bent("Любовь Любови Любови Любовь Любовью Любови", "Гришина Гришиной Гришиной Гришину Гришиной Гришиной", "Люба Любы Любе Любу Любой Любе")),
    Known(("Павел Щукин", "Паша"), _bent("Павел Павла Павлу Павла Павлом Павле", "Щукин Щукина Щукину Щукина Щукиным Щукине", "Паша Паши Паше Пашу Пашей Паше"), ("Pavel Shchukin",)),
    Known(("Ксения Трубецкая", "Ксюша"), _bent("Ксения Ксении Ксении Ксению Ксенией Ксении", "Трубецкая Трубецкой Трубецкой Трубецкую Трубецкой Трубецкой", "Ксюша Ксюши Ксюше Ксюшу Ксюшей Ксюше"), ("Ksenia",)),
    Known(("Лев Черных", "Лёва"), _bent("Лев Льва Льву Льва Львом Льве", "Черных", "Лёва Лёвы Лёве Лёву Лёвой Лёве")),
    Known(("Илья Бабенко", "Илюха"), _bent("Илья Ильи Илье Илью Ильёй Илье", "Бабенко", "Илюха Илюхи Илюхе Илюху Илюхой Илюхе"), ("Ilya Babenko",)),
    Known(("Наталья Жук", "Наташа"), _bent("Наталья Натальи Наталье Наталью Натальей Наталье", "Жук", "Наташа Наташи Наташе Наташу Наташей Наташе"), ("Natalia", "Natalya")),
    Known(("Юрий Мельник", "Юра"), _bent("Юрий Юрия Юрию Юрия Юрием Юрии", "Мельник Мельника Мельнику Мельника Мельником Мельнике", "Юра Юры Юре Юру Юрой Юре"), ("Yuri", "Yury Melnik")),
    Known(("Евгения Заяц", "Женя"), _bent("Евгения Евгении Евгении Евгению Евгенией Евгении", "Заяц", "Женя Жени Жене Женю Женей Жене"), ("Evgenia", "Zhenya")),
    Known(("Олег Семёнович Дубровин",), _bent("Олег Олега Олегу Олега Олегом Олеге", "Дубровин Дубровина Дубровину Дубровина Дубровиным Дубровине", "Семёныч Семёныча Семёнычу Семёныча Семёнычем Семёныче"), ("Oleg Dubrovin",)),
    Known(("Зульфия Ахметова", "Зуля"), _bent("Зульфия Зульфии Зульфии Зульфию Зульфиёй Зульфие", "Ахметова Ахметовой Ахметовой Ахметову Ахметовой Ахметовой", "Зуля Зули Зуле Зулю Зулей Зуле")),
    Known(("Тигран Саркисян",), _bent("Тигран Тиграна Тиграну Тиграна Тиграном Тигране", "Саркисян Саркисяна Саркисяну Саркисяна Саркисяном Саркисяне", "Тигран Тиграна Тиграну Тиграна Тиграном Тигране"), ("Tigran",)),
    Known(("Анна-Мария Лобова",), _bent("Анна-Мария Анны-Марии Анне-Марии Анну-Марию Анной-Марией Анне-Марии", "Лобова Лобовой Лобовой Лобову Лобовой Лобовой", "Анна-Мария Анны-Марии Анне-Марии Анну-Марию Анной-Марией Анне-Марии")),
    Known(("Вера Воробей", "Верочка"), _bent("Вера Веры Вере Веру Верой Вере", "Воробей", "Верочка Верочки Верочке Верочку Верочкой Верочке")),
    Known(("Игорь Козёл", "Гоша"), _bent("Игорь Игоря Игорю Игоря Игорем Игоре", "Козёл Козла Козлу Козла Козлом Козле", "Гоша Гоши Гоше Гошу Гошей Гоше"), ("Igor",)),
    Known(("Софья Толстых", "Соня"), _bent("Софья Софьи Софье Софью Софьей Софье", "Толстых", "Соня Сони Соне Соню Соней Соне"), ("Sofia", "Sonya")),
    Known(("Рустам Гарифуллин",), _bent("Рустам Рустама Рустаму Рустама Рустамом Рустаме", "Гарифуллин Гарифуллина Гарифуллину Гарифуллина Гарифуллиным Гарифуллине", "Рустам Рустама Рустаму Рустама Рустамом Рустаме")),
    Known(("Татьяна Вебер", "Таня", "танюха"), _bent("Татьяна Татьяны Татьяне Татьяну Татьяной Татьяне", "Вебер", "Танюха Танюхи Танюхе Танюху Танюхой Танюхе"), ("Tatiana", "Tatyana")),
)
ENGLISH = (
    Known(("Oliver Whitcombe", "Ollie"), _bent("Oliver", "Whitcombe", "Ollie")),
    Known(("Siobhan O'Rourke",), _bent("Siobhan", "O'Rourke", "Siobhan")),
    Known(("Grace Adeyemi",), _bent("Grace", "Adeyemi", "Grace")),
    Known(("Will Hartnell",), _bent("Will", "Hartnell", "Will")),
    Known(("James Lindqvist", "Jimbo"), _bent("James", "Lindqvist", "Jimbo")),
    Known(("Mary-Jane Fox",), _bent("Mary-Jane", "Fox", "Mary-Jane")),
    Known(("José Núñez", "Pepe"), _bent("José", "Núñez", "Pepe")),
    Known(("Priya Raghunathan", "Pri"), _bent("Priya", "Raghunathan", "Pri")),
    Known(("Hope Baker",), _bent("Hope", "Baker", "Hope")),
    Known(("Mark Stone",), _bent("Mark", "Stone", "Mark")),
    Known(("Katarzyna Wójcik", "Kasia"), _bent("Katarzyna", "Wójcik", "Kasia")),
    Known(("Jean-Luc Moreau",), _bent("Jean-Luc", "Moreau", "Jean-Luc")),
    Known(("Mia Van der Berg",), _bent("Mia", "Van der Berg", "Mia")),
    Known(("Bill Rivers",), _bent("Bill", "Rivers", "Bill")),
)
EVERYBODY = RUSSIANS + ENGLISH

# By case; in the vocative mood the nominative serves.
RU_FRAMES: tuple[tuple[str, ...], ...] = (
    ("{} уже приехал?", "{} сказала что не пойдёт", "а {} где?", "Тут {} пишет, что опоздает на 15 минут", "{}, привет!", "спасибо, {}!!", "там были {} и ещё человек пять", "ну {} даёт)))", "Вчера {} звонила.", "— {}, ты где?", "«{} не виноват», — сказали мне", "{}\nперезвони", "это не я, это {}"),
    ("у {} день рождения в пятницу", "без {} не начнём", "это телефон {}", "мама {} пекла пирог", "жду {}", "от {} ни слуху ни духу", "для {} возьмём торт", "после {} никто не выступал", "Нет {} на работе с 12 числа"),
    ("передай {} привет", "подари {} книгу", "я {} уже говорил", "поехали к {} на дачу", "{} исполнилось 30", "должен {} 2 000 р", "верни {} зарядку", "Скажи {}, что всё ок"),
    ("видела {} в метро", "позови {}", "спроси про {} у мамы", "люблю {} 😍", "поздравляем {}!", "встреть {} на вокзале в 8:40", "жалко {}, конечно"),
    ("мы с {} в кино", "поговорю с {} завтра", "работаю с {} третий год", "за {} не заржавеет", "гуляли с {}, замёрзли", "с {} не соскучишься)"),
    ("я думаю о {}", "всё держится на {}", "при {} ни слова!", "говорили о {} весь вечер", "на {} была красная куртка"),
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


def name(rng: random.Random) -> Planted:
    if rng.random() < 0.35:
        return _english(rng)
    person = rng.choice(RUSSIANS)
    if person.latin and rng.random() < 0.15:
        return say(rng, "name", rng.choice(person.latin), EN_FRAMES)
    case = rng.randrange(6)
    first, last, nick = (forms[case] for forms in person.cases)
    item = rng.choice((first, first, last, nick, nick, f"{first} {last}", f"{last} {first}"))
    return say(rng, "name", _typed(rng, item, shy=_is_word(first, nick, item)), RU_FRAMES[case])


def _english(rng: random.Random) -> Planted:
    person = rng.choice(ENGLISH)
    first, last, nick = (forms[0] for forms in person.cases)
    item = rng.choice((first, first, nick, nick, last, f"{first} {last}"))
    words = {"Grace", "Will", "Hope", "Mark", "Bill", "Fox", "Baker", "Stone", "Rivers"}
    return say(rng, "name", _typed(rng, item, shy=bool(words & set(item.split()))), EN_FRAMES)


def _is_word(first: str, nick: str, item: str) -> bool:
    """Written small it is an ordinary word, and nobody could tell."""
    plain = ("Вер", "Любов", "Лев", "Льв", "Люб", "Жук", "Заяц", "Воробей", "Коз", "Мельник", "Толстых", "Черных", "Бабенко")
    return any(word.startswith(plain) for word in item.split())


def _typed(rng: random.Random, item: str, *, shy: bool) -> str:
    chance = rng.random()
    if chance < 0.14 and not shy:
        return item.lower()
    if chance < 0.18:
        return item.upper()
    if chance < 0.22 and "ё" in item:
        return item.replace("ё", "е")
    if chance < 0.25:
        at = rng.randrange(1, len(item))
        return item[:at] + rng.choice(UNSEEN) + item[at:]
    if chance < 0.27:
        return item.replace(" ", rng.choice("\u00a0\n"))
    return item
